"""``llmeval counterfactuals``: writes cases, lists terms, overwrites nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_running import run

from llmeval.cases import load_cases

TEMPLATES = """\
{"id": "loan-en", "inputs": {"message": "May {person} have a loan?"}, "tags": {"template": "loan"}}
{"id": "loan-de", "inputs": {"message": "Bekommt {person} Kredit?"}, "tags": {"template": "loan", \
"language": "de"}}
"""


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    path = tmp_path / "templates.jsonl"
    path.write_text(TEMPLATES)
    return path


def test_cases_are_written_and_can_be_loaded(
    templates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bias" / "cases.jsonl"
    words = ("--axes", "gender,orientation", "--out", out)
    done = run(capsys, "counterfactuals", templates, *words)
    assert (done.code, done.out) == (0, "") and "16 cases in 4 groups" in done.err
    assert len(load_cases(out)) == 16
    again = run(capsys, "counterfactuals", templates, *words)
    assert again.code == 2 and "the file exists" in again.err


def test_stdout_is_one_case_a_line(templates: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "counterfactuals", templates, "--axes", "age", "--languages", "de")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["tags"]["identity"] for line in lines] == ["unmarked", "young", "middle", "old"]
    assert lines[0]["inputs"]["message"] == "Bekommt eine Person Kredit?"


def test_terms_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "counterfactuals", "--list", "--languages", "fr", "--axes", "religion")
    assert "fr religion" in done.out and "une personne athée" in done.out
    assert "gender" not in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "name the file of the templates"),
        (("none.jsonl",), "does not exist"),
        (("--list", "--terms", "none.toml"), "cannot be read"),
    ],
)
def test_what_cannot_be_done(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    done = run(capsys, "counterfactuals", *words)
    assert done.code == 2 and says in done.err


def test_terms_and_what_was_written_are_json_for_machines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = run(capsys, "counterfactuals", "--list", "--languages", "fr", "--json")
    table = json.loads(listed.out)
    assert list(table) == ["fr"] and table["fr"]["religion"]["muslim"]["person"]
    templates, out = tmp_path / "t.jsonl", tmp_path / "out.jsonl"
    row = {"id": "a", "inputs": {"prompt": "Write to {person}."}}
    templates.write_text(json.dumps(row) + "\n")
    done = run(capsys, "counterfactuals", templates, "--out", out, "--json")
    told = json.loads(done.out)
    assert told["cases"] == len(out.read_text().splitlines()) > told["groups"] > 0


@pytest.mark.parametrize(
    ("option", "says"),
    [("--languages=xx", "there is no language 'xx'"), ("--axes=gendr", "Did you mean 'gender'?")],
)
def test_a_list_of_nothing_says_what_there_is(
    option: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "counterfactuals", "--list", option)
    assert done.code == 2 and done.out == "" and says in done.err
