"""JSON from a schema: valid where the schema is simple, bounded where it is hostile."""

import json
import time
from typing import Any

import jsonschema
import pytest
from demo_asking import SCHEMA, ask, extraction, request
from hypothesis import given, settings
from hypothesis import strategies as st

from llmeval.endpoints.demo.instances import instance
from llmeval.endpoints.demo.patterns import example
from llmeval.endpoints.demo.reading import read

SCHEMAS: list[Any] = [
    True,
    {},
    {"type": "null"},
    {"const": [1, {"a": None}]},
    {"enum": ["red", "blue"]},
    {"type": ["null", "integer"], "minimum": 5},
    {"type": ["null"]},
    {"type": "integer", "exclusiveMinimum": 3, "multipleOf": 4},
    {"type": "number", "maximum": -2.5},
    {"exclusiveMaximum": 0, "minimum": -1},
    {"type": "string", "minLength": 30, "maxLength": 31},
    {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer"}},
    {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["a", "b", "c"]}},
    {"items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
    {"type": "array", "maxItems": 0},
    {"prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "items": True},
    {"required": ["loose"]},
    {"$defs": {"a/b": SCHEMA}, "properties": {"x": {"$ref": "#/$defs/a~1b"}}},
    {"allOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"required": ["b"]}]},
    {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    *({"type": "string", "format": name} for name in ("date", "email", "uuid", "uri", "time")),
    *({"type": "string", "format": name} for name in ("date-time", "ipv4", "hostname", "other")),
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_an_instance_is_valid(schema: Any) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker)
    validator.validate(instance(schema, "Ann met 3 people, 17 dogs and a blue bird."))


def test_values_come_from_the_text() -> None:
    text = "Name: Ann Lee. Her age is 41. Write to ann@example.org by 2025-06-01."
    schema = {
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer", "minimum": 0},
            "mail": {"type": "string", "format": "email"},
            "due": {"type": "string", "format": "date"},
        }
    }
    assert instance(schema, text) == {
        "name": "Ann Lee",
        "age": 41,
        "mail": "ann@example.org",
        "due": "2025-06-01",
    }


def test_a_token_of_the_patterns_shape_is_taken() -> None:
    assert instance({"type": "string", "pattern": "^[A-Z]{2}-[0-9]{2}$"}, "See AB-12.") == "AB-12"


def test_the_schema_may_stand_in_the_settings() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    assert read(request("Anything.", response_format=form)).schema == SCHEMA


@pytest.mark.parametrize(
    ("pattern", "fit"),
    [
        (r"^[A-Z]{3}-\d{2}$", "AAA-44"),
        (r"^(?:ab|cd)+x?$", "ab"),
        (r"\bq\.\w\s$", "q.a "),
        (r"[^a-z]{2,4}y*", "77y"),
        (r"[\d]z{2}?", "4zz"),
        ("[unclosed", ""),
        ("a{b}", "a{b}"),
        ("()", ""),
        ("x.", "xx"),
        ("\\", "\\"),
    ],
)
def test_an_example_fits_a_simple_pattern(pattern: str, fit: str) -> None:
    assert example(pattern) == fit


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "https://example.org/elsewhere"},
        {"$ref": "#/nowhere", "type": "string"},
        {"properties": {"x": {"$ref": "#"}}, "required": ["x"]},
        {"anyOf": [{"$ref": "#"}]},
        {"type": "array", "minItems": 10**12, "items": {"type": "array", "minItems": 10**12}},
        {"type": "string", "minLength": 10**15},
        {"type": "string", "pattern": "(" * 5000},
        {"type": "string", "pattern": "(a+)+$" * 100},
        {"type": "string", "pattern": "((((a{200}){200}){200}){200}){200}"},
        {"properties": {"x" * 3000: {}}, "required": "all"},
        {"properties": [], "required": [1, None]},
        {"type": 7, "enum": [], "oneOf": {}, "allOf": 3, "items": 4},
        {"type": "integer", "minimum": "low", "multipleOf": 0},
        {"type": "integer", "minimum": 1e308, "multipleOf": 1e-300},
        {"allOf": [{"properties": 3, "required": "x"}], "properties": {"a": 1}},
        {"properties": {f"p{i}": {"$ref": "#"} for i in range(30)}},
        False,
        None,
        [1, 2],
    ],
    ids=lambda schema: str(schema)[:40],
)
def test_a_hostile_schema_costs_bounded_time(schema: Any) -> None:
    start = time.perf_counter()
    json.dumps(instance(schema, "Some text, 12 words or so."))
    assert time.perf_counter() - start < 1.0


def test_a_broken_schema_in_the_prompt_is_an_open_prompt() -> None:
    assert read(request("JSON Schema:\n{'type': broken")).kind == "open"
    assert read(request('JSON Schema:\n{"foo": 1} {} ' + "{" * 50)).kind == "open"
    assert read(request("JSON Schema:\n" + '{"a":' * 3000)).kind == "open"


@settings(max_examples=60, deadline=None)
@given(
    low=st.integers(-50, 50),
    span=st.integers(0, 60),
    step=st.integers(1, 7),
    least=st.integers(0, 30),
)
def test_bounds_are_kept(low: int, span: int, step: int, least: int) -> None:
    number = instance({"type": "integer", "minimum": low, "maximum": low + span}, "3 and 44")
    assert low <= number <= low + span
    many = instance({"type": "integer", "minimum": low, "multipleOf": step}, "3 and 44")
    assert many >= low and many % step == 0
    assert len(instance({"type": "string", "minLength": least, "maxLength": 40}, "Hi.")) >= least


def test_the_reply_is_bare_json() -> None:
    assert json.loads(ask(extraction(SCHEMA, "Name: Ann. Her age is 41."))) == {
        "name": "Ann",
        "age": 41,
    }
