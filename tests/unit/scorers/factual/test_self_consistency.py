"""``self_consistency``: the answer against other answers to the same prompt."""

from __future__ import annotations

from typing import Any

import pytest
from scorer_samples import SURROGATE, scored, unscored

from llmeval.errors import SuiteError
from llmeval.scorers import self_consistency
from llmeval.scorers.factual.statements import read_signature

ANSWER = "Verdi wrote it. It was first heard in Cairo."
SAME = ["It was first heard in Cairo. Verdi wrote it.", "Verdi wrote it, heard first in Cairo."]
OTHERS = ["Verdi wrote it. It was first heard in Milan.", "Verdi wrote it, heard first in Rome."]


def test_an_answer_that_others_bear_out_is_consistent() -> None:
    found = scored(self_consistency(), ANSWER, {"samples": SAME})
    assert (found.label, found.explanation) == ("consistent", None)
    assert found.value > 0.8
    assert (found.evidence["answers"], found.evidence["backend"]) == (2, "lexical")


def test_the_least_supported_claim_is_shown_first_with_its_place() -> None:
    found = scored(self_consistency(threshold=0.9), ANSWER, {"samples": [*OTHERS, SAME[0]]})
    first, second = found.evidence["claims"]
    assert ANSWER[slice(*first["span"])] == first["text"] == "It was first heard in Cairo."
    assert first["against"] == [0, 1] or first["against"] in ([0], [1])
    assert second["borne_out"] == 1
    assert second["against"] == []
    assert (first["supported"], second["supported"]) == (False, True)
    assert found.label == "inconsistent"
    assert "It was first heard in Cairo." in str(found.explanation)


def test_the_value_is_the_mean_support_with_the_threshold_at_the_pass_mark() -> None:
    inputs = {"samples": ["Paris", "Paris", "Lyon", "Paris"]}
    assert scored(self_consistency(), "Paris", inputs).value == 0.75
    assert scored(self_consistency(threshold=0.75), "Paris", inputs).value == 0.5
    assert scored(self_consistency(), "Lyon", inputs).value == 0.25


def test_one_text_is_one_other_answer() -> None:
    assert scored(self_consistency("other"), "Paris", {"other": "Paris"}).value == 1


def test_the_question_or_the_prompt_counts_for_nothing() -> None:
    inputs: dict[str, Any] = {"samples": ["The capital of France is Lyon."]}
    answer = "The capital of France is Paris."
    free = scored(self_consistency(), answer, inputs).value
    for field in ("question", "prompt"):
        asked = {**inputs, field: "What is the capital of France?"}
        assert scored(self_consistency(), answer, asked).value == 0 < free
    named = {**inputs, "q": "What is the capital of France?"}
    assert scored(self_consistency(question="q"), answer, named).value == 0


def test_an_answer_without_claims_is_held_against_the_same_words() -> None:
    found = scored(self_consistency(), "Which one?", {"samples": ["which one", "Whom?"]})
    assert (found.value, found.evidence["claims"]) == (0.5, [])
    found = scored(self_consistency(), "Which one?", {"samples": ["Whom?"]})
    assert found.explanation == "the other answers are not the same"


def test_over_repetitions_an_answer_is_described_and_judged_by_nothing() -> None:
    found = scored(self_consistency(over="repetitions"), ANSWER)
    again = scored(self_consistency(over="repetitions"), ANSWER.upper())
    assert (found.value, found.label) == (1, "described")
    assert len(read_signature(found.evidence["signature"]).items) == 2
    assert found.evidence["value_hash"] == again.evidence["value_hash"]


@pytest.mark.parametrize(
    ("answer", "inputs", "kind"),
    [
        (" ", {"samples": ["x"]}, "empty"),
        ("x" * 20_001, {"samples": ["x"]}, "too_long"),
        ("x", {}, "missing_input"),
        ("x", {"samples": []}, "missing_input"),
        ("x", {"samples": ["x", 7]}, "missing_input"),
        ("x", {"samples": ["x"] * 51}, "missing_input"),
        ("x", {"samples": ["x" * 20_001]}, "missing_input"),
    ],
)
def test_what_cannot_be_scored(answer: str, inputs: dict[str, Any], kind: str) -> None:
    assert unscored(self_consistency(), answer, inputs).not_scored == kind


def test_lone_surrogates_are_compared() -> None:
    assert scored(self_consistency(), SURROGATE, {"samples": [SURROGATE]}).value == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"over": "repetition"}, "did you mean|samples, repetitions"),
        ({"backend": "words"}, "lexical, nli"),
        ({"threshold": 2}, "from 0 to 1"),
        ({"model": "x"}, "goes with backend='nli'"),
        ({"device": "cpu"}, "goes with backend='nli'"),
        ({"backend": "nli"}, "needs model="),
        ({"backend": "nli", "model": "x", "over": "repetitions"}, "take backend='lexical'"),
    ],
)
def test_what_is_declared_wrongly_is_a_suite_error(options: dict[str, Any], told: str) -> None:
    with pytest.raises(SuiteError, match=told):
        self_consistency(**options)


def test_it_says_that_it_is_a_screen() -> None:
    assert "screen" in str(self_consistency().identity.fallback)
