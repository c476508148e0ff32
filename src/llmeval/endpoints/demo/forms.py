"""Records in the form that a prompt asks for: YAML, XML, CSV, or a function call."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.etree import ElementTree

from llmeval.endpoints.demo.instances import dumps, instance
from llmeval.endpoints.demo.reading import Kind, Reading

__all__ = ["FORMS", "incomplete", "write"]

_COLUMN: Final = re.compile(r"^- ([^\n:]{1,60}): ([^\n]{1,300})$", re.MULTILINE)
_PATH: Final = re.compile(
    r"^- ((?:[A-Za-z_][\w-]{0,60}/){0,9}@?[A-Za-z_][\w-]{0,60}): ([^\n]{1,300})$", re.MULTILINE
)
_ROOT: Final = re.compile(r"^Root element: ([A-Za-z_][\w.-]{0,60})$", re.MULTILINE)
_TYPES: Final = ("integer", "number", "boolean")
_MOST: Final = 100
Record = dict[str, Any]


def write(reading: Reading) -> str:
    """Return what ``reading`` asks for, its values taken from the text."""
    return FORMS[reading.kind](reading, _records(reading))


def incomplete(reading: Reading) -> str:
    """Return the same without the first member, element, column or argument."""
    records = [dict(list(record.items())[1:]) for record in _records(reading)]
    return FORMS[reading.kind](reading, records)


def _records(reading: Reading) -> list[Record]:
    text = reading.parts.get("text", reading.last)
    if reading.kind == "csv":
        fields = _fields(reading)
        lines = [line for line in text.splitlines() if any(f"{name}:" in line for name in fields)]
        return [_record(fields, line) for line in lines[:_MOST] or [text]]
    if reading.kind == "xml":
        return [_record(_fields(reading), text)]
    schema = _tool(reading).get("parameters") if reading.kind == "call" else reading.schema
    value = instance(schema, text)
    return [value if isinstance(value, dict) else {"value": value}]


def _record(fields: dict[str, Any], text: str) -> Record:
    """Return a value for each field; the last step of a path is its name."""
    names = {path: re.split(r"[/@]", path)[-1] for path in fields}
    schema = {"type": "object", "properties": {names[path]: fields[path] for path in fields}}
    found = instance(schema, text)
    return {path: found[names[path]] for path in fields}


def _fields(reading: Reading) -> dict[str, Any]:
    """Return the fields that the prompt lists, each with a JSON Schema."""
    before = reading.last.partition("\nText:")[0]
    listed = _PATH if reading.kind == "xml" else _COLUMN
    return {path: _schema(kind) for path, kind in listed.findall(before)[:_MOST]}


def _schema(kind: str) -> dict[str, Any]:
    if " | " in kind:
        return {"enum": kind.split(" | ")}
    if kind in ("date", "date-time"):
        return {"type": "string", "format": kind}
    return {"type": kind if kind in _TYPES else "string"}


def _tool(reading: Reading) -> Record:
    """Return the function whose parameters the text names most of."""
    text = reading.parts.get("text", reading.last)
    return max(_tools(reading.last), key=lambda tool: _share(tool, text), default={})


def _tools(text: str) -> Iterator[Record]:
    start = text.find("[", text.find("Functions:"))
    try:
        found, _ = json.JSONDecoder().raw_decode(text, max(start, 0))
    except (ValueError, RecursionError):
        return
    for tool in found[:_MOST] if isinstance(found, list) else []:
        if isinstance(tool, dict) and isinstance(tool.get("name"), str):
            yield tool


def _share(tool: Record, text: str) -> float:
    schema = tool.get("parameters")
    names = list(schema.get("properties", ())) if isinstance(schema, dict) else []
    return sum(f"{name}:" in text for name in names) / max(len(names), 1)


def _yaml(_: Reading, records: list[Record]) -> str:
    """JSON's scalars are YAML's; a plain word needs no quotes as a key."""
    return "\n".join(
        f"{key if re.fullmatch('[a-z_]{1,60}', key) else dumps(key)}: {dumps(value)}"
        for key, value in records[0].items()
    )


def _xml(reading: Reading, records: list[Record]) -> str:
    named = _ROOT.search(reading.last)
    root = ElementTree.Element(named[1] if named else "record")
    for path, value in records[0].items():
        *parents, last = path.split("/")
        node = root
        for step in parents:
            inner = node.find(step)
            node = ElementTree.SubElement(node, step) if inner is None else inner
        if last.startswith("@"):
            node.set(last[1:], _cell(value))
        else:
            ElementTree.SubElement(node, last).text = _cell(value)
    return ElementTree.tostring(root, encoding="unicode")


def _csv(_: Reading, records: list[Record]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(records[0])
    writer.writerows([_cell(value) for value in record.values()] for record in records)
    return out.getvalue().rstrip("\n")


def _call(reading: Reading, records: list[Record]) -> str:
    return dumps({"name": _tool(reading).get("name", "unknown"), "arguments": records[0]})


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)


FORMS: Final[dict[Kind, Callable[[Reading, list[Record]], str]]] = {
    "yaml": _yaml,
    "xml": _xml,
    "csv": _csv,
    "call": _call,
}
"""What writes records, by the kind of prompt."""
