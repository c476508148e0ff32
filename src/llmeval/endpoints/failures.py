"""What a server or the network did to a call, as a ``CallFailure``: pure functions.

``secrets`` are strings that no message may hold: keys that servers and proxies like to echo.
"""

from __future__ import annotations

import errno
import math
import re
import ssl
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from llmeval.endpoints.text import decode_json, printable
from llmeval.records import CallFailure

__all__ = [
    "CALL_ERRORS",
    "error_in",
    "from_error_object",
    "from_exception",
    "from_status",
    "malformed",
    "retry_after",
]

CALL_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)
"""Exceptions that are the world's doing and become a ``CallFailure``."""

_KINDS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    429: "quota",
}
_CONTENT_FILTER = frozenset({"content_filter", "ResponsibleAIPolicyViolation"})
_NO_FILES_LEFT = (errno.EMFILE, errno.ENFILE)


def from_status(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float,
    secrets: Iterable[str] = (),
) -> CallFailure:
    """Return what an answer with a status other than 2xx means. ``now`` is Unix time."""
    error = error_in(_decoded(body))
    said = error_message(error) if error else body.decode("utf-8", "replace")
    kind = _kind_of(status, error)
    message = f"{status}: {printable(said, secrets=secrets)}".rstrip(": ")
    if 300 <= status < 400:
        target = re.split(r"[?#]", headers.get("Location", ""))[0]
        target = printable(re.sub(r"//[^/@]*@", "//", target), secrets=secrets)
        message = (
            f"{status}: redirects to {target or 'nowhere'}, which is not followed; give the final "
            f"URL in the model reference"
        )
    return CallFailure(kind, message, status=status, retry_after=retry_after(headers, now=now))


def from_error_object(
    error: Mapping[str, Any], *, answering: bool = False, secrets: Iterable[str] = ()
) -> CallFailure:
    """Return what an error object means that came with status 200, whole or within a stream.

    ``answering`` says that text had come before it.
    """
    code = error.get("code", error.get("status"))
    if isinstance(code, str) and code.isdecimal() and len(code) == 3:
        code = int(code)
    status = code if isinstance(code, int) and 400 <= code < 600 else None
    kind = _kind_of(status or 500, error)
    if kind == "blocked_prompt" and answering:
        kind = "blocked_output"
    return CallFailure(kind, printable(error_message(error), secrets=secrets), status=status)


def from_exception(
    error: BaseException, *, answering: bool = False, timeout: float, connect_timeout: float
) -> CallFailure:
    """Return what an exception of ``CALL_ERRORS`` means.

    ``answering`` says that the response's head had already arrived; timeouts are seconds.
    """
    kind, message = _network(error, answering, timeout, connect_timeout)
    return CallFailure(kind, printable(message))


def malformed(reason: str, body: bytes, *, secrets: Iterable[str] = ()) -> CallFailure:
    """Return the failure of a body that is not what the protocol says, with its beginning."""
    excerpt = printable(body.decode("utf-8", "replace"), secrets=secrets)
    return CallFailure("malformed_body", f"{reason}; the body begins: {excerpt or '(nothing)'}")


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return how many seconds the server asks to wait; ``now`` is Unix time.

    Reads ``retry-after-ms``, then ``Retry-After`` as seconds or as an HTTP date (RFC 9110, 10.2.3).
    """
    millis = _number(headers.get("retry-after-ms"))
    if millis is not None:
        return millis / 1000
    text = headers.get("Retry-After")
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


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
    """Return the server's own words."""
    for key in ("message", "detail", "type", "code"):
        if isinstance(error.get(key), str) and error[key]:
            return str(error[key])
    return str(dict(error))


def _kind_of(status: int, error: Mapping[str, Any] | None) -> str:
    if error and _is_content_filter(error):
        return "blocked_prompt"
    if status >= 500:
        return "server_error"
    return _KINDS.get(status, "bad_request")


def _is_content_filter(error: Mapping[str, Any]) -> bool:
    inner = error.get("innererror")
    codes = [error.get("code"), error.get("type")]
    codes += [inner.get("code")] if isinstance(inner, dict) else []
    return any(isinstance(code, str) and code in _CONTENT_FILTER for code in codes)


def _network(
    error: BaseException, answering: bool, timeout: float, connect_timeout: float
) -> tuple[str, str]:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return "timeout", f"no connection within {connect_timeout:g} s"
        case TimeoutError() if not isinstance(error, OSError) or error.errno is None:
            return "timeout", f"no complete answer within {timeout:g} s"
        case aiohttp.ClientConnectorDNSError():
            return "dns", f"the name {error.host!r} cannot be resolved; check it for typing errors"
        case aiohttp.ClientSSLError() | ssl.SSLError() | aiohttp.ServerFingerprintMismatch():
            return "tls", f"the TLS handshake failed: {error}"
        case aiohttp.ClientConnectorError():
            return _connecting(error)
        case aiohttp.ClientPayloadError() if isinstance(
            error.__cause__, aiohttp.http_exceptions.ContentEncodingError
        ):
            return "malformed_body", f"the body cannot be decompressed: {error.__cause__}"
        case aiohttp.ClientResponseError():
            return "malformed_body", f"the answer is not HTTP: {error.message}"
        case aiohttp.ClientPayloadError() | aiohttp.ClientConnectionError() | OSError():
            if answering:
                return "stream_cut", f"the answer broke off in the middle: {_words(error)}"
            return "reset", f"the connection broke before an answer: {_words(error)}"
    return "endpoint_error", f"the HTTP client failed: {_words(error)}"


def _connecting(error: aiohttp.ClientConnectorError) -> tuple[str, str]:
    where = f"{error.host}:{error.port}"
    match error.os_error:
        case ssl.SSLError():
            return "tls", f"the TLS handshake with {where} failed: {error.os_error}"
        case TimeoutError():
            return "timeout", f"no connection to {where}: {error.os_error.strerror}"
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError():
            return "reset", f"the connection to {where} broke while it was being made"
        case OSError(errno=code) if code in _NO_FILES_LEFT:
            return "endpoint_error", "too many open files: lower --concurrency or raise ulimit -n"
    return "refused_connection", f"nobody listens at {where}: {error.os_error.strerror}"


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _decoded(body: bytes) -> object:
    try:
        return decode_json(body)
    except ValueError:
        return None
