"""Where an answer says what was expected: in the same words, the same number, the same date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from llmeval.scorers.facts import readings_of
from llmeval.scorers.factual.asserted import asserted, stated_in
from llmeval.scorers.factual.calendar_dates import CalendarDate, dates_in, says
from llmeval.scorers.factual.quantities import Quantity, quantities_in, same
from llmeval.scorers.factual.references import YES_NO, Reference
from llmeval.scorers.lexicons.numbers import NUMBER_WORDS
from llmeval.scorers.options import chosen
from llmeval.scorers.text import Span, fold

__all__ = ["Answer", "mention_of", "plain_words", "read_answer"]

_WORD: Final = re.compile(r"\d+(?:[.,:]\d+)*|[^\W_]+(?:'[^\W_]+)*[+#]*")
_ORDINAL: Final = re.compile(r"(\d+)(?:st|nd|rd|th)\Z")
_ARTICLES: Final = frozenset(
    (
        *("a", "an", "the", "der", "die", "das", "dem", "den", "des", "le", "la", "les", "el"),
        *("los", "las", "il", "lo", "gli", "os", "as"),
    )
)
_TRUTHS: Final = {wording: truth for truth, wording in YES_NO}
_JOINING: Final = frozenset(["and", "or", "und", "oder", "et", "ou", "y", "o", "e"])
_UNSURE: Final = frozenset(("second", "once", "onze", "sei", "due"))
_AND: Final = re.compile(r"\s+(?:and|und|et|y|e)\s+\Z")
_BETWEEN: Final = re.compile(r"(?<!\w)(?:between|zwischen|entre|tra|fra)\s+\Z")
_RANGE: Final = re.compile(r"\s*(?:-|–|—|to|bis|a|ate|hasta|fino a)\s*\Z")


class Word(NamedTuple):
    """A word as it is compared, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer read once: folded, as words, with its quantities and dates, and the stretches in
    which the answer proper may stand, the likeliest first."""

    text: str
    folded: str
    words: tuple[Word, ...]
    quantities: tuple[Quantity, ...]
    dates: tuple[tuple[CalendarDate, Span], ...]
    stretches: tuple[Span, ...]


def read_answer(text: str, language: str) -> Answer:
    """Read an answer."""
    folded = fold(text)
    return Answer(
        text,
        folded,
        plain_words(text),
        tuple(quantities_in(text, language)),
        tuple(dates_in(text)),
        tuple(stated_in(text)),
    )


def plain_words(text: str) -> tuple[Word, ...]:
    """Return the words of a text without articles; number words as digits, 1,500 as 1500."""
    folded = fold(text)
    found = []
    for match in _WORD.finditer(folded):
        word = match.group().removesuffix("'s")
        if word not in _ARTICLES:
            found.append(Word(_plain(word), match.start(), match.end()))
    return tuple(found)


@lru_cache(maxsize=16_384)
def _plain(word: str) -> str:
    if word in NUMBER_WORDS and word not in _UNSURE:
        return f"{NUMBER_WORDS[word]:g}"
    ordinal = _ORDINAL.match(word)
    digits = ordinal[1] if ordinal else word
    if digits[0].isdecimal() and ":" not in digits:
        return f"{readings_of(digits, True)[0]:.15g}"
    return word


def mention_of(
    wanted: Reference, answer: Answer, accepted: Sequence[Reference], tolerance: float
) -> Span | None:
    """Return where the answer asserts ``wanted``, or ``None``.

    ``accepted`` are all answers that are right: "Bonn or Bonna" asserts both, where both are.
    """
    if wanted.truth is not None:
        said = None if _says_both(answer.folded) else chosen(answer.text, YES_NO)
        return (0, len(answer.text)) if said == int(wanted.truth) else None
    others = _pattern(tuple(fold(r.text) for r in accepted))
    for start, end in answer.stretches:
        for span in _places(wanted, answer, tolerance):
            inside = start <= span[0] and span[1] <= end
            if inside and asserted(answer.folded, span, others):
                return span
    return None


def _says_both(folded: str) -> bool:
    """Whether the answer begins with "yes and no", "ja oder nein" or the like."""
    first, joined, third, *_ = [*_WORD.findall(folded[:60]), "", "", ""]
    both = joined in _JOINING and {first, third} <= _TRUTHS.keys()
    return both and _TRUTHS[first] != _TRUTHS[third]


def _places(wanted: Reference, answer: Answer, tolerance: float) -> list[Span]:
    if wanted.quantity is not None:
        return [
            found.span
            for found in answer.quantities
            if same(wanted.quantity, found, tolerance) and not _in_range(answer, found)
        ]
    if wanted.date is not None:
        return [span for date, span in answer.dates if says(wanted.date, date)]
    return _runs(tuple(w.text for w in plain_words(wanted.text)), answer.words)


def _runs(wanted: tuple[str, ...], words: Sequence[Word]) -> list[Span]:
    """Return where the wanted words stand one after the other."""
    size = len(wanted)
    if not size:
        return []
    return [
        (words[i].start, words[i + size - 1].end)
        for i in range(len(words) - size + 1)
        if words[i].text == wanted[0] and tuple(w.text for w in words[i : i + size]) == wanted
    ]


def _in_range(answer: Answer, one: Quantity) -> bool:
    """Whether a quantity is an end of a range ("10 to 15"), which says neither."""
    for other in answer.quantities:
        first, second = sorted((one.span, other.span))
        between = answer.folded[first[1] : second[0]]
        if other is one or len(between) > 12:
            continue
        before = answer.folded[max(0, first[0] - 12) : first[0]]
        if _RANGE.match(between) or (_AND.match(between) and _BETWEEN.search(before)):
            return True
    return False


@lru_cache(maxsize=1_024)
def _pattern(texts: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(filter(None, texts), key=len, reverse=True)
    return re.compile("(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)")
