"""Reading an answer that should be of one format and nothing else: what stands in the way?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from llmeval.scorers.text import unseen

__all__ = [
    "MAX_CHARS",
    "MAX_DEPTH",
    "Format",
    "Place",
    "Reading",
    "Unreadable",
    "are_prose",
    "fenced_places",
    "read_answer",
    "reads_as_prose",
    "without_prose",
    "wrapped",
]

MAX_CHARS: Final = 300_000
MAX_DEPTH: Final = 100

Place = tuple[int, int]
"""Start and end of a stretch of the answer."""

_FENCES: Final = ("```", "~~~")
_OPENING: Final = re.compile(r"^```[ \t]{0,9}[\w.+-]{0,40}[ \t]{0,9}\n", re.MULTILINE)
_CLOSING: Final = re.compile(r"^[ \t]{0,9}```", re.MULTILINE)
_UNSPACED: Final = re.compile(
    r"[^\s\u3040-\u30ff\u3400-\u9fff]{0,40}[\u3040-\u30ff\u3400-\u9fff]{4}"
)
_MOST_PLACES: Final = 3
_MOST_PROSE: Final = 12


class Unreadable(ValueError):
    """The text is not of the format, within our bounds; the message says why."""


@dataclass(frozen=True, slots=True)
class Format:
    """What reading needs to know of a format.

    ``name`` is as in ``not_name``, ``shown`` as in "text before the JSON value". ``parse`` returns
    the value of a text, all of it, or raises ``Unreadable``. ``places`` yields stretches of a
    longer text where a value may stand, likeliest first; ``cut`` tells whether a text that does not
    parse holds the beginning of a value without its end. A ``closed`` format shows where a value
    ends (by a bracket, by a tag); of another one an answer may look whole that broke off.
    """

    name: str
    shown: str
    parse: Callable[[str], Any]
    places: Callable[[str], Iterable[Place]]
    cut: Callable[[str], bool]
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer as read: ``value`` if ``readable``, else the ``kind`` of failure and why.

    ``kind`` is also set for a value that is wrapped (code_fence, leading_prose, trailing_prose) or
    may have been cut (truncated).
    """

    kind: str | None
    why: str
    value: Any = None
    readable: bool = False


def read_answer(form: Format, text: str, truncated: bool) -> Reading:
    """Read an answer that should be of ``form``; ``truncated``: it hit a length limit."""
    if unseen(text):
        return Reading("empty", "the answer is empty")
    try:
        value = form.parse(text)
    except Unreadable as error:
        return _broken(form, text, truncated, str(error))
    if truncated and not form.closed:
        return Reading("truncated", "the answer hit the length limit", value, True)
    return Reading(None, "", value, True)


def _broken(form: Format, text: str, truncated: bool, why: str) -> Reading:
    inside = _all_fenced(text)
    if inside is not None:
        try:
            value = form.parse(inside)
        except Unreadable as error:
            return Reading(f"not_{form.name}", f"a code fence without a {form.shown}: {error}")
        return Reading("code_fence", f"the {form.shown} is in a code fence", value, True)
    for start, end in form.places(text):
        try:
            return wrapped(form, text, (start, end), form.parse(text[start:end]))
        except Unreadable:
            continue
    cut = truncated or form.cut(text)
    return Reading("truncated" if cut else f"not_{form.name}", why)


def wrapped(form: Format, text: str, place: Place, value: Any) -> Reading:
    """Return the reading of a value that is not all of the answer."""
    before = text[: place[0]]
    if "```" in before:
        why = f"the {form.shown} is in a code fence, and that is not all of the answer"
        return Reading("code_fence", why, value)
    if before.strip():
        return Reading("leading_prose", f"text before the {form.shown}", value)
    return Reading("trailing_prose", f"text after the {form.shown}", value)


def _all_fenced(text: str) -> str | None:
    """Return the inside of a code fence that is all of the text."""
    whole = text.strip()
    first, newline, rest = whole.partition("\n")
    if not newline or not first.startswith(_FENCES) or not rest.endswith(_FENCES):
        return None
    word = first[3:].strip()
    if len(word) > 40 or not re.fullmatch(r"[\w.+-]*", word):
        return None
    inside, _, last = rest.rpartition("\n")
    return inside if last.strip() in _FENCES else rest[:-3]


def fenced_places(text: str) -> Iterator[Place]:
    """Yield the insides of the first code fences within a text."""
    at = 0
    for _ in range(_MOST_PLACES):
        opening = _OPENING.search(text, at)
        closing = _CLOSING.search(text, opening.end()) if opening else None
        if not opening or not closing:
            return
        yield opening.end(), closing.start()
        at = closing.end()


def without_prose(text: str) -> Iterator[Place]:
    """Yield the text without lines of prose at its start and end, if there are such lines."""
    lines = text.split("\n")
    first, last = 0, len(lines)
    while first < min(last, _MOST_PROSE) and _spare(lines[first]):
        first += 1
    while last > max(first, len(lines) - _MOST_PROSE) and _spare(lines[last - 1]):
        last -= 1
    if first < last and any(line.strip() for line in (*lines[:first], *lines[last:])):
        start = sum(len(line) + 1 for line in lines[:first])
        yield start, start + sum(len(line) + 1 for line in lines[first:last]) - 1


def _spare(line: str) -> bool:
    return not line.strip() or reads_as_prose(line)


def are_prose(text: str) -> bool:
    """Whether every line that is not blank is prose, or a mark of a code fence."""
    return all(_spare(line) or line.lstrip().startswith("```") for line in text.split("\n"))


def reads_as_prose(line: str) -> bool:
    """Whether a line is a sentence, or announces something ("Here is the table:").

    It has three words or more (or begins with four Chinese or Japanese characters), begins with a
    letter and ends as a sentence does. Where values are lines themselves, nothing surer tells it
    from a value.
    """
    line = line.strip().lstrip('*_># ¡¿"“„«').rstrip("\"'”’»*_)")
    if not line or not line[0].isalpha() or line[-1] not in ".:!?…。！？：":
        return False
    return len(line.split(None, 2)) == 3 or _UNSPACED.match(line) is not None
