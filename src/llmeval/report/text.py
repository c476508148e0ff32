"""Hostile text made harmless and visible: for pages, terminals and Markdown."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

__all__ = ["cut", "one_line", "plain", "visible"]

_SURROGATES = re.compile("[\ud800-\udfff]")

_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and line feed, DEL, C1
    "\u00ad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"  # zero width, marks, overrides, isolates
    "\ufeff\ufff9-\ufffb\ufffe\uffff"  # byte order mark, interlinear annotation, non-characters
    "\U000e0000-\U000e007f"  # tag characters: text that people cannot see and models can
    "]"
)
"""Characters that show nothing or reorder what is shown. The joiners U+200C and U+200D are part of
ordinary Persian, Hindi and emoji, and stay."""


def visible(text: str) -> str:
    """Return ``text`` with hidden characters as ``[U+XXXX]`` and lone surrogates as U+FFFD."""
    text = _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n"))
    return _HIDDEN.sub(lambda m: f"[U+{ord(m[0]):04X}]", text)


def cut(text: str, limit: int) -> tuple[str, int]:
    """Return the visible form of ``text`` in at most ``limit`` characters, and how many characters
    of the original were left out."""
    head = visible(text[:limit])
    if len(head) <= limit:
        return head, max(0, len(text) - limit)
    pieces = [visible(character) for character in text[:limit]]
    room = list(accumulate(map(len, pieces)))
    kept = bisect_right(room, limit)
    return "".join(pieces[:kept]), len(text) - kept


def plain(text: str) -> str:
    """Return ``text`` in one line for a terminal: nothing in it can move the cursor or reorder."""
    head = _HIDDEN.sub(" ", _SURROGATES.sub("\ufffd", text))
    return " ".join(head.split())


def one_line(text: str, limit: int) -> str:
    """Return ``plain(text)`` in at most ``limit`` characters, ending in ``…`` if it was cut."""
    line = plain(text[: limit * 8])
    if len(line) <= limit and len(text) <= limit * 8:
        return line
    return line[: limit - 1].rstrip() + "…"
