"""Render a recorded run again: from its record and its run.json. Nothing is decided anew.

A run that never got as far as its run.json is decided with today's gates.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from llmeval.cli import recorded
from llmeval.cli.options import add_by, add_json, gates_path, settings_here
from llmeval.cli.screen import print_json, say
from llmeval.errors import UsageError, nearest

EXAMPLE = """\
  llmeval report reports/latest
  llmeval report reports/latest --out public --format html
  llmeval report reports/latest --by=deployed_model
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``report`` takes."""
    parser.add_argument("run_directory", metavar="RUN", help="such as reports/latest")
    parser.add_argument("--out", metavar="DIR", help="default: the run's own directory")
    parser.add_argument(
        "--format", default="html,md", metavar="LIST", help="of html, md, junit (default: html,md)"
    )
    parser.add_argument("--gates", metavar="FILE", help="where there is no run.json")
    add_by(parser, "as the run was decided; gates stay as they were decided")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Render and say where."""
    from llmeval.run.decide import told_apart
    from llmeval.store import RunDirectory

    formats = _formats(arguments.format)
    directory = RunDirectory.open(Path(arguments.run_directory))
    summary = directory.summary()
    if summary is None:
        gates = gates_path(arguments.gates, settings_here())
        summary = recorded.decide(directory, gates, by=arguments.by)
    summary = told_apart(directory, summary, arguments.by)
    out = Path(arguments.out) if arguments.out else directory.path
    written = recorded.write(out, recorded.render(summary, directory, formats))
    if arguments.json:
        print_json({"verdict": summary.verdict, "written": [str(path) for path in written]})
    else:
        say("\n".join(map(str, written)))
    return 0


def _formats(text: str) -> list[str]:
    formats = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in formats:
        if word not in recorded.FORMATS:
            hint = nearest(word, recorded.FORMATS)
            raise UsageError(
                f"--format={text}: {word!r} is none of {', '.join(recorded.FORMATS)}.{hint}"
            )
    if not formats:
        raise UsageError(f"--format={text}: name one of {', '.join(recorded.FORMATS)}")
    return formats
