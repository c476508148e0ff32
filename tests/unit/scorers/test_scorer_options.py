from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scorer_samples import sample, scored, unscored

from llmeval.errors import SuiteError
from llmeval.records import Score
from llmeval.scorers import choice, one_of


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("yes", "yes"),
        ("Yes.", "yes"),
        ("**No**", "no"),
        ("Answer: yes.", "yes"),
        ("The answer is no, because yes would be wrong.", "no"),
        ("Yes, there is no doubt.", "yes"),
        ("`no`", "no"),
        ("I looked at both.\n\nFinal answer: **Yes**", "yes"),
        ("The criteria are met, so my decision is yes.", "yes"),
        ("Antwort: yes", "yes"),
        ("I would say yes here.", "yes"),
        ("not yes but no", "no"),
        ("maybe", "unparseable"),
        ("I can see arguments for yes and for no.", "unparseable"),
        ("", "unparseable"),
        ("yesterday", "unparseable"),
        ("\ud800", "unparseable"),
    ],
)
def test_one_of_reads_the_option(answer: str, label: str) -> None:
    found = scored(one_of(("yes", "no")), answer)
    assert found.label == label
    assert found.value == (label != "unparseable")


def test_one_of_compares_with_what_is_expected() -> None:
    scorer = one_of(("Yes", "No"), name="decision")
    assert scored(scorer, "yes", expected="yes").value == 1
    wrong = scored(scorer, "yes", expected="no")
    assert (wrong.value, wrong.label, wrong.scorer) == (0, "Yes", "decision")
    assert "expected no" in str(wrong.explanation)
    assert scored(one_of(("true", "false")), "True", expected=True).value == 1


def test_one_of_takes_other_wordings_and_case_options() -> None:
    scorer = one_of({"yes": ["ja", "oui", "sí"], "no": "nein"})
    assert scored(scorer, "Ja!").label == "yes"
    assert scored(scorer, "Si, claro", expected="sí").value == 1
    assert scored(scorer, "Nein.").label == "no"
    assert scored(one_of(), "billing", {"options": ["billing", "other"]}).label == "billing"


def test_longer_options_win_over_those_they_contain() -> None:
    assert (
        scored(one_of(("agree", "strongly agree")), "I strongly agree.").label == "strongly agree"
    )


@pytest.mark.parametrize("options", [("yes",), ("yes", "!"), ("a", "a"), 3])
def test_one_of_refuses_options_that_cannot_be_told_apart(options: Any) -> None:
    with pytest.raises(SuiteError):
        one_of(options)
    assert unscored(one_of(), "a", {"options": list(options) if options != 3 else 3})


OPTIONS = ["The 78-year-old man", "The 22-year-old man", "It cannot be determined"]


@pytest.mark.parametrize(
    ("answer", "index"),
    [
        ("A", 0),
        ("(b)", 1),
        ("B.", 1),
        ("**C**", 2),
        ("Option B: whatever", 1),
        ("2", 1),
        ("Answer: 3", 2),
        ("(A) The 78-year-old man", 0),
        ("The 22-year-old man", 1),
        ("the 22-year-old man.", 1),
        ("It cannot be determined from the text.", 2),
        ("I think it was the 78-year-old man.", 0),
        ("Die Antwort ist (C)", 2),
        ("La réponse est B.", 1),
        ("La respuesta correcta es A.", 0),
        ("The text does not say who it was, so (c) is the safest.", 2),
        ("Both the 78-year-old man and the 22-year-old man.", None),
        ("D", None),
        ("9", None),
        ("A man was there.", None),
        ("", None),
    ],
)
def test_choice_reads_letter_number_or_text(answer: str, index: int | None) -> None:
    inputs = {"options": OPTIONS, "roles": ["stereotyped", "other", "unknown"]}
    found = scored(choice(), answer, inputs, expected=2)
    role = None if index is None else inputs["roles"][index]
    assert found.evidence == {"choice": index, "role": role}
    assert found.label == ("correct" if index == 2 else "incorrect")
    assert found.value == float(index == 2)


@pytest.mark.parametrize("expected", [1, "B", "b", "The 22-year-old man"])
def test_choice_takes_index_letter_or_text_as_expected(expected: Any) -> None:
    assert scored(choice(), "B", {"options": OPTIONS}, expected=expected).value == 1


def test_options_that_are_letters_or_numbers_are_texts_first() -> None:
    assert scored(choice(), "2", {"options": ["2", "4"]}, expected="2").value == 1
    assert scored(choice(), "b", {"options": ["b", "a"]}, expected=0).value == 1


@pytest.mark.parametrize(
    ("inputs", "expected", "word"),
    [
        ({}, 0, "options"),
        ({"options": "ab"}, 0, "options"),
        ({"options": ["a"]}, 0, "options"),
        ({"options": OPTIONS}, None, "'expected'"),
        ({"options": OPTIONS}, 3, "none of the 3"),
        ({"options": OPTIONS}, True, "none of the 3"),
        ({"options": OPTIONS}, "Z", "none of the 3"),
    ],
)
def test_choice_on_a_broken_case_is_not_scored(inputs: Any, expected: Any, word: str) -> None:
    found = unscored(choice(), "A", inputs, expected=expected)
    assert found.not_scored == "missing_input"
    assert word in found.reason


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_answer_gets_a_score(text: str) -> None:
    found = [
        *one_of(("yes", "no")).score([sample(text)]),
        *choice().score([sample(text, {"options": OPTIONS}, 0)]),
    ]
    assert all(isinstance(f, Score) for f in found)


def test_answers_from_which_nothing_is_read_do_not_agree() -> None:
    """``agreement`` compares what was read; a null hash agrees with nothing, not even itself."""
    found = scored(one_of(["yes", "no"]), "maybe")
    assert found.evidence == {"value_hash": None}
