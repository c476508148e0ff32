from __future__ import annotations

import pytest
from scorer_samples import scored, unscored

from llmeval.scorers import abstention
from llmeval.scorers.abstaining import abstention_in

CONTEXT = (
    "The town library of Harrow Bay opened in 1931. It holds 48,000 books. It is closed on Mondays."
)

ABSTAINS = [
    "I don't know: the context does not say.",
    "The context does not mention who designed it.",
    "The text doesn't say.",
    "This is not stated in the text.",
    "Not mentioned.",
    "Unknown",
    "I cannot answer this from the context. Please provide more information.",
    "There is no information about the architect.",
    "Unfortunately, the passage provides no answer to that question.",
    "It cannot be determined from the text.",
    "The context does not say who designed it. It only says that the library opened in 1931.",
    "Sorry, I can't find that in the document. If you have another source, I am happy to look.",
    "Das steht nicht im Text.",
    "Das weiß ich nicht: Der Kontext enthält dazu keine Angabe.",
    "Der Text nennt keinen Architekten.",
    "Darüber gibt der Kontext keine Auskunft.",
    "Im Text wird nicht erwähnt, wer es entworfen hat.",
    "Ich kann die Frage anhand des Kontexts leider nicht beantworten.",
    "Je ne sais pas : le contexte ne le précise pas.",
    "Le texte ne le dit pas.",
    "Cela n'est pas mentionné dans le texte.",
    "Il n'y a aucune information à ce sujet.",
    "No lo sé: el contexto no lo dice.",
    "El texto no lo menciona.",
    "No se menciona en el texto.",
    "No hay información suficiente.",
    "Non lo so: il testo non lo dice.",
    "Il contesto non specifica chi l'ha progettata.",
    "Não sei: o texto não diz.",
    "O contexto não menciona isso.",
]
ANSWERS = [
    "It holds 48,000 books.",
    "It is closed on Mondays.",
    "Sie ist montags nicht geöffnet.",
    "La baignade n'est pas autorisée en aval du barrage.",
    "El baño no está permitido debajo de la presa.",
    "The library is not open on Mondays.",
    "The context says that it opened in 1931.",
    "The context does not say. However, it was designed by John Smith in 1920.",
    "I don't know for sure, but it was built by the architect Edward Harland of Velmora.",
    "Das steht nicht im Text. Entworfen hat sie der Architekt Karl Meier aus Hamburg im Jahr 1920.",
    "Je ne sais pas, mais c'était l'architecte Paul Martin de Lyon en 1920.",
    "No lo sé, pero fue el arquitecto Pablo Torres de Sevilla en 1920.",
]


@pytest.mark.parametrize("answer", ABSTAINS)
def test_abstentions(answer: str) -> None:
    right = scored(abstention(), answer, {"context": CONTEXT}, tags={"answerable": "no"})
    over = scored(abstention(), answer, {"context": CONTEXT}, tags={"answerable": "yes"})
    assert (right.label, right.value) == ("abstained", 1)
    assert (over.label, over.value) == ("over_abstained", 0)
    assert right.evidence["declines"]  # type: ignore[index]


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers(answer: str) -> None:
    known = {"context": CONTEXT + " El baño no está permitido debajo de la presa."}
    right = scored(abstention(), answer, known, tags={"answerable": "yes"})
    wrong = scored(abstention(), answer, known, tags={"answerable": "no"})
    assert (right.label, right.value) == ("answered", 1)
    assert (wrong.label, wrong.value) == ("fabricated", 0)
    assert wrong.explanation


def test_a_negative_sentence_of_the_text_is_an_answer() -> None:
    text = "Il n'est pas précisé sur le panneau."
    assert abstention_in(text).holds
    assert not abstention_in(text, f"Avis. {text} Merci.").holds


def test_spans_point_into_the_answer() -> None:
    answer = "Straße: Das weiß ich nicht. Es war der Architekt Karl Meier aus Hamburg im Jahr 1920."
    found = abstention_in(answer)
    assert [answer[a:b] for a, b in found.declines] == ["Straße: Das weiß ich nicht."]
    assert [answer[a:b] for a, b in found.asserts] == [answer[28:]]


def test_answerable_may_be_an_input_and_must_be_yes_or_no() -> None:
    assert scored(abstention("ok"), "42", {"ok": True}).label == "answered"
    assert "'answerable'" in unscored(abstention(), "x").reason
    assert "yes or no" in unscored(abstention(), "x", tags={"answerable": "perhaps"}).reason


def test_an_empty_answer_is_not_scored() -> None:
    assert unscored(abstention(), " \n", tags={"answerable": "no"}).not_scored == "empty"
