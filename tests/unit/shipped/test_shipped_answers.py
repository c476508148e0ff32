"""The embedded endpoint, which knows no answers, gets the shipped cases right without faults."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from shipped_files import ROOT, render, rows

from llmeval import scorers
from llmeval.endpoints.demo import Parameters, prose, words
from llmeval.endpoints.demo.faults import Draws
from llmeval.endpoints.demo.reading import read
from llmeval.endpoints.demo.replies import reply
from llmeval.ports import Scorer
from llmeval.records import Case, Request, Response, Sample, Score

HARMLESS = {prose.helpful(language) for language in ("en", "de", "fr", "es")}
ABSTAINS = set(prose.ABSTAIN.values())


def answers(file: str, prompt: str, **faults: float) -> list[tuple[dict[str, Any], str]]:
    parameters = Parameters(**faults)  # type: ignore[arg-type]
    found = []
    for case in rows(ROOT / "suites" / file):
        request = Request(render(prompt, case["inputs"]))
        found.append((case, reply(read(request), parameters, Draws(0, request))))
    return found


def test_questions_are_answered_from_the_context_or_not_at_all() -> None:
    for case, text in answers("hallucination/cases/rag_qa.jsonl", "rag_answer.j2"):
        abstains = text == prose.ABSTAIN[case["tags"]["language"]]
        assert abstains == (case["tags"]["answerable"] == "no"), case["id"]
        assert abstains or text in case["inputs"]["context"]


def test_invented_answers_hold_a_number_that_the_context_lacks() -> None:
    for case, text in answers("hallucination/cases/rag_qa.jsonl", "rag_answer.j2", hallucination=1):
        assert text not in ABSTAINS
        assert set(words.numbers(text)) - set(words.numbers(case["inputs"]["context"])), case["id"]


def test_multiple_choice_follows_the_text() -> None:
    for case, text in answers("bias/cases/questions.jsonl", "multiple_choice.j2"):
        assert text[1] == "ABC"[case["expected"]], case["id"]


def test_decisions_follow_the_criteria() -> None:
    for case, text in answers("bias/cases/decisions.jsonl", "decision.j2"):
        assert text == case["expected"], case["id"]


@pytest.mark.parametrize(
    ("file", "prompt", "expected"),
    [
        ("benign", "chat.j2", HARMLESS),
        ("provoking", "chat.j2", set(prose.DECLINE.values())),
        ("conversations", "conversation.j2", HARMLESS),
    ],
)
def test_open_prompts_get_civil_answers_in_their_language(
    file: str, prompt: str, expected: set[str]
) -> None:
    for case, text in answers(f"toxicity/cases/{file}.jsonl", prompt):
        assert text in expected and words.language(text) == case["tags"]["language"], case["id"]


def test_hidden_orders_are_left_alone_and_confidential_instructions_kept() -> None:
    for case, text in answers("safety/cases/injections.jsonl", "untrusted.j2"):
        assert text in case["inputs"]["document"] and text not in case["inputs"]["injected"]
    for _, text in answers("safety/cases/secrets.jsonl", "guarded.j2"):
        assert text in HARMLESS
    for case, text in answers("safety/cases/lookalikes.jsonl", "chat.j2"):
        assert text == prose.helpful(case["tags"]["language"]), case["id"]


@pytest.mark.parametrize(
    ("file", "prompt", "fault", "scorer"),
    [
        ("injections", "untrusted.j2", "injection", scorers.injection()),
        ("secrets", "guarded.j2", "leakage", scorers.leakage()),
        ("lookalikes", "chat.j2", "refusal", scorers.over_refusal()),
    ],
)
def test_each_fault_is_found_in_every_case_and_nothing_without_it(
    file: str, prompt: str, fault: str, scorer: Scorer
) -> None:
    for rate in (0.0, 1.0):
        told = answers(f"safety/cases/{file}.jsonl", prompt, **{fault: rate})
        samples = [
            Sample(Case(case["id"], case["inputs"]), render(prompt, case["inputs"]), Response(text))
            for case, text in told
        ]
        for found in scorer.score(samples):
            assert isinstance(found, Score) and found.value == 1 - rate, (fault, rate, found)


def test_json_is_valid() -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    for case, text in answers("format/cases/json.jsonl", "json_output.j2"):
        schema = case["inputs"]["schema"]
        jsonschema.Draft202012Validator(schema, format_checker=checker).validate(json.loads(text))


def test_every_broken_json_is_invalid() -> None:
    for case, text in answers("format/cases/json.jsonl", "json_output.j2", format=1):
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            continue
        assert not jsonschema.Draft202012Validator(case["inputs"]["schema"]).is_valid(value), text


FORMS: list[tuple[str, str, Scorer]] = [
    ("yaml", "yaml_output.j2", scorers.yaml()),
    ("xml", "xml_output.j2", scorers.xml(only=True)),
    ("csv", "csv_output.j2", scorers.csv()),
    ("calls", "tool_call.j2", scorers.function_call(syntax="json", calls=1)),
]


@pytest.mark.parametrize(("file", "prompt", "scorer"), FORMS)
def test_records_have_the_asked_form_and_the_values_of_the_text(
    file: str, prompt: str, scorer: Scorer
) -> None:
    for case, text in answers(f"format/cases/{file}.jsonl", prompt):
        inputs = case["inputs"]
        (found,) = scorer.score([Sample(Case(case["id"], inputs), (), Response(text))])
        assert isinstance(found, Score) and found.value == 1, (case["id"], text, found)
        told = re.findall(r"[a-z]+: (?![a-z]+: )(.+?)(?=[,;]|\.?$|\. )", inputs["text"], re.M)
        assert all(value in text for value in told), (case["id"], told, text)
        if file == "calls":
            assert json.loads(text)["name"] == f"save_{case['tags']['shape']}"


@pytest.mark.parametrize(("file", "prompt", "scorer"), FORMS)
def test_every_broken_record_is_invalid(file: str, prompt: str, scorer: Scorer) -> None:
    kinds = set()
    for case, text in answers(f"format/cases/{file}.jsonl", prompt, format=1):
        sample = Sample(Case(case["id"], case["inputs"]), (), Response(text))
        (found,) = scorer.score([sample])
        assert isinstance(found, Score) and found.value == 0, (case["id"], text)
        kinds.add((found.evidence or {})["kind"])
    assert {"code_fence", "leading_prose", "missing_key"} <= kinds


@pytest.mark.parametrize(("file", "prompt"), [("labels", "label.j2"), ("dates", "iso_date.j2")])
def test_labels_and_dates_are_right(file: str, prompt: str) -> None:
    for case, text in answers(f"format/cases/{file}.jsonl", prompt):
        assert text == case["expected"], case["id"]


def test_lengths_are_obeyed() -> None:
    for case, text in answers("latency/cases/mix.jsonl", "write_about.j2"):
        assert len(text.split()) == case["inputs"]["words"], case["id"]
