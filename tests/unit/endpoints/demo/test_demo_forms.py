"""YAML, XML, CSV and calls: what the machine reads from a prompt, and that it always ends."""

import json
import time

import pytest
from demo_asking import ask

YAML = "Reply with one YAML document alone."
XML = "Reply with one XML document alone."
CSV = "Reply with one CSV table alone."
CALL = "Reply with one function call alone, as JSON."
NOTE = "Text:\ntown: Lindau, opened: 1931, size: big"


def test_each_form_holds_the_values_of_the_text() -> None:
    schema = {"properties": {"town": {"type": "string"}, "opened": {"type": "integer"}}}
    fields = "- town: string\n- opened: integer\n- size: small | big"
    tools = [{"name": "other", "parameters": {"properties": {"x": {}}}}]
    tools.append({"name": "library", "parameters": schema})
    assert (
        ask(f"{YAML}\nJSON Schema: {json.dumps(schema)}\n{NOTE}") == 'town: "Lindau"\nopened: 1931'
    )
    assert ask(f"{CSV}\n{fields}\n{NOTE}") == "town,opened,size\nLindau,1931,big"
    assert (
        ask(f"{XML}\nRoot element: library\n- a/town: string\n- a/@opened: integer\n{NOTE}")
        == '<library><a opened="1931"><town>Lindau</town></a></library>'
    )
    assert json.loads(ask(f"{CALL}\nFunctions:\n{json.dumps(tools)}\n{NOTE}")) == {
        "name": "library",
        "arguments": {"town": "Lindau", "opened": 1931},
    }


def test_a_table_has_a_row_for_each_line_that_names_a_column() -> None:
    told = "Text:\nTwo of them:\ntown: Lindau\ntown: Velm, by the lake"
    assert ask(f"{CSV}\n- town: string\n{told}") == "town\nLindau\nVelm"


def test_marks_of_the_form_are_written_as_text() -> None:
    told = 'Text:\ntown: <a> & "b"'
    assert ask(f"{CSV}\n- town: string\n{told}") == 'town\n"<a> & ""b"'
    assert ask(f"{XML}\nRoot element: r\n- town: string\n{told}").startswith("<r><town>&lt;a&gt;")


@pytest.mark.parametrize("form", [YAML, XML, CSV, CALL])
@pytest.mark.parametrize(
    "rest",
    [
        "",
        "Text:",
        "Functions: [",
        "Functions: " + "[" * 20_000,
        'Functions: [1, {"name": 2}, {"name": "f", "parameters": 3}]',
        "Root element: a\n- ../..: x\n- a//b: y\n- @a/b: z\n- @: 1\nText: \ud800",
        "- a: string\n" * 9_000,
        "- a: " + " | " * 9_000,
        "Text:\n" + "a: b\n" * 9_000,
        "JSON Schema: " + '{"properties":{"a":' * 5_000,
        "\x00\u202e" * 9_000,
    ],
)
@pytest.mark.parametrize("rate", [0, 1])
def test_a_hostile_prompt_for_a_form_ends(form: str, rest: str, rate: int) -> None:
    started = time.process_time()
    assert isinstance(ask(f"{form}\n{rest}", format=rate), str)
    assert time.process_time() - started < 2
