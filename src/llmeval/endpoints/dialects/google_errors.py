"""google.rpc.Status as Vertex AI sends it: what it means, whose quota it was, when to come back.

Shapes: google/rpc/status.proto, error_details.proto and code.proto of googleapis.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from llmeval.endpoints.text import printable

__all__ = ["bounded", "details_of", "kind_of", "reason_of", "retry_delay", "violations"]

_KINDS = {
    "UNAUTHENTICATED": "unauthorized",
    "PERMISSION_DENIED": "forbidden",
    "NOT_FOUND": "not_found",
    "DEADLINE_EXCEEDED": "timeout",
    "CANCELLED": "cancelled",
    "ABORTED": "conflict",
    "ALREADY_EXISTS": "conflict",
    "INVALID_ARGUMENT": "bad_request",
    "FAILED_PRECONDITION": "bad_request",
    "OUT_OF_RANGE": "bad_request",
    "UNIMPLEMENTED": "bad_request",
    "INTERNAL": "server_error",
    "UNKNOWN": "server_error",
    "UNAVAILABLE": "server_error",
    "DATA_LOSS": "server_error",
}
"""Canonical code (google/rpc/code.proto) -> kind of failure; RESOURCE_EXHAUSTED is told apart."""

_NUMBERED = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""Canonical codes by their number: jobs and some proxies send that alone."""

_PROJECT = re.compile(
    r"quota exceeded for|per_project|quota metric|quota limits?\b|quota increase|current quota",
    re.IGNORECASE,
)
_ENDPOINT = re.compile(
    r"resource exhausted|overloaded|endpoint|deployed ?model|replica|queue|capacity",
    re.IGNORECASE,
)
_MOST_READ = 100
_MOST_DETAILS, _MOST_ITEMS, _DEEPEST, _LONGEST, _LONGEST_REASON = 8, 20, 4, 500, 80


def kind_of(error: Mapping[str, Any]) -> str | None:
    """Return the kind of failure of a google.rpc error object, ``None`` where it is none."""
    word = _word(error)
    if word == "RESOURCE_EXHAUSTED":
        return _whose_quota(error)
    return _KINDS.get(word)


def _word(error: Mapping[str, Any]) -> str:
    """Return the canonical code's name, empty where there is none."""
    word, number = error.get("status"), error.get("code")
    if isinstance(word, str):
        return word
    return _NUMBERED[number] if type(number) is int and 0 < number < len(_NUMBERED) else ""


def _whose_quota(error: Mapping[str, Any]) -> str:
    """Tell the project's own quota from an endpoint or a shared model that is full."""
    for detail in _details(error):
        metadata = detail.get("metadata")
        names = set(metadata) if isinstance(metadata, dict) else set()
        if _is(detail, "QuotaFailure") or names & {"quota_metric", "quota_limit"}:
            return "quota_project"
    said = str(error.get("message", ""))[:_LONGEST]
    if _PROJECT.search(said):
        return "quota_project"
    return "quota_endpoint" if _ENDPOINT.search(said) else "quota"


def reason_of(error: Mapping[str, Any], secrets: Iterable[str] = ()) -> str | None:
    """Return the reason that ErrorInfo gives (``IAM_PERMISSION_DENIED``), else the status word."""
    for detail in _details(error):
        reason = detail.get("reason")
        if _is(detail, "ErrorInfo") and isinstance(reason, str) and reason:
            return printable(reason, limit=_LONGEST_REASON, secrets=secrets)
    return printable(_word(error), limit=_LONGEST_REASON, secrets=secrets) or None


def retry_delay(error: Mapping[str, Any]) -> float | None:
    """Return the seconds that RetryInfo asks to wait (``"retryDelay": "3.5s"``)."""
    for detail in _details(error):
        delay = detail.get("retryDelay")
        if _is(detail, "RetryInfo") and isinstance(delay, str):
            try:
                seconds = float(delay.removesuffix("s"))
            except ValueError:
                return None
            return max(0.0, seconds) if math.isfinite(seconds) else None
    return None


def violations(error: Mapping[str, Any]) -> str:
    """Return what BadRequest says about fields: ``"field: description; …"``, empty if nothing."""
    found: list[str] = []
    for detail in _details(error):
        listed = detail.get("fieldViolations")
        for violation in listed if isinstance(listed, list) else ():
            if isinstance(violation, dict) and len(found) < _MOST_ITEMS:
                words = (violation.get("field"), violation.get("description"))
                found.append(": ".join(w[:_LONGEST] for w in words if isinstance(w, str) and w))
    return "; ".join(filter(None, found))


def details_of(error: Mapping[str, Any], secrets: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return the details for the record: bounded in number, depth and length."""
    hidden = tuple(secrets)
    return [bounded(detail, hidden) for detail in islice(_details(error), _MOST_DETAILS)]


def bounded(value: Any, secrets: tuple[str, ...] = ()) -> Any:
    """Return a decoded value without secrets, cut where it is deep, long or has many items."""
    return _bounded(value, _DEEPEST, secrets)


def _details(error: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    listed = error.get("details")
    dicts = (d for d in (listed if isinstance(listed, list) else ()) if isinstance(d, dict))
    yield from islice(dicts, _MOST_READ)


def _is(detail: Mapping[str, Any], name: str) -> bool:
    return str(detail.get("@type", "")).endswith(f"google.rpc.{name}")


def _bounded(value: Any, depth: int, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return printable(value, limit=_LONGEST, secrets=secrets)
    if isinstance(value, dict) and depth:
        return {
            printable(str(key), limit=80, secrets=secrets): _bounded(item, depth - 1, secrets)
            for key, item in islice(value.items(), _MOST_ITEMS)
        }
    if isinstance(value, list) and depth:
        return [_bounded(item, depth - 1, secrets) for item in value[:_MOST_ITEMS]]
    return value if value is None or isinstance(value, bool | int | float) else "…"
