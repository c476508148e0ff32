"""``sql``: read-only by default, tables named, and nothing around the statement."""

from __future__ import annotations

import importlib.util
import logging

import pytest
from scorer_samples import scored, unscored

from llmeval.errors import MissingExtra, SuiteError
from llmeval.scorers import sql

needs_sqlglot = pytest.mark.skipif(
    importlib.util.find_spec("sqlglot") is None, reason="needs the extra 'formats'"
)
TABLES = ["orders", "shop.users"]


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'llmeval-gate\[formats\]'"):
        sql()


@needs_sqlglot
@pytest.mark.parametrize(
    "text",
    [
        "SELECT id FROM orders WHERE paid = 'No'",
        "select id\n  from orders -- all of them\n where paid='No';",
        "/* query */ SELECT id FROM orders WHERE paid = 'No' ;",
    ],
)
def test_case_layout_and_comments_do_not_change_a_query(text: str) -> None:
    found = scored(sql("postgres", tables=TABLES), text)
    assert found.value == 1
    assert found.evidence == scored(sql(), "SELECT id FROM orders WHERE paid = 'No'").evidence
    assert found.evidence != scored(sql(), "SELECT id FROM orders WHERE paid = 'no'").evidence


@needs_sqlglot
@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM orders o JOIN shop.users u ON u.id = o.uid",
        "WITH x AS (SELECT * FROM orders) SELECT * FROM x",
        "SELECT 1 UNION SELECT a FROM orders",
        "VALUES (1), (2)",
    ],
)
def test_what_only_reads_admitted_tables_is_valid(text: str) -> None:
    assert scored(sql("postgres", tables=TABLES), text).value == 1


@needs_sqlglot
@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        ("SELECT * FROM secret", "bad_value", "$.table"),
        ("SELECT * FROM other.users", "bad_value", "$.table"),
        ("SELECT (SELECT max(a) FROM secret) FROM orders", "bad_value", "$.table"),
        ("WITH x AS (SELECT * FROM secret) SELECT * FROM x", "bad_value", "$.table"),
        ("SELECT * FROM (SELECT * FROM secret) orders", "bad_value", "$.table"),
        ("SELECT * FROM (SELECT * FROM orders) secret, secret", "bad_value", "$.table"),
        ("WITH secret AS (SELECT * FROM secret) SELECT * FROM secret", "bad_value", "$.table"),
        (
            "SELECT * FROM (WITH secret AS (SELECT 1) SELECT * FROM secret) a, secret",
            "bad_value",
            "$.table",
        ),
        ("DELETE FROM orders", "bad_value", "$.statement"),
        ("INSERT INTO orders VALUES (1)", "bad_value", "$.statement"),
        ("UPDATE orders SET a = 1", "bad_value", "$.statement"),
        ("DROP TABLE orders", "bad_value", "$.statement"),
        ("TRUNCATE TABLE orders", "bad_value", "$.statement"),
        ("CREATE TABLE t AS SELECT * FROM orders", "bad_value", "$.statement"),
        ("SELECT * INTO t FROM orders", "bad_value", "$.statement"),
        ("SELECT * FROM orders FOR UPDATE", "bad_value", "$.statement"),
        (
            "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x",
            "bad_value",
            "$.statement",
        ),
        ("COPY orders TO '/tmp/x'", "bad_value", "$.statement"),
        ("GRANT ALL ON orders TO x", "bad_value", "$.statement"),
        ("EXPLAIN ANALYZE DELETE FROM orders", "bad_value", "$.statement"),
        ("BEGIN", "bad_value", "$.statement"),
        ("SELECT 1; DROP TABLE orders", "bad_value", "$"),
        ("```sql\nSELECT 1\n```", "code_fence", None),
        ("Here is the query:\nSELECT * FROM orders;", "leading_prose", None),
        ("SELECT * FROM orders;\n\nThis returns all orders.", "trailing_prose", None),
        ("SELECT * FROM", "truncated", None),
        ("SELECT 'a", "truncated", None),
        ("SELEC * FROM orders", "not_sql", None),
        ("hello", "not_sql", None),
        ("a + b", "not_sql", None),
        ('{"sql": "SELECT 1"}', "not_sql", None),
        ("SELECT " + "(" * 200 + "1" + ")" * 200, "not_sql", None),
        ("", "empty", None),
        ("I'm sorry, I can't help with that.", "refusal", None),
    ],
)
def test_what_is_wrong_with_sql_has_a_name(text: str, kind: str, path: str | None) -> None:
    found = scored(sql("postgres", tables=TABLES), text)
    evidence = found.evidence or {}
    assert (found.value, evidence["kind"], evidence.get("path")) == (0.0, kind, path)
    assert "SENTINEL" not in (found.explanation or "")
    assert "\x1b" not in (found.explanation or "")


@needs_sqlglot
def test_what_is_admitted_may_be_more() -> None:
    assert scored(sql(statements=["insert", "select"]), "INSERT INTO a SELECT 1").value == 1
    assert scored(sql(statements=["delete"]), "SELECT 1").value == 0
    assert scored(sql(several=True), "SELECT 1; SELECT 2;").value == 1
    assert scored(sql(lenient=True), "```sql\nSELECT 1\n```").value == 1


@needs_sqlglot
def test_a_dialect_has_its_own_syntax() -> None:
    quoted = "SELECT * FROM `project.set.orders`"
    assert scored(sql("bigquery"), quoted).value == 1
    assert scored(sql("postgres"), quoted).value == 0


@needs_sqlglot
def test_tables_may_come_from_the_case() -> None:
    assert scored(sql(), "SELECT 1 FROM a", {"tables": ["A"]}).value == 1
    assert scored(sql(), "SELECT 1 FROM b", {"tables": ["a"]}).value == 0
    assert unscored(sql(), "SELECT 1 FROM b", {"tables": "a"}).not_scored == "bad_input"


@needs_sqlglot
def test_wrong_arguments_end_the_suite() -> None:
    with pytest.raises(SuiteError, match="Did you mean 'postgres'"):
        sql("postgre")
    with pytest.raises(SuiteError, match="'select'"):
        sql(statements=["selct"])
    with pytest.raises(SuiteError, match="a list"):
        sql(statements="select")
    with pytest.raises(SuiteError, match="list of names"):
        sql(tables="orders")


@needs_sqlglot
def test_nothing_is_logged_of_what_the_finding_says(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        scored(sql(), "GRANT ALL ON orders TO x")
    assert not caplog.records


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("SELECT 1 AS", "truncated"),
        ("SELECT a,", "truncated"),
        ("SELECT a,, b FROM t", "not_sql"),
        ("SELECT a, b AS c FROM t", None),
    ],
)
def test_what_the_parser_forgives_and_no_database_does(answer: str, kind: str | None) -> None:
    found = scored(sql(), answer, {})
    assert (found.evidence or {}).get("kind") == kind
