"""A gRPC call from end to end: asked over REST, answered message by message."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import aiohttp
from yarl import URL

from llmeval.emulator.vertex_grpc.methods import METHODS, Method
from llmeval.emulator.vertex_grpc.statuses import (
    Failed,
    broken,
    failed,
    invalid_argument,
    misread,
    told_in,
    unread,
)
from llmeval.emulator.vertex_grpc.transcoding import http_body, http_call, message_of, types_of
from llmeval.endpoints.wire.sse import EventParser

__all__ = ["Front"]

_DETAILS = "grpc-status-details-bin"
_ASKED_AS = "authorization"
_TOLD = ("x-llmeval-emulator", "x-vertex-ai-")
"""Headers of an answer that become metadata, by how they begin."""

_READABLE = ("application/json", "text/event-stream")


class Front:
    """Answers gRPC calls by asking the emulator at ``root`` over ``session``."""

    def __init__(self, root: str, session: aiohttp.ClientSession) -> None:
        self._root = root
        self._session = session

    def handlers(self, methods: Sequence[Method] = METHODS) -> list[Any]:
        """Return one generic handler a service, for a ``grpc.aio`` server."""
        import grpc

        services: dict[str, dict[str, Any]] = defaultdict(dict)
        for method in methods:
            request, response = types_of(method)
            made = (
                grpc.unary_stream_rpc_method_handler
                if method.streamed
                else grpc.unary_unary_rpc_method_handler
            )
            services[method.full_service][method.name] = made(
                partial(self._stream if method.streamed else self._whole, method, response),
                request_deserializer=request.FromString,
                response_serializer=response.SerializeToString,
            )
        return [
            grpc.method_handlers_generic_handler(service, handlers)
            for service, handlers in services.items()
        ]

    async def _whole(self, method: Method, response: Any, request: Any, context: Any) -> Any:
        async with _ending(context), self._asked(method, request, context) as answer:
            body = await answer.read()
            if method.raw:
                return http_body(body, answer.content_type)
            return _message(response, body)

    async def _stream(
        self, method: Method, response: Any, request: Any, context: Any
    ) -> AsyncIterator[Any]:
        async with _ending(context), self._asked(method, request, context) as answer:
            if method.raw:
                async for piece in _pieces(answer):
                    yield http_body(piece, answer.content_type)
                return
            async for event in _events(answer):
                yield _message(response, event)

    @contextlib.asynccontextmanager
    async def _asked(
        self, method: Method, request: Any, context: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask over REST; give an answer that can be read. Raises ``Failed``."""
        try:
            call = http_call(method, request)
        except ValueError as error:
            raise invalid_argument(str(error)) from None
        headers = {"Content-Type": call.content_type}
        headers |= {k: v for k, v in context.invocation_metadata() if k == _ASKED_AS}
        url = URL(self._root + call.target, encoded=True)
        async with self._session.request(
            call.verb, url, data=call.body or None, headers=headers
        ) as answer:
            told = [(k.lower(), v) for k, v in answer.headers.items()]
            await context.send_initial_metadata([t for t in told if t[0].startswith(_TOLD)])
            if answer.status != 200:
                raise failed(answer.status, answer.content_type, await answer.read())
            if not method.raw and answer.content_type not in _READABLE:
                raise unread(answer.status, answer.content_type)
            yield answer


@contextlib.asynccontextmanager
async def _ending(context: Any) -> AsyncIterator[None]:
    """End the call as whatever fails within says."""
    import grpc

    try:
        yield
    except (Failed, aiohttp.ClientError, OSError) as error:
        failure = error if isinstance(error, Failed) else broken()
        details = () if failure.status is None else ((_DETAILS, failure.status),)
        await context.abort(grpc.StatusCode[failure.code], failure.message, details)


def _message(kind: Any, body: bytes) -> Any:
    try:
        return message_of(kind, body)
    except ValueError as error:
        raise misread(str(error)) from None


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Give the body as the server wrote it, one message a piece."""
    piece = b""
    async for data, complete in answer.content.iter_chunks():
        piece += data
        if complete and piece:
            yield piece
            piece = b""
    if piece:
        yield piece


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Give each event of a stream. Raises ``Failed`` for an error object among them."""
    parser = EventParser()
    async for data in answer.content.iter_any():
        for event in parser.feed(data):
            yield _good(event)
    for event in parser.close():
        yield _good(event)


def _good(event: bytes) -> bytes:
    told = told_in(event)
    if told is not None:
        raise told
    return event
