"""YAML as text: the core schema of YAML 1.2, as plain JSON values. No tag makes an object."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from llmeval.scorers.formats.reading import (
    MAX_DEPTH,
    Format,
    Place,
    Unreadable,
    fenced_places,
    without_prose,
)

__all__ = ["MAX_YAML", "YAML", "parse"]

MAX_YAML: Final = 100_000
_MOST_NODES: Final = 50_000
_CORE: Final = "tag:yaml.org,2002:"
_PLAIN: Final = (
    # YAML 1.2.2, 10.3.2: what a plain scalar means, by the characters that it may begin with.
    # Dates stay text, and so do "yes" and "no".
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["", *"~nN"]),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), [*"tTfF"]),
    ("int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), [*"-+0123456789"]),
    (
        "float",
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
        [*"-+.0123456789"],
    ),
    ("merge", re.compile(r"<<\Z"), ["<"]),
)
_ANNOUNCES: Final = re.compile(r"(?:here|sure|certainly|of course|okay|below|this|the following)\b")


def parse(text: str) -> Any:
    """Return the JSON value of one YAML document; raises ``Unreadable``.

    Keys become text as JSON would write them (``1:`` is "1"), infinities and NaN stay text. Equal
    keys in one mapping, nesting beyond 100, aliases that grow to more than 50,000 nodes, tags
    beyond the core schema, and prose that would pass for a scalar or a key are refused.
    """
    import yaml

    if len(text) > MAX_YAML:
        raise Unreadable(f"{len(text)} characters; {MAX_YAML} are read")
    try:
        _bound(text)
        node = yaml.compose(text, _loader())
        if node is None:
            raise Unreadable("there is no value")
        _measure(node, {})
        _no_prose(node)
        return _value(node)
    except yaml.YAMLError as error:
        raise Unreadable(_message(error)) from error
    except UnicodeEncodeError:
        raise Unreadable("it holds lone surrogates, which no encoding has") from None


def _message(error: Any) -> str:
    """Return what is wrong, and where, in one line."""
    mark = getattr(error, "problem_mark", None)
    where = f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or ' '.join(str(error).split())[:200]}{where}"


@cache
def _loader() -> Any:
    import yaml

    class Core(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Resolves plain scalars as YAML 1.2 does."""

        yaml_implicit_resolvers: Final[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    for name, pattern, starts in _PLAIN:
        for start in starts:
            Core.yaml_implicit_resolvers.setdefault(start, []).append((_CORE + name, pattern))
    return Core


def _bound(text: str) -> None:
    """Refuse deep nesting before anything is built by recursion.

    libyaml takes time that grows with the square of the depth, so its events end here, too.
    """
    import yaml

    depth = 0
    for event in yaml.parse(text, _loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(f"nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _measure(node: Any, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return (nodes, depth) of a value with its aliases written out; refuses what grows too far."""
    if id(node) in known:
        size = known[id(node)]
        if size is None:
            raise Unreadable("an alias refers to what it is a part of")
        return size
    known[id(node)] = None
    parts = _parts(node)
    sizes = [_measure(part, known) for part in parts]
    size = 1 + sum(n for n, _ in sizes), 1 + max((d for _, d in sizes), default=0)
    if size[0] > _MOST_NODES or size[1] > MAX_DEPTH + 1:
        raise Unreadable(f"aliases grow to more than {_MOST_NODES} nodes, or {MAX_DEPTH} deep")
    known[id(node)] = size
    return size


def _parts(node: Any) -> list[Any]:
    if isinstance(node.value, str):
        return []
    return [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]


def _no_prose(node: Any) -> None:
    """Refuse an answer in prose that YAML would take for a scalar, or for a key and its value."""
    if _is_sentence(node, 2):
        raise Unreadable("a sentence, not a value")
    if isinstance(node.value, list) and node.value and isinstance(node.value[0], tuple):
        key, value = node.value[0]
        said = not value.value or _is_sentence(value, 3)
        if _is_sentence(key, 4) and (said or _ANNOUNCES.match(key.value.lower())):
            raise Unreadable("the first key is a sentence")


def _is_sentence(node: Any, least: int) -> bool:
    # libyaml's parser has "" for a plain scalar, the one in Python None.
    plain = isinstance(node.value, str) and not node.style
    return plain and len(node.value.split(None, least)) >= least


def _value(node: Any) -> Any:
    kind = node.tag.removeprefix(_CORE)
    if isinstance(node.value, str):
        return _scalar(kind, node.value)
    if kind == "seq":
        return [_value(item) for item in node.value]
    if kind == "map":
        return _mapping(node)
    raise Unreadable(f"the tag {node.tag[:60]!r} is not of the core schema")


def _scalar(kind: str, text: str) -> Any:
    try:
        if kind == "int":
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if kind == "float":
            return _float(text)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    if kind == "bool":
        return text.lower() == "true"
    if kind == "null":
        return None
    if kind in ("str", "merge"):
        return text
    raise Unreadable(f"the tag {kind[:60]!r} is not of the core schema")


def _float(text: str) -> float | str:
    if text[-1] in "fFnN":
        return text
    number = float(text)
    return number if math.isfinite(number) else text


def _mapping(node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, value in node.value:
        if key.tag == f"{_CORE}merge":
            merged = {**_merged(value), **merged}
            continue
        name = _key(key)
        if name in found:
            raise Unreadable(f"the key {name[:60]!r} stands twice in one mapping")
        found[name] = _value(value)
    return {**merged, **found}


def _merged(node: Any) -> dict[str, Any]:
    """Return what ``<<`` brings in: a mapping, or several, of which the first counts most."""
    given = _value(node)
    several = given if isinstance(given, list) else [given]
    if not all(isinstance(each, dict) for each in several):
        raise Unreadable("'<<' takes a mapping, or a list of mappings")
    return {k: v for each in reversed(several) for k, v in each.items()}


def _key(node: Any) -> str:
    value = _value(node)
    if isinstance(value, list | dict):
        raise Unreadable("a key must be a scalar")
    return value if isinstance(value, str) else json.dumps(value)


def _places(text: str) -> Iterator[Place]:
    yield from fenced_places(text)
    yield from without_prose(text)


def _cut(text: str) -> bool:
    """Whether reading fails at the very end, in the middle of quotes or brackets."""
    import yaml

    try:
        _bound(text)
    except yaml.MarkedYAMLError as error:
        mark, lines = error.problem_mark, text.rstrip().split("\n")
        return mark is not None and (mark.line, mark.column) >= (len(lines) - 1, len(lines[-1]))
    except (yaml.YAMLError, UnicodeEncodeError, Unreadable):
        pass
    return False


YAML: Final = Format("yaml", "YAML document", parse, _places, _cut, closed=False)
