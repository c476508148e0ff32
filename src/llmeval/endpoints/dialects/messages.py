"""Anthropic's Messages protocol as Vertex AI speaks it (rawPredict, streamRawPredict).

Field names follow Anthropic's API reference; the model stands in the URL, the version in the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmeval.endpoints.dialects.dialect import (
    JsonEvents,
    MalformedAnswer,
    settle,
    token_count,
    withheld,
)
from llmeval.records import CallFailure, Message, Request, Response, Usage

__all__ = ["Messages", "StreamedMessage"]

_VERSION = "vertex-2023-10-16"
_MOST_TOKENS = 4096
_NAMES = {
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "stop": "stop_sequences",
    "stop_sequences": "stop_sequences",
}
"""Setting -> field; all others keep their name, for the server knows best what it takes."""

_OURS = {
    "n": "ask for repetitions with samples=N instead: each is a sample of its own",
    "model": "it belongs into the model reference",
    "messages": "they come from the prompt",
    "system": "it comes from the prompt's system turns",
    "stream": "say stream=True in evaluate() instead",
    "seed": "Anthropic's models take no seed",
    "response_format": "Anthropic's models take no response_format: ask for the format in words",
    "logprobs": "Anthropic's models report no log probabilities",
    "top_logprobs": "Anthropic's models report no log probabilities",
}
"""Settings that would falsify the record, or that the server refuses -> what to do instead."""

_HARMLESS = {"n": 1, "logprobs": False}
"""Refused settings that mean nothing at this value."""


class Messages:
    """The Messages protocol. ``max_tokens`` is demanded by the server; 4096 where not set."""

    def refused(self, settings: Mapping[str, Any]) -> str | None:
        """See ``dialect.Dialect``."""
        for name, remedy in _OURS.items():
            value = settings.get(name)
            if value is not None and value != _HARMLESS.get(name):
                return f"the setting {name}={value!r} is not sent: {remedy}"
        return None

    def body(self, request: Request) -> dict[str, Any]:
        """See ``dialect.Dialect``."""
        system = [m.content for m in request.messages if m.role == "system"]
        turns = [m for m in request.messages if m.role != "system"]
        if not turns:
            system, turns = [], [Message("user", "\n\n".join(system))]
        body: dict[str, Any] = {
            "anthropic_version": _VERSION,
            "max_tokens": _MOST_TOKENS,
            "messages": [{"role": m.role, "content": m.content} for m in turns],
        }
        if system:
            body["system"] = "\n\n".join(system)
        for name, value in request.settings.items():
            if value is not None and name not in _OURS:
                field = _NAMES.get(name, name)
                listed = field == "stop_sequences" and isinstance(value, str)
                body[field] = [value] if listed else value
        if request.stream:
            body["stream"] = True
        return body

    def response(self, body: Any, request: Request | None = None) -> Response | CallFailure:
        """See ``dialect.Dialect``. Thoughts and calls of tools are no text."""
        if not isinstance(body, dict) or not isinstance(body.get("content"), list):
            raise MalformedAnswer("content is no list")
        text = "".join(map(_text_of, body["content"]))
        return _settled(text, body.get("stop_reason"), _usage(body.get("usage")), _version(body))

    def streamed(self) -> StreamedMessage:
        """See ``dialect.Dialect``."""
        return StreamedMessage()


class StreamedMessage(JsonEvents):
    """Collects typed events; ``done`` with ``message_stop``."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, Any] = {}

    def _whole(self) -> Response | CallFailure:
        return _settled(self.text, self.finish_reason, self.usage, self.version)

    def _take(self, event: dict[str, Any]) -> None:
        match event:
            case {"type": "message_start", "message": dict(message)}:
                self.version = _version(message)
                self._count(message.get("usage"))
            case {"type": "content_block_start", "content_block": block}:
                self.say(_text_of(block))
            case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": str(s)}}:
                self.say(s)
            case {"type": "message_delta", "delta": dict(delta)}:
                reason = delta.get("stop_reason")
                self.finish_reason = reason if isinstance(reason, str) else self.finish_reason
                self._count(event.get("usage"))
            case {"type": "message_stop"}:
                self.done = True

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            self._counts |= {name: n for name, n in usage.items() if n is not None}
            self.usage = _usage(self._counts)


def _text_of(block: object) -> str:
    match block:
        case {"type": "text", "text": str(text)}:
            return text
    return ""


def _settled(
    text: str, reason: object, usage: Usage, version: str | None
) -> Response | CallFailure:
    fields: dict[str, Any] = {"usage": usage, "model_version": version}
    if reason == "refusal":  # a classifier of the service stepped in, not the model
        return withheld("blocked_output", "stop reason refusal", "refusal", text, fields)
    return settle(text, reason, **fields)


def _usage(usage: object) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    read = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    counts = [token_count(usage.get(name)) for name in read]
    asked = None if counts[0] is None else sum(n for n in counts if n is not None)
    return Usage(asked, token_count(usage.get("output_tokens")))


def _version(message: Mapping[str, Any]) -> str | None:
    model = message.get("model")
    return model if isinstance(model, str) and model else None
