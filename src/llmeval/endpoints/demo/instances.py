"""An instance of a JSON Schema, its values taken from the text where names match."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llmeval.endpoints.demo import words
from llmeval.endpoints.demo.patterns import example

__all__ = ["dumps", "instance"]

_DEEPEST: Final = 24
_OPTIONAL_UP_TO: Final = 5
_MOST_NODES: Final = 400
_FORMATS: Final[Mapping[str, tuple[str, str]]] = {
    "date": (r"\b\d{4}-\d\d-\d\d\b", "2024-05-17"),
    "date-time": (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", "2024-05-17T09:30:00Z"),
    "time": (r"\b\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", "09:30:00Z"),
    "email": (r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", "someone@example.org"),
    "uri": (r"\bhttps?://[\w./?=&%#~:-]*[\w/]", "https://example.org/"),
    "uuid": (
        r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
        "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    ),
    "ipv4": (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "192.0.2.1"),
    "hostname": (r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)+\b", "example.org"),
}
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\-\s]+")
_AS_NUMBER: Final = re.compile(r"(?<![\w.-])-?\d{1,15}(?:\.\d{1,9})?(?![\w-])")


@dataclass(slots=True)
class _Build:
    """One build: the whole schema (for ``$ref``), the text, and how many nodes are left."""

    root: Any
    sentences: list[str]
    text: str
    left: int = _MOST_NODES
    seen: dict[str, int] = field(default_factory=dict)


def instance(schema: Any, text: str) -> Any:
    """Return a value that is valid against ``schema`` as far as a simple machine can tell.

    Handles type, properties, required, enum, const, items, numeric and length bounds, pattern,
    format, local ``$ref``, the first branch of ``anyOf``/``oneOf`` and a merged ``allOf``. Depth
    and size are bounded, whatever the schema says.
    """
    return _value(_Build(schema, words.sentences(text)[:100], text), schema, "", 0)


def _value(build: _Build, schema: Any, name: str, depth: int) -> Any:
    build.left -= 1
    schema = _resolved(build, schema)
    if depth > _DEEPEST or build.left < 0 or not isinstance(schema, dict):
        return None
    if "const" in schema:
        return schema["const"]
    if members := _listed(schema.get("enum")):
        return _member(build, members)
    hint = " ".join((*_CAMEL.split(name), str(schema.get("description", ""))[:200]))
    kind = _type(schema)
    if kind == "object":
        return _object(build, schema, depth)
    if kind == "array":
        return _array(build, schema, name, depth)
    if kind in ("integer", "number"):
        return _number(build, schema, hint, kind)
    if kind == "string":
        return _string(build, schema, name, hint)
    return True if kind == "boolean" else None


def _resolved(build: _Build, schema: Any) -> Any:
    """Follow ``$ref``, merge ``allOf``, take the first branch of ``oneOf`` and ``anyOf``."""
    for _ in range(16):
        if not isinstance(schema, dict):
            return {} if schema is True else schema
        rest = dict(schema)
        more: list[Any] = []
        if "$ref" in rest:
            more.append(_pointed(build.root, rest.pop("$ref")))
        for key in ("oneOf", "anyOf"):
            more += _listed(rest.pop(key, None))[:1]
        more += _listed(rest.pop("allOf", None))[:20]
        if not more:
            return schema
        schema = _merged(rest, more)
    return schema


def _merged(rest: dict[str, Any], more: list[Any]) -> dict[str, Any]:
    for part in more:
        if isinstance(part, dict):
            both = {**_mapping(rest.get("properties")), **_mapping(part.get("properties"))}
            needed = [*_listed(rest.get("required")), *_listed(part.get("required"))]
            rest = {**part, **rest}
            rest |= {"properties": both} if both else {}
            rest |= {"required": needed} if needed else {}
    return rest


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _pointed(root: Any, pointer: Any) -> Any:
    if not isinstance(pointer, str) or not pointer.startswith("#"):
        return {}
    target = root
    for token in pointer.lstrip("#").split("/")[1:50]:
        key = token.replace("~1", "/").replace("~0", "~")
        target = target.get(key, {}) if isinstance(target, dict) else {}
    return target


def _type(schema: dict[str, Any]) -> str:
    named = schema.get("type")
    if isinstance(named, list):
        named = next((kind for kind in named if kind != "null"), "null")
    if isinstance(named, str):
        return named
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "minItems" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema else "string"


def _object(build: _Build, schema: dict[str, Any], depth: int) -> dict[str, Any]:
    properties = _mapping(schema.get("properties"))
    needed = [key for key in _listed(schema.get("required")) if isinstance(key, str)]
    wanted = needed if depth > _OPTIONAL_UP_TO or build.left < 0 else [*properties, *needed]
    return {
        key: _value(build, properties.get(key, {"type": "string"}), key, depth + 1)
        for key in list(dict.fromkeys(wanted))[:_MOST_NODES]
    }


def _array(build: _Build, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
    least = _count(schema.get("minItems"), 0)
    most = _count(schema.get("maxItems"), max(least, 2))
    size = min(max(least, 1), most, _MOST_NODES)
    heads = _listed(schema.get("prefixItems"))[:size]
    items = schema.get("items", {"type": "string"})
    found = [_value(build, head, name, depth + 1) for head in heads]
    found += [_value(build, items, name, depth + 1) for _ in range(size - len(found))]
    return _distinct(found, items) if schema.get("uniqueItems") is True else found


def _distinct(found: list[Any], items: Any) -> list[Any]:
    """Make equal strings, numbers and enum members differ."""
    members = items.get("enum") if isinstance(items, dict) else None
    if isinstance(members, list):
        return members[: len(found)]
    return [
        f"{one} {i}" if isinstance(one, str) and i else one + i if _is_number(one) else one
        for i, one in enumerate(found)
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(value: Any, default: int) -> int:
    return int(value) if _is_number(value) and 0 <= value < 1e9 else default


def _member(build: _Build, members: list[Any]) -> Any:
    """Return the member that the text names as a word of its own, else the first."""
    lower = f" {build.text.lower()} "
    for member in members[:100]:
        if isinstance(member, str) and member:
            sought = member.lower()
            at = lower.find(sought)
            while at > 0:
                around = lower[at - 1] + lower[at + len(sought) : at + len(sought) + 1]
                if not any(c.isalnum() for c in around):
                    return member
                at = lower.find(sought, at + 1)
    return members[0]


def _near(build: _Build, hint: str) -> str | None:
    """Return the sentence that shares most words with ``hint``, if any does."""
    wanted = words.words(hint)[:8]
    scored = [(words.overlap(wanted, sentence), sentence) for sentence in build.sentences]
    best = max(scored, key=lambda pair: pair[0], default=(0, ""))
    return best[1] if best[0] else None


def _number(build: _Build, schema: dict[str, Any], hint: str, kind: str) -> int | float:
    low = _limit(schema, "minimum", "exclusiveMinimum", -math.inf)
    high = _limit(schema, "maximum", "exclusiveMaximum", math.inf)
    step: Any = schema.get("multipleOf")
    grain = float(step) if _is_number(step) and step > 0 else 0.0

    def fits(value: float) -> bool:
        on_grid = not grain or math.isclose(value / grain, round(value / grain))
        return low <= value <= high and (kind == "number" or value.is_integer()) and on_grid

    found = [value for value in _numbers(build, hint) if fits(value)]
    if found:
        taken = build.seen.get(f"number {hint}", 0)
        build.seen[f"number {hint}"] = taken + 1
        return _plain(found[taken % len(found)], kind)
    value = low if math.isfinite(low) else min(1.0, high)
    if grain and math.isfinite(value / grain):
        value = math.ceil(value / grain) * grain
    return _plain(math.ceil(value) if kind == "integer" else value, kind)


def _numbers(build: _Build, hint: str) -> list[float]:
    """Return the numbers of the sentence that fits ``hint`` best, those after its words first."""
    near = _near(build, hint) or build.text[:2000]
    wanted = words.words(hint)[:8]
    places = [
        m.end() for m in re.finditer(r"[^\W\d_]+", near) if words.covered(m[0].lower(), wanted)
    ]
    found = [(m.start(), float(m[0])) for m in _AS_NUMBER.finditer(near)][:50]
    far = {at: min((abs(at - place) for place in places), default=0) for at, _ in found}
    nearest = min(found, key=lambda pair: far[pair[0]], default=(0, 0.0))
    return [v for at, v in found if at >= nearest[0]] + [v for at, v in found if at < nearest[0]]


def _limit(schema: dict[str, Any], closed: str, opened: str, default: float) -> float:
    """Return the bound; an exclusive one is moved inwards by one."""
    inward = 1 if opened == "exclusiveMinimum" else -1
    if _is_number(schema.get(opened)):
        return float(schema[opened]) + inward
    return float(schema[closed]) if _is_number(schema.get(closed)) else default


def _plain(value: float, kind: str) -> int | float:
    return int(value) if kind == "integer" or value.is_integer() else value


def _string(build: _Build, schema: dict[str, Any], name: str, hint: str) -> str:
    least = min(_count(schema.get("minLength"), 0), 10_000)
    most = min(_count(schema.get("maxLength"), 80), 10_000)
    form = schema.get("format")
    if isinstance(form, str) and form in _FORMATS:
        pattern, usual = _FORMATS[form]
        return _next(build, pattern) or usual
    if isinstance(schema.get("pattern"), str):
        return _shaped(build, schema["pattern"])
    text = _named(build, name) or _near(build, hint) or name or build.text[:200] or "text"
    return text[:most].strip().ljust(least, "x")


def _next(build: _Build, pattern: str) -> str | None:
    """Return the next match of one of our own patterns, so that a list takes one after another."""
    found = re.findall(pattern, build.text)
    taken = build.seen.get(pattern, 0)
    build.seen[pattern] = taken + 1
    return found[taken % len(found)] if found else None


def _shaped(build: _Build, pattern: str) -> str:
    """Return a token of the text that looks like ``pattern``'s own example, else the example."""
    model = example(pattern)
    shape = _shape(model)
    tokens = (token.strip(".,;:!?()\"'") for token in build.text.split()[:2000])
    return next((token for token in tokens if _shape(token) == shape), model)


def _shape(text: str) -> str:
    return re.sub(r"[A-Z]", "A", re.sub(r"[a-z]", "a", re.sub(r"\d", "0", text[:200])))


def _named(build: _Build, name: str) -> str | None:
    """Return what follows ``name:`` in the text."""
    if not name:
        return None
    label = r"[\s_-]*".join(re.escape(part) for part in _CAMEL.split(name[:60]) if part)
    found = re.search(rf"\b{label}:[ \t]*([^\n,;]{{1,200}})", build.text, re.I) if label else None
    value = found[1].split(". ")[0].strip(" .\"'") if found else ""
    return value or None


def dumps(value: Any) -> str:
    """Return ``value`` as JSON text."""
    return json.dumps(value, ensure_ascii=False)
