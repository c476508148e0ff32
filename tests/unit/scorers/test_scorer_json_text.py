from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.scorers.json_text import MAX_CHARS, Unreadable, parse, read_answer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_json_writes_is_read(value: object) -> None:
    read = read_answer(json.dumps(value), False)
    assert read.readable
    assert read.kind is None
    assert read.value == value


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        '{"a": Infinity}',
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        "[" * 200 + "]" * 200,
        "1" * 5_000,
        "{'a': 1}",
        '{"a": 1,}',
        "x" * (MAX_CHARS + 1),
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_brackets_in_strings_do_not_count_as_depth() -> None:
    text = json.dumps({"a": "[" * 500 + '"' + "{" * 500})
    assert parse(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ('```json\n{"a": 1}\n```', "code_fence"),
        ("```\n[1]\n```\n", "code_fence"),
        ('Sure:\n```json\n{"a": 1}\n```\nBye', "code_fence"),
        ("```json\nnope\n```", "not_json"),
        ('Here it is: {"a": 1}', "leading_prose"),
        ('{"a": 1}\n\nI hope this helps!', "trailing_prose"),
        ('{"a": 1} {"b": 2}', "trailing_prose"),
        ('{"a": "b', "truncated"),
        ('{"a": [1, 2', "truncated"),
        ("hello", "not_json"),
        ("{'a': 1}", "not_json"),
        ("use {braces} freely", "not_json"),
        ('{"a": NaN}', "not_json"),
        ('"unclosed', "not_json"),
        ('```json\n{"a": 1}', "code_fence"),
        ('~~~\n{"a": 1}\n~~~', "code_fence"),
        ('```json\n{"a": 1}```', "code_fence"),
    ],
)
def test_kinds_of_failure(text: str, kind: str) -> None:
    assert read_answer(text, False).kind == kind


def test_a_length_limit_makes_a_broken_answer_truncated() -> None:
    assert read_answer('"unclosed', True).kind == "truncated"
    assert read_answer('{"a": 1}', True).kind is None


@pytest.mark.parametrize(
    "text",
    [
        "```\n" + " " * 290_000,
        "```" + " " * 290_000 + "x y",
        "```\n" * 70_000,
        '{"' + '\\"' * 140_000,
        '["' + "a" * 140_000 + '", "' + "\\",
        "{" + ", ".join(f'"{i}": 1' for i in range(20_000)) + ', "19999": 2}',
    ],
)
def test_no_text_takes_more_time_than_its_length_warrants(text: str) -> None:
    started = time.process_time()
    assert read_answer(text, False).kind
    assert time.process_time() - started < 1
