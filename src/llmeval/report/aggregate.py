"""From a record to what a report shows, in one pass and bounded memory."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from llmeval.records import (
    ANSWERED,
    PASS_MARK,
    Observation,
    Score,
    Summary,
    deployed_model_of,
)
from llmeval.report.data import Latency, Rate, ReportData, ScorerResult, SliceResult, SuiteResult
from llmeval.report.numbers import metric_parts, unit_of
from llmeval.report.placing import Placing, labelled
from llmeval.report.samples import short
from llmeval.report.worst import Worsts

__all__ = ["collect"]

MAX_VALUES: Final = 100
"""Values of one tag that are tabled; a tag with more is an identifier, not a slice."""

CURVE_POINTS: Final = 160
PERCENTILES: Final = (50, 90, 95, 99)


@dataclass(slots=True)
class _Trials:
    """Passed or not, with the cluster of each sample, packed: 9 bytes a sample."""

    passed: bytearray = field(default_factory=bytearray)
    clusters: array[int] = field(default_factory=lambda: array("q"))

    def add(self, passed: bool, cluster: int) -> None:
        self.passed.append(passed)
        self.clusters.append(cluster)


@dataclass(slots=True)
class _ScorerTally:
    scored: int = 0
    passed: int = 0
    total: float = 0.0
    not_scored: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _SuiteTally:
    timed: bool
    trials: _Trials = field(default_factory=_Trials)
    outcomes: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    unscored: int = 0
    truncated: int = 0
    cached: int = 0
    scorers: dict[str, _ScorerTally] = field(default_factory=dict)
    slices: dict[str, dict[str, _Trials]] = field(default_factory=dict)
    untabled: set[str] = field(default_factory=set)
    clusters: dict[tuple[str, str], int] = field(default_factory=dict)
    times: dict[str, array[float]] = field(default_factory=dict)


def collect(summary: Summary, observations: Iterable[Observation], *, worst: int = 5) -> ReportData:
    """Read a record once and return what a report on it shows.

    Memory holds aggregates, a few bytes a sample for intervals and latency curves, and at most
    ``worst`` samples for each suite and for each gate that does not pass.
    """
    summary = labelled(summary)
    worsts, placing = Worsts(summary, worst), Placing(summary.columns)
    timed = _timed(summary)
    tallies: dict[tuple[str, str], _SuiteTally] = {}
    versions: dict[str, Counter[str]] = {}
    deployed: dict[str, Counter[str]] = {}
    for order, o in enumerate(observations):
        names = placing.of(o)
        for name in names:
            tally = tallies.get((o.suite, name))
            if tally is None:
                tally = tallies[o.suite, name] = _SuiteTally(o.suite in timed)
            _count(tally, o)
        worsts.offer(order, o, names, bool(tally and tally.times))
        if o.response:
            found = deployed_model_of(o) or ""
            deployed.setdefault(names[0], Counter())[short(found)] += 1
            if version := o.response.model_version or o.deployed_model:
                versions.setdefault(names[0], Counter())[short(version)] += 1
    samples, gate_samples, suite_samples = worsts.gather()
    return ReportData(
        summary=summary,
        suites=tuple(_result(*key, tally) for key, tally in sorted(tallies.items())),
        worst=samples,
        gate_samples=gate_samples,
        suite_samples=suite_samples,
        versions={name: dict(found.most_common(20)) for name, found in versions.items()},
        deployed={name: dict(found.most_common(20)) for name, found in deployed.items()},
    )


def _timed(summary: Summary) -> frozenset[str]:
    """Return the suites declared as timed or with a gate on timings: they deserve a curve."""
    gated = {
        metric_parts(gate.metric)[0] for gate in summary.gates if unit_of(gate.metric) == "seconds"
    }
    return frozenset(gated | {info.suite for info in summary.suites if info.timed})


def _count(tally: _SuiteTally, o: Observation) -> None:
    answered = o.outcome == ANSWERED
    bad = unscored = False
    for score in o.scores:
        its = tally.scorers.setdefault(score.scorer, _ScorerTally())
        if isinstance(score, Score):
            good = score.value >= PASS_MARK
            its.scored += 1
            its.passed += good
            its.total += score.value
            bad = bad or not good
        else:
            its.not_scored[score.not_scored] += 1
            unscored = True
    tally.outcomes[o.outcome] += 1
    tally.flagged += answered and bad
    tally.unscored += answered and unscored
    tally.cached += o.cached
    tally.truncated += bool(o.response and o.response.finish_reason == "length")
    _count_slices(tally, o, answered and not bad and not unscored)
    _count_times(tally, o)


def _count_slices(tally: _SuiteTally, o: Observation, passed: bool) -> None:
    unit = ("group", o.group) if o.group is not None else ("case", f"{o.test}\0{o.case_id}")
    cluster = tally.clusters.setdefault(unit, len(tally.clusters))
    tally.trials.add(passed, cluster)
    for tag, value in o.tags.items():
        if tag in tally.untabled:
            continue
        values = tally.slices.setdefault(tag, {})
        if value not in values and len(values) == MAX_VALUES:
            tally.untabled.add(tag)
            del tally.slices[tag]
            continue
        values.setdefault(value, _Trials()).add(passed, cluster)


def _count_times(tally: _SuiteTally, o: Observation) -> None:
    """Keep the timings of suites that are timed by a gate or streamed; never of a cached reply."""
    if o.outcome != ANSWERED or o.cached or not (tally.timed or o.timings.ttft is not None):
        return
    for measure, time in (("ttft", o.timings.ttft), ("e2e", o.timings.latency)):
        if time is not None and math.isfinite(time):
            tally.times.setdefault(measure, array("d")).append(time)


def _result(suite: str, model: str, tally: _SuiteTally) -> SuiteResult:
    return SuiteResult(
        suite=suite,
        model=model,
        samples=tally.outcomes.total(),
        answered=tally.outcomes[ANSWERED],
        flagged=tally.flagged,
        unscored=tally.unscored,
        truncated=tally.truncated,
        cached=tally.cached,
        outcomes=dict(sorted(tally.outcomes.items(), key=lambda kv: (-kv[1], kv[0]))),
        rate=_rate(tally.trials),
        scorers=tuple(_scorer(name, its) for name, its in sorted(tally.scorers.items())),
        slices=tuple(
            SliceResult(tag, value, _rate(trials))
            for tag, values in sorted(tally.slices.items())
            for value, trials in sorted(values.items())
        ),
        untabled=tuple(sorted(tally.untabled)),
        latencies=tuple(
            _latency(measure, times, tally.outcomes.total() - tally.outcomes[ANSWERED])
            for measure, times in sorted(tally.times.items(), reverse=True)
        ),
    )


def _scorer(name: str, tally: _ScorerTally) -> ScorerResult:
    mean = tally.total / tally.scored if tally.scored else None
    return ScorerResult(
        name, tally.scored, tally.passed, mean, dict(sorted(tally.not_scored.items()))
    )


def _rate(trials: _Trials) -> Rate:
    """A 95 % interval: exact (Clopper and Pearson 1934) where each sample is its own cluster,
    else whatever ``estimate`` holds valid for clusters."""
    from llmeval.stats import estimate

    n = len(trials.passed)
    if not n:
        return Rate(0, 0, None, None)
    clustered = len(set(trials.clusters)) < n
    found = estimate(
        [float(passed) for passed in trials.passed],
        clusters=[str(cluster) for cluster in trials.clusters] if clustered else None,
        kind="rate",
        confidence=0.95,
        sides="both",
    )
    return Rate(sum(trials.passed), n, found.low, found.high, found.method)


def _latency(measure: str, times: Sequence[float], failed: int) -> Latency:
    """Percentiles are order statistics x(⌈q·n⌉) of all calls, a failed call being infinite."""
    ordered = sorted(times)
    n = len(ordered) + failed
    step = max(1, math.ceil(len(ordered) / CURVE_POINTS))
    picked = sorted({*range(step - 1, len(ordered), step), len(ordered) - 1, 0})
    percentiles = {}
    for q in PERCENTILES:
        place = math.ceil(q * n / 100) - 1
        percentiles[f"p{q}"] = ordered[place] if place < len(ordered) else None
    return Latency(
        measure=measure,
        n=n,
        failed=failed,
        percentiles=percentiles,
        slowest=ordered[-1],
        curve=tuple((ordered[i], (i + 1) / n) for i in picked),
    )
