"""Numbers with their units, as a text writes them: "48,000", "29 029 ft", "3.2 × 10^6 km²"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from llmeval.scorers.facts import readings_of
from llmeval.scorers.lexicons.numbers import NUMBER_WORDS, SCALES
from llmeval.scorers.lexicons.units import CURRENCY_SIGNS, UNITS, Unit
from llmeval.scorers.text import Span, fold

__all__ = ["Quantity", "quantities_in", "same"]

_WORDS: Final = {**NUMBER_WORDS, "one": 1.0, "eins": 1.0, "uno": 1.0, "una": 1.0}
# These are numbers only beside other number words; alone they are something else.
_UNSURE: Final = frozenset(
    (
        *("second", "once", "onze", "sei", "due", "one", "uno", "una", "segundo", "secondo"),
        *("quarto", "quarta", "cuarto", "cuarta", "terzo", "tercero"),
    )
)
_SCALED: Final = {word: size for word, size in SCALES.items() if word not in ("k", "m")}
_WORD: Final = "|".join(sorted({*_WORDS, *_SCALED}, key=len, reverse=True))
_EXPONENTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NUMBER: Final = re.compile(
    r"(?P<sign>(?<![\w)\d])[-−])?(?P<money>[$€£¥₹] ?)?"
    r"(?:(?P<digits>(?<![\w.,])(?:\d{1,3}(?: \d{3})+(?!\d)|\d+(?:[.,]\d+)*))"
    r"(?:(?:e(?P<e>[+-]?\d{1,3})(?!\w))|\s?[x×*·]\s?10\s?\^?(?P<power>[-⁻]?[\d⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))?"
    r"(?:/(?P<below>\d{1,6})(?![\d/]))?"
    rf"|(?<!\w)(?P<words>(?:{_WORD})(?:[ -](?:(?:and|und|et|y|e) )?(?:{_WORD})(?!\w))*)(?!\w))"
)
_POWER: Final = re.compile(r"(?<=[a-z])[²³]")
_SCALE: Final = re.compile(
    r"(?:\s|-)?(?P<letter>[kmb]n?)(?![\w/])"
    rf"|(?:\s|-)(?P<word>{'|'.join(sorted(_SCALED, key=len, reverse=True))})(?!\w)"
)
_UNIT: Final = re.compile(
    rf"(?:\s|-)?(?P<sign>[%{CURRENCY_SIGNS}]|°\s?[cf]?)"
    r"|(?:\s|-)?(?:(?P<square>square|quadrat|sq\.?)[ -]?|(?P<cubic>cubic|kubik|cu\.?)[ -]?)?"
    r"(?P<name>[^\W\d_]+(?:/[^\W\d_]+)?)(?P<raised>\^?[23](?!\d))?(?!\w)"
)
_PER: Final = {
    "km per hour": "km/h", "kilometers per hour": "km/h", "kilometres per hour": "km/h",
    "miles per hour": "mph", "meters per second": "m/s", "metres per second": "m/s",
    "kilometer pro stunde": "km/h", "degrees celsius": "celsius", "grad celsius": "celsius",
    "degrees fahrenheit": "fahrenheit", "grad fahrenheit": "fahrenheit", "per cent": "percent",
    "por ciento": "percent", "pour cent": "percent", "light years": "ly", "light-years": "ly",
    "nautical miles": "nmi", "us dollars": "dollar", "pounds sterling": "sterling",
}  # fmt: skip
_COMPOUND: Final = re.compile(
    r"(?:\s|-)?(" + "|".join(sorted(map(re.escape, _PER), key=len, reverse=True)) + r")(?!\w)"
)
_BETWEEN: Final = re.compile(r"\s*(?:,|and|und|et|y|e)?\s*\Z")
_CONVERTED: Final = 0.01


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number by its possible readings, what unit it may have (none: a bare number), and where it
    stands in the text."""

    readings: tuple[float, ...]
    units: tuple[Unit, ...]
    span: Span


def same(wanted: Quantity, found: Quantity, tolerance: float = 0.0) -> bool:
    """Whether two quantities are equal, within a relative ``tolerance``.

    A unit that one of them leaves out is taken to be the other's. Between different units of one
    dimension 1 % is allowed for rounding at least, as converted numbers are rounded.
    """
    if not wanted.units or not found.units:
        shares = any(u.dimension == "share" for u in (*wanted.units, *found.units))
        factors = (1.0, 0.01, 100.0) if shares else (1.0,)
        return any(
            _near(a, b * factor, tolerance)
            for a in wanted.readings
            for b in found.readings
            for factor in factors
        )
    return any(
        _near(a * u.factor + u.offset, b * v.factor + v.offset, _allowed(u, v, tolerance))
        for u in wanted.units
        for v in found.units
        if u.dimension == v.dimension
        for a in wanted.readings
        for b in found.readings
    )


def _allowed(wanted: Unit, found: Unit, tolerance: float) -> float:
    return tolerance if wanted == found else max(tolerance, _CONVERTED)


def _near(a: float, b: float, tolerance: float) -> bool:
    return math.isclose(a, b, rel_tol=max(tolerance, 1e-9), abs_tol=1e-12)


def quantities_in(text: str, language: str = "en") -> list[Quantity]:
    """Return the quantities of a text in order. ``5 ft 11 in`` and ``1 h 30 min`` are one each.

    Spans are those of ``text``, unless it holds ß, æ or œ, which fold to two letters.
    """
    folded = _POWER.sub(lambda match: "2" if match.group() == "²" else "3", fold(text))
    raw = text if len(text) == len(folded) else folded
    return _merged(folded, list(_each(folded, raw, language == "en")))


def _each(folded: str, raw: str, english: bool) -> Iterator[Quantity]:
    end = 0
    for match in _NUMBER.finditer(folded):
        readings = _value(match, english) if match.start() >= end else ()
        if not readings:
            continue
        readings, end = _scaled(readings, folded, raw, match.end(), bool(match["money"]))
        units, end = _unit(folded, end)
        if match["words"] in _UNSURE and not units:
            continue
        if match["money"]:
            units = UNITS[match["money"].strip()]
        if match["sign"]:
            readings = tuple(-r for r in readings)
        yield Quantity(readings, units, (match.start(), end))


def _value(match: re.Match[str], english: bool) -> tuple[float, ...]:
    if match["words"]:
        return (_spoken(re.split("[ -]", match["words"])),)
    readings = readings_of(match["digits"], english)
    power = match["e"] or match["power"]
    if power:
        readings = tuple(r * 10.0 ** int(power.translate(_EXPONENTS)) for r in readings)
    if match["below"]:
        below = float(match["below"])
        readings = tuple(r / below for r in readings) if below else ()
    return readings


def _spoken(words: list[str]) -> float:
    """Return the number that words say: "two hundred and five thousand"."""
    total = current = 0.0
    for word in words:
        if word in _WORDS:
            current += _WORDS[word]
        elif word in _SCALED and _SCALED[word] == 100:
            current = max(current, 1.0) * 100
        elif word in _SCALED:
            total += max(current, 1.0) * _SCALED[word]
            current = 0.0
    return total + current


def _scaled(
    readings: tuple[float, ...], folded: str, raw: str, end: int, money: bool
) -> tuple[tuple[float, ...], int]:
    """Multiply by a scale that follows. A lone letter scales where it is a capital M or follows its
    number at once, or the number is money; else ``5 m`` is a length."""
    match = _SCALE.match(folded, end)
    if not match:
        return readings, end
    word = match["word"] or match["letter"]
    if match["letter"]:
        capital = raw[match.start("letter")].isupper()
        attached = match.start("letter") == end
        if not (money or (capital and word != "k") or (attached and word == "k") or word == "bn"):
            return readings, end
    size = {"b": 1e9, "bn": 1e9, "mn": 1e6, "kn": 0.0}.get(word) or SCALES.get(word)
    if not size:
        return readings, end
    return tuple(r * size for r in readings), match.end()


def _unit(folded: str, end: int) -> tuple[tuple[Unit, ...], int]:
    compound = _COMPOUND.match(folded, end)
    if compound:
        return UNITS[_PER[compound[1]]], compound.end()
    match = _UNIT.match(folded, end)
    if not match:
        return (), end
    if match["sign"]:
        name = match["sign"].replace(" ", "")
        return (UNITS[name], match.end()) if name in UNITS else ((), end)
    name = match["name"]
    raised = int((match["raised"] or "1").removeprefix("^"))
    power = 2 if match["square"] else 3 if match["cubic"] else raised
    if power == 1:
        return (UNITS[name], match.end()) if name in UNITS else ((), end)
    return _raised(name, power), match.end()


def _raised(name: str, power: int) -> tuple[Unit, ...]:
    """Return areas and volumes of units of length; a volume's base unit is the litre."""
    dimension, base = ("area", 1.0) if power == 2 else ("volume", 1000.0)
    return tuple(
        Unit(dimension, unit.factor**power * base)
        for unit in UNITS.get(name, ())
        if unit.dimension == "length"
    )


def _merged(folded: str, found: list[Quantity]) -> list[Quantity]:
    """Join neighbours of one dimension whose units fall: feet and inches, hours and minutes."""
    merged: list[Quantity] = []
    for one in found:
        last = merged[-1] if merged else None
        between = folded[last.span[1] : one.span[0]] if last else "?"
        if last and len(between) < 8 and _BETWEEN.match(between) and _continues(last, one):
            total = last.readings[0] + one.readings[0] * one.units[0].factor / last.units[0].factor
            merged[-1] = replace(last, readings=(total,), span=(last.span[0], one.span[1]))
        else:
            merged.append(one)
    return merged


def _continues(first: Quantity, second: Quantity) -> bool:
    if not first.units or not second.units:
        return False
    one, two = first.units[0], second.units[0]
    # A calendar's day and month do not add up, nor do two amounts of money.
    fits = one.dimension == two.dimension in ("length", "time", "mass")
    return fits and one.factor > two.factor
