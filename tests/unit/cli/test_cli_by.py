"""``--by=deployed_model`` of gate, report and compare: columns within one recorded run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from cli_running import GATES, observation, record, run

from llmeval.records import CallFailure, EndpointIdentity, Observation, Score
from llmeval.store import RunDirectory

Capture = pytest.CaptureFixture[str]
STABLE, CANARY = "demo [deployed_model=7]", "demo [deployed_model=8]"
SPLIT = {
    "deployed_models": [
        {"id": "7", "version": "3", "display_name": "clinic", "traffic": 80},
        {"id": "8", "version": "4", "display_name": "clinic-next", "traffic": 20},
    ]
}


def answer(i: int, value: float, deployed: str | None, **changes: Any) -> Observation:
    made = msgspec.structs.replace(observation(i, value), deployed_model=deployed)
    return msgspec.structs.replace(made, **changes)


def failed(i: int, deployed: str | None) -> Observation:
    error = CallFailure("timeout", "too slow", deployed_model=deployed)
    return answer(i, 0.0, None, outcome="timeout", response=None, error=error, scores=[])


def split_run(path: Path, *more: Observation, bad: int = 20, **header: Any) -> Path:
    """240 answers of the stable model, 60 of the canary, ``bad`` of which are bad."""
    rows = [answer(i, 1.0, "7") for i in range(240)]
    rows += [answer(240 + i, float(i >= bad), "8") for i in range(60)]
    record(path, [*rows, *more])
    directory = RunDirectory.open(path)
    identity = EndpointIdentity("demo", "vertex", "demo", details=SPLIT)
    changed = msgspec.structs.replace(directory.header(), models=[identity], **header)
    directory.join(changed, [], {})
    return path


@pytest.fixture
def gates(tmp_path: Path) -> Path:
    (tmp_path / "gates.toml").write_text(GATES.format(threshold=0.9))
    return tmp_path / "gates.toml"


def finished(capsys: Capture, path: Path, gates: Path, *words: str) -> Path:
    """A run that came to its end, so that a verdict can be had."""
    run(capsys, "gate", path, "--gates", gates, "--write", *words)
    directory = RunDirectory.open(path)
    summary = directory.summary()
    assert summary is not None
    directory.write_summary(msgspec.structs.replace(summary, partial=[]))
    return path


def test_gate_decides_each_deployed_model(tmp_path: Path, gates: Path, capsys: Capture) -> None:
    path = finished(capsys, split_run(tmp_path / "r"), gates)
    whole = run(capsys, "gate", path, "--gates", gates, "--json")
    assert [g["model"] for g in whole.json["gates"]] == ["demo"]
    apart = run(capsys, "gate", path, "--gates", gates, "--by=deployed_model")
    assert apart.code == 1
    assert "on deployed_model=7 " in apart.out and "on deployed_model=8 " in apart.out
    told = "column deployed_model=8: clinic-next, version 4, 20 % of the traffic, 60 samples"
    assert told in apart.out
    found = run(capsys, "gate", path, "--gates", gates, "--by=deployed_model", "--json").json
    assert {g["model"]: (g["verdict"], g["n"]) for g in found["gates"]} == {
        STABLE: ("PASS", 240),
        CANARY: ("FAIL", 60),
    }
    assert found["by"] == "deployed_model"
    assert [c["finding"] for c in found["contrasts"]] == ["worse", "no difference shown"]


def test_a_run_decided_by_columns_stays_so_until_told_otherwise(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    path = finished(capsys, split_run(tmp_path / "r"), gates, "--by=deployed_model")
    again = run(capsys, "gate", path, "--gates", gates, "--json").json
    assert again["by"] == "deployed_model" and len(again["gates"]) == 2
    whole = run(capsys, "gate", path, "--gates", gates, "--by=model", "--json").json
    assert [g["model"] for g in whole["gates"]] == ["demo"] and whole["columns"] == []
    killed = split_run(tmp_path / "killed", by="deployed_model")
    assert len(run(capsys, "gate", killed, "--gates", gates, "--json").json["gates"]) == 2


def test_by_can_stand_in_the_settings(
    tmp_path: Path, gates: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = finished(capsys, split_run(tmp_path / "r"), gates)
    (tmp_path / "pyproject.toml").write_text("[tool.llmeval]\nby = 'deployed_model'\n")
    monkeypatch.chdir(tmp_path)
    assert len(run(capsys, "gate", path, "--json").json["gates"]) == 2
    assert len(run(capsys, "gate", path, "--by=model", "--json").json["gates"]) == 1


@pytest.mark.parametrize("command", ["gate", "report", "compare"])
@pytest.mark.parametrize(
    ("word", "told"),
    [("deployed-model", "Did you mean 'deployed_model'?"), ("location", "model, deployed_model.")],
)
def test_another_word_is_refused(
    command: str, word: str, told: str, tmp_path: Path, capsys: Capture
) -> None:
    done = run(capsys, command, split_run(tmp_path / "r"), f"--by={word}")
    assert done.code == 2 and f"--by={word}: give one of" in done.err and told in done.err


def test_report_renders_the_same_columns_again(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    path = finished(capsys, split_run(tmp_path / "r"), gates, "--by=deployed_model")
    run(capsys, "report", path, "--format=html,md,junit")
    page, text = (path / "report.html").read_text("utf-8"), (path / "report.md").read_text("utf-8")
    assert "Deployed models" in page and "Differences between deployed models" in page
    assert "on deployed\\_model=8" in text and "clinic-next, version 4" in text
    assert f'classname="{CANARY}"' in (path / "junit.xml").read_text("utf-8")
    run(capsys, "report", path, "--by=deployed_model", "--out", tmp_path / "same")
    assert (tmp_path / "same" / "report.html").read_text("utf-8") == page


def test_report_shows_columns_of_a_run_that_was_decided_whole(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    path = finished(capsys, split_run(tmp_path / "r"), gates)
    before = (path / "run.json").read_bytes()
    run(capsys, "report", path, "--by=deployed_model")
    text = (path / "report.md").read_text("utf-8")
    assert "| format.json on demo |" in text, "a gate is shown as it was decided"
    assert "| format on deployed\\_model=8 | 60 |" in text
    assert (path / "run.json").read_bytes() == before
    apart = finished(capsys, path, gates, "--by=deployed_model")
    run(capsys, "report", apart, "--by=model")
    text = (path / "report.md").read_text("utf-8")
    assert "| format on demo | 300 |" in text
    assert "format.json on demo \\[deployed\\_model=8\\]" in text


def test_report_decides_by_columns_where_there_is_no_run_json(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    path = split_run(tmp_path / "r")
    done = run(capsys, "report", path, "--by=deployed_model", "--gates", gates, "--json")
    assert done.code == 0
    assert "format.json on deployed\\_model=7" in (path / "report.md").read_text("utf-8")


# compare


def test_compare_holds_the_canary_against_the_stable_model(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    path = finished(capsys, split_run(tmp_path / "r", failed(400, "8")), gates)
    found = run(capsys, "compare", path, "--by=deployed_model", "--json").json
    assert (found["base"], found["run"], found["by"]) == ("run-1", "run-1", "deployed_model")
    rate, errors = found["contrasts"]
    assert (rate["metric"], rate["finding"]) == ("format.json_schema.pass_rate", "worse")
    assert (rate["model"], rate["against"]) == (CANARY, STABLE)
    assert rate["base"] == 1 and rate["run"] == pytest.approx(40 / 61)
    assert rate["difference"]["low"] < rate["difference"]["value"] == rate["run"] - 1
    assert errors["metric"] == "format.error_rate" and errors["run"] == pytest.approx(1 / 61)
    assert (found["flips"], found["notes"]) == ([], [])
    done = run(capsys, "compare", path, "--by=deployed_model")
    assert done.code == 0
    for line in (f"base {STABLE}: clinic", f"column {CANARY}: clinic-next", "worse"):
        assert line in done.out


def test_calls_of_nobody_are_left_out_of_differences_and_told(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    lost = [failed(400 + i, None) for i in range(30)]
    path = finished(capsys, split_run(tmp_path / "r", *lost, bad=0), gates)
    found = run(capsys, "compare", path, "--by=deployed_model", "--json").json
    (rate,) = found["contrasts"]
    assert rate["metric"] == "format.json_schema.pass_rate"
    assert rate["finding"] == "no difference shown" and rate["difference"]["n"] == 300
    assert found["notes"] == [
        "30 failed calls of demo did not tell which deployed model they met: counted in every "
        "column, left out of the differences between columns"
    ]
    assert "note: 30 failed calls" in run(capsys, "compare", path, "--by=deployed_model").out


def test_cases_that_both_answered_differently_are_named(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    again = [answer(i, 1.0, "8", repetition=1) for i in range(30)]
    again[3] = msgspec.structs.replace(again[3], scores=[Score("json_schema", 0.0)])
    again += [failed(5, "8")]
    again[-1] = msgspec.structs.replace(again[-1], repetition=2)
    path = finished(capsys, split_run(tmp_path / "r", *again), gates)
    found = run(capsys, "compare", path, "--by=deployed_model", "--json").json
    flips = {f["case_id"]: (f["model"], f["base"], f["run"]) for f in found["flips"]}
    assert flips == {"c3": (CANARY, 1.0, 0.0), "c5": (CANARY, 1.0, 0.5)}
    assert [f["case_id"] for f in found["flips"]] == ["c3", "c5"]
    text = run(capsys, "compare", path, "--by=deployed_model").out
    assert "2 cases that both answered differ; the worst first:" in text
    assert "test_json[c3] on deployed_model=8: passed 100% of its samples, there 0%" in text


def test_a_partial_run_is_compared_with_a_note(tmp_path: Path, capsys: Capture) -> None:
    found = run(capsys, "compare", split_run(tmp_path / "r"), "--by=deployed_model", "--json").json
    assert found["contrasts"] and found["notes"][0].startswith("RUN: it never got as far")


def test_one_deployed_model_is_nothing_to_compare(tmp_path: Path, capsys: Capture) -> None:
    path = record(tmp_path / "r", [answer(i, 1.0, "7") for i in range(5)])
    done = run(capsys, "compare", path, "--by=deployed_model")
    assert done.code == 2 and STABLE in done.err


def test_compare_wants_one_run_or_two(tmp_path: Path, capsys: Capture) -> None:
    path = split_run(tmp_path / "r")
    two = run(capsys, "compare", path, path, "--by=deployed_model")
    assert two.code == 2 and "give RUN alone" in two.err
    for words in ([], ["--by=model"]):
        one = run(capsys, "compare", path, *words)
        assert one.code == 2 and "give BASE and RUN" in one.err


def test_a_hostile_deployed_model_moves_no_cursor(
    tmp_path: Path, gates: Path, capsys: Capture
) -> None:
    evil = [answer(500 + i, 1.0, "\x1b[2J\u202e<script>| a |") for i in range(9)]
    path = finished(capsys, split_run(tmp_path / "r", *evil), gates, "--by=deployed_model")
    for words in (["gate", path, "--gates", gates], ["compare", path, "--by=deployed_model"]):
        done = run(capsys, *words)
        assert "\x1b" not in done.out + done.err and "\u202e" not in done.out
    run(capsys, "report", path)
    assert "<script>" not in (path / "report.html").read_text("utf-8")
    assert "<script>" not in (path / "report.md").read_text("utf-8")
