"""GenerateContentResponse: whole, and as the chunks of a stream."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from llmeval.emulator.answers import Events
from llmeval.emulator.vertex.dialects.gemini_body import CATEGORIES, GenerateAsk
from llmeval.emulator.vertex.telling import Answer, Told, token_logprobs
from llmeval.emulator.wire import pieces_of

__all__ = ["Head", "array_events", "generate_response", "sse_events"]

_ENCODE = msgspec.json.Encoder().encode
_THOUGHT = "The prompt says what is wanted; the answer follows from it."
_MOST_THOUGHTS = 24
_MALFORMED = "Malformed function call: print(default_api.look_up(query='x'"


class Head(msgspec.Struct, frozen=True):
    """What every answer and chunk of a call carries. ``now`` is Unix time."""

    model_version: str
    response_id: str
    now: float

    def fields(self) -> dict[str, Any]:
        """Return them as the response has them."""
        created = datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "modelVersion": self.model_version,
            "createTime": created,
            "responseId": self.response_id,
        }


def generate_response(ask: GenerateAsk, told: Told, head: Head) -> dict[str, Any]:
    """Return the whole response."""
    if told.block is not None:
        return _blocked(told, ask, head)
    candidates = [_candidate(answer, index, ask) for index, answer in enumerate(told.answers)]
    return {
        "candidates": candidates,
        "usageMetadata": _usage(told, ask),
        **head.fields(),
    }


def sse_events(ask: GenerateAsk, told: Told, head: Head) -> Events:
    """Return a stream as ``alt=sse`` brings it."""
    content, closing = _chunks(ask, told, head)
    return Events(
        b"",
        [b"data: " + _ENCODE(chunk) + b"\r\n\r\n" for chunk in content],
        [b"data: " + _ENCODE(chunk) + b"\r\n\r\n" for chunk in closing],
    )


def array_events(ask: GenerateAsk, told: Told, head: Head) -> Events:
    """Return a stream as one JSON array, of which each element comes when it is ready."""
    content, closing = _chunks(ask, told, head)
    pieces = [_ENCODE(chunk) for chunk in content]
    ends = [_ENCODE(chunk) for chunk in closing]
    all_of_them = [(b",\r\n" if i else b"[") + piece for i, piece in enumerate(pieces + ends)]
    return Events(b"", all_of_them[: len(pieces)], [*all_of_them[len(pieces) :], b"\r\n]"])


def _chunks(
    ask: GenerateAsk, told: Told, head: Head
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the chunks with text, those of several candidates in turn, and the closing ones."""
    if told.block is not None:
        return [], [_blocked(told, ask, head)]
    usage, fields = {"trafficType": "ON_DEMAND"}, head.fields()

    def chunk(part: dict[str, Any], index: int) -> dict[str, Any]:
        candidate = _numbered({"content": _content([part])}, index)
        return {"candidates": [candidate], "usageMetadata": usage, **fields}

    texts = [pieces_of(answer.text) for answer in told.answers]
    content = [chunk(thought, index) for index in range(len(texts)) for thought in _thought(ask)]
    content += [
        chunk({"text": text[i]}, index)
        for i in range(max(map(len, texts), default=0))
        for index, text in enumerate(texts)
        if i < len(text)
    ]
    ends = [_ending(answer, index, ask) for index, answer in enumerate(told.answers)]
    closing = {"candidates": ends, "usageMetadata": _usage(told, ask), **fields}
    return content, [closing]


def _blocked(told: Told, ask: GenerateAsk, head: Head) -> dict[str, Any]:
    """Return what comes instead of candidates where the prompt was blocked."""
    feedback: dict[str, Any] = {
        "blockReason": told.block,
        "blockReasonMessage": f"The prompt was blocked: {told.block}.",
    }
    if told.block == "SAFETY":
        feedback["safetyRatings"] = _ratings("", ask, blocked=True)
    return {"promptFeedback": feedback, "usageMetadata": _usage(told, ask), **head.fields()}


def _candidate(answer: Answer, index: int, ask: GenerateAsk) -> dict[str, Any]:
    candidate: dict[str, Any] = {}
    if answer.content:
        parts = [*_thought(ask), {"text": answer.text}]
        candidate["content"] = _content(parts if answer.parts else None)
    return candidate | _ending(answer, index, ask, content=False)


def _ending(
    answer: Answer, index: int, ask: GenerateAsk, *, content: bool = True
) -> dict[str, Any]:
    """Return what a candidate ends with; in a stream with an empty text where it has content."""
    ending: dict[str, Any] = {}
    if content and answer.content and not answer.withheld:
        ending["content"] = _content([{"text": ""}] if answer.parts else None)
    ending["finishReason"] = answer.finish
    if answer.finish == "MALFORMED_FUNCTION_CALL":
        ending["finishMessage"] = _MALFORMED
    if answer.finish == "RECITATION":
        ending["citationMetadata"] = {
            "citations": [{"startIndex": 0, "endIndex": 128, "uri": "https://example.org/source"}]
        }
    ending["safetyRatings"] = _ratings(answer.text, ask, blocked=answer.finish == "SAFETY")
    if answer.text:
        ending |= _logprobs(answer, ask.logprobs)
    return _numbered(ending, index)


def _thought(ask: GenerateAsk) -> list[dict[str, Any]]:
    """Return the part that tells what was thought, where thoughts are asked for."""
    return [{"text": _THOUGHT, "thought": True}] if ask.include_thoughts else []


def _content(parts: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    return {"role": "model"} if parts is None else {"role": "model", "parts": list(parts)}


def _numbered(candidate: dict[str, Any], index: int) -> dict[str, Any]:
    """Return the candidate with its index, which the service leaves out where it is 0."""
    return candidate | {"index": index} if index else candidate


def _ratings(text: str, ask: GenerateAsk, *, blocked: bool) -> list[dict[str, Any]]:
    """Return the rating in each category; scores are small, and the same for the same text.

    What blocks is the first category that the caller did not turn off.
    """
    noise = zlib.crc32(text.encode("utf-8", "replace"))
    ratings: list[dict[str, Any]] = [
        {
            "category": category,
            "probability": "NEGLIGIBLE",
            "probabilityScore": round(0.005 + (noise >> 8 * i & 0xFF) / 10_000, 4),
            "severity": "HARM_SEVERITY_NEGLIGIBLE",
            "severityScore": round(0.01 + (noise >> 8 * (3 - i) & 0xFF) / 5_000, 4),
        }
        for i, category in enumerate(CATEGORIES)
        if category not in ask.unrated
    ]
    if blocked and ratings:
        ratings[0] |= {
            "probability": "HIGH",
            "probabilityScore": 0.97,
            "severity": "HARM_SEVERITY_HIGH",
            "severityScore": 0.91,
            "blocked": True,
        }
    return ratings


def _usage(told: Told, ask: GenerateAsk) -> dict[str, Any]:
    said = sum(answer.tokens for answer in told.answers)
    thoughts = sum(answer.thoughts or _thoughts(ask) for answer in told.answers)
    usage: dict[str, Any] = {"promptTokenCount": told.prompt_tokens}
    if said:
        usage["candidatesTokenCount"] = said
        usage["candidatesTokensDetails"] = [{"modality": "TEXT", "tokenCount": said}]
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    return usage | {
        "totalTokenCount": told.prompt_tokens + said + thoughts,
        "trafficType": "ON_DEMAND",
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": told.prompt_tokens}],
    }


def _thoughts(ask: GenerateAsk) -> int:
    """Return how many tokens of thinking are counted: none unless a budget was given."""
    if not ask.thinking:
        return 0
    return _MOST_THOUGHTS if ask.thinking < 0 else min(ask.thinking, _MOST_THOUGHTS)


def _logprobs(answer: Answer, alternatives: int | None) -> dict[str, Any]:
    """Return the mean log-probability, and that of each token where they are asked for."""
    tokens = token_logprobs(answer)
    mean = sum(logprob for _, logprob in tokens) / len(tokens)
    if alternatives is None:
        return {"avgLogprobs": mean}
    chosen = [_token(token, logprob) for token, logprob in tokens]
    result: dict[str, Any] = {"chosenCandidates": chosen}
    if alternatives:
        result["topCandidates"] = [
            {"candidates": [_token(f"{token}{i or ''}", logprob - i) for i in range(alternatives)]}
            for token, logprob in tokens
        ]
    return {"avgLogprobs": mean, "logprobsResult": result}


def _token(token: str, logprob: float) -> dict[str, Any]:
    number = zlib.crc32(token.encode("utf-8", "replace")) % 256_000
    return {"token": token, "tokenId": number, "logProbability": logprob}
