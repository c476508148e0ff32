"""JSON Schema through ``jsonschema``, made safe for hostile instances. Loaded on first use."""

from __future__ import annotations

import datetime
import json
import re
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import regex
from jsonschema import FormatChecker, validators
from jsonschema.exceptions import SchemaError, UnknownType, relevance
from jsonschema.protocols import Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped, unused-ignore]
from referencing.exceptions import Unresolvable

from llmeval.scorers.formats.failures import Violation
from llmeval.scorers.formats.schema_keywords import GUARDED, PatternTimeout, pattern_time

__all__ = ["BadSchema", "check"]

_MAX_ERRORS = 20
_KINDS: Final = {
    "type": "wrong_type",
    "required": "missing_key",
    "dependentRequired": "missing_key",
    "additionalProperties": "extra_key",
    "unevaluatedProperties": "extra_key",
    "propertyNames": "extra_key",
}


class BadSchema(ValueError):
    """The schema is not one: wrong keyword values, a reference to nowhere, a wrong pattern."""


def check(schema: str, value: Any) -> list[Violation]:
    """Return at most 20 violations of ``schema`` (JSON text), the most telling first.

    A value whose patterns take too long is one violation. Raises ``BadSchema``.
    """
    validator = _validator(schema)
    try:
        with pattern_time():
            errors = list(islice(validator.iter_errors(value), _MAX_ERRORS))
    except PatternTimeout as slow:
        return [Violation("bad_value", "$", str(slow))]
    except (Unresolvable, UnknownType, RecursionError) as error:
        raise BadSchema(f"{type(error).__name__}: {str(error)[:200]}") from error
    except (regex.error, re.error) as error:
        raise BadSchema(f"a pattern does not compile: {error}") from error
    errors.sort(key=relevance, reverse=True)
    return [
        Violation(_KINDS.get(str(e.validator), "bad_value"), e.json_path, e.message[:300])
        for e in errors
    ]


@lru_cache(maxsize=256)
def _validator(schema: str) -> Validator:
    try:
        loaded = json.loads(schema)
        plain: Any = validators.validator_for(loaded, default=validators.Draft202012Validator)
        plain.check_schema(loaded, format_checker=_formats())
    except RecursionError:
        raise BadSchema("it is nested too deeply") from None
    except SchemaError as error:
        raise BadSchema(f"{error.json_path}: {error.message[:200]}") from error
    made: Validator = _guarded(plain)(loaded, registry=REGISTRY, format_checker=_formats())
    return made


@lru_cache(maxsize=16)
def _guarded(plain: Any) -> Any:
    extend: Any = validators.extend
    return extend(plain, {k: v for k, v in GUARDED.items() if k in plain.VALIDATORS})


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
