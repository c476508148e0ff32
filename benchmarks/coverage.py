"""Coverage and width of confidence bounds by simulation: the figures of docs/statistics.md.

    python benchmarks/coverage.py [--runs 400]

One-sided 95 % bounds for a rate from clustered samples. For each method the worst share of runs
(over the grid) in which the lower, or the upper, bound missed the truth (must be at most 5 % and
Monte-Carlo error), and the mean distance between the bounds relative to Gaffke's.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from scipy.special import betaincinv, stdtrit

from llmeval.stats.bounding import lower_bound, upper_bound, weighted

ALPHA = 0.05
RATES = (0.001, 0.01, 0.05, 0.5, 0.95, 0.99)
CLUSTERS = (10, 30, 60, 200)
SIZES = (1, 5)
CORRELATIONS = (0.0, 0.3, 0.9, 1.0)

Bounds = tuple[float, float]


def passes(rng: np.random.Generator, rate: float, m: int, size: int, icc: float) -> np.ndarray:
    """Draw passes of each of ``m`` clusters of ``size`` from a beta-binomial."""
    if icc == 0:
        return rng.binomial(size, rate, m)
    if icc == 1:
        return size * rng.binomial(1, rate, m)
    spread = (1 - icc) / icc
    return rng.binomial(size, rng.beta(rate * spread, (1 - rate) * spread, m))


def gaffke(counts: tuple[int, ...], size: int) -> Bounds:
    """Gaffke 2005 on cluster means."""
    data = weighted(np.array(counts) / size)
    return lower_bound(data, ALPHA), upper_bound(data, ALPHA)


def korn_graubard(counts: tuple[int, ...], size: int) -> Bounds:
    """Korn and Graubard 1998: Clopper-Pearson at the effective sample size."""
    k = np.array(counts)
    m, n, p = k.size, k.size * size, k.mean() / size
    variance = (k / size).var(ddof=1) / m
    if variance > 0:
        ratio = (stdtrit(n - 1, 1 - ALPHA / 2) / stdtrit(m - 1, 1 - ALPHA / 2)) ** 2
        n = min(n, p * (1 - p) / variance * ratio)
    x = p * n
    low = betaincinv(x, n - x + 1, ALPHA) if x > 0 else 0.0
    high = betaincinv(x + 1, n - x, 1 - ALPHA) if x < n else 1.0
    return float(low), float(high)


GRID = np.linspace(0.0005, 0.9995, 1000)


def betting(counts: tuple[int, ...], size: int) -> Bounds:
    """Waudby-Smith and Ramdas 2024, section 4: one-sided capital with predictable plug-in bets."""
    x = np.array(counts) / size
    steps = np.arange(1, x.size + 1)
    mean = (0.5 + np.cumsum(x)) / (steps + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (steps + 1)
    before = np.concatenate([[0.25], variance[:-1]])
    bets = np.sqrt(2 * np.log(1 / ALPHA) / (before * x.size))

    def lowest(values: np.ndarray) -> float:
        capped = np.minimum(bets[:, None], 0.5 / GRID[None, :])
        capital = np.log1p(capped * (values[:, None] - GRID[None, :])).cumsum(axis=0).max(axis=0)
        kept = np.flatnonzero(capital < np.log(1 / ALPHA))
        return float(GRID[max(kept[0] - 1, 0)]) if kept.size and kept[0] else 0.0

    return lowest(x), 1 - lowest(1 - x)


METHODS: dict[str, Callable[[tuple[int, ...], int], Bounds]] = {
    "Gaffke": gaffke,
    "Korn-Graubard": korn_graubard,
    "betting": betting,
}


def cells() -> Iterator[tuple[float, int, int, float]]:
    """Every setting of the grid; a cluster of one has no correlation within."""
    for rate, m, size, icc in itertools.product(RATES, CLUSTERS, SIZES, CORRELATIONS):
        if size > 1 or icc == 0:
            yield rate, m, size, icc


def simulate(
    method: str, cell: tuple[float, int, int, float], runs: int, seed: int
) -> tuple[float, float, float]:
    """Return how often the lower and the upper bound missed, and their mean distance."""
    rate, m, size, icc = cell
    rng = np.random.default_rng([seed, m, size, int(100 * icc), int(1000 * rate)])
    bounds = METHODS[method]
    known = bounds if method == "betting" else cache(bounds)
    low = high = width = 0.0
    for _ in range(runs):
        drawn = passes(rng, rate, m, size, icc)
        ordered = drawn if method == "betting" else np.sort(drawn)
        found = known(tuple(ordered.tolist()), size)
        low += found[0] > rate + 1e-12
        high += found[1] < rate - 1e-12
        width += found[1] - found[0]
    return low / runs, high / runs, width / runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    grid = list(cells())
    reference: list[float] = []
    slack = 3 * (ALPHA * (1 - ALPHA) / options.runs) ** 0.5
    print(
        f"{len(grid)} settings, {options.runs} runs each; 5 % + Monte-Carlo = {ALPHA + slack:.3f}"
    )
    print("| method | worst miss | settings beyond | width against Gaffke (median, range) |")
    print("|---|---|---|---|")
    for method in METHODS:
        found = [simulate(method, cell, options.runs, options.seed) for cell in grid]
        reference = reference or [width for *_, width in found]
        missed = [max(low, high) for low, high, _ in found]
        ratios = np.array([w / r for (*_, w), r in zip(found, reference, strict=True)])
        worst = int(np.argmax(missed))
        print(
            f"| {method} | {missed[worst]:.3f} at {grid[worst]} | "
            f"{sum(m > ALPHA + slack for m in missed)} | "
            f"{np.median(ratios):.2f} ({ratios.min():.2f} … {ratios.max():.2f}) |"
        )


if __name__ == "__main__":
    main()
