"""Is the answer YAML of this schema, and nothing else? ``yaml``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import each
from llmeval.scorers.formats.answers import judge_answer
from llmeval.scorers.formats.yaml_text import MAX_YAML, YAML
from llmeval.scorers.schema import judge_by_schema, schema_of_case, schema_text

__all__ = ["Yaml", "yaml"]


@dataclass(frozen=True, slots=True)
class Yaml:
    """See ``yaml``. ``schema`` is held as JSON text, so that the scorer is hashable."""

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
        schema = self.schema
        if schema is None and self.field in sample.case.inputs:
            schema = schema_of_case(sample, self.field)
        if schema is None:
            return judge_answer(
                self.name, YAML, sample, lambda _: (), lenient=self.lenient, limit=MAX_YAML
            )
        return judge_by_schema(
            self.name, YAML, sample, schema, lenient=self.lenient, limit=MAX_YAML
        )


def yaml(
    schema: Mapping[str, Any] | bool | str | Path | None = None,
    *,
    field: str = "schema",
    lenient: bool = False,
    name: str = "yaml",
) -> Yaml:
    """Score whether the answer is one YAML document that follows a JSON Schema, and nothing else.

    Args:
        schema: JSON Schema of the parsed value, or the path of its file; without it
            ``case.inputs[field]``, and without that any YAML will do.
        field: Name of the case's input that holds the schema.
        lenient: Accept the document inside a markdown code fence.

    Read by the core schema of YAML 1.2: ``yes`` is text, ``2024-05-17`` is text (which the schema's
    ``format: date`` checks). JSON is YAML. Labels and evidence as those of ``json_schema``.
    """
    text = None if schema is None else schema_text(schema)
    return Yaml(text, field, lenient, name)
