"""docs/validation.md says what is measured: its exact sections again, and its data."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from labelled import DATA, need

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "validation.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["ifeval", "json_schema", "bbq", "pronouns", "judges"])
def test_a_section_without_chance_is_found_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from validating import SECTIONS
    from validating.page import rendered

    section = SECTIONS[name]()
    assert rendered(section) in PAGE, "run: python benchmarks/validation.py"
    assert [floor for floor in section.floors if not floor.holds] == []


def test_the_data_are_those_that_were_measured() -> None:
    need("ifeval")
    told = re.findall(r"^\| `([\w./-]+)` \| `([0-9a-f]{12})` \|$", PAGE, re.M)
    found = [
        (file, hashlib.sha256((DATA / file).read_bytes()).hexdigest()[:12]) for file, _ in told
    ]
    assert told and told == found


def test_an_interval_holds_its_value_and_widens_with_clusters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from validating.figures import jackknife, rate, with_auc

    hits = [True] * 60 + [False] * 20
    alone = rate(hits, range(80))
    tied = rate(hits, [i // 8 if i < 40 else i // 4 for i in range(80)])
    assert alone[0] == tied[0] == 0.75
    assert tied[1] < alone[1] < 0.75 < alone[2] < tied[2]
    everything = rate([True] * 30, [0, *range(29)])
    assert everything[2] == 1 and 0.85 < everything[1] < 0.9
    values, good = [0.1, 0.4, 0.35, 0.8, 0.7, 0.2], [False, False, True, True, True, False]
    auc, low, high = with_auc(values, good, range(6))
    assert auc == pytest.approx(8 / 9) and low < auc < high <= 1
    assert jackknife(lambda at: 0.0, range(10))[:2] == (0.0, 0.0)
