"""chat/completions as a ``Dialect``, and its streamed answers put together chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmeval.endpoints.dialects.chat import (
    logprobs_of,
    model_version,
    refused_setting,
    request_body,
    response_of,
    safety_of,
    text_of,
    usage_of,
)
from llmeval.endpoints.dialects.dialect import JsonEvents, MalformedAnswer, settle
from llmeval.records import CallFailure, Request, Response

__all__ = ["Chat", "StreamedAnswer"]


class Chat:
    """chat/completions; ``model`` is the name that the server knows. ``asks_usage`` is false for
    servers that report a stream's usage unasked, and refuse ``stream_options``."""

    def __init__(self, model: str, *, asks_usage: bool = True) -> None:
        self.model = model
        self._asks_usage = asks_usage

    def refused(self, settings: Mapping[str, Any]) -> str | None:
        """See ``dialect.Dialect``."""
        return refused_setting(settings)

    def body(self, request: Request) -> dict[str, Any]:
        """See ``dialect.Dialect``."""
        return request_body(request, self.model, asks_usage=self._asks_usage)

    def response(self, body: Any, request: Request | None = None) -> Response | CallFailure:
        """See ``dialect.Dialect``."""
        return response_of(body)

    def streamed(self) -> StreamedAnswer:
        """See ``dialect.Dialect``."""
        return StreamedAnswer()


class StreamedAnswer(JsonEvents):
    """Collects chunks. ``done`` once ``[DONE]`` or an error came."""

    def __init__(self) -> None:
        super().__init__()
        self._refusal: list[str] = []
        self._safety: list[dict[str, Any]] = []
        self._logprobs: list[dict[str, Any]] | None = None

    def _whole(self) -> Response | CallFailure:
        text, reason = self.text, self.finish_reason
        if not text and self._refusal:
            text, reason = "".join(self._refusal), "refusal"
        return settle(
            text,
            reason,
            safety=self._safety,
            usage=self.usage,
            model_version=self.version,
            logprobs=self._logprobs,
        )

    def _take(self, event: dict[str, Any]) -> None:
        if event.get("usage"):
            self.usage = usage_of(event["usage"])
        self.version = self.version or model_version(event)
        choices = event.get("choices") or ()
        if not isinstance(choices, list | tuple):
            raise MalformedAnswer("choices is no list")
        if event.get("prompt_filter_results"):
            self._safety += safety_of(event, {})
        for choice in choices:
            if not isinstance(choice, dict):
                raise MalformedAnswer("choices[0] is no object")
            if choice.get("index", 0) in (0, None):
                self._take_choice(choice)

    def _take_choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            self.say(text_of(delta.get("content"), "choices[0].delta.content"))
            refusal = delta.get("refusal")
            if isinstance(refusal, str) and refusal:
                self._refusal.append(refusal)
                self.started = True
        if isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]:
            self.finish_reason = choice["finish_reason"]
        if choice.get("content_filter_results"):
            self._safety += safety_of({}, choice)
        if choice.get("logprobs"):
            self._logprobs = (self._logprobs or []) + (logprobs_of(choice) or [])
