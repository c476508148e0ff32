"""generateContent as a ``Dialect``, and its streamed answers put together event by event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from llmeval.endpoints.dialects.dialect import JsonEvents
from llmeval.endpoints.dialects.finish_reasons import finish_word
from llmeval.endpoints.dialects.generate_content import (
    blocked_prompt,
    candidates_of,
    logprobs_of,
    no_candidate,
    ratings_of,
    refused_setting,
    request_body,
    responses_of,
    settled,
    text_of,
    usage_of,
    version_of,
)
from llmeval.records import CallFailure, Request, Response, Usage

__all__ = ["Gemini", "StreamedCandidate"]


class Gemini:
    """generateContent and streamGenerateContent; ``labels`` go with every request."""

    def __init__(self, labels: Mapping[str, str] | None = None) -> None:
        self.labels = dict(labels or {})

    def refused(self, settings: Mapping[str, Any]) -> str | None:
        """See ``dialect.Dialect``."""
        return refused_setting(settings)

    def body(self, request: Request) -> dict[str, Any]:
        """See ``dialect.Dialect``."""
        return request_body(request, self.labels)

    def response(self, body: Any, request: Request | None = None) -> Response | CallFailure:
        """See ``dialect.Dialect``."""
        return responses_of(body)[0]

    def responses(self, body: Any) -> list[Response | CallFailure]:
        """Return what every candidate says."""
        return responses_of(body)

    def streamed(self) -> StreamedCandidate:
        """See ``dialect.Dialect``."""
        return StreamedCandidate()


class StreamedCandidate(JsonEvents):
    """Collects the first candidate. There is no ``[DONE]``: the stream ends after its reason."""

    def __init__(self) -> None:
        super().__init__()
        self._message: object = None
        self._spoke = False
        self._blocked: CallFailure | None = None
        self._safety: list[dict[str, Any]] = []
        self._logprobs: list[dict[str, Any]] | None = None

    @property
    def ends_unsaid(self) -> bool:
        """Whether there was an answer, but no candidate in it: none will give a reason."""
        return self.version is not None and not self._spoke

    def _whole(self) -> Response | CallFailure:
        if not self._spoke and self._blocked is None:
            return no_candidate(self.usage, self.version)
        if self._blocked is not None:
            return msgspec.structs.replace(
                self._blocked, usage=self.usage, model_version=self.version
            )
        return settled(
            self.text,
            self.finish_reason,
            self._message,
            safety=self._safety,
            usage=self.usage,
            model_version=self.version,
            logprobs=self._logprobs,
        )

    def _take(self, event: dict[str, Any]) -> None:
        usage = usage_of(event.get("usageMetadata"))
        if usage != Usage():
            self.usage = usage  # each event counts all that came before it
        self.version = version_of(event) or self.version
        blocked = blocked_prompt(event, self.text)
        if blocked is not None:
            self._blocked, self.finish_reason = blocked, blocked.reason
        for candidate in candidates_of(event):
            if not candidate.get("index"):
                self._take_candidate(candidate)

    def _take_candidate(self, candidate: Mapping[str, Any]) -> None:
        self._spoke = True
        self.say(text_of(candidate))
        reason = finish_word(candidate.get("finishReason"))
        if reason:
            self.finish_reason, self._message = reason, candidate.get("finishMessage")
        ratings = ratings_of(candidate, "output")
        if ratings:
            self._safety = ratings  # each event rates all that came before it
        tokens = logprobs_of(candidate)
        if tokens is not None:
            self._logprobs = (self._logprobs or []) + tokens
