"""Filters of list calls (AIP-160, as far as Google's clients use them) and the pages of a list.

    schema_title="system.Run" AND in_context("projects/…")
    (state="JOB_STATE_FAILED" OR state="JOB_STATE_CANCELLED") AND labels.team="llm"
    create_time>"2026-01-01T00:00:00Z" AND NOT display_name:"trial*"

OR binds more tightly than AND (https://google.aip.dev/160). What is not understood is refused,
never ignored: a filter that lets everything through would make a client believe too much.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn

from llmeval.emulator.vertex_jobs.wire import Refused

__all__ = ["Predicate", "page", "predicate"]

Predicate = Callable[[Mapping[str, Any]], bool]
Functions = Mapping[str, Callable[[Mapping[str, Any], str], bool]]

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<op><=|>=|!=|[=<>:(),])|(?P<word>-?[\w.*/@-]+))'
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST_PAGE: Final = 1000
_USUAL_PAGE: Final = 100


def predicate(text: str, fields: Iterable[str], functions: Functions | None = None) -> Predicate:
    """Return what a filter lets through; an empty one lets everything.

    ``fields`` are the first words that it may name, ``functions`` the calls. Raises ``Refused``.
    """
    if not text.strip():
        return lambda _: True
    return _Parser(text, frozenset(fields), functions or {}).parse()


def page(
    rows: Sequence[Mapping[str, Any]],
    query: Mapping[str, str],
    key: str,
    fields: Iterable[str],
    functions: Functions | None = None,
) -> dict[str, Any]:
    """Return one page of ``rows`` under ``key``, as ``filter``, ``orderBy``, ``pageSize`` and
    ``pageToken`` of the query ask. Raises ``Refused``."""
    lets = predicate(query.get("filter", ""), fields, functions)
    found = [row for row in rows if lets(row)]
    for part in reversed([p for p in query.get("orderBy", "").split(",") if p.strip()]):
        name, _, direction = part.strip().partition(" ")
        found.sort(key=lambda row: str(_value(row, name) or ""), reverse=direction == "desc")
    size = min(_number(query, "pageSize") or _USUAL_PAGE, _LARGEST_PAGE)
    start = _number(query, "pageToken")
    shown: dict[str, Any] = {key: found[start : start + size]}
    if start + size < len(found):
        shown["nextPageToken"] = str(start + size)
    return shown


def _number(query: Mapping[str, str], key: str) -> int:
    text = query.get(key) or "0"
    if not text.isascii() or not text.isdigit():
        raise Refused("INVALID_ARGUMENT", f"Invalid value for {key}: {text!r}.")
    return int(text)


def _value(row: Mapping[str, Any], path: str) -> Any:
    """Follow ``labels.team``, ``create_time`` or ``metadata.rate.number_value`` into a resource."""
    value: Any = row
    for word in re.sub(r"\.(number|string|bool)_value$", "", path).split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(word, value.get(_camel(word)))
    return value


def _camel(word: str) -> str:
    head, *rest = word.split("_")
    return head + "".join(part.capitalize() for part in rest)


class _Parser:
    """Recursive descent over the tokens of one filter."""

    def __init__(self, text: str, fields: frozenset[str], functions: Functions) -> None:
        self._text = text
        self._fields = fields
        self._functions = functions
        self._tokens = self._split(text)

    def _split(self, text: str) -> list[str]:
        found, at = [], 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                self._refuse(f"unexpected {text[at:].strip()[:20]!r}")
            found.append(match[0].strip())
            at = match.end()
        return found[::-1]

    def parse(self) -> Predicate:
        whole = self._all()
        if self._tokens:
            self._refuse(f"unexpected {self._tokens[-1]!r}")
        return whole

    def _all(self) -> Predicate:
        parts = [self._any()]
        while self._tokens and self._tokens[-1] != ")":
            if self._tokens[-1] == "AND":
                self._tokens.pop()
            parts.append(self._any())
        return lambda row: all(part(row) for part in parts)

    def _any(self) -> Predicate:
        parts = [self._one()]
        while self._tokens and self._tokens[-1] == "OR":
            self._tokens.pop()
            parts.append(self._one())
        return lambda row: any(part(row) for part in parts)

    def _one(self) -> Predicate:
        token = self._next()
        if token == "NOT":
            inner = self._one()
            return lambda row: not inner(row)
        if token == "(":
            inner = self._all()
            self._expect(")")
            return inner
        if self._tokens and self._tokens[-1] == "(":
            return self._call(token)
        return self._comparison(token)

    def _call(self, name: str) -> Predicate:
        self._expect("(")
        argument = _plain(self._next())
        self._expect(")")
        function = self._functions.get(name) or self._refuse(f"unknown function {name!r}")
        return lambda row: function(row, argument)

    def _comparison(self, path: str) -> Predicate:
        if path.partition(".")[0] not in self._fields:
            self._refuse(f"unknown field {path!r}")
        sign = self._next()
        if sign not in ("=", "!=", ":", *_COMPARE):
            self._refuse(f"unknown operator {sign!r}")
        values = [_plain(self._next())]
        while self._tokens and self._tokens[-1] == ",":
            self._tokens.pop()
            values.append(_plain(self._next()))
        return lambda row: all(_holds(_value(row, path), sign, value) for value in values)

    def _next(self) -> str:
        if not self._tokens:
            self._refuse("it ends too early")
        return self._tokens.pop()

    def _expect(self, wanted: str) -> None:
        found = self._next()
        if found != wanted:
            self._refuse(f"{wanted!r} expected, not {found!r}")

    def _refuse(self, why: str) -> NoReturn:
        raise Refused("INVALID_ARGUMENT", f"Invalid filter {self._text!r}: {why}.")


def _plain(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith('"') else token


def _holds(have: Any, sign: str, want: str) -> bool:
    if sign == ":":
        return _has(have, want)
    if sign in _COMPARE:
        return have is not None and _COMPARE[sign](*_comparable(have, want))
    return _equal(have, want) == (sign == "=")


def _has(have: Any, want: str) -> bool:
    if want == "*":
        return have not in (None, "", [], {})
    if isinstance(have, list | tuple | dict):
        return want in have
    return _equal(have, want if want.endswith("*") else f"*{want}*")


def _equal(have: Any, want: str) -> bool:
    if isinstance(have, bool) or want in ("true", "false"):
        return bool(have) == (want == "true")
    if "*" in want:
        pattern = ".*".join(map(re.escape, want.split("*")))
        return re.fullmatch(pattern, str(have or ""), re.DOTALL) is not None
    left, right = _comparable("" if have is None else have, want)
    return bool(left == right)


def _comparable(have: Any, want: str) -> tuple[Any, Any]:
    """Numbers as numbers, times (and all else) as text: RFC 3339 in UTC sorts as it should."""
    try:
        return float(have), float(want)
    except (TypeError, ValueError):
        return str(have), want
