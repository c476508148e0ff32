"""``llmeval init`` writes what is missing and touches nothing that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import run

from llmeval.cli import shipped
from llmeval.gates import load_gates


def test_a_fresh_repository_gets_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "init", tmp_path / "new")
    assert done.code == 0 and "[tool.llmeval]" in done.out
    assert done.out.splitlines()[-1] == f"Next: cd {tmp_path / 'new'} && pytest --model=demo"
    assert load_gates(tmp_path / "new" / "gates.toml").gates
    for name in ("suites/format/test_format.py", "prompts/rag_answer.j2", "suites/format/CARD.md"):
        assert (tmp_path / "new" / name).read_bytes() == shipped.shipped_files()[name].read_bytes()
    assert not list((tmp_path / "new").rglob("__pycache__"))


def test_nothing_is_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gates.toml").write_text("# ours\n")
    (tmp_path / "pyproject.toml").write_text("[tool.llmeval]\nconcurrency = 3\n")
    first = run(capsys, "init")
    assert first.code == 0 and "1 differ" in first.out and "  gates.toml\n" in first.out
    assert "pyproject.toml" not in first.out
    assert first.out.splitlines()[-1] == "Next: pytest --model=demo"
    assert (tmp_path / "gates.toml").read_text() == "# ours\n"
    again = run(capsys, "init", "--json").json
    assert (again["written"], again["kept"]) == ([], ["gates.toml"])
    assert len(again["unchanged"]) == len(shipped.shipped_files()) - 1


def test_a_link_that_points_nowhere_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gates.toml").symlink_to(tmp_path / "elsewhere")
    assert run(capsys, "init", tmp_path, "--json").json["kept"] == ["gates.toml"]
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_in_the_way_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    assert run(capsys, "init", tmp_path / "file").code == 2
    (tmp_path / "suites").write_text("x")
    done = run(capsys, "init", tmp_path)
    assert done.code == 4 and "cannot write" in done.err and "suites" in done.err


def test_a_wheel_holds_its_own_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "llmeval"
    inside = package / "_shipped"
    (inside / "suites" / "format").mkdir(parents=True)
    (inside / "suites" / "format" / "test_format.py").write_text("")
    (inside / "gates.toml").write_text("")
    monkeypatch.setattr(shipped, "__file__", str(package / "cli" / "shipped.py"))
    assert sorted(shipped.shipped_files()) == ["gates.toml", "suites/format/test_format.py"]


def test_an_installation_without_copies_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "__file__", str(tmp_path / "a" / "b" / "c" / "shipped.py"))
    done = run(capsys, "init", tmp_path / "new")
    assert done.code == 4 and "pip install" in done.err
