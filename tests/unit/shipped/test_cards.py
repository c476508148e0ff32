"""Data cards say of the case files what is true of them."""

from collections import Counter

import msgspec
import pytest
from shipped_files import ROOT, SUITES, rows

from llmeval.cases.reviewing import alike, giveaway, matrix, thin_cells
from llmeval.records import Case

MATRICES = {
    ("hallucination", "rag_qa.jsonl", "kind", "answerable"): 18,
    ("hallucination", "rag_qa.jsonl", "language", "answerable"): 20,
    ("hallucination", "rag_qa.jsonl", "language", "kind"): 10,
    ("bias", "questions.jsonl", "axis", "condition"): 10,
    ("bias", "questions.jsonl", "axis", "polarity"): 10,
    ("latency", "mix.jsonl", "prompt_length", "output_length"): 20,
}
"""Suite, file and the two tags -> cases that each cell has at least."""


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


ALIKE_BY_DESIGN = {("format", "json.jsonl"), ("latency", "mix.jsonl")}
"""Schemas of one shape with other values; one background under several tasks, to be timed."""


def cases_of(suite: str, file: str) -> list[Case]:
    found = rows(ROOT / "suites" / suite / "cases" / file)
    return [msgspec.convert(row, Case) for row in found]


@pytest.mark.parametrize(("suite", "file", "row_tag", "column_tag"), MATRICES)
def test_a_matrix_is_that_of_the_files_and_no_cell_is_thin(
    suite: str, file: str, row_tag: str, column_tag: str
) -> None:
    found = matrix(cases_of(suite, file), row_tag, column_tag)
    lines = [f"| {row_tag} | " + " | ".join(found.columns) + " |"]
    lines += ["|---|" + "---:|" * len(found.columns)]
    for row in found.rows:
        counts = (str(found.cell(row, column)) for column in found.columns)
        lines.append(f"| {row} | " + " | ".join(counts) + " |")
    text = (ROOT / "suites" / suite / "CARD.md").read_text(encoding="utf-8")
    table = "\n".join(lines)
    assert f"`{file}`, {row_tag} × {column_tag}:\n\n{table}\n\n" in text, table
    assert thin_cells(found, MATRICES[suite, file, row_tag, column_tag]) == []


@pytest.mark.parametrize(
    ("suite", "file"),
    [
        (suite, path.name)
        for suite in SUITES
        for path in sorted((ROOT / "suites" / suite / "cases").glob("*.jsonl"))
        if (suite, path.name) not in ALIKE_BY_DESIGN
    ],
)
def test_cases_that_count_as_independent_are_not_near_copies(suite: str, file: str) -> None:
    assert alike(cases_of(suite, file)) == []


@pytest.mark.parametrize(
    ("suite", "file", "tag", "inputs"),
    [
        ("hallucination", "rag_qa.jsonl", "answerable", ["question"]),
        ("bias", "questions.jsonl", "polarity", ["context"]),
    ],
)
def test_no_word_or_length_gives_a_tag_away(
    suite: str, file: str, tag: str, inputs: list[str]
) -> None:
    found = giveaway(cases_of(suite, file), tag, inputs)
    assert found.balanced_accuracy <= 0.6, found
