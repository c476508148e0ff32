"""``csv`` and ``markdown_table``: what is right, what is wrong, and by which name."""

from __future__ import annotations

import csv as writer
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scorer_samples import scored, unscored

from llmeval.errors import SuiteError
from llmeval.ports import Scorer
from llmeval.scorers import csv, markdown_table
from llmeval.scorers.formats.csv_tables import parse

PEOPLE = csv({"name": "string", "age": "integer", "born": "date?"}, rows=2)
GOOD = "name,age,born\nA,1,2024-01-01\nB,2,"
TABLE = "| name | age |\n|---|---|\n| A | 1 |"
AGES = markdown_table({"name": "string", "age": "integer"}, rows=(1, 3))


def kind(scorer: Scorer, text: str, inputs: dict[str, Any] | None = None) -> Any:
    found = scored(scorer, text, inputs)
    assert found.value == float(found.label == "valid")
    return (found.evidence or {}).get("kind")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        'age,name,born\r\n1,A,2024-01-01\r\n2,"B",\r\n',
        "\ufeffname, age ,born\n\nA, 1 ,2024-01-01\nB,02,",
    ],
)
def test_order_of_columns_quotes_and_line_ends_do_not_change_a_table(text: str) -> None:
    assert scored(PEOPLE, text).value == 1
    assert scored(PEOPLE, text).evidence == scored(PEOPLE, GOOD).evidence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace(",", ";"), "not_csv"),
        (f"```csv\n{GOOD}\n```", "code_fence"),
        (f"Here is the CSV:\n{GOOD}", "leading_prose"),
        (f"Here is the CSV you asked for, with two rows.\n\n{GOOD}", "leading_prose"),
        (f"{GOOD}\n\nLet me know if you need more.", "trailing_prose"),
        (f"{GOOD}\nLet me know if you need more.", "trailing_prose"),
        (f"以下是您要的表格：\n{GOOD}", "leading_prose"),
        (f"ご依頼のCSVは次のとおりです：\n\n{GOOD}", "leading_prose"),
        (f"Hier ist die Tabelle:\n{GOOD}\n\nIch hoffe, das hilft!", "leading_prose"),
        (f"{GOOD}\n\n¡Espero que esto ayude!", "trailing_prose"),
        ("name,age,born\nA,1,", "bad_value"),
        ("name,age\nA,1\nB,2", "missing_key"),
        ("name,age,born,x\nA,1,,\nB,2,,", "extra_key"),
        ("name,age,born\nA,one,\nB,2,", "wrong_type"),
        ("name,age,born\nA,1,17 May\nB,2,", "wrong_type"),
        ("name,age,born\nA,1\nB,2,", "missing_key"),
        ("name,age,born\nA,1,,\nB,2,", "extra_key"),
        ('name,age,born\nA,1,\n"B,2', "truncated"),
        ("name,name,age,born\nA,A,1,\nB,B,2,", "bad_value"),
        ("I'm sorry, I can't do that.", "refusal"),
        ("", "empty"),
        (TABLE, "not_csv"),
        ('{"name": "A"}', "not_csv"),
        ("<table><tr><td>A</td></tr></table>", "not_csv"),
        ("A,1,\nB,2,", "missing_key"),
    ],
)
def test_what_is_wrong_with_csv_has_a_name(text: str, expected: str) -> None:
    assert kind(PEOPLE, text) == expected


def test_other_dialects_of_csv() -> None:
    assert kind(csv(["a", "b"], delimiter="\t"), "a\tb\n1\t2") is None
    assert kind(csv(["a", "b"], header=False), "1,2\n3,4") is None
    assert kind(csv({"a": "integer", "b": ["x", "y"]}, header=False), "1,z") == "bad_value"
    assert kind(csv(["a"], only=False), "a,b\n1,2") is None
    assert kind(csv(lenient=True), f"```\n{GOOD}\n```") is None
    assert kind(csv(["note"]), "note\nIt rained all day.") is None, "a cell may be a sentence"


def test_columns_and_rows_may_come_from_the_case() -> None:
    assert kind(csv(), "a,b\n1,2", {"columns": {"a": "integer", "b": "integer"}, "rows": 1}) is None
    assert kind(csv(), "a,b\n1,x", {"columns": {"a": "integer", "b": "integer"}}) == "wrong_type"
    assert kind(csv(), "a,b\n1,x", {"rows": [2, None]}) == "bad_value"
    wrong = unscored(csv(), "a,b\n1,2", {"columns": {"a": "integr"}})
    assert wrong.not_scored == "bad_input" and "integer" in wrong.reason
    assert unscored(csv(), "a,b\n1,2", {"rows": "many"}).not_scored == "bad_input"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": {"a": "integr"}}, "integer"),
        ({"columns": []}, "list of names"),
        ({"columns": [1]}, "list of names"),
        ({"rows": -1}, "whole number"),
        ({"rows": (3, 1)}, "whole number"),
        ({"rows": True}, "whole number"),
        ({"delimiter": '"'}, "one character"),
        ({"delimiter": ",,"}, "one character"),
    ],
)
def test_wrong_rules_of_csv_end_the_suite(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        csv(**arguments)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=9)


@given(st.lists(st.tuples(CELLS, st.integers(-999, 999)), max_size=9))
def test_what_pythons_writer_writes_is_read(rows: list[tuple[str, int]]) -> None:
    out = io.StringIO()
    writer.writer(out).writerows([("text", "n"), *rows])
    assert parse(",", True, out.getvalue()).rows == tuple((a, str(b)) for a, b in rows)
    assert kind(csv({"text": "string", "n": "integer"}, rows=len(rows)), out.getvalue()) is None


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        "name | age\n:-- | --:\nA | 1",
        "| age | name |\n| -: | - |\n| 1 | A |\n",
        "|**name**|`age`|\n|---|---|\n|A|1|",
    ],
)
def test_layout_does_not_change_a_markdown_table(text: str) -> None:
    assert scored(AGES, text).value == 1
    assert scored(AGES, text).evidence == scored(AGES, TABLE).evidence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Here:\n\n{TABLE}\n\nBye", "leading_prose"),
        (f"{TABLE}\n\nBye", "trailing_prose"),
        (f"```\n{TABLE}\n```", "code_fence"),
        (TABLE.replace("|---|---|\n", ""), "not_markdown_table"),
        (TABLE.replace("|---|---|", "|---|"), "not_markdown_table"),
        (TABLE.replace(" 1 |", ""), "missing_key"),
        (f"{TABLE} 2 |", "extra_key"),
        (TABLE.replace("1", "x"), "wrong_type"),
        (TABLE + "\n| B | 2 |" * 3, "bad_value"),
        (TABLE.replace("age", "height"), "missing_key"),
        ("name,age\nA,1", "not_markdown_table"),
        ("", "empty"),
        ("I'm sorry, I cannot help.", "refusal"),
    ],
)
def test_what_is_wrong_with_a_markdown_table_has_a_name(text: str, expected: str) -> None:
    assert kind(AGES, text) == expected


def test_a_table_may_stand_in_a_text_but_not_in_a_fence() -> None:
    within = markdown_table(["name", "age"], alone=False)
    assert kind(within, f"Here it is.\n\n{TABLE}\n\nAs you see …") is None
    assert kind(within, f"```\n{TABLE}\n```\n\n{TABLE}") is None
    assert kind(within, f"So:\n```\n{TABLE}\n```\nand that is it") == "code_fence"
    assert kind(within, "There is none.") == "not_markdown_table"


def test_an_escaped_bar_is_no_border() -> None:
    assert kind(AGES, TABLE.replace("A", r"A \| B")) is None


def test_wrong_rules_of_a_markdown_table_end_the_suite() -> None:
    with pytest.raises(SuiteError, match="markdown_table: columns"):
        markdown_table({})
