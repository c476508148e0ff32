"""``function_call``: Python's and JSON's syntax, tools in every provider's shape."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scorer_samples import scored, unscored

from llmeval.errors import SuiteError
from llmeval.scorers import function_call

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 9}},
    "required": ["city"],
}
TOOLS = {"weather": WEATHER, "now": {"type": "object", "properties": {}}}
CALL = 'weather(city="Rome")'
AS_JSON = '{"name": "weather", "arguments": {"city": "Rome"}}'


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        "weather('Rome')",
        f"[{CALL}]",
        AS_JSON,
        f"[{AS_JSON}]",
        json.dumps({"name": "weather", "arguments": '{"city": "Rome"}'}),
        json.dumps({"name": "weather", "parameters": {"city": "Rome"}}),
        json.dumps({"type": "tool_use", "name": "weather", "input": {"city": "Rome"}}),
        json.dumps({"functionCall": {"name": "weather", "args": {"city": "Rome"}}}),
        json.dumps(
            {
                "tool_calls": [
                    {
                        "id": "call-1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city": "Rome"}'},
                    }
                ]
            }
        ),
    ],
)
def test_every_spelling_of_a_call_is_the_same_value(text: str) -> None:
    found = scored(function_call(TOOLS), text)
    assert (found.value, found.label) == (1.0, "valid")
    assert found.evidence == scored(function_call(TOOLS), CALL).evidence


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        (f"```python\n{CALL}\n```", "code_fence", None),
        (f"```json\n{AS_JSON}\n```", "code_fence", None),
        (f"I will call {CALL} now.", "leading_prose", None),
        (f"{CALL}\n\nThis gives the weather of Rome.", "trailing_prose", None),
        (f"{AS_JSON}\nDone.", "trailing_prose", None),
        ('weather(city="Rome"', "truncated", None),
        ('{"name": "weather"', "truncated", None),
        ('weather(city="Rome", days="2")', "wrong_type", "$.arguments.days"),
        ('weather(city="Rome", days=10)', "bad_value", "$.arguments.days"),
        ("weather(days=2)", "missing_key", "$.arguments"),
        ('weather(city="Rome", x=1)', "extra_key", "$.arguments"),
        ('weather("Rome", 2, 3)', "extra_key", "$.arguments"),
        ('weather("Rome", city="Oslo")', "extra_key", "$.arguments"),
        ('wether(city="Rome")', "bad_value", "$.name"),
        ('now()\nwether(city="Rome")', "bad_value", "$[1].name"),
        ("weather(city=rome)", "not_call", None),
        ('weather(city=f"{x}")', "not_call", None),
        ('weather(**{"city": "Rome"})', "not_call", None),
        ('weather(city=open("x"))', "not_call", None),
        ("[c for c in now()]", "not_call", None),
        ("lambda: now()", "not_call", None),
        ("import os", "not_call", None),
        ('{"name": "weather", "arguments": [1]}', "not_call", None),
        ('{"city": "Rome"}', "not_call", None),
        ("[]", "not_call", None),
        ("", "empty", None),
        ("I'm sorry, I can't help with that.", "refusal", None),
    ],
)
def test_what_is_wrong_with_a_call_has_a_name(text: str, kind: str, path: str | None) -> None:
    found = scored(function_call(TOOLS), text)
    evidence = found.evidence or {}
    assert (found.value, evidence["kind"], evidence.get("path")) == (0.0, kind, path)


@pytest.mark.parametrize(
    "tools",
    [
        [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}],
        [{"name": "weather", "input_schema": WEATHER}],
        [{"name": "weather", "parameters": WEATHER}],
        {"weather": WEATHER},
        {
            "function_declarations": [
                {
                    "name": "weather",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {
                            "city": {"type": "STRING"},
                            "days": {"type": "INTEGER", "nullable": True},
                        },
                        "required": ["city"],
                    },
                }
            ]
        },
    ],
)
def test_tools_of_every_provider_are_read(tools: Any) -> None:
    given = {"tools": tools}
    assert scored(function_call(), CALL, given).value == 1
    assert scored(function_call(tools), 'weather(city="Rome", days=2)').value == 1
    assert (scored(function_call(), "weather(city=1)", given).evidence or {})[
        "kind"
    ] == "wrong_type"
    assert (scored(function_call(), 'weather("R", sky=1)', given).evidence or {})[
        "kind"
    ] == "extra_key"


def test_the_syntax_and_the_number_of_calls_may_be_fixed() -> None:
    assert scored(function_call(TOOLS, syntax="python"), AS_JSON).value == 0
    assert scored(function_call(TOOLS, syntax="json"), CALL).value == 0
    assert scored(function_call(TOOLS, calls=1), f"{CALL}\nnow()").value == 0
    assert scored(function_call(TOOLS, calls=2), f"{CALL}\nnow()").value == 1
    assert scored(function_call(TOOLS, lenient=True), f"```\n{CALL}\n```").value == 1
    assert scored(function_call(), "anything(1, 'a')").value == 1, "no tools: any call will do"


def test_an_order_of_calls_is_part_of_the_value() -> None:
    one, other = (
        scored(function_call(TOOLS), t).evidence for t in (f"{CALL}\nnow()", f"now()\n{CALL}")
    )
    assert one != other


@pytest.mark.parametrize("tools", [[], [1], "weather", [{"parameters": {}}], {"weather": 1}])
def test_tools_that_are_none_are_said(tools: Any) -> None:
    assert unscored(function_call(), CALL, {"tools": tools}).not_scored == "bad_input"
    with pytest.raises(SuiteError, match="function_call"):
        function_call(tools)


def test_a_wrong_schema_of_a_tool_is_said() -> None:
    found = unscored(function_call(), CALL, {"tools": {"weather": {"type": "objct"}}})
    assert found.not_scored == "bad_schema"
    with pytest.raises(SuiteError, match="'python' or 'json'"):
        function_call(syntax="xml")  # type: ignore[arg-type]


def test_odd_escapes_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = scored(function_call(TOOLS), r'weather(city="\d\.")')
        same = scored(function_call(TOOLS), r'weather(city="\\d\\.")')
    assert found.value == 1 and found.evidence == same.evidence


def test_tools_that_are_nested_without_end_or_hold_no_properties_are_said() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"properties": {"a": deep}}
    assert "too deeply" in unscored(function_call(), CALL, {"tools": {"weather": deep}}).reason
    wrong = {"tools": {"weather": {"properties": None}}}
    assert unscored(function_call(), CALL, wrong).not_scored == "bad_schema"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=9,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES))
def test_what_python_and_json_write_is_the_same_call(arguments: dict[str, Any]) -> None:
    python = f"f({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"
    one = scored(function_call(), python)
    other = scored(function_call(), json.dumps({"name": "f", "arguments": arguments}))
    assert one.value == 1 and one.evidence == other.evidence
