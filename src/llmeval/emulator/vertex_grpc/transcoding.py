"""From a gRPC request to the HTTP request that it stands for, and from JSON to a message.

Follows google.api.http: the field in the path leaves the body, the fields of a GET become its
query. Pure functions over protobuf messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlencode

from llmeval.emulator.vertex_grpc.methods import Method

__all__ = ["HttpCall", "http_body", "http_call", "message_of", "types_of"]

_RESOURCE = re.compile(r"[a-z][A-Za-z]*/[^/]+(?:/[a-z][A-Za-z]*/[^/]+)*")
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request to the REST surface; ``target`` is its path with its query."""

    verb: str
    target: str
    body: bytes = b""
    content_type: str = _JSON


def types_of(method: Method) -> tuple[Any, Any]:
    """Return the protobuf classes of request and response, which Google's own client brings."""
    from google.api import httpbody_pb2

    types = import_module(f"google.cloud.aiplatform_{method.version}.types")
    response = httpbody_pb2.HttpBody if method.raw else getattr(types, method.response).pb()
    return getattr(types, method.request).pb(), response


def http_call(method: Method, request: Any) -> HttpCall:
    """Return the REST call that a protobuf ``request`` stands for.

    Raises ``ValueError`` where it names no resource.
    """
    name = getattr(request, method.field)
    if not _RESOURCE.fullmatch(name):
        raise ValueError(f"Invalid resource field value in the request: {method.field}={name!r}")
    path = method.path.replace("{" + method.field + "}", quote(name, safe="/@"))
    target = f"/{method.version}/{path}"
    if method.raw:
        raw = request.http_body
        return HttpCall(method.verb, target, raw.data, raw.content_type or _JSON)
    rest = type(request)()
    rest.CopyFrom(request)
    rest.ClearField(method.field)
    if method.verb == "GET":
        return HttpCall(method.verb, _asking(target, urlencode(_fields(rest))))
    return HttpCall(method.verb, _asking(target, method.query), _json(rest))


def message_of(kind: Any, body: bytes) -> Any:
    """Return the message of this class that JSON says; fields that it has not are left out.

    Raises ``ValueError`` for what is none.
    """
    from google.protobuf import json_format

    try:
        return json_format.Parse(body, kind(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise ValueError(str(error)) from None


def http_body(data: bytes, content_type: str) -> Any:
    """Return a body of the container's own as a message."""
    from google.api import httpbody_pb2

    return httpbody_pb2.HttpBody(data=data, content_type=content_type)


def _fields(message: Any) -> dict[str, Any]:
    from google.protobuf import json_format

    return dict(json_format.MessageToDict(message))


def _json(message: Any) -> bytes:
    from google.protobuf import json_format

    return str(json_format.MessageToJson(message, indent=None)).encode()


def _asking(target: str, query: str) -> str:
    return f"{target}?{query}" if query else target
