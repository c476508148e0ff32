"""SQL as text: parsed by ``sqlglot``, and asked which tables it names and what it would do."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final

from llmeval.errors import MissingExtra, SuiteError, nearest
from llmeval.scorers.formats.reading import (
    MAX_DEPTH,
    Format,
    Place,
    Unreadable,
    fenced_places,
)

__all__ = ["EFFECTS", "MAX_SQL", "Statements", "check_dialect", "need_sqlglot", "sql_format"]

MAX_SQL: Final = 20_000
EFFECTS: Final = (
    *("select", "insert", "update", "delete", "merge", "create", "alter", "drop", "truncate"),
    *("lock", "describe", "set", "other"),
)
"""What a statement, or a part of one, does. ``create`` is also SELECT … INTO; ``other`` what has no
word here: COPY, GRANT, CALL, EXPLAIN, PRAGMA, BEGIN …"""

_EFFECT_OF: Final = {
    "Insert": "insert",
    "Update": "update",
    "Delete": "delete",
    "Merge": "merge",
    "Create": "create",
    "Into": "create",
    "Alter": "alter",
    "Drop": "drop",
    "TruncateTable": "truncate",
    "Lock": "lock",
    "Describe": "describe",
    "Set": "set",
    "Command": "other",
    "Copy": "other",
}
_KEYWORD: Final = re.compile(
    r"(?:^|:)[ \t]{0,9}(?=(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|TRUNCATE)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_PREFIXES: Final = frozenset(("NOT", "DASH", "TILDE", "PLUS"))
_ours: ContextVar[bool] = ContextVar("sqlglot is at work for us", default=False)


class _CutShort(Unreadable):
    """Reading failed at the very end."""


@dataclass(frozen=True, slots=True)
class Statements:
    """What was read: sqlglot's trees, and ``words``: the tokens as they count for equality."""

    trees: tuple[Any, ...]
    words: tuple[str, ...]

    def effects(self) -> list[str]:
        """Return what the statements and their parts do, the first statement's own effect first."""
        found = [_effect(tree) or "other" for tree in self.trees]
        parts = (node for tree in self.trees for node in tree.walk())
        found += [name for n in parts if (name := _EFFECT_OF.get(type(n).__name__))]
        return list(dict.fromkeys(found))

    def tables(self) -> list[str]:
        """Return the tables named, as written (``db.table``), but for those that a WITH defines.

        A function in a table's place is named with its parentheses. Raises ``Unreadable`` where
        names clash.
        """
        from sqlglot.errors import SqlglotError

        try:
            return self._named()
        except (SqlglotError, RecursionError) as error:
            raise Unreadable(_message(error)) from error

    def _named(self) -> list[str]:
        return list(dict.fromkeys(name for tree in self.trees for name in _tables(tree)))


def need_sqlglot() -> None:
    """Raise ``MissingExtra`` where ``sqlglot`` is not installed."""
    if importlib.util.find_spec("sqlglot") is None:
        raise MissingExtra("the scorer sql", "formats")


def check_dialect(dialect: Any) -> None:
    """Raise ``SuiteError`` for a dialect that sqlglot does not know."""
    from sqlglot import Dialects

    known = [each.value for each in Dialects if each.value]
    if dialect not in known:
        hint = nearest(str(dialect), known)
        raise SuiteError(f"sql(dialect={dialect!r}): there are {', '.join(known)}.{hint}")


def sql_format(dialect: str | None) -> Format:
    """Return how an answer in that dialect is read."""
    return Format(
        "sql", "SQL", partial(_parse, dialect), _places, partial(_cut, dialect), closed=False
    )


def _parse(dialect: str | None, text: str) -> Statements:
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import ParseError, SqlglotError

    speech = Dialect.get_or_raise(dialect)
    try:
        with _quietly():
            tokens = speech.tokenize(text)
            _bound(tokens)
            _whole(tokens)
            trees = [tree for tree in speech.parser().parse(tokens, text) if tree is not None]
    except ParseError as error:
        kind = _CutShort if _at_end(error, tokens) else Unreadable
        raise kind(_message(error)) from error
    except SqlglotError as error:
        raise _CutShort(_message(error)) from error
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    if not trees:
        raise Unreadable("there is no statement")
    for tree in trees:
        if _effect(tree) is None:
            raise Unreadable("an expression, not a statement")
    return Statements(tuple(trees), tuple(_words(tokens)))


def _whole(tokens: Sequence[Any]) -> None:
    """Raises ``Unreadable`` for what sqlglot forgives and no database does: a name that is promised
    and not given."""
    kinds = [token.token_type.name for token in tokens]
    if ("COMMA", "COMMA") in pairwise(kinds):
        raise Unreadable("nothing stands between two commas")
    if kinds and kinds[-1] in ("ALIAS", "COMMA"):
        raise _CutShort(f"nothing follows {tokens[-1].text!r}")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep sqlglot from logging what the finding says anyway; others' use of it stays as it is."""
    logging.getLogger("sqlglot").addFilter(_not_ours)
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _not_ours(_: logging.LogRecord) -> bool:
    return not _ours.get()


def _bound(tokens: Sequence[Any]) -> None:
    """Refuse deep nesting before a parser recurses into it."""
    depth = deepest = run = 0
    for token in tokens:
        kind = token.token_type.name
        run = run + 1 if kind in _PREFIXES else 0
        if kind in ("L_PAREN", "L_BRACKET", "L_BRACE", "CASE"):
            depth += 1
        elif kind in ("R_PAREN", "R_BRACKET", "R_BRACE", "END"):
            depth -= 1
        deepest = max(deepest, depth, run)
    if deepest > MAX_DEPTH:
        raise Unreadable(f"nested more than {MAX_DEPTH} deep")


def _at_end(error: Any, tokens: Sequence[Any]) -> bool:
    """Whether the parser wanted more where the text ended."""
    found = error.errors[0] if error.errors else {}
    last = tokens[-1]
    return "SENTINEL" in str(error) or (found.get("line"), found.get("col")) == (
        last.line,
        last.col,
    )


def _message(error: Exception) -> str:
    """Return the first line without the terminal's control sequences."""
    if "SENTINEL" in str(error):
        return "the statement ends too early"
    return re.sub(r"\x1b\[\d*m", "", str(error)).partition("\n")[0][:300]


def _effect(tree: Any) -> str | None:
    """Return what a tree does as a statement; ``None`` if it is none."""
    from sqlglot import exp

    if isinstance(tree, exp.Select) and not tree.expressions:
        return None
    if isinstance(tree, exp.Query | exp.Values):
        return "select"
    if name := _EFFECT_OF.get(type(tree).__name__):
        return name
    spoken = exp.Condition | exp.Alias | exp.Aliases | exp.Tuple | exp.Table
    return None if isinstance(tree, spoken) else "other"


def _tables(tree: Any) -> Iterator[str]:
    from sqlglot import exp

    defined = _defined(tree) if tree.find(exp.With) else frozenset[int]()
    for table in tree.find_all(exp.Table):
        if id(table) not in defined:
            called = isinstance(table.this, exp.Func)
            name = table.this.sql() if called else ".".join(part.name for part in table.parts)
            yield name


def _defined(tree: Any) -> frozenset[int]:
    """Return the ids of the nodes that name what a WITH defines, where they stand."""
    from sqlglot.optimizer.scope import Scope, traverse_scope

    return frozenset(
        id(table)
        for scope in traverse_scope(tree)
        for table in scope.tables
        if isinstance(scope.sources.get(table.alias_or_name), Scope)
    )


def _words(tokens: Sequence[Any]) -> Iterator[str]:
    last = len(tokens)
    while last and tokens[last - 1].token_type.name == "SEMICOLON":
        last -= 1
    for token in tokens[:last]:
        kind = token.token_type.name
        quoted = kind == "IDENTIFIER" or kind.endswith("STRING")
        yield f"{kind} {token.text}" if quoted else token.text.upper()


def _places(text: str) -> Iterator[Place]:
    yield from fenced_places(text)
    start = _KEYWORD.search(text)
    if start:
        begun, rest = start.end(), text[start.end() :]
        for mark in (";", "\n\n"):
            if mark in rest:
                yield begun, begun + rest.rindex(mark) + 1
                yield begun, begun + rest.index(mark) + 1
        yield begun, len(text)


def _cut(dialect: str | None, text: str) -> bool:
    start = _KEYWORD.search(text)
    try:
        if start:
            _parse(dialect, text[start.end() :])
    except _CutShort:
        return True
    except Unreadable:
        pass
    return False
