"""Measure how often a scorer is wrong, on rows that people labelled.

A line of LABELLED.jsonl is one of `llmeval score`, with the label in "label" (--label-field). A
list, or several --label-field, are several people: their majority is the truth, and how far they
agree among themselves stands beside how far the scorer agrees with them. What is measured goes into
a file that gates with `calibrated = true` correct their rate with. Rows of one "group" count as one
piece of evidence. Only scorers that are judges call a model: that of --judge.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json, positive, settings_here
from llmeval.cli.score import make_scorer, opened, scored_batches
from llmeval.cli.score_judges import add_judge_arguments, judging, with_prompt
from llmeval.cli.score_out import Origin, origin_of
from llmeval.cli.screen import note, print_json, say
from llmeval.errors import UsageError
from llmeval.ports import JudgeScorer

if TYPE_CHECKING:
    from llmeval.calibration import Calibration, Labelled, Measures
    from llmeval.cli.labelled_rows import LabelReader
    from llmeval.ports import Scorer

EXAMPLE = """\
  llmeval calibrate refusal labelled.jsonl --good full_compliance
  llmeval calibrate groundedness labelled.jsonl --label-field anna --label-field ben --json
  llmeval calibrate judge labelled.jsonl --judge gemini-2.5-flash --option rubric="It is polite."
  llmeval calibrate toxicity labelled.jsonl --scores toxicity.jsonl --out calibrations/toxicity.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``calibrate`` takes."""
    parser.add_argument("scorer", metavar="SCORER", help="such as groundedness, toxicity, refusal")
    parser.add_argument("labelled", metavar="LABELLED.jsonl", help="answers with people's labels")
    parser.add_argument(
        "--label-field",
        action="append",
        metavar="NAME",
        help="the field of a row with its label (default: label; may be repeated, one a person)",
    )
    parser.add_argument(
        "--good",
        action="append",
        default=[],
        metavar="LABEL",
        help="a label of the good end (may be repeated); default: true, 1, or what the scorer says",
    )
    parser.add_argument("--scores", metavar="FILE", help="what `llmeval score` wrote, by id")
    parser.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE", help="as for `llmeval score`"
    )
    parser.add_argument("--jobs", type=positive(int), default=1, metavar="N", help="processes")
    parser.add_argument(
        "--out", metavar="FILE", help="the calibration file (default: calibrations/SCORER.json)"
    )
    add_json(parser)
    add_judge_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, write the calibration file, print."""
    from llmeval.calibration import write_calibration

    scorer = make_scorer(arguments.scorer, arguments.option)
    place = arguments.out or f"{settings_here().calibrations}/{scorer.identity.name}.json"
    calibration = _calibrated(arguments, scorer)
    write_calibration(calibration, Path(place))
    if arguments.json:
        print_json(calibration)
    else:
        from llmeval.cli.calibrated import lines_of

        say("\n".join(lines_of(calibration)))
    note(f"written to {place}; gates use it with `calibrated = true`")
    return 0


def _calibrated(arguments: argparse.Namespace, scorer: Scorer) -> Calibration:
    from llmeval import __version__
    from llmeval.calibration import Calibration
    from llmeval.calibration.written import LabelledData
    from llmeval.cli.labelled_rows import LabelReader

    source, fields = arguments.labelled, arguments.label_field or ["label"]
    with opened(source) as lines:
        reader = LabelReader(lines, source, fields)
        take = _from_scores if arguments.scores else _from_scorer
        rows, origin = take(arguments, scorer, reader)
    if not rows:
        raise UsageError(f"{source} holds no rows: give one JSON object a line")
    if all(row.value is None for row in rows):
        raise UsageError(
            f"{scorer.identity.name} could score none of {len(rows):,} rows: "
            f"`llmeval score {arguments.scorer} {source}` tells why"
        )
    return Calibration(
        scorer=origin.scorer,
        judges=origin.judges,
        data=LabelledData(Path(source).name, reader.sha256, len(rows), fields),
        made_on=time.strftime("%Y-%m-%d", time.gmtime()),
        llmeval=__version__,
        measures=_measured(rows, arguments.good),
    )


def _measured(rows: list[Labelled], good: list[str]) -> Measures:
    import numpy as np

    from llmeval.calibration import measure, truth_of

    return measure(truth_of(rows, good), np.random.default_rng(0))


def _from_scorer(
    arguments: argparse.Namespace, scorer: Scorer, reader: LabelReader
) -> tuple[list[Labelled], Origin]:
    from llmeval.cli.labelled_rows import in_order
    from llmeval.cli.scored import read_rows

    found = read_rows(reader, reader.source, scorer.identity.name, keep=False)
    with judging(scorer, arguments) as judges:
        if judges is None:
            jobs = min(int(arguments.jobs), os.cpu_count() or 1)
            rows = list(in_order(scored_batches(scorer, found, jobs), reader))
            return rows, Origin(scorer.identity)
        rows = list(in_order(judges.batches(found), reader))
        if cut := judges.summary()["partial"]:
            raise UsageError(f"{cut}: a calibration needs every row; what was asked is cached")
        return rows, Origin(judges.scorer.identity, judges.refs)


def _from_scores(
    arguments: argparse.Namespace, scorer: Scorer, reader: LabelReader
) -> tuple[list[Labelled], Origin]:
    """Every labelled row needs a finding: rows that were left out may be the hard ones."""
    from llmeval.cli.labelled_rows import labelled, read_recorded

    path, asked = arguments.scores, with_prompt(scorer).identity
    with opened(path) as lines:
        recorded = read_recorded(lines, path, asked.name)
    origin = recorded.origin or origin_of(Path(path)) or Origin(asked)
    if _plain(origin.scorer) != _plain(asked):
        raise UsageError(
            f"{path} was scored with {_plain(origin.scorer)}, but what is asked for is "
            f"{_plain(asked)}: give the same --option, or score again"
        )
    if isinstance(scorer, JudgeScorer) and not origin.judges:
        raise UsageError(f"{path} does not say who judged: write it with --out or --json")
    rows = []
    for identity, said in reader.identified():
        if identity not in recorded.findings:
            raise UsageError(f"{path} has no finding for {identity!r} of {reader.source}")
        rows.append(labelled(said, recorded.findings[identity]))
    return rows, origin


def _plain(identity: object) -> str:
    import msgspec

    built = msgspec.to_builtins(identity)
    kept = {key: built[key] for key in ("name", "version", "parameters")}
    return json.dumps(kept, sort_keys=True)
