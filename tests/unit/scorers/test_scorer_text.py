from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.scorers.text import fold, language_of, sentences, stem, words


def split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Weber met Mrs. Hill. They spoke.", ["Dr. Weber met Mrs. Hill.", "They spoke."]),
        (
            "Es wurde am 3. Mai 2021 eröffnet. Schön.",
            ["Es wurde am 3. Mai 2021 eröffnet.", "Schön."],
        ),
        ("It opened in 1931. It closed.", ["It opened in 1931.", "It closed."]),
        ("It has 12. Then more.", ["It has 12.", "Then more."]),
        ("Pi is 3.14 here.", ["Pi is 3.14 here."]),
        ("- first\n- second\n\n", ["- first", "- second"]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("", []),
        ("... !!! \n", []),
        ("中文。第二句。", ["中文。", "第二句。"]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@given(st.text(max_size=300))
def test_sentences_are_in_order_and_hold_every_letter(text: str) -> None:
    spans = sentences(text)
    assert all(a < b for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    kept = "".join(text[a:b] for a, b in spans)
    assert sum(map(str.isalnum, kept)) == sum(map(str.isalnum, text))


def test_fold_drops_case_accents_and_fancy_quotes() -> None:
    assert fold("Été „GROSS“ Straße l’œuvre") == 'ete "gross" strasse l\'oeuvre'


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The library of the town is open on Mondays and it has a cafe."),
        ("de", "Die Bibliothek der Stadt ist montags geöffnet und hat ein Café."),
        ("fr", "La bibliothèque de la ville est ouverte le lundi et elle a un café."),
        ("es", "La biblioteca de la ciudad está abierta los lunes y tiene una cafetería."),
        ("it", "La biblioteca della città è aperta il lunedì e ha anche un caffè."),
        ("pt", "A biblioteca da cidade está aberta às segundas e tem também um café."),
        ("en", ""),
    ],
)
def test_language(language: str, text: str) -> None:
    assert language_of(words(fold(text))) == language


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ["open", "opens", "opened", "opening"]),
        ("en", ["library", "libraries"]),
        ("en", ["stop", "stopped", "stops"]),
        ("de", ["offnung", "offnungen"]),
        ("fr", ["ouvert", "ouverte", "ouvertes"]),
        ("es", ["abierto", "abierta", "abiertos"]),
        ("it", ["aperto", "aperta", "aperti"]),
        ("pt", ["aberto", "aberta", "abertos"]),
    ],
)
def test_inflected_forms_share_a_stem(language: str, forms: list[str]) -> None:
    assert len({stem(f, language) for f in forms}) == 1


def test_short_words_keep_their_letters() -> None:
    assert stem("bus") == "bus"
    assert stem("is") == "is"
