from __future__ import annotations

import pytest

from llmeval.scorers.factual.calendar_dates import CalendarDate, dates_in, says

FOURTH = CalendarDate(1776, 7, 4)


@pytest.mark.parametrize(
    "text",
    [
        "4 July 1776",
        "July 4, 1776",
        "July 4th 1776",
        "on the 4th of July, 1776",
        "1776-07-04",
        "04.07.1776",
        "4. Juli 1776",
        "le 4 juillet 1776",
        "4 de julio de 1776",
        "4 luglio 1776",
        "4 de julho de 1776",
    ],
)
def test_one_day_in_many_forms(text: str) -> None:
    ((date, span),) = dates_in(text)
    assert date == FOURTH
    assert "1776" in text[slice(*span)]


def test_what_leaves_open_which_is_the_month_is_both() -> None:
    assert {date for date, _ in dates_in("04/07/1776")} == {FOURTH, CalendarDate(1776, 4, 7)}
    assert [date for date, _ in dates_in("25/07/1776")] == [CalendarDate(1776, 7, 25)]


@pytest.mark.parametrize("text", ["in 1776", "13/25/1999", "1.2.3.2020", "version 2020-31-44"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert dates_in(text) == []


def test_a_date_says_what_a_vaguer_one_says() -> None:
    assert says(CalendarDate(1776, 7, None), FOURTH)
    assert says(CalendarDate(None, 7, 4), FOURTH)
    assert not says(FOURTH, CalendarDate(1776, 7, None))
    assert not says(FOURTH, CalendarDate(1777, 7, 4))
