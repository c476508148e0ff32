"""From what a model said to what the client is told, with the faults that spoil an answer.

No dialect yet: ``dialects`` turn what is told into bodies and events.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmeval.emulator.vertex.errors import GoogleError
from llmeval.emulator.vertex.kinds import BLOCKS, Fault
from llmeval.emulator.vertex.quotas import shared_capacity, unavailable
from llmeval.emulator.wire import pieces_of, status_of
from llmeval.records import CallFailure, Request, Response

__all__ = ["WITHHELD", "Answer", "Told", "stopped", "tell", "together", "token_logprobs"]

WITHHELD = frozenset(
    {"SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST", "OTHER", "MODEL_ARMOR"}
)
"""Finish reasons of an answer that a filter holds back."""

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    499: "CANCELLED",
    504: "DEADLINE_EXCEEDED",
}
_THOUGHTS_OF_AN_EMPTY_ANSWER = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """One candidate. ``finish`` is Gemini's word; ``tokens`` and ``thoughts`` are counts.

    ``content`` says whether there is any content at all, ``parts`` whether it has parts.
    """

    text: str
    finish: str = "STOP"
    tokens: int = 0
    thoughts: int = 0
    content: bool = True
    parts: bool = True
    logprobs: list[dict[str, Any]] | None = None

    @property
    def withheld(self) -> bool:
        """Whether a filter ended the answer, at its beginning or in the middle."""
        return self.finish in WITHHELD


@dataclass(frozen=True, slots=True)
class Told:
    """All that one call is told: its answers, or ``block``, the reason why the prompt got none."""

    answers: tuple[Answer, ...]
    prompt_tokens: int
    block: str | None = None

    @property
    def outcome(self) -> str:
        """What the counters call this."""
        if self.block is not None:
            return "blocked_prompt"
        if not self.answers:
            return "no_candidates"
        answer = self.answers[0]
        if answer.withheld:
            return "blocked_output"
        return "answered" if answer.text else "empty"


def token_logprobs(answer: Answer) -> list[tuple[str, float]]:
    """Return each token's log-probability: the model's own, else small ones made from the text."""
    if answer.logprobs:
        return [(str(t.get("token", "")), float(t.get("logprob", 0.0))) for t in answer.logprobs]
    return [
        (piece, -(zlib.crc32(piece.encode("utf-8", "replace")) % 1000) / 5000)
        for piece in pieces_of(answer.text)
    ]


def tell(
    request: Request, outcome: Response | CallFailure, fault: Fault | None, *, streamed: bool
) -> Told:
    """Return what the client is told of the model's ``outcome``.

    Raises ``GoogleError`` where the model itself failed.
    """
    asked = sum(len(pieces_of(message.content)) for message in request.messages)
    if isinstance(outcome, CallFailure) and outcome.kind == "blocked_prompt":
        return Told((), asked, block=outcome.reason or "SAFETY")
    counted = outcome.usage.input_tokens
    told = Told((_answer(outcome),), asked if counted is None else counted)
    return told if fault is None else _spoilt(told, fault, streamed)


def together(told: Sequence[Told]) -> Told:
    """Return what several draws of one prompt are told: one that is blocked blocks them all."""
    block = next((one.block for one in told if one.block is not None), None)
    answers = () if block else tuple(answer for one in told for answer in one.answers)
    return Told(answers, told[0].prompt_tokens, block)


def stopped(answer: Answer, sequences: Sequence[str]) -> Answer:
    """Return the answer cut before the first of the stop ``sequences`` in it."""
    ends = [at for sequence in sequences if (at := answer.text.find(sequence)) >= 0]
    if not ends or answer.withheld:
        return answer
    text = answer.text[: min(ends)]
    return replace(answer, text=text, finish="STOP", tokens=len(pieces_of(text)), logprobs=None)


def _answer(outcome: Response | CallFailure) -> Answer:
    if isinstance(outcome, Response):
        said = outcome.usage.output_tokens
        return Answer(
            outcome.text,
            _FINISH.get(outcome.finish_reason, "STOP"),
            tokens=len(pieces_of(outcome.text)) if said is None else said,
            thoughts=outcome.usage.thinking_tokens or 0,
            logprobs=outcome.logprobs,
        )
    match outcome.kind:
        case "empty":
            return Answer("")
        case "blocked_output":
            return Answer("", outcome.reason or "SAFETY", content=False)
        case "recitation":
            return Answer("", "RECITATION", content=False)
        case "malformed_call":
            return Answer("", "MALFORMED_FUNCTION_CALL", content=False)
        case "quota" | "quota_project" | "quota_endpoint":
            raise shared_capacity(outcome.retry_after)
        case "server_error" if outcome.status in (None, 503):
            raise unavailable(outcome.retry_after)
    code = status_of(outcome)
    name = _STATUS_NAMES.get(code, "INTERNAL" if code >= 500 else "FAILED_PRECONDITION")
    raise GoogleError(code, name, outcome.message, outcome=outcome.kind)


def _spoilt(told: Told, fault: Fault, streamed: bool) -> Told:
    match fault.kind:
        case "blocked_prompt":
            return replace(told, answers=(), block=fault.reason or "SAFETY")
        case "no_candidates":
            return replace(told, answers=())
    answers = tuple(_spoilt_answer(answer, fault, streamed) for answer in told.answers)
    return replace(told, answers=answers)


def _spoilt_answer(answer: Answer, fault: Fault, streamed: bool) -> Answer:
    match fault.kind:
        case "blocked_midstream" if streamed:
            return replace(_half(answer), finish=fault.reason or "SAFETY")
        case kind if kind in BLOCKS:
            return Answer("", fault.reason or BLOCKS[kind], content=False)
        case "malformed_call":
            return Answer("", "MALFORMED_FUNCTION_CALL", content=False)
        case "max_tokens":
            return replace(_half(answer), finish="MAX_TOKENS")
        case "max_tokens_empty":
            return Answer("", "MAX_TOKENS", thoughts=_THOUGHTS_OF_AN_EMPTY_ANSWER, parts=False)
        case "no_parts":
            return Answer("", parts=False)
        case "empty":
            return Answer("")
    return answer


def _half(answer: Answer) -> Answer:
    """Return the answer cut after half of its pieces, but after one at the earliest."""
    pieces = pieces_of(answer.text)
    kept = pieces[: max(1, len(pieces) // 2)]
    return replace(answer, text="".join(kept), tokens=len(kept), logprobs=None)
