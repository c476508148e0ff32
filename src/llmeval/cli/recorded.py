"""Deciding and rendering a recorded run: what ``gate`` and ``report`` share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from llmeval.errors import RecordError

if TYPE_CHECKING:
    from llmeval.records import Summary
    from llmeval.report import ReportData
    from llmeval.store import RunDirectory

__all__ = ["FORMATS", "decide", "render", "write"]

FORMATS: Final = {"html": "report.html", "md": "report.md", "junit": "junit.xml"}
"""Format of a report -> its file."""


def decide(
    directory: RunDirectory,
    gates: Path | None,
    baseline: str | None = None,
    by: str | None = None,
) -> Summary:
    """Return today's decision on a record. Nothing is written.

    What kept the run from being whole then keeps it from passing now. ``by`` is one of
    ``records.BY``; without it columns are decided for themselves where they were then.
    Raises ``GatesError``, ``RecordError``, and ``UsageError`` for a baseline that cannot be
    compared with.
    """
    from llmeval.cli.options import settings_here
    from llmeval.gates import load_gates, summarise
    from llmeval.run.baseline import check_baseline, open_baseline

    before = directory.summary()
    header = directory.header()
    reasons = [*header.partial, *(before.partial if before else ())]
    if before is None:
        reasons.append("the run never got as far as its verdict: finish it with --resume")
    header = msgspec.structs.replace(
        header,
        partial=list(dict.fromkeys(reasons)),
        by=by or (before.by if before else header.by),
    )
    declared = load_gates(gates, settings_here().calibrations) if gates else None
    other = open_baseline(baseline, Path()) if baseline else None
    if other:
        check_baseline(other, declared, header.suites, header.judge)
    return summarise(
        header,
        directory.observations(),
        declared,
        today=date.today(),
        finished_at=before.finished_at if before else time.time(),
        calls=before.calls if before else {},
        baseline=other.directory.observations() if other else None,
        baseline_id=other.run.run_id if other else None,
    )


def render(summary: Summary, directory: RunDirectory, formats: Sequence[str]) -> dict[str, str]:
    """Return the reports by file name."""
    from llmeval.report import collect, render_html, render_markdown
    from llmeval.report.junit import render_junit

    data: ReportData = collect(summary, directory.observations())
    made: dict[str, str] = {}
    for kind in formats:
        if kind == "junit":
            made[FORMATS[kind]] = render_junit(summary)
        else:
            made[FORMATS[kind]] = render_html(data) if kind == "html" else render_markdown(data)
    return made


def write(directory: Path, files: dict[str, str]) -> list[Path]:
    """Write files into a directory, made where it is missing; raises ``RecordError``."""
    from llmeval.store import RunDirectory

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordError(f"cannot make {directory}: {error.strerror}") from None
    target = RunDirectory(directory)
    return [target.write(name, text) for name, text in files.items()]
