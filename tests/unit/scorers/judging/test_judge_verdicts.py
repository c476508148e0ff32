"""What a judge's reply says: fail closed, whatever it is."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.scorers.judging.verdicts import Unreadable, verdict_in, verdict_schema

LABELS = ("grounded", "ungrounded")


@pytest.mark.parametrize(
    "reply",
    [
        '{"reasoning": "r", "label": "grounded"}',
        '  {"label": "grounded", "reasoning": "r", "more": 1}\n',
        '```json\n{"reasoning": "r", "label": "grounded"}\n```',
        '```\n{"label":"grounded","reasoning":"r"}```',
    ],
)
def test_a_verdict_is_read(reply: str) -> None:
    found = verdict_in(reply, LABELS)
    assert (found.label, found.reasoning) == ("grounded", "r")


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "grounded",
        "The answer is grounded.",
        'Sure! {"label": "grounded"}',
        '{"label": "grounded"} {"label": "ungrounded"}',
        '{"label": "ungrounded", "label": "grounded"}',
        '{"label": "GROUNDED"}',
        '{"label": "grounded."}',
        '{"label": ["grounded"]}',
        '{"label": true}',
        '{"label": null}',
        '{"verdict": "grounded"}',
        '["grounded"]',
        '"grounded"',
        '{"label": "grounded"',
        "[" * 100_000,
        '{"label": "grounded", "reasoning": "' + "x" * 30_000 + '"}',
        "\ud800",
    ],
)
def test_anything_else_is_no_verdict(reply: str) -> None:
    with pytest.raises(Unreadable):
        verdict_in(reply, LABELS)


def test_numbers_are_labels_too() -> None:
    assert verdict_in('{"label": 4}', ("1", "4")).label == "4"


def test_reasons_are_clipped_and_made_printable() -> None:
    found = verdict_in(
        json.dumps({"label": "grounded", "reasoning": "\x1b[31m" + "y" * 900}), LABELS
    )
    assert len(found.reasoning) <= 500 and "\x1b" not in found.reasoning


@given(st.text(max_size=300))
def test_no_reply_raises_anything_else(reply: str) -> None:
    with contextlib.suppress(Unreadable):
        assert verdict_in(reply, LABELS).label in LABELS


def test_the_schema_admits_the_labels_alone() -> None:
    schema = verdict_schema(LABELS)["json_schema"]["schema"]
    assert schema["properties"]["label"]["enum"] == list(LABELS)
    assert schema["required"] == ["reasoning", "label"]
