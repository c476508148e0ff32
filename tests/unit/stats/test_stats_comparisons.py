"""Equivalence, p-values that agree with intervals, and Holm's correction."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmeval.errors import UsageError
from llmeval.stats import difference, holm, p_value, within


@pytest.mark.parametrize(
    ("lost", "gained", "n", "verdict"),
    [(0, 0, 300, "PASS"), (0, 0, 20, "INCONCLUSIVE"), (60, 0, 200, "FAIL"), (0, 60, 200, "FAIL")],
)
def test_equivalence_is_claimed_only_within_the_margin(
    lost: int, gained: int, n: int, verdict: str
) -> None:
    base = [1.0] * lost + [0.0] * gained + [1.0] * (n - lost - gained)
    new = [0.0] * lost + [1.0] * gained + [1.0] * (n - lost - gained)
    found = within(base, new, 0.1)
    assert found.verdict == verdict and found.margin == 0.1
    same = difference(base, new, confidence=0.9)
    assert found.difference.low == pytest.approx(same.low)
    assert found.difference.high == pytest.approx(same.high)


def test_identical_pairs_need_as_many_as_the_bound_says() -> None:
    # No pair differs: the bound is 1 - alpha^(1/n).
    n = math.ceil(math.log(0.05) / math.log(1 - 0.1))
    verdicts = [within([1.0] * m, [1.0] * m, 0.1).verdict for m in (n - 1, n)]
    assert verdicts == ["INCONCLUSIVE", "PASS"]


@pytest.mark.parametrize("margin", [0, -0.1, 1.1, math.nan, "a"])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(UsageError, match="margin"):
        within([1.0], [1.0], margin)


def test_equivalence_needs_confidence() -> None:
    with pytest.raises(UsageError, match="needs more than"):
        within([1.0], [1.0], 0.1, confidence=0.5)
    with pytest.raises(UsageError, match="between 0 and 1"):
        within([1.0], [1.0], 0.1, confidence=2)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 1.0])),
                      min_size=2, max_size=40))  # fmt: skip
def test_the_p_value_is_where_the_interval_leaves_out_zero(
    pairs: list[tuple[float, float]],
) -> None:
    base, new = zip(*pairs, strict=True)
    p = p_value(base, new)
    assert p == pytest.approx(p_value(new, base))
    if 1e-6 < p < 0.9:
        wider = difference(base, new, confidence=1 - p * 0.98)
        narrower = difference(base, new, confidence=1 - p * 1.02)
        assert wider.low <= 0 <= wider.high
        assert narrower.low > 0 or narrower.high < 0


def test_repetitions_do_not_make_a_p_value_smaller() -> None:
    base, new = [1.0] * 10 + [0.0] * 5, [0.0] * 10 + [0.0] * 5
    five = p_value(base * 5, new * 5, clusters=list(range(15)) * 5)
    assert five == pytest.approx(p_value(base, new))
    assert p_value(base * 5, new * 5) < five
    with pytest.raises(UsageError, match="as many base values"):
        p_value([1.0], [1.0, 1.0])


def test_holm_as_published() -> None:
    # R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"); Holm's own rule by hand below.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm([]) == [] and holm([0.6, 0.7]) == [1.0, 1.0]
    with pytest.raises(UsageError, match=r"p_values\[1\]"):
        holm([0.5, math.nan])


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(a >= p and a <= 1 for a, p in zip(adjusted, values, strict=True))
    ranked = sorted(zip(values, adjusted, strict=True))
    assert [a for _, a in ranked] == sorted(adjusted)
