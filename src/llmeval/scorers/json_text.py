"""Reading an answer as JSON, strictly, and saying what stands in the way."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from llmeval.scorers.formats import reading
from llmeval.scorers.formats.reading import MAX_CHARS, MAX_DEPTH, Format, Place, Reading, Unreadable

__all__ = ["JSON", "MAX_CHARS", "MAX_DEPTH", "Unreadable", "parse", "places", "read_answer"]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


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


def places(text: str) -> Iterator[Place]:
    """Yield where the first object or array stands in a text, from bracket to bracket."""
    start = _start(text)
    if start >= 0 and (end := _closing(text, start)) is not None:
        yield start, end


def _start(text: str) -> int:
    return min((at for at in map(text.find, "{[") if at >= 0), default=-1)


def _cut(text: str) -> bool:
    """Whether a bracket is left open: the text broke off."""
    start = _start(text)
    return start >= 0 and _depth(text[start:])[1] > 0


JSON: Final = Format("json", "JSON value", parse, places, _cut)


def read_answer(text: str, truncated: bool) -> Reading:
    """Read an answer that should be JSON and nothing else; ``truncated``: it hit a length limit."""
    return reading.read_answer(JSON, text, truncated)


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
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise Unreadable(f"the name {twice[:60]!r} appears twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise Unreadable(f"{constant} is not JSON")
