"""The faults of the Vertex surface: what each does, and how a prompt asks for one.

Besides the rates of ``Faults``, a marker anywhere in the request's body forces a fault for this
request: ``[[fault:KIND]]``, and for blocks ``[[fault:KIND:REASON]]`` with another reason than the
usual, as in ``[[fault:blocked_prompt:JAILBREAK]]`` or ``[[fault:blocked_midstream:RECITATION]]``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from llmeval.emulator.faults import ALL_KINDS
from llmeval.emulator.vertex.errors import (
    GoogleError,
    endpoint_missing,
    invalid,
    permission_denied,
    publisher_model_missing,
    unauthenticated,
)
from llmeval.emulator.vertex.quotas import (
    quota_of_endpoint,
    quota_of_project,
    shared_capacity,
    unavailable,
)
from llmeval.errors import nearest

__all__ = ["BLOCKS", "DOES", "Fault", "Where", "forced", "refusal"]

DOES: Mapping[str, str] = MappingProxyType(
    {
        "invalid_400": "400 INVALID_ARGUMENT with field violations",
        "unauthenticated_401": "401 UNAUTHENTICATED, the token expired",
        "permission_403": "403 PERMISSION_DENIED with ErrorInfo IAM_PERMISSION_DENIED",
        "not_found_404": "404 NOT_FOUND",
        "timeout_408": "408, the request took too long",
        "aborted_409": "409 ABORTED",
        "quota_429": "429 RESOURCE_EXHAUSTED: shared capacity, no details",
        "quota_project_429": "429 with ErrorInfo RATE_LIMIT_EXCEEDED, QuotaFailure and RetryInfo",
        "quota_endpoint_429": "429: the deployed model is overloaded",
        "cancelled_499": "499 CANCELLED",
        "server_500": "500 INTERNAL",
        "unavailable_503": "503 UNAVAILABLE",
        "deadline_504": "504 DEADLINE_EXCEEDED",
        "error_list": "429 as the one element of a list, whatever the surface",
        "garbage": "200 with HTML where JSON belongs",
        "html_404": "404 with the front end's HTML page",
        "html_502": "502 with the front end's HTML page",
        "reset": "TCP reset before an answer",
        "hang": "no answer ever",
        "truncated": "half a body under the length of a whole one",
        "cut_stream": "a stream that ends properly, but without its end; a whole body is cut",
        "fin_stream": "the connection closes in the middle of the body",
        "reset_stream": "TCP reset in the middle of the body",
        "error_midstream": "an error object after half a stream; a whole answer is 503",
        "blocked_prompt": "promptFeedback with a blockReason, no candidates",
        "blocked_output": "a candidate without content, finishReason SAFETY",
        "blocked_midstream": "the same after half of the text, where it is streamed",
        "recitation": "finishReason RECITATION, no content",
        "prohibited_content": "finishReason PROHIBITED_CONTENT, no content",
        "spii": "finishReason SPII, no content",
        "blocklist": "finishReason BLOCKLIST, no content",
        "max_tokens": "half of the text, finishReason MAX_TOKENS",
        "max_tokens_empty": "no text, finishReason MAX_TOKENS: thinking used up the budget",
        "malformed_call": "finishReason MALFORMED_FUNCTION_CALL, no content",
        "empty": "a candidate whose text is empty",
        "no_candidates": "an empty list of candidates",
        "no_parts": "a candidate whose content has no parts",
    }
)
"""Kind -> what happens. The order is that of the status, then of how far the answer gets."""

BLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "blocked_output": "SAFETY",
        "blocked_midstream": "SAFETY",
        "recitation": "RECITATION",
        "prohibited_content": "PROHIBITED_CONTENT",
        "spii": "SPII",
        "blocklist": "BLOCKLIST",
    }
)
"""Kind -> finishReason of an answer that is withheld."""

_MARKER = re.compile(rb"\[\[fault:([A-Za-z0-9_]*)(?::([A-Z_]{1,60}))?\]\]")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one call; ``reason`` replaces the usual word of a block."""

    kind: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """What an error names: the project, the location, and the resource that was asked."""

    project: str
    location: str
    resource: str


def forced(body: bytes) -> Fault | None:
    """Return the fault that a marker in ``body`` asks for.

    Raises ``GoogleError`` (400) for one that there is not.
    """
    marker = _MARKER.search(body)
    if marker is None:
        return None
    kind = marker[1].decode()
    if kind not in ALL_KINDS:
        raise invalid(f"[[fault:{kind}]]: {kind!r} is no fault.{nearest(kind, ALL_KINDS)}")
    return Fault(kind, marker[2].decode() if marker[2] else None)


def refusal(kind: str, where: Where, retry_after: float | None) -> GoogleError | None:
    """Return the error that ``kind`` is, ``None`` where it is none with a google.rpc body."""
    match kind:
        case "invalid_400":
            error = invalid("Request contains an invalid argument.", "contents")
        case "unauthenticated_401":
            error = unauthenticated("ACCESS_TOKEN_EXPIRED")
        case "permission_403":
            error = permission_denied("aiplatform.endpoints.predict", where.resource)
        case "not_found_404":
            published = "/publishers/" in where.resource
            error = (publisher_model_missing if published else endpoint_missing)(where.resource)
        case "quota_429" | "error_list":
            error = shared_capacity(retry_after)
        case "quota_project_429":
            told = retry_after is not None
            seconds = 1.0 if retry_after is None else retry_after
            base = where.resource.rpartition("/")[2]
            error = quota_of_project(where.project, where.location, base, seconds, told=told)
        case "quota_endpoint_429":
            error = quota_of_endpoint(where.resource, retry_after)
        case "unavailable_503":
            error = unavailable(retry_after)
        case _ if kind in _PLAIN:
            error = GoogleError(*_PLAIN[kind], outcome=kind)
        case _:
            return None
    error.outcome = kind
    return error


_PLAIN = {
    "timeout_408": (408, "DEADLINE_EXCEEDED", "The request timed out."),
    "aborted_409": (409, "ABORTED", "The operation was aborted due to a concurrency conflict."),
    "cancelled_499": (499, "CANCELLED", "The operation was cancelled."),
    "server_500": (500, "INTERNAL", "Internal error encountered."),
    "deadline_504": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}
