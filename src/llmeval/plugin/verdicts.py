"""Gates as test results: in the terminal, in JUnit XML, in the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmeval.plugin.items import MARK
from llmeval.records import Summary, Verdict

__all__ = ["announce"]


def announce(config: pytest.Config, summary: Summary, gates_file: Path) -> None:
    """Report every gate as a test of the gates file. A blocking gate that does not hold fails."""
    for verdict in summary.gates:
        name = f"{verdict.name}@{verdict.model}" if summary.has_columns else verdict.name
        # pytest cuts a location that ends the node id off it, and turns its dots into colons.
        location = (gates_file.name, None, f"gate {name}")
        nodeid = f"{gates_file.name}::{name}"
        config.hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
        for when in ("setup", "call", "teardown"):
            report = _report(verdict, nodeid, location, when)
            config.hook.pytest_runtest_logreport(report=report)
        config.hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)


def _report(
    verdict: Verdict, nodeid: str, location: tuple[str, None, str], when: str
) -> pytest.TestReport:
    failed = when == "call" and verdict.blocks
    return pytest.TestReport(
        nodeid=nodeid,
        location=location,
        keywords={},
        outcome="failed" if failed else "passed",
        longrepr=f"{verdict.verdict}: {verdict.explanation}" if failed else None,
        when=when,  # type: ignore[arg-type]
        user_properties=[(MARK, f"gate: {verdict.verdict}"), *_numbers(verdict)],
    )


def _numbers(verdict: Verdict) -> list[tuple[str, object]]:
    names = ("estimate", "low", "high", "n", "threshold", "explanation")
    return [(name, getattr(verdict, name)) for name in names]
