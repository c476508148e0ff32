"""TruthfulQA: ``TruthfulQA.csv`` or ``mc_task.json``, as questions with options."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from llmeval.cases.problems import Problems
from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import csv_rows, reader, whole_json
from llmeval.cases.published.record import Record, RowProblem

__all__ = ["FORMAT"]

_MOST: Final = 26
"""Options that have a letter."""


def _rows(path: Path, problems: Problems) -> Iterator[tuple[int, Any]]:
    """Yield the file's rows, each with its number from 1 under ``number``."""
    if ".json" in path.suffixes:
        rows = whole_json(path, problems)
        if not isinstance(rows, list):
            problems.stop(1, "a list of questions is needed; is this mc_task.json?")
        numbered: Iterator[tuple[int, Any]] = ((1, row) for row in rows)
    else:
        numbered = csv_rows(path, problems)
    for number, (line, row) in enumerate(numbered, 1):
        yield line, {**row, "number": number} if isinstance(row, dict) else row


def _case(record: Record) -> list[Found]:
    targets = record.has("mc1_targets")
    question = record.text("question" if targets else "Question").strip()
    right, wrong, more = _targets(record) if targets else _columns(record)
    options, at = _ordered(question, right, wrong)
    row = {
        "id": f"truthfulqa-{record.number('number'):04d}",
        "inputs": {
            "question": question,
            "options": options,
            "roles": ["true" if i == at else "false" for i in range(len(options))],
            **more,
        },
        "expected": at,
        "tags": _tags(record),
    }
    return [record.found(row)]


def _columns(record: Record) -> tuple[str, list[str], dict[str, Any]]:
    """Return the best answer, wrong ones, and all that are given.

    Since 2025 the authors recommend the best answer against the best wrong one where there is such
    a column; before, all wrong answers are options.
    """
    right = record.text("Best Answer").strip()
    wrong = _several(record, "Incorrect Answers")
    more = {
        "best_answer": right,
        "correct_answers": _several(record, "Correct Answers"),
        "incorrect_answers": wrong,
    }
    if str(record.values.get("Best Incorrect Answer") or "").strip():
        wrong = [record.text("Best Incorrect Answer").strip()]
    return right, wrong, more


def _several(record: Record, name: str) -> list[str]:
    return [part for each in record.text(name).split(";") if (part := each.strip())]


def _targets(record: Record) -> tuple[str, list[str], dict[str, Any]]:
    """Return the one true answer of ``mc1_targets`` and the others."""
    targets = record.value("mc1_targets", dict, "an object")
    if targets.keys() == {"choices", "labels"}:
        targets = dict(zip(targets["choices"], targets["labels"], strict=False))
    right = [text for text, label in targets.items() if label == 1]
    if len(right) != 1:
        raise RowProblem(f"'mc1_targets' must have one true answer, not {len(right)}")
    return right[0], [text for text, label in targets.items() if label != 1], {}


def _ordered(question: str, right: str, wrong: Sequence[str]) -> tuple[list[str], int]:
    """Return the options and where the right one is: a place that the question's hash decides."""
    options = [each for each in dict.fromkeys(wrong) if each != right][: _MOST - 1]
    if not options:
        raise RowProblem("there is no wrong answer beside the right one")
    at = hashlib.sha256(question.encode()).digest()[0] % (len(options) + 1)
    options.insert(at, right)
    return options, at


def _tags(record: Record) -> dict[str, str]:
    named = {"category": "Category", "type": "Type"}
    return {tag: record.name(name) for tag, name in named.items() if record.has(name)}


FORMAT = Published(
    name="truthfulqa",
    title="TruthfulQA",
    licence="Apache-2.0",
    home="https://github.com/sylinrl/TruthfulQA",
    citation="Lin et al., TruthfulQA: Measuring How Models Mimic Human Falsehoods, ACL 2022",
    files=("TruthfulQA.csv", "mc_task.json"),
    cases=reader(_rows, _case),
    splits={
        "adversarial": ("type", "Adversarial"),
        "non-adversarial": ("type", "Non-Adversarial"),
    },
)
