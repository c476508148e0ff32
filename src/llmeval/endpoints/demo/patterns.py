"""A string that fits a simple regular expression, built without ever running it."""

from __future__ import annotations

from typing import Final

__all__ = ["example"]

_CLASSES: Final = {"d": "4", "w": "a", "s": " ", "D": "x", "W": "-", "S": "x"}
_LONGEST: Final = 200


def example(pattern: str) -> str:
    """Return a string for ``pattern``: literals, classes, groups, ``|``, and quantifiers.

    Takes the first branch and the fewest repetitions; look-arounds and back-references are beyond
    it, and then the result may not fit. At most 200 characters of pattern are read.
    """
    text, _ = _branch(pattern[:_LONGEST], 0, 0)
    return text[:10_000]


def _branch(pattern: str, i: int, depth: int) -> tuple[str, int]:
    """Return the text of the first alternative from ``i``, and where the group ends."""
    parts: list[str] = []
    first: str | None = None
    while i < len(pattern) and pattern[i] != ")":
        if pattern[i] == "|":
            first = "".join(parts) if first is None else first
            parts, i = [], i + 1
            continue
        piece, i = _atom(pattern, i, depth)
        times, i = _times(pattern, i)
        parts.append(piece * times)
    return ("".join(parts) if first is None else first)[:10_000], i + 1


def _atom(pattern: str, i: int, depth: int) -> tuple[str, int]:
    here = pattern[i]
    if here == "(" and depth < 20:
        start = i + 3 if pattern.startswith("?:", i + 1) else i + 1
        return _branch(pattern, start, depth + 1)
    if here == "[":
        return _set(pattern, i + 1)
    if here == "\\" and i + 1 < len(pattern):
        escaped = pattern[i + 1]
        return ("" if escaped in "bB" else _CLASSES.get(escaped, escaped)), i + 2
    if here in "^$":
        return "", i + 1
    return ("x" if here == "." else here), i + 1


def _set(pattern: str, i: int) -> tuple[str, int]:
    """Return a member of the bracket expression that starts at ``i``."""
    negated = pattern.startswith("^", i)
    i += negated
    end = pattern.find("]", i + 1)
    if end < 0:
        return "", len(pattern)
    members = pattern[i:end]
    first = members[0]
    if first == "\\" and len(members) > 1:
        first = _CLASSES.get(members[1], members[1])
    if negated:
        first = next((c for c in "x7-Q_ " if not _within(members, c)), "é")
    return first, end + 1


def _within(members: str, sought: str) -> bool:
    """Whether the inside of a bracket expression admits ``sought``; escapes are not read."""
    ranges = zip(members, members[1:], members[2:], strict=False)
    return sought in members or any(a <= sought <= b for a, dash, b in ranges if dash == "-")


def _times(pattern: str, i: int) -> tuple[int, int]:
    """Return the fewest repetitions that the quantifier at ``i`` admits, and where it ends."""
    here = pattern[i : i + 1]
    times, after = 1, i
    if here in ("*", "?") and here:
        times, after = (1 if here == "*" else 0), i + 1
    elif here == "+":
        after = i + 1
    elif here == "{":
        end = pattern.find("}", i)
        low = pattern[i + 1 : max(end, i + 1)].partition(",")[0]
        if end > 0 and low.isdigit():
            times, after = min(int(low[:6]), _LONGEST), end + 1
    if after > i and pattern[after : after + 1] == "?":
        after += 1
    return times, after
