"""What an answer states, and how far two answers bear each other out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.scorers.factual.statements import (
    MAX_STATEMENTS,
    agreement,
    borne_out,
    read_signature,
    state,
)

QUESTION = "Who wrote the opera, and when was it first heard?"
TOLD = "Verdi wrote it. The opera was first heard in Cairo in 1871."


def agree(one: str, other: str, question: str = "") -> float:
    return agreement(state(one, question)[0], state(other, question)[0])


@pytest.mark.parametrize(
    "other",
    [
        TOLD,
        "verdi wrote it! the opera was first heard in Cairo in 1871",
        "It was first heard in Cairo, in 1871. The opera was written by Verdi.",
    ],
)
def test_the_same_facts_agree(other: str) -> None:
    assert agree(TOLD, other, QUESTION) > 0.8


@pytest.mark.parametrize(
    "other",
    [
        "Puccini wrote it. The opera was first heard in Turin in 1896.",
        "Nobody knows who was the author of this piece.",
    ],
)
def test_other_facts_do_not_agree(other: str) -> None:
    assert agree(TOLD, other, QUESTION) < 0.3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The opera was first heard in 1871.", "The opera was first heard in 1896."),
        ("It was first heard in Cairo.", "It was first heard in Milan."),
        ("The hall is open on Sundays.", "The hall is not open on Sundays."),
    ],
)
def test_one_contrary_point_outweighs_all_other_words(one: str, other: str) -> None:
    assert agree(one, other) < 0.5 < agree(one, one)


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("Paris", "Paris.", 1),
        ("Paris", "The capital is Paris.", 1),
        ("Paris", "Lyon", 0),
        ("42", "The answer is 42.", 1),
        ("42", "41", 0),
        ("Yes.", "Yes, it is.", 1),
        ("Yes.", "No.", 0),
        ("Yes, the Nile is in Egypt.", "No, the Nile is in Egypt.", 0),
    ],
)
def test_short_answers(one: str, other: str, value: float) -> None:
    question = "What is the capital? What is the answer?"
    assert agree(one, other, question) == agree(other, one, question) == value


def test_words_of_the_question_count_for_nothing() -> None:
    question = "Which river flows through the old town of Kamnik?"
    one = "The river that flows through the old town of Kamnik is the Bistrica."
    other = "The river that flows through the old town of Kamnik is the Sava."
    assert agree(one, other, question) == 0
    assert agree(one, other) > 0.2


def test_each_statement_is_borne_out_by_itself() -> None:
    one, claims = state("Verdi wrote it. It was first heard in Cairo.")
    found = borne_out(one, state("Verdi wrote it. It was first heard in Milan.")[0])
    assert [claim.text for claim in claims] == ["Verdi wrote it.", "It was first heard in Cairo."]
    assert found[0] == 1
    assert found[1] < 0.5


def test_answers_that_state_nothing_agree_where_they_are_the_same() -> None:
    assert agree("What do you mean?", "what do you mean") == 1
    assert agree("What do you mean?", "Which one?") == 0


@given(st.text(st.characters(exclude_categories=()), max_size=300), st.text(max_size=50))
def test_what_is_recorded_is_all_that_is_compared(answer: str, question: str) -> None:
    stated, claims = state(answer, question)
    assert len(stated.items) == len(claims)
    assert read_signature(stated.signature) == stated
    assert agreement(stated, stated) == 1


@given(st.text(max_size=200), st.text(max_size=200))
def test_agreement_is_a_share_and_has_no_direction(one: str, other: str) -> None:
    found = agree(one, other)
    assert 0 <= found <= 1
    assert found == pytest.approx(agree(other, one))


def test_the_signature_is_bounded() -> None:
    words = " ".join(f"w{i}x" for i in range(500))
    stated, _ = state(f"{words}. " * 300)
    assert len(stated.items) <= MAX_STATEMENTS
    assert len(stated.signature) < 120_000


@pytest.mark.parametrize("text", ["", "2y00000000", "1y0000000", "1-00000000;zz..", "AAAA"])
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no signature"):
        read_signature(text)
