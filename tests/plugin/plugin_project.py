"""What the plugin's tests run: a small project in a temporary directory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

MODEL = "python:fake:answer"
INSTALLED = any(entry.name == "llmeval" for entry in metadata.entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "llmeval.plugin")

FAKE = '''
import os, time

def answer(prompt: str, **settings):
    """Tell odd from even, and leave a line for each call."""
    with open("calls.log", "a") as log:
        log.write(prompt.strip() + "\\n")
    time.sleep(float(os.environ.get("FAKE_DELAY", "0")))
    number = int(prompt.strip().rstrip("?").split()[-1])
    return f"{number} is {'odd' if number % 2 else 'even'}"

def other(prompt: str):
    return "odd " + answer(prompt)
'''
SUITE = '''
from llmeval import evaluate
from llmeval.scorers import contains

@evaluate("cases.jsonl", prompt="ask.j2", suite="arith", scorers=[contains("even")])
def test_parity(sample):
    """Numbers are told apart."""
'''
GATE = """
[[gate]]
id = "{id}"
metric = "{metric}"
{direction} = {threshold}
confidence = 0.9
severity = "{severity}"
"""


class Project:
    """A project on disk, with ways to run it and to read what the run left."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        (self.path / "prompts").mkdir()
        self.write("prompts/ask.j2", "What is the parity of {{ n }}?\n")
        self.write("pyproject.toml", "[tool.pytest.ini_options]\nfilterwarnings = ['error']\n")
        self.write("fake.py", FAKE)
        self.cases(6)
        self.suite(SUITE)

    def write(self, name: str, text: str) -> Path:
        path: Path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def cases(self, count: int, name: str = "cases.jsonl") -> None:
        rows = (json.dumps({"id": f"c{n}", "inputs": {"n": n}}) for n in range(count))
        self.write(name, "\n".join(rows) + "\n")

    def suite(self, text: str, name: str = "test_suite.py") -> None:
        self.write(name, text)

    def gate(
        self,
        threshold: float = 0.1,
        *,
        id: str = "arith.even",
        metric: str = "arith.contains.pass_rate",
        direction: str = "at_least",
        severity: str = "block",
    ) -> None:
        """Add a gate; half of the answers are even."""
        path = self.path / "gates.toml"
        before = path.read_text() if path.exists() else ""
        made = GATE.format(
            id=id, metric=metric, direction=direction, threshold=threshold, severity=severity
        )
        path.write_text(before + made)

    def run(self, *args: str, model: str | None = MODEL) -> pytest.RunResult:
        """Run pytest in this process."""
        given = [*PLUGIN, *([f"--model={model}"] if model else []), *args]
        return self.pytester.runpytest_inprocess("-p", "no:randomly", *given)

    def spread(self, *args: str, model: str | None = MODEL) -> pytest.RunResult:
        """Run pytest in a process of its own, with two xdist workers unless told otherwise."""
        many = () if any(a.startswith("-n") for a in args) else ("-n2",)
        given = [*PLUGIN, *([f"--model={model}"] if model else []), *many, *args]
        return self.pytester.runpytest_subprocess(*given, timeout=60)

    def either(self, how: str) -> Callable[..., pytest.RunResult]:
        return self.run if how == "plain" else self.spread

    def start(self, *args: str, delay: float = 0.1) -> subprocess.Popen[str]:
        """Start pytest in a process group of its own, and do not wait for it."""
        environment = {**os.environ, "FAKE_DELAY": str(delay), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *PLUGIN, f"--model={MODEL}", *args],
            cwd=self.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def calls(self) -> list[str]:
        """What the model was asked so far, a line a call."""
        log = self.path / "calls.log"
        return log.read_text().splitlines() if log.exists() else []

    def forget_calls(self) -> None:
        (self.path / "calls.log").unlink(missing_ok=True)

    def wait_for_calls(self, count: int) -> None:
        give_up = time.monotonic() + 30
        while len(self.calls()) < count:
            assert time.monotonic() < give_up, f"{len(self.calls())} of {count} calls"
            time.sleep(0.01)

    def runs(self) -> list[Path]:
        reports: Path = self.path / "reports"
        return sorted(p for p in reports.glob("*") if p.name != "latest")

    def record(self, run: str = "reports/latest") -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return (header, observations)."""
        lines = (self.path / run / "observations.jsonl").read_text("utf-8").splitlines()
        header, *observations = map(json.loads, lines)
        return header["run"], observations

    def summary(self, run: str = "reports/latest") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / run / "run.json").read_text("utf-8"))
        return found

    def files(self, run: str = "reports/latest") -> set[str]:
        return {path.name for path in (self.path / run).iterdir()}


FINISHED = {"observations.jsonl", "run.json", "report.html", "report.md", "junit.xml"}


def said(result: pytest.RunResult) -> str:
    return str(result.stdout) + str(result.stderr)


def one_message(result: pytest.RunResult, *words: str) -> None:
    """No traceback, no green run, and every word in what was said."""
    text = said(result)
    assert "Traceback" not in text, text
    assert "INTERNALERROR" not in text, text
    assert result.ret in (2, 4), text
    for word in words:
        assert word in text, text


def untimed(observation: dict[str, Any]) -> dict[str, Any]:
    """What two runs of the same model must have in common."""
    return {k: v for k, v in observation.items() if k != "timings"}


def stop_group(process: subprocess.Popen[str], sign: signal.Signals) -> None:
    os.killpg(process.pid, sign)
