"""How Vertex lists resources: filter expressions and pages. Pure functions over resources."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from llmeval.emulator.vertex.errors import invalid

__all__ = ["filtered", "page_of"]

_TERM = re.compile(
    r"""\s*(?P<path>[A-Za-z_]+(?:\.[\w-]+)?)\s*(?P<how>=|!=|:)\s*(?P<value>"[^"]*"|'[^']*'|[^\s"']+)"""
)
_AND = re.compile(r"\s+AND\s+", re.I)
_KNOWN = {
    "display_name": "displayName",
    "displayName": "displayName",
    "endpoint": "name",
    "endpoint_id": "name",
}
_LARGEST_PAGE = 1000
_USUAL_PAGE = 100


def filtered(resources: Sequence[dict[str, Any]], expression: str) -> list[dict[str, Any]]:
    """Return the resources that ``expression`` keeps: comparisons joined by ``AND``.

    Known are ``display_name``, the resource's id, and ``labels.KEY`` (also ``labels.KEY:*``).
    Raises ``GoogleError`` for anything else.
    """
    if not expression.strip():
        return list(resources)
    terms = [_term(part) for part in _AND.split(expression.strip())]
    return [r for r in resources if all(_keeps(r, *term) for term in terms)]


def page_of(
    resources: Sequence[dict[str, Any]], query: Mapping[str, str], key: str
) -> dict[str, Any]:
    """Return one page under ``key``, with ``nextPageToken`` where there is more."""
    start = _offset(query.get("pageToken", ""))
    size = query.get("pageSize", "0")
    if not size.isdecimal():
        raise invalid(f"Invalid value at 'page_size': {size!r}", "page_size")
    end = start + min(int(size) or _USUAL_PAGE, _LARGEST_PAGE)
    page: dict[str, Any] = {key: list(resources[start:end])} if resources[start:end] else {}
    if end < len(resources):
        page["nextPageToken"] = base64.urlsafe_b64encode(b"from:%d" % end).decode()
    return page


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        plain = base64.urlsafe_b64decode(token.encode())
        return int(plain.removeprefix(b"from:"))
    except (ValueError, binascii.Error):
        raise invalid("The page token is invalid.", "page_token") from None


def _term(text: str) -> tuple[str, str, str]:
    found = _TERM.fullmatch(text.strip())
    if found is None:
        raise invalid(f"Invalid filter: {text!r} is no comparison.", "filter")
    path = found["path"]
    if path not in _KNOWN and not re.fullmatch(r"labels\.[\w-]+", path):
        raise invalid(f"Invalid filter: the field {path!r} is not supported.", "filter")
    return path, found["how"], found["value"].strip("\"'")


def _keeps(resource: Mapping[str, Any], path: str, how: str, value: str) -> bool:
    if path.startswith("labels."):
        label = resource.get("labels", {}).get(path.removeprefix("labels."))
        if how == ":" and value == "*":
            return label is not None
        return bool((label == value) != (how == "!="))
    found = str(resource.get(_KNOWN[path], ""))
    if _KNOWN[path] == "name":
        found = found.rpartition("/")[2]
        value = value.rpartition("/")[2]
    return (found == value) != (how == "!=")
