"""Decide a recorded run again, with the gates as they are today. No call is made.

Nothing is changed without --write. What kept the run from being whole (a budget, -k, Ctrl-C) still
keeps it from passing. The exit code is the verdict's.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli import recorded
from llmeval.cli.options import EXIT_CODES, add_by, add_json, gates_path, settings_here
from llmeval.cli.screen import print_json, say, table

if TYPE_CHECKING:
    from llmeval.records import Summary, Verdict

EXAMPLE = """\
  llmeval gate reports/latest
  llmeval gate reports/latest --gates stricter.toml --json
  llmeval gate reports/latest --by=deployed_model
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``gate`` takes."""
    parser.add_argument("run_directory", metavar="RUN", help="such as reports/latest")
    parser.add_argument("--gates", metavar="FILE", help="default: gates.toml, as configured")
    parser.add_argument("--baseline", metavar="RUN", help="an earlier run to compare with")
    add_by(parser, "as the run was decided")
    parser.add_argument("--write", action="store_true", help="replace run.json and the reports")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Decide, print, and exit by the verdict."""
    from llmeval.run.decide import write_pages
    from llmeval.store import RunDirectory

    directory = RunDirectory.open(Path(arguments.run_directory))
    settings = settings_here()
    gates = gates_path(arguments.gates, settings)
    baseline = arguments.baseline or settings.baseline
    by = arguments.by or settings.by
    summary = recorded.decide(directory, gates, baseline, by)
    if arguments.write:
        directory.write_summary(summary)
        write_pages(directory, summary)
    if arguments.json:
        print_json(summary)
    else:
        say("\n".join(_lines(summary)))
    return EXIT_CODES[summary.verdict]


def _lines(summary: Summary) -> Iterator[str]:
    from llmeval.report.lines import column_line
    from llmeval.report.placing import labelled
    from llmeval.report.text import one_line

    summary = labelled(summary)
    rows: list[tuple[str, ...]] = [("verdict", "gate", "estimate", "bounds", "n", "wanted")]
    rows += [_row(gate, summary.has_columns) for gate in summary.gates]
    lines = table(rows, right=(2, 4))
    if summary.gates:
        yield lines[0]
    for gate, line in zip(summary.gates, lines[1:], strict=True):
        yield line
        if gate.verdict != "PASS":
            yield f"    {one_line(gate.explanation, 400)}"
    yield from map(column_line, summary.columns)
    for reason in summary.partial:
        yield f"partial: {one_line(reason, 300)}"
    for warning in summary.warnings:
        yield f"warning: {one_line(warning, 300)}"
    if not summary.gates:
        yield "no gate decides on this run: give --gates=FILE"
    yield f"{summary.verdict}: {one_line(_counts(summary), 300)}"


def _row(gate: Verdict, several: bool) -> tuple[str, ...]:
    from llmeval.report.numbers import figure, interval, threshold, unit_of
    from llmeval.report.text import one_line

    name = gate.name + (f" on {gate.model}" if several else "")
    warns = " (warns only)" if gate.severity == "warn" else ""
    estimate = figure(gate.estimate, unit_of(gate.metric), gate.threshold)
    return (
        gate.verdict,
        one_line(name, 120) + warns,
        estimate,
        interval(gate),
        f"{gate.n:,}",
        threshold(gate),
    )


def _counts(summary: Summary) -> str:
    blocking = sum(gate.blocks for gate in summary.gates)
    c = summary.coverage
    return (
        f"{blocking} of {len(summary.gates)} gates block; "
        f"{c.recorded:,} of {c.planned:,} planned samples recorded, {c.answered:,} answered"
    )
