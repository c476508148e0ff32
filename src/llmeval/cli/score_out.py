"""Where ``llmeval score`` writes: stdout, or a file in which it can go on later."""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from llmeval.cli.scored import Row, finding_of, parsed
from llmeval.errors import RecordError, UsageError
from llmeval.records import NotScored, Score, ScorerIdentity

__all__ = [
    "Origin",
    "OutFile",
    "Sink",
    "Stdout",
    "add_out_arguments",
    "beside",
    "opened_sink",
    "origin_of",
]

_BLOCK = 1 << 16


def add_out_arguments(parser: argparse.ArgumentParser) -> None:
    """Register ``--out`` and ``--resume``."""
    parser.add_argument("--out", metavar="FILE", help="write the lines there instead of stdout")
    parser.add_argument(
        "--resume", action="store_true", help="go on in --out FILE after the rows it holds already"
    )


Batch = list[tuple[Row, Score | NotScored]]


class Origin(msgspec.Struct, frozen=True):
    """Who wrote a file of findings: the scorer as it was used, and the models that judged."""

    scorer: ScorerIdentity
    judges: list[str] = []


class Sink(Protocol):
    """Takes lines in order, and may hold those of an earlier start."""

    def earlier(self, rows: Iterator[Row]) -> Iterator[tuple[Row, Score | NotScored]]:
        """Yield the first of ``rows`` with the findings that are there already."""

    def passing(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Pass rows on to be scored."""

    def unbroken(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Pass on what may be written of the rows that passed."""

    def write(self, lines: bytes) -> None:
        """Write whole lines, at once."""


class Stdout:
    """See ``Sink``; nothing is there already."""

    def earlier(self, rows: Iterator[Row]) -> Iterator[tuple[Row, Score | NotScored]]:
        """See ``Sink``."""
        return iter(())

    def passing(self, rows: Iterator[Row]) -> Iterator[Row]:
        """See ``Sink``."""
        return rows

    def unbroken(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """See ``Sink``."""
        return batches

    def write(self, lines: bytes) -> None:
        """See ``Sink``."""
        sys.stdout.flush()
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()


class OutFile:
    """See ``Sink``. Which scorer wrote it stands in a small file beside it."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._passed: deque[Row] = deque()

    def earlier(self, rows: Iterator[Row]) -> Iterator[tuple[Row, Score | NotScored]]:
        """See ``Sink``. A last line that is torn is dropped. Raises ``RecordError`` for any other
        line that is none, ``UsageError`` where the rows are not those that were scored."""
        self._drop_torn_line()
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                identity, found = self._finding(line, number)
                row = next(rows, None)
                if row is None or row.id != identity:
                    other = "ends there" if row is None else f"has the row {row.id!r} there"
                    raise UsageError(
                        f"{self._path}: line {number} is of the row {identity!r}, but the input "
                        f"{other}: --resume needs the input that the file was made from"
                    )
                yield row, found

    def passing(self, rows: Iterator[Row]) -> Iterator[Row]:
        """See ``Sink``."""
        for row in rows:
            self._passed.append(row)
            yield row

    def unbroken(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """See ``Sink``. Judges that are cut short leave rows out; what comes after the first of
        these is not written, so that the file can be gone on with."""
        broken = False
        for batch in batches:
            broken = broken or any(self._passed.popleft().id != row.id for row, _ in batch)
            if not broken:
                yield batch

    def write(self, lines: bytes) -> None:
        """See ``Sink``."""
        self._file.write(lines)
        self._file.flush()

    def _finding(self, line: bytes, number: int) -> tuple[str | int, Score | NotScored]:
        try:
            return finding_of(parsed(line))
        except ValueError as error:
            raise RecordError(
                f"{self._path}: line {number} is damaged ({error}): remove the file and score again"
            ) from None

    def _drop_torn_line(self) -> None:
        """What follows the last line end was cut off while it was written."""
        end = position = self._file.seek(0, 2)
        whole = 0
        while position:
            start = max(0, position - _BLOCK)
            self._file.seek(start)
            found = self._file.read(position - start).rfind(b"\n")
            if found >= 0:
                whole = start + found + 1
                break
            position = start
        if whole < end:
            self._file.truncate(whole)
        self._file.seek(whole)


def beside(out: Path) -> Path:
    """Return the file that says which scorer wrote ``out``."""
    return out.with_name(f"{out.name}.scorer.json")


def origin_of(out: Path) -> Origin | None:
    """Return who wrote ``out``, where the file beside it says so."""
    try:
        return msgspec.json.decode(beside(out).read_bytes(), type=Origin)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


@contextmanager
def opened_sink(out: str | None, resume: bool, origin: Origin) -> Iterator[Sink]:
    """Open where the lines go.

    Raises ``UsageError`` for a file that is there without ``--resume``, or that another scorer,
    version, parameter or judge wrote.
    """
    if out is None:
        if resume:
            raise UsageError("--resume goes on in a file: name it with --out FILE")
        yield Stdout()
        return
    path = Path(out)
    there = path.exists() and path.stat().st_size > 0
    if there and not resume:
        raise UsageError(f"{path} is there already: give --resume to go on in it, or remove it")
    if there:
        _check_origin(path, origin)
    beside(path).write_bytes(_written(origin))
    with path.open("r+b" if path.exists() else "w+b") as file:
        yield OutFile(path, file)


def _check_origin(path: Path, origin: Origin) -> None:
    try:
        known = beside(path).read_bytes()
    except FileNotFoundError:
        raise UsageError(
            f"{beside(path)} is missing: nobody knows which scorer wrote {path}; remove that and "
            f"score again"
        ) from None
    if known != _written(origin):
        raise UsageError(
            f"{path} was written by {known.decode('utf-8', 'replace').strip()}, not by "
            f"{_written(origin).decode().strip()}: give another --out FILE"
        )


def _written(origin: Origin) -> bytes:
    return msgspec.json.encode(origin, order="deterministic") + b"\n"
