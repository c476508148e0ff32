"""Compare two recorded runs: by how much each metric differs, and which cases flipped. No call is
made.

Runs that measured different cases, prompts or scorers are refused; --force compares what both have,
pairing by case id. With --by=deployed_model the models behind one endpoint's traffic split are
compared within one run. Nothing is decided here: that is what gates are for.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli.options import add_by, add_json
from llmeval.cli.screen import print_json, say, table
from llmeval.errors import UsageError

if TYPE_CHECKING:
    from llmeval.records import Contrast
    from llmeval.run.compare import Comparison

EXAMPLE = """\
  llmeval compare reports/20261101-120000-ab12 reports/latest
  llmeval compare base reports/latest --json
  llmeval compare reports/latest --by=deployed_model
"""
HEAD = ("finding", "metric", "base", "run", "difference", "95% interval", "n", "p (Holm)")
WITHIN = ("finding", "metric", "base", "column", *HEAD[4:])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``compare`` takes."""
    parser.add_argument("base", metavar="BASE", help="the earlier run; with --by the only one")
    parser.add_argument(
        "run_directory", metavar="RUN", nargs="?", help="such as reports/latest; not with --by"
    )
    parser.add_argument("--force", action="store_true", help="compare what both have")
    add_by(parser, "model, which needs two runs")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    found = _compared(arguments)
    if arguments.json:
        print_json(found)
    else:
        say("\n".join(_lines(found)))
    return 0


def _compared(arguments: argparse.Namespace) -> Comparison:
    from llmeval.run.compare import compare_runs
    from llmeval.run.compare_columns import compare_columns
    from llmeval.store import RunDirectory

    within = arguments.by == "deployed_model"
    if within and arguments.run_directory:
        raise UsageError("--by=deployed_model compares within one run: give RUN alone")
    base = RunDirectory.open(Path(arguments.base))
    if within:
        return compare_columns(base)
    if not arguments.run_directory:
        raise UsageError("give BASE and RUN, or one run with --by=deployed_model")
    run = RunDirectory.open(Path(arguments.run_directory))
    return compare_runs(base, run, force=arguments.force)


def _lines(found: Comparison) -> Iterator[str]:
    from llmeval.report.placing import labels
    from llmeval.report.text import one_line

    for note in found.notes:
        why = "note" if found.by else "not comparable, compared by case id where both have it"
        yield f"{why}: {one_line(note, 300)}"
    yield from _columns(found)
    names = labels(found.columns)
    models = {contrast.model for contrast in found.contrasts}
    on = {
        model: f" on {one_line(names.get(model, model), 80)}" if found.by or len(models) > 1 else ""
        for model in models
    }
    rows: list[tuple[str, ...]] = [WITHIN if found.by else HEAD]
    rows += [_row(contrast, on[contrast.model]) for contrast in found.contrasts]
    yield from table(rows, right=(2, 3, 4, 6, 7))
    if found.flips:
        which = "that both answered differ" if found.by else "changed"
        yield f"{found.flipped:,} cases {which}; the worst first:"
    for flip in found.flips:
        what = flip.metric.removesuffix(".pass_rate")
        place = f"{one_line(flip.test, 80)}[{one_line(flip.case_id, 80)}]{on[flip.model]}"
        now = "there" if found.by else "now"
        yield f"  {what} {place}: passed {flip.base:.0%} of its samples, {now} {flip.run:.0%}"


def _columns(found: Comparison) -> Iterator[str]:
    """What is compared within one run, and with what."""
    from llmeval.report.lines import column_line

    firsts = {contrast.against for contrast in found.contrasts}
    for column in found.columns:
        yield column_line(column, "base" if column.name in firsts else "column")


def _row(contrast: Contrast, on: str) -> tuple[str, ...]:
    from llmeval.gates import parse_metric
    from llmeval.report.text import one_line

    seconds = parse_metric(contrast.metric).seconds
    scale, unit = (1.0, " s") if seconds else (100.0, " %")
    found = contrast.difference
    return (
        contrast.finding,
        one_line(contrast.metric, 120) + on,
        f"{contrast.base * scale:.4g}{unit}",
        f"{contrast.run * scale:.4g}{unit}",
        f"{found.value * scale:+.3g}{unit}",
        f"{found.low * scale:+.3g} … {found.high * scale:+.3g}{unit}",
        f"{found.n:,}",
        f"{contrast.p_adjusted:.2g}",
    )
