"""--baseline: gates against an earlier run, and what cannot be one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from plugin_project import MODEL, Project, one_message, said

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])
AGAINST = {"direction": "no_worse_than_baseline", "threshold": 0.1}


@pytest.fixture
def toxicity(project: Project) -> Project:
    """The shipped toxicity suite with a gate against a baseline, and a run of ``demo``."""
    shutil.rmtree(project.path / "prompts")
    for name in ("prompts", "suites/toxicity"):
        shutil.copytree(ROOT / name, project.path / name)
    (project.path / "test_suite.py").unlink()
    assert project.run("--run-dir=base", model="demo").ret == 0
    project.gate(id="toxicity.civil", metric="toxicity.toxicity.rate", **AGAINST)
    return project


@HOW
def test_the_same_model_is_no_worse_than_itself(toxicity: Project, how: str) -> None:
    result = toxicity.either(how)("--baseline=base", model="demo")
    assert result.ret == 0, said(result)
    summary = toxicity.summary()
    assert summary["verdict"] == "PASS"
    assert summary["baseline"] == toxicity.summary("base")["run_id"]
    page = (toxicity.path / "reports" / "latest" / "report.html").read_text("utf-8")
    assert f"compared with run <code>{summary['baseline']}" in page


def test_a_worse_model_fails_against_it(toxicity: Project) -> None:
    result = toxicity.run("--baseline=base/run.json", model="demo-flawed?toxicity=0.2")
    assert result.ret == 1, said(result)
    (gate,) = toxicity.summary()["gates"]
    assert gate["verdict"] == "FAIL" and gate["baseline"] == 0
    assert gate["low"] > 0.1


def a_base(project: Project) -> None:
    assert project.run("--run-dir=base").ret == 0
    project.gate(**AGAINST)
    project.forget_calls()


def test_it_can_stand_in_the_settings(project: Project) -> None:
    a_base(project)
    project.write("pyproject.toml", "[tool.llmeval]\nbaseline = 'base'\n")
    project.run()
    assert project.summary()["baseline"] == project.summary("base")["run_id"]
    project.write("pyproject.toml", "[tool.llmeval]\nbaseline = 'elsewhere'\n")
    one_message(project.run(), "no run at", "elsewhere")


@HOW
def test_changed_cases_are_refused_before_the_first_call(project: Project, how: str) -> None:
    a_base(project)
    project.cases(7)
    result = project.either(how)("--baseline=base")
    one_message(result, "cannot be compared", "arith::test_parity: cases changed (6 there, 7 here)")
    assert project.calls() == []


def test_every_difference_is_named(project: Project) -> None:
    a_base(project)
    project.write("prompts/ask.j2", "Tell the parity of {{ n }}?\n")
    result = project.run("--baseline=base", "--samples=2")
    one_message(result, "prompt or settings changed", "(1 there, 2 here)")
    assert project.calls() == []


def test_a_suite_without_a_gate_against_it_may_have_changed(project: Project) -> None:
    a_base(project)
    (project.path / "gates.toml").unlink()
    project.gate(0.1)
    project.cases(7)
    assert project.run("--baseline=base").ret == 0


def test_a_partial_run_is_no_baseline(project: Project) -> None:
    project.run("--run-dir=base", "--max-calls=3")
    project.gate(**AGAINST)
    one_message(project.run("--baseline=base"), "cannot be a baseline", "it is partial")


def test_a_run_that_was_cut_off_is_no_baseline(project: Project) -> None:
    a_base(project)
    page = project.path / "base" / "run.json"
    summary = json.loads(page.read_text())
    summary["coverage"]["recorded"] -= 1
    page.write_text(json.dumps(summary))
    one_message(project.run("--baseline=base"), "holds 5 of 6 planned samples")
    page.unlink()
    one_message(project.run("--baseline=base"), "never got as far as its verdict")


def test_what_is_no_run_is_named(project: Project) -> None:
    a_base(project)
    one_message(project.run("--baseline=gs://bucket/run"), "Cloud Storage", "pipeline")
    one_message(project.run("--baseline=nowhere"), "no run at")
    one_message(project.run("--baseline=prompts"), "is not a run")
    one_message(
        project.run("--baseline=base", "--run-dir=base", "--resume"), "the run that would be"
    )
    assert project.calls() == [] and project.run("--collect-only", model=MODEL).ret == 0
