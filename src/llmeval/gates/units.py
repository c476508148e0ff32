"""What a statistic is taken over: a value for each sample, case, group or call, and their keys."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from llmeval.gates.columns import Frame, Words, ints
from llmeval.gates.declared import Gate
from llmeval.gates.metric import Metric

__all__ = [
    "NoUnits",
    "Units",
    "case_keys",
    "sample_keys",
    "slice_rows",
    "unit_keys",
    "worst_value",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int64]


class NoUnits(Struct, frozen=True):
    """Why a statistic cannot be taken. ``broken`` means ERROR, otherwise INCONCLUSIVE."""

    reason: str
    broken: bool = True


class Units(Struct, frozen=True):
    """Values with their keys and clusters, one each.

    ``clusters`` is ``None`` where each value stands for itself. ``samples`` counts the rows behind
    them, ``failed`` those of them without an answer or a score, before any are left out.
    ``failures`` marks the units that hold a failed row. For a disparity, ``groups`` are the values
    of the tag that it is taken across, as codes, and ``names`` what these mean.
    """

    values: Floats
    keys: Ints
    clusters: Ints | None
    samples: int
    failed: int
    seen: int
    failures: NDArray[np.bool_]
    groups: Ints | None = None
    names: dict[int, str] = {}


def worst_value(metric: Metric, gate: Gate) -> float:
    """Return the value, on the statistic's scale, that speaks most against the endpoint."""
    if gate.direction == "no_worse_than_baseline":
        return 0.0 if metric.rising else 1.0
    return 0.0 if gate.direction == "at_least" else 1.0


def unit_keys(frame: Frame, rows: Rows, metric: Metric, words: Words) -> Ints:
    """Return of which case, or of which group in one test and repetition, each row is a part.

    For metrics over cases and groups; over groups, every row must have one. An effect is taken over
    all repetitions of a group.
    """
    if metric.kind == "cases":
        return case_keys(frame, rows, words)
    groups: Ints = ints(frame.test)[rows] * len(words.clusters) + ints(frame.group)[rows]
    if metric.kind == "effects":
        return groups
    keys: Ints = groups * len(words.repetitions) + ints(frame.repetition)[rows]
    return keys


def case_keys(frame: Frame, rows: Rows, words: Words) -> Ints:
    """Return of which case, in one test, each row is a part."""
    keys: Ints = ints(frame.test)[rows] * len(words.cases) + ints(frame.case)[rows]
    return keys


def sample_keys(frame: Frame, rows: Rows, words: Words) -> Ints:
    """Return a key a sample: test, case and repetition."""
    repetition = ints(frame.repetition)[rows]
    keys: Ints = case_keys(frame, rows, words) * len(words.repetitions) + repetition
    return keys


def slice_rows(frame: Frame, rows: Rows, tag: str) -> dict[int, Rows]:
    """Return the rows of each value of a tag by the value's code; -1 are rows without the tag."""
    codes: NDArray[Any] = ints(frame.tags[tag])[rows]
    order = np.argsort(codes, kind="stable")
    values, starts = np.unique(codes[order], return_index=True)
    parts = np.split(rows[order], starts[1:])
    return {int(v): part for v, part in zip(values, parts, strict=True)}
