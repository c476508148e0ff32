"""One published row: its fields, checked as they are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmeval.cases.published.published import Found

__all__ = ["Record", "RowProblem"]

Kinds = type | tuple[type, ...]


class RowProblem(Exception):
    """What keeps a row from being read; becomes a ``CaseError`` with file and line."""


class Record:
    """A row and where it stands. Every getter raises ``RowProblem`` that names the field."""

    def __init__(self, values: Any, path: Path, line: int) -> None:
        if not isinstance(values, dict):
            raise RowProblem(f"a JSON object is needed, not {type(values).__name__}")
        self.values: dict[str, Any] = values
        self.path = path
        self.line = line

    def has(self, *names: str) -> bool:
        """Return whether all fields are there."""
        return all(name in self.values for name in names)

    def value(self, name: str, kinds: Kinds, what: str) -> Any:
        """Return a field of one of ``kinds``; ``what`` says in words which."""
        if name not in self.values:
            have = ", ".join(map(str, list(self.values)[:12])) or "none"
            raise RowProblem(
                f"the field {name!r} is missing (there are: {have}); is this the published file?"
            )
        value = self.values[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and not _admits_bool(kinds)):
            raise RowProblem(f"{name!r} must be {what}, not {str(value)[:60]!r}")
        return value

    def text(self, name: str) -> str:
        """Return a text that is not blank."""
        found: str = self.value(name, str, "text")
        if not found.strip():
            raise RowProblem(f"{name!r} is empty")
        return found

    def name(self, name: str) -> str:
        """Return a text or whole number as text, stripped: an id, a tag's value."""
        found = str(self.value(name, (str, int), "text or a whole number")).strip()
        if not found:
            raise RowProblem(f"{name!r} is empty")
        return found

    def number(self, name: str) -> int:
        """Return a whole number."""
        found: int = self.value(name, int, "a whole number")
        return found

    def one_of(self, name: str, known: Iterable[str]) -> str:
        """Return one of the values that the data set defines."""
        known = tuple(known)
        found = self.name(name)
        if found not in known:
            raise RowProblem(f"{name!r} must be {' or '.join(known)}, not {found[:60]!r}")
        return found

    def found(self, row: dict[str, Any], *, unit: str | None = None) -> Found:
        """Return a row of ours that stands where this one does; by default a unit of its own."""
        return Found(row, self.path, self.line, str(row["id"]) if unit is None else unit)


def _admits_bool(kinds: Kinds) -> bool:
    """True is an int to Python, but no number of a data set."""
    return bool in (kinds if isinstance(kinds, tuple) else (kinds,)) or kinds is object
