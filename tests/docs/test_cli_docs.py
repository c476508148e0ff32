"""Pages whose files are written, whose commands run, and which show what these print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from llmeval.cli.parsing import COMMANDS

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.M | re.S)
EXIT = re.compile(r"\s+# exit (\d)$")


@pytest.mark.parametrize(("page", "least"), [("cli.md", len(COMMANDS)), ("vertex.md", 5)])
def test_the_page_holds(page: str, least: int, tmp_path: Path) -> None:
    ran = 0
    for language, title, body in BLOCK.findall((DOCS / page).read_text("utf-8")):
        if title:
            (tmp_path / title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / title).write_text(body, "utf-8")
        elif language == "console":
            for example in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, *shown = example.splitlines()
                check(command, shown, tmp_path)
                ran += 1
    assert ran >= least


def check(command: str, shown: list[str], folder: Path) -> None:
    wanted = EXIT.search(command)
    beside = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    for name in ("PYTEST_ADDOPTS", "LLMEVAL_API_KEY", "OPENAI_API_KEY"):
        environment.pop(name, None)
    done = subprocess.run(
        EXIT.sub("", command),
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode == (int(wanted[1]) if wanted else 0), f"$ {command}\n{said}"
    for line in shown:
        pattern = ".*".join(map(re.escape, line.split("…")))
        assert re.search(pattern, said), f"$ {command}\ndoes not print {line!r}:\n{said}"


def test_every_command_has_a_section() -> None:
    text = (DOCS / "cli.md").read_text("utf-8")
    assert [name for name in COMMANDS if not re.search(rf"^## {name}\b", text, re.M)] == []
