"""gates.toml: read, checked whole, every problem named with its gate."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, get_args

from llmeval.errors import GatesError, nearest
from llmeval.gates.calibration_files import calibrated_in, files_problem, read_calibrations
from llmeval.gates.declared import Gate, GateSet, Waiver
from llmeval.gates.metric import Metric, parse_metric
from llmeval.records import Direction

__all__ = ["gates_hash", "load_gates"]

MOST_PROBLEMS = 10
CONDITIONS: Final = get_args(Direction)
_GATE_KEYS: Final = (
    *("id", "metric", *CONDITIONS, "confidence", "for_each", "severity"),
    *("rationale", "owner", "failures", "max_failure_rate"),
    *("across", "reference", "cluster", "calibrated"),
)
_TEXTS: Final = ("id", "metric", "rationale", "owner", "for_each", "across", "reference", "cluster")
_WAIVER_KEYS: Final = ("gate", "until", "reason", "approved_by")

_Report = Callable[[str], None]


def gates_hash(path: str | Path) -> str:
    """Return the SHA-256 of a gates file's bytes, in hex."""
    return hashlib.sha256(_read(Path(path))).hexdigest()


def load_gates(path: str | Path, calibrations: str | Path = "calibrations") -> GateSet:
    """Read a gates file and, where a gate is calibrated, the calibrations.

    They are those of the file's ``[calibration]``, else all of the folder ``calibrations``. Raises
    ``GatesError`` that lists up to ten problems by gate.
    """
    where = Path(path)
    raw = _read(where)
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise GatesError(f"{where}:{line}: not UTF-8; save the file as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise GatesError(f"{where}: not valid TOML: {error}") from None
    problems: list[str] = []
    gates, waivers = _all(document, problems)
    if problems:
        more = len(problems) - MOST_PROBLEMS
        tail = [f"… and {more} more problems"] if more > 0 else []
        raise GatesError("\n".join(f"{where}: {p}" for p in [*problems[:MOST_PROBLEMS], *tail]))
    return GateSet(
        gates=tuple(gates),
        waivers=tuple(waivers),
        path=str(where),
        hash=hashlib.sha256(raw).hexdigest(),
        calibrations=read_calibrations(document, where.parent, Path(calibrations), gates),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise GatesError(f"{path}: no such file; `llmeval init` writes a first one") from None
    except OSError as error:
        raise GatesError(f"{path}: cannot be read: {error.strerror or error}") from None


def _all(document: Mapping[str, Any], problems: list[str]) -> tuple[list[Gate], list[Waiver]]:
    known = ["gate", "waiver", "calibration"]
    for key in document:
        if key not in known:
            problems.append(f"unknown key {key!r}.{nearest(key, known)}")
    problems += files_problem(document.get("calibration", {}))
    gates: list[Gate] = []
    names: set[str] = set()
    for number, table in enumerate(_tables(document, "gate", problems), 1):
        name = table.get("id")
        title = f"gate {name!r}" if isinstance(name, str) and name else f"gate number {number}"
        gate = _gate(table, lambda text, title=title: problems.append(f"{title}: {text}"))  # type: ignore[misc]
        if isinstance(name, str) and name in names:
            problems.append(f"{title}: two gates have this id; ids must differ")
        names.update([name] if isinstance(name, str) else [])
        gates += [gate] if gate else []
    waivers: list[Waiver] = []
    for number, table in enumerate(_tables(document, "waiver", problems), 1):
        title = f"waiver number {number} (gate {table.get('gate')!r})"
        waiver = _waiver(
            table,
            names,
            lambda text, title=title: problems.append(f"{title}: {text}"),  # type: ignore[misc]
        )
        waivers += [waiver] if waiver else []
    return gates, waivers


def _tables(document: Mapping[str, Any], key: str, problems: list[str]) -> list[dict[str, Any]]:
    found = document.get(key, [])
    if isinstance(found, list) and all(isinstance(t, dict) for t in found):
        return found
    problems.append(f"{key!r} must be written as tables: [[{key}]]")
    return []


def _gate(table: Mapping[str, Any], report: _Report) -> Gate | None:
    wrong: list[str] = []
    _keys(table, _GATE_KEYS, wrong)
    text = {k: _text(table, k, wrong) for k in _TEXTS}
    for key in ("id", "metric"):
        if key not in table:
            wrong.append(f"{key!r} is missing")
    metric = _metric(text["metric"], wrong)
    condition = [c for c in CONDITIONS if c in table]
    if len(condition) != 1:
        found = ", ".join(condition) or "none"
        wrong.append(f"needs exactly one of {', '.join(CONDITIONS)}; found {found}")
    threshold = _number(table, condition[0], 0.0, wrong) if condition else 0.0
    if len(condition) == 1 and metric and not wrong:
        _check_threshold(metric, condition[0], threshold, wrong)
    if metric:
        wrong += _tag_problems(metric, text)
    confidence = _number(table, "confidence", 0.95, wrong)
    if not 0.5 < confidence < 1:
        wrong.append(f"confidence = {confidence:g}, but must lie above 0.5 and below 1, as 0.95")
    most = _number(table, "max_failure_rate", 0.01, wrong)
    if not 0 <= most <= 1:
        wrong.append(f"max_failure_rate = {most:g}, but must lie in 0 … 1")
    severity = _choice(table, "severity", ("block", "warn"), wrong)
    failures = _choice(table, "failures", ("count", "exclude"), wrong)
    calibrated = calibrated_in(table, metric, condition, wrong)
    if wrong:
        for problem in wrong:
            report(problem)
        return None
    return Gate(
        id=text["id"],
        metric=text["metric"],
        direction=condition[0],
        threshold=threshold,
        confidence=confidence,
        for_each=text["for_each"] or None,
        severity=severity,
        rationale=text["rationale"],
        owner=text["owner"],
        failures=failures,
        max_failure_rate=most,
        across=text["across"] or None,
        reference=text["reference"] or None,
        cluster=text["cluster"] or None,
        calibrated=calibrated,
    )


def _metric(text: str, wrong: list[str]) -> Metric | None:
    if not text:
        return None
    try:
        return parse_metric(text)
    except GatesError as error:
        wrong.append(str(error))
        return None


def _tag_problems(metric: Metric, text: Mapping[str, str]) -> list[str]:
    """A disparity is taken across the values of a tag, and nothing else is."""
    across, reference, last = text["across"], text["reference"], metric.statistic
    if metric.kind == "disparity":
        found = [] if across else [f"{last!r} needs across = the tag that names the groups"]
        if reference and metric.rising:
            found.append(f"{last!r} takes the least over the greatest: it has no reference")
        return found
    given = [key for key in ("across", "reference") if text[key]]
    return [f"{key!r} goes with ratio, gap, mean_ratio and mean_gap" for key in given]


def _check_threshold(metric: Metric, condition: str, threshold: float, wrong: list[str]) -> None:
    """A threshold that cannot be missed, or that no evidence can reach, is a mistake."""
    shown = f"{condition} = {threshold:g}"
    use = "at_least" if metric.rising else "at_most"
    if metric.kind in ("disparity", "effects") and condition != use:
        wrong.append(f"{condition} does not go with {metric.statistic}; use {use}")
    elif condition == "no_worse_than_baseline":
        if metric.kind in ("timing", "quantile"):
            wrong.append(f"{condition} compares rates and means, not percentiles; use at_most")
        elif not 0 < threshold < 1:
            wrong.append(f"{shown}: the margin must lie above 0 and below 1, as 0.005")
    elif metric.seconds:
        if not threshold > 0:
            wrong.append(f"{shown}: seconds must be above 0")
    elif metric.kind == "quantile":
        if not 0 <= threshold <= 1 or threshold == (0 if condition == "at_least" else 1):
            wrong.append(f"{shown}: every score satisfies this; scores lie in 0 … 1")
    elif not 0 <= threshold <= 1:
        wrong.append(f"{shown}, but must lie between 0 and 1 (0.95 for 95 %)")
    elif threshold in (0, 1):
        always = threshold == (0 if condition == "at_least" else 1)
        meaning = "no run can miss this" if always else "no number of samples can prove this"
        wrong.append(f"{shown}: {meaning}; choose a share between 0 and 1")


def _waiver(table: Mapping[str, Any], gates: set[str], report: _Report) -> Waiver | None:
    wrong: list[str] = []
    _keys(table, _WAIVER_KEYS, wrong)
    text = {k: _text(table, k, wrong) for k in ("gate", "reason", "approved_by")}
    wrong += [f"{key!r} is missing" for key in _WAIVER_KEYS if not table.get(key)]
    until = table.get("until")
    if "until" in table and (not isinstance(until, date) or isinstance(until, datetime)):
        wrong.append(f"until = {until!r}, but must be a date without quotes, as 2027-01-31")
    if text["gate"] and text["gate"] not in gates:
        wrong.append(f"there is no gate {text['gate']!r}.{nearest(text['gate'], gates)}")
    for problem in wrong:
        report(problem)
    if wrong or not isinstance(until, date):
        return None
    return Waiver(
        gate=text["gate"], until=until, reason=text["reason"], approved_by=text["approved_by"]
    )


def _keys(table: Mapping[str, Any], known: tuple[str, ...], wrong: list[str]) -> None:
    wrong += [f"unknown key {key!r}.{nearest(key, known)}" for key in table if key not in known]


def _text(table: Mapping[str, Any], key: str, wrong: list[str]) -> str:
    value = table.get(key, "")
    if isinstance(value, str) and (value.strip() or key not in table):
        return value
    wrong.append(f"{key} = {value!r}, but must be a text in quotes, and not empty")
    return ""


def _number(table: Mapping[str, Any], key: str, default: float, wrong: list[str]) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        wrong.append(f"{key} = {value!r}, but must be a finite number")
        return default
    return float(value)


def _choice(table: Mapping[str, Any], key: str, known: tuple[str, ...], wrong: list[str]) -> Any:
    value = table.get(key, known[0])
    if value not in known:
        hint = nearest(str(value), known)
        wrong.append(f"{key} = {value!r}, but must be {' or '.join(map(repr, known))}.{hint}")
    return value
