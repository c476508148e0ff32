"""Runs that end badly say why, truly, and can be gone on with. Each is a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

INSTALLED = any(entry.name == "llmeval" for entry in metadata.entry_points(group="pytest11"))
COMMAND = [sys.executable, "-m", "pytest", *(() if INSTALLED else ("-p", "llmeval.plugin"))]
SUITE = """
from llmeval import evaluate
from llmeval.scorers import contains

@evaluate("cases.jsonl", prompt="ask.j2", suite="{suite}", scorers=[contains("fine")])
def test_{suite}(sample):
    "Answers are fine."
"""
GATE = '[[gate]]\nid = "small.fine"\nmetric = "small.contains.pass_rate"\nat_least = 0.3\n'
MODEL = """
import time
def fine(prompt): return "fine"
def slow(prompt):
    time.sleep(0.2)
    return "fine"
"""
HOW = pytest.mark.parametrize("how", [(), ("-n2",)], ids=["plain", "-n2"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/ask.j2").write_text("{{ n }}")
    rows = [json.dumps({"id": f"c{n}", "inputs": {"n": n}}) for n in range(20)]
    (tmp_path / "cases.jsonl").write_text("\n".join(rows))
    (tmp_path / "test_small.py").write_text(SUITE.format(suite="small"))
    (tmp_path / "gates.toml").write_text(GATE)
    (tmp_path / "answers.py").write_text(MODEL)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def partial(folder: Path) -> list[str]:
    found: list[str] = json.loads((folder / "reports/latest/run.json").read_text())["partial"]
    return found


@HOW
def test_a_dead_endpoint_is_not_ctrl_c(folder: Path, how: tuple[str, ...]) -> None:
    done = run(folder, "--model=openai:http://127.0.0.1:9/v1#m", *how)
    assert done.returncode == 4, done.stdout
    assert "nobody listens" in done.stdout and "Ctrl-C" not in done.stdout
    assert [reason for reason in partial(folder) if "is down" not in reason] == []


def test_minus_x_is_not_ctrl_c(folder: Path) -> None:
    (folder / "test_small.py").write_text(SUITE.format(suite="small") + "    assert False\n")
    run(folder, "--model=python:answers:fine", "-x")
    assert any("stopping after 1 failures" in reason for reason in partial(folder))
    assert not any("Ctrl-C" in reason for reason in partial(folder))


def test_an_empty_case_file_is_the_only_complaint(folder: Path) -> None:
    (folder / "cases.jsonl").write_text("")
    done = run(folder, "--model=python:answers:fine")
    assert done.returncode == 2
    assert "holds no cases" in done.stdout
    assert "no suite 'small'" not in done.stdout + done.stderr


@HOW
def test_going_on_after_errors_of_collection_measures_the_rest(
    folder: Path, how: tuple[str, ...]
) -> None:
    (folder / "test_other.py").write_text("import absent_module\n" + SUITE.format(suite="other"))
    done = run(folder, "--model=python:answers:fine", "--continue-on-collection-errors", *how)
    assert done.returncode == 1, done.stdout
    assert "KeyError" not in done.stdout and "20 answered" in done.stdout
    summary = json.loads((folder / "reports/latest/run.json").read_text())
    assert summary["verdict"] == "INCONCLUSIVE" and "could not be collected" in str(partial(folder))


def test_a_first_run_that_was_killed_is_found_by_a_plain_resume(folder: Path) -> None:
    killed = subprocess.Popen(
        [*COMMAND, "--model=python:answers:slow", "--concurrency=2"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    record = folder / "reports/latest/observations.jsonl"
    give_up = time.monotonic() + 30
    while not record.exists() or len(record.read_bytes().splitlines()) < 4:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    kept = set(record.read_bytes().splitlines()[1:4])
    done = run(folder, "--model=python:answers:slow", "--resume")
    assert done.returncode == 0, done.stdout
    assert kept <= set(record.read_bytes().splitlines())
    assert len(list((folder / "reports").iterdir())) == 2


@pytest.mark.parametrize("wrong", ["torn", "empty", "cases"])
def test_a_run_that_cannot_be_resumed_says_what_to_do(folder: Path, wrong: str) -> None:
    run(folder, "--model=python:answers:fine", "--max-calls=9")
    record = folder / "reports/latest/observations.jsonl"
    if wrong == "torn":
        lines = record.read_bytes().splitlines(keepends=True)
        record.write_bytes(b"".join([*lines[:4], lines[4][:-30] + b"\n", *lines[5:]]))
    elif wrong == "empty":
        record.write_bytes(b"")
    else:
        cases = folder / "cases.jsonl"
        cases.write_text(cases.read_text().replace('"n": 3}', '"n": 300}'))
    before = record.read_bytes()
    done = run(folder, "--model=python:answers:fine", "--resume")
    fixes = {"torn": "delete that line", "empty": "delete that file", "cases": "measure anew"}
    assert done.returncode == 4
    assert fixes[wrong] in done.stdout + done.stderr
    assert record.read_bytes() == before


def test_without_gates_the_summary_says_that_nothing_was_decided(folder: Path) -> None:
    (folder / "gates.toml").unlink()
    done = run(folder, "--model=python:answers:fine")
    assert "nothing is decided" in done.stdout and "llmeval init" in done.stdout


@HOW
def test_bodies_that_never_ran_leave_no_pass_behind(folder: Path, how: tuple[str, ...]) -> None:
    text = SUITE.format(suite="small").replace("(sample)", "(sample, absent)")
    (folder / "test_small.py").write_text(text)
    done = run(folder, "--model=python:answers:fine", *how)
    assert done.returncode == 1
    summary = json.loads((folder / "reports/latest/run.json").read_text())
    assert summary["verdict"] == "INCONCLUSIVE", done.stdout
    assert any("fixtures of test_small failed" in reason for reason in partial(folder))
