"""The report as rows for a terminal: plain text without control characters and without colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from llmeval.records import Column, Contrast
from llmeval.report.data import ReportData, WorstSample
from llmeval.report.numbers import (
    change,
    change_interval,
    figure,
    interval,
    seconds,
    threshold,
    unit_of,
)
from llmeval.report.text import one_line
from llmeval.report.wording import about

__all__ = [
    "GateLine",
    "Line",
    "SampleLine",
    "SuiteLine",
    "column_line",
    "gate_lines",
    "suite_lines",
    "summary_lines",
]

NAME: Final = 60
TEXT: Final = 160


@dataclass(frozen=True, slots=True)
class SuiteLine:
    """One suite on one model, in samples."""

    suite: str
    model: str
    samples: int
    answered: int
    flagged: int
    unscored: int
    failures: int

    @property
    def text(self) -> str:
        """The row as a sentence."""
        parts = [f"{self.samples:,} samples", f"{self.answered:,} answered"]
        parts.append(f"{self.flagged:,} flagged")
        if self.unscored:
            parts.append(f"{self.unscored:,} unscored")
        parts.append(f"{self.failures:,} failed")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A sample that speaks against a gate; ``finding`` says what was found, ``answer`` what the
    model said."""

    case: str
    finding: str
    prompt: str
    answer: str

    @property
    def text(self) -> str:
        """The row as one line."""
        said = f": {self.answer}" if self.answer else ""
        return f"{self.case}: {self.finding}{said}"


@dataclass(frozen=True, slots=True)
class GateLine:
    """One gate as decided; figures are already in their unit."""

    name: str
    model: str
    verdict: str
    severity: str
    blocks: bool
    estimate: str
    interval: str
    n: int
    threshold: str
    explanation: str
    samples: tuple[SampleLine, ...]

    @property
    def text(self) -> str:
        """The row as one line, without the explanation."""
        return (
            f"{self.verdict} {self.name}: {self.estimate} ({self.interval}, n={self.n:,}), "
            f"wanted {self.threshold}"
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary. ``kind`` says what it is, ``verdict`` how it may be coloured."""

    kind: Literal["column", "suite", "gate", "explanation", "sample", "contrast"]
    text: str
    verdict: str = ""


def suite_lines(data: ReportData) -> list[SuiteLine]:
    """Return a row for each suite on each model."""
    return [
        SuiteLine(
            suite=one_line(s.suite, NAME),
            model=one_line(s.model, 2 * NAME),
            samples=s.samples,
            answered=s.answered,
            flagged=s.flagged,
            unscored=s.unscored,
            failures=s.failures,
        )
        for s in data.suites
    ]


def gate_lines(data: ReportData, *, samples: int = 3) -> list[GateLine]:
    """Return a row for each gate in the order of the gates file, with at most ``samples`` worst
    samples for a gate that neither passes nor is waived."""
    made = []
    for index, gate in enumerate(data.summary.gates):
        unit = unit_of(gate.metric)
        shown = () if gate.verdict in ("PASS", "WAIVED") else data.gate_samples.get(index, ())
        made.append(
            GateLine(
                name=one_line(gate.name, 2 * NAME),
                model=one_line(gate.model, 2 * NAME),
                verdict=gate.verdict,
                severity=gate.severity,
                blocks=gate.blocks,
                estimate=figure(gate.estimate, unit, gate.threshold),
                interval=interval(gate),
                n=gate.n,
                threshold=threshold(gate),
                explanation=one_line(gate.explanation, 400),
                samples=tuple(_sample(data.worst[i]) for i in shown[:samples]),
            )
        )
    return made


def _sample(sample: WorstSample) -> SampleLine:
    answer = "".join(segment.text for segment in sample.answer)
    prompt = sample.prompt[-1].text if sample.prompt else ""
    return SampleLine(
        case=one_line(f"{sample.suite}/{sample.case_id}#{sample.repetition}", 2 * NAME),
        finding=one_line(finding(sample), TEXT),
        prompt=one_line(prompt, TEXT),
        answer=one_line(answer, TEXT),
    )


def finding(sample: WorstSample) -> str:
    """Return in a few words why a sample is among the worst."""
    if sample.error or not sample.answer:
        return f"{sample.outcome} {sample.error}".strip()
    for found in sample.findings:
        if found.bad:
            why = f" ({found.explanation})" if found.explanation else ""
            return f"{found.scorer} {found.label or 'bad'}{why}"
    times = [f"answered in {seconds(sample.latency)}" if sample.latency is not None else "answered"]
    if sample.ttft is not None:
        times.append(f"first token after {seconds(sample.ttft)}")
    return ", ".join(times)


def summary_lines(data: ReportData) -> list[Line]:
    """Return the whole summary: columns, suites, gates with their explanation and worst samples,
    and in what the columns differ."""
    suites, several = suite_lines(data), data.summary.has_columns
    lines = [Line("column", column_line(column)) for column in data.summary.columns]
    lines += [Line("suite", f"{_title(s.suite, s.model, several)}: {s.text}") for s in suites]
    for gate in gate_lines(data):
        model = f"  [{gate.model}]" if several else ""
        lines.append(Line("gate", gate.text + model, gate.verdict))
        if gate.verdict != "PASS" and gate.explanation:
            lines.append(Line("explanation", gate.explanation, gate.verdict))
        lines += _indent(gate.samples)
    told = [c for c in data.summary.contrasts if c.finding in ("better", "worse")]
    return [*lines, *(Line("contrast", _contrast(c)) for c in told)]


def column_line(column: Column, role: str = "column") -> str:
    """Return a column's role, its name and what is known of it."""
    return f"{role} {one_line(column.name, 2 * NAME)}: {one_line(about(column), TEXT)}"


def _contrast(found: Contrast) -> str:
    """A difference that holds, as one line."""
    model, against = (one_line(name or "", 2 * NAME) for name in (found.model, found.against))
    return (
        f"{found.finding} on {model} than on {against}: {one_line(found.metric, 2 * NAME)} "
        f"{change(found)} ({change_interval(found)})"
    )


def _title(suite: str, model: str, several: bool) -> str:
    return f"{suite} [{model}]" if several else suite


def _indent(samples: Sequence[SampleLine]) -> list[Line]:
    return [Line("sample", sample.text) for sample in samples]
