"""The words and signs of the page: what a verdict means for somebody who must decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from llmeval.records import FAILURE_KINDS, Column, Summary
from llmeval.report.data import ReportData

__all__ = ["ICONS", "OUTCOMES", "Answer", "Notice", "about", "answer", "notices"]

ICONS: Final[Mapping[str, str]] = {
    "PASS": "✓",
    "FAIL": "✕",
    "INCONCLUSIVE": "?",
    "ERROR": "!",
    "WAIVED": "~",
    "NONE": "–",
}

OUTCOMES: Final[Mapping[str, str]] = {"answered": "an answer came back", **FAILURE_KINDS}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to “may it ship?”."""

    headline: str
    because: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that limits what the verdict is worth."""

    title: str
    text: str


def answer(summary: Summary) -> Answer:
    """Return what the run's verdict says about a release, in words."""
    blocking = [g for g in summary.gates if g.blocks]
    waived = sum(g.verdict == "WAIVED" for g in summary.gates)
    warned = sum(
        g.severity == "warn" and g.verdict not in ("PASS", "WAIVED") for g in summary.gates
    )
    aside = "".join(
        [
            f" {_gates(waived)} waived." if waived else "",
            f" {_gates(warned)} that only warn{'s' if warned == 1 else ''} did not hold."
            if warned
            else "",
        ]
    )
    if summary.verdict == "PASS":
        return _passed(summary, aside)
    if summary.verdict == "NONE":
        return Answer(
            "No gate was set",
            "Nothing was decided: add gates to gates.toml, then decide this record again "
            "with llmeval gate.",
        )
    if summary.hard_failures and not blocking:
        failed = f"{summary.hard_failures} assertion{'s' * (summary.hard_failures != 1)} failed."
        return Answer("No: do not ship", failed + aside)
    headline = {
        "FAIL": "No: do not ship",
        "INCONCLUSIVE": "Not decided yet: do not ship",
        "ERROR": "Cannot be judged: do not ship",
    }[summary.verdict]
    return Answer(headline, _blocking(summary, len(blocking)) + aside)


def _passed(summary: Summary, aside: str) -> Answer:
    held = f"Every blocking gate holds at its confidence.{aside}"
    if any(m.simulated for m in summary.models):
        return Answer("All gates hold, on a simulated endpoint", held)
    if summary.unsignable:
        return Answer("All gates hold, but this run cannot be signed", held)
    return Answer("Yes: it may ship", held)


def _blocking(summary: Summary, blocking: int) -> str:
    if not blocking:
        return "The run is not complete."
    return f"{blocking} of {_gates(len(summary.gates))} block{'s' * (blocking == 1)} the release."


def _gates(n: int) -> str:
    return f"{n} gate{'s' * (n != 1)}"


def notices(data: ReportData) -> tuple[Notice, ...]:
    """Return what a reader must know before trusting the verdict, the gravest first."""
    summary = data.summary
    made = [
        Notice(
            "Simulated endpoint", f"{m.ref} is a simulator: these figures say nothing of a model."
        )
        for m in summary.models
        if m.simulated
    ]
    made += [Notice("Partial run", reason) for reason in summary.partial]
    made += [Notice("Fallback scorer", f"{name}: {text}") for name, text in fallbacks(summary)]
    if summary.judge and summary.judge.ref in {m.ref for m in summary.models}:
        made.append(Notice("Judge", f"{summary.judge.ref} judged its own answers."))
    for model, found in data.versions.items():
        split = data.deployed.get(model, {})
        if len(split) > 1:
            text = f"{model} answered from the deployed models {_counted(split)}: "
            text += "--by=deployed_model decides on each for itself."
            made.append(Notice("Several models behind one endpoint", text))
        elif len(found) > 1:
            text = f"{model} answered as {_counted(found)}."
            made.append(Notice("Model changed during the run", text))
    if summary.unsignable:
        made.append(Notice("Cannot be signed", "; ".join(summary.unsignable)))
    return tuple(made)


def _counted(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n:,} answers)" for name, n in found.items())


def about(column: Column) -> str:
    """Return in a few words what is known of a column's deployed model, and what it answered."""
    told = [column.display_name or "", f"version {column.version}" if column.version else ""]
    if column.traffic is not None:
        told.append(f"{column.traffic:g} % of the traffic")
    told.append(f"{column.samples:,} sample{'s' * (column.samples != 1)}")
    if column.unplaced:
        told.append(f"with {column.unplaced:,} failed calls that count in every column")
    return ", ".join(filter(None, told))


def fallbacks(summary: Summary) -> list[tuple[str, str]]:
    """Return each fallback scorer once, with its sentence."""
    found = {
        scorer.name: scorer.fallback
        for suite in summary.suites
        for scorer in suite.scorers
        if scorer.fallback
    }
    return sorted(found.items())
