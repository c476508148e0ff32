"""How a session may end: resume, caps, Ctrl-C, kill -9, a dead worker or endpoint, bad input."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from plugin_project import (
    FINISHED,
    MODEL,
    PLUGIN,
    SUITE,
    Project,
    one_message,
    said,
    stop_group,
)

from llmeval.emulator import Faults, running_server

pytest_plugins = ["pytester"]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])


# Resume


@HOW
def test_resume_asks_nothing_twice(project: Project, how: str) -> None:
    project.gate()
    run = project.either(how)
    assert run("--max-calls=4").ret == 1
    assert len(project.calls()) == 4
    result = run("--resume")
    assert result.ret == 0, said(result)
    assert sorted(project.calls()) == [f"What is the parity of {n}?" for n in range(6)]
    assert project.summary()["verdict"] == "PASS"
    assert len(project.runs()) == 1
    assert run("--resume").ret == 0
    assert len(project.calls()) == 6


@HOW
@pytest.mark.parametrize(
    "change, word",
    [
        ("cases", "cases changed"),
        ("prompt", "prompt or settings changed"),
        ("scorers", "scorers changed"),
        ("samples", "samples (was 1, now 2) changed"),
        ("seed", "seed was 0, now 7"),
        ("model", f"model was {MODEL}, now python:fake:other"),
    ],
)
def test_resume_refuses_what_changed(project: Project, how: str, change: str, word: str) -> None:
    if how == "-n2" and change not in ("prompt", "seed"):
        pytest.skip("the same check")
    assert project.run().ret == 0
    before = project.record()
    options = {"samples": ["--samples=2"], "seed": ["--seed=7"]}.get(change, [])
    if change == "cases":
        project.cases(7)
    elif change == "prompt":
        project.write("prompts/ask.j2", "Is {{ n }} odd? Number {{ n }}?")
    elif change == "scorers":
        project.suite(SUITE.replace('"even"', '"odd"'))
    model = "python:fake:other" if change == "model" else MODEL
    result = project.either(how)("--resume", *options, model=model)
    one_message(result, "cannot resume", word)
    assert project.record() == before
    assert len(project.calls()) == 6


def test_a_directory_that_holds_a_run_is_refused(project: Project) -> None:
    assert project.run("--run-dir=mine").ret == 0
    before = (project.path / "mine/observations.jsonl").read_bytes()
    one_message(project.run("--run-dir=mine"), "holds a run already", "--resume")
    assert (project.path / "mine/observations.jsonl").read_bytes() == before
    assert len(project.calls()) == 6


def test_resume_without_a_run(project: Project) -> None:
    one_message(project.run("--resume"), "--resume", "--run-dir")


# Caps


@HOW
@pytest.mark.parametrize("cap", [0, 1, 3])
def test_max_calls_is_never_exceeded(project: Project, how: str, cap: int) -> None:
    project.gate()
    result = project.either(how)(f"--max-calls={cap}")
    assert result.ret == 1, said(result)
    assert len(project.calls()) <= cap
    summary = project.summary()
    assert summary["verdict"] not in ("PASS", "FAIL")
    assert any("--max-calls" in reason for reason in summary["partial"])
    assert project.files() == FINISHED


def test_a_budget_without_a_price_is_refused(project: Project) -> None:
    one_message(project.run("--budget=1"), "needs the price", "[tool.llmeval.prices]")


# Killed and interrupted


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["plain", "-n2"])
def test_ctrl_c_keeps_the_record_and_writes_the_report(
    project: Project, workers: list[str]
) -> None:
    project.cases(400)
    project.gate()
    process = project.start("--concurrency=2", *workers)
    project.wait_for_calls(10)
    (stop_group if workers else lambda p, s: p.send_signal(s))(process, signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 2, output
    _, observations = project.record()
    assert 1 <= len(observations) < 400
    assert project.files() == FINISHED
    summary = project.summary()
    assert summary["verdict"] not in ("PASS", "NONE")
    assert any("Ctrl-C" in reason for reason in summary["partial"]), summary["partial"]
    assert len(project.calls()) - len(observations) <= 4, "only calls in flight are lost"


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["plain", "-n2"])
def test_a_killed_run_goes_on_where_it_was(project: Project, workers: list[str]) -> None:
    project.cases(60)
    project.gate()
    process = project.start("--concurrency=2", "--run-dir=run", *workers, delay=0.05)
    project.wait_for_calls(20)
    stop_group(process, signal.SIGKILL)
    process.communicate(timeout=30)
    parts = [p.read_text().splitlines()[1:] for p in (project.path / "run").glob("obs*.jsonl")]
    recorded = sum(map(len, parts))
    killed = len(project.calls())
    assert 10 <= recorded < 60
    assert killed - recorded <= 4
    result = project.either("-n2" if workers else "plain")("--run-dir=run", "--resume")
    assert result.ret == 0, said(result)
    assert len(project.calls()) - killed == 60 - recorded
    _, observations = project.record("run")
    assert sorted(int(o["case_id"][1:]) for o in observations) == list(range(60))
    assert project.summary("run")["verdict"] == "PASS"


def test_a_worker_that_dies_costs_its_item_only(project: Project) -> None:
    project.cases(20)
    project.gate()
    project.suite(
        "import os\n" + SUITE + "    if sample.case.id == 'c3':\n        os.kill(os.getpid(), 9)\n"
    )
    result = project.spread()
    assert result.ret == 1, said(result)
    assert "crashed while running" in said(result)
    _, observations = project.record()
    assert [o["case_id"] for o in observations] == [f"c{n}" for n in range(20)]
    assert project.summary()["verdict"] != "PASS"
    assert project.files() == FINISHED


# Endpoints


@HOW
def test_nobody_listening(project: Project, how: str) -> None:
    model = "openai:http://127.0.0.1:9/v1#m"
    one_message(project.either(how)(model=model), "is down: refused_connection", "start the server")


def test_an_unknown_host(project: Project) -> None:
    result = project.run(model="openai:http://no-such-host.invalid/v1#m")
    one_message(result, "dns", "correct the host's name")


def test_a_refused_key(project: Project) -> None:
    with running_server(["demo"], faults=Faults(api_key="right")) as url:
        one_message(project.run(model=f"openai:{url}#demo"), "unauthorized (HTTP 401)", "key")


def test_an_unknown_model_name(project: Project) -> None:
    with running_server(["demo"]) as url:
        one_message(project.run(model=f"openai:{url}#demmo"), "404")


@pytest.mark.parametrize("how", ["plain", "-n2"])
def test_a_faulty_server_loses_no_sample(project: Project, how: str) -> None:
    project.cases(80)
    faults = Faults(
        quota_429=0.05,
        server_500=0.05,
        reset=0.05,
        truncated=0.05,
        garbage=0.05,
        empty=0.05,
        retry_after=0.05,
    )
    with running_server(["demo"], faults=faults, seed=3) as url:
        result = project.either(how)("--retry-for=5", model=f"openai:{url}#demo")
    assert result.ret == 0, said(result)
    _, observations = project.record()
    assert sorted(int(o["case_id"][1:]) for o in observations) == list(range(80))
    summary = project.summary()
    outcomes = summary["coverage"]["outcomes"]
    assert sum(outcomes.values()) == 80
    assert outcomes["answered"] >= 50
    assert outcomes.get("malformed_body", 0) + outcomes.get("empty", 0) >= 3, outcomes
    assert summary["calls"]["retried"] >= 3


def test_unmeasured_samples_are_shown(project: Project) -> None:
    project.write("fake.py", "def answer(prompt):\n    return ''\n")
    project.gate()
    result = project.run("-v")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*UNMEASURED (empty)*"])
    assert project.summary()["coverage"]["outcomes"] == {"empty": 6}


# Bad input: one message, exit code 2 or 4, no call, nothing lost


@pytest.mark.parametrize(
    "model, words",
    [
        ("demmo", ["unknown model reference", "'demo'"]),
        ("", ["model reference"]),
        ("openai:127.0.0.1:80", ["http://"]),
        ("python:fake:answr", ["'answer'"]),
        ("python:absent:f", ["No module named 'absent'"]),
        ("12345?region=x", ["'region' is no parameter", "vertex:DISPLAY NAME"]),
        (MODEL + "\x1b[31m", ["PACKAGE.MODULE:FUNCTION", ""]),
    ],
)
def test_a_wrong_model(project: Project, model: str, words: list[str]) -> None:
    result = project.run(f"--model={model}", model=None)
    if model:
        one_message(result, *words)
    assert project.calls() == []


@HOW
@pytest.mark.parametrize(
    "gates, words",
    [
        ("[[gate]]\nid='a'\nmetrc='arith.contains.pass_rate'\nat_least=0.1\n", ["'metric'"]),
        ("[[gate]]\nid='a'\nmetric='arith.contain.pass_rate'\nat_least=0.1\n", ["contains"]),
        ("[[gate]]\nid='a'\nmetric='arith.contains.pas_rate'\nat_least=0.1\n", ["pass_rate"]),
        ("[[gate]]\nid='a'\nmetric='arth.contains.pass_rate'\nat_least=0.1\n", ["'arith'"]),
        ("[[gate]\n", ["gates.toml"]),
    ],
)
def test_wrong_gates(project: Project, how: str, gates: str, words: list[str]) -> None:
    project.write("gates.toml", gates)
    one_message(project.either(how)(), *words)
    assert project.calls() == []


@HOW
def test_a_gates_file_that_is_not_there(project: Project, how: str) -> None:
    one_message(project.either(how)("--gates=none.toml"), "none.toml")


@HOW
@pytest.mark.parametrize("what", ["empty", "directory", "absent", "duplicate", "binary"])
def test_a_wrong_case_file(project: Project, how: str, what: str) -> None:
    path = project.path / "cases.jsonl"
    path.unlink()
    if what == "empty":
        path.touch()
    elif what == "directory":
        path.mkdir()
    elif what == "duplicate":
        path.write_text('{"id":"a","inputs":{"n":1}}\n' * 2)
    elif what == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    result = project.either(how)()
    if how == "-n2":
        assert result.ret == 1, "xdist's exit code for errors of collection"
        result.ret = 2
    one_message(result, "cases.jsonl", "test_parity")
    assert project.calls() == []
    assert not (project.path / "reports/latest").exists()


@HOW
def test_a_prompt_that_does_not_fit(project: Project, how: str) -> None:
    project.write("prompts/ask.j2", "{{ number }}?")
    one_message(project.either(how)(), "ask.j2", "'number' is missing", "cases.jsonl")
    assert project.calls() == []


def test_a_prompt_that_is_not_there(project: Project) -> None:
    project.suite(SUITE.replace("ask.j2", "aks.j2"))
    one_message(project.run(), "aks.j2", "ask.j2")


@HOW
def test_a_suite_that_fails_to_import(project: Project, how: str) -> None:
    project.gate()
    project.suite("import absent_module\n" + SUITE, "test_second.py")
    result = project.either(how)()
    assert result.ret == (2 if how == "plain" else 1), said(result)
    assert "absent_module" in said(result)
    assert project.calls() == []


def test_a_method_as_a_suite(project: Project) -> None:
    body = SUITE.partition("@evaluate")
    indented = "".join(f"    {line}\n" for line in (body[1] + body[2]).splitlines())
    project.suite(body[0] + "class TestX:\n" + indented)
    one_message(project.run(), "not on methods")


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc").exists(), reason="needs /proc")
@HOW
def test_a_run_directory_that_cannot_be_written(project: Project, how: str) -> None:
    project.write("file", "in the way")
    one_message(project.either(how)("--run-dir=file/run"), "cannot write", "--run-dir")
    assert project.calls() == []


def test_a_full_disk_loses_nothing_that_was_recorded(project: Project) -> None:
    """A limit on the size of files stands in for the disk."""
    project.cases(200)
    command = ["bash", "-c", 'ulimit -f 16; exec "$0" "$@"', sys.executable, "-m", "pytest"]
    result = project.pytester.run(
        *command, *PLUGIN, f"--model={MODEL}", "--run-dir=run", "-p", "no:cacheprovider", timeout=60
    )
    one_message(result, "cannot write", "--resume")
    assert 1 <= len((project.path / "run/observations.jsonl").read_text().splitlines()) < 200
    resumed = project.run("--run-dir=run", "--resume")
    assert resumed.ret == 0, said(resumed)
    assert len(project.record("run")[1]) == 200


def test_a_record_of_a_newer_format(project: Project) -> None:
    assert project.run("--run-dir=run").ret == 0
    path = project.path / "run/observations.jsonl"
    header, *rest = path.read_text().splitlines(keepends=True)
    newer = json.dumps({**json.loads(header), "format_version": 99}) + "\n"
    path.write_text("".join([newer, *rest]))
    before = path.read_bytes()
    one_message(project.run("--run-dir=run", "--resume"), "format version 99", "pip install -U")
    assert path.read_bytes() == before


def test_a_damaged_record(project: Project) -> None:
    assert project.run("--run-dir=run").ret == 0
    path = project.path / "run/observations.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "{torn\n", *lines[4:]]))
    one_message(project.run("--run-dir=run", "--resume"), "line 4")


@pytest.mark.parametrize(
    "option, word",
    [
        ("--concurrency=0", "--concurrency=0"),
        ("--samples=0", "--samples=0"),
        ("--shard=3/2", "--shard=3/2"),
        ("--timeout=0", "--timeout=0"),
        ("--max-calls=-1", "--max-calls=-1"),
        (f"--model={MODEL}", "given twice"),
    ],
)
def test_wrong_options(project: Project, option: str, word: str) -> None:
    one_message(project.run(option), word)


def test_wrong_configuration(project: Project) -> None:
    project.write("pyproject.toml", "[tool.llmeval]\nconcurency = 3\n")
    one_message(project.run(), "'concurency'", "'concurrency'")
