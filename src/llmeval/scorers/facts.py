"""What a sentence says that can be checked exactly: words, numbers, months, names, negation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.lexicons.numbers import ABBREVIATED, MONTHS, NUMBER_WORDS, SCALES
from llmeval.scorers.lexicons.polarity import NEGATIONS
from llmeval.scorers.text import fold, stem

__all__ = ["Facts", "Number", "facts_of", "is_number", "readings_of", "tokens_of"]

Number = tuple[float, ...]
"""A number as its possible readings: in an English text 1,500 is 1500; 1.500 may be 1.5 or 1500."""

_TOKEN = re.compile(r"(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?")
_NAME = re.compile(
    r"(?<!\A)(?<![.!?…:\n\"“*•-] )\b[A-ZÀ-ÖØ-Þ][\w'’.-]*\w|\b\w*[a-z][A-Z]\w*|\b[A-Z]{2,}\b"
)
_ELISION = re.compile(r"^(?:[ldjmtscn]|qu|dell|nell|sull|all|un)'(?=..)|'s$")
_AMBIGUOUS = frozenset(("second", "once", "onze", "sei", "due", "mars", "may", "mai", "sep", "dez"))


@dataclass(frozen=True, slots=True)
class Facts:
    """A sentence as checkable facts. ``tokens`` are folded words in order; ``content`` are the
    stems of those that carry meaning, and ``forms`` the words from which they were stemmed."""

    tokens: tuple[str, ...]
    content: tuple[str, ...]
    forms: tuple[str, ...]
    numbers: tuple[Number, ...]
    months: frozenset[int]
    names: frozenset[str]
    negations: int


def facts_of(text: str, language: str) -> Facts:
    """Read a sentence's facts."""
    tokens = tokens_of(fold(text))
    function = FUNCTION_WORDS[language]
    forms = tuple(
        t
        for t in tokens
        if len(t) > 1 and not is_number(t) and t not in function and t not in NEGATIONS
    )
    return Facts(
        tokens,
        tuple(stem(t, language) for t in forms),
        forms,
        tuple(_numbers(tokens, language)),
        frozenset(MONTHS[t] for t in tokens if t in MONTHS and t not in _AMBIGUOUS),
        # German writes every noun with a capital: capitals name nothing there.
        frozenset() if language == "de" else _names(text, language),
        sum(t in NEGATIONS or t.endswith("n't") for t in tokens),
    )


def is_number(token: str) -> bool:
    """Whether a token is a number, in digits or in words."""
    return token[0].isdecimal() or token in NUMBER_WORDS or token in SCALES


def tokens_of(folded: str) -> tuple[str, ...]:
    """Return the words and numbers of folded text, without elided articles and possessive 's."""
    found = _TOKEN.findall(folded)
    if "'" not in folded:
        return tuple(found)
    return tuple(_ELISION.sub("", t) if "'" in t else t for t in found)


def _names(text: str, language: str) -> frozenset[str]:
    function = FUNCTION_WORDS[language]
    parts = (p for name in _NAME.findall(text) for p in tokens_of(fold(name)))
    return frozenset(
        stem(p, language)
        for p in parts
        if len(p) > 1
        and p not in function
        and p not in MONTHS
        and p not in NEGATIONS
        and p not in NUMBER_WORDS
        and not p[0].isdecimal()
    )


def _numbers(tokens: tuple[str, ...], language: str) -> Iterator[Number]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token[0].isdecimal():
            readings = readings_of(token, language == "en")
        elif token in NUMBER_WORDS and token not in _AMBIGUOUS:
            readings = (NUMBER_WORDS[token],)
            if readings[0] >= 20 and at < len(tokens) and NUMBER_WORDS.get(tokens[at], 99) < 10:
                readings = (readings[0] + NUMBER_WORDS[tokens[at]],)
                at += 1
        else:
            continue
        if at < len(tokens) and tokens[at] in ABBREVIATED and token[0].isdecimal():
            readings = tuple(r * scale for scale in ABBREVIATED[tokens[at]] for r in readings)
            at += 1
        while at < len(tokens) and tokens[at] in SCALES:
            readings = tuple(r * SCALES[tokens[at]] for r in readings)
            at += 1
        yield readings


def _clock(hour: float, minute: float) -> Number:
    """Return a time of day in hours, and 1:30 as 13:30 too: what stands behind it is not read."""
    time = hour + minute / 60
    if hour > 24 or minute >= 60:
        return (time,)
    return (time, time + 12 if hour < 12 else time - 12)


@lru_cache(maxsize=4096)
def readings_of(token: str, english: bool) -> Number:
    """Return the numbers that digits with marks between them may stand for, the likelier first."""
    # Digits of any script are numbers to Python; longer than a float can tell apart are texts.
    token = token.replace(" ", "")[:40]
    parts = re.split(r"[.,:]", token)
    if ":" in token:
        return _clock(float(parts[0]), float(parts[1] or 0))
    marks = [c for c in token if c in ".,"]
    plain = float("".join(parts))
    if not marks:
        return (plain,)
    if len(marks) > 1:
        mixed = float("".join(parts[:-1]) + "." + parts[-1])
        return (mixed,) if len(set(marks)) > 1 else (plain,)
    decimal = float(f"{parts[0]}.{parts[1]}")
    if len(parts[1]) != 3:
        return (decimal,)
    # The language's own thousands separator leaves no doubt; the other mark may be either.
    return (plain,) if (marks[0] == ",") == english else (plain, decimal)
