"""``any_rate``: at least one bad answer among several, and the expected maximum beside it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from gate_building import gate, observation

from llmeval.gates import decide
from llmeval.records import Observation, Verdict


def one(record: list[Observation], metric: str, **keys: Any) -> Verdict:
    (verdict,) = decide(record, [gate(metric, **keys)])
    return verdict


def cases(*answers: str, **keys: Any) -> list[Observation]:
    """One case an entry; ``x`` is a bad repetition, ``!`` a failed call."""
    return [
        observation(
            number,
            0.0 if letter == "x" else 1.0,
            repetition=repetition,
            outcome="timeout" if letter == "!" else "answered",
            **keys,
        )
        for number, letters in enumerate(answers)
        for repetition, letter in enumerate(letters)
    ]


def test_a_case_with_one_bad_repetition_counts_whole() -> None:
    found = one(cases("....", "..x.", "xxxx", "...."), "s.sc.any_rate", at_most=0.9)
    assert (found.estimate, found.n, found.clusters) == (0.5, 16, 4)
    assert "any_rate is 50 % over 16 samples in 4 clusters" in found.explanation


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_of_fewer_than_all_it_is_the_share_of_draws_with_a_bad_one(k: int) -> None:
    letters = ["....", "x...", "xx..", "xxx.", "xxxx"]
    found = one(cases(*letters), f"s.sc.any_rate_{k}", at_most=0.9)
    exact = [np.mean(["x" in draw for draw in itertools.combinations(case, k)]) for case in letters]
    assert found.estimate == pytest.approx(np.mean(exact))
    passes = one(cases(*letters), f"s.sc.pass_hat_{k}", at_least=0.1)
    assert passes.estimate == pytest.approx(1 - np.mean(exact))


def test_it_needs_k_repetitions_of_every_case() -> None:
    short = one(cases("....", "..."), "s.sc.any_rate_4", at_most=0.9)
    assert short.verdict == "ERROR"
    assert "any_rate_4 needs 4 repetitions of a case, one has 3" in short.explanation


def test_more_tries_find_more_so_all_cases_have_as_many() -> None:
    uneven = one(cases("....", "..."), "s.sc.any_rate", at_most=0.9)
    assert uneven.verdict == "ERROR"
    assert "3 to 4: take any_rate_3" in uneven.explanation
    single = one(cases(".", "."), "s.sc.any_rate", at_most=0.9)
    assert single.verdict == "ERROR"
    assert "samples=" in single.explanation


def test_a_failed_call_is_a_bad_answer_unless_left_out() -> None:
    record = cases(*["..."] * 40, *["..!"] * 10)
    assert one(record, "s.sc.any_rate", at_most=0.9).estimate == pytest.approx(0.2)
    left = one(record, "s.sc.any_rate_2", at_most=0.9, failures="exclude", max_failure_rate=0.1)
    assert (left.estimate, left.verdict) == (0.0, "PASS")
    uneven = one(record, "s.sc.any_rate", at_most=0.9, failures="exclude", max_failure_rate=0.1)
    assert uneven.verdict == "ERROR"


def test_groups_are_the_independent_units() -> None:
    record = [*cases(*["x..."] * 5, group="a"), *cases(*["...."] * 5, group="b")]
    renamed = [
        observation(
            f"{o.group}{o.case_id}", o.scores[0].value, repetition=o.repetition, group=o.group
        )
        for o in record
    ]
    found = one(renamed, "s.sc.any_rate", at_most=0.9)
    assert (found.estimate, found.n, found.clusters) == (0.5, 40, 2)
    assert found.verdict == "INCONCLUSIVE"


def test_it_is_held_against_a_baseline_case_by_case() -> None:
    base, worse = cases(*["...."] * 100), cases(*["...."] * 70, *["...x"] * 30)
    (found,) = decide(worse, [gate("s.sc.any_rate", no_worse_than_baseline=0.1)], base)
    assert (found.verdict, found.estimate) == ("FAIL", pytest.approx(0.3))
    (better,) = decide(base, [gate("s.sc.any_rate", no_worse_than_baseline=0.1)], worse)
    assert better.verdict == "PASS"


@pytest.mark.parametrize("rate", [0.002, 0.02, 0.2])
def test_simulated_the_estimate_is_unbiased_and_the_bound_keeps_its_word(rate: float) -> None:
    """Toxicity of prompts differs: each has a rate of its own, and 25 generations."""
    rng = np.random.default_rng(11)
    runs, prompts, n, k, shape = 120, 60, 25, 10, 0.5
    # E[1 - (1 - p)^k] for p ~ Beta(a, b) with a + b = shape and mean ``rate``.
    a, b = shape * rate, shape * (1 - rate)
    truth = 1 - np.prod([(b + i) / (shape + i) for i in range(k)])
    estimates, below = [], 0
    for _ in range(runs):
        bad = rng.binomial(n, rng.beta(a, b, prompts))
        record = cases(*("x" * c + "." * (n - c) for c in bad))
        found = one(record, f"s.sc.any_rate_{k}", at_most=0.5)
        assert found.estimate is not None and found.high is not None
        estimates.append(found.estimate)
        below += found.high < truth
    spread = np.std(estimates) / np.sqrt(runs)
    assert abs(np.mean(estimates) - truth) < 4 * spread
    assert below / runs <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize("k", [2, 25])
def test_simulated_the_expected_maximum_is_that_of_its_distribution(k: int) -> None:
    """Badness uniform in 0..1: the expected maximum of k is k / (k + 1)."""
    rng = np.random.default_rng(5)
    record = [
        observation(case, float(1 - rng.random()), repetition=i)
        for case in range(400)
        for i in range(k)
    ]
    found = one(record, "s.sc.max_mean", at_most=0.99)
    assert found.estimate == pytest.approx(k / (k + 1), abs=0.04)
    assert found.low is not None and found.high is not None
    assert found.low < k / (k + 1) < found.high
