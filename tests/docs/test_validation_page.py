"""docs/validation.md names every scorer once: measured, or said to be without labelled data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llmeval.scorers import __all__ as scorers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "validation.md").read_text("utf-8")
PARTS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
FRAME = ("How to read this", "Floors", "Scorers without labelled data", "Data")


def measured() -> set[str]:
    titles = [title for title in PARTS if title not in FRAME]
    return {name for title in titles for name in re.findall(r"\w+", title.partition(":")[0])}


def test_every_scorer_is_measured_or_said_not_to_be() -> None:
    without = set(re.findall(r"`(\w+)`", PARTS["Scorers without labelled data"]))
    assert set(scorers) == (without | measured()) & set(scorers)
    assert without <= set(scorers) and not without & measured()


def test_every_section_of_the_command_is_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("benchmarks", "tests/validation"):
        monkeypatch.syspath_prepend(str(ROOT / folder))
    from validating import SECTIONS

    assert set(FRAME) <= set(PARTS)
    assert len(SECTIONS) == len(PARTS) - len(FRAME)


def test_floors_are_counted_and_hold() -> None:
    rows = [line for line in PARTS["Floors"].splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 30
    assert [row for row in rows if not row.endswith("| yes |")] == []


def test_every_table_is_rectangular() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_every_file_has_its_hash() -> None:
    rows = [line for line in PARTS["Data"].splitlines() if line.startswith("| `")]
    assert len(rows) >= 25
    assert all(re.fullmatch(r"\| `[\w./-]+` \| `[0-9a-f]{12}` \|", row) for row in rows)
