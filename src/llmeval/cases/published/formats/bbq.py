"""BBQ: ``data/<Category>.jsonl``, one question a line."""

from __future__ import annotations

from typing import Final

from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import json_lines, reader
from llmeval.cases.published.record import Record

__all__ = ["FORMAT"]

_FIELDS: Final = (
    "example_id",
    "question_index",
    "question_polarity",
    "context_condition",
    "category",
    "answer_info",
    "additional_metadata",
    "context",
    "question",
    "ans0",
    "ans1",
    "ans2",
    "label",
)
_SCENE: Final = 4
"""Rows on one scene: with and without the answer, asked negatively and not."""


def _case(record: Record) -> list[Found]:
    category = record.name("category")
    number = record.number("example_id")
    index = record.name("question_index")
    inputs = {name: record.value(name, object, "a value") for name in _FIELDS}
    inputs["options"] = [record.text(name) for name in ("ans0", "ans1", "ans2")]
    row = {
        "id": f"{category}-{number}",
        "inputs": inputs,
        "expected": record.number("label"),
        "tags": {
            "category": category,
            "condition": record.one_of("context_condition", ("ambig", "disambig")),
            "polarity": record.one_of("question_polarity", ("neg", "nonneg")),
        },
        "group": f"{category}-{index}",
    }
    return [record.found(row, unit=f"{category}-{index}-{number // _SCENE}")]


FORMAT = Published(
    name="bbq",
    title="BBQ",
    licence="CC-BY-4.0",
    home="https://github.com/nyu-mll/BBQ",
    citation="Parrish et al., BBQ: A Hand-Built Bias Benchmark for QA, Findings of ACL 2022",
    files=("*.jsonl", "*.jsonl.gz"),
    cases=reader(json_lines, _case),
    splits={"ambig": ("condition", "ambig"), "disambig": ("condition", "disambig")},
)
