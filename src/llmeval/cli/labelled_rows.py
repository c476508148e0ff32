"""Rows of ``llmeval calibrate``: people's labels beside what a scorer found."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from llmeval.calibration import Labelled
from llmeval.cli.score_out import Origin
from llmeval.cli.scored import Row, finding_of, group_of, parsed
from llmeval.errors import UsageError, nearest
from llmeval.records import NotScored, Score, ScorerIdentity

__all__ = ["LabelReader", "Recorded", "in_order", "labelled", "read_recorded"]

Said = tuple[str, tuple[str | None, ...]]


@dataclass(slots=True)
class LabelReader:
    """Passes lines on while it takes down each row's cluster and labels, and the file's hash.

    ``rows`` holds those that were passed on and not yet taken, in order.
    """

    lines: Iterable[bytes]
    source: str
    fields: Sequence[str]
    rows: deque[Said] = field(default_factory=deque)
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """Of what was read so far, in hex."""
        digest: str = self._hash.hexdigest()
        return digest

    def __iter__(self) -> Iterator[bytes]:
        for number, line in enumerate(self.lines, 1):
            self._hash.update(line)
            if line and not line.isspace():
                self.rows.append(self._said(line, number))
            yield line

    def identified(self) -> Iterator[tuple[str | int, Said]]:
        """Yield each row's id (default: its line's number) with its cluster and labels."""
        for number, line in enumerate(self, 1):
            if line and not line.isspace():
                said = self.rows.popleft()
                identity = self._row(line, number).get("id", number)
                if isinstance(identity, bool) or not isinstance(identity, str | int):
                    where = f"{self.source}: line {number}"
                    raise UsageError(f"{where}: 'id' must be text or a whole number")
                yield identity, said

    def _row(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            row = parsed(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        except ValueError as error:
            raise UsageError(f"{self.source}: line {number}: {error}") from None
        if not isinstance(row, dict):
            raise UsageError(f"{self.source}: line {number}: a JSON object is needed")
        return row

    def _said(self, line: bytes, number: int) -> Said:
        row = self._row(line, number)
        people: list[str | None] = []
        for name in self.fields:
            if name not in row:
                raise UsageError(
                    f"{self.source}: line {number} has no field {name!r}.{nearest(name, row)} "
                    f"Name the field of the labels with --label-field; null is a missing label"
                )
            given = row[name]
            people += [self._word(each, name, number) for each in _listed(given)]
        try:
            group = group_of(row)
        except ValueError as error:
            raise UsageError(f"{self.source}: line {number}: {error}") from None
        cluster = f"id {row.get('id', number)}" if group is None else f"group {group}"
        return cluster, tuple(people)

    def _word(self, label: Any, name: str, number: int) -> str | None:
        if label is None or (isinstance(label, str) and _speakable(label)):
            return label
        if isinstance(label, bool | int):
            return json.dumps(label)
        if isinstance(label, float):
            return f"{label:g}"
        raise UsageError(
            f"{self.source}: line {number}: {name!r} must be a text, a number, true or false, or a "
            f"list of these, one for each person"
        )


def _speakable(label: str) -> bool:
    """Whether it can be written into a file: lone surrogates cannot."""
    try:
        label.encode()
    except UnicodeEncodeError:
        return False
    return True


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def labelled(said: Said, found: Score | NotScored) -> Labelled:
    """Put people's labels and a finding side by side."""
    cluster, people = said
    if isinstance(found, NotScored):
        return Labelled(cluster, people, None)
    return Labelled(cluster, people, found.value, found.label)


def in_order(
    batches: Iterable[Iterable[tuple[Row, Score | NotScored]]], reader: LabelReader
) -> Iterator[Labelled]:
    """Yield the rows that a scorer went through, each with the labels its line had."""
    for batch in batches:
        for _, found in batch:
            yield labelled(reader.rows.popleft(), found)


class Recorded(msgspec.Struct, frozen=True):
    """What ``llmeval score`` wrote earlier: findings by id, and who wrote them where the summary
    (``--json``) was kept."""

    findings: Mapping[str | int, Score | NotScored]
    origin: Origin | None


def read_recorded(lines: Iterable[bytes], source: str, name: str) -> Recorded:
    """Read the output of ``llmeval score NAME``.

    Raises ``UsageError`` for a line that is none, a finding of another scorer, or an id found
    twice: it would not say which row is meant.
    """
    findings: dict[str | int, Score | NotScored] = {}
    origin: Origin | None = None
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        where = f"{source}: line {number}"
        try:
            row = parsed(line)
            if "summary" in row:
                origin = _origin(row["summary"])
                continue
            key, found = finding_of(row)
        except (ValueError, TypeError, KeyError, msgspec.ValidationError) as error:
            raise UsageError(f"{where}: not a line that `llmeval score` writes ({error})") from None
        if found.scorer != name:
            raise UsageError(f"{where} is of the scorer {found.scorer!r}, not of {name!r}")
        if key in findings:
            raise UsageError(f"{where}: the id {key!r} occurs twice; ids must differ")
        findings[key] = found
    return Recorded(findings, origin)


def _origin(summary: dict[str, Any]) -> Origin:
    scorer = msgspec.convert(summary["scorer"], ScorerIdentity)
    return Origin(scorer, [judge["ref"] for judge in summary.get("judges", ())])
