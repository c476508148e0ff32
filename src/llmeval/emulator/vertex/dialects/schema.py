"""Gemini's response schemas (a part of OpenAPI 3.0) as JSON Schema."""

from __future__ import annotations

from typing import Any

__all__ = ["json_schema"]

_TYPES = ("TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
_DEEPEST = 64
_COUNTS = frozenset(
    {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}
)
_AS_THEY_ARE = frozenset(
    {"description", "enum", "required", "minimum", "maximum", "pattern", "title"}
)


def json_schema(schema: Any, depth: int = 0) -> dict[str, Any]:
    """Return ``schema`` with JSON Schema's words. Names may be in camel or in snake case, types
    names or numbers. Raises ``ValueError`` for a schema that is none."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        raise ValueError("a schema is an object, nested not too deep")
    given = {_camel(key): value for key, value in schema.items()}
    out: dict[str, Any] = {key: given[key] for key in _AS_THEY_ARE & given.keys()}
    if "type" in given:
        name = _type(given["type"])
        out["type"] = [name, "null"] if given.get("nullable") is True else name
    if "format" in given and given["format"] != "enum":
        out["format"] = given["format"]
    out |= {key: int(given[key]) for key in _COUNTS & given.keys()}
    if isinstance(given.get("properties"), dict):
        out["properties"] = {
            name: json_schema(inner, depth + 1) for name, inner in given["properties"].items()
        }
    if "items" in given:
        out["items"] = json_schema(given["items"], depth + 1)
    if isinstance(given.get("anyOf"), list):
        out["anyOf"] = [json_schema(inner, depth + 1) for inner in given["anyOf"]]
    return out


def _type(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < len(_TYPES):
        value = _TYPES[value]
    if not isinstance(value, str) or value.upper() not in _TYPES[1:]:
        raise ValueError(f"{value!r} is no type")
    return value.lower()


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
