"""One gate against a baseline, paired by what was measured in both."""

from __future__ import annotations

from msgspec import structs

from llmeval.gates.bounds import compare
from llmeval.gates.columns import Columns
from llmeval.gates.coverage import covered
from llmeval.gates.declared import Gate
from llmeval.gates.deployed import View
from llmeval.gates.metric import Metric
from llmeval.gates.seen import Seen
from llmeval.gates.taking import units_of
from llmeval.gates.units import NoUnits, Units
from llmeval.gates.verdicts import numbers_of, verdict_of
from llmeval.gates.wording import asked, failures, level, number, outcome, plural
from llmeval.records import Verdict

__all__ = ["against_baseline"]

LEAST_PAIRED = 0.9
"""A comparison in which fewer units find their like in the baseline compares something else."""


def against_baseline(
    gate: Gate, view: View, metric: Metric, units: Units, seen: Seen, part: dict[str, str]
) -> Verdict:
    """Hold a view against the whole of its model in the baseline.

    A column too: the baseline is the endpoint as it was accepted, whichever deployed models it had
    then. A canary compared with itself a week ago would pass for being as bad as before; and which
    samples a column has is the traffic's chance, so that few would pair with its own of then.
    """
    if seen.base is None:
        text = "there is no baseline to compare with: give --baseline=RUN"
        return verdict_of(gate, view.name, "INCONCLUSIVE", text, slice=part, n=units.samples)
    base = _baseline_units(gate, view.model, metric, seen.base)
    if isinstance(base, str):
        return verdict_of(gate, view.name, "ERROR", base, slice=part, n=units.samples)
    decided, share = compare(units, base, metric, gate)
    if not part and view.deployed_model is None:
        share = min(share, decided.estimate.n / max(base.keys.size, 1))
    shown = number(share, Metric("", "", "rate", "samples"), "down")
    if share < LEAST_PAIRED:
        text = (
            f"only {shown} of the samples have a sound counterpart in the baseline, at least "
            f"90 % must: compare with a run on the same cases"
        )
        return verdict_of(gate, view.name, "ERROR", text, slice=part, n=units.samples)
    found, bounds = decided.estimate, (decided.estimate.low, decided.estimate.high)
    text = (
        f"{metric.statistic} is {_worse(found.value, metric)} than the baseline's over "
        f"{plural(found.n, 'pair')}{failures(units, gate)}: "
        f"at {level(gate)} confidence the loss is "
        + outcome(metric, gate.direction, gate.threshold, bounds, decided.verdict)
        + f", and {asked(metric, gate.direction, gate.threshold)}"
    )
    if share < 1:
        text += f" ({shown} of the samples could be paired)"
    return verdict_of(
        gate, view.name, decided.verdict, text, slice=part, **numbers_of(decided, found.n)
    )


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
    rows = Seen(base, None, None).rows(frame, (name, metric.suite), metric)
    whole = structs.replace(gate, failures="count")
    units = units_of(frame, rows, metric, whole, base.words)
    return f"baseline: {units.reason}" if isinstance(units, NoUnits) else units
