"""disparity_gap, disparity_ratio, group_rates: values, bounds, unknown values, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from llmeval.errors import UsageError
from llmeval.stats import difference, disparity_gap, disparity_ratio, group_rates

NAMES = ("a", "b", "c")


def paired(passed: dict[str, int], templates: int = 60) -> dict[str, list]:
    """Each template once a group; of each group the first ``passed`` templates pass."""
    rows = [(name, t, float(t < passed[name])) for name in passed for t in range(templates)]
    return {
        "values": [r[2] for r in rows],
        "groups": [r[0] for r in rows],
        "clusters": [r[1] for r in rows],
    }


def test_the_gap_is_that_of_the_two_groups_furthest_apart():
    found = disparity_gap(**paired({"a": 54, "b": 60, "c": 57}))
    assert found.value == pytest.approx(0.1)
    assert found.low < 0.1 < found.high < 0.25
    assert (found.n, found.clusters) == (180, 60)
    assert "greatest of 3 pairs" in found.method


def test_a_reference_leaves_the_other_pairs_out():
    data = paired({"a": 54, "b": 60, "c": 57})
    assert disparity_gap(**data, reference="c").value == pytest.approx(0.05)
    with pytest.raises(UsageError, match=r"no group 'd'.*a, b, c"):
        disparity_gap(**data, reference="d")


def test_the_bounds_of_one_pair_are_those_of_the_paired_difference():
    data = paired({"a": 54, "b": 60})
    found = disparity_gap(**data, confidence=0.9)
    a, b = data["values"][:60], data["values"][60:]
    alone = difference(a, b, confidence=0.9)
    assert found.value == pytest.approx(alone.value) and found.high == pytest.approx(alone.high)
    stricter = difference(a, b, confidence=0.95)  # the lower bound looks in both directions
    assert found.low == pytest.approx(max(0, stricter.low))


def test_unpaired_groups_need_no_common_cluster():
    values, groups = [1.0] * 50 + [0.0] * 50, ["a"] * 50 + ["b"] * 50
    found = disparity_gap(values, groups)
    assert found.value == 1 and found.low > 0.8 and found.clusters == 100


def test_a_ratio_is_the_least_over_the_greatest():
    found = disparity_ratio(**paired({"a": 30, "b": 60, "c": 45}))
    assert found.value == pytest.approx(0.5)
    assert 0.3 < found.low < 0.5 < found.high < 0.75
    equal = disparity_ratio(**paired({"a": 60, "b": 60}))
    assert equal.value == 1 and 0.9 < equal.low < 1 and equal.high == 1


def test_a_ratio_of_nothing_says_nothing():
    found = disparity_ratio(**paired({"a": 0, "b": 0}))
    assert (found.value, found.low, found.high) == (1, 0, 1)


@pytest.mark.parametrize("statistic", [disparity_gap, disparity_ratio])
def test_unknown_values_widen_and_never_flatter(statistic):
    data = paired({"a": 58, "b": 58})
    known = statistic(**data)
    some = statistic(**data, unknown=[t < 6 for t in data["clusters"]])
    none = statistic(**data, unknown=[True] * 120)
    assert some.low <= known.low + 1e-9 and some.high >= known.high - 1e-9
    assert (none.low, none.high) == (0, 1)
    if statistic is disparity_gap:
        assert some.high > known.high + 0.05
    else:
        assert some.low < known.low - 0.05


def test_rates_are_of_cluster_means_and_known_values():
    values, groups, clusters = [1, 0, 0, 1, 1], ["a", "a", "a", "b", "b"], [0, 0, 1, 0, 1]
    assert group_rates(values, groups, clusters=clusters) == {"a": 0.25, "b": 1.0}
    lost = [False, True, False, False, False]
    assert group_rates(values, groups, clusters=clusters, unknown=lost) == {"a": 0.5, "b": 1.0}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"groups": ["a", "a"]}, "needs two groups, and there is only 'a'"),
        ({"groups": ["a"]}, "1 groups were given for 2 values"),
        ({"values": [0.5, float("nan")]}, "must lie in 0 … 1"),
        ({"clusters": [1]}, "one each is needed"),
        ({"unknown": [True]}, "unknown marks 1 values of 2"),
        ({"confidence": 1.0}, "confidence is 1.0"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, says):
    for statistic in (disparity_gap, disparity_ratio):
        with pytest.raises(UsageError, match=says):
            statistic(**{"values": [0.0, 1.0], "groups": ["a", "b"], **wrong})


def test_many_groups_and_clusters_take_no_time():
    rng = np.random.default_rng(1)
    groups = [i % 12 for i in range(24_000)]
    clusters = [i // 12 for i in range(24_000)]
    values = rng.random(24_000) < 0.9
    found = disparity_ratio(values.astype(float), groups, clusters=clusters)
    assert 0.9 < found.low <= found.value
