"""Answers just below the limits of what is read: the slowest that a reader may meet."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec

import msgspec
import pytest
from scorer_samples import HOSTILE, judge

import llmeval.scorers as scorers
from llmeval.ports import Scorer
from llmeval.records import NotScored, Score
from llmeval.scorers.formats.call_text import MAX_CALLS_TEXT
from llmeval.scorers.formats.reading import MAX_CHARS
from llmeval.scorers.formats.sql_text import MAX_SQL
from llmeval.scorers.formats.yaml_text import MAX_YAML

TOOLS = {"weather": {"type": "object", "properties": {"city": {"pattern": "^(a+)+$"}}}}
MAKERS: dict[str, tuple[Callable[[], Scorer], int]] = {
    "json_schema": (lambda: scorers.json_schema({}), MAX_CHARS),
    "xml": (lambda: scorers.xml("a", elements={"b/c?": "number"}, only=True), MAX_CHARS),
    "yaml": (lambda: scorers.yaml({"type": "object"}), MAX_YAML),
    "csv": (lambda: scorers.csv({"a": "integer", "b": "date?"}, rows=(1, 9)), MAX_CHARS),
    "csv, open": (lambda: scorers.csv(), MAX_CHARS),
    "markdown_table": (lambda: scorers.markdown_table(["a", "b"]), MAX_CHARS),
    "table anywhere": (lambda: scorers.markdown_table(alone=False), MAX_CHARS),
    "function_call": (lambda: scorers.function_call(TOOLS), MAX_CALLS_TEXT),
    "python call": (lambda: scorers.function_call(TOOLS, syntax="python"), MAX_CALLS_TEXT),
    "length": (lambda: scorers.length(words=9, sentences=1, lines=1, paragraphs=1), MAX_CHARS),
    "language": (lambda: scorers.language("en"), MAX_CHARS),
}
if find_spec("sqlglot"):
    MAKERS["sql"] = (lambda: scorers.sql(tables=["a"]), MAX_SQL)
NESTED = {
    **HOSTILE,
    "elements": "<a>" * 100_000,
    "closed elements": "<a>" + "<b><c>1</c></b>" * 30_000 + "</a>",
    "attributes": "<a " + " ".join(f'x{i}="1"' for i in range(30_000)) + "/>",
    "laughs": "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)),
    "indents": "".join(" " * i + "a:\n" for i in range(440)),
    "flow": "a: " + "[" * 40_000,
    "anchors": "".join(f"&a{i} b{i}: *a{i}\n" for i in range(8_000)),
    "calls": "f(" * 20_000,
    "arguments": "f(" + ", ".join(f"x{i}={i}" for i in range(5_000)) + ")",
    "many calls": "f(x=1)\n" * 7_000,
    "names": "weather(" * 6_000 + "'",
    "minus": "f(x=" + "-" * 40_000 + "1)",
    "selects": "SELECT (" * 2_400,
    "unions": " UNION ".join(["SELECT a FROM b"] * 900),
    "commas": "SELECT " + ", ".join("a" for _ in range(6_000)) + " FROM a",
    "ands": "SELECT a FROM b WHERE " + " AND ".join(["c = 1"] * 1_900),
    "nots": "SELECT " + "NOT " * 4_900 + "1",
    "cases": "SELECT " + "CASE WHEN 1 THEN " * 1_100,
    "joins": "SELECT 1 FROM a" + " JOIN b ON 1" * 1_600,
    "bars": "|a|b|\n|-|-|\n" + "|1|2|\n" * 40_000,
    "dashes": "|" + "-|" * 140_000 + "\n" + "|" + "-|" * 9_000,
    "escaped bars": "a|b\n-|-\n" + "\\|" * 100_000,
    "rows": "a,b\n" + "1,2024-01-01\n" * 20_000,
    "wide": "a,b" * 90_000,
    "tildes": "~~~\n" * 70_000,
    "fences": "```a\n" * 60_000,
    "prose": "It is a sentence.\n" * 16_000,
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("kind", NESTED)
def test_the_longest_answer_that_is_read_takes_bounded_time(name: str, kind: str) -> None:
    make, limit = MAKERS[name]
    started = time.process_time()
    found = judge(make(), NESTED[kind][: limit - 1], {})
    assert time.process_time() - started < 3.0
    assert isinstance(found, Score | NotScored)
    assert len(msgspec.json.encode(found)) < 10_000
