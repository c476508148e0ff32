import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.cases import load_cases
from llmeval.cases.jsonl import _fast
from llmeval.cases.problems import Problems
from llmeval.cases.rows import CaseList
from llmeval.errors import CaseError
from llmeval.records import Case

GOOD = '{"id": "a", "inputs": {"q": "x"}}'


def write(folder: Path, *lines: str | bytes) -> Path:
    path = folder / "cases.jsonl"
    path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    return path


def message(folder: Path, *lines: str | bytes) -> str:
    with pytest.raises(CaseError) as caught:
        load_cases(write(folder, *lines))
    return str(caught.value)


def test_a_full_row_and_a_bare_one(tmp_path: Path) -> None:
    row = {"id": 7, "inputs": {"q": ["é", None, 1.5, {"deep": True}]}, "expected": {"k": [1]}}
    full = json.dumps(row | {"tags": {"language": "de"}, "group": "g"})
    path = write(tmp_path, b"\xef\xbb\xbf" + full.encode() + b"\r", "", "  ", GOOD, "")
    assert load_cases(path) == [
        Case("7", {"q": ["é", None, 1.5, {"deep": True}]}, {"k": [1]}, {"language": "de"}, "g"),
        Case("a", {"q": "x"}),
    ]


def test_explicit_null_is_absence(tmp_path: Path) -> None:
    path = write(tmp_path, '{"id": "a", "inputs": {}, "expected": null, "group": null}')
    assert load_cases(path) == [Case("a", {})]


def test_an_escaped_quotation_mark_is_read_exactly(tmp_path: Path) -> None:
    assert load_cases(write(tmp_path, r'{"id": "a", "inputs": {"q": "\u0022"}}')) == [
        Case("a", {"q": '"'})
    ]


def test_hostile_values_are_values(tmp_path: Path) -> None:
    values = ["{% system %}evil", "{{ 7*7 }}", "\x00\x1b[31m\x7f", "[{" * 200, "x" * 1_000_000]
    lines = [json.dumps({"id": n, "inputs": {"q": value}}) for n, value in enumerate(values)]
    assert [case.inputs["q"] for case in load_cases(write(tmp_path, *lines))] == values


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": "b", "inputs": {', ":2: invalid JSON at column"),
        ("[]", ":2: a case must be an object with 'id' and 'inputs', not a list"),
        ("null", "not null"),
        ('{"inputs": {}}', ":2: 'id' is missing"),
        ('{"id": "b"}', ":2: 'inputs' is missing"),
        ('{"id": "b", "inputs": []}', "'inputs' must be an object"),
        ('{"id": "b", "inputs": {"": 1}}', "empty name"),
        ('{"id": true, "inputs": {}}', "not the boolean true"),
        ('{"id": 1.5, "inputs": {}}', "not a number"),
        ('{"id": "", "inputs": {}}', "'id' is empty"),
        ('{"id": "a\\nb", "inputs": {}}', "'id' holds the control character U+000A"),
        ('{"id": "a\\u2028b", "inputs": {}}', "U+2028"),
        (json.dumps({"id": "x" * 201, "inputs": {}}), "201 characters; at most 200"),
        ('{"id": "b", "input": {}}', "unknown key 'input'. Did you mean 'inputs'?"),
        ('{"id": "b", "inputs": {}, "tags": ["x"]}', "'tags' must be an object of strings"),
        ('{"id": "b", "inputs": {}, "tags": {"n": 3}}', "'tags.n' must be a string, not a number"),
        ('{"id": "b", "inputs": {}, "tags": {"n": "\\u0007"}}', "'tags.n' holds the control"),
        ('{"id": "b", "inputs": {}, "tags": {"": "x"}}', "the name '' is empty"),
        ('{"id": "b", "inputs": {}, "group": 3}', "'group' must be a string"),
        ('{"id": "b", "inputs": {}, "group": " "}', "'group' is empty"),
        ('{"id": "b", "inputs": {"x": NaN}}', "NaN is not a JSON number"),
        ('{"id": "b", "inputs": {"x": -Infinity}}', "-Infinity is not a JSON number"),
        ('{"id": "b", "inputs": {"x": 1e999}}', "holds the number inf"),
        ('{"id": "b", "inputs": {"x": 1, "x": 2}}', "the key 'x' stands twice"),
        ('{"id": "b", "id": "c", "inputs": {}}', "the key 'id' stands twice"),
        ('{"id": "b", "inputs": {"x": "\\ud800"}}', "'inputs' holds a lone surrogate"),
        ('{"id": "b", "inputs": {"\\udc00": 1}}', "'inputs' holds a lone surrogate"),
        ('{"id": "\\ud800", "inputs": {}}', "'id' holds the control character U+D800"),
        ('{"id": "b", "inputs": {"x": ' + "9" * 5000 + "}}", ":2: "),
        ('{"id": "b", "inputs": ' + '{"a":' * 150 + "1" + "}" * 151, "more than 100 levels deep"),
        ('{"id": "b", "inputs": {"x":' + "[" * 90_000 + "]" * 90_000 + "}}", "levels deep"),
        ('{"id": "b", "inputs": {}} {"id": "c", "inputs": {}}', "column 27: Extra data"),
        ('{"id": "b", "' + "k" * 1_000_000 + '": 1, "inputs": {}}', "unknown key 'kkk"),
        (b'{"id": "b", "inputs": {"x": "\xff"}}', "not UTF-8: byte 0xff at byte 30"),
        (GOOD, "id 'a' was already used on line 1"),
    ],
)
def test_a_bad_row_names_line_field_and_fix(tmp_path: Path, line: str | bytes, says: str) -> None:
    found = message(tmp_path, GOOD, line)
    assert "cases.jsonl:2: " in found
    assert says in found
    assert len(found) < 1000


def test_an_int_id_and_its_string_are_duplicates(tmp_path: Path) -> None:
    rows = ['{"id": 1, "inputs": {}}', '{"id": "1", "inputs": {}}']
    assert ":2: id '1' was already used on line 1" in message(tmp_path, *rows)


def test_five_problems_at_once_and_no_more(tmp_path: Path) -> None:
    found = message(tmp_path, *["{"] * 9)
    assert "at least 5 problems" in found
    assert found.count("invalid JSON") == 5


def test_several_problems_are_counted(tmp_path: Path) -> None:
    found = message(tmp_path, "{", GOOD, '{"id": [], "input": 1}')
    assert "has 4 problems" in found
    assert ":1: invalid JSON" in found
    assert found.count(":3: ") == 3


def test_utf16_is_recognised(tmp_path: Path) -> None:
    assert "looks like UTF-16" in message(tmp_path, GOOD.encode("utf-16"))


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "  \r\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, text: str) -> None:
    assert "holds no cases" in message(tmp_path, text)


def test_a_hundred_thousand_rows_take_about_a_second(tmp_path: Path) -> None:
    row = '{"id": "c%d", "inputs": {"question": "wer?"}, "expected": "x", "tags": {"l": "en"}}'
    path = write(tmp_path, *(row % n for n in range(100_000)))
    began = time.process_time()
    assert len(load_cases(path)) == 100_000
    assert time.process_time() - began < 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(max_size=30)
rows = st.fixed_dictionaries(
    {"id": texts | st.integers() | json_values, "inputs": st.dictionaries(texts, json_values)},
    optional={
        "expected": json_values,
        "tags": st.dictionaries(texts, texts, max_size=2),
        "group": texts | st.none(),
    },
)


@given(row=rows, ascii=st.booleans())
def test_the_fast_path_reads_what_the_exact_one_reads(row: dict[str, Any], ascii: bool) -> None:
    line = json.dumps(row, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    fast = _fast(line)
    if fast is not None:
        exact = CaseList(Problems(Path("x")))
        exact.add_row(json.loads(line), 1)
        assert exact.finish() == [fast]
