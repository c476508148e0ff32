"""Claims of ``groundedness`` name their places: characters of the answer and of the context."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scorer_samples import judge, scored

from llmeval.records import Score
from llmeval.scorers import citations, groundedness, self_consistency
from llmeval.scorers.findings import clip

SENTENCES = st.sampled_from(
    (
        "Entry is free.",
        "It holds 48,000 books!",
        "Dr. Ann Solheim closed it in March 2018.",
        "Is it open?",
        "𝔘nd 👩‍🔬 sagt: „Ja.“",
        "- ein Punkt\r\n- noch einer",
        "e\u0301te\u0301 à Paris…",
        "\u202emirrored\u202c text.",
        "\ud800 broken.",
        "See https://a.org/x and ISBN 0-306-40615-3.",
    )
)
WITHOUT_SUPPORT = (
    "says that the context does not tell",
    "holds nothing that could be checked",
)
"""Why a claim may be supported by no stretch of the context."""
TEXTS = st.lists(st.tuples(SENTENCES, st.sampled_from((" ", "\n", "\n\n", "\t"))), min_size=1).map(
    lambda parts: "".join(a + b for a, b in parts)
)


def places(found: Score, key: str = "claims") -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = found.evidence[key]
    return entries


@given(answer=TEXTS, contexts=st.lists(TEXTS, min_size=1, max_size=3))
def test_spans_point_at_what_they_say(answer: str, contexts: list[str]) -> None:
    joined = "\n\n".join(contexts)
    found = judge(groundedness(), answer, {"context": contexts})
    msgspec.json.encode(found)
    if not isinstance(found, Score):
        return
    seen = set()
    for claim in places(found):
        start, end = claim["span"]
        assert 0 <= start < end <= len(answer)
        assert claim["text"] == clip(answer[start:end])
        assert claim["reason"]
        seen.add((start, end))
        if claim["support_span"] is not None:
            a, b = claim["support_span"]
            assert 0 <= a < b <= len(joined)
            assert joined[a:b].strip()
        else:
            assert not claim["supported"] or claim["reason"] in WITHOUT_SUPPORT
    assert len(seen) == len(places(found))
    ordered = sorted(seen)
    assert all(one[1] <= two[0] for one, two in pairwise(ordered))


@given(answer=TEXTS, context=TEXTS)
def test_citations_and_repeated_claims_have_spans_too(answer: str, context: str) -> None:
    found = scored(citations(), answer, {"context": context})
    for one in places(found, "citations"):
        start, end = one["span"]
        assert answer[start:end] in ("https://a.org/x", "ISBN 0-306-40615-3")
        if one["support_span"]:
            a, b = one["support_span"]
            assert context[a:b] == answer[start:end]
    again = scored(self_consistency(), answer, {"samples": [context]})
    for claim in places(again):
        start, end = claim["span"]
        assert claim["text"] == clip(answer[start:end])


@pytest.mark.parametrize("words", ["Entry is free of charge.", "The library holds 48,000 books."])
def test_the_support_of_a_copied_claim_is_the_sentence_that_it_copies(words: str) -> None:
    context = f"The hall was built in 1931. {words} Dogs stay outside."
    (claim,) = places(scored(groundedness(), words, {"context": context}))
    assert context[slice(*claim["support_span"])] == words


def test_spans_count_characters_not_bytes_and_survive_a_record(tmp_path: Path) -> None:
    answer = "👩‍🔬 Entry is free. It holds 84,000 books."
    context = "𝔄 hall. Entry is free. It holds 48,000 books."
    found = scored(groundedness(), answer, {"context": context})
    path = tmp_path / "found.json"
    path.write_bytes(msgspec.json.encode(found))
    read = msgspec.json.decode(path.read_bytes(), type=Score)
    wrong = next(claim for claim in places(read) if not claim["supported"])
    assert answer[slice(*wrong["span"])] == "It holds 84,000 books."
    assert context[slice(*wrong["support_span"])] == "It holds 48,000 books."
