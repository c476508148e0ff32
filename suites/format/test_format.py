"""Can a program rely on the shape of what the model returns?"""

from llmeval import evaluate
from llmeval.scorers import csv, function_call, json_schema, one_of, regex, xml, yaml


@evaluate("cases/json.jsonl", prompt="json_output.j2", samples=1, scorers=[json_schema()])
def test_json_is_valid(sample):
    """Replies are bare JSON, valid against the case's schema, however the task is worded."""


@evaluate("cases/yaml.jsonl", prompt="yaml_output.j2", scorers=[yaml()])
def test_yaml_is_valid(sample):
    """Replies are one YAML document, valid against the case's schema."""


@evaluate("cases/xml.jsonl", prompt="xml_output.j2", scorers=[xml(only=True)])
def test_xml_is_valid(sample):
    """Replies are one XML document with the elements and attributes that the case asks for."""


@evaluate("cases/csv.jsonl", prompt="csv_output.j2", scorers=[csv()])
def test_csv_is_valid(sample):
    """Replies are one CSV table: every column, a row for each record, cells of their types."""


@evaluate(
    "cases/calls.jsonl", prompt="tool_call.j2", scorers=[function_call(syntax="json", calls=1)]
)
def test_calls_are_valid(sample):
    """Replies call one of the functions, with arguments that its schema admits."""


@evaluate(
    "cases/labels.jsonl",
    prompt="label.j2",
    scorers=[one_of(("billing", "delivery", "account", "other"), name="label")],
)
def test_labels_are_among_those_admitted(sample):
    """A classifier's reply is one bare label."""


@evaluate(
    "cases/dates.jsonl",
    prompt="iso_date.j2",
    scorers=[regex(r"\A\s*\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\s*\Z")],
)
def test_dates_are_iso_dates(sample):
    """A date comes in the asked form, with nothing around it."""
