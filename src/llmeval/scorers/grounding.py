"""Is every claim of the answer supported by its context? ``groundedness``, without weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmeval.records import PASS_MARK, NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.abstaining import abstention_in
from llmeval.scorers.claims import Claim, claims_in
from llmeval.scorers.evidence import read_evidence
from llmeval.scorers.findings import Missing, clip, each, field_of
from llmeval.scorers.support import Finding, support

__all__ = ["Groundedness", "groundedness"]

_MAX_ANSWER = 100_000
_MAX_CONTEXT = 1_000_000
_MAX_SHOWN = 50
# An abstention is right about its context without being drawn from it; a question asserts nothing.
_ABSTAINS = 0.75
_ASSERTS_NOTHING = 0.5
FALLBACK = (
    "Lexical screen without weights: it compares words, names, numbers, dates and negation with "
    "the context, and misses claims that are wrong in the context's own words."
)


@dataclass(frozen=True, slots=True)
class Groundedness:
    """See ``groundedness``."""

    context: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(
            self.name, parameters={"context": self.context, "backend": "lexical"}, fallback=FALLBACK
        )

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        context = _context_text(field_of(sample.case, self.context), self.context)
        answer = sample.response.text
        if not answer.strip():
            return NotScored(
                self.name, "empty", "an empty answer makes no claim and abstains from none"
            )
        if len(answer) > _MAX_ANSWER or len(context) > _MAX_CONTEXT:
            reason = (
                f"answer of {len(answer)} characters, context of {len(context)}; at most "
                f"{_MAX_ANSWER} and {_MAX_CONTEXT} are compared"
            )
            return NotScored(self.name, "too_long", reason)
        question = _question(sample.case.inputs, self.context)
        if abstention_in(answer, f"{context} {question}").holds:
            return self._finding(_ABSTAINS, [], [], None)
        claims = claims_in(answer)
        if not claims:
            return self._finding(_ASSERTS_NOTHING, [], [], "the answer asserts nothing")
        evidence = read_evidence(context, question)
        found = [support(claim.text, evidence) for claim in claims]
        # One claim that is all of the answer needs no second look.
        alone = len(claims) == 1 and claims[0].text == answer.strip()
        whole = found[0] if alone else support(answer, evidence)
        return self._result(claims, found, whole.value)

    def _result(self, claims: Sequence[Claim], found: Sequence[Finding], whole: float) -> Score:
        pairs = zip(claims, found, strict=True)
        bad = next(((c, f) for c, f in pairs if not f.supported), None)
        why = f"{bad[1].reason}: {clip(bad[0].text, 120)}" if bad else None
        value = whole / 2 if bad else PASS_MARK + whole / 2
        return self._finding(value, claims, found, why)

    def _finding(
        self, value: float, claims: Sequence[Claim], found: Sequence[Finding], why: str | None
    ) -> Score:
        # Unsupported claims first: what is cut from a long list must not be what decided.
        pairs = sorted(zip(claims, found, strict=True), key=lambda pair: pair[1].supported)
        shown = [_shown(claim, finding) for claim, finding in pairs[:_MAX_SHOWN]]
        label = "grounded" if value >= PASS_MARK else "ungrounded"
        evidence = {"claims": shown, "backend": "lexical"}
        return Score(self.name, value, label, why and clip(why, 300), evidence)


def groundedness(context: str = "context", *, name: str = "groundedness") -> Groundedness:
    """Score whether every claim of the answer is supported by ``case.inputs[context]``.

    The context is a text or a list of texts. Value: half the support of the whole answer, and a
    half more if every claim is supported. Labels: ``grounded`` (every claim is supported) and
    ``ungrounded``. An answer that only abstains is grounded with value 0.75 and no claims, one that
    asserts nothing (a question, a courtesy) with 0.5.

    Evidence: ``claims``, at most 50, each with ``text``, ``start`` and ``end`` in the answer,
    ``supported``, ``support`` ([start, end] in the context, or null) and ``reason``; ``backend`` is
    ``lexical``. A screen rather than a measure: see docs/scorers.md.
    """
    return Groundedness(context, name)


def _shown(claim: Claim, finding: Finding) -> dict[str, Any]:
    return {
        "text": clip(claim.text),
        "start": claim.start,
        "end": claim.end,
        "supported": finding.supported,
        "support": list(finding.support) if finding.support else None,
        "reason": clip(finding.reason),
    }


def _context_text(value: Any, field: str) -> str:
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(isinstance(v, str) for v in value):
        text = "\n\n".join(value)
    else:
        raise Missing(f"inputs[{field!r}] must be a text or a list of texts")
    if not text.strip():
        raise Missing(f"inputs[{field!r}] is empty")
    return text


def _question(inputs: Mapping[str, Any], context: str) -> str:
    return " ".join(v for k, v in inputs.items() if k != context and isinstance(v, str))[:20_000]
