"""The arguments of verifiable instructions, read strictly, and what can go wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from llmeval.errors import nearest
from llmeval.scorers.findings import Missing, clip

__all__ = ["Arguments", "BadInput", "Pattern"]

_MOST_TEXTS: Final = 100
_LONGEST: Final = 20_000
_SECONDS: Final = 0.25


class BadInput(ValueError):
    """An instruction or one of its arguments is not what IFEval defines."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """One instruction's ``kwargs``; each method returns one argument or says what is wrong.

    An absent argument raises ``Missing`` (the reference would draw one at random), another kind of
    value ``BadInput``.
    """

    instruction: str
    values: Mapping[str, Any]

    def count(self, name: str, least: int = 0) -> int:
        """Return a whole number of at least ``least``."""
        value = self._value(name)
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or value < least:
            raise self._bad(name, f"a whole number from {least} is needed, not {_shown(value)}")
        return int(value)

    def relation(self, name: str) -> str:
        """Return ``less than`` or ``at least``."""
        value = self._value(name)
        if value not in ("less than", "at least"):
            raise self._bad(name, f"'less than' or 'at least' is needed, not {_shown(value)}")
        return str(value)

    def text(self, name: str) -> str:
        """Return a text that is not empty, as it is."""
        return self._text(name, self._value(name))

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, at least one."""
        value = self._value(name)
        if not isinstance(value, list | tuple) or not 0 < len(value) <= _MOST_TEXTS:
            raise self._bad(name, f"a list of 1 to {_MOST_TEXTS} texts is needed")
        return [self._text(name, each) for each in value]

    def language(self, name: str, known: frozenset[str]) -> str:
        """Return a language's code that the detector tells apart."""
        value = self._text(name, self._value(name))
        if value not in known:
            hint = nearest(value, known)
            raise self._bad(name, f"{_shown(value)} is none of {', '.join(sorted(known))}.{hint}")
        return value

    def _value(self, name: str) -> Any:
        value = self.values.get(name)
        if value is None:
            raise Missing(f"{self.instruction} needs {name!r} in its kwargs")
        return value

    def _text(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
            raise self._bad(name, f"text of 1 to {_LONGEST} characters is needed")
        return value

    def _bad(self, name: str, what: str) -> BadInput:
        return BadInput(f"{self.instruction}, {name!r}: {what}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression out of a data set: the reference reads its keywords as patterns.

    Searching raises ``TimeoutError`` beyond a quarter of a second.
    """

    source: str

    def __post_init__(self) -> None:
        import regex as engine

        try:
            engine.compile(self.source, engine.IGNORECASE)
        except engine.error as error:
            raise BadInput(f"{_shown(self.source)} is no regular expression: {error}") from None

    def found(self, text: str) -> bool:
        """Whether it occurs, whatever the case of its letters."""
        import regex as engine

        return engine.search(self.source, text, engine.IGNORECASE, timeout=_SECONDS) is not None

    def count(self, text: str, *, ignore_case: bool = True) -> int:
        """Return how often it occurs without overlap."""
        import regex as engine

        flags = engine.IGNORECASE if ignore_case else 0
        return sum(1 for _ in engine.finditer(self.source, text, flags, timeout=_SECONDS))


def _shown(value: object) -> str:
    return clip(repr(value), 60)
