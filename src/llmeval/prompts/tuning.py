"""Rows of training data, in OpenAI's and in Gemini's tuning shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast, get_args

from llmeval.errors import CaseError
from llmeval.records import Message, Role

__all__ = ["TuningRow", "read_tuning_rows"]

_SHOWN = 5
_ROLES: Final = {**{role: role for role in get_args(Role)}, "model": "assistant"}
_SHAPES = (
    '{"inputs": {…}, "messages": [{"role", "content"}, …]} or '
    '{"inputs": {…}, "systemInstruction": …, "contents": […]}'
)


@dataclass(frozen=True, slots=True)
class TuningRow:
    """What a model was trained on: ``asked`` are the messages before the final assistant turn."""

    line: int
    id: str
    inputs: dict[str, Any]
    asked: tuple[Message, ...]


class _Malformed(Exception):
    pass


def read_tuning_rows(path: Path) -> Iterator[TuningRow]:
    """Yield the rows of a training file, one JSON object a line; blank lines are skipped.

    Raises ``CaseError`` with file and line of up to five malformed rows; rows before the first
    malformed one have then been yielded.
    """
    problems: list[str] = []
    rows = 0
    for line, text in _lines(path):
        try:
            row = _row(text, line)
        except _Malformed as malformed:
            problems.append(f"{path}:{line}: {malformed}")
            if len(problems) == _SHOWN:
                break
            continue
        rows += 1
        if not problems:
            yield row
    if problems:
        raise CaseError("\n  ".join([f"{path}: rows that are no training data:", *problems]))
    if not rows:
        raise CaseError(f"{path}: the file holds no rows; a row is {_SHAPES}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with Path(path).open("rb") as file:
            for line, raw in enumerate(file, 1):
                text = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
                if text.strip():
                    yield line, text
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CaseError(f"{path}: the training file cannot be read: {reason}") from error


def _row(text: bytes, line: int) -> TuningRow:
    row = _object(_json(text), "the row")
    inputs = row.get("inputs", row.get("variables"))
    if inputs is None:
        raise _Malformed("'inputs' is missing: the template's variables of this row")
    name = row.get("id", f"row-{line}")
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        raise _Malformed("'id' must be a string or a whole number")
    messages = _messages(row)
    if not messages or messages[-1].role != "assistant":
        raise _Malformed("the last message must be the assistant's (or model's): the answer taught")
    if len(messages) == 1:
        raise _Malformed("there is no message before the answer")
    return TuningRow(line, str(name), _object(inputs, "'inputs'"), tuple(messages[:-1]))


def _json(text: bytes) -> Any:
    try:
        value = json.loads(text.decode())
        # Lone surrogates pass the parser, but cannot be encoded.
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _Malformed(f"invalid JSON at column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise _Malformed(f"not UTF-8 at byte {error.start + 1}; save the file as UTF-8") from error
    except UnicodeEncodeError as error:
        raise _Malformed("a lone surrogate, which is no character; repair the text") from error
    except RecursionError as error:
        raise _Malformed("nested too deeply; flatten the row") from error
    except ValueError as error:
        raise _Malformed(str(error)) from error
    return value


def _messages(row: dict[str, Any]) -> list[Message]:
    if ("messages" in row) == ("contents" in row):
        raise _Malformed(f"needs either 'messages' or 'contents'; a row is {_SHAPES}")
    if "messages" in row:
        turns = _list(row["messages"], "'messages'")
        return [_openai(turn, f"messages[{n}]") for n, turn in enumerate(turns)]
    turns = _list(row["contents"], "'contents'")
    system = row.get("systemInstruction", row.get("system_instruction"))
    before = [] if system is None else [_gemini(system, "systemInstruction", "system")]
    return before + [_gemini(turn, f"contents[{n}]") for n, turn in enumerate(turns)]


def _openai(turn: object, where: str) -> Message:
    fields = _object(turn, where)
    content = fields.get("content")
    if isinstance(content, list):
        content = _text(content, f"{where}.content")
    if not isinstance(content, str):
        raise _Malformed(f"{where}.content must be a string or a list of text parts")
    return Message(_role(fields.get("role"), where), content)


def _gemini(turn: object, where: str, role: Role | None = None) -> Message:
    fields = _object(turn, where)
    text = _text(_list(fields.get("parts"), f"{where}.parts"), f"{where}.parts")
    return Message(role or _role(fields.get("role"), where), text)


def _text(parts: list[Any], where: str) -> str:
    texts = [_object(part, f"{where}[{n}]").get("text") for n, part in enumerate(parts)]
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise _Malformed(f"{where}[{number}] has no 'text'; only text can be compared")
    return "".join(cast(list[str], texts))


def _role(role: object, where: str) -> Role:
    if not isinstance(role, str) or role not in _ROLES:
        raise _Malformed(f"{where}.role is {role!r:.40}; known are {', '.join(_ROLES)}")
    return cast(Role, _ROLES[role])


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Malformed(f"{where} must be an object")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Malformed(f"{where} must be a list")
    return value
