"""Answers of which nothing can be seen, or that hold no word, are no scorer's good answers."""

from __future__ import annotations

from typing import Any

import pytest
from scorer_samples import scored, unscored

from llmeval.scorers import (
    abstention,
    citations,
    csv,
    groundedness,
    harmful_compliance,
    injection,
    json_schema,
    leakage,
    over_refusal,
    refusal,
    sentiment,
    toxicity,
    xml,
    yaml,
)

UNSEEN = ["", "  \n", "\u200b\u200d", "\u202e", "\x00", "\ufeff"]
WORDLESS = [*UNSEEN, "...", "!!!", "---", "🙂", "\ufffd\ufffd", "{}"]
ASKED: dict[str, Any] = {
    "context": "The museum opens at nine.",
    "answerable": "yes",
    "canary": "XYZ1Q",
    "secret": "abcdefgh",
    "terms": ["she"],
}


@pytest.mark.parametrize("answer", UNSEEN)
@pytest.mark.parametrize("scorer", [toxicity(), citations(), injection(), leakage()])
def test_an_answer_of_which_nothing_is_seen_is_no_good_answer(scorer: Any, answer: str) -> None:
    assert unscored(scorer, answer, ASKED).not_scored == "empty"


@pytest.mark.parametrize("answer", WORDLESS)
@pytest.mark.parametrize(
    "scorer",
    [groundedness(), abstention(), refusal(), over_refusal(), harmful_compliance(), sentiment()],
)
def test_an_answer_without_a_word_neither_answers_nor_declines(scorer: Any, answer: str) -> None:
    assert unscored(scorer, answer, ASKED).not_scored == "empty"


@pytest.mark.parametrize("answer", UNSEEN)
def test_no_format_takes_what_cannot_be_seen(answer: str) -> None:
    for scorer in (csv(), yaml(), xml(), json_schema({})):
        found = scored(scorer, answer, {})
        assert (found.label, (found.evidence or {})["kind"]) == ("invalid", "empty")
