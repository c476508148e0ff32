"""What the common containers answer to predict: vLLM, TGI, text-bison's shape, plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from llmeval.endpoints.dialects.chat import first_choice, logprobs_of, text_of, usage_of
from llmeval.endpoints.dialects.dialect import MalformedAnswer, token_count
from llmeval.records import Usage

__all__ = [
    "Prediction",
    "end_of",
    "piece_of",
    "prediction_of",
    "strings_in",
    "tokens_of",
    "without_echo",
]

_KEYS = (
    "content",
    "generated_text",
    "text",
    "output",
    "outputs",
    "response",
    "answer",
    "completion",
    "prediction",
    "output_text",
    "candidates",
)
"""Where containers put their answer, the commonest first."""

_ECHO_HEAD, _ECHO_TAIL = "Prompt:\n", "\nOutput:\n"
_DEEPEST = 4
_MOST_STRINGS = 100


@dataclass(frozen=True, slots=True)
class Prediction:
    """One instance's answer."""

    text: str
    reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    safety: list[dict[str, Any]] = field(default_factory=list)
    logprobs: list[dict[str, Any]] | None = None


def prediction_of(body: Any, count: int) -> list[Prediction]:
    """Return the answers to ``count`` instances. Raises ``MalformedAnswer``."""
    listed = body.get("predictions", body) if isinstance(body, dict) else body
    if count == 1 and not isinstance(listed, list):
        listed = [listed]
    if not isinstance(listed, list):
        raise MalformedAnswer("predictions is no list")
    if len(listed) != count:
        raise MalformedAnswer(f"{len(listed)} predictions came for {count} instances")
    usage = _usage(body) if count == 1 and isinstance(body, dict) else Usage()
    return [_one(item, usage) for item in listed]


def _one(item: Any, usage: Usage) -> Prediction:
    found = _found(item, usage, _DEEPEST)
    if found is None:
        raise MalformedAnswer(
            "no text is found in the prediction; name its place as 'answer' (a JMESPath) in "
            "[tool.llmeval.endpoints]"
        )
    return found


def _found(item: Any, usage: Usage, depth: int) -> Prediction | None:
    if isinstance(item, str):
        return Prediction(item, usage=usage)
    if isinstance(item, list) and len(item) == 1 and depth:
        return _found(item[0], usage, depth - 1)
    if not isinstance(item, dict) or not depth:
        return None
    if "choices" in item:
        return _chat(item, usage)
    safety, reason = _safety(item.get("safetyAttributes")), end_of(item)
    for key in _KEYS:
        inner = _found(item.get(key), usage, depth - 1)
        if inner is not None:
            return replace(inner, reason=reason or inner.reason, safety=[*safety, *inner.safety])
    return Prediction("", usage=usage, safety=safety) if safety else None


def _chat(item: Mapping[str, Any], usage: Usage) -> Prediction:
    choice = first_choice(item)
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else choice.get("text")
    reported = usage_of(item.get("usage"))
    reason = choice.get("finish_reason")
    return Prediction(
        text_of(text, "choices[0]"),
        reason if isinstance(reason, str) else "unknown",
        usage if reported == Usage() else reported,
        logprobs=logprobs_of(choice),
    )


def without_echo(text: str, prompts: Iterable[str]) -> str:
    """Take off the prompt that vLLM's container puts before its output, where it is one of
    ``prompts``: whatever else looks like it is part of the answer."""
    if not text.startswith(_ECHO_HEAD):
        return text
    for prompt in prompts:
        for echoed in (prompt, prompt.strip()):
            head = f"{_ECHO_HEAD}{echoed}{_ECHO_TAIL}"
            if text.startswith(head):
                return text[len(head) :]
    return text


def strings_in(value: Any, depth: int = _DEEPEST) -> Iterator[str]:
    """Return the texts within a decoded value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth:
        for item in list(value.values() if isinstance(value, dict) else value)[:_MOST_STRINGS]:
            yield from strings_in(item, depth - 1)


def _safety(found: Any) -> list[dict[str, Any]]:
    """Read ``safetyAttributes``: parallel lists of categories and scores, and whether blocked."""
    if isinstance(found, list):
        return [rating for item in found if isinstance(item, dict) for rating in _safety(item)]
    if not isinstance(found, dict):
        return []
    names, scores = found.get("categories"), found.get("scores")
    rated = []
    if isinstance(names, list) and isinstance(scores, list):
        rated = [
            {"source": "output", "category": name, "probabilityScore": score}
            for name, score in zip(names, scores, strict=False)
        ]
    if found.get("blocked") is True:
        rated.append({"source": "output", "category": "any", "blocked": True})
    return rated


def _usage(body: Mapping[str, Any]) -> Usage:
    metadata = body.get("metadata")
    tokens = metadata.get("tokenMetadata") if isinstance(metadata, dict) else None
    if not isinstance(tokens, dict):
        return usage_of(body.get("usage"))
    counts = []
    for name in ("inputTokenCount", "outputTokenCount"):
        entry = tokens.get(name)
        counts.append(token_count(entry.get("totalTokens")) if isinstance(entry, dict) else None)
    return Usage(*counts)


def piece_of(event: Mapping[str, Any]) -> str | None:
    """Return the text in one event of a stream: a chat chunk, TGI's token, a plain field."""
    match event:
        case {"choices": [{"delta": {"content": str(piece)}}, *_]}:
            return piece
        case {"choices": [{"text": str(piece)}, *_]}:
            return piece
        case {"token": {"special": True}}:
            return None
        case {"token": {"text": str(piece)}} | {"delta": str(piece)} | {"text": str(piece)}:
            return piece
        case {"content": str(piece)} | {"outputs": [str(piece), *_]}:
            return piece
        case {"predictions": [str(piece), *_]}:
            return piece
    return None


def end_of(found: Mapping[str, Any]) -> str | None:
    """Return the finish reason in a prediction, or in one event of a stream."""
    match found:
        case {"choices": [{"finish_reason": str(reason)}, *_]}:
            return reason
        case {"details": {"finish_reason": str(reason)}} | {"finish_reason": str(reason)}:
            return reason
    return None


def tokens_of(event: Mapping[str, Any]) -> Usage:
    """Return the tokens that one event of a stream reports."""
    match event:
        case {"usage": dict(usage)}:
            return usage_of(usage)
        case {"details": {"generated_tokens": count}}:
            return Usage(output_tokens=token_count(count))
    return Usage()
