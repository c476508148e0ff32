"""Hold a prompt template against the data that the model was trained on.

Each row's inputs are rendered and compared, character by character, with the row's messages before
the answer. Exit code 0: every row is equal; 1: some differ.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json, settings_here
from llmeval.cli.screen import print_json, say
from llmeval.errors import UsageError

if TYPE_CHECKING:
    from llmeval.prompts import ParityReport

EXAMPLE = """\
  llmeval prompts check rag_answer.j2 --against train.jsonl
"""

_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``prompts`` takes."""
    parser.add_argument("action", choices=["check"], help="what to do")
    parser.add_argument("template", metavar="TEMPLATE", help="its name under the prompts folder")
    parser.add_argument("--against", required=True, metavar="FILE", help="training rows (JSONL)")
    parser.add_argument("--prompts", metavar="DIR", help="default: prompts, as configured")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare and say which rows differ."""
    from llmeval.prompts import PromptLibrary, check_parity

    folder = Path(arguments.prompts or settings_here().prompts)
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name the templates' folder with --prompts=DIR")
    rows = Path(arguments.against)
    if not rows.is_file():
        raise UsageError(f"--against={rows}: there is no such file")
    found = check_parity(PromptLibrary([folder]).load(arguments.template), rows)
    if arguments.json:
        print_json({"holds": found.holds, "report": found})
    else:
        _print(found)
    return 0 if found.holds else 1


def _print(found: ParityReport) -> None:
    for difference in found.differences[:_SHOWN]:
        say(f"line {difference.line}: {difference.reason}")
        if difference.diff:
            say(difference.diff)
    rest = found.rows - found.equal - len(found.differences[:_SHOWN])
    if rest > 0:
        say(f"… and {rest:,} more rows that differ (--json lists the first 100)")
    say(f"{found.prompt}: {found.equal:,} of {found.rows:,} rows are rendered as they were trained")
