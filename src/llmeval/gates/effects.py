"""By how much more answers to different cases of a group differ than answers to the same case.

The same prompt asked twice brings two answers that differ by chance. How far the variants of a
counterfactual group differ beyond that is their effect: half the energy distance of the answers'
distributions (Székely and Rizzo 2013), averaged over the pairs of cases. It is 0 where the variant
changes nothing, whatever the noise, and its estimate here is without bias.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmeval.gates.columns import ScoreColumn, floats, ints

__all__ = ["effect_of"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def effect_of(statistic: str, column: ScoreColumn, rows: Rows, cases: NDArray[Any]) -> float | str:
    """Return the effect of one group in -1 … 1, or why it cannot be taken.

    ``rows`` are the group's samples, all of them scored, ``cases`` the case of each. The distance
    of two samples is 1 if their labels differ and else 0 (``label_effect``), the difference of
    their values (``value_effect``), or 1 less the cosine of their signatures (``content_effect``).
    """
    held, of, sizes = np.unique(cases, return_inverse=True, return_counts=True)
    if held.size < 2:
        return "needs groups of two cases or more, and one has a single case"
    if int(sizes.min()) < 2:
        return "needs two repetitions of each case: what they differ by is the noise (samples=2)"
    distances = _distances(statistic, column, rows)
    if isinstance(distances, str):
        return distances
    return _excess(distances, of, sizes)


def _excess(distances: Floats, of: NDArray[Any], sizes: NDArray[Any]) -> float:
    """Mean distance over pairs of cases, less the mean over pairs of repetitions of a case."""
    member = (of[None, :] == np.arange(sizes.size)[:, None]).astype(float)
    sums = member @ distances @ member.T
    within = float((np.diag(sums) / (sizes * (sizes - 1))).mean())
    means = sums / np.outer(sizes, sizes)
    pairs = np.triu_indices(sizes.size, 1)
    return float(np.clip(float(means[pairs].mean()) - within, -1.0, 1.0))


def _distances(statistic: str, column: ScoreColumn, rows: Rows) -> Floats | str:
    if statistic == "label_effect":
        labels = ints(column.label)[rows]
        unlike: Floats = (labels[:, None] != labels[None, :]).astype(float)
        return unlike
    if statistic == "value_effect":
        values = floats(column.value)[rows]
        apart: Floats = np.abs(values[:, None] - values[None, :])
        return apart
    signatures = [column.signatures.get(int(row), "") for row in rows]
    if not all(signatures):
        return "needs a scorer that leaves a signature of each answer: content()"
    vectors = _vectors(signatures)
    if vectors is None:
        return "needs signatures of one length, as one version of content() writes them"
    distances = np.clip(1.0 - vectors @ vectors.T, 0.0, 1.0)
    empty = ~vectors.any(axis=1)
    distances[np.outer(empty, empty) | np.eye(rows.size, dtype=bool)] = 0.0
    return distances


def _vectors(signatures: Sequence[str]) -> Floats | None:
    """Return the signatures as rows of length 1, or of zeros where an answer has no content."""
    try:
        parts = [np.frombuffer(base64.b64decode(s, validate=True), np.int8) for s in signatures]
    except ValueError:
        return None
    if len({part.size for part in parts}) != 1:
        return None
    stacked = np.stack(parts).astype(float)
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    vectors: Floats = np.divide(stacked, lengths, out=np.zeros_like(stacked), where=lengths > 0)
    return vectors
