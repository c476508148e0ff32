"""HaluEval: ``qa_data.json`` and its like, an object a line with a right and an invented answer."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import json_lines, reader
from llmeval.cases.published.record import Record, RowProblem

__all__ = ["FORMAT"]

TASKS: Final = {
    "qa": ("knowledge", "question", "right_answer", "hallucinated_answer"),
    "dialogue": ("knowledge", "dialogue_history", "right_response", "hallucinated_response"),
    "summarization": ("document", "", "right_summary", "hallucinated_summary"),
}
"""Task -> the fields of its source, question, right and invented answer."""


class _Answer(NamedTuple):
    task: str
    id: str
    context: str
    question: str
    text: str
    invented: bool
    group: str | None


def _answers(record: Record) -> list[_Answer]:
    if record.has("user_query"):
        return [_general(record)]
    for task, (source, asked, right, invented) in TASKS.items():
        if record.has(source, right, invented):
            context = record.text(source)
            question = record.text(asked) if asked else ""
            group = f"{task}-{record.line}"
            return [
                _Answer(task, f"{group}-{kind}", context, question, text, made_up, group)
                for kind, made_up, text in (
                    ("right", False, record.text(right)),
                    ("invented", True, record.text(invented)),
                )
            ]
    raise RowProblem("no task of HaluEval has these fields; is this one of its *_data.json?")


def _general(record: Record) -> _Answer:
    """A user's question and ChatGPT's answer, as a person judged it."""
    label = record.name(
        "hallucination_label" if record.has("hallucination_label") else "hallucination"
    ).lower()
    if label not in ("yes", "no"):
        raise RowProblem(f"the label must be yes or no, not {label[:40]!r}")
    name = record.name("ID") if record.has("ID") else str(record.line)
    question, text = record.text("user_query"), record.text("chatgpt_response")
    return _Answer("general", f"general-{name}", "", question, text, label == "yes", None)


def _cases(record: Record) -> list[Found]:
    return [_found(record, answer, _case(answer)) for answer in _answers(record)]


def _case(answer: _Answer) -> dict[str, Any]:
    return {
        "inputs": {
            "context": answer.context,
            "question": answer.question,
            "answer": answer.text,
            "options": ["yes", "no"],
        },
        "expected": "yes" if answer.invented else "no",
    }


def _labelled(record: Record) -> list[Found]:
    return [_found(record, answer, _judged(answer)) for answer in _answers(record)]


def _judged(answer: _Answer) -> dict[str, Any]:
    return {
        "response": answer.text,
        "context": answer.context,
        "prompt": answer.question,
        "label": "ungrounded" if answer.invented else "grounded",
    }


def _found(record: Record, answer: _Answer, row: dict[str, Any]) -> Found:
    kept = {key: value for key, value in row.items() if value != ""}
    tags = {"task": answer.task, "answer": "invented" if answer.invented else "right"}
    group = {"group": answer.group} if answer.group else {}
    return record.found({"id": answer.id, **kept, "tags": tags, **group}, unit=answer.group)


FORMAT = Published(
    name="halueval",
    title="HaluEval",
    licence="MIT",
    home="https://github.com/RUCAIBox/HaluEval",
    citation="Li et al., HaluEval: A Large-Scale Hallucination Evaluation Benchmark for Large "
    "Language Models, EMNLP 2023",
    files=("*_data.json", "*_data.json.gz"),
    cases=reader(json_lines, _cases),
    labelled=reader(json_lines, _labelled),
    splits={task: ("task", task) for task in (*TASKS, "general")},
)
