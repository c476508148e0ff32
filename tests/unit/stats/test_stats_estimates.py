"""Rates and means against published values, exact enumeration and properties."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmeval.errors import UsageError
from llmeval.stats import estimate
from llmeval.stats.bounding import _tail, lower_bound, share_above, upper_bound, weighted

shares = st.lists(st.integers(0, 8).map(lambda k: k / 8), min_size=1, max_size=30)


def rate(k: int, n: int, **keys):
    return estimate([1] * k + [0] * (n - k), **keys)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Newcombe 1998 (Statistics in Medicine 17:857), table I, "exact" (Clopper-Pearson).
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_clopper_pearson_matches_newcombes_table(k, n, low, high):
    found = rate(k, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert (found.value, found.n, found.clusters) == (k / n, n, n)
    assert found.method == "Clopper-Pearson"


def test_zero_events_give_a_real_upper_bound():
    found = rate(0, 59, sides="upper")
    assert found.low == 0 and found.high == pytest.approx(1 - 0.05 ** (1 / 59), abs=1e-12)
    found = rate(59, 59, sides="lower")
    assert found.high == 1 and found.low == pytest.approx(0.05 ** (1 / 59), abs=1e-12)
    assert found.low > 0.95 > rate(58, 58, sides="lower").low


def test_singleton_clusters_are_clopper_pearson_to_the_bit():
    plain = rate(7, 50)
    assert estimate([1] * 7 + [0] * 43, clusters=range(50)) == plain


def test_fully_correlated_clusters_are_clopper_pearson_on_the_clusters():
    found = estimate(np.repeat([1.0, 0.0], [35, 15]), clusters=np.arange(50) // 5)
    alone = rate(7, 10)
    assert (found.low, found.high) == (alone.low, alone.high)
    assert (found.n, found.clusters) == (50, 10)
    assert found.method == "Gaffke on cluster means"


def test_each_cluster_weighs_the_same_whatever_its_size():
    assert estimate([1, 1, 1, 1, 0], clusters="aaaab").value == 0.5


@pytest.mark.parametrize("n", [1, 2, 5, 100, 10_000])
@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-3, 1e-6])
def test_quadrature_agrees_with_the_beta_distribution(n, alpha):
    from scipy.special import betaincinv

    for k in {0, 1, n // 2, n - 1} - {n}:
        point = float(betaincinv(k + 1, n - k, 1 - alpha))
        points, counts = weighted(np.repeat([0.0, 1.0], [n - k, k]))
        assert _tail(points, counts, point) == pytest.approx(alpha, rel=2e-6)


def test_quadrature_agrees_with_the_closed_form_for_distinct_values():
    values, t = np.array([0.1, 0.25, 0.6, 0.8]), 0.75
    c = np.append(values, 1.0) - t
    exact = sum(
        math.prod(c[i] / (c[i] - c[j]) for j in range(5) if j != i) for i in range(5) if c[i] > 0
    )
    assert share_above(weighted(values), t) == pytest.approx(exact, rel=1e-8)


def test_two_point_distributions_never_undercover():
    """Exact false-pass probability, enumerated: at most alpha at every mean (brute force)."""
    for n, (a, b) in itertools.product((2, 5, 12), ((0, 0.5), (0.25, 1), (0.3, 0.8), (0, 1))):
        bounds = [upper_bound(weighted(np.repeat([a, b], [n - k, k])), 0.05) for k in range(n + 1)]
        for p in np.linspace(0.01, 0.99, 60):
            mean = a + (b - a) * p
            miss = sum(
                math.comb(n, k) * p**k * (1 - p) ** (n - k)
                for k in range(n + 1)
                if bounds[k] < mean
            )
            assert miss <= 0.05 + 1e-9, (n, a, b, p)


@settings(deadline=None, max_examples=80)
@given(shares, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_bounds_hold_the_value(values, random):
    found = estimate(values)
    mixed = list(values)
    random.shuffle(mixed)
    again = estimate(mixed)
    assert again.low == pytest.approx(found.low, abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert estimate(values) == found


@settings(deadline=None, max_examples=80)
@given(shares, st.integers(0, 29))
def test_a_better_value_never_lowers_a_bound(values, place):
    better = list(values)
    better[place % len(values)] = 1.0
    before, after = estimate(values), estimate(better)
    assert after.low >= before.low - 1e-9 and after.high >= before.high - 1e-9


@settings(deadline=None, max_examples=80)
@given(shares, st.sampled_from([0.8, 0.95, 0.999]))
def test_complement_mirrors_the_interval(values, confidence):
    found = estimate(values, kind="mean", confidence=confidence)
    mirrored = estimate([1 - v for v in values], kind="mean", confidence=confidence)
    assert mirrored.low == pytest.approx(1 - found.high, abs=1e-7)
    assert mirrored.high == pytest.approx(1 - found.low, abs=1e-7)


def test_more_confidence_widens_and_one_side_is_tighter_than_two():
    values = [0.2, 0.5, 0.9] * 10
    narrow, wide = estimate(values, confidence=0.8), estimate(values, confidence=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert estimate(values, sides="lower").low > estimate(values).low
    assert estimate(values, sides="upper").high < estimate(values).high


def test_many_distinct_values_are_rounded_to_the_safe_side():
    values = np.random.default_rng(3).random(3000)
    found = estimate(values)
    width = 1.96 * values.std() / math.sqrt(3000)
    assert found.high == pytest.approx(values.mean() + width, abs=2e-3)
    assert found.low == pytest.approx(values.mean() - width, abs=2e-3)
    assert upper_bound(weighted(values), 0.025) >= values.mean() + width - 1e-4


@pytest.mark.parametrize(
    "values", [[0.0], [1.0], [0.5], [1 - 1e-9] * 3, [1.0] * 9999 + [0.5], [0.0] * 5 + [1e-9]]
)
def test_extremes_have_finite_ordered_bounds(values):
    found = estimate(values)
    assert 0 <= found.low <= found.value <= found.high <= 1 and found.high > found.low


@pytest.mark.parametrize(
    ("values", "keys", "word"),
    [
        ([], {}, "empty"),
        ([0, math.nan], {}, r"values\[1\] is nan"),
        ([0, 1, math.inf], {}, r"values\[2\] is inf"),
        ([-0.1, 1.1], {}, r"values\[0\] is -0.1.*2 such"),
        ([[1, 0], [0, 1]], {}, "flat"),
        (["a"], {}, "numbers"),
        ([None], {}, "values"),
        ([0, 1], {"clusters": [1]}, "1 clusters were given for 2"),
        ([0, 1], {"clusters": np.array([1, 2, 3])}, "3 clusters"),
        ([0, 1], {"confidence": 1}, "confidence"),
        ([0, 1], {"confidence": math.nan}, "confidence"),
        ([0, 1], {"confidence": "x"}, "confidence"),
        ([0, 1], {"sides": "left"}, "sides"),
        ([0, 1], {"kind": "odds"}, "kind"),
        ([0, 0.5], {"kind": "rate"}, r"values\[1\] is 0.5"),
    ],
)
def test_bad_input_is_named(values, keys, word):
    with pytest.raises(UsageError, match=word):
        estimate(values, **keys)


def test_share_above_at_the_edges():
    data = weighted(np.array([0.2, 0.4]))
    assert share_above(data, 1.0) == 0 and share_above(data, 0.1) == 1
    assert share_above(weighted(np.ones(3)), 0.5) == 1
    assert upper_bound(weighted(np.ones(3)), 0.05) == 1
    assert lower_bound(weighted(np.zeros(3)), 0.05) == 0


def test_the_package_loads_nothing_heavy():
    code = "import sys, llmeval.stats, llmeval.gates; print({'numpy', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_names_are_listed_and_unknown_ones_refused():
    import llmeval.stats as stats

    assert set(stats.__all__) <= set(dir(stats))
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        _ = stats.magic
