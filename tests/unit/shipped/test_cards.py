"""Data cards say of the case files what is true of them."""

from collections import Counter

import pytest
from shipped_files import ROOT, SUITES, rows


def counted(suite: str) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for path in (ROOT / "suites" / suite / "cases").glob("*.jsonl"):
        cases = rows(path)
        found[path.name, "all", ""] = len(cases)
        groups = {case["group"] for case in cases if "group" in case}
        found.update({(path.name, "groups", ""): len(groups)} if groups else {})
        found.update((path.name, tag, value) for c in cases for tag, value in c["tags"].items())
    return found


def stated(suite: str) -> Counter[tuple[str, str, str]]:
    text = (ROOT / "suites" / suite / "CARD.md").read_text(encoding="utf-8")
    cells = [line.strip("| ").split("|") for line in text.splitlines() if ".jsonl |" in line]
    return Counter(
        {(file.strip(), tag.strip(), value.strip()): int(n) for file, tag, value, n in cells}
    )


@pytest.mark.parametrize("suite", SUITES)
def test_the_coverage_table_is_that_of_the_files(suite: str) -> None:
    assert stated(suite) == counted(suite)


@pytest.mark.parametrize("suite", SUITES)
def test_a_card_has_its_parts(suite: str) -> None:
    text = (ROOT / "suites" / suite / "CARD.md").read_text(encoding="utf-8")
    for part in ("What it measures", "What it does not", "How the cases were written", "Licence"):
        assert f"## {part}" in text
    assert "Apache-2.0" in text
