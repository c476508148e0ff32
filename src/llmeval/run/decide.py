"""From a record to a decision and its pages; the same for plugin, CLI and pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import structs

from llmeval.gates import GateSet, summarise
from llmeval.gates.columns import Columns
from llmeval.gates.contrasts import contrasts_of
from llmeval.gates.deployed import columns_of
from llmeval.records import RunInfo, Summary
from llmeval.report import ReportData, collect, render_html, render_markdown
from llmeval.report.junit import render_junit
from llmeval.run.baseline import Baseline
from llmeval.store import RunDirectory

__all__ = ["decide_run", "told_apart", "write_pages"]


def decide_run(
    directory: RunDirectory,
    run: RunInfo,
    gates: GateSet | None,
    *,
    today: date,
    finished_at: float,
    calls: Mapping[str, int],
    baseline: Baseline | None = None,
) -> Summary:
    """Decide the gates on a record and write ``run.json``; raises ``LlmevalError``."""
    summary = summarise(
        run,
        directory.observations(),
        gates,
        today=today,
        finished_at=finished_at,
        calls=calls,
        baseline=baseline.directory.observations() if baseline else None,
        baseline_id=baseline.run.run_id if baseline else None,
    )
    directory.write_summary(summary)
    return summary


def write_pages(directory: RunDirectory, summary: Summary) -> ReportData:
    """Write ``report.html``, ``report.md`` and ``junit.xml``; raises ``LlmevalError``."""
    data = collect(summary, directory.observations())
    directory.write("report.html", render_html(data))
    directory.write("report.md", render_markdown(data))
    directory.write("junit.xml", render_junit(summary))
    return data


def told_apart(directory: RunDirectory, summary: Summary, by: str | None) -> Summary:
    """Return a summary for showing its run ``by`` something else than it was decided by.

    Its gates stay as they were decided. Raises ``LlmevalError``.
    """
    if by is None or by == (summary.by or "model"):
        return summary
    if by == "model":
        return structs.replace(summary, by=by, columns=[], contrasts=[])
    run = directory.header()
    columns = Columns.of(directory.observations())
    listed = columns_of(columns, run.models)
    contrasts = contrasts_of(columns, listed, run)
    return structs.replace(summary, by=by, columns=listed, contrasts=contrasts)
