"""A server on loopback that answers as a test says: Vertex AI's REST pages, Google's token page."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

HERE = "/v1/projects/p-1/locations/us-central1"


class Pages:
    """What is served under ``"METHOD /path"``: a value as JSON, a response, a coroutine function.

    Everything else is Google's 404. ``asked`` are the keys in the order in which they came.
    """

    def __init__(self) -> None:
        self.root = ""
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._pages: dict[str, Any] = {}

    def __setitem__(self, key: str, page: Any) -> None:
        self._pages[key] = page

    async def answer(self, request: web.Request) -> web.StreamResponse:
        key = f"{request.method} {request.path}"
        self.asked.append(key)
        self.headers.append(dict(request.headers))
        page = self._pages.get(key, missing(request.path))
        if callable(page):
            page = await page(request)
        if isinstance(page, Error):
            return web.json_response(page.body, status=page.status)
        return page if isinstance(page, web.StreamResponse) else web.json_response(page)


class Error:
    """A google.rpc.Status; ``reason`` and ``metadata`` make an ErrorInfo."""

    def __init__(
        self, status: int, word: str, message: str, reason: str = "", **metadata: str
    ) -> None:
        self.status = status
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
            "metadata": metadata,
        }
        error = {"code": status, "message": message, "status": word}
        self.body = {"error": error | ({"details": [info]} if reason else {})}


def missing(path: str) -> Error:
    return Error(404, "NOT_FOUND", f"{path.rpartition('/')[2]} is not found.")


def denied(permission: str, message: str = "") -> Error:
    said = message or f"Permission '{permission}' denied on resource '//aiplatform'."
    return Error(403, "PERMISSION_DENIED", said, "IAM_PERMISSION_DENIED", permission=permission)


async def hanging(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


def generated(text: str, **usage: int) -> dict[str, Any]:
    """Return an answer of generateContent."""
    content = {"role": "model", "parts": [{"text": text}]}
    return {
        "candidates": [{"content": content, "finishReason": "STOP"}],
        "usageMetadata": usage,
        "modelVersion": "gemini-2.5-flash",
    }


def chatted(text: str) -> dict[str, Any]:
    """Return an answer of chat/completions."""
    message = {"role": "assistant", "content": text}
    return {
        "model": "assistant",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2},
    }


def deployed(identifier: str = "31", **changes: Any) -> dict[str, Any]:
    """Return a deployed model; its model is ``models/21``."""
    return {
        "id": identifier,
        "model": f"{HERE.removeprefix('/v1/')}/models/21",
        "modelVersionId": "3",
        "displayName": "answers",
        "dedicatedResources": {"minReplicaCount": 1},
    } | changes


def endpoint(identifier: str = "12", *models: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an endpoint as endpoints.get describes it; the first model takes all traffic."""
    return {
        "name": f"{HERE.removeprefix('/v1/')}/endpoints/{identifier}",
        "displayName": "chatbot",
        "deployedModels": list(models),
        "trafficSplit": {models[0]["id"]: 100} if models else {},
    } | changes


def model(image: str = "x/pytorch-vllm-serve:1") -> dict[str, Any]:
    """Return the model behind ``deployed``."""
    name = f"{HERE.removeprefix('/v1/')}/models/21@3"
    return {"name": name, "displayName": "answers", "containerSpec": {"imageUri": image}}


@contextlib.contextmanager
def serving() -> Iterator[Pages]:
    """Serve in a thread until the context ends."""
    pages, started = Pages(), threading.Event()
    loop = asyncio.new_event_loop()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", pages.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        pages.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    def work() -> None:
        runner = loop.run_until_complete(start())
        started.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=work, name="vertex-pages")
    thread.start()
    started.wait(10)
    try:
        yield pages
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
