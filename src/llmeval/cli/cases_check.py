"""``llmeval cases check``: what is in case files, and what a reviewer would object to."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmeval.cli.options import add_json, positive
from llmeval.cli.screen import print_json, say, table
from llmeval.errors import UsageError

if TYPE_CHECKING:
    from llmeval.cases.reviewing import Matrix, Review

__all__ = ["add_actions"]

EXAMPLE = """\
  llmeval cases check suites/hallucination/cases/rag_qa.jsonl --by language,kind
  llmeval cases check cases.jsonl --giveaway answerable --inputs question --strict
"""
_SHOWN = 20


def add_actions(actions: Any) -> None:
    """Register the action."""
    parser = actions.add_parser(
        "check",
        help="coverage, near-duplicates and giveaways of case files",
        description="Count cases by tag and by two tags at once; name cells with few cases, cases "
        "of different groups that say nearly the same, and words that give away a tag.",
        epilog=f"example:\n{EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, parser=parser)
    parser.add_argument("files", nargs="+", metavar="FILE", help="case files, taken together")
    parser.add_argument(
        "--by", action="append", default=[], metavar="TAG,TAG", help="a matrix (may be repeated)"
    )
    parser.add_argument(
        "--least", type=positive(int), default=10, metavar="N", help="cases of a cell (default 10)"
    )
    parser.add_argument(
        "--alike", type=float, default=0.8, metavar="X", help="similarity, 0 to 1 (default 0.8)"
    )
    parser.add_argument("--giveaway", metavar="TAG", help="look for words that tell this tag")
    parser.add_argument(
        "--inputs", default="", metavar="NAME,NAME", help="inputs that are compared (default: all)"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 if anything is found")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at the cases together."""
    from llmeval.cases import load_cases
    from llmeval.cases.reviewing import Asked, review

    asked = Asked(
        by=tuple(_pair(text) for text in arguments.by),
        least=int(arguments.least),
        alike=arguments.alike,
        giveaway=arguments.giveaway,
        inputs=tuple(name for name in arguments.inputs.split(",") if name),
    )
    found = review({path: load_cases(Path(path)) for path in arguments.files}, asked)
    if arguments.json:
        print_json(_as_json(found))
    else:
        say("\n".join(_lines(found)))
    return int(arguments.strict and found.objections > 0)


def _pair(text: str) -> tuple[str, str]:
    first, comma, second = text.partition(",")
    if not comma:
        raise UsageError(f"--by {text!r}: write two tags, as in --by language,kind")
    return first, second


def _as_json(found: Review) -> dict[str, Any]:
    return {
        "cases": len(found.places),
        "groups": found.groups,
        "tags": found.counts,
        "matrices": [
            {
                "by": [each.row_tag, each.column_tag],
                "cells": {
                    row: {column: each.cell(row, column) for column in each.columns}
                    for row in each.rows
                },
            }
            for each in found.matrices
        ],
        "few": [
            {each.row_tag: row, each.column_tag: column, "cases": n}
            for each, row, column, n in found.thin
        ],
        "alike": [
            {
                "cases": [found.places[pair.first], found.places[pair.second]],
                "similarity": pair.similarity,
                "twins": pair.twins,
            }
            for pair in found.pairs
        ],
        "giveaway": found.giveaway,
    }


def _lines(found: Review) -> Iterator[str]:
    yield f"{len(found.places):,} cases, {found.groups:,} independent groups"
    rows = [
        (tag, value, f"{n:,}")
        for tag, counts in found.counts.items()
        for value, n in counts.items()
    ]
    yield from table([("tag", "value", "cases"), *rows], right=(2,))
    for each in found.matrices:
        yield ""
        yield from _matrix_lines(each)
    yield ""
    for each, row, column, n in found.thin:
        yield f"few cases: {each.row_tag}={row}, {each.column_tag}={column}: {n}"
    yield from _alike_lines(found)
    if found.giveaway:
        told = found.giveaway
        share, chance = f"{100 * told.balanced_accuracy:.0f} %", f"{100 * told.chance:.0f} %"
        yield f"the best rule of one word or length is right in {share} (chance {chance}):"
        yield f"  {told.rule}"


def _alike_lines(found: Review) -> Iterator[str]:
    for pair in found.pairs[:_SHOWN]:
        what = "twins of different groups" if pair.twins else "nearly the same"
        both = f"{found.places[pair.first]} and {found.places[pair.second]}"
        yield f"{what} ({pair.similarity:.2f}): {both}; give them one group, or reword one"
    if len(found.pairs) > _SHOWN:
        yield f"… and {len(found.pairs) - _SHOWN:,} more pairs (--json lists them)"
    if not found.pairs:
        yield "no two cases of different groups say nearly the same"


def _matrix_lines(found: Matrix) -> list[str]:
    head = (f"{found.row_tag} × {found.column_tag}", *found.columns, "all")
    rows = []
    for row in found.rows:
        cells = [found.cell(row, column) for column in found.columns]
        rows.append((row, *map(str, cells), str(sum(cells))))
    return table([head, *rows], right=range(1, len(head)))
