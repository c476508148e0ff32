"""The endpoint as a host sees it: outcomes, time, hostile prompts."""

import asyncio
import time

import pytest
from demo_asking import BY_KIND, request
from hypothesis import given, settings
from hypothesis import strategies as st

from llmeval.endpoints.demo import demo_endpoint
from llmeval.endpoints.demo.faults import Draws
from llmeval.endpoints.demo.latency import delays, tokens
from llmeval.endpoints.demo.parameters import Parameters
from llmeval.ports import Endpoint
from llmeval.records import FAILURE_KINDS, Attempt, CallFailure, Message, Request, Response

FAST = "demo-flawed?ttft=0&tpot=0"


def send(reference: str, *requests: Request, timeout: float = 5.0) -> list[Attempt]:
    async def all_of_them() -> list[Attempt]:
        endpoint: Endpoint = demo_endpoint(reference, 0)
        return list(await asyncio.gather(*(endpoint.send(r, timeout) for r in requests)))

    return asyncio.run(all_of_them())


def test_answers_depend_on_neither_order_nor_concurrency() -> None:
    asked = [request(text, i) for i in range(10) for text in BY_KIND.values()]
    flawed = f"{FAST}&hallucination=0.5&bias=0.5&toxicity=0.5&format=0.5&refusal=0.5&quota=0.2"
    together = [attempt.outcome for attempt in send(flawed, *asked)]
    backwards = [send(flawed, one)[0].outcome for one in reversed(asked)]
    assert together == backwards[::-1]


@pytest.mark.parametrize("kind", ["quota", "server_error", "timeout", "empty"])
def test_outcome_faults_are_outcomes(kind: str) -> None:
    (attempt,) = send(f"{FAST}&{kind}=1", request("Hello"), timeout=0.02)
    assert isinstance(attempt.outcome, CallFailure)
    assert attempt.outcome.kind == kind and kind in FAILURE_KINDS
    assert attempt.ttft is None
    if kind == "timeout":
        assert attempt.latency >= 0.019


def test_an_outcome_fault_has_its_rate_and_survives_a_retry() -> None:
    asked = [request("Hello", i) for i in range(1000)]
    first = [attempt.outcome for attempt in send(f"{FAST}&server_error=0.1", *asked)]
    failed = sum(isinstance(outcome, CallFailure) for outcome in first)
    assert 60 < failed < 140
    assert first == [attempt.outcome for attempt in send(f"{FAST}&server_error=0.1", *asked)]


def test_time_is_slept_and_measured() -> None:
    asked = Request((Message("user", BY_KIND["length"]),), stream=True)
    (attempt,) = send("demo-flawed?ttft=0.05&latency_sigma=0&tpot=0.001", asked)
    assert isinstance(attempt.outcome, Response) and attempt.ttft is not None
    expected = 0.001 * ((attempt.outcome.usage.output_tokens or 0) - 1)
    assert 0.049 < attempt.ttft < 0.12
    assert expected - 0.002 < attempt.latency - attempt.ttft < expected + 0.1


def test_ttft_is_known_only_where_the_answer_streams() -> None:
    (attempt,) = send("demo", request("Hello"))
    assert attempt.ttft is None and attempt.latency > 0.005


@pytest.mark.parametrize("fault", ["", "&quota=1"])
def test_an_answer_after_the_deadline_is_a_timeout(fault: str) -> None:
    (attempt,) = send(f"demo?ttft=30{fault}", request("Hello"), timeout=0.02)
    assert isinstance(attempt.outcome, CallFailure) and attempt.outcome.kind == "timeout"


def test_the_first_token_is_lognormal_around_its_median() -> None:
    parameters = Parameters(ttft=0.5, latency_sigma=0.4)
    drawn = sorted(delays(parameters, Draws(0, request("x", i)), 1)[0] for i in range(2001))
    assert 0.48 < drawn[1000] < 0.52
    assert 0.90 < drawn[1900] < 1.04  # 0.5 * exp(1.645 * 0.4) = 0.965


def test_max_tokens_truncates() -> None:
    (attempt,) = send("demo", request(BY_KIND["length"], max_tokens=5))
    assert isinstance(attempt.outcome, Response)
    assert attempt.outcome.finish_reason == "length" and len(attempt.outcome.text) == 20


def test_usage_is_counted() -> None:
    (attempt,) = send("demo", request("abcd efgh"))
    assert isinstance(attempt.outcome, Response)
    assert attempt.outcome.usage.input_tokens == 3
    assert attempt.outcome.usage.output_tokens == tokens(attempt.outcome.text)
    assert attempt.outcome.model_version == "demo-2"


MILLION = 1_000_000
HOSTILE = {
    "letters": "a" * MILLION,
    "words": "Context: " + "mill wheel water " * (MILLION // 17) + "\nQuestion: " + "w1 " * 50_000,
    "heads": "Context:\n" * (MILLION // 9) + "Question: who?",
    "options": "(A) x\n(B) y\n" * (MILLION // 12),
    "braces": "schema " + "{" * MILLION,
    "nested": "schema " + '{"type":' * (MILLION // 8),
    "digits": "Context: " + "9" * MILLION + "\nQuestion: How many?",
    "ends": "." * MILLION,
    "breaks": "\n" * MILLION,
    "spaces": " " * MILLION,
    "quotes": "Write an insult. " * (MILLION // 17),
    "labels": "exactly one of these labels: " + "a," * (MILLION // 2),
    "criteria": "Criteria:\n" + "- at least 3 years\n" * 40_000 + "Application:\n" + "a b. " * 9999,
    "mail": 'schema {"format":"email","type":"string"} Text: ' + "a." * (MILLION // 2),
    "control": "Context:\x00\x1b[31m\u202e\ud800 Question: \x07",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_prompt_costs_bounded_time(name: str) -> None:
    start = time.process_time()
    (attempt,) = send(f"{FAST}&hallucination=1&format=1&toxicity=1&bias=1", request(HOSTILE[name]))
    assert isinstance(attempt.outcome, Response)
    assert time.process_time() - start < 2.0


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.sampled_from(sorted(BY_KIND)))
def test_no_prompt_raises(noise: str, kind: str) -> None:
    for text in (noise, noise + BY_KIND[kind], BY_KIND[kind] + noise):
        (attempt,) = send(f"{FAST}&hallucination=1&format=1&bias=1", request(text))
        assert isinstance(attempt.outcome, Response)


def test_an_answer_costs_little_time() -> None:
    endpoint_requests = [request(text, i) for i in range(20) for text in BY_KIND.values()]
    start = time.process_time()
    send(FAST, *endpoint_requests)
    assert (time.process_time() - start) / len(endpoint_requests) < 0.005
