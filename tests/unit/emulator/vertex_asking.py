"""Asking a running emulator over HTTP, for the tests of the Vertex surface."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmeval.records import Attempt, CallFailure, EndpointIdentity, Request, Response

PLACE = "/v1/projects/p/locations/us-central1"
FLASH = f"{PLACE}/publishers/google/models/gemini-2.5-flash"
HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}


@dataclass
class Got:
    """An answer: ``body`` is decoded where it is JSON, else text."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> Any:
        """The error object, out of its list where it is in one."""
        body = self.body[0] if isinstance(self.body, list) else self.body
        return body["error"]


def ask(url: str, body: object = None, method: str | None = None, **headers: str) -> Got:
    """Send ``body`` (bytes as they are, else as JSON); without one it is a GET."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            got, status, head = answer.read(), answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            got, status, head = error.read(), error.code, error.headers
    text: Any = got.decode()
    with contextlib.suppress(ValueError):
        text = json.loads(text)
    return Got(status, text, head)


def asked_with(text: str, **config: Any) -> dict[str, Any]:
    """Return a generateContent body."""
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    return body | ({"generationConfig": config} if config else {})


def events(text: str) -> list[Any]:
    """Return the decoded data of server-sent events; ``[DONE]`` stays text."""
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: "))
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


@dataclass
class Says:
    """An endpoint that gives what it was told, one outcome after another, the last for ever."""

    outcomes: list[Response | CallFailure]
    latency: float = 0.0
    ttft: float = 0.0
    asked: list[Request] = field(default_factory=list)
    identity = EndpointIdentity(ref="says", kind="test", name="says")

    async def open(self) -> None:
        pass

    async def send(self, request: Request, timeout: float) -> Attempt:
        self.asked.append(request)
        outcome = self.outcomes[min(len(self.asked), len(self.outcomes)) - 1]
        return Attempt(outcome, latency=self.latency, ttft=self.ttft)

    async def close(self) -> None:
        pass
