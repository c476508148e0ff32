"""What an answer asserts of all that it mentions: not what it denies, nor one of two that it leaves
open."""

from __future__ import annotations

import re
from typing import Final

from llmeval.scorers.options import ANSWER_MARK
from llmeval.scorers.text import Span, fold, sentences

__all__ = ["asserted", "stated_in"]

_DENIED: Final = re.compile(
    r"(?<!\w)(?:not(?! only)|never|cannot|\w+n't|neither|nor|rather than|instead of|unlike|except"
    r"|contrary to|nicht(?! nur)|kein\w*|niemals|statt|anstatt|anstelle von|weder"
    r"|pas(?! seulement)|jamais|au lieu de|plutot que|no(?! solo)|nunca|en lugar de|en vez de"
    r"|non(?! solo)|mai|invece di|nao(?! so)|em vez de)\s+(?:[\w']+\s+){0,2}[\"'(*_]*\Z"
)
_OR: Final = r"(?:or|oder|ou|o|bzw\.?|and/or)"
_OPEN_BEFORE: Final = re.compile(rf"[\w%\"')*]\s*,?\s+{_OR}\s+(?:the\s+|a\s+)?[\"'(*_]*\Z")
_OPEN_AFTER: Final = re.compile(rf"[\"')*_]*\s*,?\s+{_OR}\s+(?:the\s+|a\s+)?[\"'(*_]*(?=\w)")
_REACH: Final = 48
_DEFINITE: Final = 8
"""Words up to which what follows "the answer is" is taken for the answer itself."""


def stated_in(answer: str) -> list[Span]:
    """Return where to look for the answer proper: the sentence after the last "the answer is" or
    "Answer:", then all of it; where that sentence is short, it alone."""
    folded = fold(answer)
    whole = (0, len(folded))
    marks = [match.end() for match in ANSWER_MARK.finditer(folded)]
    first = next(iter(sentences(folded[marks[-1] :])), None) if marks else None
    if first is None:
        return [whole]
    stated = (marks[-1] + first[0], marks[-1] + first[1])
    definite = len(folded[slice(*stated)].split()) <= _DEFINITE
    return [stated] if definite else [stated, whole]


def asserted(folded: str, span: Span, others: re.Pattern[str] | None = None) -> bool:
    """Whether the mention at ``span`` of folded text is asserted: not denied in the words before
    it, and not one of two alternatives, unless ``others`` matches the other one too."""
    start, end = span
    before = folded[max(0, start - _REACH) : start]
    if _DENIED.search(before) or _OPEN_BEFORE.search(before):
        return bool(others) and not _DENIED.search(before) and _accepted(folded, start, others)
    after = _OPEN_AFTER.match(folded, end)
    return not after or bool(others and others.match(folded, after.end()))


def _accepted(folded: str, start: int, others: re.Pattern[str] | None) -> bool:
    before = folded[max(0, start - 4 * _REACH) : start]
    return bool(others) and any(
        re.fullmatch(rf"\W*\s*{_OR}\s+\W*", before[match.end() :])
        for match in (others.finditer(before) if others else ())
    )
