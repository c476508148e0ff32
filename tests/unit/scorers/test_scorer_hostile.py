"""Whatever an endpoint sends, every scorer answers within a bounded time, and can be recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scorer_samples import HOSTILE, judge, sample

import llmeval.scorers as scorers
from llmeval.ports import Scorer
from llmeval.records import NotScored, Score

INPUTS: dict[str, Any] = {
    "context": "The library opened in 1931. It holds 48,000 books.",
    "options": ["a cat", "a dog", "cannot be known"],
    "schema": {"type": "array", "uniqueItems": True, "items": {"pattern": "^(a+)+$"}},
}
ASKED_OTHERWISE = ("regex", "one_of", "giskard_check")
MAKERS: dict[str, Callable[[], Scorer]] = {
    **{name: getattr(scorers, name) for name in scorers.__all__ if name not in ASKED_OTHERWISE},
    "regex": lambda: scorers.regex(r"(x+x+)+y"),
    "one_of": lambda: scorers.one_of(("yes", "no")),
}
SECONDS = 3.0
"""One second is the aim; a busy machine gets three times that."""


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_huge_answer_is_scored_or_not_within_bounded_time(name: str, kind: str) -> None:
    scorer = MAKERS[name]()
    started = time.process_time()
    found = judge(scorer, HOSTILE[kind], INPUTS, 0, {"answerable": "no"})
    assert time.process_time() - started < SECONDS
    assert isinstance(found, Score | NotScored)
    msgspec.json.encode(found)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_huge_context_is_read_within_bounded_time(kind: str) -> None:
    started = time.process_time()
    judge(scorers.groundedness(), "It holds 48,000 books.", {"context": HOSTILE[kind]})
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", MAKERS)
@given(text=st.text(st.characters(exclude_categories=()), max_size=400))
def test_any_answer_is_scored_or_not(name: str, text: str) -> None:
    (found,) = MAKERS[name]().score([sample(text, INPUTS, 0, {"answerable": "no"})])
    msgspec.json.encode(found)
    if isinstance(found, Score):
        assert 0 <= found.value <= 1
    else:
        assert found.reason


@pytest.mark.parametrize("name", MAKERS)
def test_findings_come_in_order(name: str) -> None:
    batch = [sample(t, INPUTS, 0, {"answerable": "no"}) for t in ("one", "a cat", "[]", "no")]
    scorer = MAKERS[name]()
    together = scorer.score(batch)
    assert list(together) == [f for s in batch for f in scorer.score([s])]
    assert list(scorer.score([])) == []
