"""Error objects as servers write them (OpenAI, Azure, vLLM, google.rpc), read as a ``CallFailure``.

``secrets`` are strings that no message may hold: keys that servers and proxies like to echo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from llmeval.endpoints.dialects import google_errors
from llmeval.endpoints.text import printable
from llmeval.records import CallFailure

__all__ = ["error_in", "error_message", "from_error_object", "kind_of"]

_KINDS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    429: "quota",
    499: "cancelled",
}
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


def error_message(error: Mapping[str, Any]) -> str:
    """Return the server's own words, with the fields that it complains of."""
    about = google_errors.violations(error)
    for key in ("message", "detail", "type", "code"):
        if isinstance(error.get(key), str) and error[key]:
            return f"{error[key]} ({about})" if about else str(error[key])
    return about or str(dict(error))


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
    code = error.get("code", error.get("status"))
    if isinstance(code, str) and code.isdecimal() and len(code) == 3:
        code = int(code)
    status = code if isinstance(code, int) and 400 <= code < 600 else None
    kind = kind_of(status or 500, error)
    if kind == "blocked_prompt" and answering:
        kind = "blocked_output"
    return CallFailure(
        kind,
        printable(error_message(error), secrets=hidden),
        status=status,
        retry_after=google_errors.retry_delay(error),
        reason=google_errors.reason_of(error),
        details=google_errors.details_of(error, hidden),
    )


def _is_content_filter(error: Mapping[str, Any]) -> bool:
    inner = error.get("innererror")
    codes = [error.get("code"), error.get("type")]
    codes += [inner.get("code")] if isinstance(inner, dict) else []
    return any(isinstance(code, str) and code in _CONTENT_FILTER for code in codes)
