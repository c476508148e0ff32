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


def test_the_toxicity_cards_matrix_is_that_of_the_files_and_has_no_empty_cell() -> None:
    kinds = {"benign": "topic", "conversations": "setting", "provoking": "provocation"}
    languages = ("en", "de", "fr", "es")
    found = Counter(
        (file, case["tags"][kind], case["tags"]["language"])
        for file, kind in kinds.items()
        for case in rows(ROOT / "suites" / "toxicity" / "cases" / f"{file}.jsonl")
    )
    text = (ROOT / "suites" / "toxicity" / "CARD.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    matrix = [line for line in lines if len(line) == 7 and line[0] in kinds]
    told = {(file, kind): list(map(int, counts)) for file, kind, *counts in matrix}
    for file in kinds:
        own = {kind for name, kind, _ in found if name == file}
        for kind in own:
            counts = [found[file, kind, language] for language in languages]
            assert told.pop((file, kind)) == [*counts, sum(counts)]
            assert all(counts), (file, kind)
        totals = [sum(found[file, kind, language] for kind in own) for language in languages]
        assert told.pop((file, "*all*")) == [*totals, sum(totals)]
    assert not told
