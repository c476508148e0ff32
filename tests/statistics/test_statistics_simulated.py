"""Coverage and false-pass rates, simulated or enumerated. Long grids: benchmarks/coverage.py."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest

from llmeval.stats import difference, estimate, estimate_quantile, overlapping_difference
from llmeval.stats.bounding import lower_bound, share_above, upper_bound, weighted
from llmeval.stats.estimating import cluster_means

ALPHA = 0.05


def beyond(misses: int, runs: int) -> bool:
    """Whether so many misses refute an error of 5 %, at four standard errors."""
    return misses / runs > ALPHA + 4 * math.sqrt(ALPHA * (1 - ALPHA) / runs)


def drawn(rng, rate, m, size, icc):
    if icc == 0:
        return rng.binomial(size, rate, m)
    if icc == 1:
        return size * rng.binomial(1, rate, m)
    spread = (1 - icc) / icc
    return rng.binomial(size, rng.beta(rate * spread, (1 - rate) * spread, m))


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("icc", [0.0, 0.3, 0.9, 1.0])
def test_false_passes_at_the_threshold_stay_below_alpha(rate, icc):
    """A run whose true rate is the threshold passes ``at_least`` or ``at_most`` too rarely."""
    runs, size = 400, 5
    for m in (10, 60, 200):
        rng = np.random.default_rng([m, int(icc * 10), int(rate * 1000)])

        @cache
        def bounds(counts: tuple[int, ...]) -> tuple[float, float]:
            data = weighted(np.array(counts) / size)
            return lower_bound(data, ALPHA), upper_bound(data, ALPHA)

        found = [
            bounds(tuple(np.sort(drawn(rng, rate, m, size, icc)).tolist())) for _ in range(runs)
        ]
        assert not beyond(sum(low > rate + 1e-12 for low, _ in found), runs), m
        assert not beyond(sum(high < rate - 1e-12 for _, high in found), runs), m


@pytest.mark.parametrize("n", [3, 6, 10])
def test_three_point_distributions_never_undercover(n):
    """Exact, over all outcomes: cluster means in {a, b, 1} at 120 distributions for each n."""
    rng = np.random.default_rng(n)
    for points in ((0.0, 0.5, 1.0), (0.0, 0.2, 1.0), (0.3, 0.5, 0.9)):
        values = np.array(points)
        outcomes = np.array(
            [(i, j, n - i - j) for i, j in itertools.product(range(n + 1), repeat=2) if i + j <= n]
        )
        bounds = np.array([upper_bound(_held(values, o), ALPHA) for o in outcomes])
        ways = np.array([math.factorial(n) / math.prod(map(math.factorial, o)) for o in outcomes])
        for share in rng.dirichlet([0.7] * 3, 120):
            chance = ways * np.prod(share**outcomes, axis=1)
            assert chance[bounds < share @ values - 1e-9].sum() <= ALPHA + 1e-6, (points, share)


def _held(values, counts):
    held = counts > 0
    return values[held], counts[held].astype(float)


@pytest.mark.parametrize("law", ["beta", "tiny", "spiked"])
def test_means_of_continuous_values_are_covered(law):
    rng = np.random.default_rng(8)
    draw, mean = {
        "beta": (lambda: rng.beta(0.2, 1.8, 30), 0.1),
        "tiny": (lambda: rng.random(30) ** 20, 1 / 21),
        "spiked": (lambda: np.where(rng.random(30) < 0.03, rng.random(30), 0.0), 0.015),
    }[law]
    found = [estimate(draw(), kind="mean", confidence=0.9) for _ in range(400)]
    assert not beyond(sum(e.high < mean for e in found), 400)
    assert not beyond(sum(e.low > mean for e in found), 400)


@pytest.mark.parametrize(("n", "q"), [(30, 0.5), (100, 0.95), (320, 0.95), (320, 0.99)])
def test_quantiles_are_covered(n, q):
    rng, runs = np.random.default_rng(n), 1000
    truth = -math.log(1 - q)
    found = [estimate_quantile(rng.exponential(size=n), q, confidence=0.9) for _ in range(runs)]
    assert not beyond(sum(e.high < truth for e in found), runs)
    assert not beyond(sum(e.low > truth for e in found), runs)


def test_clustered_quantiles_are_covered():
    rng, runs, clusters = np.random.default_rng(4), 300, np.arange(400) // 4
    found = []
    for _ in range(runs):
        level = np.repeat(rng.exponential(size=100), 4)
        values = level + 0.05 * rng.random(400)
        found.append(estimate_quantile(values, 0.9, clusters=clusters, confidence=0.9))
    law = np.sort(rng.exponential(size=400_000) + 0.05 * rng.random(400_000))
    truth = law[int(0.9 * law.size)]
    assert not beyond(sum(e.high < truth for e in found), runs)
    assert not beyond(sum(e.low > truth for e in found), runs)


def test_a_fixed_mix_of_workloads_is_covered():
    """Unequal calls, as many of each: the binomial bound on a percentile holds (Hoeffding 1956)."""
    rng, runs = np.random.default_rng(6), 500
    scales = np.repeat([0.5, 1.0, 4.0], 40)
    law = np.sort(rng.exponential(size=(20_000, 120)) * scales, axis=None)
    truth = law[int(0.95 * law.size)]
    found = [
        estimate_quantile(rng.exponential(size=120) * scales, 0.95, confidence=0.9)
        for _ in range(runs)
    ]
    assert not beyond(sum(e.high < truth for e in found), runs)
    assert not beyond(sum(e.low > truth for e in found), runs)


def tango_upper_misses(lost: int, gained: int, n: int, truth: float) -> bool:
    """Whether Tango's score bound (1998, section 3) at 95 %, one-sided, lies below ``truth``."""
    a, b = 2 * n, -gained - lost + (2 * n - gained + lost) * truth
    c = -lost * truth * (1 - truth)
    q = (math.sqrt(b * b - 4 * a * c) - b) / (2 * a)
    spread = math.sqrt(max(n * (2 * q + truth * (1 - truth)), 1e-300))
    return (gained - lost - n * truth) / spread < -1.6448536


def test_paired_differences_are_covered_where_tangos_interval_is_not():
    """Enumerated false passes at the margin: ours at most 5 %, Tango's up to 5.3 %."""
    n, ours, tangos = 60, [], []
    kinds = [(g, k) for g in range(n + 1) for k in range(n + 1 - g)]

    @cache
    def clean(g: int, k: int, margin: float) -> bool:
        data = np.array([0.0, 0.5, 1.0]), np.array([k, n - g - k, g], float)
        held = data[1] > 0
        return share_above((data[0][held], data[1][held]), (1 + margin) / 2) < ALPHA

    for margin, back in itertools.product((0.02, 0.05, 0.1), (0.0, 0.01, 0.05)):
        up = margin + back
        false = tango = 0.0
        for g, k in kinds:
            ways = math.comb(n, g) * math.comb(n - g, k)
            chance = ways * up**g * back**k * (1 - up - back) ** (n - g - k)
            if chance < 1e-7:
                continue
            false += chance * clean(g, k, margin)
            tango += chance * tango_upper_misses(k, g, n, margin)
        ours.append(false)
        tangos.append(tango)
    assert max(ours) <= ALPHA
    assert max(tangos) > ALPHA + 0.002


def test_unpaired_differences_are_covered():
    rng, runs = np.random.default_rng(12), 400
    for a, b, m, n in ((0.02, 0.05, 60, 200), (0.9, 0.8, 100, 100)):
        found = [
            difference(rng.random(m) < a, rng.random(n) < b, pairs=False, confidence=0.9)
            for _ in range(runs)
        ]
        assert not beyond(sum(e.high < b - a for e in found), runs)
        assert not beyond(sum(e.low > b - a for e in found), runs)


def routed(rng, cases, reps, share, rates, law):
    """Answers of two models behind one traffic split, with the case of each.

    ``law`` says what a case does to both: nothing (``coins``), the same (``shared``: what one
    fails the other fails), the opposite (``opposed``), or an effect of any size (``mixed``).
    """
    level = rng.random(cases)
    new, base = rates
    if law == "coins":
        chances = np.full(cases, base), np.full(cases, new)
    elif law == "mixed":
        chances = (rng.beta(base, 1 - base, cases),) * 2
    else:
        other = level if law == "shared" else 1 - level
        chances = (level < base).astype(float), (other < new).astype(float)
    canary = rng.random((cases, reps)) < share
    answers = rng.random((cases, reps)) < np.where(canary, chances[1][:, None], chances[0][:, None])
    places = np.broadcast_to(np.arange(cases)[:, None], (cases, reps))
    return [(answers[mine].astype(float), places[mine]) for mine in (~canary, canary)]


@pytest.mark.parametrize("law", ["coins", "shared", "opposed", "mixed"])
@pytest.mark.parametrize(
    ("cases", "reps", "share"), [(200, 1, 0.1), (60, 10, 0.1), (60, 4, 0.5), (20, 10, 0.5)]
)
def test_two_models_behind_one_split_are_called_different_too_rarely(cases, reps, share, law):
    """A canary as good as the stable model, whatever a case does to both, is called different in at
    most 5 %; so is each side of the interval of a difference that there is."""
    runs, grid = 150, [(0.5, 0.5), (0.95, 0.95)]
    grid += [] if law == "mixed" else [(0.9, 0.7)]
    for new, base in grid:
        rng = np.random.default_rng([cases, reps, int(new * 100), int(base * 100)])
        misses = 0
        for _ in range(runs):
            (old, of_old), (fresh, of_fresh) = routed(rng, cases, reps, share, (new, base), law)
            found = overlapping_difference(old, fresh, base_clusters=of_old, new_clusters=of_fresh)
            misses += not found.low <= new - base <= found.high
        assert not beyond(misses, runs), (new, base, misses)


def test_independence_is_not_assumed_since_models_can_fail_on_opposite_cases():
    """Taking the two columns for independent samples would call equal models different too often
    where one fails what the other passes."""
    rng, runs, ours, naive = np.random.default_rng(7), 400, 0, 0
    for _ in range(runs):
        (old, of_old), (fresh, of_fresh) = routed(rng, 60, 4, 0.5, (0.5, 0.5), "opposed")
        found = overlapping_difference(old, fresh, base_clusters=of_old, new_clusters=of_fresh)
        ours += not found.low <= 0 <= found.high
        means = (cluster_means(old, of_old), cluster_means(fresh, of_fresh))
        plain = difference(*means, pairs=False)
        naive += not plain.low <= 0 <= plain.high
    assert not beyond(ours, runs), ours
    assert beyond(naive, runs), naive
