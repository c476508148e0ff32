"""Google's REST dialect from the server's side: names in paths, JSON bodies, errors, operations."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from aiohttp import web

__all__ = [
    "PLACE",
    "Handler",
    "Operations",
    "Refused",
    "add",
    "answer",
    "body_of",
    "error_of",
    "missing",
    "name_of",
    "parent_of",
    "stamp",
    "within",
]

PLACE: Final = "/{version:v1|v1beta1}/projects/{project}/locations/{location}"
"""Where every resource of Vertex AI lives: any project, any location, both versions alike."""

SIGN: Final = {"x-llmeval-emulator": "1"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HTTP: Final = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
}


class Refused(Exception):
    """A request that the service turns down: ``status`` is a canonical code of google.rpc."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> web.Response:
        """Return the error as Vertex AI sends it."""
        return answer(error_of(self.status, self.message), _HTTP[self.status])


def error_of(status: str, message: str) -> dict[str, Any]:
    """Return an error body: ``{"error": {"code", "message", "status"}}``."""
    return {"error": {"code": _HTTP[status], "message": message, "status": status}}


def missing(noun: str, name: str) -> Refused:
    """Return the refusal of a resource that is not there."""
    return Refused("NOT_FOUND", f"The {noun} {name} does not exist.")


def answer(value: object, status: int = 200) -> web.Response:
    """Return a JSON answer, signed as the emulator's."""
    body = msgspec.json.encode(value)
    return web.Response(status=status, body=body, content_type="application/json", headers=SIGN)


def add(app: web.Application, method: str, path: str, handler: Handler) -> None:
    """Route ``method path`` to ``handler``, whose ``Refused`` becomes an error body."""

    async def guarded(http: web.Request) -> web.StreamResponse:
        try:
            return await handler(http)
        except Refused as refusal:
            return refusal.response()

    app.router.add_route(method, path, guarded)


async def body_of(http: web.Request) -> dict[str, Any]:
    """Return the request's JSON object; an empty body is an empty one. Raises ``Refused``."""
    raw = await http.read()
    try:
        body = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("INVALID_ARGUMENT", "Invalid JSON payload received.") from None
    if not isinstance(body, dict):
        raise Refused("INVALID_ARGUMENT", "Invalid JSON payload received. Root must be an object.")
    return body


def name_of(http: web.Request) -> str:
    """Return the resource's name: the path without its version and verb."""
    return http.path.split("/", 2)[2].split(":", 1)[0]


def parent_of(http: web.Request) -> str:
    """Return the name of what a collection belongs to: the path up to its last word."""
    return name_of(http).rpartition("/")[0]


def within(value: object, *path: str) -> Any:
    """Return what lies at ``path`` within nested objects, ``None`` where there is no such place."""
    for word in path:
        value = value.get(word) if isinstance(value, dict) else None
    return value


def stamp(moment: float) -> str:
    """Return Unix time as Google writes it: RFC 3339 in UTC, with microseconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Operations:
    """Long-running operations, each of which is done as soon as it is asked for."""

    def __init__(self) -> None:
        self._done: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def finished(
        self, http: web.Request, kind: str | None = None, result: Mapping[str, Any] | None = None
    ) -> web.Response:
        """Answer with an operation that ended in ``result``, a message of type ``kind``, or in
        nothing."""
        place = "projects/{project}/locations/{location}".format(**http.match_info)
        name = f"{place}/operations/{next(self._numbers)}"
        package = f"google.cloud.aiplatform.{http.match_info['version']}"
        type_name = f"{package}.{kind}" if kind else "google.protobuf.Empty"
        response = {"@type": f"type.googleapis.com/{type_name}", **(result or {})}
        self._done[name] = {"name": name, "done": True, "response": response}
        return answer(self._done[name])

    async def get(self, http: web.Request) -> web.Response:
        """``GET …/operations/{id}``."""
        name = name_of(http)
        if name not in self._done:
            raise missing("Operation", name)
        return answer(self._done[name])

    def add_to(self, app: web.Application) -> None:
        """Route what a client polls."""
        add(app, "GET", PLACE + "/operations/{operation}", self.get)
