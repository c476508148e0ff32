"""The difference of two samples that share some of their clusters: partly paired data.

Behind a traffic split the repetitions of one case, or the cases of one group, may be answered by
both models: then the two samples are neither paired nor independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from llmeval.records import Estimate
from llmeval.stats.bounding import Weighted, lower_bound, upper_bound, weighted
from llmeval.stats.checking import Floats, Ints, checked_codes, checked_levels, checked_values

__all__ = ["Term", "overlapping_difference", "overlapping_p_value", "terms_of"]

LEAST_ALPHA = 1e-9
"""A smaller p-value is reported as this."""


def overlapping_difference(
    base: Iterable[float],
    new: Iterable[float],
    *,
    base_clusters: Iterable[Any],
    new_clusters: Iterable[Any],
    confidence: float = 0.95,
) -> Estimate:
    """Estimate the mean of ``new`` minus the mean of ``base``; values lie in [0, 1].

    Clusters are the independent units, each of the same weight; a label in both ``base_clusters``
    and ``new_clusters`` is one cluster, within which all values may depend on each other in any
    way. With A and B the cluster means of ``new`` and ``base``, a and b the shares of each that are
    clusters of both, the difference is a sum over three disjoint sets of clusters,

        mean over both of (a A - b B)  +  (1 - a) mean of A alone  -  (1 - b) mean of B alone,

    whose parts are independent of each other whatever happens within a cluster. Each has Gaffke's
    bounds (see ``estimate``), and they combine as the squares of their distances (MOVER: Zou and
    Donner 2008, section 2). Where no cluster is shared that is the unpaired interval of
    ``difference``, where all are its paired one.

    To take the two samples for independent instead would be valid only as long as what is hard for
    one model is hard for the other: a model that fails where the other succeeds makes the spread of
    the difference larger than the two spreads tell (tests/statistics).

    Raises ``UsageError`` as ``difference`` does.
    """
    _, above = checked_levels(confidence, "both")
    parts = _parts(base, new, base_clusters, new_clusters)
    value = sum(part.value for part in parts.terms)
    fall = math.hypot(*(part.fall(above) for part in parts.terms))
    rise = math.hypot(*(part.rise(above) for part in parts.terms))
    return Estimate(
        value=value,
        low=max(-1.0, value - fall),
        high=min(1.0, value + rise),
        n=parts.n,
        clusters=parts.clusters,
        method="Gaffke on shared and single clusters, combined",
    )


def overlapping_p_value(
    base: Iterable[float],
    new: Iterable[float],
    *,
    base_clusters: Iterable[Any],
    new_clusters: Iterable[Any],
) -> float:
    """Return the two-sided p-value that the means differ: the least alpha at which the interval of
    ``overlapping_difference`` at 1 - alpha leaves out 0, at most 1 and at least ``LEAST_ALPHA``.

    Raises ``UsageError`` as ``difference`` does.
    """
    terms = _parts(base, new, base_clusters, new_clusters).terms
    value = sum(part.value for part in terms)

    def apart(alpha: float) -> bool:
        falls = [part.fall(alpha / 2) if value > 0 else part.rise(alpha / 2) for part in terms]
        return math.hypot(*falls) < abs(value)

    below, above = LEAST_ALPHA, 1.0
    if value == 0 or not apart(above):
        return 1.0
    for _ in range(20):  # to a relative 2e-5
        middle = math.sqrt(below * above)
        below, above = (below, middle) if apart(middle) else (middle, above)
    return above


class Term(Struct, frozen=True):
    """A mean over independent clusters, its values mapped to [0, 1]: value = low + width * mean."""

    data: Weighted
    low: float
    width: float

    @property
    def mean(self) -> float:
        points, counts = self.data
        return float(points @ counts) / float(counts.sum())

    @property
    def value(self) -> float:
        return self.low + self.width * self.mean

    def fall(self, alpha: float) -> float:
        """How far below the value the lower bound at level ``alpha`` lies."""
        return self.width * max(0.0, self.mean - lower_bound(self.data, alpha))

    def rise(self, alpha: float) -> float:
        """How far above the value the upper bound at level ``alpha`` lies."""
        return self.width * max(0.0, upper_bound(self.data, alpha) - self.mean)


class _Parts(Struct, frozen=True):
    terms: Sequence[Term]
    n: int
    clusters: int


def _parts(
    base: Iterable[float],
    new: Iterable[float],
    base_clusters: Iterable[Any],
    new_clusters: Iterable[Any],
) -> _Parts:
    old, fresh = checked_values(base, what="base"), checked_values(new, what="new")
    labels, more = list(base_clusters), list(new_clusters)
    for given, values in ((labels, old), (more, fresh)):
        checked_codes(given, values.size)
    codes = checked_codes([*labels, *more], old.size + fresh.size)
    of_old, old_means = _means(old, codes[: old.size])
    of_new, new_means = _means(fresh, codes[old.size :])
    terms = terms_of(of_old, old_means, of_new, new_means)
    clusters = np.union1d(of_old, of_new).size
    return _Parts(terms, old.size + fresh.size, clusters)


def terms_of(of_old: Ints, old_means: Floats, of_new: Ints, new_means: Floats) -> list[Term]:
    """Return the independent parts whose values sum to the mean of ``new_means`` minus that of
    ``old_means``: over the clusters of both, of the new alone, of the old alone.

    ``of_old`` and ``of_new`` name the cluster of each mean, each once, ascending.
    """
    _, ours, theirs = np.intersect1d(of_new, of_old, assume_unique=True, return_indices=True)
    a, b = ours.size / of_new.size, theirs.size / of_old.size
    terms = []
    if ours.size:
        shared = (a * new_means[ours] - b * old_means[theirs] + b) / (a + b)
        terms.append(Term(weighted(np.clip(shared, 0.0, 1.0)), -b, a + b))
    if a < 1:
        terms.append(Term(weighted(np.delete(new_means, ours)), 0.0, 1 - a))
    if b < 1:
        terms.append(Term(weighted(1.0 - np.delete(old_means, theirs)), b - 1, 1 - b))
    return terms


def _means(values: Floats, codes: Ints) -> tuple[Ints, Floats]:
    """Return the clusters that occur, ascending, and the mean of each."""
    held, of, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    return held, np.clip(np.bincount(of, weights=values) / sizes, 0.0, 1.0)
