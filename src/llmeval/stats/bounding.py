"""Gaffke's bound on the mean of independent values in [0, 1], evaluated by quadrature.

For values x_1 … x_n the upper bound at level alpha is the (1 - alpha) quantile of

    S = sum_i x_i D_i + 1 * D_(n+1),   (D_1 … D_(n+1)) ~ Dirichlet(1, …, 1)

(Gaffke 2005, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a
nonnegative variable"; Learned-Miller and Thomas 2020, "A new confidence interval for the mean of a
bounded random variable"). For values in {0, 1} S is Beta(k + 1, n - k): Clopper and Pearson's
bound (1934). The evidence for its validity, and why it was chosen, stand in docs/statistics.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from llmeval.stats.checking import Floats

__all__ = ["Weighted", "lower_bound", "share_above", "upper_bound", "weighted"]

MOST_POINTS = 1024
"""Distinct values beyond this are rounded towards the safe side, on a grid this fine."""

_STEP = 1 / 16
_FAR = 20.0

Weighted = tuple[Floats, Floats]
"""Distinct values in [0, 1], ascending, and how many independent units have each."""


def weighted(values: Floats) -> Weighted:
    """Return the distinct values and their counts."""
    points, counts = np.unique(values, return_counts=True)
    return points, counts.astype(np.float64)


def upper_bound(data: Weighted, alpha: float) -> float:
    """Return the one-sided upper bound on the mean at level ``alpha``."""
    points, counts = _compact(data)
    n = float(counts.sum())
    if points[0] == 1.0:
        return 1.0
    if _binary(points):
        from scipy.special import betaincinv

        ones = float(counts[points == 1.0].sum())
        return float(betaincinv(ones + 1, n - ones, 1 - alpha))
    return _solve(points, counts, n, alpha)


def lower_bound(data: Weighted, alpha: float) -> float:
    """Return the one-sided lower bound on the mean at level ``alpha``: 1 - upper of 1 - x."""
    points, counts = data
    if points[-1] == 0.0:
        return 0.0
    if _binary(points):
        from scipy.special import betaincinv

        ones, n = float(counts[points == 1.0].sum()), float(counts.sum())
        return float(betaincinv(ones, n - ones + 1, alpha))
    return 1.0 - upper_bound((1.0 - points[::-1], counts[::-1]), alpha)


def share_above(data: Weighted, threshold: float) -> float:
    """Return P(S > threshold): the upper bound at level alpha lies below the threshold if and only
    if this is less than alpha. Counts need not be whole."""
    points, counts = _compact(data)
    if threshold >= 1.0:
        return 0.0
    if threshold < points[0]:
        return 1.0
    if _binary(points):
        from scipy.special import betainc

        ones = float(counts[points == 1.0].sum())
        zeros = float(counts.sum()) - ones
        return float(betainc(zeros, ones + 1, 1 - threshold)) if zeros else 1.0
    return _tail(points, counts, threshold)


def _binary(points: Floats) -> bool:
    return bool(np.all((points == 0.0) | (points == 1.0)))


def _compact(data: Weighted) -> Weighted:
    """Round up to a grid where there are too many points: the bound can only grow."""
    points, counts = data
    if points.size <= MOST_POINTS:
        return data
    cells = np.ceil(points * MOST_POINTS).astype(np.int64)
    held, codes = np.unique(cells, return_inverse=True)
    return held / MOST_POINTS, np.bincount(codes, weights=counts)


def _solve(points: Floats, counts: Floats, n: float, alpha: float) -> float:
    """Find where the tail equals ``alpha``: secant on its logarithm, held by a bracket."""
    goal = math.log(alpha)
    below, above = float(points[0]), 1.0
    guess = _start(points, counts, n, alpha)
    last: tuple[float, float] | None = None
    for _ in range(100):
        if not below < guess < above:
            guess = (below + above) / 2
        gap = math.log(max(_tail(points, counts, guess), 1e-300)) - goal
        below, above = (guess, above) if gap > 0 else (below, guess)
        if abs(gap) < 1e-9 or above - below < 1e-14:
            break
        slope = (gap - last[1]) / (guess - last[0]) if last and guess != last[0] else 0.0
        last = (guess, gap)
        guess = guess - gap / slope if slope < 0 else _nudged(guess, gap, below, above)
    return min(1.0, guess)


def _nudged(guess: float, gap: float, below: float, above: float) -> float:
    """A first step away from the start, small so that the secant is sharp."""
    step = 0.02 * min(guess - below or 1.0, above - guess or 1.0)
    moved = guess + math.copysign(step or 0.5 * (above - below), gap)
    return moved if below < moved < above else (below + above) / 2


def _start(points: Floats, counts: Floats, n: float, alpha: float) -> float:
    """The quantile of the Beta distribution with the mean and variance of S."""
    from scipy.special import betaincinv

    mean = (float(points @ counts) + 1) / (n + 1)
    second = (float(points**2 @ counts) + 1) / (n + 1)
    size = mean * (1 - mean) / max((second - mean**2) / (n + 2), 1e-18) - 1
    return float(betaincinv(mean * size, (1 - mean) * size, 1 - alpha))


def _tail(points: Floats, counts: Floats, t: float) -> float:
    """P(S > t) as P(sum c_i E_i > 0) for exponentials E and c_i = x_i - t.

    Bromwich's integral of the moment generating function over s (Gil-Pelaez 1951; saddlepoint
    contours: Daniels 1987) along the hyperbola through the saddlepoint, with the trapezoidal rule,
    which converges geometrically there. Relative error below 1e-6 (tests compare exact cases).
    """
    ratios = (points - t) / (1 - t)
    ones = float(counts[points == 1.0].sum())
    inner = points < 1.0
    ratios, counts = ratios[inner], counts[inner]
    # The extra point 1 and every value 1 share the ratio 1: they are kept apart from the rest.
    u = _saddle(ratios, counts, ones + 1)
    z, rest = 1 / (1 + math.exp(-u)), 1 / (1 + math.exp(u))
    scaled = ratios / (1 - ratios * z)
    second = float(counts @ scaled**2) + (ones + 1) / rest**2 + 1 / z**2
    third = 2 * (float(counts @ scaled**3) + (ones + 1) / rest**3 - 1 / z**3)
    width = 1 / math.sqrt(second)
    lean = width * min(max(third * width**3 / 3, -0.7), 0.7)

    def heights(v: Floats) -> Floats:
        dz = lean * (np.cosh(v) - 1) + 1j * width * np.sinh(v)
        slope = lean * np.sinh(v) + 1j * width * np.cosh(v)
        log = -(np.log1p(-np.multiply.outer(dz, scaled)) @ counts)
        log -= (ones + 1) * np.log1p(-dz / rest) + np.log1p(dz / z)
        return np.imag(np.exp(log) * slope)

    reach = _reach(heights)
    steps = np.arange(math.ceil(reach / _STEP) + 1, dtype=np.float64) * _STEP
    sampled = heights(steps)
    integral = _STEP * (float(sampled.sum()) - 0.5 * float(sampled[0]))
    peak = -float(counts @ np.log1p(-ratios * z)) - (ones + 1) * math.log(rest) - math.log(z)
    return min(1.0, max(0.0, math.exp(min(peak, 700.0)) * integral / math.pi))


def _reach(heights: Callable[[Floats], Floats]) -> float:
    """How far along the contour the integrand still counts."""
    coarse = np.arange(0.0, _FAR, 0.5, dtype=np.float64)
    large = np.flatnonzero(np.abs(heights(coarse)) > 1e-16)
    return min(_FAR, float(coarse[large[-1]]) + 1.0)


def _saddle(ratios: Floats, counts: Floats, ones: float) -> float:
    """The logit of the z in (0, 1) that minimises M(z) / z: Newton, held by a bracket."""
    low, high, u = -700.0, 700.0, 0.0
    for _ in range(200):
        z, rest = 1 / (1 + math.exp(-u)), 1 / (1 + math.exp(u))
        scaled = ratios / (1 - ratios * z)
        drift = float(counts @ scaled)
        value = z * rest * drift + ones * z - rest
        low, high = (low, u) if value > 0 else (u, high)
        slope = z * rest * ((rest - z) * drift + z * rest * float(counts @ scaled**2) + ones + 1)
        step = value / slope if slope > 0 else 0.0
        new = u - step
        if not low < new < high or slope <= 0:
            new = (low + high) / 2
        if abs(new - u) < 1e-9:
            return new
        u = new
    return u
