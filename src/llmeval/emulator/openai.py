"""The OpenAI surface: ``/v1/models`` and ``/v1/chat/completions``."""

from __future__ import annotations

import asyncio
import hmac
import math
import time

import msgspec
from aiohttp import web

from llmeval.emulator.answers import (
    Pace,
    break_connection,
    json_answer,
    send_stream,
    send_whole,
)
from llmeval.emulator.emulation import PATIENCE, Emulation
from llmeval.emulator.faults import KINDS
from llmeval.emulator.wire import (
    BadRequest,
    ask_of,
    chunks_of,
    completion,
    error_body,
    status_of,
    wants_usage,
)
from llmeval.records import CallFailure, Response

__all__ = ["OpenAISurface"]

_GARBAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class OpenAISurface:
    """Handlers over the models ``names`` of an emulation."""

    def __init__(self, emulation: Emulation, names: tuple[str, ...]) -> None:
        self._emulation = emulation
        self._names = names

    async def models(self, request: web.Request) -> web.Response:
        """``GET /v1/models``."""
        if not self._authorized(request):
            return _unauthorized()
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "llmeval"}
            for name in self._names
        ]
        return json_answer(200, msgspec.json.encode({"object": "list", "data": data}))

    async def chat(self, http: web.Request) -> web.StreamResponse:
        """``POST /v1/chat/completions``: counted, whatever becomes of it."""
        self._emulation.counts.connected(http.transport)
        with self._emulation.counts.call() as call:
            call.outcome, answer = await self._answer(http, call.number)
            return answer

    async def _answer(self, http: web.Request, number: int) -> tuple[str, web.StreamResponse]:
        started = time.perf_counter()
        body = await http.read()
        refused = self._refused(http)
        if refused is not None:
            return refused
        kind = self._emulation.fault(number, KINDS)
        delay = self._emulation.faults.delay
        if delay:
            await asyncio.sleep(delay)
        if kind in ("quota_429", "server_500", "unavailable_503", "reset", "hang", "garbage"):
            return kind, await self._broken(kind, http)
        try:
            decoded = msgspec.json.decode(body)
            name, request = ask_of(decoded, seed=self._emulation.seed)
        except (ValueError, RecursionError) as error:
            text = str(error) if isinstance(error, BadRequest) else "the body is no JSON"
            return "bad_request", json_answer(400, error_body(text, "invalid_request_error"))
        if name not in self._names:
            return "not_found", _no_model(name)
        attempt = await self._emulation.ask(name, request)
        pace = Pace(started + delay, attempt.ttft, attempt.latency)
        outcome = Response("") if kind == "empty" else attempt.outcome
        if isinstance(outcome, CallFailure):
            if outcome.kind not in ("blocked_output", "empty"):
                await pace.end()
                return outcome.kind, _failed(outcome)
            kind, outcome = outcome.kind, _withheld(outcome)
        if request.stream:
            events = chunks_of(name, number, outcome, wants_usage(decoded))
            return kind or "answered", await send_stream(http, events, pace, kind)
        await pace.end()
        return kind or "answered", await send_whole(http, completion(name, number, outcome), kind)

    def _refused(self, http: web.Request) -> tuple[str, web.Response] | None:
        if not self._authorized(http):
            return "unauthorized", _unauthorized()
        quota = self._emulation.faults.requests_per_second
        if self._emulation.over_quota(quota, "openai") is not None:
            return "over_quota", self._busy(429, "rate limit reached")
        return None

    def _authorized(self, http: web.Request) -> bool:
        key = self._emulation.faults.api_key
        if key is None:
            return True
        given = http.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, f"Bearer {key}".encode())

    def _busy(self, status: int, text: str) -> web.Response:
        seconds = self._emulation.faults.retry_after
        headers = {}
        if seconds is not None:
            headers["Retry-After"] = str(math.ceil(seconds))
            if seconds != math.ceil(seconds):
                headers["retry-after-ms"] = f"{seconds * 1000:.0f}"
        return json_answer(
            status, error_body(text, "requests" if status == 429 else "busy"), headers
        )

    async def _broken(self, kind: str, http: web.Request) -> web.StreamResponse:
        """Carry out a fault that needs no answer of the model."""
        match kind:
            case "quota_429":
                return self._busy(429, "rate limit reached (fault)")
            case "unavailable_503":
                return self._busy(503, "overloaded (fault)")
            case "server_500":
                return json_answer(500, error_body("internal error (fault)", "server_error"))
            case "garbage":
                return web.Response(body=_GARBAGE, content_type="text/html")
            case "hang":
                await asyncio.sleep(PATIENCE)
        return break_connection(http)


def _unauthorized() -> web.Response:
    return json_answer(
        401, error_body("invalid API key", "authentication_error", "invalid_api_key")
    )


def _no_model(name: str) -> web.Response:
    text = f"The model {name[:200]!r} does not exist"
    return json_answer(404, error_body(text, "invalid_request_error", "model_not_found"))


def _failed(failure: CallFailure) -> web.Response:
    code = "content_filter" if failure.kind == "blocked_prompt" else failure.kind
    headers = {}
    if failure.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(failure.retry_after))
        headers["retry-after-ms"] = f"{failure.retry_after * 1000:.0f}"
    return json_answer(status_of(failure), error_body(failure.message, failure.kind, code), headers)


def _withheld(failure: CallFailure) -> Response:
    reason = "content_filter" if failure.kind == "blocked_output" else "stop"
    return Response("", finish_reason=reason)
