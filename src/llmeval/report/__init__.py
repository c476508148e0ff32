"""The sign-off report: collect a record once, render it as a page, as Markdown, as lines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmeval.report.aggregate import collect as collect
    from llmeval.report.data import ReportData as ReportData
    from llmeval.report.lines import GateLine as GateLine
    from llmeval.report.lines import SampleLine as SampleLine
    from llmeval.report.lines import SuiteLine as SuiteLine
    from llmeval.report.lines import gate_lines as gate_lines
    from llmeval.report.lines import suite_lines as suite_lines
    from llmeval.report.lines import summary_lines as summary_lines
    from llmeval.report.markdown import render_markdown as render_markdown
    from llmeval.report.page import render_html as render_html

__all__ = [
    "GateLine",
    "ReportData",
    "SampleLine",
    "SuiteLine",
    "collect",
    "gate_lines",
    "render_html",
    "render_markdown",
    "suite_lines",
    "summary_lines",
]

_HOMES = {
    "collect": "aggregate",
    "ReportData": "data",
    "GateLine": "lines",
    "SampleLine": "lines",
    "SuiteLine": "lines",
    "gate_lines": "lines",
    "suite_lines": "lines",
    "summary_lines": "lines",
    "render_markdown": "markdown",
    "render_html": "page",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"llmeval.report.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'llmeval.report' has no attribute {name!r}")
