"""IFEval: ``input_data.jsonl``, one prompt with its verifiable instructions a line."""

from __future__ import annotations

from typing import Any

from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import json_lines, reader
from llmeval.cases.published.record import Record, RowProblem

__all__ = ["FORMAT"]


def _case(record: Record) -> list[Found]:
    instructions = record.value("instruction_id_list", list, "a list")
    arguments = record.value("kwargs", list, "a list")
    if not instructions or not all(isinstance(each, str) for each in instructions):
        raise RowProblem("'instruction_id_list' must be a list of texts")
    if len(arguments) != len(instructions):
        raise RowProblem(f"{len(instructions)} instructions, but {len(arguments)} in 'kwargs'")
    families = {each.partition(":")[0] for each in instructions}
    row = {
        "id": record.name("key"),
        "inputs": {
            "message": record.text("prompt"),
            "instruction_id_list": instructions,
            "kwargs": [_given(each) for each in arguments],
        },
        "tags": {
            "family": families.pop() if len(families) == 1 else "several",
            "instructions": str(len(instructions)),
        },
    }
    return [record.found(row)]


def _given(arguments: Any) -> dict[str, Any]:
    """Return the arguments that are given: copies of the data set write all others as null."""
    if not isinstance(arguments, dict):
        raise RowProblem("'kwargs' must be a list of objects")
    return {name: value for name, value in arguments.items() if value is not None}


FORMAT = Published(
    name="ifeval",
    title="IFEval",
    licence="Apache-2.0",
    home="https://github.com/google-research/google-research/tree/master/"
    "instruction_following_eval",
    citation="Zhou et al., Instruction-Following Evaluation for LLMs, arXiv:2311.07911",
    files=("input_data.jsonl", "input_data.jsonl.gz"),
    cases=reader(json_lines, _case),
)
