"""One plain, exact sentence for each verdict. Bounds round to the side that claims less."""

from __future__ import annotations

import math
from typing import Final, Literal

from llmeval.gates.declared import Gate
from llmeval.gates.metric import Metric
from llmeval.gates.units import Units

__all__ = ["asked", "failures", "groups_told", "level", "measured", "number", "outcome", "plural"]

Rounding = Literal["down", "up", "near"]

_PLAIN: Final = frozenset(
    (
        *("mean", "max_mean", "consistency", "ratio", "mean_ratio", "mean_gap"),
        *("value_effect", "content_effect"),
    )
)
"""Statistics that are no shares of anything."""


def number(value: float, metric: Metric, rounding: Rounding = "near", beside: float = -1) -> str:
    """Return ``value`` in its unit, with digits enough to tell it from ``beside``, and never as a
    perfect 0 % or 100 % where it is none."""
    scale, unit = (1.0, " s") if metric.seconds else (100.0, " %")
    if metric.kind == "quantile" or metric.statistic in _PLAIN:
        scale, unit = 1.0, ""
    if math.isinf(value):
        return "no bound" if not metric.seconds else "infinity"
    scaled = value * scale
    for places in range(2, 9):
        text = _rounded(scaled, places, rounding)
        exact = float(text)
        flattering = exact in (0.0, scale) and value not in (0.0, 1.0)
        if not flattering and (exact != beside * scale or value == beside):
            break
    return _trimmed(text) + unit


def _rounded(value: float, places: int, rounding: Rounding) -> str:
    if rounding == "near":
        return f"{value:.{places}f}"
    # A hair of slack keeps 1.24 from turning into 1.25 by the rounding of its product.
    step, slack = 10.0**places, 1e-9
    down = rounding == "down"
    whole = math.floor(value * step + slack) if down else math.ceil(value * step - slack)
    return f"{whole / step:.{places}f}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def plural(n: int, word: str) -> str:
    """Return ``1 sample``, ``2 samples``."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def measured(metric: Metric, value: float, samples: int, clusters: int, whole: int | None) -> str:
    """Return what was seen: ``0 of 240 bad`` or ``pass_rate 97.5 % over 240 samples in 60 …``."""
    if metric.kind == "timing":
        what = f"{metric.scorer} {metric.statistic}"
        return f"{what} is {number(value, metric)} over {plural(samples, 'call')}"
    if whole is not None:
        word = {"rate": "bad", "error_rate": "not answered", "pass_rate": "passed"}
        return f"{whole:,} of {samples:,} {word[metric.statistic]}"
    inside = f" in {plural(clusters, 'cluster')}" if clusters != samples else ""
    shown = number(value, metric)
    return f"{metric.statistic} is {shown} over {plural(samples, 'sample')}{inside}"


def asked(metric: Metric, direction: str, threshold: float) -> str:
    """Return what the gate asks for."""
    shown = number(threshold, metric)
    if direction == "no_worse_than_baseline":
        return f"the gate allows at most {shown} worse than the baseline"
    return f"the gate asks for {direction.replace('_', ' ')} {shown}"


def outcome(
    metric: Metric, direction: str, threshold: float, bounds: tuple[float, float], verdict: str
) -> str:
    """Return the bound that decides, or, undecided, the one that would have to."""
    low, high = bounds
    upward = (direction == "at_least") == (verdict != "FAIL")
    if upward:
        word = "at least" if metric.seconds else "above"
        return f"{word} {number(low, metric, 'down', threshold)}"
    if metric.seconds and math.isinf(high):
        return "without an upper bound"
    word = "at most" if metric.seconds else "below"
    return f"{word} {number(high, metric, 'up', threshold)}"


def failures(units: Units, gate: Gate) -> str:
    """Return how many samples brought nothing, and what was made of them."""
    if not units.failed:
        return ""
    how = "left out" if gate.failures == "exclude" else "counted against it"
    return f" ({plural(units.failed, 'sample')} without an answer or a score, {how})"


def groups_told(units: Units, metric: Metric) -> str:
    """Return between which groups a disparity is widest: ``, from 61 % (b) to 80 % (a)``."""
    if units.groups is None:
        return ""
    from llmeval.stats import group_rates

    names = [units.names[int(code)] for code in units.groups]
    rates = group_rates(units.values, names, clusters=units.clusters, unknown=units.failures)
    ends = sorted(rates.items(), key=lambda item: (item[1], str(item[0])))
    unit = Metric("", "", "mean" if metric.statistic.startswith("mean_") else "rate", "samples")
    least, most = (f"{number(rate, unit)} ({name})" for name, rate in (ends[0], ends[-1]))
    return f", from {least} to {most}"


def level(gate: Gate) -> str:
    """Return the gate's confidence in per cent."""
    return f"{gate.confidence * 100:.6g} %"
