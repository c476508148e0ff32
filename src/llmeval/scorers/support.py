"""How far a context supports a claim: what is covered, less what speaks against it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from llmeval.records import PASS_MARK
from llmeval.scorers import signals
from llmeval.scorers.abstaining import declines_in
from llmeval.scorers.evidence import Evidence, nearest_sentence
from llmeval.scorers.facts import Facts, facts_of
from llmeval.scorers.signals import Coverage, coverage_of
from llmeval.scorers.text import Span, fold

__all__ = ["Finding", "support"]

# Logistic weights, fitted by penalised likelihood on the development halves of BEGIN (three sets)
# and SummEdits (four domains) and rounded; the report halves were never looked at for them. The
# bias puts the pass mark where a faithful paraphrase of a sentence still passes.
_BIAS: Final = -2.6
_WORDS: Final = 1.8
_CONTENT: Final = 1.4
_SENTENCE: Final = 1.2
_PAIRS: Final = 1.0
_NUMBER: Final = -0.8
_FAR: Final = -1.0
_NAME: Final = -1.4
_NEGATION: Final = -1.1
_OPPOSITE: Final = -0.9
_TURNED: Final = -0.5
_BOUNDED: Final = -0.8
_ITSELF: Final = -1.8
_TOLD: Final = 2
"""How many words of content a negated sentence needs, to deny a claim that holds them all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How far a claim is supported (0..1; from the pass mark on it is), by which stretch of the
    context, and why or why not."""

    value: float
    support: Span | None
    reason: str

    @property
    def supported(self) -> bool:
        """Whether the claim passes."""
        return self.value >= PASS_MARK


@dataclass(frozen=True, slots=True)
class Objection:
    """Something that speaks against a claim; a ``decisive`` one alone makes it unsupported."""

    weight: float
    reason: str
    decisive: bool


def support(claim: str, evidence: Evidence) -> Finding:
    """Return how far ``evidence`` supports ``claim``.

    value = logistic(bias + weighted coverage + weighted objections), halved by a decisive one.
    """
    facts = facts_of(claim, evidence.language)
    if _abstains(claim, facts, evidence):
        return Finding(1.0, None, "says that the context does not tell")
    nearest, near = nearest_sentence(facts, evidence)
    span = None if nearest is None else evidence.spans[nearest]
    coverage = coverage_of(facts, evidence, nearest)
    objections = list(_objections(facts, evidence, near, coverage))
    value = _logistic(_covered(coverage) + sum(o.weight for o in objections))
    if any(o.decisive for o in objections):
        value /= 2
    if value >= PASS_MARK:
        return Finding(value, span, "supported" if span else "holds nothing that could be checked")
    return Finding(value, span, _why_not(facts, evidence, objections))


def _covered(coverage: Coverage) -> float:
    return (
        _BIAS
        + _WORDS * coverage.words
        + _CONTENT * coverage.content
        + _SENTENCE * coverage.sentence
        + _PAIRS * coverage.pairs
    )


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _abstains(claim: str, facts: Facts, evidence: Evidence) -> bool:
    """A clause that only says that the context lacks what was asked for is true of it."""
    if not declines_in(fold(claim)):
        return False
    asked = {*evidence.asked.content, *evidence.asked.names}
    news = [s for s in facts.content if s not in asked]
    return bool(asked) and not facts.numbers and len(news) <= 4


def _objections(
    facts: Facts, evidence: Evidence, near: list[int], coverage: Coverage
) -> Iterator[Objection]:
    if numbers := signals.strange_numbers(facts, evidence):
        yield Objection(_NUMBER, f"not in the context: {', '.join(numbers)}", True)
    elif signals.far_numbers(facts, evidence, near):
        yield Objection(_FAR, "its numbers stand elsewhere in the context", False)
    if names := signals.strange_names(facts, evidence):
        yield Objection(_NAME, f"not in the context: {', '.join(names)}", True)
    if facts.negations and near and not any(evidence.facts[i].negations for i in near):
        yield Objection(_NEGATION, "negated, unlike the context", coverage.sentence >= 0.5)
    elif not facts.negations and near and _denied(facts, evidence, near):
        yield Objection(_NEGATION, "the context denies it", True)
    if against := signals.opposites(facts, evidence):
        yield Objection(_OPPOSITE, f"opposite of the context: {', '.join(against)}", True)
    if turned := signals.turned(facts, evidence):
        yield Objection(_TURNED, f"not in the context: {', '.join(turned)}", False)
    if bounded := signals.bounded(facts, evidence):
        yield Objection(_BOUNDED, f"bounds that the context does not set: {bounded[0]}", False)
    if signals.speaks_of_itself(facts, evidence):
        yield Objection(_ITSELF, "about the speaker, of whom the context says nothing", False)


def _denied(facts: Facts, evidence: Evidence, near: list[int]) -> bool:
    """Whether every nearest sentence is negated, and says nothing but what the claim says."""
    claimed = set(facts.content)
    told = [set(evidence.facts[i].content) for i in near if evidence.facts[i].negations]
    return len(told) == len(near) and all(len(t) >= _TOLD and t <= claimed for t in told)


def _why_not(facts: Facts, evidence: Evidence, objections: list[Objection]) -> str:
    if objections:
        return "; ".join(o.reason for o in sorted(objections, key=lambda o: not o.decisive))
    absent = [
        form
        for form, root in zip(facts.forms, facts.content, strict=True)
        if root not in evidence.index
    ]
    return f"not in the context: {', '.join(dict.fromkeys(absent)) or 'these words together'}"
