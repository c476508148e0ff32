"""Verdicts in both orders."""

from __future__ import annotations

import pytest

from llmeval.errors import UsageError
from llmeval.stats import both_orders


def test_shares_by_hand() -> None:
    found = both_orders("AABBA", "ABBAA", truth="AABBB")
    assert found.right and [each.value for each in found.right] == [0.8, 0.4]
    assert found.right_mean and found.right_mean.value == pytest.approx(0.6)
    assert found.right_both and found.right_both.value == 0.4
    assert found.consistent.value == 0.6
    assert (found.first_place, found.second_place, found.silent) == (1, 1, 0)


def test_a_judge_that_takes_the_first_is_found_out() -> None:
    found = both_orders(["A"] * 10, ["B"] * 10, truth="AB" * 5)
    assert (found.first_place, found.second_place) == (10, 0)
    assert found.p_place == pytest.approx(2 / 2**10) and found.consistent.value == 0
    assert found.right_mean and found.right_mean.value == 0.5
    assert found.right_both and found.right_both.value == 0


def test_ties_turn_nothing_and_silence_is_no_consent() -> None:
    found = both_orders(["tie", "A", None, None], ["tie", "tie", None, "A"])
    assert (found.first_place, found.second_place, found.silent) == (0, 0, 2)
    assert found.consistent.value == 0.25 and found.p_place == 1.0 and found.right is None
    assert both_orders("AA", "AA").kappa is None


def test_clusters_count_once() -> None:
    once = both_orders("ABAB" * 5, "ABBA" * 5)
    copied = both_orders("ABAB" * 20, "ABBA" * 20, clusters=list(range(20)) * 4)
    assert copied.consistent.low == pytest.approx(once.consistent.low)
    assert copied.kappa and once.kappa and copied.kappa.low == pytest.approx(once.kappa.low)


def test_verdicts_must_match() -> None:
    for words in (("AB", "A", None), ("AB", "AB", "A"), ("", "", None)):
        with pytest.raises(UsageError, match="as many of each"):
            both_orders(words[0], words[1], truth=words[2])
