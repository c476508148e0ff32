"""Listening for gRPC: within a running loop, or for the length of a test."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp

from llmeval.emulator.background import background
from llmeval.emulator.vertex_grpc.front import Front
from llmeval.errors import ConfigError, MissingExtra

__all__ = ["listening", "running_grpc"]

_LOOPBACK = "127.0.0.1"
_LARGEST_MESSAGE = 64_000_000
_OPTIONS = (
    ("grpc.so_reuseport", 0),  # a port that is taken is an error
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
)


@contextlib.asynccontextmanager
async def listening(root: str, *, host: str = _LOOPBACK, port: int = 0) -> AsyncIterator[int]:
    """Answer gRPC for the emulator at ``root`` (``http://127.0.0.1:PORT``); give the port, which
    is any free one for 0. There is no TLS.

    Raises ``MissingExtra`` where Google's client is not installed, ``ConfigError`` where the port
    cannot be had.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
    ) as session:
        server = _server(Front(root, session))
        bound = _bound(server, host, port)
        await server.start()
        try:
            yield bound
        finally:
            await server.stop(grace=0)


@contextlib.contextmanager
def running_grpc(root: str, *, host: str = _LOOPBACK, port: int = 0) -> Iterator[str]:
    """Listen in a thread of this process; give the address (``127.0.0.1:PORT``).

    Raises as ``listening`` does.
    """
    with background("llmeval-emulator-grpc") as loop:
        front = listening(root, host=host, port=port)
        bound = loop.run(front.__aenter__())
        try:
            yield f"{host}:{bound}"
        finally:
            loop.run(front.__aexit__(None, None, None))


def _server(front: Front) -> Any:
    try:
        import grpc

        handlers = front.handlers()
    except ModuleNotFoundError:
        raise MissingExtra("The emulator's gRPC surface", "vertex") from None
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers(handlers)
    return server


def _bound(server: Any, host: str, port: int) -> int:
    try:
        return int(server.add_insecure_port(f"{host}:{port}"))
    except RuntimeError as error:
        raise ConfigError(
            f"cannot listen for gRPC at {host} port {port}: {error}; choose another port, or 0 for "
            f"any free one"
        ) from None
