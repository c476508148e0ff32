"""A server that says exactly what a test tells it to: raw bytes on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole HTTP answer; header names come with ``_`` for ``-``."""
    given = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def sse(*bodies: bytes, length: int | None = None) -> list[bytes]:
    """Return the pieces of an event stream that ends with its connection."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    head += b"Connection: close\r\n" if length is None else b"Content-Length: %d\r\n" % length
    return [head + b"\r\n", *bodies]


class Served:
    """Where a raw server listens and what it was sent."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"


@contextlib.asynccontextmanager
async def raw_server(
    pieces: Iterable[bytes], *, pause: float = 0.0, linger: float = 0.0
) -> AsyncIterator[Served]:
    """Answer every request with ``pieces``, ``pause`` seconds apart, then close."""
    served = Served()
    pieces = list(pieces)
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            served.requests.append(head + await reader.readexactly(length))
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            await asyncio.sleep(linger)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)
