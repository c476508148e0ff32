"""The lines of a batch: what goes in, what the model makes of each, what comes out.

Gemini reads ``{"request": {…}}`` and writes ``{"status", "processed_time", "request",
"response"}``; a custom model reads instances and writes ``{"instance", "prediction"}``, or
``{"instance", "error"}`` into a file of its own. ``[[fault:failed_line]]`` or
``[[fault:missing_line]]`` in a line does to it as its name says.
"""

from __future__ import annotations

import asyncio
import http
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from llmeval.emulator.vertex_jobs.settings import JobSettings, marked, share
from llmeval.emulator.vertex_jobs.wire import Refused, error_of

__all__ = [
    "AnswerGenerate",
    "AnswerPredict",
    "Batch",
    "echoed",
    "in_another_order",
    "is_gemini",
]

AnswerGenerate = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""(model, generateContent body) -> a generateContent answer, or ``{"error": {…}}``."""

AnswerPredict = Callable[[str, list[Any], Any], Awaitable[Any]]
"""(model, instances, parameters) -> their predictions, or ``{"error": {…}}``."""

_AT_ONCE = 32
_INTERNAL = {"message": "Internal error encountered.", "status": "INTERNAL"}
_CODES = {"INVALID_ARGUMENT": 3, "NOT_FOUND": 5, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8}
"""Status -> number of google.rpc.Code, as a file of errors has it; all others are INTERNAL."""


@dataclass(slots=True)
class Batch:
    """One batch while it is worked on: ``answered`` and ``failed`` are lines of output."""

    model: str
    lines: Sequence[bytes]
    settings: JobSettings
    parameters: Any = None
    size: int = 64
    answered: list[bytes] = field(default_factory=list)
    failed: list[bytes] = field(default_factory=list)
    missing: int = 0

    @property
    def left(self) -> int:
        """How many lines have no outcome yet."""
        return len(self.lines) - len(self.answered) - len(self.failed) - self.missing

    async def generate(self, ask: AnswerGenerate) -> None:
        """Put each line to a Gemini model, some at a time."""
        for first in range(0, len(self.lines), _AT_ONCE):
            group = enumerate(self.lines[first : first + _AT_ONCE], first)
            await asyncio.gather(*(self._generate(ask, number, line) for number, line in group))

    async def _generate(self, ask: AnswerGenerate, number: int, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if self._befalls("missing_line", number, text):
            self.missing += 1
            return
        request = _request(line)
        if self._befalls("failed_line", number, text):
            answer = error_of("INVALID_ARGUMENT", "Request contains an invalid argument.")
        elif request is None:
            answer = error_of("INVALID_ARGUMENT", 'The line has no "request" object.')
        else:
            answer = await _outcome(ask(self.model, request))
        error = answer.get("error")
        written = {
            "status": _status(answer) if error else "",
            "processed_time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request": echoed(request if request is not None else text),
            "response": {} if error else answer,
        }
        (self.failed if error else self.answered).append(msgspec.json.encode(written))

    async def predict(self, ask: AnswerPredict) -> None:
        """Put the lines to a custom model, ``size`` instances a call."""
        for first in range(0, len(self.lines), self.size):
            await self._predict(ask, first, self.lines[first : first + self.size])

    async def _predict(self, ask: AnswerPredict, first: int, lines: Sequence[bytes]) -> None:
        instances = []
        for number, line in enumerate(lines, first):
            text = line.decode("utf-8", "replace")
            instance, readable = _instance(line)
            if self._befalls("missing_line", number, text):
                self.missing += 1
            elif not readable or self._befalls("failed_line", number, text):
                self._refuse(instance, {"code": 3, "message": "Invalid instance."})
            else:
                instances.append(instance)
        if not instances:
            return
        answer = await _outcome(ask(self.model, instances, self.parameters))
        if isinstance(answer, list) and len(answer) == len(instances):
            self.answered += [
                msgspec.json.encode({"instance": instance, "prediction": prediction})
                for instance, prediction in zip(instances, answer, strict=True)
            ]
        else:
            error = answer["error"] if isinstance(answer, dict) else _INTERNAL
            code = _CODES.get(error["status"], 13)
            for instance in instances:
                self._refuse(instance, {"code": code, "message": error["message"]})

    def _refuse(self, instance: object, error: dict[str, Any]) -> None:
        self.failed.append(msgspec.json.encode({"instance": instance, "error": error}))

    def _befalls(self, fault: str, number: int, text: str) -> bool:
        return self.settings.draws(fault, number) or marked(text, fault)


def is_gemini(model: str, lines: Sequence[bytes]) -> bool:
    """Tell whether the batch is one for Gemini: by the model's name, else by its first line."""
    if "publishers/google/models/" in model:
        return True
    return bool(lines) and _request(lines[0]) is not None


def in_another_order(lines: Sequence[bytes], seed: object) -> list[bytes]:
    """Return the lines shuffled: never in the order in which they came."""
    order = sorted(range(len(lines)), key=lambda i: share(seed, "order", i))
    if order == list(range(len(lines))):
        order.reverse()
    return [lines[i] for i in order]


async def _outcome(asked: Awaitable[Any]) -> Any:
    try:
        return await asked
    except Refused as refusal:
        return error_of(refusal.status, refusal.message)


def _request(line: bytes) -> dict[str, Any] | None:
    value, _ = _instance(line)
    request = value.get("request") if isinstance(value, dict) else None
    return request if isinstance(request, dict) else None


def _instance(line: bytes) -> tuple[Any, bool]:
    """Return a line's value, and whether it could be read: else the value is its text."""
    try:
        return msgspec.json.decode(line), True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return line.decode("utf-8", "replace"), False


def _status(answer: dict[str, Any]) -> str:
    code = answer["error"].get("code", 500)
    known = code in list(http.HTTPStatus)
    phrase = http.HTTPStatus(code).phrase if known else "Error"
    return f"{phrase}: {json.dumps(answer)}"


def echoed(request: Any) -> Any:
    """Return a request as the service gives it back, which is not as it came: keys sorted, whole
    numbers without a point, a text's ``fileData`` null."""
    if isinstance(request, list):
        return [echoed(item) for item in request]
    if isinstance(request, float) and request.is_integer():
        return int(request)
    if not isinstance(request, dict):
        return request
    fields = {key: echoed(request[key]) for key in sorted(request)}
    return {"fileData": None, **fields} if list(request) == ["text"] else fields
