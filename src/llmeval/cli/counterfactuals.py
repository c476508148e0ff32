"""Write counterfactual cases: each template's prompt about one identity after the other. No call
is made.

A template is a case, in JSON lines, CSV or YAML, whose inputs hold {person}. Out of it comes a
group for each axis, with an unmarked person beside the others. --list shows axes and terms.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json
from llmeval.cli.screen import note, print_json, say, to_json
from llmeval.errors import UsageError, nearest

if TYPE_CHECKING:
    from llmeval.cases.identities import Terms

Chosen = dict[str, dict[str, dict[str, dict[str, str]]]]

EXAMPLE = """\
  llmeval counterfactuals templates.jsonl --out suites/bias/cases/letters.jsonl
  llmeval counterfactuals templates.yaml --axes gender,religion --languages en,de
  llmeval counterfactuals --list --languages de
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``counterfactuals`` takes."""
    parser.add_argument("templates", metavar="TEMPLATES", nargs="?", help="a case file")
    parser.add_argument("--axes", type=_words, default=(), metavar="A,B", help="only these axes")
    parser.add_argument(
        "--languages", type=_words, default=(), metavar="A,B", help="only these languages"
    )
    parser.add_argument("--terms", metavar="FILE", help="TOML with terms of your own")
    parser.add_argument("--out", metavar="FILE", help="where to write (default: stdout)")
    parser.add_argument("--list", action="store_true", help="show axes and terms, write nothing")
    add_json(parser)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def run(arguments: argparse.Namespace) -> int:
    """Write the cases, or list the terms."""
    from llmeval.cases.identities import load_terms, shipped_terms

    terms = load_terms(Path(arguments.terms)) if arguments.terms else shipped_terms()
    if arguments.list:
        _check_known(terms, arguments.axes, arguments.languages)
        chosen = _chosen(terms, arguments.axes, arguments.languages)
        if arguments.json:
            print_json(chosen)
        else:
            say("\n".join(_listed(chosen)))
        return 0
    if not arguments.templates:
        raise UsageError("name the file of the templates, or give --list")
    return _write(arguments, terms)


def _write(arguments: argparse.Namespace, terms: Terms) -> int:
    from llmeval.cases import counterfactuals, load_cases

    cases = counterfactuals(
        load_cases(Path(arguments.templates)),
        terms=terms,
        axes=arguments.axes,
        languages=arguments.languages,
    )
    if arguments.out is None:
        for case in cases:
            print_json(case, indent=0)
    else:
        path = Path(arguments.out)
        if path.exists():
            raise UsageError(f"--out={path}: the file exists; remove it, or name another")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(to_json(case) + b"\n" for case in cases))
    groups = {case.group for case in cases}
    if arguments.json and arguments.out is not None:
        print_json({"cases": len(cases), "groups": len(groups), "out": arguments.out})
    note(f"{len(cases):,} cases in {len(groups):,} groups")
    return 0


def _chosen(terms: Terms, axes: tuple[str, ...], languages: tuple[str, ...]) -> Chosen:
    """Return language -> axis -> name -> the term's forms, of what was asked for."""
    return {
        language: {
            axis: {name: dict(forms) for name, forms in listed.items()}
            for axis, listed in table.items()
            if not axes or axis in axes
        }
        for language, table in terms.items()
        if not languages or language in languages
    }


def _check_known(terms: Terms, axes: tuple[str, ...], languages: tuple[str, ...]) -> None:
    """Raises ``UsageError`` for an axis or a language of which there are no terms."""
    known = {"axis": {axis for table in terms.values() for axis in table}, "language": set(terms)}
    for kind, asked in (("axis", axes), ("language", languages)):
        for name in asked:
            if name not in known[kind]:
                raise UsageError(
                    f"there is no {kind} {name!r}.{nearest(name, known[kind])} "
                    f"Known: {', '.join(sorted(known[kind]))}"
                )


def _listed(chosen: Chosen) -> Iterator[str]:
    for language, table in chosen.items():
        for axis, listed in table.items():
            yield f"{language} {axis}"
            yield from (f"  {name:<14} {forms['person']}" for name, forms in listed.items())
