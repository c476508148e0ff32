"""The report for a pull request: short, and nothing in it comes alive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from llmeval.records import Summary, Verdict
from llmeval.report import wording
from llmeval.report.costs import cost_note
from llmeval.report.data import ReportData
from llmeval.report.forest import trouble
from llmeval.report.lines import finding
from llmeval.report.numbers import (
    change,
    change_interval,
    count,
    figure,
    interval,
    money,
    p_value,
    percent,
    threshold,
    unit_of,
    utc,
)
from llmeval.report.text import one_line, visible

__all__ = ["neutral", "render_markdown"]

COLUMNS: Final = 20
GATES: Final = 60
SAMPLES: Final = 10
SUITES: Final = 40
TEXT: Final = 200

_PUNCTUATION: Final = re.compile(r"([\\`*_\[\]|~$])")
_REFERENCE: Final = re.compile(r"([@#!$%~&])(?=\w)")
_ADDRESS: Final = re.compile(r"(?i)(\b\w+:)(?=//)|\b(www|GH)(?=[.-])")


def neutral(text: str, limit: int = TEXT) -> str:
    """Return ``text`` as one line that Markdown shows as it is: no markup, HTML, link, mention or
    reference to an issue. A zero-width space breaks what no backslash can."""
    line = one_line(visible(text[: 8 * limit]), limit)
    line = _REFERENCE.sub("\\1\u200b", line)
    line = _ADDRESS.sub(lambda m: f"{m[0]}\u200b", line)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PUNCTUATION.sub(r"\\\1", line)


def render_markdown(data: ReportData) -> str:
    """Return the report as GitHub-flavoured Markdown of bounded length."""
    summary = data.summary
    answer = wording.answer(summary)
    lines = [
        f"## {wording.ICONS[summary.verdict]} {summary.verdict}: {answer.headline}",
        "",
        answer.because,
        "",
        f"Model {_models(data)} · run {neutral(summary.run_id)} · {utc(summary.started_at)}",
        "",
    ]
    found = wording.notices(data)[:20]
    lines += [f"> **{n.title}**: {neutral(n.text, 400)}  " for n in found]
    lines += [""] if found else []
    parts = [_columns, _gates, _contrasts, _suites, _samples, _end]
    return "\n".join([*lines, *(line for part in parts for line in part(data))]) + "\n"


def _models(data: ReportData) -> str:
    return ", ".join(neutral(m.ref) for m in data.summary.models)


def _columns(data: ReportData) -> Iterator[str]:
    for column in data.summary.columns[:COLUMNS]:
        yield f"- {neutral(column.name)}: {neutral(wording.about(column))}"
    if data.summary.columns:
        yield ""


def _contrasts(data: ReportData) -> Iterator[str]:
    contrasts = data.summary.contrasts
    if not contrasts:
        return
    yield "### Differences between deployed models"
    yield ""
    yield "| Finding | Metric | Column | Against | Difference (95 %) | p (Holm) |"
    yield "|---|---|---|---|--:|--:|"
    for found in sorted(contrasts, key=lambda c: c.p_adjusted)[:GATES]:
        unit = unit_of(found.metric)
        yield (
            f"| {found.finding} | {neutral(found.metric)} "
            f"| {neutral(found.model)}: {figure(found.run, unit)} "
            f"| {neutral(found.against or '')}: {figure(found.base, unit)} "
            f"| {change(found)} ({change_interval(found)}) | {p_value(found.p_adjusted)} |"
        )
    if len(contrasts) > GATES:
        yield ""
        yield f"… and {len(contrasts) - GATES:,} more in the full report."
    yield ""


def _gates(data: ReportData) -> Iterator[str]:
    gates = sorted(data.summary.gates, key=trouble)
    if not gates:
        return
    yield "### Gates"
    yield ""
    yield "| Verdict | Gate | Estimate | One-sided bounds | Wanted | n |"
    yield "|---|---|--:|--:|--:|--:|"
    several = data.summary.has_columns
    for gate in gates[:GATES]:
        yield _gate(gate, several)
    if len(gates) > GATES:
        yield ""
        yield f"… and {len(gates) - GATES:,} more gates in the full report."
    yield ""
    yield from _explanations(gates)


def _gate(gate: Verdict, several: bool) -> str:
    unit = unit_of(gate.metric)
    name = neutral(gate.name) + (f" on {neutral(gate.model)}" if several else "")
    warn = " (warns only)" if gate.severity == "warn" else ""
    return (
        f"| {wording.ICONS[gate.verdict]} {gate.verdict} | {name}{warn} "
        f"| {figure(gate.estimate, unit, gate.threshold)} | {interval(gate)} "
        f"| {threshold(gate)} | {gate.n:,} |"
    )


def _explanations(gates: Sequence[Verdict]) -> Iterator[str]:
    told = [g for g in gates if g.verdict != "PASS"][:20]
    for gate in told:
        yield f"- **{neutral(gate.name)}**: {neutral(gate.explanation, 500)}"
        if gate.waiver:
            who, until = gate.waiver.get("approved_by", ""), gate.waiver.get("until", "")
            reason = neutral(gate.waiver.get("reason", ""))
            yield f"  Waived by {neutral(who)} until {neutral(until)}: {reason}"
    if told:
        yield ""


def _suites(data: ReportData) -> Iterator[str]:
    if not data.suites:
        return
    yield "### Suites"
    yield ""
    yield "| Suite | Samples | Answered | Flagged | Failed calls | Nothing against it (95 %) |"
    yield "|---|--:|--:|--:|--:|--:|"
    several = data.summary.has_columns
    for suite in data.suites[:SUITES]:
        name = neutral(suite.suite) + (f" on {neutral(suite.model)}" if several else "")
        rate = suite.rate
        yield (
            f"| {name} | {suite.samples:,} | {suite.answered:,} | {suite.flagged:,} "
            f"| {suite.failures:,} "
            f"| {percent(rate.value)} ({percent(rate.low)} … {percent(rate.high)}) |"
        )
    if len(data.suites) > SUITES:
        yield ""
        yield f"… and {len(data.suites) - SUITES:,} more in the full report."
    yield ""


def _samples(data: ReportData) -> Iterator[str]:
    shown = list(dict.fromkeys(i for found in data.gate_samples.values() for i in found[:3]))
    if not shown:
        return
    yield "### Worst samples"
    yield ""
    for sample in (data.worst[i] for i in shown[:SAMPLES]):
        where = neutral(f"{sample.suite}/{sample.case_id}#{sample.repetition}")
        answer = neutral("".join(segment.text for segment in sample.answer))
        yield f"- **{where}**: {neutral(finding(sample))}" + (f" — {answer}" if answer else "")
    yield ""


def _end(data: ReportData) -> Iterator[str]:
    summary = data.summary
    coverage, usage = summary.coverage, summary.usage
    yield (
        f"Coverage: {coverage.planned:,} planned, {coverage.recorded:,} recorded, "
        f"{coverage.answered:,} answered, {coverage.unscored:,} without a score. "
        f"Cost {money(summary.cost_usd)}{_prices(summary)}; tokens in {count(usage.input_tokens)}, "
        f"out {count(usage.output_tokens)}."
    )
    for warning in summary.warnings[:10]:
        yield f"- Warning: {neutral(warning, 400)}"


def _prices(summary: Summary) -> str:
    note = cost_note(summary)
    return f" ({neutral(note, 400)})" if note else ""
