"""The same record gives the same bytes: reports as they were last read by a person.

After a wanted change, look at the difference and keep it with
``LLMEVAL_UPDATE_GOLDEN=1 python -m pytest tests/golden``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import factories
from llmeval.report import collect, render_html, render_markdown, summary_lines
from llmeval.report.data import ReportData

HERE = Path(__file__).parent / "reports"


def _lines(data: ReportData) -> str:
    return "".join(f"{line.kind:12}{line.text}\n" for line in summary_lines(data))


@pytest.mark.parametrize("situation", ["failing", "two_models", "canary", "simulated", "empty"])
@pytest.mark.parametrize(
    ("ending", "render"), [("html", render_html), ("md", render_markdown), ("txt", _lines)]
)
def test_report_is_as_it_was(situation, ending, render):
    record = factories.SITUATIONS[situation]()
    text = render(collect(record.summary, record.observations))
    path = HERE / f"{situation}.{ending}"
    if os.environ.get("LLMEVAL_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes(), (
        f"{path.name} differs; read the difference, then keep it with LLMEVAL_UPDATE_GOLDEN=1"
    )
