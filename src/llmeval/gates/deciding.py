"""``decide``: gates held against a record. Pure: the same record gives the same verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from msgspec import structs

from llmeval.errors import GatesError, nearest
from llmeval.gates.bounds import Decided, compare, measure, missing_samples, too_few
from llmeval.gates.columns import NONE, Columns, Frame, ints
from llmeval.gates.coverage import Covered, covered
from llmeval.gates.declared import Gate, GateSet, Waiver
from llmeval.gates.metric import Metric, parse_metric
from llmeval.gates.units import NoUnits, Rows, Units, slice_rows, units_of
from llmeval.gates.wording import asked, measured, number, outcome, plural
from llmeval.records import Decision, Observation, RunInfo, Verdict

__all__ = ["decide", "decide_columns"]

LEAST_PAIRED = 0.9
"""A comparison in which fewer units find their like in the baseline compares something else."""


def decide(
    observations: Iterable[Observation],
    gates: GateSet | Sequence[Gate],
    baseline: Iterable[Observation] | None = None,
    *,
    run: RunInfo | None = None,
    today: date | None = None,
) -> list[Verdict]:
    """Return one verdict for each gate, model and, with ``for_each``, slice.

    Each iterable is read once, and nothing is kept of an answer. With ``run`` its plan is held
    against the record: what is missing makes a gate ERROR, or INCONCLUSIVE where the run's caller
    asked for less. Waivers need ``today``; without it none counts.
    """
    columns = Columns.of(observations)
    base = None if baseline is None else Columns.of(baseline, columns.words)
    return decide_columns(columns, gates, base, run, today)


def decide_columns(
    columns: Columns,
    gates: GateSet | Sequence[Gate],
    base: Columns | None,
    run: RunInfo | None,
    today: date | None,
) -> list[Verdict]:
    """Decide on what was read already."""
    listed = gates.gates if isinstance(gates, GateSet) else tuple(gates)
    waivers = gates.waivers if isinstance(gates, GateSet) else ()
    planned = [m.ref for m in run.models] if run else []
    models = list(dict.fromkeys([*planned, *columns.models])) or ["(no model)"]
    seen = _Seen(columns, base, run)
    return [
        _waived(verdict, waivers, today)
        for gate in listed
        for model in models
        for verdict in _verdicts(gate, model, seen)
    ]


class _Seen:
    """What is decided upon, with what gates have in common worked out once."""

    def __init__(self, columns: Columns, base: Columns | None, run: RunInfo | None) -> None:
        self.columns, self.base, self.run = columns, base, run
        self._covered: dict[tuple[str, str], Covered] = {}
        self._rows: dict[tuple[str, str, str], Rows] = {}

    def coverage(self, model: str, suite: str) -> Covered:
        """What was planned and recorded of a suite, and what is wrong with it."""
        key = (model, suite)
        if key not in self._covered:
            self._covered[key] = covered(self.columns, model, suite, self.run)
        return self._covered[key]

    def rows(self, frame: Frame, key: tuple[str, str], metric: Metric) -> Rows:
        """The samples on which the metric's scorer was to give a score."""
        full = (*key, "" if metric.kind in ("timing", "errors") else metric.scorer)
        if full not in self._rows:
            self._rows[full] = self._scored_rows(frame, key[1], full[2])
        return self._rows[full]

    def _scored_rows(self, frame: Frame, suite: str, scorer: str) -> Rows:
        tests = ints(frame.test)
        if not scorer:
            return np.arange(tests.size)
        codes = {
            self.columns.words.tests[suite, info.test]
            for info in (self.run.suites if self.run else ())
            if info.suite == suite and any(s.name == scorer for s in info.scorers)
        }
        if scorer in frame.scores:
            codes |= set(np.unique(tests[ints(frame.scores[scorer].status) != 0]).tolist())
        return np.flatnonzero(np.isin(tests, list(codes)))


def _verdicts(gate: Gate, model: str, seen: _Seen) -> list[Verdict]:
    try:
        metric = parse_metric(gate.metric)
    except GatesError as error:
        return [_verdict(gate, model, "ERROR", str(error))]
    frame = seen.columns.frames.get((model, metric.suite))
    coverage = seen.coverage(model, metric.suite)
    if frame is None:
        return [_unmeasured(gate, model, metric, coverage, seen)]
    rows = seen.rows(frame, (model, metric.suite), metric)
    if metric.kind not in ("timing", "errors"):
        if not rows.size:
            hint = nearest(metric.scorer, frame.scores)
            text = f"suite {metric.suite!r} has no scores of {metric.scorer!r}.{hint}"
            return [_verdict(gate, model, "ERROR", text)]
        if metric.scorer not in frame.scores:
            text = f"none of {plural(rows.size, 'sample')} has a score of {metric.scorer!r}"
            return [_verdict(gate, model, "ERROR", text, n=rows.size)]
    if gate.for_each is None:
        return [_one(gate, model, metric, frame, rows, seen, {})]
    return _sliced(gate, model, metric, frame, rows, seen)


def _unmeasured(gate: Gate, model: str, metric: Metric, coverage: Covered, seen: _Seen) -> Verdict:
    if coverage.partial:
        text = f"suite {metric.suite!r} was not measured: {coverage.partial}"
        return _verdict(gate, model, "INCONCLUSIVE", text)
    if coverage.planned:
        return _verdict(gate, model, "ERROR", coverage.broken or "no sample was recorded")
    known = {suite for _, suite in seen.columns.frames}
    known |= {info.suite for info in seen.run.suites} if seen.run else set()
    text = f"this run holds no sample of suite {metric.suite!r}.{nearest(metric.suite, known)}"
    return _verdict(gate, model, "ERROR", text)


def _sliced(
    gate: Gate, model: str, metric: Metric, frame: Frame, rows: Rows, seen: _Seen
) -> list[Verdict]:
    tag = gate.for_each or ""
    parts = slice_rows(frame, rows, tag) if tag in frame.tags else {}
    if not any(code >= 0 for code in parts):
        text = f"no sample of suite {metric.suite!r} has the tag {tag!r}.{nearest(tag, frame.tags)}"
        return [_verdict(gate, model, "ERROR", text)]
    names = {code: str(value) for value, code in seen.columns.words.tag_values.items()}
    named = sorted((names.get(code, NONE), code) for code in parts)
    return [
        _one(gate, model, metric, frame, parts[code], seen, {tag: name}) for name, code in named
    ]


def _one(
    gate: Gate,
    model: str,
    metric: Metric,
    frame: Frame,
    rows: Rows,
    seen: _Seen,
    part: dict[str, str],
) -> Verdict:
    coverage = seen.coverage(model, metric.suite)
    units = units_of(frame, rows, metric, gate, seen.columns.words)
    if isinstance(units, NoUnits):
        state: Decision = "ERROR" if units.broken or coverage.broken else "INCONCLUSIVE"
        text = f"{units.reason}; {coverage.broken}" if coverage.broken else units.reason
        return _verdict(gate, model, state, text, slice=part, n=rows.size)
    if gate.direction == "no_worse_than_baseline":
        found = _against_baseline(gate, model, metric, units, seen, part)
    else:
        found = _against_threshold(gate, model, metric, units, part)
    lost = units.failed / units.seen if units.seen else 0.0
    if gate.failures == "exclude" and lost > gate.max_failure_rate:
        text = (
            f"{units.failed:,} of {units.seen:,} samples lack an answer or a score, more than "
            f"max_failure_rate = {gate.max_failure_rate:g} allows to leave out; what is left says: "
        )
        found = structs.replace(
            found, verdict=_no_better(found.verdict), explanation=text + found.explanation
        )
    return _with_coverage(found, coverage)


def _no_better(verdict: Decision) -> Decision:
    return "ERROR" if verdict == "ERROR" else "INCONCLUSIVE"


def _with_coverage(found: Verdict, coverage: Covered) -> Verdict:
    if coverage.broken:
        text = f"{coverage.broken}. What is there says: {found.explanation}"
        return structs.replace(found, verdict="ERROR", explanation=text, needed=None)
    if coverage.partial and found.verdict != "ERROR":
        text = f"{coverage.partial}. What is there says: {found.explanation}"
        return structs.replace(found, verdict="INCONCLUSIVE", explanation=text, needed=None)
    return found


def _against_threshold(
    gate: Gate, model: str, metric: Metric, units: Units, part: dict[str, str]
) -> Verdict:
    decided = measure(units, metric, gate)
    needed = missing_samples(units, metric, gate) if decided.verdict == "INCONCLUSIVE" else None
    found = decided.estimate
    whole = _whole(metric, units)
    bounds = (found.low, found.high)
    parts = [
        measured(metric, found.value, units.samples, found.clusters, whole)
        + _failures(units, gate),
        f"at {_level(gate)} confidence "
        + outcome(metric, gate.direction, gate.threshold, bounds, decided.verdict)
        + f", and {asked(metric, gate.direction, gate.threshold)}",
    ]
    if decided.verdict == "INCONCLUSIVE":
        parts.append(_missing(gate, metric, units, needed, whole))
    return _verdict(
        gate, model, decided.verdict, ": ".join(parts), slice=part, needed=needed,
        **_numbers(decided, units.samples),
    )  # fmt: skip


def _whole(metric: Metric, units: Units) -> int | None:
    """How many samples count, where the sentence may count them: they are all that is averaged."""
    plain = metric.kind == "errors" or metric.statistic in ("pass_rate", "rate")
    if not plain:
        return None
    single = units.clusters is None or np.unique(units.clusters).size == units.values.size
    return int(units.values.sum()) if single else None


def _failures(units: Units, gate: Gate) -> str:
    if not units.failed:
        return ""
    how = "left out" if gate.failures == "exclude" else "counted against it"
    return f" ({plural(units.failed, 'sample')} without an answer or a score, {how})"


def _level(gate: Gate) -> str:
    return f"{gate.confidence * 100:.6g} %"


def _missing(
    gate: Gate, metric: Metric, units: Units, needed: int | None, whole: int | None
) -> str:
    least = too_few(units, metric, gate)
    if least is not None:
        have = units.values.size if units.clusters is None else np.unique(units.clusters).size
        noun = "samples" if units.clusters is None else "clusters"
        return (
            f"a {metric.statistic} bound at {_level(gate)} needs {least:,} {noun}, "
            f"there are {have:,}"
        )
    if needed is None:
        return "no number of further samples like these would decide it"
    clean = whole is not None and whole == (0 if gate.direction == "at_most" else units.samples)
    kind = "more clean sample" if clean else "more sample"
    return f"{plural(needed, kind)}{'' if clean else ' like these'} would decide it"


def _against_baseline(
    gate: Gate, model: str, metric: Metric, units: Units, seen: _Seen, part: dict[str, str]
) -> Verdict:
    if seen.base is None:
        text = "there is no baseline to compare with: give --baseline=RUN"
        return _verdict(gate, model, "INCONCLUSIVE", text, slice=part, n=units.samples)
    base = _baseline_units(gate, model, metric, seen.base)
    if isinstance(base, str):
        return _verdict(gate, model, "ERROR", base, slice=part, n=units.samples)
    decided, share = compare(units, base, metric, gate)
    if not part:
        share = min(share, decided.estimate.n / max(base.keys.size, 1))
    shown = number(share, Metric("", "", "rate", "samples"), "down")
    if share < LEAST_PAIRED:
        text = (
            f"only {shown} of the samples have a sound counterpart in the baseline, at least "
            f"90 % must: compare with a run on the same cases"
        )
        return _verdict(gate, model, "ERROR", text, slice=part, n=units.samples)
    found, bounds = decided.estimate, (decided.estimate.low, decided.estimate.high)
    text = (
        f"{metric.statistic} is {_worse(found.value, metric)} than the baseline's over "
        f"{plural(found.n, 'pair')}{_failures(units, gate)}: at {_level(gate)} confidence the loss is "
        + outcome(metric, gate.direction, gate.threshold, bounds, decided.verdict)
        + f", and {asked(metric, gate.direction, gate.threshold)}"
    )
    if share < 1:
        text += f" ({shown} of the samples could be paired)"
    return _verdict(gate, model, decided.verdict, text, slice=part, **_numbers(decided, found.n))


def _worse(value: float, metric: Metric) -> str:
    if value == 0:
        return "no worse"
    return f"{number(abs(value), metric)} {'worse' if value > 0 else 'better'}"


def _baseline_units(gate: Gate, model: str, metric: Metric, base: Columns) -> Units | str:
    models = base.models
    name = model if model in models else models[0] if len(models) == 1 else None
    if name is None:
        return f"the baseline has no model {model!r}; it holds {', '.join(models) or 'no sample'}"
    frame = base.frames.get((name, metric.suite))
    scored = metric.kind == "errors" or (frame and metric.scorer in frame.scores)
    if frame is None or not scored:
        return f"the baseline holds no {gate.metric}: give a run that measured it"
    if covered(base, name, metric.suite, None).broken:
        return "the baseline holds samples twice: give a run as llmeval wrote it"
    rows = _Seen(base, None, None).rows(frame, (name, metric.suite), metric)
    whole = structs.replace(gate, failures="count")
    units = units_of(frame, rows, metric, whole, base.words)
    return f"baseline: {units.reason}" if isinstance(units, NoUnits) else units


def _numbers(decided: Decided, samples: int) -> Mapping[str, Any]:
    found = decided.estimate
    return {
        "estimate": found.value,
        "low": found.low,
        "high": found.high,
        "n": samples,
        "clusters": found.clusters,
        "method": found.method,
        "baseline": decided.baseline,
    }


def _verdict(gate: Gate, model: str, verdict: str, explanation: str, **numbers: Any) -> Verdict:
    """Everything a verdict takes from its gate, with the sentence as one that ends."""
    return Verdict(
        id=gate.id,
        metric=gate.metric,
        model=model,
        verdict=verdict,  # type: ignore[arg-type]
        explanation=explanation if explanation.endswith((".", "?")) else explanation + ".",
        direction=gate.direction,
        threshold=gate.threshold,
        confidence=gate.confidence,
        severity=gate.severity,
        rationale=gate.rationale,
        owner=gate.owner,
        **numbers,
    )


def _waived(verdict: Verdict, waivers: Sequence[Waiver], today: date | None) -> Verdict:
    """A waiver in force turns FAIL and INCONCLUSIVE into WAIVED, and never touches ERROR."""
    mine = [w for w in waivers if w.gate == verdict.id]
    if not mine or verdict.verdict not in ("FAIL", "INCONCLUSIVE") or today is None:
        return verdict
    waiver = max(mine, key=lambda w: w.until)
    until = waiver.until.isoformat()
    if today > waiver.until:
        note = f" A waiver by {waiver.approved_by} expired on {until} and counts for nothing."
        return structs.replace(verdict, explanation=verdict.explanation + note)
    note = f" Waived until {until} by {waiver.approved_by}: {waiver.reason}"
    return structs.replace(
        verdict,
        verdict="WAIVED",
        waived=verdict.verdict,
        explanation=verdict.explanation + note,
        waiver={"until": until, "reason": waiver.reason, "approved_by": waiver.approved_by},
    )
