"""Reading an answer as JSON, strictly, and saying what stands in the way."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

__all__ = ["MAX_CHARS", "MAX_DEPTH", "Unreadable", "parse", "read_answer"]

MAX_CHARS = 300_000
MAX_DEPTH = 100

_FENCE = re.compile(
    r"\A\s*(?:```|~~~)[ \t]*[\w.+-]*[ \t]*\n(.*?)\n?[ \t]*(?:```|~~~)\s*\Z", re.DOTALL
)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


class Unreadable(ValueError):
    """The text is not JSON as RFC 8259 has it, with unique names and within our bounds."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer read as JSON: ``value`` if ``readable``, else the ``kind`` of failure and why.

    ``kind`` is also set for a readable value that is wrapped (code_fence, leading_prose,
    trailing_prose).
    """

    kind: str | None
    why: str
    value: Any = None
    readable: bool = False


def parse(text: str) -> Any:
    """Return the JSON value of ``text``; raises ``Unreadable``.

    NaN, Infinity, duplicate names, nesting beyond 100 and numbers beyond Python's limit of digits
    are refused.
    """
    _bound(text)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def read_answer(text: str, truncated: bool) -> Reading:
    """Read an answer that should be JSON and nothing else; ``truncated``: it hit a length limit."""
    if not text.strip():
        return Reading("empty", "the answer is empty")
    try:
        return Reading(None, "", parse(text), True)
    except Unreadable as error:
        return _wrapped(text, truncated, str(error))


def _wrapped(text: str, truncated: bool, why: str) -> Reading:
    fenced = _FENCE.match(text)
    if fenced:
        try:
            return Reading("code_fence", "JSON inside a code fence", parse(fenced.group(1)), True)
        except Unreadable as error:
            return Reading("not_json", f"code fence without valid JSON: {error}")
    start = min((at for at in map(text.find, "{[") if at >= 0), default=-1)
    if start < 0:
        return Reading("truncated" if truncated else "not_json", why)
    try:
        value, end = _first_value(text, start)
    except Unreadable:
        # An unclosed bracket with nothing after it that could close it: the text broke off.
        cut = truncated or _depth(text[start:])[1] > 0
        return Reading("truncated" if cut else "not_json", why)
    if "```" in text[:start] and "```" in text[end:]:
        return Reading("code_fence", "JSON inside a code fence with text around it", value)
    if text[:start].strip():
        return Reading("leading_prose", "text before the JSON value", value)
    return Reading("trailing_prose", "text after the JSON value", value)


def _first_value(text: str, start: int) -> tuple[Any, int]:
    end = _closing(text, start)
    if end is None:
        raise Unreadable("no closing bracket")
    return parse(text[start:end]), end


def _closing(text: str, start: int) -> int | None:
    depth = 0
    at = start
    while at < len(text):
        found = _TOKEN.search(text, at)
        if not found:
            return None
        at = found.end()
        if found.group()[0] in "[{":
            depth += 1
        elif found.group()[0] in "]}":
            depth -= 1
            if depth == 0:
                return at
    return None


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def _depth(text: str) -> tuple[int, int]:
    """Return (deepest nesting, nesting at the end), brackets in strings not counted."""
    deepest = depth = 0
    for bracket in _BRACKETS.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest, depth


def _bound(text: str) -> None:
    if len(text) > MAX_CHARS:
        raise Unreadable(f"{len(text)} characters; {MAX_CHARS} are read")
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text)[0] > MAX_DEPTH:
        raise Unreadable(f"nested more than {MAX_DEPTH} deep")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"the name {twice[:60]!r} appears twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise Unreadable(f"{constant} is not JSON")
