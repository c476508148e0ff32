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
from llmeval.scorers.formats.answers import judge_answer
from llmeval.scorers.formats.reading import MAX_CHARS, Format
from llmeval.scorers.json_text import JSON, Unreadable, parse

__all__ = ["JsonSchema", "json_schema", "judge_by_schema", "schema_of_case", "schema_text"]


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
        schema = self.schema if self.schema is not None else schema_of_case(sample, self.field)
        return judge_by_schema(self.name, JSON, sample, schema, lenient=self.lenient)


def judge_by_schema(
    name: str,
    form: Format,
    sample: Sample,
    schema: str,
    *,
    lenient: bool,
    limit: int = MAX_CHARS,
) -> Score | NotScored:
    """Hold the value that an answer of ``form`` is against a JSON Schema, given as JSON text."""
    from llmeval.scorers.schema_check import BadSchema, check

    try:
        found = judge_answer(
            name, form, sample, lambda v: check(schema, v), lenient=lenient, limit=limit
        )
        if isinstance(found, NotScored) or (found.evidence or {})["value_hash"] is None:
            # No value was held against the schema; what is wrong with it is said all the same.
            check(schema, None)
    except BadSchema as bad:
        reason = f"case {clip(sample.case.id, 80)}: the schema itself is wrong: {bad}"
        return NotScored(name, "bad_schema", clip(reason, 400))
    return found


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
    Labels: ``valid``, ``invalid``. Evidence: ``value_hash``, equal for equal values; of an invalid
    answer ``kind``, one of ``formats.failures.FAILURES``. A wrong schema is NotScored
    ``bad_schema``.
    """
    text = None if schema is None else schema_text(schema)
    return JsonSchema(text, field, lenient, name)


def schema_text(schema: Mapping[str, Any] | bool | str | Path) -> str:
    """Return a schema, or that of a file, as JSON text; raises ``SuiteError``."""
    if isinstance(schema, Mapping | bool):
        return json.dumps(schema, sort_keys=True)
    path = Path(schema)
    try:
        text = path.read_text(encoding="utf-8")
        return json.dumps(parse(text), sort_keys=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SuiteError(f"the schema file {path} cannot be read: {reason}") from error
    except (Unreadable, UnicodeDecodeError) as error:
        raise SuiteError(f"the schema file {path} is not JSON: {error}") from error


def schema_of_case(sample: Sample, field: str) -> str:
    """Return the schema in ``case.inputs[field]`` as JSON text; raises ``Missing``."""
    schema = field_of(sample.case, field)
    if isinstance(schema, str):
        try:
            return json.dumps(parse(schema), sort_keys=True)
        except Unreadable as error:
            raise Missing(f"inputs[{field!r}] is not JSON: {error}") from error
    if isinstance(schema, Mapping | bool):
        try:
            return json.dumps(schema, sort_keys=True)
        except RecursionError:
            raise Missing(f"inputs[{field!r}] is nested too deeply") from None
    raise Missing(f"inputs[{field!r}] must be a JSON Schema, not {type(schema).__name__}")
