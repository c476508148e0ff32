"""A server on loopback that answers as a test says, on the test's own event loop."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

HERE = "/v1/projects/p-1/locations/us-central1"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def sent(self) -> Any:
        return json.loads(self.body)


@dataclass
class Google:
    """``pages`` are what is served under ``"METHOD /path"``: a value as JSON, ``Told``, a coroutine
    function, or a list of those, of which the last one stays. Everything else is Google's 404."""

    pages: dict[str, Any]
    root: str = ""
    asked: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [f"{a.method} {a.path}" for a in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(Asked(request.method, request.path_qs, dict(request.headers), body))
        page = self.pages.get(f"{request.method} {request.path}", MISSING)
        if isinstance(page, list):
            page = page.pop(0) if len(page) > 1 else page[0]
        if callable(page):
            page = await page(request)
        if isinstance(page, Told):
            return web.Response(
                status=page.status, body=page.body, headers={**JSON, **page.headers}
            )
        return page if isinstance(page, web.StreamResponse) else web.json_response(page)


JSON = {"Content-Type": "application/json"}


class Told:
    """An answer with a status and headers of its own; a body that is no ``bytes`` is JSON."""

    def __init__(self, status: int, body: Any = b"", **headers: str) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers: Mapping[str, str] = {k.replace("_", "-"): v for k, v in headers.items()}


def refusal(status: int, word: str, message: str, reason: str = "", **metadata: str) -> Told:
    """Return a google.rpc.Status; ``reason`` and ``metadata`` make an ErrorInfo."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
            "domain": "googleapis.com", "metadata": metadata}  # fmt: skip
    error = {"code": status, "message": message, "status": word}
    return Told(status, {"error": error | ({"details": [info]} if reason else {})})


MISSING = Told(
    404, b"<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>",
    Content_Type="text/html; charset=UTF-8",
)  # fmt: skip


@contextlib.asynccontextmanager
async def google(pages: Mapping[str, Any]) -> AsyncIterator[Google]:
    """Serve ``pages`` at ``Google.root``."""
    served = Google(dict(pages))
    app = web.Application(client_max_size=32_000_000)
    app.router.add_route("*", "/{path:.*}", served.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield served
    finally:
        await runner.cleanup()
