"""What the scorers of formats share: reading, cells, bounds, identities."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest
from scorer_samples import scored

from llmeval import scorers
from llmeval.ports import Scorer
from llmeval.scorers.formats.bounds import bounds_of
from llmeval.scorers.formats.cells import Misfit, read_cell, type_of
from llmeval.scorers.formats.failures import BadRules
from llmeval.scorers.formats.reading import reads_as_prose
from llmeval.scorers.formats.values import value_hash

TOOLS = {"f": {"type": "object", "properties": {"a": {"type": "string"}}}}
PAIRS: list[tuple[Scorer, Scorer]] = [
    (scorers.xml("a", elements={"b": "integer"}), scorers.xml("a", elements={"b": "number"})),
    (scorers.yaml({"type": "object"}), scorers.yaml({"type": "array"})),
    (scorers.csv(["a"], rows=(1, 2)), scorers.csv(["a"], rows=(1, None))),
    (scorers.csv({"a": ["x", "y"]}), scorers.csv({"a": ["x", "z"]})),
    (scorers.markdown_table(["a"]), scorers.markdown_table(["a"], alone=False)),
    (scorers.function_call(TOOLS), scorers.function_call(TOOLS, calls=1)),
    (scorers.length(words=3), scorers.length(words=(None, 3))),
    (scorers.language("de"), scorers.language("fr")),
]
if find_spec("sqlglot"):
    PAIRS.append((scorers.sql(tables=["a"]), scorers.sql(tables=["a"], several=True)))


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda s: s.identity.name)
def test_other_rules_are_another_scorer(one: Scorer, other: Scorer) -> None:
    told, told_other = (json.dumps(s.identity.parameters, sort_keys=True) for s in (one, other))
    assert told != told_other
    assert one != other and hash(one) != hash(other)


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("Here is the table:", True),
        ("**Here is the table you asked for:**", True),
        ("> I hope this helps!", True),
        ("Voici le tableau demandé :", True),
        ("以下是表格：", True),
        ("上の表は、名前と年齢です。", True),
        ("name,age,born", False),
        ("Ada Brandt,3", False),
        ("key: value", False),
        ("- an item of a list.", False),
        ("12 people live there.", False),
        ("Yes.", False),
        ("北京,上海", False),
        ("...", False),
        ("", False),
    ],
)
def test_sentences_are_told_from_data(line: str, prose: bool) -> None:
    assert reads_as_prose(line) == prose


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (" 12 ", "integer", 12),
        ("-007", "integer", -7),
        ("1.50", "number", 1.5),
        (".5", "number", 0.5),
        ("1e3", "number", 1000.0),
        ("TRUE", "boolean", True),
        ("false", "boolean", False),
        ("2024-02-29", "date", "2024-02-29"),
        ("2024-02-29T10:00:00Z", "date-time", "2024-02-29T10:00:00+00:00"),
        ("2024-02-29 10:00", "date-time", "2024-02-29T10:00:00"),
        ("", "number?", None),
        ("3", "integer?", 3),
        ("", "string", ""),
        ("b", ("a", "b"), "b"),
    ],
)
def test_a_cell_holds_a_value_of_its_type(text: str, kind: Any, value: Any) -> None:
    assert read_cell(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "failure"),
    [
        ("1.0", "integer", "wrong_type"),
        ("1,200", "integer", "wrong_type"),
        ("٣", "integer", "wrong_type"),
        ("9" * 401, "integer", "wrong_type"),
        ("3 km", "number", "wrong_type"),
        ("nan", "number", "wrong_type"),
        ("1_000", "number", "wrong_type"),
        ("yes", "boolean", "wrong_type"),
        ("2023-02-29", "date", "wrong_type"),
        ("20240229", "date", "wrong_type"),
        ("2024-02-29", "date-time", "wrong_type"),
        ("", "number", "wrong_type"),
        ("B", ("a", "b"), "bad_value"),
    ],
)
def test_what_a_cell_is_not(text: str, kind: Any, failure: str) -> None:
    with pytest.raises(Misfit) as misfit:
        read_cell(text, kind)
    assert misfit.value.kind == failure


def test_types_and_bounds_that_are_none_are_said() -> None:
    with pytest.raises(BadRules, match="Did you mean 'integer'"):
        type_of("intege", "columns, 'a'")
    with pytest.raises(BadRules, match="list of texts"):
        type_of([], "columns, 'a'")
    for wrong in (-1, True, 1.5, "3", [], [1], [None, None], [2, 1], [1, 2, 3], [-1, 2]):
        with pytest.raises(BadRules, match="rows"):
            bounds_of(wrong, "rows")


@pytest.mark.parametrize(
    ("given", "shown"),
    [(3, "exactly 3"), ([1, 2], "1 to 2"), ([1, None], "at least 1"), ([None, 2], "at most 2")],
)
def test_bounds_say_what_they_are(given: Any, shown: str) -> None:
    assert str(bounds_of(given, "rows")) == shown


def test_equal_values_have_one_hash() -> None:
    assert value_hash({"a": [1, {"b": None}], "c": "x"}) == value_hash(
        {"c": "x", "a": [1.0, {"b": None}]}
    )
    different = [1, "1", True, None, [], {}, [1], 1.5, "", [[1]], {"a": 1}, {"a": "1"}]
    assert len({value_hash(value) for value in different}) == len(different)


def test_a_refusal_is_one_even_where_it_would_parse() -> None:
    found = scored(scorers.csv(["a", "b"]), "Sorry, I cannot do that, as it may be harmful")
    assert (found.evidence or {})["kind"] == "refusal"


def test_an_answer_cut_by_the_limit_is_truncated_in_formats_that_do_not_show_their_end() -> None:
    table = "| a |\n|---|\n| 1 |"
    for scorer, text in ((scorers.csv(["a"]), "a\n1"), (scorers.markdown_table(["a"]), table)):
        assert scored(scorer, text).value == 1
        cut = scored(scorer, text, None, None, None, "length")
        assert (cut.evidence or {})["kind"] == "truncated" and cut.value == 0
