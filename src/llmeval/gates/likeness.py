"""What statistics are taken over that compare answers with each other: to the variants of a prompt,
to its repetitions, and across the values of a tag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from llmeval.gates.columns import MEANINGLESS, Frame, ScoreColumn, Words, floats, ints
from llmeval.gates.declared import Gate
from llmeval.gates.effects import effect_of
from llmeval.gates.metric import Metric
from llmeval.gates.units import (
    Floats,
    Ints,
    NoUnits,
    Rows,
    Units,
    case_keys,
    sample_keys,
    unit_keys,
)
from llmeval.records import PASS_MARK

__all__ = ["disparate", "effects", "groups", "repeats"]


def groups(
    frame: Frame,
    metric: Metric,
    column: ScoreColumn,
    rows: Rows,
    failed: NDArray[np.bool_],
    worst: float,
    counts: tuple[int, int],
    words: Words,
) -> Units | NoUnits:
    """1 where all answers of a group (in one test and repetition) mean the same, else 0.

    A group with a failed sample has the worst value. Groups of a single case say nothing.
    """
    group = ints(frame.group)[rows]
    grouped = group >= 0
    rows, failed = rows[grouped], failed[grouped]
    keys, of = np.unique(unit_keys(frame, rows, metric, words), return_inverse=True)
    sizes = np.bincount(of, minlength=keys.size)
    held = sizes >= 2
    if not held.any():
        return NoUnits("agreement needs cases that share a `group`, and no group has two cases")
    hurt = np.bincount(of, weights=failed, minlength=keys.size) > 0
    alike = _alike(of, ints(column.label)[rows], keys.size)
    values = np.where(hurt, worst, alike.astype(float))
    clusters = np.zeros(keys.size, dtype=np.int64)
    clusters[of] = ints(frame.cluster)[rows]
    samples = int(sizes[held].sum())
    return Units(
        values[held], keys[held], clusters[held], samples, counts[1], counts[0], hurt[held]
    )


def repeats(
    frame: Frame,
    metric: Metric,
    column: ScoreColumn,
    rows: Rows,
    failed: NDArray[np.bool_],
    worst: float,
    counts: tuple[int, int],
    words: Words,
) -> Units | NoUnits:
    """One value a case, of its repetitions: ``repeat_agreement``: 1 where all mean the same, else
    0; ``consistency``: how far they bear each other out. A case with a failed one is worst.

    A case that was answered once says nothing.
    """
    keys, first, of = np.unique(
        case_keys(frame, rows, words), return_index=True, return_inverse=True
    )
    sizes = np.bincount(of)
    held = sizes >= 2
    if not held.any():
        return NoUnits(
            f"{metric.statistic} needs two repetitions of a case or more, and each case has one: "
            "declare the test with samples=2, or run with --samples=2"
        )
    hurt = np.bincount(of, weights=failed) > 0
    if metric.statistic == "repeat_agreement":
        alike = _alike(of, ints(column.label)[rows], keys.size).astype(float)
    else:
        found = _consistencies(column, rows, of, held & ~hurt)
        if isinstance(found, str):
            return NoUnits(f"{metric.statistic} {found}")
        alike = found
    values = np.where(hurt, worst, alike)
    clusters = ints(frame.cluster)[rows][first]
    samples = int(sizes[held].sum())
    return Units(
        values[held], keys[held], clusters[held], samples, counts[1], counts[0], hurt[held]
    )


def _consistencies(
    column: ScoreColumn, rows: Rows, of: Ints, taken: NDArray[np.bool_]
) -> Floats | str:
    """Return the consistency of each case that is ``taken``, and 0 for the others."""
    from llmeval.gates.consistency import consistency_of

    values = np.zeros(taken.size)
    order = np.argsort(of, kind="stable")
    for i, part in enumerate(np.split(rows[order], np.cumsum(np.bincount(of))[:-1])):
        if not taken[i]:
            continue
        found = consistency_of(column, part)
        if isinstance(found, str):
            return found
        values[i] = found
    return values


def _alike(of: Ints, labels: Ints, size: int) -> NDArray[np.bool_]:
    """Return of each unit whether all its rows have one label, and it is one that means something.

    ``of`` says of which unit each row is a part.
    """
    low = np.full(size, np.iinfo(np.int64).max)
    high = np.full(size, MEANINGLESS)
    np.minimum.at(low, of, labels)
    np.maximum.at(high, of, labels)
    alike: NDArray[np.bool_] = (low == high) & (low >= 0)
    return alike


def disparate(
    frame: Frame,
    metric: Metric,
    gate: Gate,
    rows: Rows,
    failed: NDArray[np.bool_],
    words: Words,
) -> Units | NoUnits:
    """One value a sample that bears the tag, with the tag's value; others are of no group."""
    tag = frame.tags.get(gate.across or "")
    codes = np.full(rows.size, -1) if tag is None else ints(tag)[rows]
    rows, failed, codes = rows[codes >= 0], failed[codes >= 0], codes[codes >= 0]
    names = {code: str(word) for word, code in words.tag_values.items()}
    held = {int(code): names[int(code)] for code in np.unique(codes)}
    if len(held) < 2:
        there = ", ".join(held.values()) or "none"
        return NoUnits(f"{metric.statistic} needs two values of the tag {gate.across!r}: {there}")
    if gate.reference is not None and gate.reference not in held.values():
        there = ", ".join(sorted(held.values()))
        return NoUnits(f"no sample has {gate.across} = {gate.reference!r}; there are: {there}")
    values = np.where(failed, 0.0, floats(frame.scores[metric.scorer].value)[rows])
    if not metric.statistic.startswith("mean_"):
        values = (values >= PASS_MARK).astype(float)
    keys, clusters = sample_keys(frame, rows, words), ints(frame.cluster)[rows]
    lost = int(failed.sum())
    return Units(values, keys, clusters, rows.size, lost, rows.size, failed, codes, held)


def effects(
    frame: Frame,
    metric: Metric,
    column: ScoreColumn,
    rows: Rows,
    failed: NDArray[np.bool_],
    counts: tuple[int, int],
    words: Words,
) -> Units | NoUnits:
    """One effect a group (in one test), see ``effects``; 1, the worst, where a sample failed,
    or for labels where an answer cannot be read."""
    grouped = ints(frame.group)[rows] >= 0
    rows, failed = rows[grouped], failed[grouped]
    if metric.statistic == "label_effect":
        # Answers that nobody can read differ alike within a case and between cases: no evidence.
        failed = failed | (ints(column.label)[rows] == MEANINGLESS)
    if not rows.size:
        return NoUnits(f"{metric.statistic} needs cases that share a `group`, and there is none")
    keys, of = np.unique(unit_keys(frame, rows, metric, words), return_inverse=True)
    hurt = np.bincount(of, weights=failed, minlength=keys.size) > 0
    values, clusters = np.ones(keys.size), np.zeros(keys.size, dtype=np.int64)
    clusters[of] = ints(frame.cluster)[rows]
    order = np.argsort(of, kind="stable")
    for i, part in enumerate(np.split(rows[order], np.cumsum(np.bincount(of))[:-1])):
        if hurt[i]:
            continue
        found = effect_of(metric.statistic, column, part, ints(frame.case)[part])
        if isinstance(found, str):
            return NoUnits(f"{metric.statistic} {found}")
        values[i] = found
    return Units(values, keys, clusters, rows.size, counts[1], counts[0], hurt)
