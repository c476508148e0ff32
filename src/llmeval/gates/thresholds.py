"""One gate against its threshold, with the sentence that says so."""

from __future__ import annotations

import numpy as np

from llmeval.gates.bounds import measure, missing_samples, too_few
from llmeval.gates.calibrated import Correction
from llmeval.gates.declared import Gate
from llmeval.gates.metric import Metric
from llmeval.gates.units import Units
from llmeval.gates.verdicts import numbers_of, verdict_of
from llmeval.gates.wording import asked, failures, groups_told, level, measured, outcome, plural
from llmeval.records import Verdict

__all__ = ["against_threshold"]


def against_threshold(
    gate: Gate,
    model: str,
    metric: Metric,
    units: Units,
    part: dict[str, str],
    correction: Correction | None = None,
) -> Verdict:
    """Decide; with a correction on the corrected bound, and say the raw rate and the corrected."""
    decided = measure(units, metric, gate, correction)
    undecided = decided.verdict == "INCONCLUSIVE"
    needed = missing_samples(units, metric, gate, correction) if undecided else None
    found = decided.estimate
    whole = _whole(metric, units)
    bounds = (found.low, found.high)
    raw = found.value if decided.raw is None else decided.raw
    parts = [
        measured(metric, raw, units.samples, found.clusters, whole)
        + groups_told(units, metric)
        + failures(units, gate)
        + (correction.told(found.value, metric) if correction else ""),
        f"at {level(gate)} confidence "
        + outcome(metric, gate.direction, gate.threshold, bounds, decided.verdict)
        + f", and {asked(metric, gate.direction, gate.threshold)}",
    ]
    if undecided and correction and needed is None:
        parts.append("no number of samples would decide it: label more rows and calibrate again")
    elif undecided:
        parts.append(_missing(gate, metric, units, needed, None if correction else whole))
    return verdict_of(
        gate, model, decided.verdict, ": ".join(parts), slice=part, needed=needed,
        **numbers_of(decided, units.samples),
    )  # fmt: skip


def _whole(metric: Metric, units: Units) -> int | None:
    """How many samples count, where the sentence may count them: they are all that is averaged."""
    plain = metric.kind == "errors" or metric.statistic in ("pass_rate", "rate")
    if not plain:
        return None
    single = units.clusters is None or np.unique(units.clusters).size == units.values.size
    return int(units.values.sum()) if single else None


def _missing(
    gate: Gate, metric: Metric, units: Units, needed: int | None, whole: int | None
) -> str:
    least = too_few(units, metric, gate)
    if least is not None:
        have = units.values.size if units.clusters is None else np.unique(units.clusters).size
        noun = "samples" if units.clusters is None else "clusters"
        return (
            f"a {metric.statistic} bound at {level(gate)} needs {least:,} {noun}, "
            f"there are {have:,}"
        )
    if metric.kind == "disparity":
        return "more clusters narrow the bounds, which are as wide as the widest pair's"
    if needed is None:
        return "no number of further samples like these would decide it"
    clean = whole is not None and whole == (0 if gate.direction == "at_most" else units.samples)
    kind = "more clean sample" if clean else "more sample"
    return f"{plural(needed, kind)}{'' if clean else ' like these'} would decide it"
