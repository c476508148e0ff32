"""Function calls as text: Python's call syntax, or the JSON in which models call tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from llmeval.scorers import json_text
from llmeval.scorers.formats.reading import (
    Format,
    Place,
    Unreadable,
    fenced_places,
    without_prose,
)

__all__ = ["MAX_CALLS_TEXT", "Call", "Syntax", "call_format"]

MAX_CALLS_TEXT: Final = 50_000
Syntax = Literal["any", "python", "json"]

_ARGUMENTS: Final = ("arguments", "parameters", "input", "args")
_NAME_PAREN: Final = re.compile(r"(?<![\w.])[A-Za-z_][\w.]{0,99}[ \t]?\(")
_BAD_ESCAPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\([^\n\\'\"abfnrtvxNuU0-7])")
_RAW: Final = re.compile(r"\b[bB]?[rR][bB]?['\"]")
_MOST_DEPTH: Final = 60
_BRACKET: Final = re.compile(
    r"'(?:[^'\\\n]|\\.)*+'?|\"(?:[^\"\\\n]|\\.)*+\"?|[()\[\]{}]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the function's name, arguments without a name in order, and those with one."""

    name: str
    positional: tuple[Any, ...]
    arguments: dict[str, Any]


def call_format(syntax: Syntax) -> Format:
    """Return how an answer of that syntax is read: one call or several, as a tuple of ``Call``."""
    shown = {"any": "call", "python": "Python call", "json": "JSON call"}[syntax]
    parse = {"any": _either, "python": _python, "json": _json}[syntax]
    places = {"any": _places, "python": _python_places, "json": json_text.places}[syntax]
    return Format("call", shown, parse, places, _cut)


def _either(text: str) -> tuple[Call, ...]:
    """Read JSON if it begins as an object or as a list of objects, else Python."""
    if re.match(r"\s*(?:\{|\[\s*\{)", text):
        return _json(text)
    return _python(text)


def _json(text: str) -> tuple[Call, ...]:
    """Read ``{"name", "arguments"}``, OpenAI's ``{"type": "function", "function": {…}}`` or a whole
    ``{"tool_calls": […]}``; or a list of them. Arguments may be JSON text, as OpenAI sends them."""
    value = json_text.parse(text)
    if isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
        value = value["tool_calls"]
    calls = value if isinstance(value, list) else [value]
    if not calls:
        raise Unreadable("no call")
    return tuple(map(_json_call, calls))


def _json_call(value: Any) -> Call:
    if isinstance(value, dict):
        for key in ("function", "function_call", "functionCall"):
            if isinstance(value.get(key), dict):
                value = value[key]
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise Unreadable("a call is an object with 'name' and 'arguments'")
    given = next((key for key in _ARGUMENTS if key in value), None)
    arguments = {} if given is None else value[given]
    if isinstance(arguments, str):
        arguments = json_text.parse(arguments)
    if not isinstance(arguments, dict):
        raise Unreadable(f"the {given} of {value['name'][:60]!r} are no object")
    return Call(value["name"], (), arguments)


def _python(text: str) -> tuple[Call, ...]:
    """Read ``f(x=1)``, a list of calls, or one call a line; every argument is a literal."""
    nodes = [node for statement in _tree(text).body for node in _expressions(statement)]
    if not nodes:
        raise Unreadable("no call")
    return tuple(map(_python_call, nodes))


def _tree(text: str) -> ast.Module:
    _bound(text)
    source = text.strip()
    if not _RAW.search(source):
        # Python reads "\d" as it stands, and warns; doubling says the same without a warning.
        source = _BAD_ESCAPE.sub(r"\1\\\\\2", source)
    try:
        return ast.parse(source)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        raise Unreadable(str(error) or "too deep for Python's parser") from error


def _expressions(statement: ast.stmt) -> list[ast.expr]:
    if not isinstance(statement, ast.Expr):
        raise Unreadable("a statement, not a call")
    whole = statement.value
    return whole.elts if isinstance(whole, ast.List | ast.Tuple) else [whole]


def _python_call(node: ast.expr) -> Call:
    if not isinstance(node, ast.Call):
        raise Unreadable("an expression, not a call")
    name = _dotted(node.func)
    arguments: dict[str, Any] = {}
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in arguments:
            raise Unreadable(f"an argument of {name[:60]!r} is starred or stands twice")
        arguments[keyword.arg] = _literal(keyword.value)
    return Call(name, tuple(map(_literal, node.args)), arguments)


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise Unreadable("what is called is not a name")
    return ".".join([node.id, *reversed(parts)])


def _literal(node: ast.expr) -> Any:
    """Return a literal as the JSON value it is; ``true``, ``false`` and ``null`` count as well."""
    if isinstance(node, ast.Name) and node.id in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {_literal_key(k): _literal(v) for k, v in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        number = _literal(node.operand)
        if isinstance(number, int | float) and not isinstance(number, bool):
            return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    raise Unreadable("an argument is not a literal")


def _literal_key(node: ast.expr | None) -> str:
    key = None if node is None else _literal(node)
    if not isinstance(key, str):
        raise Unreadable("a key of a dictionary is no text")
    return key


def _bound(text: str) -> None:
    deepest, _ = _depth(text)
    if deepest > _MOST_DEPTH:
        raise Unreadable(f"nested more than {_MOST_DEPTH} deep")


def _depth(text: str) -> tuple[int, int]:
    """Return (deepest nesting, nesting at the end), brackets within quotes not counted."""
    depth = deepest = 0
    for token in _BRACKET.findall(text):
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth -= 1
        deepest = max(deepest, depth)
    return deepest, depth


def _places(text: str) -> Iterator[Place]:
    yield from fenced_places(text)
    yield from json_text.places(text)
    yield from _python_places(text)


def _python_places(text: str) -> Iterator[Place]:
    yield from fenced_places(text)
    yield from without_prose(text)
    if _is_python(text):
        return  # A call within code that is none itself is no answer.
    for count, start in enumerate(_NAME_PAREN.finditer(text)):
        if count == 3:
            return
        depth = 0
        for token in _BRACKET.finditer(text, start.end() - 1):
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.group(), 0)
            if depth == 0 and token.group() == ")":
                yield start.start(), token.end()
                break


def _is_python(text: str) -> bool:
    try:
        _tree(text)
    except Unreadable:
        return False
    return True


def _cut(text: str) -> bool:
    begun = _NAME_PAREN.search(text) or re.search(r"[\[{]", text)
    return begun is not None and _depth(text[begun.start() :])[1] > 0
