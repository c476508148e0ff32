"""Quantiles with order-statistic intervals: no assumption on the shape of the distribution."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import numpy as np

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.bounding import share_above, weighted
from llmeval.stats.checking import Floats, Ints, Sides, checked_codes, checked_levels
from llmeval.stats.checking import checked_values as _checked

__all__ = ["estimate_quantile"]


def estimate_quantile(
    values: Iterable[float],
    q: float,
    *,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the ``q`` quantile of nonnegative values (seconds); ``inf`` is a call that failed.

    ``value`` is the smallest observation that at least a share ``q`` does not exceed. Bounds are
    observations too: ranks from the binomial distribution (David and Nagaraja 2003, section 7.1).
    Where n is too small for a bound it is not made up: ``low`` is 0.0, ``high`` is ``inf``.
    A p99 bound at 95 % needs 299 values (``quantile_samples_needed``).

    If calls are not drawn from one distribution but from a fixed mix of workloads, the number of
    values under the mixture's quantile is a sum of unequal Bernoulli variables, whose tails are
    lighter than the binomial's (Hoeffding 1956): the bounds stay valid, a little wide.

    With ``clusters`` (see ``estimate``; each weighs the same) the interval inverts the bound on the
    share of values below a point (Woodruff 1952, with Gaffke's bound in place of the normal one).

    Raises ``UsageError`` as ``estimate`` does, and for ``q`` outside (0, 1) or negative values.
    """
    array = _checked(values, high=math.inf)
    if not isinstance(q, int | float) or not 0 < q < 1:
        raise UsageError(f"q is {q!r}, but a quantile lies between 0 and 1, as 0.95 does")
    below, above = checked_levels(confidence, sides)
    if clusters is None:
        return _order_statistics(array, q, below, above)
    codes = checked_codes(clusters, array.size)
    if int(codes.max()) + 1 == array.size:
        return _order_statistics(array, q, below, above)
    return _woodruff(array, codes, q, below, above)


def _order_statistics(values: Floats, q: float, below: float, above: float) -> Estimate:
    from scipy.special import betainc

    ordered = np.sort(values)
    n = ordered.size

    def reached(rank: int) -> float:
        """P(fewer than ``rank`` of n values lie at or below the true quantile)."""
        return float(betainc(n - rank + 1, rank, 1 - q))

    ranks = range(1, n + 1)
    # 1e-12 forgives the rounding of 1 - alpha, as where 0.05 = 0.95^1 stands on both sides.
    upper = bisect_left(ranks, 1 - above - 1e-12, key=reached) if above else n
    lower = bisect_left(ranks, True, key=lambda rank: reached(rank) > below + 1e-12) if below else 0
    return Estimate(
        value=float(ordered[_rank(q, n) - 1]),
        low=float(ordered[lower - 1]) if lower else 0.0,
        high=float(ordered[upper]) if upper < n else math.inf,
        n=n,
        clusters=n,
        method="order statistics",
    )


def _rank(q: float, n: int) -> int:
    """Smallest whole number at least q n, forgiving the rounding of q n."""
    return min(n, max(1, math.ceil(q * n - 1e-9)))


def _woodruff(values: Floats, codes: Ints, q: float, below: float, above: float) -> Estimate:
    sizes = np.bincount(codes)
    points = np.unique(values)

    def shares(under: np.ndarray[Any, np.dtype[np.bool_]]) -> Floats:
        return np.bincount(codes, weights=under) / sizes

    def surely_reached(point: float) -> bool:
        return share_above(weighted(1.0 - shares(values <= point)), 1 - q) <= above

    def perhaps_reached(point: float) -> bool:
        return share_above(weighted(shares(values < point)), q) >= below

    upper = bisect_left(points, True, key=surely_reached) if above else points.size
    lower = bisect_left(points, True, key=perhaps_reached) if below else 0
    middle = bisect_left(points, q - 1e-12, key=lambda p: float(shares(values <= p).mean()))
    return Estimate(
        value=float(points[min(middle, points.size - 1)]),
        low=float(points[lower - 1]) if lower else 0.0,
        high=float(points[upper]) if upper < points.size else math.inf,
        n=values.size,
        clusters=sizes.size,
        method="order statistics over clusters",
    )
