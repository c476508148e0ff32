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

import aiohttp

from llmeval.endpoints.dialects import google_errors
from llmeval.endpoints.dialects.error_objects import (
    LONGEST_MESSAGE,
    error_message,
    kind_of,
    refusal_in,
)
from llmeval.endpoints.text import decode_json, printable
from llmeval.records import CallFailure

__all__ = [
    "CALL_ERRORS",
    "from_exception",
    "from_status",
    "malformed",
    "retry_after",
]

CALL_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)
"""Exceptions that are the world's doing and become a ``CallFailure``."""

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
    hidden = tuple(secrets)
    error = refusal_in(_decoded(body))
    said = error_message(error) if error else _page_title(body.decode("utf-8", "replace"))
    message = f"{status}: {printable(said, limit=LONGEST_MESSAGE, secrets=hidden)}".rstrip(": ")
    if 300 <= status < 400:
        target = re.split(r"[?#]", headers.get("Location", ""))[0]
        target = printable(re.sub(r"//[^/@]*@", "//", target), secrets=hidden)
        message = (
            f"{status}: redirects to {target or 'nowhere'}, which is not followed; give the final "
            f"URL in the model reference"
        )
    asked = retry_after(headers, now=now)
    return CallFailure(
        kind_of(status, error),
        message,
        status=status,
        retry_after=google_errors.retry_delay(error) if asked is None and error else asked,
        reason=google_errors.reason_of(error, hidden) if error else None,
        details=google_errors.details_of(error, hidden) if error else [],
    )


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
    hidden = tuple(secrets)
    excerpt = printable(body.decode("utf-8", "replace"), secrets=hidden)
    reason = printable(reason, secrets=hidden)
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


def _page_title(text: str) -> str:
    """Return what a page of HTML is called (``Error 404 (Not Found)!!1``), else the text."""
    found = re.search(r"<title[^>]*>(.{1,200}?)</title>", text[:20_000], re.IGNORECASE | re.DOTALL)
    return found[1] if found else text


def _decoded(body: bytes) -> object:
    try:
        return decode_json(body)
    except ValueError:
        return None
