"""``llmeval prompts check``: what production sends is what was trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_running import run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "ask.j2").write_text("{% user %}\nQ: {{ q }}\n{% enduser %}\n")
    return tmp_path


def training(path: Path, *said: str) -> Path:
    rows = [
        {
            "inputs": {"q": f"{i}?"},
            "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": "Yes."},
            ],
        }
        for i, text in enumerate(said)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_equal_rows_are_exit_0(here: Path, capsys: Capture) -> None:
    path = training(here / "t.jsonl", "Q: 0?", "Q: 1?")
    done = run(capsys, "prompts", "check", "ask.j2", "--against", path)
    assert done.code == 0 and "2 of 2 rows" in done.out


def test_differences_are_exit_1_and_shown(here: Path, capsys: Capture) -> None:
    path = training(here / "t.jsonl", "Q: 0?", *["q: \x1b[2Jx"] * 9)
    done = run(capsys, "prompts", "check", "ask.j2", "--against", path)
    assert done.code == 1 and "1 of 10 rows" in done.out and "4 more rows" in done.out
    assert "-q: " in done.out and "+Q: 1?" in done.out and "\x1b" not in done.out
    told = run(capsys, "prompts", "check", "ask.j2", "--against", path, "--json")
    assert told.code == 1 and told.json["holds"] is False
    assert len(told.json["report"]["differences"]) == 9


def test_a_row_that_cannot_be_rendered_is_a_difference(here: Path, capsys: Capture) -> None:
    row = {"inputs": {}, "messages": [{"role": "user", "content": "a"}] * 1}
    row["messages"].append({"role": "assistant", "content": "b"})  # type: ignore[attr-defined]
    (here / "t.jsonl").write_text(json.dumps(row))
    done = run(capsys, "prompts", "check", "ask.j2", "--against", "t.jsonl")
    assert done.code == 1 and "'q' is missing" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["aks.j2", "--against", "t.jsonl"], "Did you mean 'ask.j2'?"),
        (["ask.j2", "--against", "nowhere"], "there is no such file"),
        (["ask.j2", "--against", "t.jsonl", "--prompts", "nowhere"], "is no folder"),
        (["ask.j2", "--against", "bad.jsonl"], "bad.jsonl:1"),
    ],
)
def test_what_cannot_be_checked_is_exit_2(
    words: list[str], told: str, here: Path, capsys: Capture
) -> None:
    training(here / "t.jsonl", "Q: 0?")
    (here / "bad.jsonl").write_text("{}\n")
    done = run(capsys, "prompts", "check", *words)
    assert done.code == 2 and told in done.err
