"""``decide``: gates held against a record. Pure: the same record gives the same verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import structs

from llmeval.errors import GatesError, nearest
from llmeval.gates.baselines import against_baseline
from llmeval.gates.calibrated import correction_of
from llmeval.gates.columns import NONE, Columns, Frame
from llmeval.gates.coverage import Covered
from llmeval.gates.declared import Gate, GateSet
from llmeval.gates.deployed import View, columns_of, views_of
from llmeval.gates.metric import Metric, parse_metric
from llmeval.gates.seen import Seen
from llmeval.gates.shares import doubted, told, units_in
from llmeval.gates.thresholds import against_threshold
from llmeval.gates.units import NoUnits, Rows, Units, slice_rows
from llmeval.gates.verdicts import verdict_of, waived
from llmeval.gates.wording import plural
from llmeval.records import Column, Decision, Observation, RunInfo, Verdict

__all__ = ["decide", "decide_columns"]


def decide(
    observations: Iterable[Observation],
    gates: GateSet | Sequence[Gate],
    baseline: Iterable[Observation] | None = None,
    *,
    run: RunInfo | None = None,
    today: date | None = None,
    by: str | None = None,
) -> list[Verdict]:
    """Return one verdict for each gate, model and, with ``for_each``, slice.

    With ``by="deployed_model"`` each column of a model is decided for itself: the samples that one
    deployed model answered, and every failed call of which nobody knows which one it met.

    Each iterable is read once, and nothing is kept of an answer. With ``run`` its plan is held
    against the record: what is missing makes a gate ERROR, or INCONCLUSIVE where the run's caller
    asked for less. Waivers need ``today``; without it none counts.
    """
    columns = Columns.of(observations)
    base = None if baseline is None else Columns.of(baseline, columns.words)
    listed = columns_of(columns, run.models if run else ()) if by == "deployed_model" else None
    return decide_columns(columns, gates, base, run, today, listed)


def decide_columns(
    columns: Columns,
    gates: GateSet | Sequence[Gate],
    base: Columns | None,
    run: RunInfo | None,
    today: date | None,
    by: Sequence[Column] | None = None,
) -> list[Verdict]:
    """Decide on what was read already, ``by`` its columns or by whole models."""
    listed = gates.gates if isinstance(gates, GateSet) else tuple(gates)
    waivers = gates.waivers if isinstance(gates, GateSet) else ()
    planned = [m.ref for m in run.models] if run else []
    models = list(dict.fromkeys([*planned, *columns.models])) or ["(no model)"]
    calibrations = gates.calibrations if isinstance(gates, GateSet) else ()
    seen = Seen(columns, base, run, calibrations)
    return [
        waived(verdict, waivers, today)
        for gate in listed
        for view in views_of(models, by)
        for verdict in _verdicts(gate, view, seen)
    ]


def _verdicts(gate: Gate, view: View, seen: Seen) -> list[Verdict]:
    try:
        metric = parse_metric(gate.metric)
    except GatesError as error:
        return [verdict_of(gate, view.name, "ERROR", str(error))]
    frame = seen.columns.frames.get((view.model, metric.suite))
    coverage = seen.coverage(view.model, metric.suite)
    if frame is None:
        return [_unmeasured(gate, view.name, metric, coverage, seen)]
    rows = seen.rows(frame, (view.model, metric.suite), metric)
    if metric.kind not in ("timing", "errors"):
        if not rows.size:
            hint = nearest(metric.scorer, frame.scores)
            text = f"suite {metric.suite!r} has no scores of {metric.scorer!r}.{hint}"
            return [verdict_of(gate, view.name, "ERROR", text)]
        if metric.scorer not in frame.scores:
            text = f"none of {plural(rows.size, 'sample')} has a score of {metric.scorer!r}"
            return [verdict_of(gate, view.name, "ERROR", text, n=rows.size)]
    if gate.cluster is not None:
        if gate.cluster not in frame.tags:
            hint = nearest(gate.cluster, frame.tags)
            text = f"no sample of suite {metric.suite!r} has the tag {gate.cluster!r}.{hint}"
            return [verdict_of(gate, view.name, "ERROR", text)]
        frame = frame.clustered(gate.cluster, seen.columns.words)
    if gate.for_each is None:
        return [_one(gate, view, metric, frame, rows, seen, {})]
    return _sliced(gate, view, metric, frame, rows, seen)


def _unmeasured(gate: Gate, model: str, metric: Metric, coverage: Covered, seen: Seen) -> Verdict:
    if coverage.partial:
        text = coverage.partial
        if coverage.planned:
            text = f"suite {metric.suite!r} was not measured: {text}"
        return verdict_of(gate, model, "INCONCLUSIVE", text)
    if coverage.planned:
        return verdict_of(gate, model, "ERROR", coverage.broken or "no sample was recorded")
    known = {suite for _, suite in seen.columns.frames}
    known |= {info.suite for info in seen.run.suites} if seen.run else set()
    text = f"this run holds no sample of suite {metric.suite!r}.{nearest(metric.suite, known)}"
    return verdict_of(gate, model, "ERROR", text)


def _sliced(
    gate: Gate, view: View, metric: Metric, frame: Frame, rows: Rows, seen: Seen
) -> list[Verdict]:
    tag = gate.for_each or ""
    parts = slice_rows(frame, rows, tag) if tag in frame.tags else {}
    if not any(code >= 0 for code in parts):
        text = f"no sample of suite {metric.suite!r} has the tag {tag!r}.{nearest(tag, frame.tags)}"
        return [verdict_of(gate, view.name, "ERROR", text)]
    names = {code: str(value) for value, code in seen.columns.words.tag_values.items()}
    named = sorted((names.get(code, NONE), code) for code in parts)
    return [_one(gate, view, metric, frame, parts[code], seen, {tag: name}) for name, code in named]


def _one(
    gate: Gate,
    view: View,
    metric: Metric,
    frame: Frame,
    rows: Rows,
    seen: Seen,
    part: dict[str, str],
) -> Verdict:
    coverage, words = seen.coverage(view.model, metric.suite), seen.columns.words
    units, share = units_in(view, frame, rows, metric, gate, words)
    if isinstance(units, NoUnits):
        state: Decision = "ERROR" if units.broken or coverage.broken else "INCONCLUSIVE"
        text = f"{units.reason}; {coverage.broken}" if coverage.broken else units.reason
        found = verdict_of(gate, view.name, state, text, slice=part, n=share.samples)
        return told(found, share, view)
    found = _decided(gate, view, metric, units, seen, part)
    if found.verdict == "FAIL" and share.unplaced:
        own, _ = units_in(view, frame, rows, metric, gate, words, unplaced=False)
        alone: Decision = "INCONCLUSIVE"
        if not isinstance(own, NoUnits):
            alone = _decided(gate, view, metric, own, seen, part).verdict
        found = doubted(found, alone, share)
    return _with_coverage(told(found, share, view), coverage)


def _decided(
    gate: Gate, view: View, metric: Metric, units: Units, seen: Seen, part: dict[str, str]
) -> Verdict:
    if gate.direction == "no_worse_than_baseline":
        found = against_baseline(gate, view, metric, units, seen, part)
    else:
        correction = correction_of(gate, metric, seen.calibrations, seen.run)
        if isinstance(correction, str):
            return verdict_of(gate, view.name, "ERROR", correction, slice=part, n=units.samples)
        found = against_threshold(gate, view.name, metric, units, part, correction)
    lost = units.failed / units.seen if units.seen else 0.0
    if gate.failures == "exclude" and lost > gate.max_failure_rate:
        text = (
            f"{units.failed:,} of {units.seen:,} samples lack an answer or a score, more than "
            f"max_failure_rate = {gate.max_failure_rate:g} allows to leave out; what is left says: "
        )
        found = structs.replace(
            found, verdict=_no_better(found.verdict), explanation=text + found.explanation
        )
    return found


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
