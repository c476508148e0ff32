from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.scorers.factual.quantities import Quantity, quantities_in, same


def one(text: str, language: str = "en") -> Quantity:
    (found,) = quantities_in(text, language)
    return found


@pytest.mark.parametrize(
    ("text", "language", "value", "dimension", "shown"),
    [
        ("It is 8,848 m high", "en", 8848, "length", "8,848 m"),
        ("8.848 Meter", "de", 8848, "length", "8.848 Meter"),
        ("48 000 livres", "fr", 48000, "mass", "48 000 livres"),
        ("1.234,5 km", "de", 1234.5, "length", "1.234,5 km"),
        ("5 ft 11 inches", "en", 5 + 11 / 12, "length", "5 ft 11 inches"),
        ("one hour and 30 minutes", "en", 1.5, "time", "one hour and 30 minutes"),
        ("$3.5 million", "en", 3.5e6, "usd", "$3.5 million"),
        ("3.5M dollars", "en", 3.5e6, "usd", "3.5M dollars"),
        ("€5m", "en", 5e6, "eur", "€5m"),
        ("drei Milliarden Euro", "de", 3e9, "eur", "drei Milliarden Euro"),
        ("5 m", "en", 5, "length", "5 m"),
        ("300K people", "en", 300_000, None, "300K"),
        ("300 K", "en", 300, "temperature", "300 K"),
        ("-5 °C", "en", -5, "temperature", "-5 °C"),
        ("23 degrees Fahrenheit", "en", 23, "temperature", "23 degrees Fahrenheit"),
        ("fünfzig Prozent", "de", 50, "share", "fünfzig Prozent"),
        ("twelve per cent", "en", 12, "share", "twelve per cent"),
        ("two hundred and five thousand", "en", 205_000, None, "two hundred and five thousand"),
        ("twenty-one", "en", 21, None, "twenty-one"),
        ("3.2 × 10^6 km²", "en", 3.2e6, "area", "3.2 × 10^6 km²"),
        ("6.02×10²³", "en", 6.02e23, None, "6.02×10²³"),
        ("1.5e3 kg", "en", 1500, "mass", "1.5e3 kg"),
        ("100 square kilometres", "en", 100, "area", "100 square kilometres"),
        ("2 cubic metres", "en", 2, "volume", "2 cubic metres"),
        ("1/2", "en", 0.5, None, "1/2"),
        ("60 mph", "en", 60, "speed", "60 mph"),
        ("five light years", "en", 5, "length", "five light years"),
        ("in 1776.", "en", 1776, None, "1776"),
    ],
)
def test_numbers_and_units_are_read(
    text: str, language: str, value: float, dimension: str | None, shown: str
) -> None:
    found = one(text, language)
    assert found.readings[0] == pytest.approx(value)
    assert {u.dimension for u in found.units} >= ({dimension} if dimension else set())
    assert bool(found.units) is bool(dimension)
    assert text[slice(*found.span)] == shown


@pytest.mark.parametrize("text", ["the second book", "once upon a time", "v2.0.1", "none", "1/0"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert quantities_in(text) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("8848 m", "29,029 feet"),
        ("8848 m", "8.8 km"),
        ("8848", "8,848 m"),
        ("8848 m", "8848"),
        ("60 mph", "96.6 km/h"),
        ("300 K", "26.85 °C"),
        ("32 °F", "0 °C"),
        ("1 kg", "2.2 lb"),
        ("5 pounds", "£5"),
        ("5 pounds", "2.27 kg"),
        ("12 %", "0.12"),
        ("90 minutes", "1.5 hours"),
        ("1 km²", "100 hectares"),
        ("1 m³", "1000 litres"),
        ("5 million dollars", "$5m"),
    ],
)
def test_equal_quantities_in_other_words(wanted: str, found: str) -> None:
    assert same(one(wanted), one(found))
    assert same(one(found), one(wanted))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("8848 m", "8611 m"),
        ("8848 m", "8848 ft"),
        ("5 kg", "5 km"),
        ("$5", "€5"),
        ("1.5", "1.5 million"),
        ("10 °C", "10 °F"),
    ],
)
def test_other_quantities_are_not_equal(wanted: str, found: str) -> None:
    assert not same(one(wanted), one(found))


def test_tolerance_is_relative() -> None:
    assert same(one("100 m"), one("104 m"), 0.05)
    assert not same(one("100 m"), one("110 m"), 0.05)


@given(st.integers(0, 10**12))
def test_whole_numbers_survive_being_written(number: int) -> None:
    for text in (f"{number}", f"{number:,}"):
        assert math.isclose(one(text).readings[0], number)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for found in quantities_in(text):
        assert found.readings
        assert 0 <= found.span[0] < found.span[1]
