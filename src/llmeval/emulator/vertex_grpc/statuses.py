"""From an HTTP answer other than 200 to a gRPC status. Pure functions.

Of an error of Vertex itself, google.rpc.Status with all its details is what the client gets. For
the rest: google/rpc/code.proto says which code an HTTP status stands for, and gRPC's own
http-grpc-status-mapping.md which one a client makes of a page that no gRPC server sent.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["Failed", "broken", "failed", "invalid_argument", "misread", "told_in", "unread"]

_LONGEST = 1000
_OF_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_OF_PAGE = {
    400: "INTERNAL",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "UNIMPLEMENTED",
    429: "UNAVAILABLE",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "UNAVAILABLE",
}


class Failed(Exception):
    """A call ends with another status than OK: ``code`` is a name of google/rpc/code.proto,
    ``status`` what goes into ``grpc-status-details-bin``, if anything does."""

    def __init__(self, code: str, message: str, status: bytes | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def failed(status: int, content_type: str, body: bytes) -> Failed:
    """Return how a call ends whose REST answer has this HTTP ``status`` and this body."""
    told = told_in(body)
    if told is not None:
        return told
    if content_type == "text/html":
        return unread(status, content_type)
    said = body[:_LONGEST].decode("utf-8", "replace")
    return Failed(_OF_STATUS.get(status, "INTERNAL" if status >= 500 else "UNKNOWN"), said)


def broken() -> Failed:
    """Return what a client makes of a connection that breaks."""
    return Failed("UNAVAILABLE", "Socket closed")


def unread(status: int, content_type: str) -> Failed:
    """Return what a client makes of an answer that is not gRPC's."""
    if status == 200:
        return Failed("UNKNOWN", f"invalid content-type: {content_type}")
    code = _OF_PAGE.get(status, "UNKNOWN")
    return Failed(code, f"Received http2 header with status: {status}")


def misread(problem: str) -> Failed:
    """Return the failure of an answer that was cut, or is not what the method answers."""
    return Failed("INTERNAL", f"The response cannot be read: {problem[:_LONGEST]}")


def invalid_argument(problem: str) -> Failed:
    """Return the failure of a request that names nothing."""
    return Failed("INVALID_ARGUMENT", problem[:_LONGEST])


def told_in(body: bytes) -> Failed | None:
    """Return what a google.rpc error says, which may be the one element of a list; ``None`` where
    the body is no such error."""
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    found = found[0] if isinstance(found, list) and found else found
    error = found.get("error") if isinstance(found, dict) else None
    return (
        _told(error) if isinstance(error, dict) and isinstance(error.get("status"), str) else None
    )


def _told(error: dict[str, Any]) -> Failed:
    from google.protobuf import json_format
    from google.rpc import (
        code_pb2,
        error_details_pb2,  # noqa: F401 - makes the types of the details known
        status_pb2,
    )

    number = code_pb2.Code.Value(error["status"])
    told = {"code": number, "message": error["message"], "details": error.get("details", [])}
    status = json_format.ParseDict(told, status_pb2.Status())
    return Failed(error["status"], error["message"], status.SerializeToString())
