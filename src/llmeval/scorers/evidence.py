"""A context as evidence, and how far it supports a claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from llmeval.scorers.claims import Claim
from llmeval.scorers.facts import Facts, facts_of, same_number
from llmeval.scorers.lexicons.polarity import antonyms_of
from llmeval.scorers.text import Span, fold, language_of, sentences, stem, words

__all__ = ["Evidence", "Finding", "support"]

_COVERED = 0.6
"""Share of a claim's content words that the context must hold."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How far a claim is supported (0..1; from 0.5 on it is), by which sentence, or why not."""

    value: float
    support: Span | None
    reason: str

    @property
    def supported(self) -> bool:
        """Whether the claim passes."""
        return self.value >= 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """A context read sentence by sentence; ``asked`` are the stems of the question."""

    spans: tuple[Span, ...]
    facts: tuple[Facts, ...]
    stems: frozenset[str]
    tokens: frozenset[str]
    numbers: frozenset[float]
    months: frozenset[int]
    asked: frozenset[str]
    asked_numbers: frozenset[float]
    language: str

    @classmethod
    def of(cls, context: str, question: str = "") -> Evidence:
        """Read a context; the same context is read once."""
        return _read(context, question)


@lru_cache(maxsize=64)
def _read(context: str, question: str) -> Evidence:
    language = language_of(words(fold(context[:4_000])))
    spans = tuple(sentences(context))
    facts = tuple(facts_of(context[a:b], language) for a, b in spans)
    asked = facts_of(question, language)
    return Evidence(
        spans,
        facts,
        frozenset(s for f in facts for s in f.content),
        frozenset(t for f in facts for t in f.tokens),
        frozenset(_all_numbers(facts)),
        frozenset(m for f in facts for m in f.months) | _numeric_months(facts),
        frozenset(asked.content) | asked.names,
        frozenset(r for n in asked.numbers for r in n),
        language,
    )


def _all_numbers(facts: Iterable[Facts]) -> Iterable[float]:
    return (reading for f in facts for number in f.numbers for reading in number)


def _numeric_months(facts: Iterable[Facts]) -> frozenset[int]:
    return frozenset(int(n) for n in _all_numbers(facts) if n in range(1, 13))


def support(claim: Claim, evidence: Evidence) -> Finding:
    """Return how far ``evidence`` supports ``claim``."""
    facts = facts_of(claim.text, evidence.language)
    best, shared = _best(facts, evidence)
    span = evidence.spans[best] if shared else None
    wrong = _contradiction(facts, evidence, best, shared)
    coverage = _coverage(facts, evidence)
    value = min(
        1.0,
        0.5 * coverage / _COVERED
        if coverage < _COVERED
        else 0.5 + (coverage - _COVERED) / (1 - _COVERED) / 2,
    )
    if wrong:
        return Finding(min(0.49, value) * 0.6, span, wrong)
    if value < 0.5:
        absent = [
            f for f, s in zip(facts.forms, facts.content, strict=True) if s not in evidence.stems
        ]
        return Finding(value, span, f"not in the context: {', '.join(dict.fromkeys(absent))}")
    return Finding(value, span, "supported")


def _best(facts: Facts, evidence: Evidence) -> tuple[int, int]:
    """Return the context sentence that shares most content with the claim, and how much."""
    wanted = set(facts.content) | {str(n[0]) for n in facts.numbers}
    best, most = 0, 0
    for at, other in enumerate(evidence.facts):
        shared = (
            len(wanted.intersection(other.content, ()))
            if False
            else sum(s in wanted for s in set(other.content))
            + sum(same_number(a, b) for a in facts.numbers for b in other.numbers)
        )
        if shared > most:
            best, most = at, shared
    return best, most


def _coverage(facts: Facts, evidence: Evidence) -> float:
    wanted = [s for s in facts.content if s in evidence.stems or s not in evidence.asked]
    total = len(wanted) + len(facts.numbers)
    if not total:
        return 1.0
    held = sum(s in evidence.stems for s in wanted) + sum(
        any(r in evidence.numbers for r in n) for n in facts.numbers
    )
    return held / total


def _contradiction(facts: Facts, evidence: Evidence, best: int, shared: int) -> str:
    """Return what speaks against the claim, or an empty string."""
    for number in facts.numbers:
        if not any(r in evidence.numbers or r in evidence.asked_numbers for r in number):
            return f"number not in the context: {number[0]:g}"
    if facts.months - evidence.months:
        return "month not in the context"
    strange = facts.names - evidence.stems - evidence.asked
    if strange:
        return f"name not in the context: {', '.join(sorted(strange))}"
    if not evidence.facts:
        return ""
    other = evidence.facts[best]
    if shared >= max(2, 0.6 * len(set(facts.content))):
        if bool(facts.negations % 2) != bool(other.negations % 2):
            return "negation differs from the context"
        opposite = _opposite(facts, other, evidence.language)
        if opposite:
            return f"opposite of the context: {opposite}"
    return ""


def _opposite(facts: Facts, other: Facts, language: str) -> str:
    theirs = set(other.tokens)
    for form in facts.forms:
        for antonym in antonyms_of().get(form, ()):
            if (
                antonym in theirs
                and form not in theirs
                and stem(form, language) not in other.content
            ):
                return f"{form}/{antonym}"
    return ""
