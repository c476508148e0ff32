"""Compare two recorded runs: by how much each metric differs, and which cases flipped. No call is
made.

Runs that measured different cases, prompts or scorers are refused; --force compares what both have,
pairing by case id. Nothing is decided here: that is what gates are for.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json
from llmeval.cli.screen import print_json, say, table

if TYPE_CHECKING:
    from llmeval.run.compare import Comparison, Contrast

EXAMPLE = """\
  llmeval compare reports/20261101-120000-ab12 reports/latest
  llmeval compare base reports/latest --json
"""
HEAD = ("finding", "metric", "base", "run", "difference", "95% interval", "n", "p (Holm)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``compare`` takes."""
    parser.add_argument("base", metavar="BASE", help="the earlier run")
    parser.add_argument("run_directory", metavar="RUN", help="such as reports/latest")
    parser.add_argument("--force", action="store_true", help="compare what both have")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    from llmeval.run.compare import compare_runs
    from llmeval.store import RunDirectory

    found = compare_runs(
        RunDirectory.open(Path(arguments.base)),
        RunDirectory.open(Path(arguments.run_directory)),
        force=arguments.force,
    )
    if arguments.json:
        print_json(found)
    else:
        say("\n".join(_lines(found)))
    return 0


def _lines(found: Comparison) -> Iterator[str]:
    from llmeval.report.text import one_line

    for note in found.notes:
        yield f"not comparable, compared by case id where both have it: {one_line(note, 300)}"
    several = len({c.model for c in found.contrasts}) > 1
    rows: list[tuple[str, ...]] = [HEAD]
    rows += [_row(contrast, several) for contrast in found.contrasts]
    yield from table(rows, right=(2, 3, 4, 6, 7))
    if found.flips:
        yield f"{found.flipped:,} cases changed; the worst first:"
    for flip in found.flips:
        on = f" on {one_line(flip.model, 80)}" if several else ""
        what = flip.metric.removesuffix(".pass_rate")
        place = f"{one_line(flip.test, 80)}[{one_line(flip.case_id, 80)}]"
        yield f"  {what} {place}{on}: passed {flip.base:.0%} of its samples, now {flip.run:.0%}"


def _row(contrast: Contrast, several: bool) -> tuple[str, ...]:
    from llmeval.gates import parse_metric
    from llmeval.report.text import one_line

    seconds = parse_metric(contrast.metric).seconds
    scale, unit = (1.0, " s") if seconds else (100.0, " %")
    found = contrast.difference
    on = f" on {contrast.model}" if several else ""
    return (
        contrast.finding,
        one_line(contrast.metric + on, 120),
        f"{contrast.base * scale:.4g}{unit}",
        f"{contrast.run * scale:.4g}{unit}",
        f"{found.value * scale:+.3g}{unit}",
        f"{found.low * scale:+.3g} … {found.high * scale:+.3g}{unit}",
        f"{found.n:,}",
        f"{contrast.p_adjusted:.2g}",
    )
