"""A live line below pytest's own output, on a terminal only, while pytest waits for a sample."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import pytest

from llmeval.run import Progress

__all__ = ["LiveLine", "describe_progress"]


_EVERY: Final = 0.2
_PERCENTAGE: Final = 12


class LiveLine:
    """Writes one line below the cursor and wipes it again; says nothing where nobody watches.

    The line may stay while pytest goes on along its own line, and must be gone before pytest
    begins another one.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._shown = False
        self._drawn_at = 0.0

    def is_due(self, now: float) -> bool:
        """Whether the line is older than a fifth of a second; ``now`` is monotonic."""
        return now - self._drawn_at >= _EVERY

    def show(self, progress: Progress, now: float = 0.0) -> None:
        """Draw or redraw the line."""
        self._drawn_at = now
        writer = self._writer()
        if writer is None:
            return
        width = shutil.get_terminal_size().columns - 1
        text = describe_progress(progress)[:width]
        writer.write(f"\r\n\x1b[2K\x1b[2m{text}\x1b[0m{_back(writer)}")
        self._shown = True

    def announce(self, note: str) -> None:
        """Say on a line of its own what is waited for, where no live line can show it."""
        manager = self._config.pluginmanager
        reporter = manager.get_plugin("terminalreporter")
        if note and reporter is not None and self._writer() is None:
            with _uncaptured(manager.get_plugin("capturemanager")):
                reporter.write_line(f"llmeval: {note}")

    def make_way(self, *, last_of_line: bool) -> None:
        """Wipe the line if pytest's next word may begin a new one."""
        writer = self._writer() if self._shown else None
        if writer and (last_of_line or self._config.option.verbose > 0 or writer.is_near_edge):
            self.clear()

    def clear(self) -> None:
        """Wipe the line, so that pytest finds the screen as it left it."""
        writer = self._writer()
        if self._shown and writer is not None:
            writer.write(f"\r\n\x1b[2K{_back(writer)}")
        self._shown = False

    def _writer(self) -> _Raw | None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or not reporter.isatty or self._config.option.verbose < 0:
            return None
        return _Raw(reporter._tw, self._config.pluginmanager.get_plugin("capturemanager"))


class _Raw:
    """The terminal's file, below pytest's bookkeeping of the current line, and outside of its
    capture: a test is running while we write."""

    def __init__(self, terminal: Any, capture: Any) -> None:
        self._terminal = terminal
        self._capture = capture
        self.column: int = terminal.width_of_current_line
        self.is_near_edge: bool = self.column + _PERCENTAGE >= terminal.fullwidth

    def write(self, text: str) -> None:
        """Put text on the screen at once."""
        with _uncaptured(self._capture):
            self._terminal._file.write(text)
            self._terminal._file.flush()


def _uncaptured(capture: Any) -> AbstractContextManager[None]:
    """Write to the terminal, though a test is running and its output is captured."""
    return capture.global_and_fixture_disabled() if capture else nullcontext()


def _back(writer: _Raw) -> str:
    """Return the cursor to where pytest left it: one line up, same column."""
    return "\x1b[1A\r" + (f"\x1b[{writer.column}C" if writer.column else "")


def describe_progress(p: Progress) -> str:
    """Return the line: calls, rate, in flight, retries, spend, time left."""
    if p.note:
        return f"llmeval {p.note}"
    rate = p.done / p.elapsed if p.elapsed > 0 else 0.0
    left = (p.planned - p.done) / rate if rate else None
    parts = [
        f"llmeval {p.done}/{p.planned} samples",
        f"{p.calls} calls",
        f"{rate:.1f}/s",
        f"{p.in_flight} in flight",
        f"{p.retries} retries" if p.retries else "",
        f"${p.spent:.2f}" if p.spent is not None else "",
        f"{_clock(left)} left" if left is not None and p.done < p.planned else "",
    ]
    return " · ".join(part for part in parts if part)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
