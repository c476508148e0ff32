"""Quantiles, planning and differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmeval.errors import UsageError
from llmeval.stats import (
    difference,
    estimate,
    estimate_quantile,
    mcnemar,
    more_samples_needed,
    quantile_samples_needed,
    samples_needed,
)


@pytest.mark.parametrize(
    ("q", "confidence", "n"),
    [(0.99, 0.95, 299), (0.95, 0.95, 59), (0.9, 0.95, 29), (0.5, 0.95, 5), (0.95, 0.05, 1)],
)
def test_fewest_samples_of_a_percentile(q, confidence, n):
    assert quantile_samples_needed(q, confidence) == n


def test_p99_has_no_bound_below_299_values():
    values = np.arange(1.0, 300.0)
    assert estimate_quantile(values, 0.99, sides="upper").high == 299
    assert estimate_quantile(values[:298], 0.99, sides="upper").high == math.inf
    assert estimate_quantile(values, 0.01, sides="lower").low == 1
    assert estimate_quantile(values[:298], 0.01, sides="lower").low == 0


def test_median_interval_matches_the_published_ranks():
    # Conover 1999, Practical Nonparametric Statistics, section 3.2: n = 20, median, 95 %: 6, 15.
    found = estimate_quantile(range(1, 21), 0.5)
    assert (found.low, found.high, found.value) == (6, 15, 10)


def test_failed_calls_are_infinite_latencies():
    found = estimate_quantile([1.0] * 95 + [math.inf] * 5, 0.99)
    assert found.value == math.inf and found.high == math.inf
    # P(Bin(100, 0.01) >= 5) = 0.0034: so many failures show that the p99 itself is infinite.
    assert found.low == math.inf
    assert estimate_quantile([1.0] * 99 + [math.inf], 0.99).low == 1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_quantile_bounds_hold_the_value(values, q):
    found = estimate_quantile(values, q)
    assert found.low <= found.value <= found.high
    assert found == estimate_quantile(sorted(values), q)


def test_clusters_of_one_give_the_same_interval_and_larger_ones_a_wider():
    values = np.random.default_rng(5).exponential(size=400)
    plain = estimate_quantile(values, 0.9)
    assert estimate_quantile(values, 0.9, clusters=range(400)) == plain
    copies = estimate_quantile(np.repeat(values[:100], 4), 0.9, clusters=np.arange(400) // 4)
    alone = estimate_quantile(values[:100], 0.9)
    assert (copies.low, copies.high, copies.value) == (alone.low, alone.high, alone.value)
    assert copies.method == "order statistics over clusters"
    few = estimate_quantile(np.repeat(values[:10], 4), 0.9, clusters=np.arange(40) // 4)
    assert few.high == math.inf
    one = estimate_quantile([3.0, 3.0], 0.5, clusters=[0, 0], sides="lower")
    assert (one.low, one.value, one.high) == (0.0, 3.0, math.inf)


@pytest.mark.parametrize("q", [0, 1, 1.5, math.nan, "p95"])
def test_q_must_lie_inside(q):
    with pytest.raises(UsageError, match="quantile"):
        estimate_quantile([1.0], q)


def test_negative_or_missing_times_are_named():
    with pytest.raises(UsageError, match=r"values\[1\] is -1"):
        estimate_quantile([1.0, -1.0], 0.5)
    with pytest.raises(UsageError, match=r"values\[0\] is nan"):
        estimate_quantile([math.nan], 0.5)
    with pytest.raises(UsageError, match="quantile"):
        quantile_samples_needed(1.0)


def test_samples_needed_is_the_fewest_with_that_power():
    n = samples_needed(0.95, 0.98)
    assert n is not None

    def power(size: int) -> float:
        allowed = -1
        while estimate([0] * (allowed + 1) + [1] * (size - allowed - 1), sides="lower").low >= 0.95:
            allowed += 1
        return sum(math.comb(size, k) * 0.02**k * 0.98 ** (size - k) for k in range(allowed + 1))

    assert power(n) >= 0.8
    assert all(power(size) < 0.8 for size in range(n - 40, n))


def test_samples_needed_where_no_number_will_do():
    assert samples_needed(0.95, 0.95) is None
    assert samples_needed(0.95, 0.9) is None
    assert samples_needed(0.01, 0.0, direction="at_most") == 299
    assert samples_needed(0.5, 0.4999999, direction="at_most") is None
    assert samples_needed(1e-8, 0.0, direction="at_most") is None
    with pytest.raises(UsageError, match="no shares"):
        samples_needed(1.0, 0.5)


def test_how_many_more_would_decide():
    assert more_samples_needed([0] * 240, 0.01, direction="at_most") == 59
    assert more_samples_needed([1] * 240, 0.99, direction="at_least") == 59
    assert more_samples_needed([1] * 95 + [0] * 5, 0.95, direction="at_least") is None
    assert more_samples_needed([0] * 299, 0.01, direction="at_most") == 0
    more = more_samples_needed([1] * 20 + [0] * 2, 0.8, direction="at_least")
    assert more is not None and more % 22 != 0
    values = [1] * 200 + [0] * 20
    assert estimate(values * 10, sides="lower").low > 0.8
    clustered = more_samples_needed(
        [0] * 100, 0.05, direction="at_most", clusters=[i // 5 for i in range(100)]
    )
    assert clustered == (59 - 20) * 5
    assert more_samples_needed([1] * 3, 1 - 1e-9, direction="at_least") is None
    failing = more_samples_needed([1] * 9 + [0], 0.95, direction="at_least")
    assert failing is not None and failing > 0


def test_paired_difference_knows_its_sign_and_its_limits():
    found = difference([1] * 50 + [0] * 50, [1] * 55 + [0] * 45)
    assert found.value == pytest.approx(0.05)
    turned = difference([1] * 55 + [0] * 45, [1] * 50 + [0] * 50)
    assert turned.low == pytest.approx(-found.high, abs=1e-9)
    same = difference([1] * 100, [1] * 100, sides="upper")
    assert same.high == pytest.approx(1 - 0.05 ** (1 / 100), abs=1e-9) and same.low == -1
    lower = difference([1] * 100, [1] * 100, sides="lower")
    assert lower.high == 1 and lower.low == pytest.approx(-same.high, abs=1e-9)
    clustered = difference([0, 0, 1, 1], [1, 1, 1, 1], clusters=[0, 0, 1, 1])
    assert (clustered.n, clustered.clusters) == (4, 2)
    assert clustered.high == pytest.approx(difference([0, 1], [1, 1]).high, abs=1e-12)


def test_pairing_is_tighter_than_not():
    rng = np.random.default_rng(7)
    base = rng.random(200).round(2)
    new = np.clip(base + 0.02, 0, 1)
    paired, loose = difference(base, new), difference(base, new, pairs=False)
    assert paired.high - paired.low < loose.high - loose.low
    assert loose.low <= loose.value <= loose.high
    assert difference(base, new, pairs=False, sides="upper").low == -1
    assert difference(base, new, pairs=False, sides="lower").high == 1


def test_unpaired_difference_is_close_to_newcombes_example():
    # Newcombe 1998b, table II (a): 56/70 against 48/80, method 10: 0.0524 … 0.3339.
    found = difference([1] * 48 + [0] * 32, [1] * 56 + [0] * 14, pairs=False)
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=0.015) and found.low < 0.0524
    assert found.high == pytest.approx(0.3339, abs=0.015) and found.high > 0.3339


def test_exact_mcnemar():
    # 2 * P(Bin(15, 1/2) <= 3), by hand.
    base, new = [0] * 12 + [1] * 3 + [1] * 5, [1] * 12 + [0] * 3 + [1] * 5
    assert mcnemar(base, new) == pytest.approx(2 * (1 + 15 + 105 + 455) / 2**15)
    assert mcnemar([1, 0], [1, 0]) == 1 and mcnemar([1, 0], [0, 1]) == 1


def test_pairs_must_match():
    with pytest.raises(UsageError, match="as many base"):
        difference([1, 0], [1])
    with pytest.raises(UsageError, match="as many base"):
        mcnemar([1, 0], [1])
    with pytest.raises(UsageError, match="clusters go with pairs"):
        difference([1], [1], pairs=False, clusters=[1])
    with pytest.raises(UsageError, match=r"new\[0\]"):
        difference([1], [2])
