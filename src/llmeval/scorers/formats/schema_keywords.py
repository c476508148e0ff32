"""Keywords of JSON Schema whose cost a hostile value could drive up, written anew with a bound.

``jsonschema`` matches patterns without a time limit, in ``pattern``, ``patternProperties``,
``additionalProperties`` and ``unevaluatedProperties``, and compares array items pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any, Final

import regex
from jsonschema.exceptions import ValidationError
from referencing.jsonschema import lookup_recursive_ref

from llmeval.scorers.formats.values import canonical

__all__ = ["GUARDED", "PatternTimeout", "pattern_time"]

_ONE_MATCH: Final = 0.1
_ALL_MATCHES: Final = 0.5
_left: ContextVar[float] = ContextVar("seconds left for patterns", default=_ALL_MATCHES)


class PatternTimeout(Exception):
    """A pattern took too long. It passes through ``not`` and ``anyOf``: nothing is valid for it."""


@contextmanager
def pattern_time() -> Iterator[None]:
    """Grant one value half a second for all of its patterns, and a tenth for each match."""
    token = _left.set(_ALL_MATCHES)
    try:
        yield
    finally:
        _left.reset(token)


def _matches(pattern: str, text: str, what: str = "string") -> bool:
    left = _left.get()
    started = perf_counter()
    try:
        if left <= 0:
            raise TimeoutError
        found = regex.search(pattern, text, timeout=min(_ONE_MATCH, left)) is not None
    except TimeoutError:
        raise PatternTimeout(
            f"a {what} of {len(text)} characters could not be matched against its pattern within "
            f"{_ONE_MATCH} s, or all of them within {_ALL_MATCHES} s"
        ) from None
    _left.set(left - (perf_counter() - started))
    return found


def _pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Any, instance: Any, _: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for name, value in instance.items():
            if _matches(pattern, name, "name"):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, wanted: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extras = [n for n in instance if n not in named and not _any_matches(patterns, n)]
    if isinstance(wanted, dict):
        for name in extras:
            yield from validator.descend(instance[name], wanted, path=name)
    elif not wanted and extras:
        yield ValidationError(f"{_names(extras)} not admitted")


def _unevaluated_properties(
    validator: Any, wanted: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known = _evaluated(validator, instance, schema)
    extras = [
        name
        for name in instance
        if name not in known and not _is_valid(validator, instance[name], wanted)
    ]
    if extras:
        yield ValidationError(f"{_names(extras)} not admitted")


def _evaluated(validator: Any, instance: dict[str, Any], schema: Any) -> set[str]:
    """Return the properties that a schema and those that it applies in place have looked at
    (JSON Schema 2020-12, 11.3)."""
    if not isinstance(schema, dict):
        return set()
    patterns = schema.get("patternProperties", {})
    known: set[str] = schema.get("properties", {}).keys() & instance.keys()
    known |= {name for name in instance if _any_matches(patterns, name)}
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if keyword in schema:
            rest = schema[keyword]
            known |= {n for n, value in instance.items() if _is_valid(validator, value, rest)}
    for part in _in_place(validator, instance, schema):
        known |= _evaluated(validator, instance, part)
    for resolved in _referred(validator, schema):
        there = validator.evolve(schema=resolved.contents, _resolver=resolved.resolver)
        known |= _evaluated(there, instance, resolved.contents)
    return known


def _in_place(validator: Any, instance: dict[str, Any], schema: Any) -> Iterator[Any]:
    """Yield the subschemas that apply to the same instance, and hold for it."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from (s for s in schema.get(keyword, ()) if _is_valid(validator, instance, s))
    yield from (s for n, s in schema.get("dependentSchemas", {}).items() if n in instance)
    if "if" in schema:
        holds = _is_valid(validator, instance, schema["if"])
        if holds:
            yield schema["if"]
        branch = "then" if holds else "else"
        if branch in schema:
            yield schema[branch]


def _referred(validator: Any, schema: Any) -> Iterator[Any]:
    resolver = validator._resolver
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            yield resolver.lookup(schema[keyword])
    if "$recursiveRef" in schema:
        yield lookup_recursive_ref(resolver)


def _is_valid(validator: Any, instance: Any, schema: Any) -> bool:
    return next(validator.descend(instance, schema), None) is None


def _any_matches(patterns: Any, name: str) -> bool:
    return any(_matches(pattern, name, "name") for pattern in patterns)


def _names(extras: list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in sorted(extras)[:5])
    verb = "is" if len(extras) == 1 else "are"
    return f"{shown}{f' and {len(extras) - 5} more' if len(extras) > 5 else ''} {verb}"


def _unique_items(validator: Any, wanted: bool, instance: Any, _: Any) -> Iterator[ValidationError]:
    if not wanted or not isinstance(instance, list):
        return
    if len({_item(item) for item in instance}) < len(instance):
        yield ValidationError("the array has non-unique elements")


def _item(value: Any) -> str:
    return f'"{value}' if isinstance(value, str) else canonical(value)


GUARDED: Final = {
    "additionalProperties": _additional_properties,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "unevaluatedProperties": _unevaluated_properties,
    "uniqueItems": _unique_items,
}
"""Keyword -> its check, in the form that ``jsonschema.validators.extend`` takes."""
