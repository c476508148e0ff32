"""How a recorded run's pass rates differ across the values of a tag, such as identity. No call is
made.

Of every scorer: each group's rate, the least rate over the greatest, the greatest gap, and which
pairs differ, corrected for the number of all pairs (Holm). "equivalent" says that the difference
lies within --margin at 95 %. Where cases were asked more than once, the effect is by how much more
answers differ between the cases of a group than between repetitions of one case, which is noise.
Nothing is decided here: that is what gates with `across` are for.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json
from llmeval.cli.screen import print_json, say, table
from llmeval.errors import UsageError, nearest

if TYPE_CHECKING:
    from llmeval.gates.disparities import Across, Apart
    from llmeval.records import Estimate

EXAMPLE = """\
  llmeval disparity reports/latest --across identity
  llmeval disparity reports/latest --across identity --reference unmarked --cluster template
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``disparity`` takes."""
    parser.add_argument("run_directory", metavar="RUN", help="such as reports/latest")
    parser.add_argument("--across", required=True, metavar="TAG", help="the tag of the groups")
    parser.add_argument("--reference", metavar="VALUE", help="compare each group with this one")
    parser.add_argument(
        "--cluster", metavar="TAG", help="what stands or falls together (default: group, else case)"
    )
    parser.add_argument(
        "--margin", type=_margin, default=0.05, help="of equivalence, as a share (default: 0.05)"
    )
    add_json(parser)


def _margin(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a share between 0 and 1 is needed")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Compare the groups and print."""
    from llmeval.gates.columns import Columns
    from llmeval.gates.disparities import Asked, disparities
    from llmeval.store import RunDirectory

    record = RunDirectory.open(Path(arguments.run_directory))
    columns = Columns.of(record.observations())
    asked = Asked(arguments.across, arguments.reference, arguments.margin, arguments.cluster)
    tags = {tag for frame in columns.frames.values() for tag in frame.tags}
    if asked.cluster is not None and asked.cluster not in tags:
        hint = nearest(asked.cluster, tags)
        raise UsageError(f"--cluster={asked.cluster}: no sample has this tag.{hint}")
    found = disparities(columns, record.header(), asked)
    if arguments.json:
        print_json(found)
    else:
        say("\n".join(line for one in found for line in _lines(one, len(columns.models) > 1)))
    return 0


def _lines(found: Across, several: bool) -> Iterator[str]:
    from llmeval.report.numbers import percent
    from llmeval.report.text import one_line

    on = f" on {one_line(found.model, 80)}" if several else ""
    yield f"{one_line(found.metric, 120)}{on}"
    yield f"  least over greatest {_number(found.ratio)}; greatest gap {_percent(found.gap)}"
    if found.effect:
        yield f"  effect on labels, beyond noise: {_percent(found.effect)}"
    rows = [("group", "pass rate", "95% interval", "n", "failed")]
    for group in found.groups:
        rate = group.rate
        rows.append(
            (
                one_line(group.group, 60),
                percent(rate.value),
                f"{percent(rate.low)} … {percent(rate.high)}",
                f"{rate.n:,}",
                f"{group.failed:,}",
            )
        )
    yield from (f"  {line}" for line in table(rows, right=(1, 3, 4)))
    yield from (f"  {line}" for line in table(_pair_rows(found.pairs), right=(3,)))


def _pair_rows(pairs: Sequence[Apart]) -> list[tuple[str, ...]]:
    from llmeval.report.text import one_line

    rows: list[tuple[str, ...]] = [("finding", "pair", "difference, 95% interval", "p (Holm)")]
    for pair in pairs:
        rows.append(
            (
                pair.finding,
                f"{one_line(pair.group, 60)} − {one_line(pair.against, 60)}",
                _percent(pair.difference, "+"),
                f"{pair.p_adjusted:.2g}",
            )
        )
    return rows


def _percent(found: Estimate, sign: str = "") -> str:
    low, high = (format(100 * bound, f"{sign}.1f") for bound in (found.low, found.high))
    return f"{format(100 * found.value, f'{sign}.1f')} % ({low} … {high})"


def _number(found: Estimate) -> str:
    return f"{found.value:.3f} ({found.low:.3f} … {found.high:.3f})"
