"""A live line below pytest's own output, on a terminal only, while pytest waits for a sample."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from llmeval.run import Progress

__all__ = ["LiveLine", "describe_progress"]


class LiveLine:
    """Writes one line below the cursor and wipes it again; says nothing where nobody watches."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._shown = False

    def show(self, progress: Progress) -> None:
        """Draw or redraw the line."""
        writer = self._writer()
        if writer is None:
            return
        width = shutil.get_terminal_size().columns - 1
        text = describe_progress(progress)[:width]
        writer.write(f"\r\n\x1b[2K\x1b[2m{text}\x1b[0m{_back(writer)}")
        self._shown = True

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
        return _Raw(reporter._tw)


class _Raw:
    """The terminal's file, below pytest's bookkeeping of the current line."""

    def __init__(self, terminal: Any) -> None:
        self._terminal = terminal
        self.column: int = terminal.width_of_current_line

    def write(self, text: str) -> None:
        """Put text on the screen at once."""
        self._terminal._file.write(text)
        self._terminal._file.flush()


def _back(writer: _Raw) -> str:
    """Return the cursor to where pytest left it: one line up, same column."""
    return "\x1b[1A\r" + (f"\x1b[{writer.column}C" if writer.column else "")


def describe_progress(p: Progress) -> str:
    """Return the line: calls, rate, in flight, retries, spend, time left."""
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
