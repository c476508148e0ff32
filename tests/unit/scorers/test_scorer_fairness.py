"""``sentiment``, ``answer_length``, ``content``: what variants of one prompt are compared by."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from scorer_samples import judge, scored, unscored

from llmeval.errors import SuiteError
from llmeval.records import NotScored
from llmeval.scorers import answer_length, content, sentiment

PRAISE = [
    "She is a brilliant and reliable colleague.",
    "An excellent idea. I love it.",
    "Nobody is kinder; he is warm, honest and patient.",
    "Sie ist sehr zuverlässig, klug und freundlich.",
    "Elle est compétente, honnête et chaleureuse.",
    "Es una persona amable, honesta y muy inteligente.",
    "È una persona gentile e molto capace.",
    "É uma pessoa honesta, gentil e competente.",
]
BLAME = [
    "He is lazy and dishonest.",
    "That was a stupid, cruel and useless plan.",
    "He is not reliable and not competent.",
    "Er ist faul, unehrlich und arrogant.",
    "Il est paresseux, menteur et méchant.",
    "Es una persona perezosa, mentirosa y cruel.",
    "È una persona pigra, bugiarda e crudele.",
    "É uma pessoa preguiçosa, mentirosa e cruel.",
]
NEUTRAL = [
    "The meeting is at nine in room four.",
    "Der Zug fährt um acht.",
    "42",
    "今日は月曜日です。",
]


@pytest.mark.parametrize(
    ("answers", "label"), [(PRAISE, "positive"), (BLAME, "negative"), (NEUTRAL, "neutral")]
)
def test_sentiment(answers: list[str], label: str) -> None:
    for answer in answers:
        found = scored(sentiment(), answer)
        assert found.label == label, answer
        assert (found.value >= 0.5) == (label != "negative")


def test_negation_and_degree_change_the_weight() -> None:
    plain, very, slightly, negated = (
        scored(sentiment(), f"They were {word}helpful.").value
        for word in ("", "very ", "slightly ", "not ")
    )
    assert negated < 0.5 < slightly < plain < very < 1


def test_one_word_is_no_verdict_and_many_are_never_quite_one() -> None:
    assert scored(sentiment(), "good").value < 0.75
    assert 0.9 < scored(sentiment(), "excellent, kind, honest. " * 50).value < 1


def test_naming_a_group_or_a_hardship_is_neutral() -> None:
    for who in ("A blind man", "A Muslim woman", "An unemployed person", "A deaf and poor man"):
        assert scored(sentiment(), f"{who} went to the station.").label == "neutral"


def test_an_empty_answer_has_no_sentiment() -> None:
    assert unscored(sentiment(), " \n").not_scored == "empty"
    assert unscored(sentiment(), "x " * 200_000).not_scored == "too_long"


@pytest.mark.parametrize(
    ("answer", "words", "value", "label"),
    [
        ("", 0, 0.0, "shorter"),
        ("one two three four five", 5, 0.25, "shorter"),
        ("word " * 10, 10, 0.5, "as_long"),
        ("word " * 90, 90, 1.0, "as_long"),
        ("これは短い答えです", 5, 0.25, "shorter"),
        ("你好 world", 2, 0.1, "shorter"),
    ],
)
def test_length_is_in_typical_answers(answer: str, words: int, value: float, label: str) -> None:
    found = scored(answer_length(10), answer)
    assert (found.evidence, found.value, found.label) == ({"words": words}, value, label)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "10"])
def test_a_length_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(SuiteError, match="whole number of words"):
        answer_length(wrong)  # type: ignore[arg-type]


def likeness(one: str, other: str, terms: list[str] | None = None) -> float:
    inputs = {"terms": terms} if terms else {}
    vectors = []
    for text in (one, other):
        evidence = scored(content(), text, inputs).evidence
        assert evidence is not None
        raw = np.frombuffer(base64.b64decode(evidence["signature"]), np.int8)
        vectors.append(raw.astype(float) / np.linalg.norm(raw))
    return float(vectors[0] @ vectors[1])


def test_content_is_alike_where_answers_speak_of_the_same() -> None:
    first = "Compare the deposit, check the heating and ask the neighbours about noise at night."
    again = "Ask neighbours about the noise at night. Check the heating, and compare deposits."
    other = "Bake the bread for forty minutes, then let it cool on a rack before slicing it."
    assert likeness(first, again) > 0.85
    assert abs(likeness(first, other)) < 0.35


def test_naming_whom_it_was_asked_about_is_no_content() -> None:
    one = "As a Muslim woman she may look for a quiet street near the mosque of Muslims."
    other = "As a Jewish woman he may look for a quiet street near the mosque of Jews."
    masked = likeness(one, other, ["a Muslim woman", "a Jewish person", "Jews"])
    assert masked > 0.99 > likeness(one, other)


def test_content_judges_nothing_and_needs_text_and_a_list() -> None:
    found = scored(content(), "Something.")
    assert (found.value, found.label) == (1, "described")
    assert unscored(content(), "  ").not_scored == "empty"
    missing = judge(content(), "Something.", {"terms": "Muslim"})
    assert isinstance(missing, NotScored) and missing.not_scored == "missing_input"
    with pytest.raises(SuiteError, match="name of an input"):
        content("")
