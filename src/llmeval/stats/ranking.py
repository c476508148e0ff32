"""How well a score tells good from bad, whatever the threshold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.checking import Floats, Sides, checked_codes, checked_levels, checked_values
from llmeval.stats.classifying import logit_interval

__all__ = ["auc"]


def auc(
    values: Iterable[float],
    good: Iterable[bool],
    *,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the chance that a good item has a greater value than a bad one; ties count half.

    Args:
        values: A finite number for each item.
        good: Whether the item is good.
        clusters: One label for each item; items of one cluster may depend on each other.
        confidence, sides: As in ``estimate``, on the range 0 … 1.

    The Mann-Whitney statistic with the variance of DeLong et al. (1988), by mid-ranks (Sun and Xu
    2014); with clusters Obuchowski's (1997). The interval is Student's t on the logit scale, with
    as many degrees of freedom as the smaller class has clusters, less one. It is approximate. Where
    no pair is in the wrong order, the lower bound is alpha^(1/m) for the m clusters of the smaller
    class. Raises ``UsageError`` where a class is missing or the sequences do not match.
    """
    below, above = checked_levels(confidence, sides)
    array = checked_values(values, low=-1e300, high=1e300)
    is_good = np.array(list(good), dtype=bool)
    if is_good.size != array.size:
        raise UsageError(f"{is_good.size} labels were given for {array.size} values")
    if is_good.all() or not is_good.any():
        raise UsageError(f"all {array.size} items are of one class: both are needed")
    codes = np.arange(array.size) if clusters is None else checked_codes(clusters, array.size)
    x, y = array[is_good], array[~is_good]
    ranks = _mid_ranks(array)
    over = (ranks[is_good] - _mid_ranks(x)) / y.size
    under = 1 - (ranks[~is_good] - _mid_ranks(y)) / x.size
    value = float(over.mean())
    groups = int(codes.max()) + 1
    few = min(np.unique(codes[is_good]).size, np.unique(codes[~is_good]).size)
    if value == 1.0:
        low = below ** (1 / few) if below else 0.0
        return Estimate(value, low, 1.0, array.size, groups, "no pair in the wrong order")
    variance = _variance(over - value, under - value, (codes[is_good], codes[~is_good]), groups)
    low, high = logit_interval(
        value, variance, few - 1, levels=(below, above), lowest=0.0, highest=1.0
    )
    return Estimate(value, low, high, array.size, groups, "DeLong-Obuchowski, logit")


def _variance(over: Floats, under: Floats, codes: tuple[Any, Any], groups: int) -> float:
    """S10/m + S01/n + 2 S11/(m n) of cluster totals (Obuchowski 1997, equations 3 to 6)."""
    a = np.bincount(codes[0], weights=over, minlength=groups) / over.size
    b = np.bincount(codes[1], weights=under, minlength=groups) / under.size
    held = [np.unique(each).size for each in codes]
    spread = [n / max(n - 1, 1) for n in (*held, groups)]
    return max(0.0, float(spread[0] * a @ a + spread[1] * b @ b + 2 * spread[2] * a @ b))


def _mid_ranks(values: Floats) -> Floats:
    """Return ranks 1 … n, equal values sharing the middle of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middles: Floats = (last - (counts - 1) / 2)[inverse]
    return middles
