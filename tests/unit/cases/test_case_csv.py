import csv
from pathlib import Path

import pytest

from llmeval.cases import load_cases
from llmeval.errors import CaseError
from llmeval.records import Case


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "cases.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def message(folder: Path, text: str | bytes) -> str:
    with pytest.raises(CaseError) as caught:
        load_cases(write(folder, text))
    return str(caught.value)


def test_columns_become_fields(tmp_path: Path) -> None:
    text = (
        "\ufeffid,expected,group,tags.language,inputs.context,question\r\n"
        '1,yes,g,de,"a, ""b""\nc",Wer?\r\n'
        "\r\n"
        "2,,,,,\r\n"
    )
    assert load_cases(write(tmp_path, text)) == [
        Case("1", {"context": 'a, "b"\nc', "question": "Wer?"}, "yes", {"language": "de"}, "g"),
        Case("2", {"context": "", "question": ""}),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no cases"),
        ("id,q\n", "holds no cases"),
        ("q\nx\n", "cases.csv:1: there is no column 'id'"),
        ("id,expected\na,b\n", "there is no input column"),
        ("id,q,q\na,b,c\n", "column 3 ('q') stands twice"),
        ("id,q,inputs.q\na,b,c\n", "column 3 ('inputs.q') stands twice"),
        ("id,,q\na,b,c\n", "column 2 ('') has no name"),
        ("ID,q\na,b\n", "column 1 ('ID') must be written 'id'"),
        ("id,tags.,q\na,b,c\n", "must be written 'tags.NAME'"),
        ("id,inputs\na,b\n", "must be written 'inputs.NAME'"),
        ("id,tag.lang,q\na,b,c\n", "must be written 'tags.lang'"),
        ("id,q\na\n", "cases.csv:2: 1 cells for 2 columns: no value for 'q'"),
        ("id,q\na,b\nc,d,e\n", "cases.csv:3: 3 cells for 2 columns"),
        ('id,q\na,"b\nc"\na,d\n', "cases.csv:4: id 'a' was already used on line 2"),
        ('id,q\na,b\nc,"d\n', "cases.csv:3: invalid CSV: unexpected end of data"),
        ("id,q\n,b\n", "cases.csv:2: 'id' is empty"),
        ("id,q\na\x07,b\n", "control character U+0007"),
        (b"id,q\na,b\nc,\xff\n", "cases.csv:3: not UTF-8: byte 0xff"),
        ("id,q\na,b\n".encode("utf-16"), "looks like UTF-16"),
    ],
)
def test_a_bad_file_names_line_column_and_fix(tmp_path: Path, text: str | bytes, says: str) -> None:
    assert says in message(tmp_path, text)


def test_a_dotted_column_that_resembles_no_prefix_is_an_input(tmp_path: Path) -> None:
    assert load_cases(write(tmp_path, "id,avg. price\na,3\n")) == [Case("a", {"avg. price": "3"})]


def test_a_long_cell_is_read_and_the_csv_module_left_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    cases = load_cases(write(tmp_path, "id,q\na," + "x" * 1_000_000 + "\n"))
    assert len(cases[0].inputs["q"]) == 1_000_000
    assert csv.field_size_limit() == before
