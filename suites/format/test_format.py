"""Can a program rely on the shape of what the model returns?"""

from llmeval import evaluate
from llmeval.scorers import json_schema, one_of, regex


@evaluate("cases/json.jsonl", prompt="json_output.j2", samples=1, scorers=[json_schema()])
def test_json_is_valid(sample):
    """Replies are bare JSON, valid against the case's schema, however the task is worded."""


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
