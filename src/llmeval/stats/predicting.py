"""A mean from many judged samples and a few that people labelled: prediction-powered inference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.bounding import lower_bound, upper_bound, weighted
from llmeval.stats.checking import Floats, Sides, checked_levels, checked_values
from llmeval.stats.estimating import cluster_means

__all__ = ["ppi_mean"]

LEAST_LABELLED = 30


def ppi_mean(
    labels: Iterable[float],
    judged: Iterable[float],
    unlabelled: Iterable[float],
    *,
    tune: bool = True,
    clusters: Iterable[Any] | None = None,
    unlabelled_clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the mean of people's labels over all samples, most of which only a judge has seen.

    Args:
        labels: People's values in 0 … 1 on a random subset of the samples.
        judged: The judge's values in 0 … 1 on the same subset, in the same order.
        unlabelled: The judge's values in 0 … 1 on the other samples.
        tune: Weigh the judge by how much it tells (lambda below); else lambda is 1.
        clusters, unlabelled_clusters: One label for each sample; the cluster means are what counts.
            No cluster may be in both: label all of one or none.
        confidence, sides: As in ``estimate``.

    ``value`` is mean(Y - lambda f) over the labelled plus lambda times mean(f) over the others
    (Angelopoulos et al. 2023, "Prediction-powered inference", algorithm 1), which is right whatever
    the judge is worth, given that the subset is random. Lambda, 0 … 1, is the one of least variance
    (Angelopoulos, Duchi and Zrnic 2023, "PPI++", example 6.1): cov(Y, f) / ((1 + n/N) var(f)). In
    place of their normal interval both means have Gaffke's bounds, which combine as the squares of
    their distances (MOVER, Zou and Donner 2008): a judge without a mistake among the labelled is
    still not certain to make none. Approximate; docs/statistics.md has its simulated coverage.
    ``n`` counts all samples, ``clusters`` the labelled ones.

    Raises ``UsageError`` for fewer than 30 labelled clusters, no unlabelled sample, values out of
    range, sequences that do not match, or a cluster in both parts.
    """
    below, above = checked_levels(confidence, sides)
    known = checked_values(labels, what="labels")
    seen = checked_values(judged, what="judged")
    rest = checked_values(unlabelled, what="unlabelled")
    if known.size != seen.size:
        raise UsageError(f"{known.size} labels were given for {seen.size} judged values")
    n = known.size + rest.size
    known, seen, rest = _means(known, seen, rest, clusters, unlabelled_clusters)
    if known.size < LEAST_LABELLED:
        raise UsageError(
            f"{known.size} independent labelled samples: at least {LEAST_LABELLED} are needed to "
            f"know how far the judge is off"
        )
    weight = _weight(known, seen, rest) if tune else 1.0
    residual = known - weight * seen
    value = float(residual.mean() + weight * rest.mean())
    parts = [
        _reach(residual, -weight, 1.0, (below, above)),
        _reach(weight * rest, 0.0, weight, (below, above)),
    ]
    down, up = (math.hypot(parts[0][side], parts[1][side]) for side in (0, 1))
    value_in = min(1.0, max(0.0, value))
    return Estimate(
        value=value_in,
        low=max(0.0, min(value - down, value_in)) if below else 0.0,
        high=min(1.0, max(value + up, value_in)) if above else 1.0,
        n=n,
        clusters=known.size,
        method=f"prediction-powered, lambda {weight:.2f}",
    )


def _means(
    known: Floats,
    seen: Floats,
    rest: Floats,
    clusters: Iterable[Any] | None,
    others: Iterable[Any] | None,
) -> tuple[Floats, Floats, Floats]:
    if (clusters is None) != (others is None):
        raise UsageError("give clusters of both the labelled and the unlabelled samples, or none")
    if clusters is None or others is None:
        return known, seen, rest
    mine, theirs = list(clusters), list(others)
    if both := set(mine) & set(theirs):
        raise UsageError(
            f"the cluster {min(map(repr, both))} has labelled and unlabelled samples: label all of "
            f"a cluster, or none"
        )
    return cluster_means(known, mine), cluster_means(seen, mine), cluster_means(rest, theirs)


def _weight(known: Floats, seen: Floats, rest: Floats) -> float:
    """0 where the judge says the same of all, or the opposite of what people say."""
    spread = float(np.concatenate([seen, rest]).var())
    if spread <= 0:
        return 0.0
    together = float(np.cov(known, seen)[0, 1])
    return min(1.0, max(0.0, together / ((1 + known.size / rest.size) * spread)))


def _reach(
    values: Floats, lowest: float, highest: float, levels: tuple[float, float]
) -> tuple[float, float]:
    """How far the bounds of the mean lie below and above it."""
    width = highest - lowest
    if width <= 0:
        return 0.0, 0.0
    data, mean = weighted(np.clip((values - lowest) / width, 0.0, 1.0)), float(values.mean())
    low = lowest + width * lower_bound(data, levels[0]) if levels[0] else mean
    high = lowest + width * upper_bound(data, levels[1]) if levels[1] else mean
    return max(0.0, mean - low), max(0.0, high - mean)
