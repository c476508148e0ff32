"""Samples that share some of their clusters: between the paired and the unpaired difference."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llmeval.errors import UsageError
from llmeval.stats import difference, overlapping_difference, overlapping_p_value

Drawn = list[tuple[int, float]]


def found(base: Drawn, new: Drawn, **keys: float):
    return overlapping_difference(
        [v for _, v in base],
        [v for _, v in new],
        base_clusters=[c for c, _ in base],
        new_clusters=[c for c, _ in new],
        **keys,
    )


def p_of(base: Drawn, new: Drawn) -> float:
    return overlapping_p_value(
        [v for _, v in base],
        [v for _, v in new],
        base_clusters=[c for c, _ in base],
        new_clusters=[c for c, _ in new],
    )


SAMPLES = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=60
)


def test_without_a_shared_cluster_it_is_the_unpaired_interval() -> None:
    base = [(i, float(i % 7 > 0)) for i in range(60)]
    new = [(100 + i, float(i % 4 > 0)) for i in range(25)]
    ours = found(base, new)
    plain = difference([v for _, v in base], [v for _, v in new], pairs=False)
    assert (ours.value, ours.low, ours.high) == pytest.approx((plain.value, plain.low, plain.high))
    assert (ours.n, ours.clusters) == (85, 85)


def test_where_all_clusters_are_shared_it_is_the_paired_interval() -> None:
    base = [(i // 2, float(i % 7 > 0)) for i in range(60)]
    new = [(i // 2, float(i % 4 > 0)) for i in range(60)]
    ours = found(base, new)
    codes = [c for c, _ in base]
    paired = difference([v for _, v in base], [v for _, v in new], clusters=codes)
    assert (ours.value, ours.low, ours.high) == pytest.approx(
        (paired.value, paired.low, paired.high)
    )
    assert (ours.n, ours.clusters) == (120, 30)


def test_repetitions_add_no_evidence() -> None:
    base = [(i, float(i % 5 > 0)) for i in range(40)]
    new = [(i + 30, float(i % 3 > 0)) for i in range(40)]
    once, often = found(base, new), found(base * 4, new * 4)
    assert (once.low, once.high, once.clusters) == pytest.approx(
        (often.low, often.high, often.clusters)
    )
    assert p_of(base, new) == pytest.approx(p_of(base * 4, new * 4), rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(base=SAMPLES, new=SAMPLES)
def test_it_holds_its_value_and_turns_round(base: Drawn, new: Drawn) -> None:
    ours, turned = found(base, new), found(new, base)
    assert -1 <= ours.low <= ours.value <= ours.high <= 1
    assert (turned.value, turned.low, turned.high) == pytest.approx(
        (-ours.value, -ours.high, -ours.low), abs=1e-9
    )
    assert found(base, new, confidence=0.99).low <= ours.low + 1e-12


@settings(max_examples=60, deadline=None)
@given(base=SAMPLES, new=SAMPLES)
def test_the_p_value_is_where_the_interval_leaves_out_zero(base: Drawn, new: Drawn) -> None:
    p = p_of(base, new)
    assert p == pytest.approx(p_of(new, base), rel=1e-3)
    assume(1e-8 < p < 0.9)
    wider, narrower = (found(base, new, confidence=1 - p * k) for k in (0.98, 1.02))
    assert wider.low <= 0 <= wider.high
    assert narrower.low > 0 or narrower.high < 0


def test_equal_samples_do_not_differ_and_opposite_ones_do() -> None:
    ones, zeros = [(i, 1.0) for i in range(300)], [(i, 0.0) for i in range(300)]
    assert p_of(ones, ones) == 1 and found(ones, ones).value == 0
    assert p_of(ones, zeros) == pytest.approx(1e-9, rel=1e-4)  # the least that is reported
    assert found(ones, zeros).high < -0.9


@pytest.mark.parametrize(
    ("base", "new", "codes", "more", "told"),
    [
        ([], [1.0], [], [1], "base are empty"),
        ([1.0], [2.0], [1], [1], r"new\[0\] is 2"),
        ([1.0], [1.0], [1, 2], [], "2 clusters were given for 1 values"),
        ([1.0, 1.0], [1.0], [1], [1, 2], "1 clusters were given for 2 values"),
    ],
)
def test_what_does_not_fit_is_refused(base, new, codes, more, told) -> None:
    for function in (overlapping_difference, overlapping_p_value):
        with pytest.raises(UsageError, match=told):
            function(base, new, base_clusters=codes, new_clusters=more)
