"""Is the answer a Markdown table of these columns? ``markdown_table``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import each
from llmeval.scorers.formats.answers import judge_answer
from llmeval.scorers.formats.failures import BadRules
from llmeval.scorers.formats.reading import Format, Place, Unreadable, fenced_places
from llmeval.scorers.formats.tables import Table, TableRules, rules_of

__all__ = ["MarkdownTable", "markdown_table", "parse"]

_DASHES: Final = re.compile(r":?-+:?")
_CELL_END: Final = re.compile(r"(?<!\\)\|")
_EMPHASIS: Final = re.compile(r"\A(\*\*|__|\*|_|`)(.+)\1\Z")


@dataclass(frozen=True, slots=True)
class MarkdownTable:
    """See ``markdown_table``."""

    rules: TableRules
    alone: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            **self.rules.parameters,
            "alone": self.alone,
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

        form = _ALONE if self.alone else _WITHIN
        return judge_answer(self.name, form, sample, check, meaning=meaning)


def markdown_table(
    columns: Sequence[str] | Mapping[str, Any] | None = None,
    *,
    rows: int | Sequence[int | None] | None = None,
    only: bool = True,
    alone: bool = True,
    name: str = "markdown_table",
) -> MarkdownTable:
    """Score whether the answer is a table of GitHub Flavored Markdown.

    Args:
        columns, rows, only: As in ``csv``.
        alone: Nothing but the table. Otherwise the first table of the answer is looked at, with any
            text around it; but not one in a code fence, which is shown as it stands.

    Every row needs as many cells as the header: a browser would drop or pad them. Emphasis around a
    header does not count. Labels, evidence and equality as those of ``csv``.
    """
    try:
        return MarkdownTable(rules_of(columns, rows, only), alone, name)
    except BadRules as bad:
        raise SuiteError(f"markdown_table: {bad}") from None


def parse(text: str) -> Table:
    """Return the table that is all of ``text`` (GFM 0.29, 4.10); raises ``Unreadable``."""
    lines = text.strip().split("\n")
    if len(lines) < 2 or not _has_bar(lines[0]):
        raise Unreadable("no header row with '|'")
    header = _cells(lines[0])
    if not _are_dashes(lines[1]) or len(_cells(lines[1])) != len(header):
        raise Unreadable(f"no row of dashes with {len(header)} cells below the header")
    if not all(map(_has_bar, lines[2:])):
        raise Unreadable("a line without '|'")
    rows = tuple(_cells(line) for line in lines[2:])
    return Table(tuple(_EMPHASIS.sub(r"\2", cell) for cell in header), rows)


def parse_first(text: str) -> Table:
    """Return the first table of a text that no code fence holds; raises ``Unreadable``."""
    for start, end in _tables(text):
        if text[:start].count("```") % 2 == 0:
            return parse(text[start:end])
    raise Unreadable("no table")


def _has_bar(line: str) -> bool:
    return _CELL_END.search(line) is not None


def _are_dashes(line: str) -> bool:
    return "-" in line and all(map(_DASHES.fullmatch, _cells(line)))


def _cells(line: str) -> tuple[str, ...]:
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL_END.split(line))


def _tables(text: str) -> Iterator[Place]:
    """Yield the tables within a text: a header, dashes, and the lines with bars that follow."""
    at, header, above = 0, -1, -1
    for line in text.split("\n"):
        if header < 0 and above >= 0 and _are_dashes(line):
            header = above
        elif header >= 0 and not _has_bar(line):
            yield header, at - 1
            header = -1
        above = at if _has_bar(line) else -1
        at += len(line) + 1
    if header >= 0:
        yield header, len(text)


def _places(text: str) -> Iterator[Place]:
    yield from fenced_places(text)
    for place in _tables(text):
        yield place
        return


def _cut(text: str) -> bool:
    """Whether it breaks off within a row that began with a bar."""
    last = text.rstrip().rpartition("\n")[2].strip()
    return last.startswith("|") and not last.endswith("|")


_ALONE: Final = Format("markdown_table", "Markdown table", parse, _places, _cut, closed=False)
_WITHIN: Final = Format(
    "markdown_table", "Markdown table", parse_first, fenced_places, _cut, closed=False
)
