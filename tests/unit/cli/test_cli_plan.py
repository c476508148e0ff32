"""``llmeval plan``: calls, time, cost and what the gates need, before any call."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_running import GATES, run

from llmeval.cli.planning import costs, gate_plan, total
from llmeval.gates import Gate
from llmeval.records import ModelPrice, Price, ScorerIdentity, SuiteInfo

Capture = pytest.CaptureFixture[str]

TEST = """
from llmeval import evaluate
from llmeval.scorers import json_schema

@evaluate("cases.jsonl", prompt="ask.j2", scorers=[json_schema({"type": "object"})])
def test_json(sample):
    pass
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "suites" / "format"
    folder.mkdir(parents=True)
    (folder / "test_format.py").write_text(TEST)
    rows = [json.dumps({"id": f"c{i}", "inputs": {"q": "?"}}) for i in range(40)]
    (folder / "cases.jsonl").write_text("\n".join(rows))
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "ask.j2").write_text("{{ q }}")
    (tmp_path / "gates.toml").write_text(GATES.format(threshold=0.9))
    (tmp_path / "pyproject.toml").write_text(
        "[tool.llmeval.prices]\ndemo = {input = 1.0, output = 2.0}\n"
        "[tool.pytest.ini_options]\npythonpath = []\n"
    )
    return tmp_path


def test_a_plan_counts_calls_time_cost_and_samples(here: Path, capsys: Capture) -> None:
    words = ["--samples=2", "--seconds-per-call", "1.6", "--tokens-per-call", "1000,500"]
    done = run(capsys, "plan", "--model=demo", *words, "--json")
    told = done.json
    assert done.code == 0 and told["calls"] == told["planned"] == 80
    assert told["seconds"] == pytest.approx(80 / 32 * 1.6)
    assert told["cost_usd"] == pytest.approx(80 * (1000 * 1.0 + 500 * 2.0) / 1e6)
    assert told["suites"][0]["cases"] == 40
    gate = told["gates"][0]
    assert (gate["available"], gate["least"], gate["decidable"]) == (40, 29, True)
    assert gate["likely"] > 40
    assert not (here / "reports").exists()


def test_what_is_not_known_is_not_zero(here: Path, capsys: Capture) -> None:
    (here / "gates.toml").write_text(GATES.format(threshold=0.99))
    done = run(capsys, "plan", "suites", "--model=demo-flawed", "--tokens-per-call=1,1")
    assert done.code == 3
    assert "cost   unknown" in done.out and "time   unknown" in done.out
    assert "299" in done.out and " NO" in done.out


def test_a_part_of_a_run_cannot_decide(here: Path, capsys: Capture) -> None:
    done = run(capsys, "plan", "--model=demo", "-k", "c1 or c2", "--seconds-per-call=1")
    assert done.code == 3 and "of 40 calls are selected: a partial run" in done.out


def test_no_gates_decide_nothing(here: Path, capsys: Capture) -> None:
    (here / "gates.toml").unlink()
    done = run(capsys, "plan", "--model=demo")
    assert done.code == 3 and "which is not PASS" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "llmeval plan --model=REF"),
        (["--model=dmo"], "Did you mean 'demo'?"),
        (["--model=demo", "nowhere"], "not found: nowhere"),
        (["--model=demo", "--bogus"], "unrecognized arguments: --bogus"),
        (["--model=demo", "--tokens-per-call", "many"], "400,150"),
        (["--model=demo", "--seconds-per-call", "0"], "above 0"),
        (["--model=demo", "prompts"], "nothing to measure"),
    ],
)
def test_what_cannot_be_planned_is_said(
    words: list[str], told: str, here: Path, capsys: Capture
) -> None:
    done = run(capsys, "plan", *words)
    assert done.code == 2 and told in done.err and "Traceback" not in done.err


def test_a_suite_that_does_not_import_is_named(here: Path, capsys: Capture) -> None:
    (here / "suites" / "format" / "test_format.py").write_text("import nothing_there\n")
    done = run(capsys, "plan", "--model=demo")
    assert done.code == 2 and "nothing_there" in done.err


@pytest.mark.parametrize(("content", "told"), [(None, "wrote no plan"), ("[]", "cannot be read")])
def test_a_plugin_that_says_nothing(
    content: str | None, told: str, here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pretend(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        path = next(w for w in command if w.startswith("--llmeval-plan=")).partition("=")[2]
        if content is not None:
            Path(path).write_text(content)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pretend)
    done = run(capsys, "plan", "--model=demo")
    assert done.code == 4 and told in done.err


def suite(cases: int = 100, name: str = "s", *scorers: str) -> SuiteInfo:
    named = [ScorerIdentity(scorer) for scorer in scorers or ("x",)]
    return SuiteInfo(name, "t", cases, 1, cases, "", None, named)


def gate(metric: str, threshold: float, direction: Any = "at_least", **more: Any) -> Gate:
    return Gate(id="g", metric=metric, direction=direction, threshold=threshold, **more)


@pytest.mark.parametrize(
    ("declared", "least", "decidable"),
    [
        (gate("s.x.pass_rate", 0.95), 59, True),
        (gate("s.x.pass_rate", 0.99), 299, False),
        (gate("s.x.rate", 0.05, "at_most"), 59, True),
        (gate("s.ttft.p95", 0.5, "at_most"), 59, True),
        (gate("s.ttft.p99", 0.5, "at_most"), 299, False),
        (gate("s.x.p05", 0.5), 59, True),
        (gate("s.error_rate", 0.01, "at_most"), 299, False),
        (gate("s.x.pass_rate", 1.0), None, None),
        (gate("s.x.rate", 0.01, "no_worse_than_baseline"), None, None),
        (gate("s.x.pass_rate", 0.95, calibrated=True), None, None),
        (gate("s.y.pass_rate", 0.95), 59, False),
        (gate("other.x.pass_rate", 1.0), None, False),
    ],
)
def test_what_a_gate_needs(declared: Gate, least: int | None, decidable: bool | None) -> None:
    found = gate_plan(declared, [suite(), suite(50, "s", "z"), suite(1000, "t")])
    assert (found.least, found.decidable) == (least, decidable)
    if found.likely is not None:
        assert least is not None and found.likely > least


def test_notes_say_what_the_count_cannot() -> None:
    assert (
        "each language"
        in gate_plan(gate("s.x.pass_rate", 0.9, for_each="language"), [suite()]).note
    )
    assert "group" in gate_plan(gate("s.x.agreement", 0.9), [suite()]).note
    assert "nothing" in gate_plan(gate("s.q.mean", 0.9), [suite()]).note


def test_costs_need_a_price_and_tokens() -> None:
    prices = {"ra": ModelPrice("a", Price(1.0, 3.0, 2.0, 6.0, long_from=1000), "user")}
    found = costs({"ra": 10, "rb": 10}, prices, (100, 10))
    assert found == {"ra": pytest.approx(10 * 130 / 1e6), "rb": None}
    assert total(found.values()) is None and total([1.0, 2.0]) == 3.0
    assert costs({"ra": 10}, prices, None) == {"ra": None}
    assert costs({"ra": 10}, prices, (1001, 10)) == {"ra": pytest.approx(10 * 2062 / 1e6)}


def test_the_calls_of_judges_are_counted_apart(here: Path, capsys: Capture) -> None:
    judged = TEST.replace('[json_schema({"type": "object"})]', '[judge(rubric="It is an object.")]')
    (here / "suites/format/test_format.py").write_text(judged.replace("json_schema", "judge"))
    (here / "gates.toml").write_text(
        '[[gate]]\nid = "j"\nmetric = "format.judge.pass_rate"\nat_least = 0.9\n'
    )
    judges = ["--judge=demo", "--judge=demo?seed=1"]
    told = run(capsys, "plan", "--model=demo", *judges, "--json").json
    assert (told["calls"], told["judge_calls"]) == (40, 80)
    shown = run(capsys, "plan", "--model=demo", *judges).out
    assert "judge  80 calls on demo, demo?seed=1" in shown
