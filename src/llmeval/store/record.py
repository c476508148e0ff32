"""The record file: an append-only writer that survives ``kill -9``, and a streaming reader.

Each observation goes to the operating system at once, so that a killed process loses nothing that
was recorded; a background thread calls ``fsync`` for many at a time (group commit), so that a power
cut loses at most ``commit_every`` seconds.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from llmeval.errors import RecordError
from llmeval.records import Observation, RunInfo
from llmeval.store.codec import (
    decode_header,
    decode_observation,
    encode_header,
    encode_observation,
)

__all__ = ["RecordWriter", "read_header", "read_lines", "read_observations"]


class RecordWriter:
    """Appends observations to one file. Thread-safe.

    A file that exists is continued: a torn last line, left by a killed process, is cut off first.
    Raises ``RecordError`` where the file cannot be written or is of a newer format; after a failed
    write no later one is tried, and every further ``append`` raises the same error.
    """

    def __init__(self, path: Path, run: RunInfo, *, commit_every: float = 0.2) -> None:
        self.path = path
        self._commit_every = commit_every
        self._lock = threading.Lock()
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._failure: RecordError | None = None
        self._said = False
        try:
            keep = _intact_length(path) if path.exists() else 0
            if keep:
                read_header(path)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
            os.ftruncate(self._fd, keep)
            os.lseek(self._fd, 0, os.SEEK_END)
        except OSError as error:
            raise RecordError(f"cannot write the record {path}: {error.strerror}") from None
        if not keep:
            try:
                self._write(encode_header(run))
            except RecordError:
                os.close(self._fd)
                raise
        self._committer = threading.Thread(target=self._commit, name="llmeval-commit", daemon=True)
        self._committer.start()

    def append(self, observation: Observation) -> None:
        """Write one observation; it is with the operating system when this returns."""
        self._write(encode_observation(observation))

    def close(self) -> None:
        """Commit what is open and close the file. Safe to call twice.

        Raises ``RecordError`` where the last commit failed and no ``append`` has said so.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._dirty.set()
        self._committer.join()
        with self._lock:
            os.close(self._fd)
            unsaid, self._failure = self._failure, self._failure or self._closed()
        if unsaid is not None and not self._said:
            raise unsaid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        with self._lock:
            if self._failure is not None:
                self._said = True
                raise self._failure
            start = os.lseek(self._fd, 0, os.SEEK_CUR)
            try:
                while data:
                    data = data[os.write(self._fd, data) :]
            except OSError as error:
                # Where even this fails, the torn line is cut off by the next writer.
                with suppress(OSError):
                    os.ftruncate(self._fd, start)
                self._said = True
                self._failure = RecordError(
                    f"cannot write the record {self.path}: {error.strerror}; what was recorded "
                    f"before is intact: make room, then go on with --resume"
                )
                raise self._failure from None
        self._dirty.set()

    def _commit(self) -> None:
        while not self._closing.wait(self._commit_every):
            self._dirty.wait()
            self._dirty.clear()
            self._sync()
        self._sync()

    def _closed(self) -> RecordError:
        return RecordError(f"the record {self.path} is closed: nothing more can be added to it")

    def _sync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError as error:
            self._failure = RecordError(f"cannot commit the record {self.path}: {error.strerror}")


def read_header(path: Path) -> RunInfo:
    """Return what the record says about its run; raises ``RecordError``."""
    try:
        with path.open("rb") as file:
            line = file.readline()
    except OSError as error:
        raise RecordError(f"cannot read the record {path}: {error.strerror}") from None
    if not line:
        raise RecordError(
            f"{path} is empty: the run died before its first line; delete that file and measure "
            f"without --resume"
        )
    return decode_header(line, str(path))


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (line number, line) of every complete observation line.

    A last line without its newline was torn by a killed process, and is left out.
    """
    try:
        with path.open("rb") as file:
            next(file, None)
            for number, line in enumerate(file, 2):
                if line.endswith(b"\n"):
                    yield number, line
    except OSError as error:
        raise RecordError(f"cannot read the record {path}: {error.strerror}") from None


def read_observations(path: Path) -> Iterator[Observation]:
    """Yield the record's observations in file order, one at a time.

    A torn last line is left out; a damaged line before that raises ``RecordError`` with its number.
    """
    for number, line in read_lines(path):
        try:
            yield decode_observation(line)
        except msgspec.MsgspecError as error:
            raise RecordError(
                f"{path}: line {number} is damaged ({error}); restore the file, or delete that "
                f"line and run again with --resume"
            ) from None


def _intact_length(path: Path) -> int:
    """Bytes up to and including the last newline."""
    size = path.stat().st_size
    with path.open("rb") as file:
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                return start + at + 1
            end = start
    return 0
