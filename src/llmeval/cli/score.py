"""Score recorded answers, without asking for any: JSON lines in, one JSON line each out, in order.

A line holds "response", the answer; "id" (default: the line's number); and what the scorer needs,
such as "context", "prompt", "reference", "expected", "schema", "safety". A summary with 95 %
intervals goes to stderr; with --json it is the last line of stdout. Rows of one "group", else of
one "id", count as one piece of evidence. Only scorers that are judges call a model: that of
--judge.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from llmeval.cli.options import EXIT_CODES, add_json, positive
from llmeval.cli.score_judges import add_judge_arguments, judging, judging_line
from llmeval.cli.score_out import Origin, add_out_arguments, opened_sink
from llmeval.cli.score_progress import progress_of
from llmeval.cli.scored import Row, Tally, finding_line, read_rows
from llmeval.cli.scored_sets import tally_of
from llmeval.cli.screen import note, print_json, to_json
from llmeval.errors import SuiteError, UsageError, nearest
from llmeval.ports import Scorer
from llmeval.records import NotScored, Sample, Score

EXAMPLE = """\
  llmeval score groundedness answers.jsonl > scores.jsonl
  llmeval score json_schema answers.jsonl --option lenient=true --json
  llmeval score toxicity answers.jsonl --out scores.jsonl --resume
  zcat answers.jsonl.gz | llmeval score toxicity - --jobs 4
  llmeval score judge answers.jsonl --judge gemini-2.5-flash --option rubric="The answer is polite."
"""

_BATCH = 64
_STARRED = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
Found = tuple[Row, Score | NotScored]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``score`` takes."""
    parser.add_argument("scorer", metavar="SCORER", help="such as groundedness, toxicity, refusal")
    parser.add_argument("input", metavar="IN.jsonl", help="recorded answers; - for stdin")
    parser.add_argument(
        "--jobs", type=positive(int), default=1, metavar="N", help="processes, at most one a core"
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter of the scorer; the value is JSON, or else text (may be repeated)",
    )
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="count a line that cannot be read as not scored, instead of stopping there",
    )
    add_out_arguments(parser)
    add_json(parser)
    add_judge_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Score the rows."""
    scorer = make_scorer(arguments.scorer, arguments.option)
    name = scorer.identity.name
    source = "stdin" if arguments.input == "-" else arguments.input
    tally = Tally()
    own = tally_of(arguments.scorer)

    def count(row: Row, found: Score | NotScored) -> None:
        tally.add(row, found)
        if own:
            own.add(row, found)

    with ExitStack() as held:
        lines = held.enter_context(opened(arguments.input))
        judges = held.enter_context(judging(scorer, arguments))
        scorer = judges.scorer if judges else scorer
        origin = Origin(scorer.identity, judges.refs if judges else [])
        out = held.enter_context(opened_sink(arguments.out, arguments.resume, origin))
        shown = held.enter_context(progress_of(lines, arguments.out))
        rows = read_rows(shown.reading(lines), source, name, keep=arguments.skip_bad)
        for row, found in out.earlier(rows):
            count(row, found)
        shown.skipped()
        jobs = min(int(arguments.jobs), os.cpu_count() or 1)
        rows = out.passing(rows)
        batches = judges.batches(rows) if judges else scored_batches(scorer, rows, jobs)
        for batch in out.unbroken(batches):
            out.write(b"".join(to_json(finding_line(row, found)) + b"\n" for row, found in batch))
            shown.add(len(batch))
            for row, found in batch:
                count(row, found)
    told = judges.summary() if judges else {}
    if not tally.passed and not told.get("partial"):
        raise UsageError(f"{source} holds no rows: give one JSON object a line")
    summary = {"scorer": scorer.identity, **tally.summary(), **(own.summary() if own else {})}
    summary |= told
    if arguments.json:
        print_json({"summary": summary}, indent=0)
    note("\n".join([_summary_text(summary), *(own.lines() if own else ())]))
    return EXIT_CODES["INCONCLUSIVE"] if told.get("partial") else 0


def make_scorer(name: str, options: Sequence[str]) -> Scorer:
    """Return the scorer of that name with its options. Raises ``UsageError``."""
    from llmeval import scorers

    if name not in scorers.__all__:
        hint = nearest(name, scorers.__all__)
        raise UsageError(
            f"no scorer is called {name!r}.{hint} There are {', '.join(sorted(scorers.__all__))}"
        )
    factory = getattr(scorers, name)
    return _made(name, factory, dict(_option(name, factory, text) for text in options))


def _option(name: str, factory: Any, text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    parameters = inspect.signature(factory).parameters
    known = [each for each in parameters if each != "name"]
    anything = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    if not equals or (key not in known and not anything):
        raise UsageError(
            f"--option {text!r}: {name} takes {', '.join(f'{k}=…' for k in known) or 'none'}."
            f"{nearest(key, known)}"
        )
    return key, _value(value, parameters[key].annotation if key in parameters else None)


def _value(text: str, annotation: Any) -> Any:
    """Read an option's value: JSON, or else text; as it stands where the scorer takes text only, so
    that ``pattern=5`` is a pattern."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if annotation == "str" or (annotation == "str | None" and value is not None):
        return value if isinstance(value, str) else text
    return value


def _made(name: str, factory: Any, options: dict[str, Any]) -> Scorer:
    parameters = inspect.signature(factory).parameters.values()
    for parameter in parameters:
        needed = parameter.default is parameter.empty and parameter.kind not in _STARRED
        if needed and parameter.name not in options:
            raise UsageError(f"{name} needs --option {parameter.name}=…")
    try:
        made: Scorer = factory(**options)
    except SuiteError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{name} cannot be made with these options: {error}") from None
    return made


def opened(path: str) -> BinaryIO:
    if path == "-":
        if sys.stdin is None:
            raise UsageError("stdin is closed: give it the rows, or name their file instead of -")
        return open(sys.stdin.fileno(), "rb", closefd=False)
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def scored_batches(scorer: Scorer, rows: Iterator[Row], jobs: int) -> Iterator[list[Found]]:
    """Yield batches of findings in input order; what was read before a bad line comes first."""
    batches = _batches(rows)
    if jobs == 1:
        yield from (score_rows(scorer, batch) for batch in batches)
        return
    yield from _in_processes(scorer, batches, jobs)


def _in_processes(scorer: Scorer, batches: Iterator[list[Row]], jobs: int) -> Iterator[list[Found]]:
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    waiting: deque[Future[list[Found]]] = deque()
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_ignore_interrupt) as pool:
        bad: UsageError | None = None
        try:
            for batch in batches:
                waiting.append(pool.submit(score_rows, scorer, batch))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
        except UsageError as error:
            bad = error
        while waiting:
            yield waiting.popleft().result()
        if bad:
            raise bad


def _ignore_interrupt() -> None:
    """Ctrl-C is for the parent: it says so once."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Yield rows in batches; before an error in reading, the rows that were read."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except UsageError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def score_rows(scorer: Scorer, rows: Sequence[Row]) -> list[Found]:
    """Return each row with its finding; a scorer that crashes has scored nothing, and says so."""
    from llmeval.run.scoring import score_batch

    samples = [row.sample for row in rows if isinstance(row.sample, Sample)]
    found = iter(score_batch([scorer], samples))
    return [
        (row, row.sample if isinstance(row.sample, NotScored) else next(found)[0]) for row in rows
    ]


def _summary_text(summary: dict[str, Any]) -> str:
    from llmeval.report.numbers import percent

    identity, rate, mean = summary["scorer"], summary["pass_rate"], summary["mean"]
    lines = [f"{identity.name}: {summary['rows']:,} rows, {summary['scored']:,} scored"]
    counts = [f"{count:,} {kind}" for kind, count in summary["labels"].items()]
    counts += [f"{count:,} not scored ({kind})" for kind, count in summary["not_scored"].items()]
    lines += [f"  {', '.join(counts)}"] if counts else []
    lines.append(
        f"  pass rate {percent(rate.value)}, 95 % interval {percent(rate.low)} … "
        f"{percent(rate.high)} ({rate.clusters:,} independent, {rate.method})"
    )
    if mean is not None:
        lines.append(
            f"  mean {mean.value:.4f}, 95 % interval {mean.low:.4f} … {mean.high:.4f} of the scored"
        )
    if "judges" in summary:
        lines.append(judging_line(summary))
    if identity.fallback:
        lines.append(f"  note: {identity.fallback}")
    return "\n".join(lines)
