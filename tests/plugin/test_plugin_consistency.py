"""Self-consistency as a user gates it: the facts of a case's repetitions."""

from __future__ import annotations

import json

import pytest
from plugin_project import Project, said

pytest_plugins = ["pytester"]
FAKE = '''
from itertools import count

calls = count()

def knowing(prompt: str):
    """The same facts in other words each time."""
    return "Verdi wrote it." if next(calls) % 2 else "It was written by Verdi."

def inventing(prompt: str):
    names = ("Verdi", "Puccini", "Bellini", "Rossini")
    return f"{names[next(calls) % 4]} wrote it in {1840 + next(calls)}."
'''
SUITE = """
from llmeval import evaluate
from llmeval.scorers import self_consistency

@evaluate("cases.jsonl", prompt="ask.j2", suite="facts", samples=3,
          scorers=[self_consistency(over="repetitions")])
def test_facts(sample):
    \"\"\"Replies state the same facts, however often they are asked for.\"\"\"
"""


@pytest.fixture
def asked(project: Project) -> Project:
    rows = [{"id": f"c{n}", "inputs": {"n": n}} for n in range(40)]
    project.write("cases.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    project.write("fake.py", FAKE)
    project.suite(SUITE)
    return project


@pytest.mark.parametrize("model", ["knowing", "inventing"])
def test_who_knows_passes_and_who_invents_fails(asked: Project, model: str) -> None:
    asked.gate(threshold=0.6, metric="facts.self_consistency.consistency")
    result = asked.run(model=f"python:fake:{model}")
    (gate,) = asked.summary()["gates"]
    assert gate["verdict"] == ("PASS" if model == "knowing" else "FAIL"), said(result)
    assert result.ret == int(model == "inventing")


def test_a_pass_rate_of_what_is_only_described_is_an_error(asked: Project) -> None:
    asked.gate(threshold=0.6, metric="facts.self_consistency.pass_rate")
    result = asked.run(model="python:fake:inventing")
    (gate,) = asked.summary()["gates"]
    assert gate["verdict"] == "ERROR", said(result)
    assert result.ret == 1
