from __future__ import annotations

from typing import Any

import pytest
from scorer_samples import scored, unscored

from llmeval.scorers import groundedness

CONTEXTS = {
    "en": "The town library of Harrow Bay opened in 1931. It holds 48,000 books and lends about "
    "300 of them a day. The mayor, Ingrid Solheim, closed the reading room in March 2018. Entry is "
    "free.",
    "de": "Die Stadtbibliothek von Lindau wurde 1931 eröffnet. Sie besitzt 48.000 Bücher und "
    "verleiht täglich etwa 300 davon. Der Lesesaal ist montags geschlossen.",
    "fr": "La bibliothèque de Rouvray a ouvert en 1931. Elle possède 48 000 livres et en prête "
    "environ 300 par jour. La salle de lecture est fermée le lundi.",
    "es": "La biblioteca de Robledo abrió en 1931. Tiene 48.000 libros y presta unos 300 al día. "
    "La sala de lectura está cerrada los lunes.",
}
GROUNDED = [
    ("en", "It holds 48,000 books."),
    ("en", "The library has 48000 books."),
    ("en", "48,000"),
    ("en", "The Harrow Bay library was opened in 1931."),
    ("en", "About three hundred books are lent a day."),
    ("en", "Ingrid Solheim closed the reading room in March 2018."),
    ("en", "Yes, entry is free."),
    ("en", "The library opened in 1931 and holds 48,000 books."),
    ("en", "I don't know: the context does not say."),
    ("de", "Die Bibliothek wurde 1931 eröffnet."),
    ("de", "Sie besitzt 48.000 Bücher."),
    ("de", "Der Lesesaal ist montags geschlossen."),
    ("de", "Das steht nicht im Text."),
    ("fr", "Elle possède 48 000 livres."),
    ("fr", "La salle de lecture est fermée le lundi."),
    ("fr", "Le texte ne le dit pas."),
    ("es", "La biblioteca abrió en 1931."),
    ("es", "Tiene 48.000 libros."),
    ("es", "El texto no lo dice."),
]
UNGROUNDED = [
    ("en", "It holds 84,000 books."),
    ("en", "It holds 48 books."),
    ("en", "The library opened in 1932."),
    ("en", "Karl Weber closed the reading room in March 2018."),
    ("en", "Ingrid Solheim closed the reading room in April 2018."),
    ("en", "Ingrid Solheim opened the reading room. Entry is not free."),
    (
        "en",
        "The library opened in 1931. It was designed by the architect Edward Harland of Velmora.",
    ),
    ("en", "Only members may borrow anything, despite the free entry."),
    ("en", "I love my own library so much, it makes me happy."),
    ("en", "Whales migrate across the southern ocean every winter."),
    ("en", "The context does not say. However, it was Professor Harland of Velmora, in 1740."),
    ("de", "Die Bibliothek wurde 1941 eröffnet."),
    ("de", "Sie besitzt 84.000 Bücher."),
    ("de", "Der Lesesaal ist montags nicht geschlossen."),
    ("de", "Das war Professor Harland aus Velmora im Jahr 1740."),
    ("fr", "Elle possède 84 000 livres."),
    ("fr", "C'était le professeur Harland de Velmora, en 1740."),
    ("es", "La biblioteca abrió en 1941."),
    ("es", "Fue el profesor Harland de Velmora, en 1740."),
]


@pytest.mark.parametrize(("language", "answer"), GROUNDED)
def test_grounded(language: str, answer: str) -> None:
    found = scored(groundedness(), answer, {"context": CONTEXTS[language]})
    assert found.label == "grounded", found
    assert found.value >= 0.5


@pytest.mark.parametrize(("language", "answer"), UNGROUNDED)
def test_ungrounded(language: str, answer: str) -> None:
    found = scored(groundedness(), answer, {"context": CONTEXTS[language]})
    assert found.label == "ungrounded", found
    assert found.value < 0.5
    assert found.explanation


def test_claims_point_into_answer_and_context() -> None:
    answer = "Entry is free.\nIt holds 84,000 books."
    found = scored(groundedness(), answer, {"context": CONTEXTS["en"]})
    wrong, right = found.evidence["claims"]  # type: ignore[index]
    assert (wrong["supported"], right["supported"]) == (False, True)
    assert answer[slice(*wrong["span"])] == wrong["text"] == "It holds 84,000 books."
    assert answer[wrong["start"] : wrong["end"]] == wrong["text"]
    assert CONTEXTS["en"][slice(*right["support_span"])] == "Entry is free."
    assert right["support"] == right["support_span"]
    assert right["reason"] == "supported"
    assert "84000" in wrong["reason"]
    assert found.evidence["backend"] == "lexical"  # type: ignore[index]


def test_spans_point_into_the_joined_texts_of_a_list() -> None:
    passages = ["The hall has 300 seats.", "The bar has 12 stools.\nIt opens at nine."]
    answer = "It opens at nine. The bar has 12 stools. Whales sing in the southern ocean."
    found = scored(groundedness(), answer, {"context": passages})
    claims = {c["text"]: c for c in found.evidence["claims"]}  # type: ignore[index]
    joined = "\n\n".join(passages)
    for text in ("It opens at nine.", "The bar has 12 stools."):
        assert joined[slice(*claims[text]["support_span"])] == text
        assert answer[slice(*claims[text]["span"])] == text
    assert claims["Whales sing in the southern ocean."]["support_span"] is None


def test_an_abstention_makes_no_claim() -> None:
    found = scored(groundedness(), "I don't know.", {"context": CONTEXTS["en"]})
    assert (found.value, found.evidence) == (0.75, {"claims": [], "backend": "lexical"})


def test_a_question_asserts_nothing() -> None:
    found = scored(groundedness(), "Which library do you mean?", {"context": CONTEXTS["en"]})
    assert (found.value, found.label) == (0.5, "grounded")


def test_the_question_may_be_repeated() -> None:
    inputs = {"context": "Open from nine to five.", "question": "When is the Tivoli museum open?"}
    assert (
        scored(groundedness(), "The Tivoli museum is open from nine to five.", inputs).value >= 0.5
    )
    partly = "It is open from nine to five. The text does not say who runs the Tivoli museum."
    assert scored(groundedness(), partly, inputs).value >= 0.5


def test_a_context_may_be_a_list_under_another_name() -> None:
    inputs = {"passages": ["The hall has 300 seats.", "The bar has 12 stools."]}
    assert scored(groundedness("passages"), "The bar has 12 stools.", inputs).value >= 0.5


def test_long_answers_show_their_unsupported_claims_first() -> None:
    answer = "Entry is free. " * 80 + "It holds 84,000 books."
    claims = scored(groundedness(), answer, {"context": CONTEXTS["en"]}).evidence["claims"]  # type: ignore[index]
    assert len(claims) == 50
    assert not claims[0]["supported"]


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        ({}, "missing_input"),
        ({"context": ""}, "missing_input"),
        ({"context": 3}, "missing_input"),
        ({"context": ["a", 3]}, "missing_input"),
        ({"context": "x" * 1_000_001}, "too_long"),
    ],
)
def test_a_broken_context_is_not_scored(inputs: dict[str, Any], kind: str) -> None:
    found = unscored(groundedness(), "An answer.", inputs)
    assert found.not_scored == kind
    assert "context" in found.reason


def test_empty_and_huge_answers_are_not_scored() -> None:
    inputs = {"context": CONTEXTS["en"]}
    assert unscored(groundedness(), " ", inputs).not_scored == "empty"
    assert unscored(groundedness(), "a " * 60_000, inputs).not_scored == "too_long"


def test_a_number_from_elsewhere_weakens_a_claim() -> None:
    context = "The hall has 300 seats. It is old. It is red. It is cold. The bar has 12 stools."
    right = scored(groundedness(), "The bar has 12 stools.", {"context": context})
    wrong = scored(groundedness(), "The bar has 300 stools.", {"context": context})
    assert wrong.value < right.value


def test_courtesies_around_an_answer_are_no_claims() -> None:
    answer = "Of course!\nIt holds 48,000 books.\nLet me know what else you need!"
    found = scored(groundedness(), answer, {"context": CONTEXTS["en"]})
    assert [c["text"] for c in found.evidence["claims"]] == ["It holds 48,000 books."]  # type: ignore[index]


@pytest.mark.parametrize(
    "around",
    [
        "Certainly. {}",
        "Sure! {} Let me know if you need more.",
        "{} I hope this helps!",
        "Here is what the text says:\n{}",
        "Key facts:\n{}",
        "{} If you have any other questions, feel free to ask.",
        "{} I'm happy to help!",
    ],
)
def test_what_stands_around_an_answer_decides_nothing(around: str) -> None:
    for books, label in (("48,000", "grounded"), ("52,000", "ungrounded")):
        answer = around.format(f"It holds {books} books.")
        assert scored(groundedness(), answer, {"context": CONTEXTS["en"]}).label == label


@pytest.mark.parametrize(
    "answer",
    [
        "Sure, it stands in Spain",
        "Yes, it stands in Spain",
        "Let me know, the head is Jane Doe.",
        "If you need the head, it is Jane Doe of Spain.",
        "I hope that helps, the head is Jane Doe.",
        "The head is Jane:",
    ],
)
def test_what_only_looks_like_a_courtesy_is_a_claim(answer: str) -> None:
    assert scored(groundedness(), answer, {"context": CONTEXTS["en"]}).label == "ungrounded"


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("No, entry costs 5 euros.", "grounded"),
        ("No, entry costs 6 euros.", "ungrounded"),
        ("No, entry does not cost 5 euros.", "ungrounded"),
        ("No entry costs 5 euros.", "ungrounded"),
    ],
)
def test_a_no_that_answers_a_question_does_not_deny_what_follows(answer: str, label: str) -> None:
    assert scored(groundedness(), answer, {"context": "Entry costs 5 euros."}).label == label


def test_at_most_400_claims_are_read() -> None:
    answer = "Entry is free. " * 500
    assert scored(groundedness(), answer, {"context": CONTEXTS["en"]}).label == "grounded"


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("The firm lost 5 million dollars.", "grounded"),
        ("The firm lost 6 million dollars.", "ungrounded"),
        ("The train leaves at 13:34.", "grounded"),
        ("The train leaves at 1:24 PM.", "ungrounded"),
        ("The train leaves in the second half of the text.", "grounded"),
    ],
)
def test_numbers_are_the_same_however_they_are_written(answer: str, label: str) -> None:
    context = "The firm lost 5 mln dollars. In the second text, the train leaves at 1:34 PM."
    assert scored(groundedness(), answer, {"context": context}).label == label


DENIED = "Acme was founded in 1990. It does not sell in Asia. The museum is not open on Mondays."


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("Acme sells in Asia.", "ungrounded"),
        ("Acme does not sell in Asia.", "grounded"),
        ("The museum is open on Mondays.", "ungrounded"),
        ("The museum isn't open on Mondays.", "grounded"),
        ("Acme was founded in 1990.", "grounded"),
    ],
)
def test_what_the_context_denies_is_not_grounded_in_it(answer: str, label: str) -> None:
    found = scored(groundedness(), answer, {"context": DENIED})
    assert found.label == label
    assert ("denies" in (found.explanation or "")) == (label == "ungrounded")
