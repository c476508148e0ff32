"""Figures with their intervals, and how they are written."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

from labelled import auc, balanced_accuracy

from llmeval.stats import cohen_kappa, estimate

__all__ = [
    "f1",
    "jackknife",
    "kappa",
    "macro_f1",
    "rate",
    "ratio",
    "shown",
    "with_auc",
    "with_balanced_accuracy",
]

Interval = tuple[float, float, float]
"""Value, low, high."""

_CONFIDENCE = 0.95


def shown(figure: Interval | float) -> str:
    """Return ``0.934 (0.918–0.948)``, or the value alone."""
    if isinstance(figure, float):
        return f"{figure:.3f}"
    value, low, high = figure
    return f"{value:.3f} ({low:.3f}–{high:.3f})"


def rate(hits: Sequence[bool], clusters: Sequence[Hashable]) -> Interval:
    """Return the share of hits among all rows.

    Where clusters differ in size, ``estimate`` weighs clusters and not rows, which is not what is
    published for these sets: the interval is then the jackknife's.
    """
    sizes = Counter(clusters)
    if len(set(sizes.values())) > 1:
        right = Counter(c for c, hit in zip(clusters, hits, strict=True) if hit)
        n, total = len(clusters), sum(hits)
        without = [(total - right[c]) / (n - size) for c, size in sizes.items()]
        return _interval(total / n, without)
    found = estimate(hits, clusters=clusters, kind="rate", confidence=_CONFIDENCE)
    return found.value, found.low, found.high


def ratio(part: int, whole: int) -> str:
    """Return ``417 of 541``."""
    return f"{part:,} of {whole:,}"


def jackknife(
    statistic: Callable[[Sequence[int]], float], clusters: Sequence[Hashable]
) -> Interval:
    """Return a statistic in 0..1 of all rows, with an interval.

    ``statistic`` takes the rows' indices. Variance: delete-one-cluster jackknife, (G - 1)/G · Σ
    (T₋g - T̄)² (Efron and Stein 1981, equation 1.5, with clusters in the place of observations);
    interval: Student's t with G - 1 degrees of freedom on the logit scale, which stays in 0..1. At
    0 or 1 there is no such scale: the bound is that of G clusters without an exception.
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for i, cluster in enumerate(clusters):
        members[cluster].append(i)
    n = len(clusters)
    without = [
        statistic([i for i in range(n) if i not in left_out])
        for left_out in map(set, members.values())
    ]
    return _interval(statistic(range(n)), without)


def _interval(value: float, without: Sequence[float]) -> Interval:
    """Return the interval of ``jackknife`` from the values without one cluster each."""
    from scipy.stats import t

    groups = len(without)
    if value in (0.0, 1.0):
        reach = ((1 - _CONFIDENCE) / 2) ** (1 / groups)
        return (value, reach, 1.0) if value else (value, 0.0, 1 - reach)
    mean = sum(without) / groups
    variance = (groups - 1) / groups * sum((each - mean) ** 2 for each in without)
    half = float(t.ppf((1 + _CONFIDENCE) / 2, groups - 1)) * math.sqrt(variance)
    half /= value * (1 - value)
    centre = math.log(value / (1 - value))
    return value, _logistic(centre - half), _logistic(centre + half)


def with_auc(
    values: Sequence[float], good: Sequence[bool], clusters: Sequence[Hashable]
) -> Interval:
    """Return the area under the ROC curve."""
    return jackknife(lambda at: auc([values[i] for i in at], [good[i] for i in at]), clusters)


def with_balanced_accuracy(
    values: Sequence[float], good: Sequence[bool], threshold: float, clusters: Sequence[Hashable]
) -> Interval:
    """Return the balanced accuracy at a threshold that was chosen elsewhere."""
    return jackknife(
        lambda at: balanced_accuracy([values[i] for i in at], [good[i] for i in at], threshold),
        clusters,
    )


def f1(said: Sequence[bool], true: Sequence[bool], clusters: Sequence[Hashable]) -> Interval:
    """Return 2·hits / (said + true)."""
    return jackknife(lambda at: _f1([said[i] for i in at], [true[i] for i in at]), clusters)


def macro_f1(said: Sequence[bool], true: Sequence[bool], clusters: Sequence[Hashable]) -> Interval:
    """Return the mean of the F1 of both sides."""

    def both(at: Sequence[int]) -> float:
        yes = _f1([said[i] for i in at], [true[i] for i in at])
        no = _f1([not said[i] for i in at], [not true[i] for i in at])
        return (yes + no) / 2

    return jackknife(both, clusters)


def kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Return Cohen's kappa of two raters."""
    return cohen_kappa(one, other).value


def _f1(said: Sequence[bool], true: Sequence[bool]) -> float:
    hits = sum(s and t for s, t in zip(said, true, strict=True))
    named = sum(said) + sum(true)
    return 2 * hits / named if named else 0.0


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
