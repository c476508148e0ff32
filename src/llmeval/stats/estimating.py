"""Rates and bounded means with their confidence interval."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.bounding import lower_bound, upper_bound, weighted
from llmeval.stats.checking import Floats, Sides, checked_codes, checked_levels, checked_values

__all__ = ["cluster_means", "estimate"]

Kind = Literal["auto", "rate", "mean"]


def estimate(
    values: Iterable[float],
    *,
    clusters: Iterable[Any] | None = None,
    kind: Kind = "auto",
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate a rate (values in {0, 1}) or a mean (values in [0, 1]).

    Args:
        values: One number for each sample.
        clusters: One label for each value; values of one cluster may depend on each other in any
            way. The clusters, not the values, are the independent units: each weighs the same,
            whatever its size, and ``value`` is the mean of the cluster means.
        kind: ``rate`` refuses values other than 0 and 1; ``auto`` takes whichever fits.
        confidence: Of the interval, between 0 and 1.
        sides: ``both`` spends half of the error on each side; ``lower`` and ``upper`` spend all on
            one side and leave the other bound at 0 or 1.

    Values in {0, 1}, each its own cluster: Clopper and Pearson's exact interval (1934). Otherwise
    Gaffke's (2005) on the cluster means, which is the former where all means are 0 or 1. Both
    hold at any sample size, and give a real bound at zero events: 1 - alpha^(1/n).

    Raises ``UsageError`` for empty, non-numeric, NaN or out-of-range values (naming the index),
    for clusters that do not match, for a confidence outside (0, 1).
    """
    array = checked_values(values)
    below, above = checked_levels(confidence, sides)
    binary = _check_kind(array, kind)
    means = array if clusters is None else cluster_means(array, clusters)
    data = weighted(means)
    value = float(means.mean())
    return Estimate(
        value=value,
        low=min(lower_bound(data, below), value) if below else 0.0,
        high=max(upper_bound(data, above), value) if above else 1.0,
        n=array.size,
        clusters=means.size,
        method=_method(binary, means.size == array.size),
    )


def cluster_means(values: Floats, clusters: Iterable[Any]) -> Floats:
    """Return the mean of each cluster, in order of the clusters' codes."""
    codes = checked_codes(clusters, values.size)
    sizes = np.bincount(codes)
    if sizes.size == values.size:
        return values
    # Sums of 0s and 1s are exact, so that equal shares are equal numbers.
    return np.clip(np.bincount(codes, weights=values) / sizes, 0.0, 1.0)


def _check_kind(values: Floats, kind: str) -> bool:
    if kind not in ("auto", "rate", "mean"):
        raise UsageError(f"kind is {kind!r}, but must be 'auto', 'rate' or 'mean'")
    between = np.flatnonzero((values != 0.0) & (values != 1.0))
    if kind == "rate" and between.size:
        index = int(between[0])
        raise UsageError(f"values[{index}] is {values[index]:g}, but a rate takes only 0 and 1")
    return kind != "mean" and not between.size


def _method(binary: bool, single: bool) -> str:
    if binary and single:
        return "Clopper-Pearson"
    return "Gaffke" if single else "Gaffke on cluster means"
