"""The columns of one run held against each other: canary and stable behind one endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmeval.errors import UsageError
from llmeval.gates import parse_metric
from llmeval.gates.columns import Columns, Frame, ints
from llmeval.gates.contrasts import CONFIDENCE, contrasts_of, plain_units
from llmeval.gates.deployed import columns_of, unplaced_notes
from llmeval.gates.seen import Seen
from llmeval.records import Column, RunInfo
from llmeval.run.baseline import incomplete
from llmeval.run.compare import FLIPS, Comparison, Flip
from llmeval.store import RunDirectory

__all__ = ["compare_columns"]

Means = dict[int, float]


def compare_columns(run: RunDirectory) -> Comparison:
    """Compare every deployed model of a run with the one that has the most traffic, or else the
    most samples: each scorer's pass rate, every error rate and the latencies of timed suites.

    A run that is partial is compared as far as it went, with a note. Flips are cases that both
    answered. Raises ``UsageError`` where only one deployed model answered.
    """
    header = run.header()
    columns = Columns.of(run.observations())
    listed = columns_of(columns, header.models)
    contrasts = contrasts_of(columns, listed, header)
    if not contrasts:
        names = ", ".join(column.name for column in listed) or "no sample"
        raise UsageError(
            f"there is nothing to compare by deployed model in {run.path}: it holds {names}"
        )
    flips = sorted(
        (flip for pair in _pairs(listed) for flip in _flips(columns, pair, header)),
        key=lambda flip: (flip.run - flip.base, flip.metric, flip.case_id),
    )
    notes = [f"RUN: {why}" for why in [incomplete(run)] if why]
    return Comparison(
        header.run_id,
        header.run_id,
        CONFIDENCE,
        contrasts,
        flips[:FLIPS],
        len(flips),
        [*notes, *unplaced_notes(listed)],
        by="deployed_model",
        columns=listed,
    )


def _pairs(listed: Sequence[Column]) -> Iterable[tuple[Column, Column]]:
    for _, group in groupby(listed, key=lambda column: column.model):
        base, *others = group
        yield from ((base, other) for other in others)


def _flips(columns: Columns, pair: tuple[Column, Column], run: RunInfo) -> Iterable[Flip]:
    base, other = pair
    tests, ids = list(columns.words.tests), list(columns.words.cases)
    for (model, suite), frame in columns.frames.items():
        for scorer in sorted(frame.scores) if model == base.model else ():
            name = f"{suite}.{scorer}.pass_rate"
            then, now = (_case_means(columns, frame, name, column, run) for column in pair)
            for key in then.keys() & now.keys():
                if then[key] != now[key]:
                    test, case = divmod(key, len(ids))
                    where = tests[test][1]  # type: ignore[index]
                    yield Flip(name, other.name, where, str(ids[case]), then[key], now[key])


def _case_means(columns: Columns, frame: Frame, name: str, column: Column, run: RunInfo) -> Means:
    """The share of passes of each (test, case) that a column answered, by its key."""
    metric = parse_metric(name)
    rows = Seen(columns, None, run).rows(frame, (column.model, metric.suite), metric)
    mine = ints(frame.deployed)[rows] == columns.words.deployed.get(column.deployed_model)
    units = plain_units(columns, frame, rows[mine], metric) if mine.any() else None
    if units is None:
        return {}
    cases, of = np.unique(units.keys // len(columns.words.repetitions), return_inverse=True)
    shares: NDArray[Any] = np.bincount(of, weights=units.values) / np.bincount(of)
    return dict(zip(cases.tolist(), shares.tolist(), strict=True))
