"""Up to five problems of one case file in one error."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from llmeval.errors import CaseError

__all__ = ["SHOWN", "Problems"]

SHOWN = 5


class Problems:
    """What is wrong with one file, gathered while it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[str] = []

    def add(self, line: int, text: str) -> None:
        """Note a problem on a line (from 1); the fifth ends the reading with a ``CaseError``."""
        self._found.append(f"{self.path}:{line}: {text}")
        if len(self._found) == SHOWN:
            self._fail(f"{self.path} has at least {SHOWN} problems; the first {SHOWN}:")

    def stop(self, line: int, text: str) -> NoReturn:
        """Note a problem after which the file cannot be read on, and raise."""
        self.add(line, text)
        self._fail(f"{self.path} has {len(self._found)} problems:")

    def check(self) -> None:
        """Raise a ``CaseError`` if there was any problem."""
        if self._found:
            self._fail(f"{self.path} has {len(self._found)} problems:")

    def _fail(self, heading: str) -> NoReturn:
        if len(self._found) == 1:
            raise CaseError(self._found[0])
        raise CaseError("\n  ".join([heading, *self._found]))
