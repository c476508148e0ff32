from __future__ import annotations

from typing import Any

import pytest
from scorer_samples import judge, sample, scored, unscored

from llmeval.errors import SuiteError
from llmeval.records import Case, Response, Sample
from llmeval.scorers import fact

RIGHT: list[tuple[Any, str]] = [
    ("Paris", "The capital is Paris."),
    ("Paris", "Not only Paris"),
    (["Bonn", "Bonna"], "Bonn or Bonna"),
    ("the United States", "United States of America"),
    ("Apollo 11", "It was Apollo eleven."),
    ("München", "Munchen"),
    ("Goethe", "C'est Goethe qui l'a écrit"),
    ("not guilty", "The verdict was not guilty."),
    ("8848 m", "It is 29,029 ft high."),
    ("8848 m", "8848"),
    (8848, "It is 8,848 metres."),
    ({"value": 8848, "unit": "m"}, "about 8.8 km"),
    ("48,000", "forty-eight thousand books"),
    ("4 July 1776", "1776-07-04"),
    ("July 1776", "On July 4, 1776."),
    ("1776", "On July 4, 1776."),
    (True, "Yes, it is."),
    (False, "Nein."),
    ("yes", "That is correct: ja"),
    ("42", "The answer is 42."),
    ("C++", "It is written in C++."),
]
WRONG: list[tuple[Any, str]] = [
    ("Paris", "It is not Paris but Lyon."),
    ("Paris", "The city isn't Paris."),
    ("Paris", "Lyon rather than Paris"),
    ("Paris", "Ce n'est pas Paris."),
    ("Paris", "Paris or Lyon."),
    ("Paris", "Either Lyon or Paris, I think."),
    ("Paris", "Lyon oder Paris"),
    ("Paris", "Parisian"),
    ("George Washington", "Washington"),
    ("C++", "It is written in C."),
    ("8848 m", "8,611 m"),
    ("1.5", "1.5 million"),
    ("12", "between 10 and 12 books"),
    ("12", "10 to 12"),
    ("4 July 1776", "In July 1776"),
    (True, "No, it is not."),
    ("no", "Yes, it does not."),
    ("yes", "Perhaps."),
    ("42", "The answer is 41, not 42."),
    ("42", "I think of 42 first. Final answer: 41"),
]


@pytest.mark.parametrize(("reference", "answer"), RIGHT)
def test_correct(reference: Any, answer: str) -> None:
    found = scored(fact(), answer, {}, reference)
    assert (found.label, found.value) == ("correct", 1.0), found


@pytest.mark.parametrize(("reference", "answer"), WRONG)
def test_incorrect(reference: Any, answer: str) -> None:
    found = scored(fact(), answer, {}, reference)
    assert (found.label, found.value) == ("incorrect", 0.0), found
    assert found.explanation and found.explanation.startswith("expected ")


def test_an_answer_that_does_not_know_attempts_nothing() -> None:
    found = scored(fact(), "I don't know.", {"question": "What is the capital?"}, "Paris")
    assert (found.label, found.value) == ("not_attempted", 0.0)
    guess = scored(fact(), "I don't know, but it may be Lyon on the Rhone.", {}, "Paris")
    assert guess.label == "incorrect"


def test_evidence_holds_squads_figures() -> None:
    found = scored(fact(), "The Eiffel Tower, in Paris.", {}, ["Eiffel Tower", "Tour Eiffel"])
    assert found.evidence == {
        "kind": "text",
        "matched": "Eiffel Tower",
        "span": [4, 16],
        "exact": False,
        "contains": True,
        "f1": round(2 * 2 / (4 + 2), 4),
    }
    same = scored(fact(), "the Eiffel tower!", {}, "Eiffel Tower").evidence
    assert same and (same["exact"], same["f1"]) == (True, 1.0)


@pytest.mark.parametrize(
    ("reference", "answer", "exactly"),
    [
        ("Paris", "Paris.", True),
        ("Paris", "the Paris", True),
        ("Paris", "Paris, France", False),
        ("8848 m", "29,029 feet", True),
        ("8848 m", "It is 8848 m", False),
        ("4 July 1776", "July 4, 1776.", True),
        ("4 July 1776", "on July 4, 1776, at noon", False),
    ],
)
def test_exact_takes_nothing_beside(reference: str, answer: str, exactly: bool) -> None:
    assert scored(fact(match="exact"), answer, {}, reference).value == float(exactly)


def test_f1_counts_words_in_common() -> None:
    found = scored(fact(match="f1", threshold=0.6), "the old red barn", {}, "red barn door")
    assert found.label == "correct"
    assert found.evidence and found.evidence["f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert (
        scored(fact(match="f1", threshold=0.7), "the old red barn", {}, "red barn door").value < 0.5
    )


def test_every_one_of_a_list_may_be_asked_for() -> None:
    colours = ["red", "blue", "green"]
    assert scored(fact(every=True), "Green, red and blue.", {}, colours).label == "correct"
    found = scored(fact(every=True), "Red and blue.", {}, colours)
    assert found.label == "incorrect"
    assert found.evidence and found.evidence["recall"] == pytest.approx(2 / 3)
    assert found.evidence["absent"] == ["green"]


def test_numbers_are_read_in_the_languages_own_way() -> None:
    german = Sample(
        Case("c", {}, "48.000", {"language": "de-AT"}), (), Response("Es sind 48.000 Bände.")
    )
    (found,) = fact().score([german])
    assert found.value == 1.0  # type: ignore[union-attr]
    assert scored(fact(language="de"), "1.500", {}, 1500).value == 1.0
    assert scored(fact(language="en"), "1,500", {}, 1.5).value == 0.0


def test_tolerance_widens_a_quantity() -> None:
    assert scored(fact(), "104 m", {}, "100 m").value == 0.0
    assert scored(fact(tolerance=0.05), "104 m", {}, "100 m").value == 1.0


def test_the_reference_may_be_given_or_named() -> None:
    assert scored(fact("Paris"), "Paris", {}).value == 1.0
    assert scored(fact(field="capital"), "Paris", {"capital": "Paris"}).value == 1.0
    assert scored(fact(field="capital"), "Paris", {}, {"capital": ["Paris"]}).value == 1.0


@pytest.mark.parametrize(
    "reference", [None, [], "", "…", float("nan"), [[1]], {"unit": "m"}, ["x"] * 101]
)
def test_a_reference_that_is_none_is_not_scored(reference: Any) -> None:
    assert unscored(fact(), "Paris", {}, reference).not_scored == "missing_input"


def test_empty_and_huge_answers_are_not_scored() -> None:
    assert unscored(fact(), " ", {}, "Paris").not_scored == "empty"
    assert unscored(fact(), "a" * 100_001, {}, "Paris").not_scored == "too_long"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"match": "contain"}, "Did you mean 'contains'"),
        ({"language": "xx"}, "there are de, en"),
        ({"threshold": 2}, "threshold"),
        ({"tolerance": -1}, "tolerance"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        fact(**options)


@pytest.mark.parametrize("text", ["(" * 50_000, "1 " * 50_000, "not " * 25_000, "or " * 33_000])
def test_long_answers_end(text: str) -> None:
    judge(fact(), text, {}, ["(", "1", "not", "or", "5 km", "4 July 1776", True])


def test_batches_keep_their_order() -> None:
    batch = [sample("Paris", {}, "Paris"), sample("", {}, "Paris"), sample("Lyon", {}, "Paris")]
    found = fact().score(batch)
    assert [getattr(f, "value", None) for f in found] == [1.0, None, 0.0]


@pytest.mark.parametrize("answer", ["Yes and no.", "no or yes", "Ja und nein", "Oui et non"])
@pytest.mark.parametrize("wanted", [True, False])
def test_yes_and_no_is_neither(answer: str, wanted: bool) -> None:
    assert scored(fact(), answer, {}, wanted).label != "correct"


def test_a_yes_before_another_sentence_with_no_is_a_yes() -> None:
    assert scored(fact(), "Yes. No doubt about it.", {}, True).label == "correct"
    assert scored(fact(), "No or rather not.", {}, False).label == "correct"
