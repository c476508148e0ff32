"""Files of published data sets as a stream of rows, each with its line."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from llmeval.cases.csv_rows import numbered_rows
from llmeval.cases.jsonl import parse_line
from llmeval.cases.problems import Problems
from llmeval.cases.published.published import Found, Reader
from llmeval.cases.published.record import Record, RowProblem
from llmeval.errors import CaseError

__all__ = ["FileReader", "csv_rows", "json_lines", "opened", "reader", "text_lines", "whole_json"]

LONGEST_LINE: Final = 64 * 1024 * 1024
LARGEST_WHOLE: Final = 256 * 1024 * 1024
"""Bytes of a file that can only be read as a whole (one JSON value)."""

FileReader = Callable[[Path, Problems], Iterator[tuple[int, Any]]]
"""Yields each row of a file with its line."""


def reader(read: FileReader, make: Callable[[Record], Iterable[Found]]) -> Reader:
    """Return what reads files row by row. Up to five bad rows of a file are named in one error."""

    def found(files: Sequence[Path]) -> Iterator[Found]:
        for path in files:
            problems = Problems(path)
            for line, values in read(path, problems):
                try:
                    yield from list(make(Record(values, path, line)))
                except RowProblem as problem:
                    problems.add(line, str(problem))
            problems.check()

    return found


def json_lines(path: Path, problems: Problems) -> Iterator[tuple[int, Any]]:
    """Yield the JSON value of each line that is not blank."""
    for number, line in _lines(path, problems):
        if line.isspace():
            continue
        try:
            yield number, parse_line(line)
        except ValueError as error:
            problems.add(number, str(error))


def text_lines(path: Path, problems: Problems) -> Iterator[tuple[int, Any]]:
    """Yield ``{"text": …}`` for each line that is not blank."""
    for number, line in _lines(path, problems):
        try:
            text = line.decode().strip()
        except UnicodeDecodeError as error:
            problems.stop(number, f"not UTF-8: byte 0x{line[error.start]:02x}")
        if text:
            yield number, {"text": text}


def csv_rows(path: Path, problems: Problems) -> Iterator[tuple[int, Any]]:
    """Yield each row as column -> cell, with the line that it begins on."""
    rows = numbered_rows(_decoded(path, problems), problems)
    _, header = next(rows, (1, []))
    for line, cells in rows:
        if len(cells) != len(header):
            problems.add(line, f"{len(cells)} cells for {len(header)} columns")
        else:
            yield line, dict(zip(header, cells, strict=True))


def whole_json(path: Path, problems: Problems) -> Any:
    """Return the one JSON value of a file."""
    with opened(path) as file:
        data = file.read(LARGEST_WHOLE + 1)
    if len(data) > LARGEST_WHOLE:
        problems.stop(1, f"more than {LARGEST_WHOLE >> 20} MiB in one JSON value")
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        problems.stop(1, "not UTF-8; save the file as UTF-8")
    except json.JSONDecodeError as error:
        problems.stop(error.lineno, f"invalid JSON at column {error.colno}: {error.msg}")
    except RecursionError:
        problems.stop(1, "nested too deeply")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacking ``.gz``. Raises ``CaseError`` where that fails, also on the way."""
    try:
        with _stream(path) as file:
            yield file
    except (EOFError, gzip.BadGzipFile) as error:
        raise CaseError(f"{path} cannot be unpacked ({error}); fetch it again") from None
    except OSError as error:
        raise CaseError(f"{path} cannot be read: {error.strerror or error}") from None


def _stream(path: Path) -> IO[bytes]:
    # gzip's file has all that is used here, though it is no IO to the type checker.
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _lines(path: Path, problems: Problems) -> Iterator[tuple[int, bytes]]:
    with opened(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                problems.stop(number, f"a line of more than {LONGEST_LINE >> 20} MiB")
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _decoded(path: Path, problems: Problems) -> Iterator[str]:
    with opened(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        number = 0
        try:
            while line := text.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    problems.stop(number, f"a line of more than {LONGEST_LINE >> 20} Mi characters")
                yield line
        except UnicodeDecodeError:
            problems.stop(number + 1, "not UTF-8 on this line or soon after; save it as UTF-8")
