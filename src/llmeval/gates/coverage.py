"""Planned against recorded: whether a record holds what its run set out to measure."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from llmeval.gates.columns import SCORED, Columns, Frame, ints
from llmeval.records import ANSWERED, Coverage, RunInfo

__all__ = ["Covered", "coverage_of", "covered"]


class Covered(Struct, frozen=True):
    """Of one suite on one model: ``broken`` is a defect of the record, ``partial`` what the
    caller left out; both are sentences without an end, empty where all is well."""

    planned: int
    recorded: int
    broken: str = ""
    partial: str = ""


def covered(columns: Columns, model: str, suite: str, run: RunInfo | None) -> Covered:
    """Hold one suite of a record against its plan; without ``run`` only look for duplicates."""
    frame = columns.frames.get((model, suite))
    recorded = len(frame) if frame else 0
    twice = _duplicates(columns, frame) if frame else 0
    if run is None:
        return Covered(recorded, recorded, _doubled(twice))
    found = ints(frame.test) if frame else np.zeros(0, dtype=np.int64)
    plans = {i.test: i.cases * i.samples for i in run.suites if i.suite == suite}
    if model not in [m.ref for m in run.models]:
        plans = {}
    words = columns.words.tests
    held = {test: int((found == words.get((suite, test), -1)).sum()) for test in plans}
    planned = sum(plans.values())
    over = recorded - sum(held.values()) + sum(max(0, held[t] - plans[t]) for t in plans)
    under = sum(max(0, plans[t] - held[t]) for t in plans)
    if twice or over:
        text = _doubled(twice) or (
            f"the record holds {over:,} samples of suite {suite!r} that were not planned"
        )
        return Covered(planned, recorded, text)
    # A suite that this run does not know is unmeasured; one known is measured whole or not.
    why = "; ".join(run.partial)
    if not planned and run.partial:
        return Covered(planned, recorded, partial=f"suite {suite!r} was not measured ({why})")
    text = f"the record holds {recorded:,} of {planned:,} planned samples of suite {suite!r}"
    if under and run.partial:
        return Covered(planned, recorded, partial=f"{text} ({why})")
    broken = f"{text}: the run was cut off; resume it" if under else ""
    return Covered(planned, recorded, broken)


def _doubled(twice: int) -> str:
    return (
        f"the record holds {twice:,} samples twice: it was damaged or merged twice" if twice else ""
    )


def _duplicates(columns: Columns, frame: Frame) -> int:
    words = columns.words
    keys = ints(frame.test) * len(words.cases) + ints(frame.case)
    keys = keys * len(words.repetitions) + ints(frame.repetition)
    return len(frame) - int(np.unique(keys).size)


def coverage_of(columns: Columns, run: RunInfo) -> Coverage:
    """Count a record: over all models, and for each suite."""
    planned: dict[str, int] = {}
    for info in run.suites:
        planned[info.suite] = planned.get(info.suite, 0) + info.planned
    suites = {suite: _empty(n) for suite, n in planned.items()}
    outcomes: dict[str, int] = {}
    for (_, suite), frame in columns.frames.items():
        entry = suites.setdefault(suite, _empty(0))
        entry["recorded"] += len(frame)
        entry["answered"] += frame.outcomes[ANSWERED]
        entry["unscored"] += _unscored(columns, suite, frame, run)
        entry["truncated"] += int(ints(frame.truncated).sum())
        for outcome, n in frame.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + n
    return Coverage(
        planned=sum(planned.values()),
        recorded=sum(s["recorded"] for s in suites.values()),
        answered=outcomes.get(ANSWERED, 0),
        unscored=sum(s["unscored"] for s in suites.values()),
        outcomes=dict(sorted(outcomes.items())),
        suites=suites,
    )


def _empty(planned: int) -> dict[str, int]:
    return {"planned": planned, "recorded": 0, "answered": 0, "unscored": 0, "truncated": 0}


def _unscored(columns: Columns, suite: str, frame: Frame, run: RunInfo) -> int:
    """Answered samples on which a scorer that their test declares gave no score."""
    answered = ints(frame.answered) != 0
    lacking = np.zeros(len(frame), dtype=bool)
    for info in run.suites:
        if info.suite != suite:
            continue
        mine = ints(frame.test) == columns.words.tests.get((suite, info.test), -1)
        for scorer in info.scorers:
            column = frame.scores.get(scorer.name)
            lacking |= mine & (True if column is None else ints(column.status) != SCORED)
    for column in frame.scores.values():
        lacking |= ints(column.status) == SCORED + 1
    return int((answered & lacking).sum())
