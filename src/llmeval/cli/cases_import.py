"""``llmeval cases import`` and ``llmeval cases formats``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmeval.cli.options import add_json, positive
from llmeval.cli.screen import note, print_json, say, table
from llmeval.errors import UsageError

if TYPE_CHECKING:
    from llmeval.cases.published.importing import Kind
    from llmeval.cases.published.published import Published

__all__ = ["add_actions"]

IMPORT_EXAMPLE = """\
  llmeval cases import hatecheck test_suite_cases.csv --where target=women --out cases.jsonl
  llmeval cases import ragtruth dataset/ --split test --as labelled --out answers.jsonl
  llmeval cases import ifeval https://example.org/input_data.jsonl --sha256 9f86… --out cases.jsonl
"""


def add_actions(actions: Any) -> None:
    """Register both actions."""
    formats = actions.add_parser("formats", help="the formats that can be imported")
    add_json(formats)
    formats.set_defaults(run=run_formats, parser=formats)
    parser = actions.add_parser(
        "import",
        help="make a case file of a published data set",
        description="Make a case file of a data set in the format in which its authors publish it. "
        "Beside the file, NAME.source.json says where it comes from and under which licence.",
        epilog=f"example:\n{IMPORT_EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run_import, parser=parser)
    _add_import(parser)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", metavar="FORMAT", help="see llmeval cases formats")
    parser.add_argument(
        "source", metavar="PATH", help="the published file, its folder, or an https URL of a file"
    )
    parser.add_argument("--out", metavar="FILE", help="where to write (default: stdout)")
    parser.add_argument(
        "--as",
        dest="kind",
        choices=("cases", "labelled"),
        default="cases",
        help="labelled: judged answers for llmeval score and calibrate",
    )
    parser.add_argument("--split", metavar="NAME", help="a part that the data set defines")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="TAG=VALUE",
        help="only rows with that tag (may be repeated)",
    )
    parser.add_argument(
        "--limit",
        type=positive(int),
        metavar="N",
        help="at most N rows, at random; rows that belong together stay together",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which draw (default 0)")
    parser.add_argument("--force", action="store_true", help="replace FILE")
    parser.add_argument("--sha256", metavar="HEX", help="refuse any other file")
    parser.add_argument(
        "--max-bytes", type=positive(int), metavar="N", help="of a URL (default: 512 MiB)"
    )
    add_json(parser)


def run_formats(arguments: argparse.Namespace) -> int:
    """List the formats."""
    from llmeval.cases.published import FORMATS, format_named

    known = [format_named(name) for name in FORMATS]
    if arguments.json:
        print_json({"formats": [_described(each) for each in known]})
        return 0
    rows = [("format", "files", "splits", "labelled", "licence")]
    rows += [
        (
            each.name,
            " or ".join(each.files),
            ", ".join(each.splits) or "–",
            "yes" if each.labelled else "–",
            each.licence,
        )
        for each in known
    ]
    say("\n".join(table(rows)))
    return 0


def _described(published: Published) -> dict[str, Any]:
    named = ("name", "title", "licence", "home", "citation", "files")
    return {
        **{name: getattr(published, name) for name in named},
        "splits": list(published.splits),
        "labelled": published.labelled is not None,
    }


def run_import(arguments: argparse.Namespace) -> int:
    """Import a data set."""
    from llmeval import __version__
    from llmeval.cases.published import format_named, import_rows, write_rows
    from llmeval.cases.published.writing import row_line

    published = format_named(arguments.format)
    picking = _picking(arguments)
    kind: Kind = arguments.kind
    with _source(arguments) as path:
        imported = import_rows(published, path, kind=kind, picking=picking)
        if arguments.out is None:
            written = _print(row_line(row) for row in imported.rows)
            origin: dict[str, Any] = {"rows": written, "rows_read": imported.read}
        else:
            how = {"source": _shown(arguments.source), "as": kind, **_asked(arguments)}
            how["llmeval"] = __version__
            out = Path(arguments.out)
            origin = write_rows(published, imported, out, how, force=arguments.force)
            written = origin["rows"]
    if not written:
        raise UsageError(f"no row of {arguments.source} is what was asked for")
    _tell(published, arguments, origin)
    return 0


def _picking(arguments: argparse.Namespace) -> Any:
    from llmeval.cases.published import Picking

    where = {}
    for text in arguments.where:
        tag, equals, value = text.partition("=")
        if not equals or not tag:
            raise UsageError(f"--where {text!r}: write TAG=VALUE, as in --where category=Age")
        where[tag] = value
    return Picking(arguments.split, where, arguments.limit, arguments.seed)


@contextmanager
def _source(arguments: argparse.Namespace) -> Iterator[Path]:
    """Yield the path that was given, or that of the file fetched from the URL."""
    from llmeval.cases.published.fetching import LARGEST, check_digest, fetch, is_url

    source: str = arguments.source
    if not is_url(source):
        path = Path(source)
        if arguments.sha256 and path.is_file():
            check_digest(path, arguments.sha256, source)
        elif arguments.sha256:
            raise UsageError("--sha256 is of one file: name the file, not its folder")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="llmeval-cases-") as folder:
        largest = arguments.max_bytes or LARGEST
        yield fetch(source, Path(folder), largest=int(largest), sha256=arguments.sha256)


def _shown(source: str) -> str:
    """Where the rows come from, without what is secret or this machine's."""
    from llmeval.cases.published.fetching import is_url, shown_url

    return shown_url(source) if is_url(source) else Path(source).name


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    asked = {name: getattr(arguments, name) for name in ("split", "where", "limit")}
    asked = {name: value for name, value in asked.items() if value}
    return {**asked, "seed": arguments.seed} if arguments.limit else asked


def _print(lines: Iterator[bytes]) -> int:
    sys.stdout.flush()
    count = 0
    for line in lines:
        sys.stdout.buffer.write(line)
        count += 1
    sys.stdout.buffer.flush()
    return count


def _tell(published: Published, arguments: argparse.Namespace, origin: dict[str, Any]) -> None:
    if arguments.json and arguments.out:
        print_json(origin)
        return
    note(f"{origin['rows']:,} of {origin['rows_read']:,} rows of {published.title}")
    note(f"licence {published.licence}; {published.home}")
    if arguments.out:
        from llmeval.cases.published.writing import sidecar_path

        note(f"wrote {arguments.out} and {sidecar_path(Path(arguments.out)).name}")
