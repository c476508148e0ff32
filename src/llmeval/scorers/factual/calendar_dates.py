"""Dates as a text writes them, and whether one says all that another says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from llmeval.scorers.lexicons.numbers import MONTHS
from llmeval.scorers.text import Span, fold

__all__ = ["CalendarDate", "dates_in", "says"]

_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY: Final = r"(?P<{0}>[0-3]?\d)(?:st|nd|rd|th|er|º|ª|\.)?"
_OF: Final = r",? (?:of |de |del |di |d')?"
_PATTERNS: Final = (
    re.compile(r"(?<![\w-])(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?![\w-])"),
    re.compile(
        rf"(?<!\w){_DAY.format('d')}(?:{_OF}|[ -]?)(?P<name>{_MONTH})(?!\w)\.?"
        rf"(?:{_OF}(?:the )?(?:year )?(?P<y>\d{{3,4}})(?!\w))?"
    ),
    re.compile(
        rf"(?<!\w)(?P<name>{_MONTH})\.? (?:the )?{_DAY.format('d')}(?!\w)"
        r"(?:,? (?P<y>\d{3,4})(?!\w))?"
    ),
    re.compile(rf"(?<!\w)(?P<name>{_MONTH})\.?{_OF}(?P<y>\d{{4}})(?!\w)"),
    re.compile(r"(?<![\w./-])(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4})(?!\w)"),
)


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date as far as it is told: any part may be absent."""

    year: int | None
    month: int | None
    day: int | None


def says(wanted: CalendarDate, found: CalendarDate) -> bool:
    """Whether ``found`` tells every part of ``wanted``, and tells it alike."""
    return (
        wanted.year in (None, found.year)
        and wanted.month in (None, found.month)
        and wanted.day in (None, found.day)
    )


def dates_in(text: str) -> list[tuple[CalendarDate, Span]]:
    """Return the dates of a text; both of them where "04/07/1776" leaves open which is the month.

    Years alone are numbers, and not among them.
    """
    folded = fold(text)
    taken: list[tuple[CalendarDate, Span]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            start, end = match.span()
            if any(a < end and start < b for _, (a, b) in taken):
                continue
            taken += [(date, (start, end)) for date in _read(match.groupdict()) if _real(date)]
    return sorted(taken, key=lambda found: found[1])


def _read(parts: dict[str, str | None]) -> Iterator[CalendarDate]:
    told = {key: value for key, value in parts.items() if value}
    year = int(told["y"]) if "y" in told else None
    if "sep" in told:
        a, b = int(told["a"]), int(told["b"])
        yield CalendarDate(year, b, a)
        # Only a point says for sure that the day comes first.
        if told["sep"] != "." and a != b:
            yield CalendarDate(year, a, b)
        return
    month = MONTHS[told["name"]] if "name" in told else int(told["m"])
    yield CalendarDate(year, month, int(told["d"]) if "d" in told else None)


def _real(date: CalendarDate) -> bool:
    return 1 <= (date.month or 1) <= 12 and 1 <= (date.day or 1) <= 31
