"""Windows lose nothing: every sentence, and every two neighbours, stand in one of them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from llmeval.scorers.evidence import read_evidence
from llmeval.scorers.trained.nli_premises import fitting, nearest_first, windows


def words_in(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=40), st.integers(12, 40))
def test_windows_hold_every_piece_within_their_size(sizes: list[int], most: int) -> None:
    pieces = {(100 * i, 100 * i + 50): size for i, size in enumerate(sizes)}
    found = windows(pieces, most)
    held = [[span for span in pieces if a <= span[0] and span[1] <= b] for a, b in found]
    assert {span for window in held for span in window} == set(pieces)
    assert all(sum(pieces[span] for span in window) <= most for window in held)
    # Each window ends later than the one before it: none is asked for nothing.
    assert [b for _, b in found] == sorted({b for _, b in found})


def test_neighbours_that_fit_together_stand_together() -> None:
    pieces = {(10 * i, 10 * i + 9): 5 for i in range(9)}
    found = windows(pieces, 20)
    for first, second in pairwise(pieces):
        assert any(a <= first[0] and second[1] <= b for a, b in found), (first, second)


@given(st.text(st.sampled_from("ab \n"), min_size=1, max_size=300), st.integers(1, 9))
def test_long_sentences_are_cut_until_they_fit(text: str, most: int) -> None:
    cut = fitting(text, [(0, len(text))], most, words_in)
    assert "".join(text[a:b] for a, b in cut) == text
    assert all(tokens <= most or b - a < 2 for (a, b), tokens in cut.items())


def test_the_nearest_sentences_are_asked_of_many() -> None:
    context = " ".join(f"The gate number {i} is painted in colour {i}." for i in range(100, 160))
    evidence = read_evidence(context)
    pieces = fitting(context, evidence.spans, 20, words_in)
    asked = list(nearest_first("Gate 142 is red.", evidence, list(pieces), windows(pieces, 20)))
    assert len(asked) <= 14
    shortest = min(asked, key=lambda span: span[1] - span[0])
    assert "142" in context[slice(*shortest)]
