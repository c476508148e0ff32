"""What a plan would take, and which gates it could decide. Pure functions over the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from llmeval.records import ModelPrice, SuiteInfo, Usage

if TYPE_CHECKING:
    from llmeval.gates import Gate

__all__ = ["GatePlan", "Plan", "costs", "gate_plan", "seconds_needed"]


class Plan(Struct, frozen=True):
    """What the plugin writes: the tests, how many ``samples`` are left of them by ``-k``, and for
    how many verdicts the ``judges`` are asked."""

    suites: list[SuiteInfo]
    models: list[str]
    concurrency: int
    samples: int
    gates: str | None = None
    judges: list[str] = field(default_factory=list)
    judge_calls: int = 0
    seconds_per_call: float | None = None


class GatePlan(Struct, frozen=True):
    """What a gate needs for each model and what the plan holds, in independent cases.

    ``least`` decides with no flaw at all; ``likely`` passes in 80 % of runs if only ``expected`` of
    the cases are flawed. ``available`` is an upper bound: cases that share a group count once, and
    a slice holds fewer. ``decidable`` is ``None`` where that cannot be said beforehand.
    """

    id: str
    metric: str
    available: int
    least: int | None
    likely: int | None
    expected: float | None
    decidable: bool | None
    note: str


def gate_plan(gate: Gate, suites: Sequence[SuiteInfo]) -> GatePlan:
    """Return what ``gate`` needs. Raises ``GatesError`` for a metric that is none."""
    from llmeval.gates import parse_metric

    metric = parse_metric(gate.metric)
    repeated = metric.statistic in ("repeat_agreement", "consistency")
    available = sum(s.cases for s in suites if _measures(s, metric) and s.samples >= 1 + repeated)
    least, likely, expected, note = _needs(gate, metric)
    if not available:
        note = "the plan measures nothing for this gate"
        note += ", which needs samples=2 or more" if repeated else ""
    elif metric.kind == "groups":
        note = "each group of cases counts once"
    elif gate.for_each:
        note = f"in each {gate.for_each}, not in all together" + (f"; {note}" if note else "")
    decidable = None if least is None else available >= least
    if not available:
        decidable = False
    return GatePlan(gate.id, gate.metric, available, least, likely, expected, decidable, note)


def _measures(suite: SuiteInfo, metric: Any) -> bool:
    if suite.suite != metric.suite:
        return False
    return metric.kind in ("timing", "errors") or any(
        s.name == metric.scorer for s in suite.scorers
    )


def _needs(gate: Gate, metric: Any) -> tuple[int | None, int | None, float | None, str]:
    from llmeval.stats import quantile_samples_needed, samples_needed

    if metric.kind in ("disparity", "effects"):
        return None, None, None, "depends on how far the groups differ, and how often they agree"
    if gate.direction == "no_worse_than_baseline":
        return None, None, None, "depends on how far the baseline and the new run disagree"
    if gate.calibrated:
        return None, None, None, "corrected for the scorer's error: depends on its calibration"
    if metric.quantile:
        q = metric.quantile if gate.direction == "at_most" else 1 - metric.quantile
        return quantile_samples_needed(q, gate.confidence), None, None, ""
    direction: Literal["at_least", "at_most"] = (
        "at_least" if gate.direction == "at_least" else "at_most"
    )
    bound = 1 - gate.threshold if direction == "at_least" else gate.threshold
    if not 0 < bound < 1:
        return None, None, None, "no sample can decide this threshold; choose one inside 0 … 1"
    # With no flaw, n cases bound the rate of flaws at alpha^(1/n): the p-quantile's own sum.
    least = quantile_samples_needed(1 - bound, gate.confidence)
    expected = bound / 4
    rate = 1 - expected if direction == "at_least" else expected
    likely = samples_needed(gate.threshold, rate, direction=direction, confidence=gate.confidence)
    return least, likely, expected, ""


def seconds_needed(calls: int, concurrency: int, seconds_per_call: float) -> float:
    """Return the seconds that ``calls`` take at full concurrency, without retries."""
    return calls / concurrency * seconds_per_call


def costs(
    calls: Mapping[str, int],
    prices: Mapping[str, ModelPrice],
    tokens: tuple[int, int] | None,
) -> dict[str, float | None]:
    """Return US dollars for each model; ``None`` where its price or the tokens are not known.

    ``calls`` and ``prices`` are by reference; ``tokens`` are those in and out of one call.
    """
    from llmeval.run.budget import cost_of

    found: dict[str, float | None] = {}
    for ref, count in calls.items():
        known = prices.get(ref)
        each = cost_of(Usage(*tokens), known.price) if known and tokens else None
        found[ref] = None if each is None else count * each
    return found


def total(amounts: Iterable[float | None]) -> float | None:
    """Return the sum, ``None`` as soon as one is not known."""
    known = list(amounts)
    return None if any(a is None for a in known) else sum(a for a in known if a is not None)
