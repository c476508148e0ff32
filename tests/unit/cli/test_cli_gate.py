"""``llmeval gate`` and ``llmeval report``: from the record alone, again and again."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from cli_running import GATES, observation, record, run

from llmeval.cli.recorded import decide
from llmeval.store import RunDirectory

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gates.toml").write_text(GATES.format(threshold=0.9))
    return tmp_path


def whole(path: Path, bad: int = 0, n: int = 100) -> Path:
    """A run that came to its end: a record with its run.json."""
    record(path, [observation(i, 0.0 if i < bad else 1.0) for i in range(n)])
    directory = RunDirectory.open(path)
    summary = decide(directory, Path("gates.toml"))
    directory.write_summary(msgspec.structs.replace(summary, partial=[], finished_at=1.79e9 + 60))
    directory.write_summary(decide(directory, Path("gates.toml")))
    return path


@pytest.mark.parametrize(
    ("bad", "n", "verdict", "code"),
    [(0, 100, "PASS", 0), (40, 100, "FAIL", 1), (0, 10, "INCONCLUSIVE", 3)],
)
def test_the_exit_code_is_the_verdict(
    bad: int, n: int, verdict: str, code: int, here: Path, capsys: Capture
) -> None:
    done = run(capsys, "gate", whole(here / "r", bad, n))
    assert done.code == code and done.err == ""
    assert done.out.splitlines()[-1].startswith(f"{verdict}: ")
    assert f"{verdict} " in done.out and "format.json" in done.out
    told = run(capsys, "gate", "r", "--json")
    assert told.code == code and told.json["verdict"] == verdict
    assert told.json["finished_at"] == 1.79e9 + 60


def test_todays_gates_decide_and_nothing_is_changed(here: Path, capsys: Capture) -> None:
    whole(here / "r", bad=6)
    before = {path.name: path.read_bytes() for path in (here / "r").iterdir()}
    assert run(capsys, "gate", "r").code == 3
    (here / "lenient.toml").write_text(GATES.format(threshold=0.8))
    assert run(capsys, "gate", "r", "--gates", "lenient.toml").code == 0
    assert {path.name: path.read_bytes() for path in (here / "r").iterdir()} == before
    assert run(capsys, "gate", "r/run.json", "--gates", "lenient.toml", "--write").code == 0
    assert json.loads((here / "r" / "run.json").read_bytes())["verdict"] == "PASS"
    assert {"report.html", "report.md", "junit.xml"} <= {p.name for p in (here / "r").iterdir()}


def test_a_run_that_never_ended_does_not_pass(here: Path, capsys: Capture) -> None:
    record(here / "r", [observation(i) for i in range(100)])
    done = run(capsys, "gate", "r")
    assert done.code == 3 and "never got as far as its verdict" in done.out


def test_what_made_it_partial_then_counts_now(here: Path, capsys: Capture) -> None:
    directory = RunDirectory.open(record(here / "r", [observation(i) for i in range(100)]))
    summary = decide(directory, Path("gates.toml"))
    directory.write_summary(msgspec.structs.replace(summary, partial=["stopped by Ctrl-C"]))
    done = run(capsys, "gate", "r")
    assert done.code == 3 and "partial: stopped by Ctrl-C" in done.out


def test_missing_samples_are_an_error(here: Path, capsys: Capture) -> None:
    whole(here / "r")
    lines = (here / "r" / "observations.jsonl").read_bytes().splitlines(keepends=True)
    (here / "r" / "observations.jsonl").write_bytes(b"".join(lines[:-5]))
    done = run(capsys, "gate", "r")
    assert done.code == 4 and "ERROR" in done.out


def test_without_gates_the_verdict_is_none(here: Path, capsys: Capture) -> None:
    whole(here / "r")
    (here / "gates.toml").unlink()
    done = run(capsys, "gate", "r")
    assert done.code == 3 and "NONE" in done.out and "no gate decides" in done.out


def test_a_baseline_is_another_run(here: Path, capsys: Capture) -> None:
    whole(here / "base")
    whole(here / "r")
    (here / "gates.toml").write_text(
        GATES.format(threshold=0.1).replace("at_least", "no_worse_than_baseline")
    )
    assert run(capsys, "gate", "r", "--baseline", "base").code == 0
    assert run(capsys, "gate", "r").code != 0
    assert run(capsys, "gate", "r", "--baseline", "nowhere").code == 4
    assert run(capsys, "gate", "r", "--baseline", "base", "--json").json["baseline"] == "run-1"
    (here / "pyproject.toml").write_text("[tool.llmeval]\nbaseline = 'base'\n")
    assert run(capsys, "gate", "r").code == 0


def test_a_baseline_that_measured_something_else_is_refused(here: Path, capsys: Capture) -> None:
    whole(here / "r")
    header = RunDirectory.open(whole(here / "base")).header()
    suite = msgspec.structs.replace(header.suites[0], prompt_hash="2" * 64)
    RunDirectory(here / "base").join(msgspec.structs.replace(header, suites=[suite]), [], {})
    assert run(capsys, "gate", "r", "--baseline", "base").code == 0
    gates = GATES.format(threshold=0.1).replace("at_least", "no_worse_than_baseline")
    (here / "gates.toml").write_text(gates)
    done = run(capsys, "gate", "r", "--baseline", "base")
    assert done.code == 2 and "format::test_json: prompt or settings changed" in done.err
    done = run(capsys, "gate", "r", "--baseline", "gs://bucket/run")
    assert done.code == 2 and "pipeline" in done.err
    (here / "base" / "run.json").unlink()
    done = run(capsys, "gate", "r", "--baseline", "base")
    assert done.code == 2 and "cannot be a baseline" in done.err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["gate", "nowhere"], 4, "no run at nowhere"),
        (["gate", "."], 4, "is not a run"),
        (["gate", "r", "--gates", "nowhere.toml"], 2, "there is no such file"),
        (["gate", "r", "--gates", "wrong.toml"], 2, "Did you mean 'at_least'?"),
        (["report", "r", "--format", "pdf"], 2, "none of html, md, junit"),
        (["report", "r", "--format", ","], 2, "name one of"),
        (["report", "r", "--out", "gates.toml"], 4, "cannot make gates.toml"),
        (["report", "nowhere"], 4, "no run at nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: int, told: str, here: Path, capsys: Capture
) -> None:
    whole(here / "r")
    wrong = GATES.format(threshold=0.9).replace("at_least", "at_leest")
    (here / "wrong.toml").write_text(wrong)
    done = run(capsys, *words)
    assert done.code == code and told in done.err and "Traceback" not in done.err


def test_a_torn_middle_and_a_newer_format_are_named(here: Path, capsys: Capture) -> None:
    path = whole(here / "r") / "observations.jsonl"
    good = path.read_bytes()
    lines = good.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"suite": \n', *lines[4:]]))
    done = run(capsys, "gate", "r")
    assert done.code == 4 and "line 4 is damaged" in done.err
    path.write_bytes(good.replace(b'"format_version":1', b'"format_version":99'))
    done = run(capsys, "gate", "r")
    assert done.code == 4 and "format version 99" in done.err


def test_several_models_are_named(here: Path, capsys: Capture) -> None:
    rows = [observation(i) for i in range(60)]
    whole(here / "r")
    summary = RunDirectory.open(here / "r").summary()
    assert summary is not None
    other = msgspec.structs.replace(summary.model, ref="other", name="other")
    path = record(here / "two", rows, planned=60)
    header = RunDirectory.open(path).header()
    suites = [msgspec.structs.replace(header.suites[0], planned=120)]
    header = msgspec.structs.replace(header, models=[summary.model, other], suites=suites)
    directory = RunDirectory(here / "both")
    record(here / "both", rows + [msgspec.structs.replace(o, model="other") for o in rows])
    directory.join(header, [], {})
    done = run(capsys, "gate", "both")
    assert "format.json on demo" in done.out and "format.json on other" in done.out


def test_a_terminal_is_never_obeyed(here: Path, capsys: Capture) -> None:
    record(
        here / "r", [observation(i, text="\x1b[2J") for i in range(9)], partial=["\x1b[31m\u202e"]
    )
    done = run(capsys, "gate", "r")
    assert "\x1b" not in done.out and "\u202e" not in done.out


def test_report_renders_again_without_deciding(here: Path, capsys: Capture) -> None:
    whole(here / "r")
    (here / "gates.toml").write_text(GATES.format(threshold=0.999))
    before = (here / "r" / "run.json").read_bytes()
    done = run(capsys, "report", "r")
    assert done.code == 0
    assert done.out.splitlines() == [str(here / "r" / n) for n in ("report.html", "report.md")]
    assert (here / "r" / "run.json").read_bytes() == before
    assert "PASS" in (here / "r" / "report.md").read_text()
    told = run(capsys, "report", "r", "--out", "pub", "--format", "junit,md", "--json").json
    assert told == {"verdict": "PASS", "written": ["pub/junit.xml", "pub/report.md"]}
    assert sorted(p.name for p in (here / "pub").iterdir()) == ["junit.xml", "report.md"]


def test_report_decides_where_nothing_was_decided(here: Path, capsys: Capture) -> None:
    record(here / "r", [observation(i) for i in range(100)])
    assert run(capsys, "report", "r", "--json").json["verdict"] == "INCONCLUSIVE"
    assert not (here / "r" / "run.json").exists()
