"""Consistency as a user gates it: repetitions and paraphrases that must parse to one value."""

from __future__ import annotations

import json

import pytest
from plugin_project import Project, said

pytest_plugins = ["pytester"]
FAKE = '''
from itertools import count

calls = count()

def steady(prompt: str):
    """The same value in another spelling each time."""
    return '{"b": 2.0,\\n "a": 1}' if next(calls) % 2 else "a: 1\\nb: 2"

def wavering(prompt: str):
    return f"a: {next(calls)}"
'''
SUITE = """
from llmeval import evaluate
from llmeval.scorers import yaml

@evaluate("cases.jsonl", prompt="ask.j2", suite="shape", samples=3, scorers=[yaml()])
def test_shape(sample):
    \"\"\"Replies mean the same, however often and in which words they are asked for.\"\"\"
"""


@pytest.fixture
def asked(project: Project) -> Project:
    rows = [{"id": f"c{n}", "inputs": {"n": n}, "group": f"g{n // 2}"} for n in range(40)]
    project.write("cases.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    project.write("fake.py", FAKE)
    project.suite(SUITE)
    return project


@pytest.mark.parametrize("statistic", ["repeat_agreement", "agreement", "pass_hat_3"])
@pytest.mark.parametrize("model", ["steady", "wavering"])
def test_one_value_passes_and_another_each_time_fails(
    asked: Project, model: str, statistic: str
) -> None:
    asked.gate(threshold=0.8, metric=f"shape.yaml.{statistic}")
    result = asked.run(model=f"python:fake:{model}")
    (gate,) = asked.summary()["gates"]
    same = model == "steady" or statistic == "pass_hat_3"
    assert gate["verdict"] == ("PASS" if same else "FAIL"), said(result)
    assert gate["estimate"] == float(same)
    assert result.ret == int(not same)
    assert gate["low"] < 1 and gate["high"] > 0, "it is an interval, not a point"
