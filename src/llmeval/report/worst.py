"""The few worst samples of a suite and of a gate, kept while a record streams by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from llmeval.records import ANSWERED, PASS_MARK, Observation, Score, Summary, Verdict
from llmeval.report.data import WorstSample
from llmeval.report.forest import trouble
from llmeval.report.numbers import metric_parts, unit_of
from llmeval.report.samples import worst_sample

__all__ = ["WorstOf", "Worsts", "rank_for_gate", "rank_for_suite"]

Rank = tuple[int, float]
"""Smaller is worse. First what kind of trouble it is, then how bad."""

FLAGGED, UNSCORED, FAILED, IMPERFECT, SLOW = range(5)

SHOWN: Final = 60
"""Samples on a whole page: what a person reads, and what keeps the page small."""


def rank_for_suite(o: Observation, timed: bool) -> Rank | None:
    """Return how bad a sample is for its suite, ``None`` where nothing is worth showing.

    Bad answers come first, then missing scores, then calls that failed, then good answers short
    of perfect; in a timed suite without scorers, the slowest answers.
    """
    if o.outcome != ANSWERED:
        return (FAILED, 0.0)
    scored = [s.value for s in o.scores if isinstance(s, Score)]
    bad = [value for value in scored if not value >= PASS_MARK]
    if bad:
        return (FLAGGED, _order(bad))
    if len(scored) < len(o.scores):
        return (UNSCORED, 0.0)
    if scored and min(scored) < 1:
        return (IMPERFECT, min(scored))
    return (SLOW, -o.timings.latency) if timed and o.timings.latency is not None else None


def _time(o: Observation, measure: str) -> float | None:
    """Seconds to the first token, of the whole answer, or for each token after the first."""
    ttft, whole = o.timings.ttft, o.timings.latency
    if measure == "ttft" or whole is None:
        return ttft if measure == "ttft" else None
    if measure != "tpot":
        return whole
    tokens = o.usage.output_tokens or 0
    return None if ttft is None or tokens < 2 else (whole - ttft) / (tokens - 1)


def _order(values: list[float]) -> float:
    """The least of ``values``; NaN, which has no order, is worse than any."""
    return min(-1.0 if math.isnan(value) else value for value in values)


def rank_for_gate(o: Observation, scorer: str, seconds: bool) -> Rank | None:
    """Return how much a sample speaks against a gate on ``scorer``, ``None`` for not at all."""
    if seconds:
        if o.outcome != ANSWERED:
            return (0, 0.0)
        time = _time(o, scorer)
        return None if time is None else (1, -time)
    if o.outcome != ANSWERED:
        return (FAILED, 0.0)
    for score in o.scores:
        if score.scorer != scorer:
            continue
        if not isinstance(score, Score):
            return (UNSCORED, 0.0)
        return None if score.value >= PASS_MARK else (FLAGGED, _order([score.value]))
    return None


@dataclass(slots=True)
class WorstOf:
    """At most ``size`` samples, at most one of each case, the worst first."""

    size: int
    kept: list[tuple[Rank, int, tuple[str, str], WorstSample]] = field(default_factory=list)

    def offer(self, rank: Rank, order: int, o: Observation, on: str) -> None:
        """Keep ``o``, the ``order``-th of the record and shown ``on`` a model or column, if it is
        among the worst so far."""
        if len(self.kept) == self.size and (rank, order) >= self.kept[-1][:2]:
            return
        case = (o.test, o.case_id)
        for i, (other, _, its_case, _) in enumerate(self.kept):
            if its_case == case:
                if other <= rank:
                    return
                del self.kept[i]
                break
        self.kept.append((rank, order, case, worst_sample(o, on)))
        self.kept.sort(key=lambda entry: entry[:2])
        del self.kept[self.size :]

    def telling(self) -> list[tuple[Rank, int, tuple[str, str], WorstSample]]:
        """Return what is bad, or else the one sample that came nearest to it."""
        return [entry for entry in self.kept if entry[0][0] <= FAILED] or self.kept[:1]


@dataclass(frozen=True, slots=True)
class _Watch:
    """A gate that does not pass, and the samples that speak against it."""

    gate: Verdict
    scorer: str
    seconds: bool
    worst: WorstOf


class Worsts:
    """The worst samples of each suite on each model or column, and of each gate that does not
    pass."""

    def __init__(self, summary: Summary, size: int) -> None:
        self._size = size
        self._suites: dict[tuple[str, str], WorstOf] = {}
        self._gates: dict[int, _Watch] = {}
        self._by_suite: dict[tuple[str, str], list[_Watch]] = {}
        for index, gate in enumerate(summary.gates):
            if gate.verdict != "PASS":
                self._watch(index, gate, summary)

    def _watch(self, index: int, gate: Verdict, summary: Summary) -> None:
        suite, scorer, _ = metric_parts(gate.metric)
        watch = _Watch(gate, scorer, unit_of(gate.metric) == "seconds", WorstOf(self._size))
        self._gates[index] = watch
        for model in [gate.model] if gate.model else [m.ref for m in summary.models]:
            self._by_suite.setdefault((suite, model), []).append(watch)

    def offer(self, order: int, o: Observation, names: Sequence[str], timed: bool) -> None:
        """Look at the ``order``-th observation of the record, which counts in the columns called
        ``names``."""
        on = names[0] if len(names) == 1 else o.model
        rank = rank_for_suite(o, timed)
        if rank is not None:
            for name in names:
                worst = self._suites.setdefault((o.suite, name), WorstOf(self._size))
                worst.offer(rank, order, o, on)
        # A gate may have been decided on the whole model, and be shown beside its columns.
        for name in dict.fromkeys((*names, o.model)):
            for watch in self._by_suite.get((o.suite, name), ()):
                against = rank_for_gate(o, watch.scorer, watch.seconds)
                if against is not None and watch.gate.slice.items() <= o.tags.items():
                    watch.worst.offer(against, order, o, on)

    def gather(
        self,
    ) -> tuple[
        tuple[WorstSample, ...],
        dict[int, tuple[int, ...]],
        dict[tuple[str, str], tuple[int, ...]],
    ]:
        """Return the samples, each once, and which of them belong to each gate and suite."""
        watched = sorted(self._gates.items(), key=lambda entry: trouble(entry[1].gate))
        samples: list[WorstSample] = []
        places: dict[int, int] = {}

        def place(entries: Iterable[tuple[Rank, int, tuple[str, str], WorstSample]]) -> list[int]:
            found = []
            for _, order, _, sample in entries:
                if order not in places and len(samples) < SHOWN:
                    places[order] = len(samples)
                    samples.append(sample)
                if order in places:
                    found.append(places[order])
            return found

        # Every gate's first three come before any gate's fourth: a cut must not hide a gate.
        gates = {i: place(w.worst.kept[:3]) for i, w in watched}
        suites = {key: place(kept.telling()) for key, kept in sorted(self._suites.items())}
        for i, watch in watched:
            gates[i] += place(watch.worst.kept[3:])
        return (
            tuple(samples),
            {i: tuple(found) for i, found in gates.items()},
            {key: tuple(found) for key, found in suites.items()},
        )
