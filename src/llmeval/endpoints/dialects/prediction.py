"""What the common containers answer to predict: vLLM, TGI, text-bison's shape, plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmeval.endpoints.dialects.chat import first_choice, text_of, usage_of
from llmeval.endpoints.dialects.dialect import MalformedAnswer, token_count
from llmeval.records import Usage

__all__ = ["Prediction", "piece_of", "prediction_of"]

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
)
"""Where containers put their answer, the commonest first."""

_VLLM_HEAD, _VLLM_TAIL = "Prompt:\n", "\nOutput:\n"
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Prediction:
    """One instance's answer."""

    text: str
    reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    safety: list[dict[str, Any]] = field(default_factory=list)


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
    return [_one(item, usage, _DEEPEST) for item in listed]


def _one(item: Any, usage: Usage, depth: int) -> Prediction:
    if isinstance(item, str):
        return Prediction(_without_echo(item), usage=usage)
    if isinstance(item, list) and len(item) == 1 and depth:
        return _one(item[0], usage, depth - 1)
    if isinstance(item, dict) and "choices" in item:
        return _chat(item, usage)
    if isinstance(item, dict) and depth:
        safety = _safety(item)
        for key in _KEYS:
            if item.get(key) is not None:
                inner = _one(item[key], usage, depth - 1)
                return Prediction(inner.text, inner.reason, inner.usage, [*safety, *inner.safety])
        if safety:
            return Prediction("", usage=usage, safety=safety)
    raise MalformedAnswer(
        "no text is found in the prediction; name its place as 'answer' (a JMESPath) in "
        "[tool.llmeval.endpoints]"
    )


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
    )


def _without_echo(text: str) -> str:
    """Take off the prompt that vLLM's container puts before its output."""
    if text.startswith(_VLLM_HEAD) and _VLLM_TAIL in text:
        return text.rpartition(_VLLM_TAIL)[2]
    return text


def _safety(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read ``safetyAttributes``: parallel lists of categories and scores, and whether blocked."""
    found = item.get("safetyAttributes")
    if not isinstance(found, dict):
        return []
    names, scores = found.get("categories") or [], found.get("scores") or []
    if not isinstance(names, list) or not isinstance(scores, list):
        return []
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
        case {"token": {"text": str(piece), "special": True}}:
            return None if piece else piece
        case {"token": {"text": str(piece)}} | {"delta": str(piece)} | {"text": str(piece)}:
            return piece
        case {"content": str(piece)} | {"outputs": [str(piece), *_]}:
            return piece
    return None
