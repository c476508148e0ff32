"""Asking the emulator's jobs over HTTP, without any client of Google's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from aiohttp.test_utils import TestClient, TestServer

from jobs_server import QUICK, JobSettings, jobs_app

PLACE = "/v1/projects/p/locations/us-central1"


class Answered(NamedTuple):
    status: int
    body: Any
    headers: Any

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


class Asker:
    """One server, asked by method and path."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def __call__(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> Answered:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        async with self._client.request(method, path, data=data, headers=headers) as answer:
            raw = await answer.read()
            told = json.loads(raw) if answer.content_type == "application/json" else raw
            return Answered(answer.status, told, answer.headers)

    async def put(self, name: str, data: bytes, bucket: str = "llmeval") -> None:
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}"
        assert (await self("POST", path, data)).status == 200


def asking(
    scenario: Callable[[Asker], Awaitable[None]], settings: JobSettings = QUICK, **answers: Any
) -> None:
    """Run ``scenario`` against a server of its own."""

    async def run() -> None:
        async with TestClient(TestServer(jobs_app(settings, **answers))) as client:
            await scenario(Asker(client))

    asyncio.run(run())
