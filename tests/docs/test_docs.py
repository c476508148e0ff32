"""Every document's named files are written, and its commands run, in an empty project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.M | re.S)
DOCUMENTS = ("suites.md", "gates.md", "running.md", "vertex-emulator.md", "datasets.md")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_holds(name: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    if name == "gates.md":
        shutil.copytree(ROOT / "suites", tmp_path / "suites")
        shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    if name == "datasets.md":
        shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
        shutil.copytree(ROOT / "docs" / "samples", tmp_path / "samples")
    ran = 0
    for language, title, body in BLOCK.findall(text):
        if title:
            (tmp_path / title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / title).write_text(body, "utf-8")
        elif language == "console":
            for line in body.splitlines():
                if line.startswith("$ "):
                    ran += 1
                    run(line.removeprefix("$ ").split("#")[0].strip(), tmp_path)
    assert ran, f"docs/{name} has no command to run"


def run(command: str, folder: Path) -> None:
    beside = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"


def test_readme_has_exactly_two_commands_for_a_fresh_machine() -> None:
    first_screen = (ROOT / "README.md").read_text("utf-8").split("\n## ")[0]
    commands = re.findall(r"^\$ .+$", first_screen, re.M)
    assert len(commands) == 2
    assert "--model=demo" in commands[0] and "-m pytest tests" in commands[1]
    assert "(docs/images/report.png)" in first_screen
    assert (ROOT / "docs" / "images" / "report.png").exists()


def test_ci_runs_the_readmes_test_command() -> None:
    command = re.findall(r"^\$ (.+)$", (ROOT / "README.md").read_text("utf-8"), re.M)[1]
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert command.split(" && ")[-1].removeprefix(".venv/bin/") in script or "README" in script
