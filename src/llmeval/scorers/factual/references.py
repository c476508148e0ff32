"""What a case expects, as something an answer can be held against: yes or no, a quantity, a date, a
text, or several of these."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from llmeval.scorers.factual.calendar_dates import CalendarDate, dates_in
from llmeval.scorers.factual.quantities import Quantity, quantities_in
from llmeval.scorers.findings import Missing, clip
from llmeval.scorers.text import fold

__all__ = ["MAX_REFERENCES", "YES_NO", "Reference", "read_references"]

MAX_REFERENCES: Final = 100
_LONGEST: Final = 2_000
_YES: Final = "yes ja oui si sim true wahr vrai cierto verdadero vero verdadeiro correct richtig"
_NO: Final = "no nein non nao false falsch faux falso incorrect"
YES_NO: Final = tuple([(1, word) for word in _YES.split()] + [(0, word) for word in _NO.split()])
"""Wordings of yes (1) and no (0)."""
_EDGE: Final = " \t\r\n.,;:!?\"'()[]"


@dataclass(frozen=True, slots=True)
class Reference:
    """One accepted answer. ``text`` as written; beside it at most one of: ``truth`` (of a yes or
    no), ``quantity``, ``date``."""

    text: str
    truth: bool | None = None
    quantity: Quantity | None = None
    date: CalendarDate | None = None

    @property
    def kind(self) -> str:
        """``yes_no``, ``quantity``, ``date`` or ``text``."""
        if self.truth is not None:
            return "yes_no"
        if self.quantity is not None:
            return "quantity"
        return "text" if self.date is None else "date"


def read_references(value: Any, language: str) -> list[Reference]:
    """Return the accepted answers that a case's value stands for; raises ``Missing``.

    True and false, numbers, and texts that are wholly a yes or no, a quantity or a date are read as
    such. A list holds several; a mapping one quantity as ``value`` and ``unit``.
    """
    values = value if isinstance(value, list | tuple) else [value]
    if not 0 < len(values) <= MAX_REFERENCES:
        raise Missing(f"the reference must hold 1 to {MAX_REFERENCES} answers, not {len(values)}")
    return [_reference(each, language) for each in values]


def _reference(value: Any, language: str) -> Reference:
    if isinstance(value, bool):
        return Reference("yes" if value else "no", truth=value)
    if isinstance(value, dict) and "value" in value:
        value = f"{value['value']} {value.get('unit') or ''}".strip()
    if isinstance(value, int | float) and math.isfinite(value):
        return Reference(f"{value:.15g}", quantity=Quantity((float(value),), (), (0, 0)))
    if not isinstance(value, str) or len(value) > _LONGEST or not any(map(str.isalnum, value)):
        raise Missing(f"the reference {clip(repr(value), 60)} is no answer to hold one against")
    return _read(value, language)


@lru_cache(maxsize=4_096)
def _read(text: str, language: str) -> Reference:
    word = fold(text).strip(_EDGE)
    truths = {wording: bool(at) for at, wording in YES_NO}
    if word in truths:
        return Reference(text, truth=truths[word])
    # "04/07/1776" is two dates: as a reference it is neither for sure.
    dates = {date for date, span in dates_in(text) if _whole(text, span)}
    if len(dates) == 1:
        return Reference(text, date=dates.pop())
    for quantity in quantities_in(text, language):
        if _whole(text, quantity.span):
            return Reference(text, quantity=quantity)
    return Reference(text)


def _whole(text: str, span: tuple[int, int]) -> bool:
    """Whether a span is all of a text, but for words that only introduce it."""
    rest = fold(text[: span[0]] + " " + text[span[1] :]).strip(_EDGE)
    return not rest or bool(_INTRODUCES.fullmatch(rest))


_INTRODUCES: Final = re.compile(
    r"(?:on|in|the|about|around|approximately|approx|roughly|ca|circa|c|etwa|rund|am|im|le|el|il"
    r"|em|en|environ|unos|unas|cerca de|aproximadamente|circa)(?: the)?"
)
