"""Text that stands for a typed value, as a cell of a table or an element's content does."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from llmeval.errors import nearest
from llmeval.scorers.formats.failures import BadRules

__all__ = ["TYPES", "CellType", "Misfit", "read_cell", "type_of"]

CellType = str | tuple[str, ...]
"""A name of ``TYPES``, with ``?`` behind it if the cell may be empty; or the admitted texts."""

_INTEGER: Final = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,3})?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)


class Misfit(ValueError):
    """A text that is no value of its type; ``kind`` is ``wrong_type`` or ``bad_value``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def type_of(given: Any, what: str) -> CellType:
    """Read a type as rules give it: a name, or a list of admitted texts. Raises ``BadRules``."""
    if isinstance(given, list | tuple) and given and all(isinstance(each, str) for each in given):
        return tuple(given)
    if isinstance(given, str) and given.removesuffix("?") in TYPES:
        return given
    hint = nearest(given, TYPES) if isinstance(given, str) else ""
    known = ", ".join(TYPES)
    raise BadRules(f"{what}: {given!r} is no type; there are {known}, or a list of texts.{hint}")


def read_cell(text: str, wanted: CellType) -> Any:
    """Return the JSON value that ``text`` stands for; raises ``Misfit``.

    Numbers are written as in JSON, without thousands separators or units (a sign, a leading dot and
    leading zeros are admitted); dates as in ISO 8601. An empty cell of an optional type is null.
    """
    text = text.strip()
    if isinstance(wanted, tuple):
        if text not in wanted:
            raise Misfit("bad_value", f"{text[:60]!r} is none of {', '.join(wanted)[:120]}")
        return text
    name = wanted.removesuffix("?")
    if not text and name != wanted:
        return None
    try:
        return TYPES[name](text)
    except ValueError:
        raise Misfit("wrong_type", f"{text[:60]!r} is not of type {name}") from None


def _integer(text: str) -> int:
    return int(_fitting(_INTEGER, text))


def _number(text: str) -> float:
    return float(_fitting(_NUMBER, text))


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _date(text: str) -> str:
    return datetime.date.fromisoformat(_fitting(_DATE, text)).isoformat()


def _date_time(text: str) -> str:
    return datetime.datetime.fromisoformat(_fitting(_DATE_TIME, text)).isoformat()


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text


TYPES: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "date-time": _date_time,
}
"""Name -> what reads it from text, or raises ``ValueError``."""
