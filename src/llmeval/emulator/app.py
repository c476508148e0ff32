"""The server itself: routes, faults, pacing, counters."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from aiohttp import web

from llmeval.emulator.answers import (
    Pace,
    break_connection,
    json_answer,
    send_stream,
    send_whole,
)
from llmeval.emulator.faults import Faults, TokenBucket, draw
from llmeval.emulator.wire import (
    BadRequest,
    ask_of,
    chunks_of,
    completion,
    error_body,
    status_of,
    wants_usage,
)
from llmeval.ports import Endpoint
from llmeval.records import CallFailure, Request, Response

__all__ = ["Emulator", "create_app"]

_PATIENCE = 3600.0
_LARGEST_BODY = 64_000_000
_GARBAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class Emulator:
    """One server's state and handlers. ``counters`` is what ``/control/counters`` tells."""

    def __init__(self, endpoints: Mapping[str, Endpoint], faults: Faults, seed: int) -> None:
        self._endpoints = dict(endpoints)
        self._faults = faults
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Forget all that was counted: the next request is number 0 again."""
        self._calls = 0
        self._in_flight = 0
        self._most_in_flight = 0
        self._outcomes: Counter[str] = Counter()
        self._asked: Counter[int] = Counter()
        rate = self._faults.requests_per_second
        self._bucket = TokenBucket(rate, time.monotonic) if rate else None

    def counters(self) -> dict[str, Any]:
        """Return counts since the start or the last reset."""
        return {
            "calls": self._calls,
            "in_flight": self._in_flight,
            "max_in_flight": self._most_in_flight,
            "outcomes": dict(self._outcomes),
        }

    async def lifetime(self, _: web.Application) -> AsyncIterator[None]:
        """Open the endpoints when the server starts, close them when it ends."""
        async with contextlib.AsyncExitStack() as stack:
            for endpoint in self._endpoints.values():
                await endpoint.open()
                stack.push_async_callback(endpoint.close)
            yield

    async def models(self, request: web.Request) -> web.Response:
        """``GET /v1/models``."""
        if not self._authorized(request):
            return self._unauthorized()
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "llmeval"}
            for name in self._endpoints
        ]
        return json_answer(200, msgspec.json.encode({"object": "list", "data": data}))

    async def chat(self, http: web.Request) -> web.StreamResponse:
        """``POST /v1/chat/completions``: counted, whatever becomes of it."""
        number, self._calls = self._calls, self._calls + 1
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        outcome, counted = "disconnected", self._outcomes
        try:
            outcome, answer = await self._answer(http, number)
            return answer
        finally:
            counted[outcome] += 1
            self._in_flight = max(0, self._in_flight - 1)

    async def _answer(self, http: web.Request, number: int) -> tuple[str, web.StreamResponse]:
        started = time.perf_counter()
        body = await http.read()
        refused = self._refused(http)
        if refused is not None:
            return refused
        kind = draw(self._faults, self._seed, number) if self._faults.any else None
        if self._faults.delay:
            await asyncio.sleep(self._faults.delay)
        if kind in ("quota_429", "server_500", "unavailable_503", "reset", "hang", "garbage"):
            return kind, await self._broken(kind, http)
        try:
            decoded = msgspec.json.decode(body)
            name, request = ask_of(decoded, seed=self._seed)
        except (ValueError, RecursionError) as error:
            text = str(error) if isinstance(error, BadRequest) else "the body is no JSON"
            return "bad_request", json_answer(400, error_body(text, "invalid_request_error"))
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            return "not_found", _no_model(name)
        attempt = await endpoint.send(self._repeated(name, request), _PATIENCE)
        pace = Pace(started + self._faults.delay, attempt.ttft, attempt.latency)
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
            return "unauthorized", self._unauthorized()
        if self._bucket is not None and not self._bucket.take():
            return "over_quota", self._busy(429, "rate limit reached")
        return None

    def _authorized(self, http: web.Request) -> bool:
        if self._faults.api_key is None:
            return True
        given = http.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, f"Bearer {self._faults.api_key}".encode())

    def _unauthorized(self) -> web.Response:
        return json_answer(
            401, error_body("invalid API key", "authentication_error", "invalid_api_key")
        )

    def _busy(self, status: int, text: str) -> web.Response:
        seconds = self._faults.retry_after
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
                await asyncio.sleep(_PATIENCE)
        return break_connection(http)

    def _repeated(self, name: str, request: Request) -> Request:
        """Number equal questions, so that a simulator draws anew for each."""
        key = hash((name, tuple((m.role, m.content) for m in request.messages)))
        self._asked[key] += 1
        return msgspec.structs.replace(request, repetition=self._asked[key] - 1)


def create_app(
    endpoints: Mapping[str, Endpoint], faults: Faults | None = None, seed: int = 0
) -> web.Application:
    """Return an OpenAI-compatible application whose models are ``endpoints`` by name.

    Besides ``/v1/models`` and ``/v1/chat/completions`` there are ``GET /control/counters`` and
    ``POST /control/reset``. Run it with ``handler_cancellation=True`` so that a hanging answer ends
    with its client.
    """
    emulator = Emulator(endpoints, faults or Faults(), seed)

    async def counters(_: web.Request) -> web.Response:
        return json_answer(200, msgspec.json.encode(emulator.counters()))

    async def reset(_: web.Request) -> web.Response:
        emulator.reset()
        return json_answer(200, b"{}")

    app = web.Application(client_max_size=_LARGEST_BODY)
    app.router.add_get("/v1/models", emulator.models)
    app.router.add_post("/v1/chat/completions", emulator.chat)
    app.router.add_get("/control/counters", counters)
    app.router.add_post("/control/reset", reset)
    app.cleanup_ctx.append(emulator.lifetime)
    return app


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
