"""Numbers as people read them. No function here rounds an imperfect figure to a perfect one."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final, Literal

from llmeval.records import Contrast, Verdict

__all__ = [
    "Unit",
    "change",
    "change_interval",
    "count",
    "duration",
    "figure",
    "finite",
    "interval",
    "metric_parts",
    "money",
    "p_value",
    "percent",
    "score",
    "seconds",
    "threshold",
    "unit_of",
    "utc",
]

Unit = Literal["rate", "seconds", "score"]

TIMINGS: Final = frozenset({"ttft", "e2e", "tpot"})

_METRIC: Final = re.compile(r"(.+?)\.([^.]+)\.(p\d+\.\d+)|(.+)\.([^.]+)\.([^.]+)")

MISSING: Final = "–"


def finite(value: float | None) -> float | None:
    """Return ``value``, or ``None`` for infinities and NaN, which no figure can show."""
    return value if value is not None and math.isfinite(value) else None


def metric_parts(metric: str) -> tuple[str, str, str]:
    """Split ``suite.scorer.statistic``; of ``suite.error_rate`` the scorer is empty."""
    suite, _, last = metric.rpartition(".")
    if suite and last == "error_rate":
        return suite, "", last
    found = _METRIC.fullmatch(metric)
    if not found:
        return metric, "", ""
    suite, scorer, statistic = filter(None, found.groups())
    return suite, scorer, statistic


_SHARES = (
    *("rate", "pass_rate", "error_rate", "agreement", "repeat_agreement"),
    *("gap", "label_effect"),
)


def unit_of(metric: str) -> Unit:
    """Return in which unit a metric is measured."""
    _, scorer, statistic = metric_parts(metric)
    if scorer in TIMINGS:
        return "seconds"
    of_cases = statistic.startswith(("pass_hat_", "any_rate"))
    return "rate" if of_cases or statistic in _SHARES else "score"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share in 0..1 as per cent; only an exact 0 or 1 reads ``0%`` or ``100%``."""
    value = finite(value)
    if value is None:
        return MISSING
    if value in (0, 1):
        return f"{value:.0%}"
    for places in range(digits, 5):
        text = f"{value * 100:.{places}f}"
        if float(text) not in (0.0, 100.0):
            return f"{text}%"
    return ">99.9999%" if value > 0.5 else "<0.0001%" if value > 0 else ">−0.0001%"


def seconds(value: float | None, extra: int = 0) -> str:
    """Return seconds with about three significant digits."""
    value = finite(value)
    if value is None:
        return MISSING
    places = (3 if abs(value) < 0.1 else 2 if abs(value) < 10 else 1) + extra
    return f"{value:.{places}f} s"


def score(value: float | None) -> str:
    """Return a score in 0..1."""
    return _figure(value, "score", -1)


def figure(value: float | None, unit: Unit, beside: float | None = None) -> str:
    """Return ``value`` in its unit, with as many digits as tell it from ``beside``."""
    for extra in range(4):
        text = _figure(value, unit, extra)
        if beside is None or value == beside or text != _figure(beside, unit, extra):
            break
    return text


def _figure(value: float | None, unit: Unit, extra: int) -> str:
    if unit == "rate":
        return percent(value, 1 + extra)
    if unit == "seconds":
        return seconds(value, extra)
    return MISSING if finite(value) is None else f"{value:.{3 + extra}f}"


def threshold(verdict: Verdict) -> str:
    """Return what the gate asks for, as in ``at least 95%``."""
    unit = unit_of(verdict.metric)
    number = finite(verdict.threshold)
    if number is None:
        text = MISSING
    elif unit == "rate":
        text = f"{number * 100:.6g}%"
    else:
        text = f"{number:.6g}" + (" s" if unit == "seconds" else "")
    if verdict.direction == "no_worse_than_baseline":
        return f"at most {text} worse than the baseline"
    return f"{verdict.direction.replace('_', ' ')} {text}"


def interval(verdict: Verdict) -> str:
    """Return the one-sided bounds as ``low … high``; a bound that bounds nothing is left open."""
    unit = unit_of(verdict.metric)
    if verdict.low is None and verdict.high is None:
        return MISSING
    low = figure(finite(verdict.low), unit, verdict.threshold)
    high = figure(finite(verdict.high), unit, verdict.threshold)
    return f"{low} … {high}" if high != MISSING else f"{low} … no upper bound"


def change(contrast: Contrast) -> str:
    """Return a difference with its sign, shares in points (a point is 0.01)."""
    return _signed(contrast.difference.value, unit_of(contrast.metric))


def change_interval(contrast: Contrast) -> str:
    """Return the interval of a difference as ``low … high``."""
    unit, found = unit_of(contrast.metric), contrast.difference
    low, high = _signed(found.low, unit), _signed(found.high, unit)
    word = " s" if unit == "seconds" else " points"
    return f"{low.removesuffix(word) if high.endswith(word) else low} … {high}"


def _signed(value: float, unit: Unit) -> str:
    if finite(value) is None:
        return "no bound"
    sign = "+" if value > 0 else "−" if value < 0 else ""
    if unit == "seconds":
        return sign + seconds(abs(value))
    places = next((p for p in (1, 2, 3) if float(f"{abs(value) * 100:.{p}f}")), 1)
    return f"{sign}{abs(value) * 100:.{places}f} points"


def p_value(value: float) -> str:
    """Return a p-value with two significant digits; one too small to matter is a bound."""
    return "<0.0001" if value < 1e-4 else f"{value:.2g}"


def count(value: int | None) -> str:
    """Return an integer with thousands separated, or that it was not reported."""
    return "not reported" if value is None else f"{value:,}"


def money(value: float | None) -> str:
    """Return US dollars; cents are not enough for one call."""
    value = finite(value)
    if value is None:
        return "not known"
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"


def duration(value: float) -> str:
    """Return a length of time in hours, minutes and seconds."""
    if not math.isfinite(value) or value < 0:
        return "not known"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def utc(value: float) -> str:
    """Return Unix time as a date and time in UTC."""
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return "not known"
