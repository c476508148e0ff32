from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from scorer_samples import judge, sample, scored, unscored

from llmeval.errors import SuiteError
from llmeval.records import Score
from llmeval.scorers import json_schema
from llmeval.scorers.formats.values import value_hash

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ('{"name": "Ann", "age": 3}', None),
        ('  {"name": "Ann"}\n', None),
        ('{"name": 3}', "wrong_type"),
        ("[1]", "wrong_type"),
        ("{}", "missing_key"),
        ('{"name": "Ann", "city": "Rome"}', "extra_key"),
        ('{"name": "Ann", "age": -1}', "bad_value"),
        ('```json\n{"name": "Ann"}\n```', "code_fence"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("name: Ann", "not_json"),
        ('{"name": "An', "truncated"),
        ("", "empty"),
        ('{"name": "\ud800"}', None),
    ],
)
def test_kinds(answer: str, kind: str | None) -> None:
    found = scored(json_schema(PERSON), answer)
    assert found.value == float(kind is None)
    assert found.label == ("valid" if kind is None else "invalid")
    assert (found.evidence or {}).get("kind") == kind


def test_a_violation_says_where() -> None:
    found = scored(json_schema(PERSON), '{"name": "Ann", "age": "x"}')
    value = {"name": "Ann", "age": "x"}
    expected = {"kind": "wrong_type", "path": "$.age", "errors": 1, "value_hash": value_hash(value)}
    assert found.evidence == expected
    assert str(found.explanation).startswith("$.age: ")


def test_lenient_takes_a_fence_but_no_prose() -> None:
    scorer = json_schema(PERSON, lenient=True)
    assert scored(scorer, '```json\n{"name": "Ann"}\n```').value == 1
    assert scored(scorer, '```json\n{"name": 3}\n```').evidence["kind"] == "wrong_type"  # type: ignore[index]
    assert scored(scorer, 'Here: ```json\n{"name": "Ann"}\n```').value == 0


def test_the_schema_comes_from_the_case_as_object_or_text() -> None:
    for schema in (PERSON, json.dumps(PERSON)):
        assert scored(json_schema(), '{"name": "Ann"}', {"schema": schema}).value == 1
    assert scored(json_schema(field="shape"), "1", {"shape": True}).value == 1
    assert unscored(json_schema(), "1", {"schema": "{"}).not_scored == "missing_input"
    assert unscored(json_schema(), "1", {"schema": 3}).not_scored == "missing_input"
    assert "'schema'" in unscored(json_schema(), "1").reason


def test_the_schema_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "person.json"
    path.write_text(json.dumps(PERSON), encoding="utf-8")
    assert scored(json_schema(path), '{"name": "Ann"}').value == 1
    assert json_schema(str(path)).identity == json_schema(PERSON).identity
    with pytest.raises(SuiteError, match="cannot be read"):
        json_schema(tmp_path / "none.json")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(SuiteError, match="is not JSON"):
        json_schema(path)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strang"},
        {"$ref": "#/nowhere"},
        {"$ref": "http://example.com/schema.json"},
        {"pattern": "("},
        {"$ref": "#"},
    ],
)
def test_a_bad_schema_is_an_error_that_names_the_case(schema: dict[str, Any]) -> None:
    found = unscored(json_schema(), '"x"', {"schema": schema})
    assert found.not_scored == "bad_schema"
    assert "case-1" in found.reason


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2020-01-02T03:04:05Z", "2020-13-02T03:04:05Z"),
        ("date-time", "1998-12-31T23:59:60Z", "2020-01-02 03:04"),
        ("time", "03:04:05+01:00", "25:00:00Z"),
        ("email", "a@b.org", "ab"),
        ("uri", "https://example.org/a?b=c", "no spaces allowed"),
        ("hostname", "example.org", "-bad-.org"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("duration", "P1DT2H", "P"),
    ],
)
def test_formats_are_checked(name: str, good: str, bad: str) -> None:
    scorer = json_schema({"format": name})
    assert scored(scorer, json.dumps(good)).value == 1
    assert scored(scorer, json.dumps(bad)).value == 0
    assert scored(scorer, "3").value == 1


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([1, "1", True, None, 1.5], True),
        ([1, 1.0], False),
        ([{"a": [1]}, {"a": [1.0]}], False),
        ([0, False], True),
        (["a", "a"], False),
    ],
)
def test_unique_items(items: list[Any], unique: bool) -> None:
    scorer = json_schema({"type": "array", "uniqueItems": True})
    assert scored(scorer, json.dumps(items)).value == float(unique)
    assert scored(json_schema({"uniqueItems": False}), json.dumps(items)).value == 1
    assert scored(json_schema({"uniqueItems": True}), '"aa"').value == 1


def test_a_catastrophic_pattern_is_a_violation_within_bounded_time() -> None:
    found = scored(json_schema({"pattern": "^(a|aa)+$"}), json.dumps("a" * 5_000 + "b"))
    assert found.value == 0
    assert "could not be matched" in str(found.explanation)
    assert scored(json_schema({"pattern": "^a"}), "3").value == 1
    assert scored(json_schema({"pattern": "^a"}), '"b"').value == 0


def test_names_are_matched_by_pattern() -> None:
    scorer = json_schema({"patternProperties": {"^\\p{Lu}": {"type": "integer"}}})
    assert scored(scorer, '{"A": 1, "b": "x"}').value == 1
    assert scored(scorer, '{"A": "x"}').evidence == {
        "kind": "wrong_type",
        "path": "$.A",
        "errors": 1,
        "value_hash": value_hash({"A": "x"}),
    }
    assert scored(scorer, "[1]").value == 1
    slow = json_schema({"patternProperties": {"^(a|aa)+$": True}})
    assert scored(slow, json.dumps({"a" * 5_000 + "b": 1})).value == 0


SLOW = "^(a|aa)+$"


@pytest.mark.parametrize(
    "schema",
    [
        {"patternProperties": {SLOW: True}, "additionalProperties": False},
        {"patternProperties": {SLOW: True}, "additionalProperties": {"type": "string"}},
        {"patternProperties": {SLOW: True}, "unevaluatedProperties": False},
        {"allOf": [{"patternProperties": {SLOW: True}}], "unevaluatedProperties": False},
        {"propertyNames": {"pattern": SLOW}},
        {"not": {"propertyNames": {"pattern": SLOW}}},
        {"anyOf": [{"patternProperties": {SLOW: True}, "additionalProperties": False}, {}]},
        {"additionalProperties": {"not": {"pattern": SLOW}}},
    ],
)
@pytest.mark.parametrize("draft", ["2019-09", "2020-12"])
def test_no_keyword_lets_a_catastrophic_pattern_run_or_pass(
    schema: dict[str, Any], draft: str
) -> None:
    name = "a" * 5_000 + "b"
    draft = f"https://json-schema.org/draft/{draft}/schema"
    started = time.process_time()
    found = scored(json_schema({"$schema": draft, **schema}), json.dumps({name: name, "c": "d"}))
    assert time.process_time() - started < 2
    assert found.value == 0
    assert "could not be matched" in str(found.explanation)


def test_many_slow_matches_share_one_limit() -> None:
    """Each name needs some hundredths of a second; together they would need a minute."""
    names = {f"{'a' * 26}{i}": 1 for i in range(3_000)}
    schema = {"patternProperties": {"^(a+)+$": True}, "additionalProperties": False}
    started = time.process_time()
    found = scored(json_schema(schema), json.dumps(names))
    assert time.process_time() - started < 2
    assert found.value == 0


ONLY_A = {"properties": {"a": True}}


@pytest.mark.parametrize(
    "schema",
    [
        {**ONLY_A, "additionalProperties": False},
        {"patternProperties": {"^a": True}, "additionalProperties": False},
        {"allOf": [ONLY_A], "unevaluatedProperties": False},
        {"if": {"required": ["a"]}, "then": ONLY_A, "unevaluatedProperties": False},
        {"if": {"required": ["z"]}, "else": ONLY_A, "unevaluatedProperties": False},
        {"dependentSchemas": {"a": ONLY_A}, "unevaluatedProperties": False},
        {"$defs": {"n": ONLY_A}, "$ref": "#/$defs/n", "unevaluatedProperties": False},
        {"additionalProperties": {"type": "integer"}},
        {"unevaluatedProperties": {"type": "integer"}},
    ],
)
def test_names_that_are_not_admitted(schema: dict[str, Any]) -> None:
    assert scored(json_schema(schema), '{"a": 1}').value == 1
    found = scored(json_schema(schema), '{"b": "x"}')
    assert found.value == 0
    if False in schema.values():
        assert found.evidence["kind"] == "extra_key"  # type: ignore[index]
        assert str(found.explanation) == "$: 'b' is not admitted"


@pytest.mark.parametrize("draft", ["draft-04", "draft-06", "draft-07"])
def test_older_drafts(draft: str) -> None:
    schema = {"$schema": f"http://json-schema.org/{draft}/schema#", "type": "integer"}
    assert scored(json_schema(schema), "1").value == 1
    assert scored(json_schema(schema), '"1"').value == 0


def test_metaschemas_resolve_without_a_network() -> None:
    scorer = json_schema({"$ref": "https://json-schema.org/draft/2020-12/schema"})
    assert scored(scorer, '{"type": "object"}').value == 1
    assert scored(scorer, '{"type": 3}').value == 0


def test_equal_values_have_equal_hashes_however_they_are_written() -> None:
    def hashed(answer: str) -> Any:
        return scored(json_schema(True), answer).evidence["value_hash"]  # type: ignore[index]

    assert hashed('{"a": 1, "b": [2.0]}') == hashed('{"b":[2],"a":1.0}\n')
    assert hashed('{"a": 1}') != hashed('{"a": "1"}') != hashed('{"a": true}')
    assert hashed('{"a": 1') is hashed("Here: {}") is hashed("```\n{}\n```") is hashed("") is None
    assert scored(json_schema(False), "{}").evidence["value_hash"] == hashed("{}")  # type: ignore[index]
    lenient = scored(json_schema(True, lenient=True), "```\n{}\n```")
    assert lenient.evidence == {"value_hash": hashed("{}")}


def test_too_long_an_answer_is_not_scored() -> None:
    assert unscored(json_schema(True), "[" + "1," * 200_000 + "1]").not_scored == "too_long"


def test_one_broken_case_leaves_the_others() -> None:
    found = json_schema().score(
        [sample("1", {"schema": True}), sample("1"), sample("1", {"schema": False})]
    )
    assert [isinstance(f, Score) for f in found] == [True, False, True]
    assert judge(json_schema(), "1", {"schema": False}).label == "invalid"  # type: ignore[union-attr]


@pytest.mark.parametrize("depth", [300, 3_000, 100_000])
def test_a_schema_that_is_nested_too_deeply_is_said(depth: int) -> None:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"items": schema}
    found = unscored(json_schema(), "[]", {"schema": schema})
    assert found.not_scored in ("bad_schema", "missing_input")
    assert "nested too deeply" in found.reason
