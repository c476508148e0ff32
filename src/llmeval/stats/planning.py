"""How many samples a decision needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal

from llmeval.errors import UsageError
from llmeval.stats.bounding import Weighted, share_above, weighted
from llmeval.stats.checking import checked_levels, checked_values

__all__ = ["clusters_to_decide", "more_samples_needed", "quantile_samples_needed", "samples_needed"]

Direction = Literal["at_least", "at_most"]

MOST = 10_000_000
"""Beyond this many samples a plan is no plan."""


def quantile_samples_needed(q: float, confidence: float = 0.95) -> int:
    """Return the fewest values from which a ``q`` quantile has a one-sided upper bound.

    The largest of n values bounds the quantile with probability 1 - q^n: 59 for p95 and 299 for p99
    at 95 %. For a lower bound ask with ``1 - q``. Raises ``UsageError`` outside (0, 1).
    """
    alpha, _ = checked_levels(confidence, "lower")
    if not 0 < q < 1:
        raise UsageError(f"q is {q!r}, but a quantile lies between 0 and 1, as 0.95 does")
    return max(1, math.ceil(math.log(alpha) / math.log(q) - 1e-9))


def samples_needed(
    threshold: float,
    rate: float,
    *,
    direction: Direction = "at_least",
    confidence: float = 0.95,
    power: float = 0.8,
) -> int | None:
    """Return the fewest independent samples with which a gate on a rate passes in ``power`` of all
    runs, if the true rate is ``rate``; ``None`` where no number does (the rate does not satisfy the
    threshold, or more than ten million would be needed).

    The gate is the exact one (Clopper and Pearson): at n samples it passes up to k flaws, the
    largest k with P(Bin(n, flaw threshold) <= k) <= 1 - confidence.
    """
    alpha, _ = checked_levels(confidence, "lower")
    bound, flaw = (threshold, rate) if direction == "at_most" else (1 - threshold, 1 - rate)
    if not (0 <= flaw <= 1 and 0 < bound < 1 and 0 < power < 1):
        raise UsageError(f"threshold {threshold!r}, rate {rate!r}, power {power!r}: no shares")
    if flaw >= bound:
        return None
    clean = quantile_samples_needed(1 - bound, confidence)
    # Power saws up and down with n: at each number of allowed flaws only its smallest n can win.
    for flaws in range(10_000):
        n = _fewest(flaws, bound, alpha, clean)
        if n > MOST:
            return None
        if _binomial(flaws, n, flaw) >= power:
            return n
    return None


def _fewest(flaws: int, bound: float, alpha: float, start: int) -> int:
    """Fewest n at which ``flaws`` flaws still pass: P(Bin(n, bound) <= flaws) <= alpha."""
    return _first(start + flaws, lambda n: _binomial(flaws, n, bound) <= alpha * (1 + 1e-12))


def _binomial(k: int, n: int, p: float) -> float:
    from scipy.special import betainc

    return 1.0 if k >= n else float(betainc(n - k, k + 1, 1 - p))


def more_samples_needed(
    values: Iterable[float],
    threshold: float,
    *,
    direction: Direction,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
) -> int | None:
    """Return how many more samples would decide ``threshold`` if they look like those seen.

    "Like those seen" means: the same distribution of cluster means, as many samples in a cluster.
    0 where it is decided already; ``None`` where the mean equals the threshold or no number of
    samples up to ten million would do.
    """
    from llmeval.stats.estimating import cluster_means

    array = checked_values(values)
    means = array if clusters is None else cluster_means(array, clusters)
    total = clusters_to_decide(weighted(means), threshold, direction, confidence)
    if total is None:
        return None
    return math.ceil((total - means.size) * array.size / means.size - 1e-9)


def clusters_to_decide(
    data: Weighted, threshold: float, direction: Direction, confidence: float
) -> int | None:
    """Return with how many clusters in all, distributed as ``data``, the threshold is decided."""
    points, counts = data
    if direction == "at_least":
        points, counts, threshold = 1.0 - points[::-1], counts[::-1], 1 - threshold
    alpha, _ = checked_levels(confidence, "lower")
    n = float(counts.sum())
    mean = float(points @ counts) / n
    if mean > threshold:
        points, counts, threshold = 1.0 - points[::-1], counts[::-1], 1 - threshold
    elif mean == threshold:
        return None

    def decided(clusters: int) -> bool:
        tail = share_above((points, counts * (clusters / n)), threshold)
        return tail <= alpha * (1 + 1e-9)

    found = _first(round(n), decided)
    return found if found <= MOST else None


def _first(start: int, holds: Callable[[int], bool]) -> int:
    """Smallest whole number from ``start`` at which a lasting condition holds, else beyond MOST."""
    below, step = start - 1, 1
    while not holds(below + step):
        below, step = below + step, step * 2
        if below > MOST:
            return below
    above = below + step
    while above - below > 1:
        middle = (above + below) // 2
        below, above = (below, middle) if holds(middle) else (middle, above)
    return above
