"""Filtering, sampling, checking and streaming, whatever the format."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_samples import SAMPLES, rows_of

from llmeval.cases.published import Picking, format_named, import_rows
from llmeval.cases.published.published import Found
from llmeval.cases.published.sampling import sampled
from llmeval.errors import CaseError, UsageError


def found(unit: str, number: int) -> Found:
    return Found({"id": f"{unit}-{number}"}, Path("x"), number, unit)


UNITS = st.lists(st.integers(0, 9), max_size=40).map(
    lambda units: [found(str(unit), i) for i, unit in enumerate(units)]
)


@given(UNITS, st.integers(1, 45), st.integers(0, 3))
def test_a_sample_is_whole_units_in_order_and_within_the_limit(
    rows: list[Found], limit: int, seed: int
) -> None:
    taken = sampled(rows, limit, seed)
    units = {row.unit for row in taken}
    assert taken == [row for row in rows if row.unit in units] and len(taken) <= limit
    assert limit < len(rows) or taken == rows


@given(UNITS, st.integers(1, 45), st.integers(0, 3), st.randoms())
def test_the_draw_depends_on_no_order_and_grows_with_the_limit(
    rows: list[Found], limit: int, seed: int, random: Any
) -> None:
    units = {row.unit for row in sampled(rows, limit, seed)}
    shuffled = random.sample(rows, len(rows))
    assert {row.unit for row in sampled(shuffled, limit, seed)} == units
    assert units <= {row.unit for row in sampled(rows, limit + 3, seed)}


def test_every_unit_is_drawn_about_as_often_as_any_other() -> None:
    rows = [found(str(i), i) for i in range(20)]
    counts = [0] * 20
    for seed in range(400):
        for row in sampled(rows, 5, seed):
            counts[row.line] += 1
    # Binomial(400, 1/4): six standard deviations around 100.
    assert sum(counts) == 2000 and min(counts) >= 48 and max(counts) <= 152


def test_seeds_draw_differently() -> None:
    rows = [found(str(i), i) for i in range(50)]
    assert sampled(rows, 10, 0) != sampled(rows, 10, 1)


def test_scenes_stay_whole_under_a_limit() -> None:
    assert len(rows_of("bbq", limit=4)) in (1, 4)
    assert [row["id"] for row in rows_of("bbq", limit=5)] == [f"Age-{i}" for i in range(5)]
    with pytest.raises(UsageError, match="--limit 1: rows that belong together are more"):
        rows_of("halueval", limit=1)


def test_a_split_and_tags_pick_rows() -> None:
    assert {row["tags"]["condition"] for row in rows_of("bbq", split="ambig")} == {"ambig"}
    both = rows_of("bbq", split="ambig", where={"polarity": "neg"})
    assert [row["id"] for row in both] == ["Age-0", "Age-4"]
    assert rows_of("bbq", where={"polarity": "other"}) == []


def test_what_there_is_not_is_named_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"no split 'ambg'. Did you mean 'ambig'\? There are"):
        rows_of("bbq", split="ambg")
    with pytest.raises(UsageError, match=r"IFEval has no split 'x'\. There are: none"):
        rows_of("ifeval", split="x")
    with pytest.raises(UsageError, match=r"no tag 'polarty'. Did you mean 'polarity'\?"):
        rows_of("bbq", where={"polarty": "neg"})
    with pytest.raises(UsageError, match="BBQ holds no judged answers"):
        rows_of("bbq", kind="labelled")
    with pytest.raises(UsageError, match=r"no format is called 'bqq'. Did you mean 'bbq'\?"):
        format_named("bqq")


def test_a_folder_without_the_files_and_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"holds no file of IFEval \(input_data\.jsonl or "):
        rows_of("ifeval", tmp_path)
    with pytest.raises(CaseError, match="does not exist; give IFEval's file or its folder"):
        rows_of("ifeval", tmp_path / "none.jsonl")


def test_all_files_of_a_folder_are_read_below_it_too(tmp_path: Path) -> None:
    for category in ("Age", "Other"):
        folder = tmp_path / category
        folder.mkdir()
        text = (SAMPLES / "bbq" / "Age.jsonl").read_text("utf-8")
        (folder / f"{category}.jsonl").write_text(text.replace('"Age"', f'"{category}"'))
    assert len(rows_of("bbq", tmp_path)) == 10
    (tmp_path / "again.jsonl").write_text(text)
    with pytest.raises(
        CaseError, match=r"again\.jsonl:1: .*|Age\.jsonl:1: id 'Age-0' stands twice"
    ):
        rows_of("bbq", tmp_path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe{\x00", ":1: not UTF-8"),
        (b"[1]\n", ":1: a JSON object is needed, not list"),
        (b'{"a": NaN}\n', "NaN is not a JSON number"),
        (b'\n{"a": 1, "a": 2}\n', ":2: the key 'a' stands twice"),
        (b"[" * 200_000, "nested more than 100 levels"),
        (b"{}\n" * 7, "at least 5 problems"),
    ],
)
def test_hostile_lines_are_named(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "input_data.jsonl"
    path.write_bytes(data)
    with pytest.raises(CaseError, match=said):
        rows_of("ifeval", path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"id,prompt\n1,\xff\n", "not UTF-8"),
        (b'id,prompt\n1,"open\n', "invalid CSV"),
        (b"id,prompt\n1\n", ":2: 1 cells for 2 columns"),
        (b"id,prompt\n1,x\n", ":2: the field 'type' is missing"),
        (b"", ""),
    ],
)
def test_hostile_tables_are_named(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "xstest_prompts.csv"
    path.write_bytes(data)
    if not data:
        assert rows_of("xstest", path) == []
        return
    with pytest.raises(CaseError, match=said):
        rows_of("xstest", path)


def test_a_torn_packed_file_is_named(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "input_data.jsonl.gz"
    path.write_bytes(gzip.compress((SAMPLES / "ifeval" / "input_data.jsonl").read_bytes())[:-12])
    with pytest.raises(CaseError, match="cannot be unpacked"):
        rows_of("ifeval", path)
    path.write_bytes(b"no gzip at all")
    with pytest.raises(CaseError, match="cannot be unpacked"):
        rows_of("ifeval", path)


def test_a_value_that_no_case_may_hold_is_named(tmp_path: Path) -> None:
    path = tmp_path / "input_data.jsonl"
    row = {"key": 1, "prompt": "x", "instruction_id_list": ["a\u0000b:c"], "kwargs": [{}]}
    path.write_text(json.dumps(row))
    with pytest.raises(CaseError, match=r"jsonl:1: 'tags.family' holds the control character"):
        rows_of("ifeval", path)
    row |= {"instruction_id_list": ["a:b"], "prompt": "\ud800"}
    path.write_text(json.dumps(row))
    with pytest.raises(CaseError, match="lone surrogate"):
        rows_of("ifeval", path)


def test_what_was_read_is_counted_beside_what_was_picked() -> None:
    imported = import_rows(format_named("bbq"), SAMPLES / "bbq", picking=Picking(split="disambig"))
    assert len(list(imported.rows)) == 2 and imported.read == 5
    assert [path.name for path in imported.files] == ["Age.jsonl"]
    both = import_rows(format_named("ragtruth"), SAMPLES / "ragtruth").files
    assert [path.name for path in both] == ["source_info.jsonl", "response.jsonl"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    scores = {"toxicity": 0.1}
    path = tmp_path / "prompts.jsonl"
    with path.open("w") as file:
        for i in range(6_000):
            prompt = {"text": f"{i} " + "word " * 400, **scores}
            row = {"filename": f"{i}.txt", "begin": 0, "end": 9, "challenging": False}
            file.write(json.dumps(row | {"prompt": prompt, "continuation": prompt}) + "\n")
    assert path.stat().st_size > 20e6
    imported = import_rows(format_named("realtoxicityprompts"), path)
    tracemalloc.start()
    try:
        assert sum(1 for _ in imported.rows) == 6_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3e6
