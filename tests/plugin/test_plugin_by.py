"""--by=deployed_model: a canary and the stable model behind one function, as two columns."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from plugin_project import Project, one_message, said

pytest_plugins = ["pytester"]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])
REF = "python:split:answer"
STABLE, CANARY = f"{REF} [deployed_model=7]", f"{REF} [deployed_model=8]"

SPLIT = '''
from llmeval.records import CallFailure, Response

def answer(prompt: str):
    """The canary, 8, gets a tenth, and forgets every second answer; some calls fail."""
    number = int(prompt.strip().rstrip("?").split()[-1])
    deployed = "8" if number % 10 == 9 else "7"
    if number % 100 == 50:
        return CallFailure("blocked_output", "withheld", deployed_model="7")
    if number % 100 == 51:
        return CallFailure("malformed_body", "no JSON")
    if number % 20 == 9:
        return Response("no idea", model_version="v" + deployed, deployed_model=deployed)
    return Response("even", model_version="v" + deployed, deployed_model=deployed)

def one(prompt: str):
    return Response("even", deployed_model="7")
'''


@pytest.fixture
def split(project: Project) -> Project:
    project.write("split.py", SPLIT)
    project.cases(200)
    project.gate(0.8)
    return project


def gates_of(summary: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {gate["model"]: (gate["verdict"], gate["n"]) for gate in summary["gates"]}


@HOW
def test_the_canary_is_decided_for_itself(split: Project, how: str) -> None:
    result = split.either(how)("-v", "--by=deployed_model", model=REF)
    assert result.ret == 1, said(result)
    summary = split.summary()
    # 180 are the stable model's: 2 fail by its own name, 2 by nobody's and so for both.
    assert gates_of(summary) == {STABLE: ("PASS", 180), CANARY: ("FAIL", 22)}
    assert (summary["verdict"], summary["by"]) == ("FAIL", "deployed_model")
    assert [(c["deployed_model"], c["samples"], c["unplaced"]) for c in summary["columns"]] == [
        ("7", 180, 2),
        ("8", 22, 2),
    ]
    (rate,) = summary["contrasts"]
    assert (rate["model"], rate["against"], rate["finding"]) == (CANARY, STABLE, "worse")
    header, rows = split.record()
    assert header["by"] == "deployed_model" and len(rows) == 200
    result.stdout.fnmatch_lines_random(
        [
            f"gates.toml::arith.even@{REF} ?deployed_model=7? PASSED*",
            f"gates.toml::arith.even@{REF} ?deployed_model=8? FAILED*",
            "column deployed_model=8: 22 samples, with 2 failed calls that count in every column",
            "worse on deployed_model=8 than on deployed_model=7: arith.contains.pass_rate *",
        ]
    )


def test_the_whole_would_have_passed(split: Project) -> None:
    result = split.run(model=REF)
    assert result.ret == 0, said(result)
    summary = split.summary()
    assert gates_of(summary) == {REF: ("PASS", 200)}
    assert (summary["by"], summary["columns"], summary["contrasts"]) == (None, [], [])
    assert "answered from 2 deployed models (7, 8): --by=deployed_model" in str(summary["warnings"])


def test_a_canary_with_few_samples_is_undecided_and_told_how_many_more(split: Project) -> None:
    split.cases(50)
    (split.path / "gates.toml").unlink()
    split.gate(0.2)
    result = split.run("--by=deployed_model", model=REF)
    assert result.ret == 1, said(result)
    canary = next(g for g in split.summary()["gates"] if g["model"] == CANARY)
    assert (canary["verdict"], canary["n"]) == ("INCONCLUSIVE", 5)
    assert canary["needed"] % 10 == 0 and canary["needed"] >= 10
    assert "5 of 50 samples fall to this column" in said(result)


def test_pages_show_the_columns(split: Project) -> None:
    split.run("--by=deployed_model", model=REF)
    latest = split.path / "reports" / "latest"
    page = (latest / "report.html").read_text("utf-8")
    assert "Differences between deployed models" in page and "deployed_<wbr>model=8" in page
    cases = ET.parse(latest / "junit.xml").getroot().iter("testcase")
    assert [case.get("classname") for case in cases] == [STABLE, CANARY]


def test_one_deployed_model_is_one_column(split: Project) -> None:
    result = split.run("--by=deployed_model", model="python:split:one")
    assert result.ret == 0, said(result)
    assert list(gates_of(split.summary())) == ["python:split:one [deployed_model=7]"]


def test_a_model_that_does_not_tell_is_one_unknown_column(split: Project) -> None:
    split.cases(6)
    (split.path / "gates.toml").unlink()
    split.gate(0.1)
    split.run("--by=deployed_model")
    (name,) = gates_of(split.summary())
    assert name == "python:fake:answer [deployed_model=(unknown)]"


def test_it_can_stand_in_the_settings_and_be_undone(split: Project) -> None:
    split.write("pyproject.toml", "[tool.llmeval]\nby = 'deployed_model'\n")
    split.run("--run-dir=apart", model=REF)
    split.run("--run-dir=whole", "--by=model", model=REF)
    assert len(split.summary("apart")["gates"]) == 2 and len(split.summary("whole")["gates"]) == 1


def test_a_resumed_run_is_decided_as_the_last_session_asks(split: Project) -> None:
    split.run("--run-dir=r", "--max-calls=100", model=REF)
    split.run("--run-dir=r", "--resume", "--by=deployed_model", model=REF)
    summary = split.summary("r")
    assert gates_of(summary) == {STABLE: ("PASS", 180), CANARY: ("FAIL", 22)}
    assert (
        json.loads((split.path / "r" / "observations.jsonl").read_text().splitlines()[0])["run"][
            "by"
        ]
        == "deployed_model"
    )


@pytest.mark.parametrize(
    ("word", "told"), [("deployed", "Did you mean 'deployed_model'?"), ("location", "give one of")]
)
def test_another_word_is_refused_before_any_call(split: Project, word: str, told: str) -> None:
    one_message(split.run(f"--by={word}", model=REF), f"--by={word}: give one of model", told)
    assert not (split.path / "reports").exists()
