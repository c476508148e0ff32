"""How many cases there are of each kind, and of which kinds there are too few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from llmeval.records import Case

__all__ = ["Matrix", "matrix", "tag_counts", "thin_cells"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cases by two tags; a case without either tag is in no cell."""

    row_tag: str
    column_tag: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]

    def cell(self, row: str, column: str) -> int:
        """Return how many cases bear both values."""
        return self.counts.get((row, column), 0)


def tag_counts(cases: Iterable[Case]) -> dict[str, Counter[str]]:
    """Return tag -> value -> number of cases, tags and values in order of name."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        for tag, value in case.tags.items():
            found.setdefault(tag, Counter())[value] += 1
    return {tag: Counter(dict(sorted(found[tag].items()))) for tag in sorted(found)}


def matrix(cases: Iterable[Case], row_tag: str, column_tag: str) -> Matrix:
    """Return the cases by two tags, values in order of name."""
    counts = Counter(
        (case.tags[row_tag], case.tags[column_tag])
        for case in cases
        if row_tag in case.tags and column_tag in case.tags
    )
    rows = tuple(sorted({row for row, _ in counts}))
    columns = tuple(sorted({column for _, column in counts}))
    return Matrix(row_tag, column_tag, rows, columns, counts)


def thin_cells(found: Matrix, least: int) -> list[tuple[str, str, int]]:
    """Return (row, column, cases) of each cell with fewer than ``least`` cases, also empty ones."""
    cells = ((row, column) for row in found.rows for column in found.columns)
    return [(*cell, found.cell(*cell)) for cell in cells if found.cell(*cell) < least]
