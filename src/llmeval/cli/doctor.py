"""What is missing or broken on this machine and in this directory, with the fix for each.

With --model, one call is made, and what went wrong is said in plain words. Exit code 0: nothing is
in the way; 4: something is.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json
from llmeval.cli.screen import print_json, say

if TYPE_CHECKING:
    from llmeval.cli.checkups import Finding

EXAMPLE = """\
  llmeval doctor
  llmeval doctor --model=openai:http://127.0.0.1:8000/v1#name
"""

_SIGNS = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``doctor`` takes."""
    parser.add_argument("--model", metavar="REF", help="make one call to this endpoint")
    parser.add_argument(
        "--timeout", type=float, default=20.0, metavar="SECONDS", help="default: %(default)g"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything and print what was found."""
    from pathlib import Path

    from llmeval.cli.checkups import here
    from llmeval.cli.one_call import ask_once

    found = here(Path.cwd())
    if arguments.model:
        found.append(ask_once(arguments.model, arguments.timeout))
    problems = sum(each.state == "problem" for each in found)
    if arguments.json:
        print_json({"ok": not problems, "findings": found})
    else:
        _print(found, problems)
    return 4 if problems else 0


def _print(found: Sequence[Finding], problems: int) -> None:
    width = max(len(each.name) for each in found)
    for each in found:
        say(f"{_SIGNS[each.state]}  {each.name.ljust(width)}  {each.text}")
        if each.fix:
            say(f"{'':9}{'':{width}}  -> {each.fix}")
    say()
    word = "problem" if problems == 1 else "problems"
    say(f"{problems} {word}." if problems else "Nothing is in the way.")
