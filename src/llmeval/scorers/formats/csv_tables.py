"""Is the answer CSV of these columns, and nothing else? ``csv``."""

from __future__ import annotations

import csv as reader
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import each
from llmeval.scorers.formats.answers import judge_answer
from llmeval.scorers.formats.failures import BadRules
from llmeval.scorers.formats.reading import (
    Format,
    Place,
    Unreadable,
    fenced_places,
    reads_as_prose,
    without_prose,
)
from llmeval.scorers.formats.tables import Table, TableRules, rules_of

__all__ = ["Csv", "csv", "parse"]

_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Csv:
    """See ``csv``."""

    rules: TableRules
    delimiter: str
    header: bool
    lenient: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            **self.rules.parameters,
            "delimiter": self.delimiter,
            "header": self.header,
            "lenient": self.lenient,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        def check(table: Table) -> Any:
            return self.rules.within(sample.case).check(table)

        def meaning(table: Table) -> Any:
            return self.rules.within(sample.case).meaning(table)

        form = _format(self.delimiter, self.header)
        return judge_answer(self.name, form, sample, check, lenient=self.lenient, meaning=meaning)


def csv(
    columns: Sequence[str] | Mapping[str, Any] | None = None,
    *,
    rows: int | Sequence[int | None] | None = None,
    only: bool = True,
    delimiter: str = ",",
    header: bool = True,
    lenient: bool = False,
    name: str = "csv",
) -> Csv:
    """Score whether the answer is one CSV table (RFC 4180), and nothing else.

    Args:
        columns: Names, in any order; or a mapping of names to types: ``string``, ``integer``,
            ``number``, ``boolean``, ``date``, ``date-time``, with ``?`` behind it where a cell may
            be empty, or a list of the admitted texts. Without it ``case.inputs["columns"]``, else
            any two or more.
        rows: How many rows of data: a number, or ``(least, most)``. Without it
            ``case.inputs["rows"]``, else any.
        only: No other columns are admitted.
        delimiter: One character between cells.
        header: The first row names the columns. Without it they are taken in order.
        lenient: Accept the table inside a markdown code fence.

    Blank lines do not count, line ends may be of any system. Labels and evidence as those of
    ``json_schema``; two tables are the same value if their cells are, whatever the order of columns
    and the quotes. Rules that cannot be followed are NotScored ``bad_input``.
    """
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise SuiteError(f"csv(delimiter={delimiter!r}): one character is needed")
    try:
        return Csv(rules_of(columns, rows, only), delimiter, header, lenient, name)
    except BadRules as bad:
        raise SuiteError(f"csv: {bad}") from None


def _format(delimiter: str, header: bool) -> Format:
    return Format(
        "csv", "CSV table", partial(parse, delimiter, header), _places, _cut, closed=False
    )


def parse(delimiter: str, header: bool, text: str) -> Table:
    """Return the table that ``text`` is; raises ``Unreadable``."""
    lines = io.StringIO(text.lstrip("\ufeff"), newline="")
    try:
        found = [
            tuple(row) for row in reader.reader(lines, delimiter=delimiter, strict=True) if row
        ]
    except reader.Error as error:
        raise Unreadable(str(error)) from error
    _refuse_what_is_none(found, text, delimiter, header)
    if not header:
        return Table(None, tuple(found))
    return Table(tuple(cell.strip() for cell in found[0]), tuple(found[1:]))


def _refuse_what_is_none(
    rows: list[tuple[str, ...]], text: str, delimiter: str, header: bool
) -> None:
    """Refuse prose, markup, and a table with another delimiter: any text would pass for CSV."""
    if not rows or text.lstrip().startswith(("{", "[{", "<", "```")):
        raise Unreadable("no table")
    first, _, rest = text.strip().partition("\n")
    last = rest.rpartition("\n\n")[2] if "\n\n" in rest else ""
    if (reads_as_prose(first) and (header or not rest)) or reads_as_prose(last):
        raise Unreadable("prose, not a table")
    if all(len(row) == 1 for row in rows):
        for mark, name in _DELIMITERS.items():
            if mark != delimiter and all(mark in row[0] for row in rows):
                raise Unreadable(f"the cells seem to be parted by {name}, not by {delimiter!r}")


def _places(text: str) -> Iterator[Place]:
    yield from fenced_places(text)
    yield from without_prose(text)


def _cut(text: str) -> bool:
    """Whether a quote is left open."""
    return text.count('"') % 2 == 1
