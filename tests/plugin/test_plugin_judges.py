"""--judge: suites that are scored by models, as a user runs them."""

from __future__ import annotations

import json

import pytest
from plugin_project import Project, one_message, said

pytest_plugins = ["pytester"]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])
SUITE = """
from llmeval import evaluate
from llmeval.scorers import contains, judge

@evaluate("cases.jsonl", prompt="ask.j2", suite="arith",
          scorers=[contains("even"), judge(rubric="It tells odd from even.")])
def test_parity(sample):
    \"\"\"Numbers are told apart.\"\"\"
"""
METRIC = {"metric": "arith.judge.pass_rate"}


@pytest.fixture
def judged(project: Project) -> Project:
    project.suite(SUITE)
    project.gate(threshold=0.5, **METRIC)
    return project


@HOW
def test_a_judge_scores_each_answer(judged: Project, how: str) -> None:
    result = judged.either(how)("--judge=demo")
    assert result.ret == 0, said(result)
    header, observations = judged.record()
    assert header["judge"]["ref"] == "demo" and len(header["judges"]) == 1
    for observation in observations:
        contains, verdict = observation["scores"]
        assert contains["scorer"] == "contains"
        assert (verdict["scorer"], verdict["label"]) == ("judge", "pass")
        assert verdict["evidence"]["judges"][0]["judge"] == "demo"
    summary = judged.summary()
    assert summary["judge"]["ref"] == "demo"
    assert any("simulated judge: demo" in reason for reason in summary["unsignable"])


def test_several_judges_decide_by_majority(judged: Project) -> None:
    result = judged.run("--judge=demo", "--judge=demo?judge=1", "--judge=demo?seed=3")
    assert result.ret == 0, said(result)
    evidence = [o["scores"][1]["evidence"] for o in judged.record()[1]]
    assert {round(e["agreement"], 2) for e in evidence} == {0.67}
    assert len(judged.record()[0]["judges"]) == 3


def test_judges_that_say_nothing_let_nothing_pass(judged: Project) -> None:
    result = judged.run("--judge=demo?unreadable=1")
    assert result.ret == 1
    assert judged.summary()["coverage"]["unscored"] == 6
    (gate,) = judged.summary()["gates"]
    assert gate["verdict"] != "PASS" and gate["estimate"] == 0.0


@HOW
def test_a_suite_without_its_judge_is_one_message(judged: Project, how: str) -> None:
    result = judged.either(how)()
    one_message(result, "arith::test_parity", "'judge'", "--judge=REF")
    assert judged.calls() == []


def test_a_judge_that_nothing_asks_is_not_part_of_the_run(project: Project) -> None:
    project.gate(threshold=0.1)
    result = project.run("--judge=openai:http://127.0.0.1:9/v1#gone")
    assert result.ret == 0, said(result)
    assert project.summary()["judge"] is None


def test_a_dead_judge_ends_the_run(judged: Project) -> None:
    result = judged.run("--judge=openai:http://127.0.0.1:9/v1#gone")
    one_message(result, "openai:http://127.0.0.1:9/v1#gone is down", "nobody listens")


def test_another_judge_is_not_resumed(judged: Project) -> None:
    judged.run("--run-dir=here", "--judge=demo", "--max-calls=5")
    one_message(judged.run("--run-dir=here", "--judge=demo?seed=1", "--resume"), "another judge")


def test_a_changed_prompt_of_the_judge_is_not_resumed(judged: Project) -> None:
    judged.run("--run-dir=here", "--judge=demo", "--max-calls=5")
    judged.write(
        "prompts/judges/rubric.j2",
        "{#- judge\nlabels = { pass = 1, fail = 0 }\n-#}\nJudge {{ response }} by {{ rubric }}.\n",
    )
    result = judged.run("--run-dir=here", "--judge=demo", "--resume")
    one_message(result, "arith::test_parity: scorers changed")


def test_a_suite_in_yaml_may_be_judged(judged: Project) -> None:
    (judged.path / "test_suite.py").unlink()
    declared = {
        "cases": "cases.jsonl",
        "prompt": "ask.j2",
        "suite": "arith",
        "scorers": [{"judge": {"rubric": "It tells odd from even."}}],
    }
    judged.write("x.suite.yaml", json.dumps(declared))
    assert judged.run("--judge=demo").ret == 0


def test_the_model_that_judges_itself_is_named(judged: Project) -> None:
    result = judged.run("--judge=demo", model="demo")
    assert any("judges itself" in warning for warning in judged.summary()["warnings"]), said(result)
