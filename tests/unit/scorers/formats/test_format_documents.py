"""``xml`` and ``yaml``: what is right, what is wrong, and by which name."""

from __future__ import annotations

import pytest
from scorer_samples import judge, scored, unscored

from llmeval.errors import SuiteError
from llmeval.scorers import xml, yaml
from llmeval.scorers.formats.failures import FAILURES

ORDER = '<order><customer><name>A</name></customer><item sku="1"><qty>2</qty></item></order>'
ORDERS = xml(
    "order",
    elements={
        "customer/name": "string",
        "item/@sku": "string",
        "item/qty": "integer",
        "note?": ["rush"],
    },
    only=True,
)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "n": {"type": "integer"}, "tags": {}},
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "text",
    [
        ORDER,
        f'<?xml version="1.0"?>\n{ORDER}\n',
        ORDER.replace("<item", "\n  <!-- one -->\n  <item").replace('"', "'"),
        ORDER.replace("<name>A", "<name> A "),
        ORDER.replace(">A<", "><![CDATA[A]]><"),
        ORDER.replace(">A<", ">&#65;<"),
    ],
)
def test_layout_comments_and_spelling_do_not_change_a_document(text: str) -> None:
    found = scored(ORDERS, text)
    assert (found.value, found.label) == (1.0, "valid")
    assert found.evidence == scored(ORDERS, ORDER).evidence


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        (f"```xml\n{ORDER}\n```", "code_fence", None),
        (f"Here you go:\n```xml\n{ORDER}\n```\nBye", "code_fence", None),
        (f"Here: {ORDER}", "leading_prose", None),
        (f"{ORDER}\nHope it helps.", "trailing_prose", None),
        (ORDER[:40], "truncated", None),
        (ORDER.replace(">2<", ">two<"), "wrong_type", "/order/item/qty"),
        (ORDER.replace("</item>", "</item><note>slow</note>"), "bad_value", "/order/note"),
        (ORDER.replace('sku="1"', ""), "missing_key", "/order/item/@sku"),
        (ORDER.replace("<item", "<x/><item"), "extra_key", "/order/x"),
        (ORDER.replace("<item", '<item x="1"'), "extra_key", "/order/item/@x"),
        (
            ORDER.replace("</order>", "<item sku='2'/></order>"),
            "missing_key",
            "/order/item[2]/qty",
        ),
        (ORDER.replace("order>", "Order>"), "wrong_type", "/Order"),
        (ORDER.replace("</item>", ""), "not_xml", None),
        ("", "empty", None),
        ("I'm sorry, but I can't help with that.", "refusal", None),
        ('{"order": 1}', "not_xml", None),
    ],
)
def test_what_is_wrong_with_xml_has_a_name(text: str, kind: str, path: str | None) -> None:
    found = scored(ORDERS, text)
    assert (found.value, found.label) == (0.0, "invalid")
    evidence = found.evidence or {}
    assert (evidence["kind"], evidence.get("path")) == (kind, path)
    assert found.explanation
    assert kind.replace("not_xml", "not_FORMAT") in FAILURES


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE o [<!ENTITY x "y">]><order>&x;</order>',
        '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><order>&x;</order>',
        '<!DOCTYPE o [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><order/>',
        '<!DOCTYPE o [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><order>&b;</order>',
        "<order>&nbsp;</order>",
        "<order>\ud800</order>",
        "<order>\x00</order>",
        "<a>" * 101 + "</a>" * 101,
    ],
)
def test_entities_surrogates_and_depth_are_refused(text: str) -> None:
    assert (scored(xml(), text).evidence or {})["kind"] == "not_xml"


def test_a_fence_can_be_taken() -> None:
    assert scored(xml(lenient=True), f"```xml\n{ORDER}\n```").value == 1
    assert scored(xml(lenient=True), f"Look: {ORDER}").value == 0


def test_the_rules_of_xml_may_come_from_the_case() -> None:
    inputs = {"root": "order", "elements": ["customer/mail"]}
    assert (scored(xml(), ORDER, inputs).evidence or {})["path"] == "/order/customer/mail"
    assert unscored(xml(), ORDER, {"elements": {"a": "strin"}}).not_scored == "bad_input"
    assert "string" in unscored(xml(), ORDER, {"elements": {"a": "strin"}}).reason
    with pytest.raises(SuiteError, match="list of paths"):
        xml(elements=["@a/b"])
    with pytest.raises(SuiteError, match="element's name"):
        xml("")


def test_attributes_and_texts_tell_documents_apart() -> None:
    texts = ("<a>1</a>", "<a>2</a>", "<a x='1'/>", "<b>1</b>", "<a><b/></a>", "<a xmlns='u'>1</a>")
    assert len({(scored(xml(), t).evidence or {})["value_hash"] for t in texts}) == len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "name: A\nn: 2",
        '{"n": 2, "name": "A"}',
        "---\nn: 0x2\nname: 'A'\n...\n",
        "# a comment\nname: >-\n  A\nn: +2",
    ],
)
def test_styles_and_order_do_not_change_a_yaml_value(text: str) -> None:
    found = scored(yaml(PERSON), text)
    assert found.value == 1
    assert found.evidence == scored(yaml(PERSON), "name: A\nn: 2").evidence


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("```yaml\nname: A\n```", "code_fence"),
        ("Here is the YAML:\n```yaml\nname: A\n```", "code_fence"),
        ("Here is the YAML:\n\nname: A\nn: 2", "leading_prose"),
        ("name: A\n\nHope this helps you.", "trailing_prose"),
        ('name: "A', "truncated"),
        ("name: A\ntags: [1, 2", "truncated"),
        ("name: A\nn: two", "wrong_type"),
        ("name: A\nn: '2'", "wrong_type"),
        ("name: A\nx: 1", "extra_key"),
        ("n: 1", "missing_key"),
        ("- 1\n- 2", "wrong_type"),
        ("I'm sorry, I can't help with that request.", "refusal"),
        ("", "empty"),
        ("a: !!python/object/apply:os.system [x]", "not_yaml"),
        ("a: !mine 1", "not_yaml"),
        ("name: A\nname: B", "not_yaml"),
        ("a: &a [*a]", "not_yaml"),
        ("a: 1\n---\nb: 2", "not_yaml"),
        ("? [1]\n: 2", "not_yaml"),
        ("name: \ud800", "not_yaml"),
        ("[" * 101 + "]" * 101, "not_yaml"),
    ],
)
def test_what_is_wrong_with_yaml_has_a_name(text: str, kind: str) -> None:
    found = scored(yaml(PERSON), text)
    assert (found.value, (found.evidence or {})["kind"]) == (0.0, kind)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "string"),
        ("no", "string"),
        ("2024-05-17", "string"),
        ("12:30", "string"),
        ("010", "integer"),
        ("1e3", "number"),
        ("~", "null"),
        ("true", "boolean"),
        ("'true'", "string"),
        (".inf", "string"),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text: str, value: str) -> None:
    schema = {"properties": {"a": {"type": value}}}
    assert scored(yaml(schema), f"a: {text}").value == 1


def test_merge_keys_and_aliases_are_written_out() -> None:
    merged = scored(yaml(), "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3")
    plain = scored(yaml(), '{"a": {"k": 1, "l": 2}, "b": {"k": 1, "l": 3}}')
    assert merged.evidence == plain.evidence


def test_aliases_that_multiply_are_refused() -> None:
    lines = [f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]" for i in range(1, 9)]
    laughs = "\n".join(["a0: &a0 x", *lines])
    assert "aliases" in (scored(yaml(), laughs).explanation or "")


def test_an_answer_that_hit_the_length_limit_is_truncated_even_where_it_parses() -> None:
    found = scored(yaml(PERSON), "name: A", None, None, None, "length")
    assert (found.evidence or {})["kind"] == "truncated"
    assert (scored(ORDERS, ORDER, None, None, None, "length")).value == 1, "XML shows its end"


def test_the_schema_of_yaml_may_come_from_the_case_or_be_wrong() -> None:
    assert scored(yaml(), "a: 1", {"schema": PERSON}).value == 0
    assert unscored(yaml(), "a: 1", {"schema": {"type": "objct"}}).not_scored == "bad_schema"
    assert scored(yaml(lenient=True), "```\na: 1\n```").value == 1
    assert judge(yaml(), "a: 1") == judge(yaml(), "{a: 1}")
