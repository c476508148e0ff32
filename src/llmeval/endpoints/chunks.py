"""A streamed chat/completions answer put together, chunk by chunk. No clock, no socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from llmeval.endpoints.chat import (
    MalformedAnswer,
    logprobs_of,
    model_version,
    safety_of,
    settle,
    text_of,
    usage_of,
)
from llmeval.endpoints.failures import error_in, from_error_object
from llmeval.endpoints.text import clean, decode_json
from llmeval.records import CallFailure, Response, Usage

__all__ = ["StreamedAnswer"]


class StreamedAnswer:
    """Collects events. ``done`` once ``[DONE]`` or an error came; ``started`` with the first text.

    ``add`` and ``response`` raise ``MalformedAnswer`` for what is no chunk.
    """

    def __init__(self) -> None:
        self.done = False
        self.started = False
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._reason: object = None
        self._error: Mapping[str, Any] | None = None
        self._usage = Usage()
        self._version: str | None = None
        self._safety: list[dict[str, Any]] = []
        self._logprobs: list[dict[str, Any]] | None = None

    @property
    def complete(self) -> bool:
        """Whether the server has said that the answer ends here."""
        return self.done or isinstance(self._reason, str)

    def add(self, data: bytes) -> None:
        """Take in one event's data."""
        if self.done or not data.strip():
            return
        if data.strip() == b"[DONE]":
            self.done = True
            return
        try:
            chunk = decode_json(data)
        except ValueError as error:
            raise MalformedAnswer(f"an event holds no JSON ({error})") from None
        self._error = error_in(chunk)
        if self._error is not None:
            self.done = True
        elif isinstance(chunk, dict):
            self._take(chunk)
        else:
            raise MalformedAnswer("an event is no JSON object")

    def response(self, secrets: tuple[str, ...] = ()) -> Response | CallFailure:
        """Return the whole answer; call it when the stream is ``complete``."""
        if self._error is not None:
            failure = from_error_object(self._error, answering=self.started, secrets=secrets)
            seen = clean("".join(self._text)) or None
            return msgspec.structs.replace(failure, usage=self._usage, text=seen)
        text, reason = "".join(self._text), self._reason
        if not text and self._refusal:
            text, reason = "".join(self._refusal), "refusal"
        return settle(
            text,
            reason,
            safety=self._safety,
            usage=self._usage,
            model_version=self._version,
            logprobs=self._logprobs,
        )

    def _take(self, chunk: dict[str, Any]) -> None:
        if chunk.get("usage"):
            self._usage = usage_of(chunk["usage"])
        self._version = self._version or model_version(chunk)
        choices = chunk.get("choices") or ()
        if not isinstance(choices, list | tuple):
            raise MalformedAnswer("choices is no list")
        if chunk.get("prompt_filter_results"):
            self._safety += safety_of(chunk, {})
        for choice in choices:
            if not isinstance(choice, dict):
                raise MalformedAnswer("choices[0] is no object")
            if choice.get("index", 0) in (0, None):
                self._take_choice(choice)

    def _take_choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            piece = text_of(delta.get("content"), "choices[0].delta.content")
            if piece:
                self._text.append(piece)
            refusal = delta.get("refusal")
            if isinstance(refusal, str) and refusal:
                self._refusal.append(refusal)
            self.started = self.started or bool(piece) or bool(self._refusal)
        if choice.get("finish_reason"):
            self._reason = choice["finish_reason"]
        if choice.get("content_filter_results"):
            self._safety += safety_of({}, choice)
        if choice.get("logprobs"):
            self._logprobs = (self._logprobs or []) + (logprobs_of(choice) or [])
