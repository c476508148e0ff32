"""What the terminal says: a letter a sample, and a summary with one line a suite and a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmeval.plugin.items import MARK

if TYPE_CHECKING:
    from llmeval.plugin.session import Evaluating

__all__ = ["status_of", "write_summary"]

_GATES = {
    "PASS": ("passed", ".", ("PASSED", {"green": True})),
    "FAIL": ("failed", "F", ("FAILED", {"red": True})),
    "INCONCLUSIVE": ("failed", "I", ("INCONCLUSIVE", {"red": True})),
    "ERROR": ("failed", "E", ("ERROR", {"red": True})),
    "WAIVED": ("waived", "w", ("WAIVED", {"yellow": True})),
}


def status_of(report: Any) -> Any:
    """Return (category, letter, word) for samples that did not simply pass, and for gates."""
    if report.when != "call":
        return None
    said = dict(report.user_properties).get(MARK)
    if not isinstance(said, str):
        return None
    kind, _, what = said.partition(": ")
    if kind == "gate":
        if what in ("PASS", "WAIVED") or report.failed:
            return _GATES[what]
        return "warned", "w", (f"{what} (warning)", {"yellow": True})
    if report.passed:
        letter = "b" if kind == "flagged" else "u"
        return kind, letter, (f"{kind.upper()} ({what})", {"yellow": True})
    return None


def write_summary(reporter: pytest.TerminalReporter, evaluating: Evaluating) -> None:
    """Write the verdict, its evidence, and where the report lies."""
    summary, data = evaluating.summary, evaluating.report_data
    if summary is None or data is None:
        return
    from llmeval.report import summary_lines

    reporter.section(f"llmeval: {summary.verdict}", **_markup(summary.verdict))
    if summary.verdict == "NONE":
        reporter.line("no gates, so nothing is decided: `llmeval init` writes a first gates.toml")
    for line in summary_lines(data):
        reporter.line(line.text, **_markup(line.verdict))
    for place in evaluating.published:
        reporter.line(place)
    where = evaluating.directory / "report.html"
    reporter.line(f"report: {_short(evaluating, where)}")
    for said in evaluating.telemetry.lines():
        reporter.line(said)


def _markup(word: str) -> Any:
    if word == "PASS":
        return {"green": True}
    if word in ("FAIL", "ERROR"):
        return {"red": True}
    if word in ("INCONCLUSIVE", "NONE", "WAIVED"):
        return {"yellow": True}
    return {}


def _short(evaluating: Evaluating, path: Any) -> str:
    here = evaluating.pytest_config.invocation_params.dir
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
