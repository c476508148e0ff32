"""Connections to one endpoint: posts a request, reads the answer, keeps the time.

Latency counts from the moment at which a connection is at hand and the request goes out.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from llmeval.endpoints.dialects.dialect import Dialect
from llmeval.endpoints.text import encode_json, printable
from llmeval.endpoints.wire.exchange import Exchange
from llmeval.endpoints.wire.failures import CALL_ERRORS
from llmeval.records import Attempt, CallFailure, Request

__all__ = ["Channel", "Reply", "hidden"]

_LARGE_BODY = 1_000_000
_IDLE_SECONDS = 4.0
_STREAM_HEADERS = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}

_connected: ContextVar[float] = ContextVar("connected", default=0.0)


class _Connector(aiohttp.TCPConnector):
    """Notes when a call has its connection: making one is no part of the model's latency."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Any:
        connection = await super().connect(req, traces, timeout)
        _connected.set(time.perf_counter())
        return connection


@dataclass(frozen=True, slots=True)
class Reply:
    """An attempt and the headers of its answer, empty where none came."""

    attempt: Attempt
    headers: Mapping[str, str]


class Channel:
    """A pool of connections. ``secrets`` never show in a message; ``connect_timeout`` is seconds.

    Lives on one event loop, between its construction there and ``close``.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        *,
        connect_timeout: float,
        max_response_bytes: int,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._connect_timeout = connect_timeout
        self._limit = max_response_bytes
        self._secrets = secrets
        self._session = aiohttp.ClientSession(
            # Servers such as uvicorn drop idle connections after 5 s: be the first to do so.
            connector=_Connector(limit=0, ttl_dns_cache=300, keepalive_timeout=_IDLE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "Content-Type": "application/json",
                "Accept-Encoding": "gzip",
                **{name: value.strip() for name, value in headers.items()},
            },
            timeout=aiohttp.ClientTimeout(
                total=None, connect=connect_timeout, sock_connect=connect_timeout
            ),
            trust_env=False,
        )

    async def ask(
        self,
        url: URL,
        dialect: Dialect,
        request: Request,
        timeout: float,  # noqa: ASYNC109 - seconds, the port's own
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask once within ``timeout`` seconds; whatever happens is an ``Attempt``."""
        body = encoded(dialect, request)
        if isinstance(body, CallFailure):
            return Reply(Attempt(body, latency=0.0), {})
        if request.stream:
            headers = {**_STREAM_HEADERS, **(headers or {})}
        exchange = Exchange(self._limit, self._hidden(headers))
        begun = time.perf_counter()
        _connected.set(begun)
        try:
            async with (
                asyncio.timeout(timeout),
                self._session.post(
                    url,
                    data=io.BytesIO(body) if len(body) > _LARGE_BODY else body,
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                outcome = await exchange.read(answer, dialect, request)
        except CALL_ERRORS as error:
            outcome = exchange.failed(error, timeout, self._connect_timeout)
        ended = exchange.ended or time.perf_counter()
        sent = _connected.get()
        ttft = None if exchange.first_text is None else exchange.first_text - sent
        return Reply(Attempt(outcome, latency=ended - sent, ttft=ttft), exchange.headers)

    async def get(
        self, url: URL, headers: Mapping[str, str] | None = None
    ) -> tuple[bytes | CallFailure, Mapping[str, str]]:
        """Fetch a page within the connect timeout; return body or failure, and its headers."""
        exchange = Exchange(self._limit, self._hidden(headers))
        seconds = self._connect_timeout
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.get(url, headers=headers, allow_redirects=False) as answer,
            ):
                body = await exchange.whole(answer)
        except CALL_ERRORS as error:
            body = exchange.failed(error, seconds, seconds)
        return body, exchange.headers

    def _hidden(self, headers: Mapping[str, str] | None) -> tuple[str, ...]:
        """Return what no message on this call may hold: tokens come and go with the call."""
        sent = headers.get("Authorization") if headers else None
        return (*hidden([sent.removeprefix("Bearer ")]), *self._secrets) if sent else self._secrets

    async def close(self) -> None:
        """Close all connections. Safe to call twice."""
        await self._session.close()


def encoded(dialect: Dialect, request: Request) -> bytes | CallFailure:
    """Return the body to send, or why it cannot be sent."""
    try:
        problem = dialect.refused(request.settings)
        if problem is None:
            return encode_json(dialect.body(request))
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"the request cannot be sent as JSON: {error}"
    return CallFailure("bad_request", printable(problem, limit=500))


def hidden(values: Iterable[str | None]) -> tuple[str, ...]:
    """Return what no message may hold, longest first; very short values would hide words."""
    found = {value.strip() for value in values if value and len(value.strip()) > 3}
    return tuple(sorted(found, key=len, reverse=True))
