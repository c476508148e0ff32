"""Does the answer follow a JSON Schema, as JSON and nothing else? ``json_schema``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import Missing, clip, each, field_of
from llmeval.scorers.json_text import MAX_CHARS, Unreadable, parse, read_answer
from llmeval.scorers.refusing import is_refusal

__all__ = ["JsonSchema", "json_schema"]

_KINDS = {
    "type": "wrong_type",
    "required": "missing_key",
    "dependentRequired": "missing_key",
    "additionalProperties": "extra_key",
    "unevaluatedProperties": "extra_key",
    "propertyNames": "extra_key",
}
_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """See ``json_schema``. ``schema`` is held as JSON text, so that the scorer is hashable."""

    schema: str | None
    field: str
    lenient: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        schema = None if self.schema is None else json.loads(self.schema)
        parameters = {"schema": schema, "field": self.field, "lenient": self.lenient}
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        from llmeval.scorers.schema_check import BadSchema, check

        text = self.schema if self.schema is not None else _case_schema(sample, self.field)
        answer = sample.response
        if len(answer.text) > MAX_CHARS:
            reason = f"the answer has {len(answer.text)} characters; at most {MAX_CHARS} are read"
            return NotScored(self.name, "too_long", reason)
        read = read_answer(answer.text, answer.finish_reason == "length")
        try:
            errors = check(text, read.value) if read.readable else check(text, None)[:0]
        except BadSchema as bad:
            reason = f"case {clip(sample.case.id, 80)}: the schema itself is wrong: {bad}"
            return NotScored(self.name, "bad_schema", clip(reason, 400))
        if read.kind and not (self.lenient and read.kind == "code_fence" and read.readable):
            refused = read.kind == "not_json" and is_refusal(answer.text)
            return self._invalid("refusal" if refused else read.kind, read.why)
        if errors:
            first = errors[0]
            kind = _KINDS.get(first.keyword, "bad_value")
            return self._invalid(kind, f"{first.path}: {first.message}", first.path, len(errors))
        return Score(self.name, 1.0, "valid")

    def _invalid(self, kind: str, why: str, path: str | None = None, count: int = 0) -> Score:
        evidence: dict[str, Any] = {"kind": kind}
        if path is not None:
            evidence |= {"path": clip(path), "errors": count}
        return Score(self.name, 0.0, "invalid", clip(why, 300), evidence)


def json_schema(
    schema: Mapping[str, Any] | bool | str | Path | None = None,
    *,
    field: str = "schema",
    lenient: bool = False,
    name: str = "json_schema",
) -> JsonSchema:
    """Score whether the answer is one JSON value that follows a JSON Schema, and nothing else.

    Args:
        schema: The schema, or the path of its file; without it, ``case.inputs[field]``.
        field: Name of the case's input that holds the schema, as an object or as JSON text.
        lenient: Accept the value inside a markdown code fence. Off by default: a consumer that
            parses the answer would fail on it.

    Drafts 4 to 2020-12 by ``$schema`` (default 2020-12), formats are checked, ``$ref`` is resolved
    within the schema and to the published metaschemas, never over the network.
    Labels: ``valid``, ``invalid``. Evidence ``kind``: ``code_fence``, ``leading_prose``,
    ``trailing_prose``, ``truncated``, ``not_json``, ``refusal``, ``empty``, ``wrong_type``,
    ``missing_key``, ``extra_key``, ``bad_value``. A wrong schema is NotScored ``bad_schema``.
    """
    text = None if schema is None else _schema_text(schema)
    return JsonSchema(text, field, lenient, name)


def _schema_text(schema: Mapping[str, Any] | bool | str | Path) -> str:
    if isinstance(schema, Mapping | bool):
        return json.dumps(schema, sort_keys=True)
    path = Path(schema)
    try:
        text = path.read_text(encoding="utf-8")
        return json.dumps(parse(text), sort_keys=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SuiteError(f"json_schema: the schema file {path} cannot be read: {reason}") from error
    except (Unreadable, UnicodeDecodeError) as error:
        raise SuiteError(f"json_schema: the schema file {path} is not JSON: {error}") from error


def _case_schema(sample: Sample, field: str) -> str:
    schema = field_of(sample.case, field)
    if isinstance(schema, str):
        try:
            return json.dumps(parse(schema), sort_keys=True)
        except Unreadable as error:
            raise Missing(f"inputs[{field!r}] is not JSON: {error}") from error
    if isinstance(schema, Mapping | bool):
        return json.dumps(schema, sort_keys=True)
    raise Missing(f"inputs[{field!r}] must be a JSON Schema, not {type(schema).__name__}")
