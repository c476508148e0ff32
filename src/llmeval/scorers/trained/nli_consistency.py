"""Self-consistency by a trained classifier of entailment (SelfCheck-NLI)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.claims import Claim, claims_in
from llmeval.scorers.factual.reading import Reading
from llmeval.scorers.factual.self_checking import (
    consistency_score,
    others_of,
    question_of,
    unreadable,
)
from llmeval.scorers.findings import Missing, clip
from llmeval.scorers.trained.nli_grounding import MAX_PAIRS, Asked, asked_of, no_model, wanted_model
from llmeval.scorers.trained.nli_model import Classifier, NliModel, Odds, loaded

__all__ = ["NliConsistency", "nli_consistency"]


@dataclass(frozen=True, slots=True)
class _Compared:
    """An answer's claims, and for each other answer what is asked of it about each of them."""

    claims: tuple[Claim, ...]
    asked: tuple[tuple[Asked, ...], ...]

    @property
    def pairs(self) -> int:
        return sum(len(one.pairs) for row in self.asked for one in row)


@dataclass(frozen=True, slots=True)
class NliConsistency:
    """See ``nli_consistency``."""

    samples: str
    question: str
    model: NliModel
    threshold: float
    max_pairs: int
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "samples": self.samples,
            "question": self.question,
            "over": "samples",
            "backend": "nli",
            **self.model.parameters,
            "threshold": self.threshold,
            "max_pairs": self.max_pairs,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order; all their pairs go through the model together."""
        classifier = loaded(self.model) if samples else ""
        if isinstance(classifier, str):
            return [no_model(self.name, self.model, classifier) for _ in samples]
        compared = [self._compared(sample, classifier) for sample in samples]
        pairs = [
            pair
            for each in compared
            if isinstance(each, _Compared)
            for row in each.asked
            for one in row
            for pair in one.pairs
        ]
        odds = iter(classifier.judge(pairs))
        return [self._finding(c, odds) if isinstance(c, _Compared) else c for c in compared]

    def _compared(self, sample: Sample, classifier: Classifier) -> _Compared | NotScored:
        refused = unreadable(self.name, sample)
        if refused:
            return refused
        answer, question = sample.response.text, question_of(sample, self.question)
        try:
            others = others_of(sample, self.samples)
        except Missing as missing:
            reason = f"case {clip(sample.case.id, 80)}: {missing}"
            return NotScored(self.name, "missing_input", reason)
        # An answer that is one question still is something to compare.
        claims = tuple(claims_in(answer)) or (Claim(answer, 0, len(answer)),)
        asked = tuple(
            tuple(asked_of(Reading(answer, other, question, claims), classifier))
            for other in others
        )
        found = _Compared(tuple(one.claim for one in asked[0]), asked)
        if found.pairs > self.max_pairs:
            reason = f"{len(claims)} claims and {len(others)} answers make {found.pairs} pairs"
            most = f"at most {self.max_pairs} are asked (max_pairs)"
            return NotScored(self.name, "too_long", f"{reason}; {most}")
        return found

    def _finding(self, compared: _Compared, odds: Iterator[Odds]) -> Score:
        columns = [
            [_support([next(odds) for _ in one.pairs]) for one in row] for row in compared.asked
        ]
        support = [list(row) for row in zip(*columns, strict=True)]
        return consistency_score(self.name, compared.claims, support, self.threshold, "nli")


def nli_consistency(
    samples: str,
    model: str,
    *,
    question: str = "question",
    revision: str | None = None,
    labels: Sequence[str] | None = None,
    threshold: float = 0.5,
    device: str = "cpu",
    max_pairs: int = MAX_PAIRS,
    local_files_only: bool = True,
    name: str = "self_consistency",
) -> NliConsistency:
    """Score whether the other answers entail the answer's claims, and do not contradict them.

    A claim's support by one other answer is P(entailed) / (P(entailed) + P(contradicted)), each the
    greatest over the answer's windows and sentences (Manakul et al. 2023, section 5.4, equation
    10, whose score is 1 less this); P(entailed) alone for a model that knows no contradiction.
    Options as of ``nli_groundedness``.
    """
    wanted = wanted_model(
        "self_consistency", model, revision, labels, device, max_pairs, local_files_only
    )
    return NliConsistency(samples, question, wanted, float(threshold), max_pairs, name)


def _support(odds: Sequence[Odds]) -> float:
    entailed = max(o.entailment for o in odds)
    against = [o.contradiction for o in odds if not math.isnan(o.contradiction)]
    if not against:
        return entailed
    whole = entailed + max(against)
    return entailed / whole if whole else 0.5
