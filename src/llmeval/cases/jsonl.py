"""JSON lines: one case a line. A fast path for good lines; any doubt goes to the exact one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from msgspec import UNSET, Struct, UnsetType

from llmeval.cases.problems import Problems
from llmeval.cases.rows import MAX_DEPTH, CaseList, name_problem
from llmeval.records import Case

__all__ = ["parse_line", "read_jsonl"]

_BOM = b"\xef\xbb\xbf"


class _Row(Struct, forbid_unknown_fields=True, gc=False):
    id: str | int
    inputs: dict[str, Any]
    expected: Any = UNSET
    tags: dict[str, str] | UnsetType = UNSET
    group: str | UnsetType | None = UNSET


_decode = msgspec.json.Decoder(_Row).decode
_encode = msgspec.json.Encoder().encode


def read_jsonl(path: Path) -> list[Case]:
    """Return the file's cases in order; blank lines are skipped. Raises ``CaseError``, ``OSError``.

    The file is read line by line: memory holds the cases and one line.
    """
    problems = Problems(path)
    found = CaseList(problems)
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            line = raw.removeprefix(_BOM) if number == 1 else raw
            if not line or line.isspace():
                continue
            case = _fast(line)
            if case is not None:
                found.add(case, number)
            else:
                _exact(line, number, found, problems)
    return found.finish()


def _fast(line: bytes) -> Case | None:
    """Return the line's case, or ``None`` where anything at all needs a closer look."""
    if line.count(b"[") + line.count(b"{") > MAX_DEPTH:
        return None
    try:
        row = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    # A repeated key vanishes on the round trip, and its quotation marks with it; an escaped
    # quotation mark could make up for it, so lines with one are not trusted.
    if _encode(row).count(b'"') != line.count(b'"') or b"\\u0022" in line:
        return None
    tags = {} if row.tags is UNSET else row.tags
    group = None if row.group is UNSET else row.group
    identity = str(row.id)
    names = [identity, *tags, *tags.values(), *([group] if group is not None else [])]
    if "" in row.inputs or any(name_problem(name) is not None for name in names):
        return None
    expected = None if row.expected is UNSET else row.expected
    return Case(identity, row.inputs, expected, tags, group)


def _exact(line: bytes, number: int, found: CaseList, problems: Problems) -> None:
    try:
        row = parse_line(line)
    except ValueError as error:
        problems.add(number, str(error))
    else:
        found.add_row(row, number)


def parse_line(line: bytes) -> Any:
    """Return the JSON value of a line; raises ``ValueError`` that says what is wrong with it.

    Repeated keys, NaN and infinities are refused.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise ValueError(_encoding_problem(line, error)) from None
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"invalid JSON at column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep; flatten the row") from None


def _encoding_problem(line: bytes, error: UnicodeDecodeError) -> str:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in line:
        return "not UTF-8 (it looks like UTF-16); save the file as UTF-8"
    return (
        f"not UTF-8: byte 0x{line[error.start]:02x} at byte {error.start + 1} of the line; "
        f"save the file as UTF-8"
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object; remove one")
    return built


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number; write null or text")
