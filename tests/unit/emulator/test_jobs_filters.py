"""Filters of list calls: what Google's clients send is understood, all else is refused."""

from __future__ import annotations

from typing import Any

import pytest

from llmeval.emulator.vertex_jobs.filters import page, predicate
from llmeval.emulator.vertex_jobs.wire import Refused

FIELDS = (
    "name",
    "display_name",
    "state",
    "labels",
    "create_time",
    "parent_contexts",
    "schema_title",
    "is_default",
    "metadata",
)
ROW: dict[str, Any] = {
    "name": "projects/p/x/1",
    "displayName": 'a "b"',
    "state": "RUNNING",
    "labels": {"team": "llm"},
    "createTime": "2026-11-25T09:00:00.000000Z",
    "parentContexts": ["p1", "p2"],
    "schemaTitle": "system.Run",
    "isDefault": True,
    "metadata": {"rate": 10, "word": "x"},
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ('schema_title="system.Run"', True),
        ('schema_title = "system.Other"', False),
        ('(schema_title="a" OR schema_title="system.Run")', True),
        ('schema_title="a" OR schema_title="b"', False),
        ('state="RUNNING" AND schema_title="a"', False),
        # OR binds more tightly than AND: RUNNING AND (a OR system.Run)
        ('state="RUNNING" AND schema_title="a" OR schema_title="system.Run"', True),
        ('state="FAILED" AND schema_title="a" OR schema_title="system.Run"', False),
        ('NOT state="FAILED"', True),
        ('state!="RUNNING"', False),
        ('labels.team="llm"', True),
        ("labels.team=llm", True),
        ("labels.team:*", True),
        ("labels.other:*", False),
        ("labels:team", True),
        ('display_name="a \\"b\\""', True),
        ('display_name:"b"', True),
        ('display_name="a*"', True),
        ('create_time>"2026-11-25T08:00:00Z"', True),
        ('create_time<="2026-11-25T08:00:00Z"', False),
        ('parent_contexts:"p1"', True),
        ('parent_contexts:"p1","p2"', True),
        ('parent_contexts:"p1","p3"', False),
        ("is_default=true", True),
        ("is_default=false", False),
        ("metadata.rate.number_value = 10.0", True),
        ("metadata.rate.number_value > 9", True),
        ("metadata.rate.number_value > 9.5 AND metadata.word.string_value = x", True),
        ('in_context("here")', True),
        ('in_context("there")', False),
        ('schema_title="system.Run" AND in_context("here")', True),
        ('schema_title="system.Run" state="RUNNING"', True),
    ],
)
def test_a_filter_lets_through_what_it_says(text: str, holds: bool) -> None:
    functions = {"in_context": lambda row, where: where == "here"}
    assert predicate(text, FIELDS, functions)(ROW) is holds


@pytest.mark.parametrize(
    "text",
    [
        'unknown="x"',
        "state=",
        "state",
        "state ~ x",
        '(state="x"',
        'state="x")',
        'within("x")',
        'in_context("x"',
        "=",
        "\x00",
        '"',
        "AND",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="Invalid filter") as refused:
        predicate(text, FIELDS, {"in_context": lambda *_: True})
    assert refused.value.status == "INVALID_ARGUMENT"


def rows(n: int) -> list[dict[str, Any]]:
    return [{"name": f"r{i}", "displayName": f"{i % 3}"} for i in range(n)]


def test_pages_hold_every_row_once() -> None:
    seen: list[str] = []
    query = {"pageSize": "3", "filter": ""}
    for _ in range(10):
        shown = page(rows(8), query, "things", FIELDS)
        seen += [row["name"] for row in shown["things"]]
        if "nextPageToken" not in shown:
            break
        query["pageToken"] = shown["nextPageToken"]
    assert seen == [f"r{i}" for i in range(8)]


def test_rows_are_sorted_as_asked() -> None:
    shown = page(rows(4), {"orderBy": "display_name desc,name desc"}, "things", FIELDS)
    assert [row["name"] for row in shown["things"]] == ["r2", "r1", "r3", "r0"]


@pytest.mark.parametrize("query", [{"pageSize": "x"}, {"pageToken": "-1"}, {"pageSize": "²"}])
def test_a_page_that_cannot_be_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Refused, match="Invalid value"):
        page(rows(3), query, "things", FIELDS)
