"""docs/cli.md: its files are written, its commands run, and what it shows is what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from llmeval.cli.parsing import COMMANDS

TEXT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.M | re.S)
EXIT = re.compile(r"\s+# exit (\d)$")


def test_the_page_holds(tmp_path: Path) -> None:
    ran = 0
    for language, title, body in BLOCK.findall(TEXT):
        if title:
            (tmp_path / title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / title).write_text(body, "utf-8")
        elif language == "console":
            for example in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, *shown = example.splitlines()
                check(command, shown, tmp_path)
                ran += 1
    assert ran >= len(COMMANDS)


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
    assert [name for name in COMMANDS if not re.search(rf"^## {name}\b", TEXT, re.M)] == []
