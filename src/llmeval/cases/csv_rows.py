"""CSV: a header line, then one case a row. All values are strings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from llmeval.cases.problems import Problems
from llmeval.cases.rows import CaseList
from llmeval.records import Case

__all__ = ["numbered_rows", "read_csv"]

_LONGEST_CELL = 64 * 1024 * 1024
_Place = tuple[Literal["id", "expected", "group", "tags", "inputs"], str]


def read_csv(text: str, problems: Problems) -> list[Case]:
    """Return the cases of a CSV text. Raises ``CaseError``.

    Columns are ``id``, ``expected``, ``group``, ``tags.NAME``, and inputs as ``inputs.NAME`` or
    ``NAME``. An empty cell of expected, group or a tag means that it is absent; an empty input is
    an empty string. Blank rows are skipped.
    """
    found = CaseList(problems)
    rows = numbered_rows(io.StringIO(text, newline=""), problems)
    _, header = next(rows, (1, []))
    if not header:
        return found.finish()
    places = _places(header, problems)
    for line, cells in rows:
        if len(cells) != len(places):
            problems.add(line, _width_problem(len(cells), len(places), header))
        else:
            found.add_row(_row(cells, places), line)
    return found.finish()


def numbered_rows(lines: Iterable[str], problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the line it begins on; lines keep their ends."""
    reader = csv.reader(lines, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            with _long_cells():
                cells = next(reader, None)
        except csv.Error as error:
            problems.stop(line, f"invalid CSV: {error}; check the quotation marks of this row")
        if cells is None:
            return
        if cells:
            yield line, cells


@contextmanager
def _long_cells() -> Iterator[None]:
    """Lift the csv module's own limit of 128 KiB a cell, which is global to the process."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _places(header: list[str], problems: Problems) -> list[_Place]:
    """Return where each column's cells go; problems of the header are raised together."""
    places: list[_Place] = []
    for number, title in enumerate(header, 1):
        place = _place(title.strip())
        if isinstance(place, str):
            problems.add(1, f"column {number} ({title[:40]!r}) {place}")
            continue
        if place in places:
            problems.add(1, f"column {number} ({title[:40]!r}) stands twice; rename or remove one")
        places.append(place)
    if ("id", "") not in places:
        problems.add(1, "there is no column 'id'; the first line must name the columns")
    if not any(where == "inputs" for where, _ in places):
        problems.add(1, "there is no input column; add one for each variable of the template")
    problems.check()
    return places


def _place(title: str) -> _Place | str:
    """Return where a column goes, or what is wrong with its title."""
    if not title:
        return "has no name; name it or remove the column"
    for word in ("id", "expected", "group"):
        if title == word:
            return (word, "")
        if title.casefold() == word:
            return f"must be written {word!r}"
    prefix, dot, name = title.partition(".")
    if prefix in ("tags", "inputs"):
        if not name:
            return f"must be written '{prefix}.NAME'"
        return ("tags" if prefix == "tags" else "inputs", name)
    for word in ("tags", "inputs"):
        if dot and prefix.casefold().rstrip("s") == word.rstrip("s"):
            return f"must be written '{word}.{name or 'NAME'}'"
    return ("inputs", title)


def _row(cells: list[str], places: list[_Place]) -> dict[str, object]:
    inputs: dict[str, str] = {}
    tags: dict[str, str] = {}
    row: dict[str, object] = {"inputs": inputs, "tags": tags}
    for cell, (where, name) in zip(cells, places, strict=True):
        if where == "inputs":
            inputs[name] = cell
        elif where == "id":
            row["id"] = cell
        elif cell and where == "tags":
            tags[name] = cell
        elif cell:
            row[where] = cell
    return row


def _width_problem(cells: int, columns: int, header: list[str]) -> str:
    if cells < columns:
        return (
            f"{cells} cells for {columns} columns: no value for {header[cells]!r}; "
            f"write an empty cell (,) where there is none"
        )
    return (
        f"{cells} cells for {columns} columns; "
        f"put a value that holds a comma or quotation mark in quotation marks"
    )
