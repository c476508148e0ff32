"""Error objects as servers write them, read as a ``CallFailure``: OpenAI, Azure, Anthropic, vLLM,
google.rpc, and what the servers of containers put in their place.

``secrets`` are strings that no message may hold: keys that servers and proxies like to echo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from llmeval.endpoints.dialects import google_errors
from llmeval.endpoints.text import printable
from llmeval.records import CallFailure

__all__ = [
    "LONGEST_MESSAGE",
    "error_in",
    "error_message",
    "from_error_object",
    "kind_of",
    "refusal_in",
]

_KINDS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    429: "quota",
    499: "cancelled",
}
_TYPES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Type of error at OpenAI and Anthropic -> the HTTP status that it has outside of a stream."""

LONGEST_MESSAGE = 500
"""Characters of a server's own words: Vertex AI ends its longer ones with what to do."""

_MOST_COMPLAINTS = 20
_CONTENT_FILTER = frozenset({"content_filter", "ResponsibleAIPolicyViolation"})


def error_in(body: object) -> Mapping[str, Any] | None:
    """Return the error object of a decoded body: ``{"error": …}``, a list of one, or vLLM's own."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str) and error:
        return {"message": error}
    if body.get("object") == "error":
        return body
    return None


def refusal_in(body: object) -> Mapping[str, Any] | None:
    """Return the error object of a body that came with an error status.

    There the word ``error`` may be missing: ``{"code", "type", "message"}`` (TorchServe),
    ``{"detail": …}`` (FastAPI).
    """
    error = error_in(body)
    if error is None and isinstance(body, dict) and (body.get("message") or body.get("detail")):
        return body
    return error


def error_message(error: Mapping[str, Any]) -> str:
    """Return the server's own words, with the fields that it complains of."""
    about = google_errors.violations(error) or _complaints(error.get("detail"))
    for key in ("message", "detail", "type", "code"):
        said = error.get(key)
        if isinstance(said, str) and said:
            return said if not about or about in said else f"{said} ({about})"
    return about or str(google_errors.bounded(error))


def _complaints(detail: object) -> str:
    """Read FastAPI's list of ``{"loc": ["body", "prompt"], "msg": "Field required"}``."""
    listed = detail[:_MOST_COMPLAINTS] if isinstance(detail, list) else []
    found = []
    for item in listed:
        if isinstance(item, dict) and isinstance(item.get("msg"), str):
            place = item["loc"] if isinstance(item.get("loc"), list) else []
            found.append(
                f"{'.'.join(str(step)[:80] for step in place)}: {item['msg']}".lstrip(": ")
            )
    return "; ".join(found)


def kind_of(status: int, error: Mapping[str, Any] | None) -> str:
    """Return the kind of failure of an HTTP status and the error object that came with it."""
    if error and _is_content_filter(error):
        return "blocked_prompt"
    kind = google_errors.kind_of(error) if error else None
    if kind is not None:
        return kind
    return "server_error" if status >= 500 else _KINDS.get(status, "bad_request")


def from_error_object(
    error: Mapping[str, Any], *, answering: bool = False, secrets: Iterable[str] = ()
) -> CallFailure:
    """Return what an error object means that came with status 200, whole or within a stream.

    ``answering`` says that text had come before it.
    """
    hidden = tuple(secrets)
    status = _status_of(error)
    kind = kind_of(status or 500, error)
    if kind == "blocked_prompt" and answering:
        kind = "blocked_output"
    return CallFailure(
        kind,
        printable(error_message(error), limit=LONGEST_MESSAGE, secrets=hidden),
        status=status,
        retry_after=google_errors.retry_delay(error),
        reason=google_errors.reason_of(error, hidden),
        details=google_errors.details_of(error, hidden),
    )


def _status_of(error: Mapping[str, Any]) -> int | None:
    """Return the HTTP status that an error object names, by number or by type."""
    code, named = error.get("code", error.get("status")), error.get("type")
    if isinstance(code, str) and code.isdecimal() and len(code) == 3:
        code = int(code)
    if isinstance(code, int) and 400 <= code < 600:
        return code
    return _TYPES.get(named) if isinstance(named, str) else None


def _is_content_filter(error: Mapping[str, Any]) -> bool:
    inner = error.get("innererror")
    codes = [error.get("code"), error.get("type")]
    codes += [inner.get("code")] if isinstance(inner, dict) else []
    return any(isinstance(code, str) and code in _CONTENT_FILTER for code in codes)
