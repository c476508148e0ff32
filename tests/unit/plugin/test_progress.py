from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path
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
        self._tw = SimpleNamespace(_file=self.file, width_of_current_line=column, fullwidth=80)


def live(reporter: Terminal | None, verbose: int = 0) -> LiveLine:
    plugins = {"terminalreporter": reporter}
    manager = SimpleNamespace(get_plugin=plugins.get)
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


def test_the_line_stays_while_pytest_goes_on_along_its_own() -> None:
    reporter = Terminal(isatty=True, column=20)
    line = live(reporter)
    line.show(progress(), now=5.0)
    shown = reporter.file.getvalue()
    line.make_way(last_of_line=False)
    assert reporter.file.getvalue() == shown
    assert not line.is_due(5.1) and line.is_due(5.3)


@pytest.mark.parametrize(
    ("column", "verbose", "last"),
    [(75, 0, False), (20, 1, False), (20, 0, True)],
    ids=["near the edge", "a line for each test", "another file comes"],
)
def test_the_line_makes_way_for_a_new_one(column: int, verbose: int, last: bool) -> None:
    reporter = Terminal(isatty=True, column=column)
    line = live(reporter, verbose)
    line.show(progress())
    shown = reporter.file.getvalue()
    line.make_way(last_of_line=last)
    assert reporter.file.getvalue() != shown


def test_the_line_is_seen_on_a_real_terminal(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "ask.j2").write_text("Say {{ word }}.")
    (tmp_path / "cases.csv").write_text("id,word\n" + "".join(f"c{n},w{n}\n" for n in range(12)))
    (tmp_path / "test_slow.py").write_text(
        "from llmeval import evaluate\n"
        "@evaluate('cases.csv', prompt='ask.j2', suite='slow')\n"
        "def test_slow(sample):\n    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "--model=demo?ttft=0.4", "--concurrency=2"]
    seen = bytearray()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 65536)
        seen.extend(data)
        return data

    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        pty.spawn(command, read, lambda descriptor: b"")
    finally:
        os.chdir(before)
    screen = seen.decode("utf-8", "replace")
    assert "/12 samples" in screen and "in flight" in screen
    assert "12 passed" in screen
