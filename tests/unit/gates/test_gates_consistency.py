"""The statistic ``consistency``: of a case's repetitions, from what was recorded of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from gate_building import gate, observation

from llmeval.gates import decide
from llmeval.records import Case, Observation, Response, Sample, Verdict
from llmeval.report.numbers import unit_of
from llmeval.scorers import content, self_consistency

METRIC = "s.sc.consistency"
DESCRIBE = self_consistency(over="repetitions", name="sc")


def said(case: int, repetition: int, text: str, **keys: Any) -> Observation:
    scores = DESCRIBE.score([Sample(Case(f"{case}", {}), (), Response(text))])
    return observation(case, repetition=repetition, scores=list(scores), **keys)


def answered(*cases: Sequence[str]) -> list[Observation]:
    return [said(c, r, text) for c, texts in enumerate(cases) for r, text in enumerate(texts)]


def one(observations: Sequence[Observation], **keys: Any) -> Verdict:
    (verdict,) = decide(observations, [gate(keys.pop("metric", METRIC), **keys)])
    return verdict


def test_it_is_the_mean_over_cases_of_the_mean_over_pairs() -> None:
    found = one(answered(["Paris", "Paris", "Lyon"], ["42", "42", "42"]))
    assert found.estimate == pytest.approx((1 / 3 + 1) / 2)
    assert found.n == 6


def test_a_consistent_model_passes_and_an_inconsistent_one_fails() -> None:
    same = answered(*[["It is Paris.", "Paris"]] * 100)
    other = answered(*[["It is Paris.", "Lyon"]] * 100)
    assert one(same, at_least=0.9).verdict == "PASS"
    assert one(other, at_least=0.9).verdict == "FAIL"
    assert one(other, at_most=0.9).verdict == "PASS"


def test_a_failed_repetition_is_the_worst() -> None:
    failed = observation(0, repetition=1, outcome="timeout")
    assert one([said(0, 0, "Paris"), failed]).estimate == 0


def test_a_case_that_was_answered_once_says_nothing() -> None:
    found = one(answered(["Paris"], ["Lyon"]))
    assert found.verdict == "ERROR"
    assert "needs two repetitions" in found.explanation
    assert one(answered(["Paris"], ["42", "42"])).estimate == 1


def test_equal_words_are_what_repeat_agreement_counts() -> None:
    observations = answered(["Paris", "paris."], ["Paris", "It is Paris."])
    assert one(observations, metric="s.sc.repeat_agreement").estimate == 0.5


def test_cases_of_a_group_are_one_piece_of_evidence() -> None:
    texts = ["Paris", "Paris"]
    free = [said(c, r, t) for c in range(40) for r, t in enumerate(texts)]
    grouped = [said(c, r, t, group=f"g{c // 20}") for c in range(40) for r, t in enumerate(texts)]
    assert one(free, at_least=0.5).verdict == "PASS"
    assert one(grouped, at_least=0.5).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("statistic", ["pass_rate", "rate", "mean", "p50", "pass_hat_k"])
def test_what_only_describes_answers_has_no_pass_rate(statistic: str) -> None:
    found = one(answered(*[["Paris", "Lyon"]] * 50), metric=f"s.sc.{statistic}")
    assert found.verdict == "ERROR"
    assert "only describes answers" in found.explanation


def test_another_scorer_has_no_consistency() -> None:
    judged = [observation(0, repetition=r) for r in range(2)]
    described = [
        observation(
            0,
            repetition=r,
            scores=list(content(name="sc").score([Sample(Case("0", {}), (), Response("Paris"))])),
        )
        for r in range(2)
    ]
    for observations in (judged, described):
        found = one(observations)
        assert found.verdict == "ERROR"
        assert "self_consistency(over='repetitions')" in found.explanation


def test_a_baseline_is_compared_by_case() -> None:
    same, other = answered(*[["Paris", "Paris"]] * 60), answered(*[["Paris", "Lyon"]] * 60)
    declared = gate(METRIC, no_worse_than_baseline=0.05)
    assert decide(same, [declared], same)[0].verdict == "PASS"
    assert decide(other, [declared], same)[0].verdict == "FAIL"


def test_it_is_a_score_and_no_share() -> None:
    assert unit_of(METRIC) == "score"
    assert "above 0.86," in one(answered(*[["Paris", "Paris"]] * 20), at_least=0.5).explanation
