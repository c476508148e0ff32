"""What speaks for and against a claim, as named numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from llmeval.scorers.evidence import Evidence
from llmeval.scorers.facts import Facts, is_number
from llmeval.scorers.lexicons.polarity import (
    ANTONYMS,
    BOUNDS,
    REVERSALS,
    SPEAKERS,
    UN_PREFIXES,
)
from llmeval.scorers.lexicons.synonyms import GROUPS
from llmeval.scorers.text import stem

__all__ = [
    "Coverage",
    "bounded",
    "coverage_of",
    "explained",
    "far_numbers",
    "opposites",
    "speaks_of_itself",
    "strange_names",
    "strange_numbers",
    "turned",
]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares (0..1) of a claim that the context holds: ``words`` of all words, ``content`` of
    stems (or their synonyms), ``sentence`` of stems in the nearest sentence, ``pairs`` of
    neighbouring words."""

    words: float
    content: float
    sentence: float
    pairs: float


def coverage_of(claim: Facts, evidence: Evidence, nearest: int | None) -> Coverage:
    """Return how much of the claim the context holds. What the question says is no news."""
    asked = evidence.asked.content
    content = [s for s in claim.content if s in evidence.index or s not in asked]
    held = sum(s in evidence.index or explained(s, evidence) for s in content)
    near = set(evidence.facts[nearest].content) if nearest is not None else set()
    tokens = [
        t
        for t in claim.tokens
        if t in evidence.tokens or not (is_number(t) or t in evidence.asked.tokens)
    ]
    known = sum(t in evidence.tokens for t in tokens)
    numbers = sum(evidence.holds(n) for n in claim.numbers)
    pairs = list(zip(claim.tokens, claim.tokens[1:], strict=False))
    return Coverage(
        _share(known, len(tokens)),
        _share(held + numbers, len(content) + len(claim.numbers)),
        _share(sum(s in near for s in content) + numbers, len(content) + len(claim.numbers)),
        _share(sum(p in evidence.pairs for p in pairs), len(pairs)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def explained(word: str, evidence: Evidence) -> bool:
    """Whether the context holds a synonym of a stem."""
    others = _synonyms(evidence.language).get(word)
    return bool(others) and any(o in evidence.index for o in others or ())


def strange_numbers(claim: Facts, evidence: Evidence) -> list[str]:
    """Return the claim's numbers, and months, that neither context nor question holds; "half", as
    in "the second half of the text", says where and not how many."""
    asked = {r for n in evidence.asked.numbers for r in n}
    if "half" in claim.tokens:
        asked.add(0.5)
    strange = [f"{n[0]:g}" for n in claim.numbers if not evidence.holds(n) and not asked & {*n}]
    months = claim.months - evidence.months - evidence.asked.months
    return strange + [f"month {m}" for m in sorted(months)]


def far_numbers(claim: Facts, evidence: Evidence, near: list[int]) -> bool:
    """Whether a number of the claim stands in the context, but not by the claim's sentences."""
    beside = {at + step for at in near for step in (-1, 0, 1)}
    places = ([at for r in n for at in evidence.index.get(r, ())] for n in claim.numbers)
    return bool(beside) and any(place and beside.isdisjoint(place) for place in places)


def strange_names(claim: Facts, evidence: Evidence) -> list[str]:
    """Return the stems of names in the claim that neither context nor question holds."""
    asked = {*evidence.asked.content, *evidence.asked.names}
    return sorted(
        n
        for n in claim.names
        if n not in evidence.index and n not in asked and n not in evidence.tokens
    )


def opposites(claim: Facts, evidence: Evidence) -> list[str]:
    """Return words of the claim that the context lacks while it holds their opposite."""
    found = []
    antonyms = _antonyms(evidence.language)
    for form, root in zip(claim.forms, claim.content, strict=True):
        if root in evidence.index or form in evidence.tokens:
            continue
        against = [o for o in antonyms.get(root, ()) if o in evidence.index]
        if against and not explained(root, evidence):
            found.append(f"{form} against {against[0]}")
        elif _prefixed(form, evidence):
            found.append(form)
    return found


def _prefixed(form: str, evidence: Evidence) -> bool:
    for prefix in UN_PREFIXES:
        rest = form.removeprefix(prefix)
        if rest != form and len(rest) > 3 and rest in evidence.tokens:
            return True
        if len(form) > 3 and prefix + form in evidence.tokens:
            return True
    return False


def turned(claim: Facts, evidence: Evidence) -> list[str]:
    """Return words that turn the claim round and that the context lacks."""
    return [t for t in claim.tokens if t in REVERSALS and t not in evidence.tokens]


def bounded(claim: Facts, evidence: Evidence) -> list[str]:
    """Return quantifiers and hedges of the claim that the context lacks."""
    return [t for t in claim.tokens if t in BOUNDS and t not in evidence.tokens]


def speaks_of_itself(claim: Facts, evidence: Evidence) -> bool:
    """Whether the claim is about speaker or reader while the context knows neither."""
    own = SPEAKERS.intersection(claim.tokens)
    return bool(own) and not own & evidence.tokens


@lru_cache(maxsize=8)
def _synonyms(language: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    if language == "en":
        for group in GROUPS:
            stems = {stem(w, language) for w in group}
            for one in stems:
                found.setdefault(one, set()).update(stems - {one})
    return {word: frozenset(others) for word, others in found.items()}


@lru_cache(maxsize=8)
def _antonyms(language: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for word, others in ANTONYMS.items():
        found.setdefault(stem(word, language), set()).update(stem(o, language) for o in others)
    return {word: frozenset(others) for word, others in found.items()}
