"""How far ``llmeval score`` has come, on a terminal: rows a second, share, time left."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO

__all__ = ["Progress", "progress_line", "progress_of"]

_EVERY = 0.5


def progress_line(rows: int, seconds: float, share: float | None) -> str:
    """Return one line; ``share`` is how much of the input was read, ``None`` where its size is not
    known, as of a pipe."""
    speed = rows / seconds if seconds > 0 else 0.0
    told = f"{rows:,} rows, {speed:,.0f} rows/s"
    if share is None:
        return told
    told += f", {share:.0%}"
    if not 0 < share < 1:
        return told
    left = round(seconds * (1 - share) / share)
    hours, minutes = divmod(left // 60, 60)
    clock = f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"
    return f"{told}, {clock} left"


@contextmanager
def progress_of(lines: BinaryIO, out: str | None) -> Iterator[Progress]:
    """Show on stderr where that is a terminal, and the findings do not go to a terminal too."""
    shows = sys.stderr.isatty() and not (out is None and sys.stdout.isatty())
    progress = Progress(_size_of(lines), sys.stderr if shows else None)
    try:
        yield progress
    finally:
        progress.clear()


def _size_of(file: BinaryIO) -> int | None:
    """The size of a regular file in bytes, else ``None``."""
    found = os.fstat(file.fileno())
    return found.st_size if stat.S_ISREG(found.st_mode) else None


class Progress:
    """Rewrites one line of a terminal, twice a second at the most; silent elsewhere."""

    def __init__(
        self, size: int | None, screen: TextIO | None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._size, self._screen, self._now = size, screen, now
        self._started = self._shown_at = now()
        self._read = self._rows = self._skipped_bytes = 0
        self._shown = False

    def reading(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Pass lines on, and count their bytes."""
        for line in lines:
            self._read += len(line)
            yield line

    def skipped(self) -> None:
        """Start the clock: what was read until now was there already."""
        self._started, self._skipped_bytes = self._now(), self._read

    def add(self, rows: int) -> None:
        """Count rows that are done."""
        self._rows += rows
        now = self._now()
        if self._screen is None or now - self._shown_at < _EVERY:
            return
        self._shown_at, self._shown = now, True
        share = None
        if self._size is not None and self._size > self._skipped_bytes:
            share = (self._read - self._skipped_bytes) / (self._size - self._skipped_bytes)
        line = progress_line(self._rows, now - self._started, share)
        self._screen.write(f"\r\x1b[K{line}")
        self._screen.flush()

    def clear(self) -> None:
        """Leave no line behind."""
        if self._screen is not None and self._shown:
            self._screen.write("\r\x1b[K")
            self._screen.flush()
