"""What a row must be, whichever file it stands in: a checked ``Case``, or what is wrong with it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from typing import Any

from llmeval.cases.problems import Problems
from llmeval.errors import nearest
from llmeval.records import Case

__all__ = ["FIELDS", "LONGEST_NAME", "MAX_DEPTH", "CaseList", "name_problem", "read_row"]

FIELDS = ("id", "inputs", "expected", "tags", "group")
MAX_DEPTH = 100
LONGEST_NAME = 200
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


class CaseList:
    """The cases of one file in order, each id once."""

    def __init__(self, problems: Problems) -> None:
        self.cases: list[Case] = []
        self._problems = problems
        self._lines: dict[str, int] = {}

    def add(self, case: Case, line: int) -> None:
        """Append a case that begins on ``line``, unless its id was used before."""
        first = self._lines.setdefault(case.id, line)
        if first != line:
            self._problems.add(
                line, f"id {case.id!r} was already used on line {first}; give each case its own id"
            )
        else:
            self.cases.append(case)

    def add_row(self, row: object, line: int) -> None:
        """Check a row as the file's parser gave it; append its case or note its problems."""
        found = read_row(row)
        if isinstance(found, Case):
            self.add(found, line)
            return
        for problem in found:
            self._problems.add(line, problem)

    def finish(self) -> list[Case]:
        """Return the cases; raise ``CaseError`` if there was any problem or no case at all."""
        self._problems.check()
        if not self.cases:
            self._problems.stop(1, "the file holds no cases; add at least one")
        return self.cases


def read_row(row: object) -> Case | list[str]:
    """Return the row as a case, or all that is wrong with it."""
    if not isinstance(row, dict):
        return [f"a case must be an object with 'id' and 'inputs', not {_kind(row)}"]
    problems = list(_row_problems(row))
    if problems:
        return problems
    return Case(
        id=str(row["id"]),
        inputs=row["inputs"],
        expected=row.get("expected"),
        tags=row.get("tags", {}),
        group=row.get("group"),
    )


def name_problem(name: str) -> str | None:
    """Return what keeps a string from naming a case, a group or a tag; ``None`` if nothing does."""
    if not name or name.isspace():
        return "is empty"
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters; at most {LONGEST_NAME} are allowed"
    if not name.isprintable():
        for character in name:
            if unicodedata.category(character) in _FORBIDDEN:
                return f"holds the control character U+{ord(character):04X}; remove it"
    return None


def _row_problems(row: dict[Any, Any]) -> Iterator[str]:
    for key in row:
        if key not in FIELDS:
            yield (
                f"unknown key {key[:60]!r}.{nearest(key[:60], FIELDS)} "
                f"A case has {', '.join(FIELDS)}; values for the template belong in 'inputs'"
            )
    yield from _id_problems(row)
    yield from _inputs_problems(row)
    yield from _tags_problems(row.get("tags", {}))
    yield from _group_problems(row.get("group"))
    for key in FIELDS:
        if (problem := _value_problem(row.get(key))) is not None:
            yield f"{key!r} {problem}"


def _id_problems(row: dict[Any, Any]) -> Iterator[str]:
    if "id" not in row:
        yield "'id' is missing; give the case a name that is unique in the file"
    elif isinstance(row["id"], bool) or not isinstance(row["id"], str | int):
        yield f"'id' must be a string or a whole number, not {_kind(row['id'])}"
    elif (problem := name_problem(str(row["id"]))) is not None:
        yield f"'id' {problem}"


def _inputs_problems(row: dict[Any, Any]) -> Iterator[str]:
    if "inputs" not in row:
        yield "'inputs' is missing; it holds the template's variables as an object"
    elif not isinstance(row["inputs"], dict):
        yield f"'inputs' must be an object of the template's variables, not {_kind(row['inputs'])}"
    elif "" in row["inputs"]:
        yield "'inputs' has a variable with an empty name; name it"


def _tags_problems(tags: object) -> Iterator[str]:
    if not isinstance(tags, dict):
        yield f"'tags' must be an object of strings, not {_kind(tags)}"
        return
    for key, value in tags.items():
        if not isinstance(value, str):
            found = _kind(value)
            yield f"'tags.{key[:40]}' must be a string, not {found}; put it in quotation marks"
        elif (problem := name_problem(value)) is not None:
            yield f"'tags.{key[:40]}' {problem}"
        if (problem := name_problem(key)) is not None:
            yield f"'tags': the name {key[:40]!r} {problem}"


def _group_problems(group: object) -> Iterator[str]:
    if group is None:
        return
    if not isinstance(group, str):
        yield f"'group' must be a string, not {_kind(group)}; put it in quotation marks"
    elif (problem := name_problem(group)) is not None:
        yield f"'group' {problem}"


def _value_problem(value: object) -> str | None:
    """Return what keeps a value from being JSON: depth, lone surrogates, NaN and infinities."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for item in level:
            if isinstance(item, str):
                if _has_surrogate(item):
                    return "holds a lone surrogate, which is no character; repair the text"
            elif isinstance(item, float):
                if not math.isfinite(item):
                    return f"holds the number {item}, which JSON does not have; write null or text"
            elif isinstance(item, dict):
                below += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                below += item
        if not below:
            return None
        level = below
    return f"is nested more than {MAX_DEPTH} levels deep; flatten it"


def _has_surrogate(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    names = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)
