"""One HTTP answer read to its end: whole or as a stream, with its clock and its size limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import aiohttp
import msgspec

from llmeval.endpoints.dialects.dialect import (
    Dialect,
    MalformedAnswer,
    Streamed,
    so_far,
)
from llmeval.endpoints.dialects.error_objects import (
    LONGEST_MESSAGE,
    error_in,
    from_error_object,
)
from llmeval.endpoints.text import decode_json, printable
from llmeval.endpoints.wire.failures import CALL_ERRORS, from_exception, from_status, malformed
from llmeval.endpoints.wire.sse import EventParser
from llmeval.records import CallFailure, Request, Response

__all__ = ["Exchange"]

_DRAIN_SECONDS = 0.2
_EVENT_STREAM = ("text/event-stream", "application/octet-stream")
"""The second is what aiohttp says where a server names no type."""


class _TooLarge(Exception):
    """The body exceeds the limit."""


class Exchange:
    """One answer as it is read: when its first text and its last byte came, and its headers."""

    def __init__(self, limit: int, secrets: tuple[str, ...]) -> None:
        self._limit = limit
        self._secrets = secrets
        self._collected: Streamed | None = None
        self.answering = False
        self.headers: Mapping[str, str] = {}
        self.first_text: float | None = None
        self.ended: float | None = None

    async def read(
        self, answer: aiohttp.ClientResponse, dialect: Dialect, request: Request
    ) -> Response | CallFailure:
        """Return what the answer to ``request`` says; network errors pass through."""
        if request.stream and answer.status == 200 and answer.content_type in _EVENT_STREAM:
            self.answering, self.headers = True, answer.headers
            return self._hiding(await self._stream(answer, dialect.streamed()))
        body = await self.whole(answer)
        if isinstance(body, CallFailure):
            return body
        try:
            decoded = decode_json(body)
            error = error_in(decoded)
            if error is not None:
                return from_error_object(error, secrets=self._secrets)
            return self._hiding(dialect.response(decoded, request))
        except MalformedAnswer as problem:
            return malformed(str(problem), body, secrets=self._secrets)
        except ValueError:
            what = answer.content_type
            return malformed(f"the answer is no JSON ({what})", body, secrets=self._secrets)

    async def whole(self, answer: aiohttp.ClientResponse) -> bytes | CallFailure:
        """Return the body of an answer with status 2xx, else its failure."""
        self.answering, self.headers = True, answer.headers
        try:
            body = await self._bytes(answer)
        except _TooLarge:
            return self._too_large(answer)
        self.ended = time.perf_counter()
        if 200 <= answer.status < 300:
            return body
        return from_status(
            answer.status, answer.headers, body, now=time.time(), secrets=self._secrets
        )

    def failed(self, error: BaseException, timeout: float, connect_timeout: float) -> CallFailure:
        """Return what an exception of ``CALL_ERRORS`` did to this exchange; times are seconds."""
        failure = from_exception(
            error, answering=self.answering, timeout=timeout, connect_timeout=connect_timeout
        )
        failure = CallFailure(failure.kind, printable(failure.message, secrets=self._secrets))
        return so_far(failure, self._collected) if self._collected else failure

    def _hiding(self, outcome: Response | CallFailure) -> Response | CallFailure:
        """Take secrets out of what a server said of an answer that it withheld."""
        if isinstance(outcome, Response) or not self._secrets:
            return outcome
        message = printable(outcome.message, limit=LONGEST_MESSAGE, secrets=self._secrets)
        return msgspec.structs.replace(outcome, message=message)

    async def _bytes(self, answer: aiohttp.ClientResponse) -> bytes:
        length = answer.content_length
        if length is not None and length > self._limit:
            raise _TooLarge
        if length is not None and "Content-Encoding" not in answer.headers:
            return await answer.read()
        pieces, size = [], 0
        async for piece in answer.content.iter_any():
            size += len(piece)
            if size > self._limit:
                raise _TooLarge
            pieces.append(piece)
        return b"".join(pieces)

    async def _stream(
        self, answer: aiohttp.ClientResponse, collected: Streamed
    ) -> Response | CallFailure:
        self._collected = collected
        try:
            await self._until_end(answer, collected)
            if collected.complete or collected.ends_unsaid:
                return collected.response(self._secrets)
        except _TooLarge:
            return self._too_large(answer)
        except MalformedAnswer as problem:
            failure = CallFailure("malformed_body", printable(str(problem), secrets=self._secrets))
        else:
            words = "the stream ended without a finish reason and without [DONE]"
            failure = CallFailure("stream_cut", words)
        return so_far(failure, collected)

    async def _until_end(self, answer: aiohttp.ClientResponse, collected: Streamed) -> None:
        """Read all events. A connection that breaks after the answer's end does no harm."""
        try:
            await self._events(answer, collected)
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError) or not collected.complete:
                raise

    async def _events(self, answer: aiohttp.ClientResponse, collected: Streamed) -> None:
        parser, size = EventParser(), 0
        async for piece in answer.content.iter_any():
            now = time.perf_counter()
            size += len(piece)
            if size > self._limit:
                raise _TooLarge
            self.ended = now
            for data in parser.feed(piece):
                collected.add(data)
                if self.first_text is None and collected.started:
                    self.first_text = now
            if collected.done:
                return await _drain(answer)
        for data in parser.close():
            _add_rest(collected, data)
        if collected.started and self.first_text is None:
            self.first_text = self.ended

    def _too_large(self, answer: aiohttp.ClientResponse) -> CallFailure:
        answer.close()
        return CallFailure(
            "too_large", f"the answer exceeds {self._limit} bytes", status=answer.status
        )


def _add_rest(collected: Streamed, data: bytes) -> None:
    """Take in what the end of the stream left; half an event is a cut, not a malformed body."""
    try:
        collected.add(data)
    except MalformedAnswer:
        return


async def _drain(answer: aiohttp.ClientResponse) -> None:
    """Read on after ``[DONE]``, so that the connection can serve again, but not for long."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while not answer.content.at_eof():
                await answer.content.readany()
    except CALL_ERRORS:
        answer.close()
