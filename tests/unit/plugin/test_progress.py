from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest

from llmeval.plugin.progress import LiveLine, describe_progress
from llmeval.run import Progress


def progress(**changed: Any) -> Progress:
    usual: dict[str, Any] = {
        "done": 50,
        "planned": 200,
        "calls": 60,
        "in_flight": 8,
        "retries": 0,
        "spent": None,
        "elapsed": 10.0,
    }
    return Progress(**(usual | changed))


def test_the_line_tells_calls_rate_and_time_left() -> None:
    line = describe_progress(progress())
    assert line == "llmeval 50/200 samples · 60 calls · 5.0/s · 8 in flight · 0:30 left"


def test_retries_and_spend_are_told_where_there_are_any() -> None:
    line = describe_progress(progress(retries=3, spent=0.126))
    assert "3 retries · $0.13" in line


def test_a_long_run_is_told_in_hours() -> None:
    assert "2:46:40 left" in describe_progress(progress(done=1, planned=1001, elapsed=10.0))


def test_before_the_first_answer_and_after_the_last_no_time_is_told() -> None:
    assert "left" not in describe_progress(progress(done=0))
    assert "left" not in describe_progress(progress(done=200))


class Terminal:
    """A terminal reporter that keeps what is written."""

    def __init__(self, isatty: bool, column: int) -> None:
        self.isatty = isatty
        self.file = io.StringIO()
        self._tw = SimpleNamespace(_file=self.file, width_of_current_line=column)


def live(reporter: Terminal | None, verbose: int = 0) -> LiveLine:
    manager = SimpleNamespace(get_plugin=lambda name: reporter)
    config: Any = SimpleNamespace(pluginmanager=manager, option=SimpleNamespace(verbose=verbose))
    return LiveLine(config)


@pytest.mark.parametrize("column", [0, 17])
def test_the_line_lies_below_the_cursor_and_is_wiped(column: int) -> None:
    reporter = Terminal(isatty=True, column=column)
    line = live(reporter)
    line.show(progress())
    shown = reporter.file.getvalue()
    assert shown.startswith("\r\n\x1b[2K") and "50/200" in shown
    back = "\x1b[1A\r" + (f"\x1b[{column}C" if column else "")
    assert shown.endswith(back), "the cursor is where pytest left it"
    line.clear()
    assert reporter.file.getvalue().endswith("\r\n\x1b[2K" + back)
    before = reporter.file.getvalue()
    line.clear()
    assert reporter.file.getvalue() == before, "wiped once"


@pytest.mark.parametrize(
    ("reporter", "verbose"),
    [(None, 0), (Terminal(isatty=False, column=0), 0), (Terminal(isatty=True, column=0), -1)],
    ids=["no terminal plugin", "no terminal", "quiet"],
)
def test_nothing_is_drawn_where_nobody_watches(reporter: Terminal | None, verbose: int) -> None:
    line = live(reporter, verbose)
    line.show(progress())
    line.clear()
    assert reporter is None or reporter.file.getvalue() == ""
