"""Prompt parity: what production sends must be what the model was trained on."""

from __future__ import annotations

import difflib
from itertools import zip_longest
from pathlib import Path

from msgspec import Struct

from llmeval.errors import CaseError, PromptError
from llmeval.prompts.library import Prompt
from llmeval.prompts.tuning import TuningRow, read_tuning_rows
from llmeval.records import Case, Message

__all__ = ["Difference", "ParityReport", "check_parity", "parity_rows"]

_KEPT = 100
_DIFF_LIMIT = 20_000


class Difference(Struct, frozen=True):
    """A row whose rendered prompt is not the trained one.

    ``message`` is the first differing message, from 1. ``diff`` is a unified diff from trained to
    rendered, empty where nothing was rendered.
    """

    line: int
    message: int
    reason: str
    diff: str


class ParityReport(Struct, frozen=True):
    """How many rows of a training file the template renders exactly as they were trained.

    ``differences`` holds the first hundred; ``rows - equal`` counts all.
    """

    prompt: str
    rows: int
    equal: int
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether every row is equal."""
        return self.equal == self.rows


def check_parity(prompt: Prompt, rows: Path) -> ParityReport:
    """Render the prompt with each row's inputs and compare it with the row's messages before the
    final assistant turn, character by character.

    A row that the template cannot render is a difference. Raises ``CaseError`` for malformed rows.
    """
    differences: list[Difference] = []
    total = equal = 0
    for row in read_tuning_rows(rows):
        total += 1
        found = _difference(prompt, row)
        if found is None:
            equal += 1
        elif len(differences) < _KEPT:
            differences.append(found)
    return ParityReport(prompt.name, total, equal, tuple(differences))


def parity_rows(path: Path) -> list[Case]:
    """Return a training file's rows as cases, each with the trained messages before the answer as
    ``expected``: a list of ``{"role", "content"}``. Raises ``CaseError``."""
    cases: dict[str, tuple[int, Case]] = {}
    for row in read_tuning_rows(path):
        expected = [{"role": each.role, "content": each.content} for each in row.asked]
        first, _ = cases.setdefault(row.id, (row.line, Case(row.id, row.inputs, expected)))
        if first != row.line:
            raise CaseError(
                f"{path}:{row.line}: id {row.id!r:.200} was already used on line {first}; "
                f"give each row its own id, or none"
            )
    return [case for _, case in cases.values()]


def _difference(prompt: Prompt, row: TuningRow) -> Difference | None:
    try:
        rendered = prompt.render(row.inputs)
    except PromptError as error:
        return Difference(row.line, 1, f"the template cannot render the row: {error}", "")
    if rendered == row.asked:
        return None
    pairs = zip_longest(row.asked, rendered)
    number, trained, sent = next((n, a, b) for n, (a, b) in enumerate(pairs, 1) if a != b)
    return Difference(row.line, number, _reason(number, trained, sent), _diff(trained, sent))


def _reason(number: int, trained: Message | None, sent: Message | None) -> str:
    if trained is None:
        return f"message {number} is rendered, but the row has none"
    if sent is None:
        return f"message {number} of the row is not rendered"
    if trained.role != sent.role:
        return f"message {number} was trained as {trained.role}, but is rendered as {sent.role}"
    if trained.content.split() == sent.content.split():
        return f"message {number} ({sent.role}) differs in white space only"
    return f"message {number} ({sent.role}) differs"


def _diff(trained: Message | None, sent: Message | None) -> str:
    before, after = _lines(trained), _lines(sent)
    lines = difflib.unified_diff(before, after, "trained", "rendered", lineterm="")
    text = "\n".join(lines)
    return text if len(text) <= _DIFF_LIMIT else f"{text[:_DIFF_LIMIT]}\n… (cut)"


def _lines(message: Message | None) -> list[str]:
    """Return a message's lines; white space at a line's end is made visible."""
    if message is None:
        return []
    return [f"[{message.role}]", *map(_visible, message.content.split("\n"))]


def _visible(line: str) -> str:
    bare = line.rstrip()
    ending = line[len(bare) :].replace(" ", "·").replace("\t", "→").replace("\r", "␍")
    return bare + ending
