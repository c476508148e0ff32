"""How an answer goes out: whole or as a stream, on time, or broken in a stated way."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

__all__ = ["Events", "Pace", "break_connection", "json_answer", "send_stream", "send_whole"]

_JSON = "application/json"
_LINGER_NOT = struct.pack("ii", 1, 0)
_SECONDS_TO_ARRIVE = 0.02
_BREAKS = ("truncated", "cut_stream", "fin_stream", "reset_stream", "error_midstream")


class Events(NamedTuple):
    """A stream's pieces as bytes: one sent at once, those with content, and the closing ones."""

    first: bytes
    content: list[bytes]
    closing: list[bytes]


class Pace:
    """When a stream's pieces are due, by the model's own timings; never earlier than now."""

    def __init__(self, started: float, ttft: float | None, latency: float) -> None:
        self._started = started
        self._first = latency if ttft is None else min(ttft, latency)
        self._latency = latency

    async def piece(self, index: int, count: int) -> None:
        """Wait until piece ``index`` of ``count`` is due."""
        share = index / (count - 1) if count > 1 else 1.0 * (index > 0)
        await self._until(self._first + share * (self._latency - self._first))

    async def end(self) -> None:
        """Wait until the whole answer is due."""
        await self._until(self._latency)

    async def _until(self, offset: float) -> None:
        left = self._started + offset - time.perf_counter()
        if left > 0:
            await asyncio.sleep(left)


def json_answer(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer with a JSON body."""
    return web.Response(status=status, body=body, content_type=_JSON, headers=headers)


def break_connection(http: web.Request) -> web.StreamResponse:
    """Break the connection with a TCP RST."""
    transport = http.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    return web.Response()


async def send_whole(
    http: web.Request,
    body: bytes,
    kind: str | None,
    headers: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Send ``body``, or half of it where ``kind`` says so."""
    if kind not in _BREAKS:
        return json_answer(200, body, headers)
    answer = web.StreamResponse(headers={"Content-Type": _JSON, **(headers or {})})
    if kind == "truncated":
        answer.content_length = len(body) + 100
    how = "reset_stream" if kind == "reset_stream" else "fin_stream"
    return await _cut(http, answer, [body[: len(body) // 2]], how)


async def send_stream(
    http: web.Request,
    events: Events,
    pace: Pace,
    kind: str | None,
    *,
    headers: Mapping[str, str] | None = None,
    error: bytes = b"",
) -> web.StreamResponse:
    """Send ``events`` on time, or half of them if ``kind`` says so.

    ``error`` is the piece that ends the stream after half of it where ``kind`` is
    ``error_midstream``. ``headers`` may name another content type than that of events.
    """
    first, content, closing = events
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", **(headers or {})})
    if kind in _BREAKS:
        half = [first, *content[: len(content) // 2]]
        if kind == "error_midstream":
            half.append(error)
        if kind == "truncated":
            answer.content_length = sum(map(len, [*half, *content, *closing]))
        await pace.piece(len(content) // 2, len(content))
        return await _cut(http, answer, half, "fin_stream" if kind == "truncated" else kind)
    await answer.prepare(http)
    if first:
        await answer.write(first)
    for index, piece in enumerate(content):
        await pace.piece(index, len(content))
        await answer.write(piece)
    await pace.end()
    await answer.write(b"".join(closing))
    await answer.write_eof()
    return answer


async def _cut(
    http: web.Request, answer: web.StreamResponse, pieces: Sequence[bytes], how: str
) -> web.StreamResponse:
    """Send ``pieces`` and stop: with a FIN, with an RST, or else as if that were all."""
    answer.force_close()
    await answer.prepare(http)
    for piece in filter(None, pieces):
        await answer.write(piece)
    if how == "reset_stream":
        # An RST that overtakes the data would take from the client what it was to see.
        await asyncio.sleep(_SECONDS_TO_ARRIVE)
        return break_connection(http)
    if how == "fin_stream":
        if http.transport is not None:
            http.transport.close()
    else:
        await answer.write_eof()
    return answer
