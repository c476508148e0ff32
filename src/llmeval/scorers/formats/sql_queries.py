"""Is the answer SQL that does no more than it may, and nothing else? ``sql``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llmeval.errors import SuiteError, nearest
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import each
from llmeval.scorers.formats.answers import judge_answer
from llmeval.scorers.formats.failures import BadRules, Violation
from llmeval.scorers.formats.reading import Unreadable
from llmeval.scorers.formats.sql_text import (
    EFFECTS,
    MAX_SQL,
    Statements,
    check_dialect,
    need_sqlglot,
    sql_format,
)

__all__ = ["Sql", "sql"]


@dataclass(frozen=True, slots=True)
class Sql:
    """See ``sql``."""

    dialect: str | None
    statements: tuple[str, ...]
    tables: tuple[str, ...] | None
    several: bool
    lenient: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "dialect": self.dialect,
            "statements": list(self.statements),
            "tables": None if self.tables is None else list(self.tables),
            "several": self.several,
            "lenient": self.lenient,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        def check(found: Statements) -> list[Violation]:
            tables = self.tables
            if tables is None:
                tables = _names(sample.case.inputs.get("tables"))
            return list(self._violations(found, tables))

        return judge_answer(
            self.name,
            sql_format(self.dialect),
            sample,
            check,
            lenient=self.lenient,
            meaning=lambda found: found.words,
            limit=MAX_SQL,
        )

    def _violations(self, found: Statements, tables: tuple[str, ...] | None) -> Iterator[Violation]:
        if len(found.trees) > 1 and not self.several:
            yield Violation(
                "bad_value", "$", f"{len(found.trees)} statements, where one is asked for"
            )
        for effect in found.effects():
            if effect not in self.statements:
                admitted = ", ".join(self.statements)
                yield Violation("bad_value", "$.statement", f"{effect} is not among {admitted}")
        if tables is None:
            return
        known = {name.casefold() for name in tables}
        try:
            named = found.tables()
        except Unreadable as clash:
            yield Violation("bad_value", "$.table", str(clash))
            return
        for name in named:
            if name.casefold() not in known:
                yield Violation("bad_value", "$.table", f"the table {name[:60]!r} is not admitted")


def sql(
    dialect: str | None = None,
    *,
    statements: Sequence[str] = ("select",),
    tables: Sequence[str] | None = None,
    several: bool = False,
    lenient: bool = False,
    name: str = "sql",
) -> Sql:
    """Score whether the answer is one SQL statement that may be run, and nothing else.

    Args:
        dialect: One of sqlglot's (``bigquery``, ``postgres``, ``sqlite`` …); without it a superset
            of them all, which admits more.
        statements: What it may do, in any of its parts: ``select``, ``insert``, ``update``,
            ``delete``, ``merge``, ``create`` (and SELECT … INTO), ``alter``, ``drop``,
            ``truncate``, ``lock`` (FOR UPDATE), ``describe``, ``set``, ``other``. The default is
            read-only: a WITH that deletes is found, too.
        tables: The tables that may be named, as ``orders`` or ``shop.orders``; without it
            ``case.inputs["tables"]``, else any.
        several: Accept more than one statement.
        lenient: Accept the statement inside a markdown code fence.

    Needs the extra ``formats``. Labels and evidence as those of ``json_schema``; two queries are
    the same value if they differ in case, layout and comments only. Raises ``SuiteError``,
    ``MissingExtra``.
    """
    need_sqlglot()
    if dialect is not None:
        check_dialect(dialect)
    for effect in statements if not isinstance(statements, str) else [statements]:
        if effect not in EFFECTS or isinstance(statements, str):
            hint = nearest(str(effect), EFFECTS)
            known = ", ".join(EFFECTS)
            raise SuiteError(f"sql(statements={statements!r}): a list of {known} is needed.{hint}")
    try:
        return Sql(dialect, tuple(statements), _names(tables), several, lenient, name)
    except BadRules as bad:
        raise SuiteError(f"sql: {bad}") from None


def _names(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        raise BadRules("tables: a list of names is needed")
    return tuple(given)
