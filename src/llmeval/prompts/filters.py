"""Filters of prompt templates. Nothing here escapes HTML: a prompt is plain text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import FilterArgumentError, SecurityError

from llmeval.prompts.roles import MAX_CHARACTERS

__all__ = ["FILTERS", "bounded", "replace"]

_WIDEST = 10_000


def tojson(value: Any, indent: int | None = None) -> str:
    """Return JSON with Unicode and key order kept and nothing escaped for HTML."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=_plain)


def numbered(items: Iterable[Any]) -> str:
    """Return ``1. a``, ``2. b`` …, one a line."""
    return "\n".join(f"{n}. {item}" for n, item in enumerate(_sequence(items, "numbered"), 1))


def lettered(items: Iterable[Any]) -> str:
    """Return ``(A) a``, ``(B) b`` …, one a line; ``(AA)`` follows ``(Z)``."""
    return "\n".join(
        f"({_letters(n)}) {item}" for n, item in enumerate(_sequence(items, "lettered"))
    )


def replace(text: str, old: str, new: str, count: int = -1) -> str:
    """Return ``text`` with ``old`` replaced, unless that would grow out of bounds."""
    text, old, new = str(text), str(old), str(new)
    found = text.count(old) if count < 0 else min(text.count(old), count)
    if len(text) + found * len(new) > MAX_CHARACTERS:
        raise SecurityError(f"replace would write more than {MAX_CHARACTERS:,} characters")
    return text.replace(old, new, count)


def bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter, refusing whole numbers (a width, a count) beyond 10,000."""

    def checked(*values: Any, **named: Any) -> Any:
        for value in (*values[1:], *named.values()):
            if isinstance(value, int) and value > _WIDEST:
                raise SecurityError(f"{name}({value}): at most {_WIDEST:,} is allowed")
        return filter_(*values, **named)

    for mark in ("jinja_pass_arg", "jinja_async_variant"):
        if hasattr(filter_, mark):
            setattr(checked, mark, getattr(filter_, mark))
    return checked


def _sequence(items: Any, name: str) -> list[Any]:
    if isinstance(items, str | Mapping):
        kind = "a string" if isinstance(items, str) else "an object"
        raise FilterArgumentError(f"{name} needs a list, not {kind}")
    return list(items)


def _letters(index: int) -> str:
    """Return A … Z, AA, AB …: the bijective base-26 numeral of ``index`` + 1."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _plain(value: Any) -> Any:
    if isinstance(value, Undefined):
        str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "tojson": tojson,
    "numbered": numbered,
    "lettered": lettered,
    "replace": replace,
}
