from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.scorers.evidence import nearest_sentence, read_evidence
from llmeval.scorers.facts import facts_of
from llmeval.scorers.signals import coverage_of, explained, far_numbers, opposites
from llmeval.scorers.text import stem


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("48,000 books", {48000}),
        ("48.000 books", {48000, 48}),
        ("48\u202f000 livres", {48000}),
        ("1,234,567", {1234567}),
        ("1.234,5", {1234.5}),
        ("3.5 million", {3.5e6}),
        ("two thousand", {2000}),
        ("twenty-five", {25}),
        ("zwölf", {12}),
        ("veinte", {20}),
        ("a second chance", set()),
        ("21:45", {21.75, 9.75}),
        ("9:45", {9.75, 21.75}),
        ("3:0", {3, 15}),
        ("45:90", {46.5}),
        ("5 mln bucks", {5e6}),
        ("5m", {5, 5e6}),
        ("12 mil", {12e3, 12e6}),
        ("3 Mrd. Euro", {3e9}),
        ("٣", {3}),
    ],
)
def test_numbers(text: str, readings: set[float]) -> None:
    found = facts_of(text, "en").numbers
    assert {r for n in found for r in n} == readings


def test_names_months_and_negation() -> None:
    facts = facts_of("The mayor, Ann O'Hara of NATO, did not come in March.", "en")
    assert {stem("nato"), "ann"} <= facts.names
    assert facts.months == {3}
    assert facts.negations == 1
    assert facts_of("Der Bürgermeister kam nicht nach Haus.", "de").names == frozenset()


@given(
    st.text(st.characters(exclude_categories=()), max_size=200), st.sampled_from(["en", "de", "fr"])
)
def test_any_text_can_be_read(text: str, language: str) -> None:
    facts = facts_of(text, language)
    assert len(facts.content) == len(facts.forms)


def test_a_context_is_read_once() -> None:
    assert read_evidence("One text.") is read_evidence("One text.")


def test_the_nearest_sentence_shares_most() -> None:
    evidence = read_evidence("The shop sells bread. The library lends books. Dogs bark.")
    nearest, near = nearest_sentence(facts_of("The library has books.", "en"), evidence)
    assert (nearest, near) == (1, [1])
    assert nearest_sentence(facts_of("Whales sing.", "en"), evidence) == (None, [])


def test_coverage_counts_synonyms_and_forgets_the_question() -> None:
    evidence = read_evidence("Ann bought a large house.", "What did Zoe say?")
    assert explained("purchas", evidence)
    covered = coverage_of(facts_of("Zoe: Ann purchased a big house.", "en"), evidence, 0)
    assert covered.content == 1
    assert covered.sentence < 1


def test_opposites() -> None:
    evidence = read_evidence("The gate was opened. Entry is possible.")
    assert opposites(facts_of("The gate was closed.", "en"), evidence) == ["closed against open"]
    assert opposites(facts_of("Entry is impossible.", "en"), evidence)
    assert not opposites(facts_of("The gate was opened.", "en"), evidence)


def test_numbers_far_from_their_sentence() -> None:
    context = "The hall has 300 seats. It is old. It is red. It is cold. The bar has 12 stools."
    evidence = read_evidence(context)
    claim = facts_of("The bar has 300 stools.", "en")
    assert far_numbers(claim, evidence, nearest_sentence(claim, evidence)[1])
    right = facts_of("The bar has 12 stools.", "en")
    assert not far_numbers(right, evidence, nearest_sentence(right, evidence)[1])
