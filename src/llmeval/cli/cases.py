"""Make case files of published data sets, and look into case files. No model is called."""

from __future__ import annotations

import argparse
from typing import NoReturn

from llmeval.cli import cases_check, cases_import
from llmeval.errors import UsageError

EXAMPLE = """\
  llmeval cases formats
  llmeval cases import bbq data/Age.jsonl --split ambig --limit 200 --out suites/bbq/cases.jsonl
  llmeval cases check suites/bbq/cases.jsonl --by category,condition
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the actions of ``cases``."""
    actions = parser.add_subparsers(metavar="ACTION", title="actions")
    for module in (cases_import, cases_check):
        module.add_actions(actions)


def run(arguments: argparse.Namespace) -> NoReturn:
    """Without an action there is nothing to do."""
    raise UsageError("name an action: import, check, formats; see llmeval cases --help")
