"""What every groundedness backend shares: reading answer and context, and saying what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmeval.records import PASS_MARK, NotScored, Sample, Score
from llmeval.scorers.abstaining import abstention_in
from llmeval.scorers.claims import Claim, claims_in
from llmeval.scorers.findings import Missing, clip, field_of
from llmeval.scorers.text import Span, wordless

__all__ = [
    "MAX_CONTEXT",
    "Checked",
    "Reading",
    "context_text",
    "read_sample",
    "score_of",
    "without_claims",
]

MAX_ANSWER: Final = 100_000
MAX_CONTEXT: Final = 1_000_000
_MAX_QUESTION: Final = 20_000
_MAX_SHOWN: Final = 50
# An abstention is right about its context without being drawn from it; a question asserts nothing.
_ABSTAINS: Final = 0.75
_ASSERTS_NOTHING: Final = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer with its claims, the context that should support them, and what was asked."""

    answer: str
    context: str
    question: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """One claim held against the context: whether it is supported, by which stretch of the context
    (or by none), and why or why not. ``details`` are the backend's own figures."""

    claim: Claim
    supported: bool
    support: Span | None
    reason: str
    details: Mapping[str, float] | None = None

    def shown(self) -> dict[str, Any]:
        """Return the claim as evidence. ``start``, ``end`` and ``support`` are the spans under
        the names that they had first."""
        start, end = self.claim.start, self.claim.end
        support = list(self.support) if self.support else None
        return {
            "text": clip(self.claim.text),
            "span": [start, end],
            "supported": self.supported,
            "support_span": support,
            "reason": clip(self.reason),
            **(self.details or {}),
            "start": start,
            "end": end,
            "support": support,
        }


def read_sample(scorer: str, sample: Sample, field: str) -> Reading | NotScored:
    """Return what there is to check. Raises ``Missing`` where the case holds no context."""
    context = context_text(field_of(sample.case, field), field)
    answer = sample.response.text
    if wordless(answer):
        return NotScored(scorer, "empty", "an empty answer makes no claim and abstains from none")
    if len(answer) > MAX_ANSWER or len(context) > MAX_CONTEXT:
        reason = (
            f"answer of {len(answer)} characters, context of {len(context)}; at most "
            f"{MAX_ANSWER} and {MAX_CONTEXT} are compared"
        )
        return NotScored(scorer, "too_long", reason)
    return Reading(answer, context, _question(sample.case.inputs, field), tuple(claims_in(answer)))


def without_claims(scorer: str, reading: Reading, backend: str) -> Score | None:
    """Return the score of an answer that only abstains, or asserts nothing; else ``None``."""
    if abstention_in(reading.answer, f"{reading.context} {reading.question}").holds:
        return score_of(scorer, _ABSTAINS, [], backend)
    if not reading.claims:
        return score_of(scorer, _ASSERTS_NOTHING, [], backend, "the answer asserts nothing")
    return None


def score_of(
    scorer: str, value: float, checked: Sequence[Checked], backend: str, why: str | None = None
) -> Score:
    """Return the score of an answer from its claims; the first unsupported one explains it."""
    # Unsupported claims first: what is cut from a long list must not be what decided.
    ordered = sorted(checked, key=lambda one: one.supported)
    if ordered and not ordered[0].supported:
        why = f"{ordered[0].reason}: {clip(ordered[0].claim.text, 120)}"
    evidence = {"claims": [one.shown() for one in ordered[:_MAX_SHOWN]], "backend": backend}
    label = "grounded" if value >= PASS_MARK else "ungrounded"
    return Score(scorer, value, label, why and clip(why, 300), evidence)


def context_text(value: Any, field: str) -> str:
    """Return a context, a list's texts joined by an empty line. Raises ``Missing`` for none."""
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
    return " ".join(v for k, v in inputs.items() if k != context and isinstance(v, str))[
        :_MAX_QUESTION
    ]
