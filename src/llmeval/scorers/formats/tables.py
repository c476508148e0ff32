"""Tables, in whatever syntax they came: a header, rows of cells, and rules for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from llmeval.records import Case
from llmeval.scorers.formats.answers import MOST_VIOLATIONS
from llmeval.scorers.formats.bounds import Bounds, bounds_of
from llmeval.scorers.formats.cells import CellType, Misfit, read_cell, type_of
from llmeval.scorers.formats.failures import BadRules, Violation

__all__ = ["Table", "TableRules", "rules_of"]

Columns = tuple[tuple[str, CellType], ...]
"""Names in order, each with the type of its cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read; ``header`` is ``None`` where the syntax has none."""

    header: tuple[str, ...] | None
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class TableRules:
    """What a table must be; ``None`` for what is left open. ``only``: no other columns."""

    columns: Columns | None = None
    rows: Bounds | None = None
    only: bool = True

    @property
    def parameters(self) -> dict[str, Any]:
        """The rules as they enter a scorer's identity."""
        return {
            "columns": None if self.columns is None else dict(self.columns),
            "rows": None if self.rows is None else self.rows.plain,
            "only": self.only,
        }

    def within(self, case: Case) -> TableRules:
        """Return the rules with what the case's ``columns`` and ``rows`` say where these say
        nothing. Raises ``BadRules``."""
        given = rules_of(case.inputs.get("columns"), case.inputs.get("rows"), self.only)
        columns = given.columns if self.columns is None else self.columns
        return TableRules(columns, given.rows if self.rows is None else self.rows, self.only)

    def check(self, table: Table) -> list[Violation]:
        """Return at most 20 violations: of the header, of the number of rows, of the cells."""
        return list(islice(self._violations(table), MOST_VIOLATIONS))

    def meaning(self, table: Table) -> Any:
        """Return the table as JSON: an object a row, with typed values where types are known."""
        header = self._header(table)
        if header is None or len(set(header)) < len(header):
            return [list(row) for row in table.rows]
        types = dict(self.columns or ())
        return [
            {n: _typed(cell, types.get(n, "string")) for n, cell in zip(header, row, strict=False)}
            for row in table.rows
        ]

    def _header(self, table: Table) -> tuple[str, ...] | None:
        if table.header is None and self.columns is not None:
            return tuple(name for name, _ in self.columns)
        return table.header

    def _violations(self, table: Table) -> Iterator[Violation]:
        if table.header is not None:
            yield from self._header_violations(table.header)
        if self.rows is not None and not self.rows.holds(len(table.rows)):
            yield Violation("bad_value", "$", f"{len(table.rows)} rows, not {self.rows}")
        header = self._header(table)
        wide = len(header) if header is not None else len(table.rows[0]) if table.rows else 0
        types = dict(self.columns or ())
        kinds = [types.get(name, "string") for name in header or ()]
        for i, row in enumerate(table.rows):
            if len(row) != wide:
                kind = "missing_key" if len(row) < wide else "extra_key"
                yield Violation(kind, f"$[{i}]", f"{len(row)} cells, where {wide} are needed")
                continue
            for name, cell, wanted in zip(header or (), row, kinds, strict=False):
                if wanted == "string":
                    continue
                try:
                    read_cell(cell, wanted)
                except Misfit as misfit:
                    yield Violation(misfit.kind, f"$[{i}].{name[:40]}", str(misfit))

    def _header_violations(self, header: Sequence[str]) -> Iterator[Violation]:
        twice = [name for name, count in Counter(header).items() if count > 1]
        if twice:
            yield Violation("bad_value", "$", f"the column {twice[0][:60]!r} stands twice")
        if self.columns is None:
            return
        wanted = [name for name, _ in self.columns]
        for name in wanted:
            if name not in header:
                yield Violation("missing_key", f"$[*].{name[:40]}", "the column is missing")
        for name in header if self.only else ():
            if name not in wanted:
                yield Violation("extra_key", f"$[*].{name[:40]}", "the column is not admitted")


def _typed(cell: str, wanted: CellType) -> Any:
    try:
        return read_cell(cell, wanted)
    except Misfit:
        return cell.strip()


def rules_of(columns: Any, rows: Any, only: bool) -> TableRules:
    """Read rules as a factory's arguments or a case's inputs give them.

    ``columns`` is a list of names, or a mapping of names to types; ``rows`` a number or
    ``[least, most]``. Raises ``BadRules``.
    """
    known = None if columns is None else _columns(columns)
    return TableRules(known, None if rows is None else bounds_of(rows, "rows"), only)


def _columns(given: Any) -> Columns:
    named = dict.fromkeys(given, "string") if _are_names(given) else given
    if not isinstance(named, Mapping) or not named or not _are_names(list(named)):
        raise BadRules("columns: a list of names, or a mapping of names to types, is needed")
    return tuple((name, type_of(kind, f"columns, {name!r}")) for name, kind in named.items())


def _are_names(given: Any) -> bool:
    return isinstance(given, list | tuple) and all(isinstance(name, str) for name in given)
