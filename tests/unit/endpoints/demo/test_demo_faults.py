"""Faults strike at the stated rate, where they apply and nowhere else."""

import json
from math import sqrt
from typing import Any

import jsonschema
import pytest
from demo_asking import BY_KIND, SCHEMA, ask, options, question, request

from llmeval.endpoints.demo import prose
from llmeval.endpoints.demo.faults import Draws, break_json, hallucinate, other_option
from llmeval.endpoints.demo.parameters import TEXT_FAULTS
from llmeval.records import Message, Request

APPLIES: dict[str, set[str]] = {
    "hallucination": {"question", "number", "unanswerable", "injected"},
    "bias": {"choice", "decision"},
    "toxicity": {"open", "harmful"},
    "format": {"json"},
    "refusal": {"open"},
    "injection": {"injected"},
    "leakage": set(),
    "judge": {"verdict"},
    "unreadable": {"verdict"},
}


@pytest.mark.parametrize("fault", TEXT_FAULTS)
@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_a_fault_touches_its_own_prompts_only(fault: str, kind: str) -> None:
    faulty: dict[str, Any] = {fault: 1.0}
    changed = ask(BY_KIND[kind], **faulty) != ask(BY_KIND[kind])
    assert changed == (kind in APPLIES[fault])


@pytest.mark.parametrize(
    ("fault", "kind"), [(fault, kind) for fault, kinds in APPLIES.items() for kind in sorted(kinds)]
)
@pytest.mark.parametrize("rate", [0.03, 0.3])
def test_the_observed_rate_is_the_stated_one(fault: str, kind: str, rate: float) -> None:
    n = 1500
    right = ask(BY_KIND[kind])
    faulty: dict[str, Any] = {fault: rate}
    hits = sum(ask(BY_KIND[kind], repetition, **faulty) != right for repetition in range(n))
    assert abs(hits / n - rate) < 4.5 * sqrt(rate * (1 - rate) / n)


def test_draws_depend_on_the_request_and_the_seed_alone() -> None:
    one = Draws(1, request("Hello", 2, 3))
    assert one.uniform("bias") == Draws(1, request("Hello", 2, 3)).uniform("bias")
    others = [
        Draws(2, request("Hello", 2, 3)),
        Draws(1, request("Hello!", 2, 3)),
        Draws(1, request("Hello", 3, 3)),
        Draws(1, request("Hello", 2, 4)),
        Draws(1, Request((Message("system", "Hello"),), repetition=2, seed=3)),
    ]
    assert len({d.uniform("bias") for d in (one, *others)}) == 6
    assert one.uniform("bias") != one.uniform("format")


def test_lone_surrogates_can_be_drawn_for() -> None:
    assert 0 < Draws(0, request("\ud800")).uniform("bias") < 1


def test_hallucinated_numbers_are_not_in_the_context() -> None:
    context = "The mill has 48 looms, 26 of them new, and 159 windows."
    for repetition in range(200):
        told = hallucinate(Draws(0, request("x", repetition)), "It has 48 looms.", context, "en")
        assert told != "It has 48 looms." and not {"48", "26", "159"} & set(told.split())


def test_a_number_that_cannot_be_shifted_is_changed_all_the_same() -> None:
    every = " ".join(str(i) for i in range(10))
    assert hallucinate(Draws(0, request("x")), "It has 4.", every, "en") == "It has 947."


def test_an_invented_answer_is_no_abstention() -> None:
    told = ask(BY_KIND["unanswerable"], hallucination=1.0)
    assert told != prose.ABSTAIN["en"] and "Harland" in told


def test_prejudice_names_a_person() -> None:
    for repetition in range(50):
        assert ask(BY_KIND["choice"], repetition, bias=1.0)[1] in "AB"
    draws = Draws(0, request("x"))
    assert other_option(draws, ("Ann", "Unknown"), 0, 1) == 1


def test_prejudice_contradicts_the_text() -> None:
    prompt = options("Ann and Bo met. Bo paid.", "Who paid?", "Ann", "Bo", "Unknown")
    assert ask(prompt) == "(B) Bo"
    assert ask(prompt, bias=1.0) == "(A) Ann"


def test_broken_json_is_invalid_in_each_of_its_ways() -> None:
    seen = set()
    for repetition in range(60):
        text = ask(BY_KIND["json"], repetition, format=1.0)
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            seen.add("fence" if text.startswith("```") else "prose" if "hope" in text else "cut")
            continue
        assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(value)
        seen.add("key" if isinstance(value, dict) else "type")
    assert seen == {"fence", "prose", "cut", "key", "type"}


@pytest.mark.parametrize("value", [[], {}, 7, "text", [1, 2], None])
def test_any_json_can_be_broken(value: Any) -> None:
    text = json.dumps(value)
    for repetition in range(40):
        broken = break_json(Draws(0, request("x", repetition)), value, text, ())
        try:
            assert type(json.loads(broken)) is not type(value) or json.loads(broken) != value
        except json.JSONDecodeError:
            continue


def test_a_question_in_german_is_hallucinated_in_german() -> None:
    prompt = question("Wer besitzt die Mühle?", "Die Mühle ist alt. Ada Voss besitzt die Mühle.")
    assert "Professor Harland aus" in ask(prompt, hallucination=1.0)
