"""What a sentence says that can be checked exactly: numbers, dates, names, negation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.lexicons.numbers import MONTHS, NUMBER_WORDS, SCALES
from llmeval.scorers.lexicons.polarity import NEGATIONS, QUANTIFIERS
from llmeval.scorers.text import fold, stem

__all__ = ["Facts", "facts_of", "same_number"]

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?")
_NAME = re.compile(
    r"(?<![.!?…:\n\"“*•-] )(?<!\A)\b[A-ZÀ-ÖØ-Þ][\w'’.-]*\w|\b\w*[a-z][A-Z]\w*|\b[A-Z]{2,}\b"
)
_ELISION = re.compile(r"^(?:[ldjmtscn]|qu|dell|nell|sull|all|un)'(?=..)")


@dataclass(frozen=True, slots=True)
class Facts:
    """A sentence as checkable facts; words are folded, ``content`` are stems in order."""

    tokens: tuple[str, ...]
    content: tuple[str, ...]
    forms: tuple[str, ...]
    numbers: tuple[tuple[float, ...], ...]
    months: frozenset[int]
    names: frozenset[str]
    negations: int
    quantifiers: frozenset[str]


def facts_of(text: str, language: str) -> Facts:
    """Read a sentence's facts; ``forms`` are the words from which ``content`` was stemmed."""
    folded = fold(text)
    tokens = tuple(_ELISION.sub("", t) for t in _TOKEN.findall(folded))
    function = FUNCTION_WORDS[language]
    forms = tuple(
        t
        for t in tokens
        if not t[0].isdigit() and t not in function and t not in NEGATIONS and len(t) > 1
    )
    months = frozenset(MONTHS[t] for t in tokens if t in MONTHS and (t != "may" or "May " in text))
    return Facts(
        tokens,
        tuple(stem(t, language) for t in forms),
        forms,
        tuple(_numbers(tokens)),
        months,
        frozenset() if language == "de" else _names(text, language),
        sum(t in NEGATIONS or t.endswith("n't") for t in tokens),
        frozenset(QUANTIFIERS[t] for t in tokens if t in QUANTIFIERS),
    )


def _names(text: str, language: str) -> frozenset[str]:
    found = _NAME.findall(text)
    function = FUNCTION_WORDS[language]
    parts = (p for name in found for p in _TOKEN.findall(fold(name)))
    return frozenset(
        stem(p, language)
        for p in parts
        if p not in function and p not in MONTHS and p not in NEGATIONS and not p[0].isdigit()
    )


def _numbers(tokens: tuple[str, ...]) -> Iterator[tuple[float, ...]]:
    """Yield each number as its possible readings: 1.500 is 1500 in German, 1.5 in English."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token[0].isdigit():
            readings = _readings(token)
        elif token in NUMBER_WORDS and token not in ("un", "once", "uno", "sei", "second", "due"):
            readings = (NUMBER_WORDS[token],)
            if NUMBER_WORDS[token] >= 20 and at < len(tokens) and tokens[at] in NUMBER_WORDS:
                readings = (NUMBER_WORDS[token] + NUMBER_WORDS[tokens[at]],)
                at += 1
        else:
            continue
        while at < len(tokens) and tokens[at] in SCALES and len(tokens[at]) > 1:
            readings = tuple(r * SCALES[tokens[at]] for r in readings)
            at += 1
        if readings:
            yield readings


@lru_cache(maxsize=4096)
def _readings(token: str) -> tuple[float, ...]:
    if len(token) > 30:
        return (float(hash(token)),)
    if ":" in token:
        return tuple(float(part) for part in re.split(r"[.,:]", token))[:1]
    marks = [c for c in token if c in ".,"]
    if not marks:
        return (float(token),)
    plain = float(token.replace(".", "").replace(",", ""))
    if len(marks) > 1:
        if len(set(marks)) > 1:
            whole, _, part = token.rpartition(marks[-1])
            return (float(re.sub(r"[.,]", "", whole) + "." + part),)
        return (plain,)
    decimal = float(token.replace(",", "."))
    return (plain, decimal) if len(re.split(r"[.,]", token)[1]) == 3 else (decimal,)


def same_number(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two numbers share a reading."""
    return any(a == b for a in one for b in other)
