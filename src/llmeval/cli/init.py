"""Put suites/, prompts/ and gates.toml into a repository, ready for pytest --model=REF.

Nothing is ever overwritten: a file that is there and differs is listed and left as it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from llmeval.cli.options import add_json
from llmeval.cli.screen import print_json, say
from llmeval.cli.shipped import shipped_files
from llmeval.errors import InfrastructureError, UsageError

EXAMPLE = """\
  llmeval init
  llmeval init services/assistant
"""

HINT = """\
[tool.llmeval]
# model = "openai:http://127.0.0.1:8000/v1#name"
# concurrency = 32

[tool.llmeval.prices]
# US dollars for a million tokens, by the model's name; list prices of Vertex AI are known
# name = { input = 0.10, output = 0.40 }
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``init`` takes."""
    parser.add_argument("directory", nargs="?", default=".", metavar="DIR", help="default: here")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write what is missing."""
    root = Path(arguments.directory)
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file; name a directory")
    written, same, kept = _scaffold(root)
    following = "pytest --model=demo" if root == Path() else f"cd {root} && pytest --model=demo"
    if arguments.json:
        print_json({"written": written, "unchanged": same, "kept": kept, "next": following})
        return 0
    say(f"{len(written)} files written, {len(same)} were there already.")
    if kept:
        say(f"{len(kept)} differ from the shipped ones and were left as they are:")
        say("\n".join(f"  {name}" for name in kept))
    if not _has_table(root):
        say("\nOptions of every run can stand in pyproject.toml:\n")
        say("\n".join(f"  {line}".rstrip() for line in HINT.splitlines()))
    say(f"\nNext: {following}")
    return 0


def _scaffold(root: Path) -> tuple[list[str], list[str], list[str]]:
    """Copy what is missing; return the names written, equal already, and different."""
    written: list[str] = []
    same: list[str] = []
    kept: list[str] = []
    for name, source in shipped_files().items():
        target = root / name
        content = source.read_bytes()
        try:
            if target.is_symlink() or target.exists():
                equal = target.is_file() and target.read_bytes() == content
                (same if equal else kept).append(name)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(content)
        except OSError as error:
            raise InfrastructureError(f"cannot write {target}: {error.strerror}") from None
        written.append(name)
    return written, same, kept


def _has_table(root: Path) -> bool:
    from llmeval.config import read_pyproject

    return bool(read_pyproject(root / "pyproject.toml"))
