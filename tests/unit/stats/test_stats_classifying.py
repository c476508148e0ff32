"""Kappa, macro-F1, balanced accuracy, AUC: values by hand, variances against their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from llmeval.errors import UsageError
from llmeval.stats import auc, balanced_accuracy, cohen_kappa, confusion, macro_f1


def test_the_table_has_the_truth_in_its_rows() -> None:
    labels, table = confusion("aabb", "abbb", labels=["b", "a"])
    assert labels == ["b", "a"] and table.tolist() == [[2, 0], [1, 1]]


def expand(table: list[list[int]]) -> tuple[list[int], list[int]]:
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in pairs], [j for _, j in pairs]


def fleiss_variance(table: np.ndarray) -> float:
    """Fleiss, Cohen and Everitt (1969), equation 13, written out."""
    p = table / table.sum()
    row, column = p.sum(1), p.sum(0)
    po, pe = np.trace(p), row @ column
    first = sum(p[i, i] * ((1 - pe) - (column[i] + row[i]) * (1 - po)) ** 2 for i in range(len(p)))
    second = (1 - po) ** 2 * sum(
        p[i, j] * (column[i] + row[j]) ** 2 for i in range(len(p)) for j in range(len(p)) if i != j
    )
    third = (po * pe - 2 * pe + po) ** 2
    return float((first + second - third) / (table.sum() * (1 - pe) ** 4))


def test_kappa_has_its_value_and_the_published_variance() -> None:
    table = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
    found = cohen_kappa(*expand(table), confidence=0.6827)
    assert found.value == pytest.approx(0.4285714, abs=1e-6)  # (0.70 - 0.475) / (1 - 0.475)
    share = (found.value + 1) / 2
    logit = math.log(share / (1 - share))
    high = (found.high + 1) / 2
    reach = (math.log(high / (1 - high)) - logit) * 2 * share * (1 - share)
    assert reach == pytest.approx(math.sqrt(fleiss_variance(np.array(table)) * 200 / 199), rel=0.01)


def test_a_perfect_agreement_is_not_certain() -> None:
    few, many = (cohen_kappa("ab" * n, "ab" * n) for n in (5, 500))
    assert few.value == many.value == 1.0
    assert 0 < few.low < 0.6 and 0.98 < many.low < 1.0
    for measure in (macro_f1, balanced_accuracy):
        assert measure("ab" * 5, "ab" * 5).low < 0.7


def test_a_constant_rater_says_nothing() -> None:
    found = cohen_kappa("abab", "aaaa")
    assert (found.value, found.low, found.high) == (0.0, -1.0, 1.0)
    with pytest.raises(UsageError, match="without variation"):
        cohen_kappa("aaa", "aaa")
    with pytest.raises(UsageError, match="as many of both"):
        cohen_kappa("aaa", "aa")


def test_copies_of_a_row_are_no_evidence_where_they_share_a_cluster() -> None:
    first, second = "aabbabab" * 4, "aabbabba" * 4
    for measure in (cohen_kappa, macro_f1, balanced_accuracy):
        once = measure(first, second)
        copied = measure(first * 5, second * 5, clusters=list(range(32)) * 5)
        naive = measure(first * 5, second * 5)
        assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
        assert naive.low > once.low and copied.clusters == 32


def test_f1_and_balanced_accuracy_by_hand() -> None:
    truth, found = expand([[3, 1], [2, 14]])
    assert macro_f1(truth, found).value == pytest.approx((6 / 9 + 28 / 31) / 2)
    assert balanced_accuracy(truth, found).value == pytest.approx((3 / 4 + 14 / 16) / 2)
    assert macro_f1(truth, found, labels=[0]).value == pytest.approx(6 / 9)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    rng = np.random.default_rng(3)
    values, good = rng.integers(0, 6, 60) / 5, rng.random(60) < 0.4
    x, y = values[good], values[~good]
    wins = (x[:, None] > y).mean() + (x[:, None] == y).mean() / 2
    assert auc(values, good).value == pytest.approx(wins)


def test_auc_has_delongs_variance() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(1, 1, 40), rng.normal(0, 1, 30)
    psi = (x[:, None] > y).astype(float)
    wanted = psi.mean(1).var(ddof=1) / 40 + psi.mean(0).var(ddof=1) / 30
    found = auc([*x, *y], [True] * 40 + [False] * 30, confidence=0.5)
    logits = [math.log(v / (1 - v)) for v in (found.low, found.value, found.high)]
    from scipy.stats import t

    error = (logits[2] - logits[0]) / 2 / t.ppf(0.75, 29) * found.value * (1 - found.value)
    assert error == pytest.approx(math.sqrt(wanted), rel=1e-6)


def test_auc_without_a_wrong_pair_has_a_lower_bound() -> None:
    found = auc([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    assert found.value == 1.0 and found.low == pytest.approx(0.025 ** (1 / 2))
    with pytest.raises(UsageError, match="one class"):
        auc([0.1, 0.2], [True, True])


def test_clusters_widen_auc() -> None:
    rng = np.random.default_rng(5)
    values, good = rng.random(50), rng.random(50) < 0.5
    once = auc(values, good)
    copied = auc([*values] * 4, [*good] * 4, clusters=list(range(50)) * 4)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
