"""``llmeval publish``: what it refuses before it needs any of Google's packages."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
from cli_running import observation, record, run

from factories import passing
from llmeval.store import RunDirectory

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    directory = RunDirectory.open(record(tmp_path / "r", [observation(0)]))
    directory.write_summary(passing().summary)
    record(tmp_path / "undecided", [observation(0)])
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["r"], 2, "say where: --experiment=NAME, --register-evaluation=MODEL, or both"),
        (["undecided", "--experiment=gates"], 2, "llmeval gate undecided --write"),
        (["nowhere", "--experiment=gates"], 4, "no run at nowhere"),
        (["r", "--experiment=Release Gates"], 2, "lower-case letters, digits and dashes"),
        (["r", "--register-evaluation=publishers/google/models/x"], 2, "not in your Model"),
        (["r", "--register-evaluation=1", "--column=x"], 2, "--column=x: the run measured"),
        (["r", "--experimint=gates"], 2, "Did you mean '--experiment'?"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: int, told: str, here: Path, capsys: Capture
) -> None:
    done = run(capsys, "publish", *words)
    assert done.code == code and told in done.err and "Traceback" not in done.err


def test_a_missing_extra_is_the_pip_command(
    here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("google"):
            raise ModuleNotFoundError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for words in (["--experiment=gates"], ["--register-evaluation=1"]):
        done = run(capsys, "publish", "r", *words)
        assert done.code == 2 and "pip install 'llmeval-gate[vertex]'" in done.err
