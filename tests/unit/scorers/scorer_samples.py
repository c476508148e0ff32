"""Samples for scorer tests."""

from __future__ import annotations

from typing import Any

from llmeval.ports import Scorer
from llmeval.records import Case, NotScored, Response, Sample, Score

SURROGATE = "\ud83d broken \udc00"
HOSTILE = {
    "one letter": "a" * 1_000_000,
    "words": "the cat sat on the mat 12 " * 40_000,
    "sentences": "You are kind to all. " * 50_000,
    "brackets": "[" * 1_000_000,
    "braces": '{"a":' * 200_000,
    "quotes": '"' * 1_000_000,
    "escapes": '{"a":"\\' * 100_000,
    "digits": "9" * 1_000_000,
    "numbers": "1," * 500_000,
    "array": "[" + "1," * 400_000 + "1]",
    "line ends": "\n" * 999_999 + "x",
    "full stops": ". " * 500_000 + "x",
    "surrogates": "\ud800" * 100_000,
    "every byte": "".join(map(chr, range(256))) * 4_000,
    "right to left": "مرحبا \u202e world " * 50_000,
    "odd digits": "①²³٣ " * 50_000,
    "elisions": "l'" * 500_000,
    "stars": "*" * 1_000_000,
    "negations": "it is not " * 100_000,
    "people": "women are " * 100_000,
    "fence": "```json\n" + "x" * 900_000,
}


def sample(
    text: str,
    inputs: dict[str, Any] | None = None,
    expected: Any = None,
    tags: dict[str, str] | None = None,
    finish_reason: str = "stop",
) -> Sample:
    case = Case("case-1", inputs or {}, expected, tags or {})
    return Sample(case, (), Response(text, finish_reason))


def judge(scorer: Scorer, *args: Any, **kwargs: Any) -> Score | NotScored:
    """Score one sample, given as ``sample``'s arguments."""
    (found,) = scorer.score([sample(*args, **kwargs)])
    return found


def scored(scorer: Scorer, *args: Any, **kwargs: Any) -> Score:
    found = judge(scorer, *args, **kwargs)
    assert isinstance(found, Score), found
    return found


def unscored(scorer: Scorer, *args: Any, **kwargs: Any) -> NotScored:
    found = judge(scorer, *args, **kwargs)
    assert isinstance(found, NotScored), found
    return found
