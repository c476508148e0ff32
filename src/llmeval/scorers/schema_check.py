"""JSON Schema through ``jsonschema``, made safe for hostile instances. Loaded on first use."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import regex
from jsonschema import FormatChecker, validators
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError, relevance
from jsonschema.protocols import Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped, unused-ignore]
from referencing.exceptions import Unresolvable

__all__ = ["BadSchema", "Violation", "check"]

_MAX_ERRORS = 20
_PATTERN_SECONDS = 0.1


class BadSchema(ValueError):
    """The schema is not one: wrong keyword values, a reference to nowhere, a wrong pattern."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks a schema; ``path`` is a JSON path such as ``$.a[0]``."""

    keyword: str
    path: str
    message: str


def check(schema: str, value: Any) -> list[Violation]:
    """Return at most 20 violations of ``schema`` (JSON text), the most telling first.

    Raises ``BadSchema``.
    """
    validator = _validator(schema)
    try:
        errors = list(islice(validator.iter_errors(value), _MAX_ERRORS))
    except (Unresolvable, UnknownType, RecursionError) as error:
        raise BadSchema(f"{type(error).__name__}: {str(error)[:200]}") from error
    except (regex.error, re.error) as error:
        raise BadSchema(f"a pattern does not compile: {error}") from error
    errors.sort(key=relevance, reverse=True)
    return [Violation(str(e.validator), e.json_path, e.message[:300]) for e in errors]


@lru_cache(maxsize=256)
def _validator(schema: str) -> Validator:
    loaded = json.loads(schema)
    plain: Any = validators.validator_for(loaded, default=validators.Draft202012Validator)
    try:
        plain.check_schema(loaded, format_checker=_formats())
    except SchemaError as error:
        raise BadSchema(f"{error.json_path}: {error.message[:200]}") from error
    made: Validator = _guarded(plain)(loaded, registry=REGISTRY, format_checker=_formats())
    return made


@lru_cache(maxsize=16)
def _guarded(plain: Any) -> Any:
    keywords = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "uniqueItems": _unique_items,
    }
    extend: Any = validators.extend
    return extend(plain, {k: v for k, v in keywords.items() if k in plain.VALIDATORS})


def _pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, str):
        return
    try:
        found = regex.search(pattern, instance, timeout=_PATTERN_SECONDS)
    except TimeoutError:
        message = f"a string of {len(instance)} characters could not be matched against its pattern"
        yield ValidationError(f"{message} within {_PATTERN_SECONDS} s")
        return
    if not found:
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Any, instance: Any, _: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for name, value in instance.items():
            try:
                found = regex.search(pattern, name, timeout=_PATTERN_SECONDS)
            except TimeoutError:
                yield ValidationError(f"a name of {len(name)} characters could not be matched")
                return
            if found:
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _unique_items(validator: Any, wanted: bool, instance: Any, _: Any) -> Iterator[ValidationError]:
    if not wanted or not isinstance(instance, list):
        return
    # jsonschema compares all pairs where items cannot be sorted: quadratic on a hostile array.
    if len({_canonical(item) for item in instance}) < len(instance):
        yield ValidationError("the array has non-unique elements")


def _canonical(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}'
    return json.dumps(_plain_numbers(value), sort_keys=True)


def _plain_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain_numbers(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain_numbers(v) for k, v in value.items()}
    return value


_DATE_TIME = re.compile(
    r"\A\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)\Z", re.ASCII
)
_TIME = re.compile(r"\A\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
_URI = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,/:;=?@\[\]~A-Za-z0-9._-]*\Z", re.ASCII)
_HOST = re.compile(
    r"\A(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\Z",
    re.ASCII,
)
_DURATION = re.compile(
    r"\AP(?=.)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)\Z",
    re.ASCII,
)


@lru_cache(maxsize=1)
def _formats() -> FormatChecker:
    # jsonschema checks these only where further packages are installed; a format that is silently
    # not checked would be a false pass.
    checker = FormatChecker()
    checker.checks("date-time")(_is_date_time)
    checker.checks("time")(_is_time)
    checker.checks("regex", raises=regex.error)(_is_regex)
    for name, pattern in (("uri", _URI), ("hostname", _HOST), ("duration", _DURATION)):
        checker.checks(name)(_matcher(pattern))
    return checker


def _matcher(pattern: re.Pattern[str]) -> Any:
    return lambda value: not isinstance(value, str) or bool(pattern.match(value))


def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_DATE_TIME.match(value)) and _parses(datetime.datetime.fromisoformat, value)


def _is_regex(value: object) -> bool:
    return not isinstance(value, str) or bool(regex.compile(value))


def _is_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_TIME.match(value)) and _parses(datetime.time.fromisoformat, value)


def _parses(parse: Any, value: str) -> bool:
    # A leap second is a valid time (RFC 3339, 5.7) that Python cannot hold.
    try:
        parse(value.upper().replace(":60", ":59"))
    except ValueError:
        return False
    return True
