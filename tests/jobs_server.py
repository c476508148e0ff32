"""The emulator's jobs on loopback, with a model whose answers a test can foretell."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from llmeval.emulator.vertex_jobs import add_jobs
from llmeval.emulator.vertex_jobs.settings import JobSettings

MODEL = "projects/p/locations/us-central1/models/world"
QUICK = JobSettings(seconds=0.0)


def text_of(body: dict[str, Any]) -> str:
    """Return the last text of a generateContent body."""
    return str(body["contents"][-1]["parts"][-1]["text"])


async def answer_generate(model: str, body: dict[str, Any]) -> dict[str, Any]:
    """Echo the prompt; refuse one that says so."""
    await asyncio.sleep(0)
    text = text_of(body)
    if "[[refuse]]" in text:
        return {"error": {"code": 429, "message": "busy", "status": "RESOURCE_EXHAUSTED"}}
    content = {"role": "model", "parts": [{"text": f"echo: {text}"}]}
    return {
        "candidates": [{"content": content, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7},
        "modelVersion": model.rpartition("/")[2],
    }


async def answer_predict(model: str, instances: list[Any], parameters: Any) -> Any:
    """Double numbers; refuse a call with a text in it."""
    await asyncio.sleep(0)
    if any(isinstance(instance, str) for instance in instances):
        return {"error": {"code": 400, "message": "no text", "status": "INVALID_ARGUMENT"}}
    return [{"twice": instance["n"] * 2, "parameters": parameters} for instance in instances]


def models_at(parent: str) -> list[dict[str, Any]]:
    """Return the two versions of the one model that was there before any upload."""
    model = {"name": f"{parent}/models/world", "displayName": "world"}
    return [
        {**model, "versionId": "1", "versionAliases": ["default"]},
        {**model, "versionId": "2", "versionAliases": ["candidate"]},
    ]


def jobs_app(settings: JobSettings = QUICK, **answers: Any) -> web.Application:
    """Return an application with nothing but the jobs."""
    app = web.Application(client_max_size=64_000_000)
    chosen = {"answer_generate": answer_generate, "answer_predict": answer_predict} | answers
    add_jobs(app, models_at=models_at, settings=settings, **chosen)
    return app


@contextlib.contextmanager
def running_jobs(settings: JobSettings = QUICK, **answers: Any) -> Iterator[str]:
    """Serve in a thread of this process; give ``http://127.0.0.1:PORT``."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = web.AppRunner(jobs_app(settings, **answers), access_log=None, shutdown_timeout=0.1)

    async def start() -> int:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return int(runner.addresses[0][1])

    try:
        port = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
        yield f"http://127.0.0.1:{port}"
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
