"""What telemetry says of a call and a sample, by the GenAI conventions, and what it never says."""

from __future__ import annotations

from typing import Any

import pytest
from telemetry_samples import GEMINI, KEY, MODEL, SECRET, answered, failed, observed, sent

from llmeval.records import FAILURE_KINDS, EndpointIdentity, Usage
from llmeval.telemetry.attributes import (
    DURATION_BUCKETS,
    TOKEN_BUCKETS,
    call_attributes,
    model_attributes,
    outcome_attributes,
    sample_attributes,
    server_of,
    tokens_of,
)


def test_a_model_by_its_conventional_names() -> None:
    assert model_attributes(MODEL) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "server.address": "h",
        "server.port": 8000,
    }
    assert model_attributes(GEMINI) == {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "gcp.vertex_ai",
        "gen_ai.request.model": "gemini-2.5-flash",
        "server.address": "us-central1-aiplatform.googleapis.com",
        "server.port": 443,
    }
    assert model_attributes(EndpointIdentity("demo", "demo", "demo")) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "demo",
        "gen_ai.request.model": "demo",
    }


@pytest.mark.parametrize(
    ("kind", "ref", "details", "server"),
    [
        ("openai", "openai:https://h/v1?key=…#m", {}, ("h", 443)),
        ("openai", "openai:http://h/v1#m", {}, ("h", 80)),
        ("openai", "openai:http://[::1]:9/v1#m", {}, ("::1", 9)),
        ("openai", "openai:http://h:99999/v1#m", {}, None),
        ("openai", "openai:nonsense", {}, None),
        ("vertex", "1", {"location": "global"}, ("aiplatform.googleapis.com", 443)),
        ("vertex", "1", {"location": "eu"}, ("aiplatform.eu.rep.googleapis.com", 443)),
        ("vertex", "1", {"location": "l", "api_endpoint": "http://127.0.0.1:8080"},
         ("127.0.0.1", 8080)),
        ("vertex", "1", {"location": "l", "declared": {"address": "https://10.0.0.2"}},
         ("10.0.0.2", 443)),
        ("vertex", "1", {"location": "l", "dedicated": True}, None),
        ("vertex", "1", {}, None),
        ("python", "python:m:f", {}, None),
    ],
)  # fmt: skip
def test_where_a_server_is(
    kind: str, ref: str, details: dict[str, Any], server: tuple[str, int] | None
) -> None:
    assert server_of(EndpointIdentity(ref, kind, "x", details=details)) == server


def test_an_emulated_endpoint_is_not_said_to_be_googles() -> None:
    emulated = EndpointIdentity("1", "vertex", "x", simulated=True, details={"location": "l"})
    assert server_of(emulated) is None


def test_generation_settings_are_told_and_messages_are_not() -> None:
    settings = {
        "temperature": 0,
        "top_p": 0.9,
        "max_completion_tokens": 50,
        "seed": 7,
        "stop": [f"{SECRET} stop"],
        "user": SECRET,
        "top_k": True,
        "presence_penalty": "high",
        "response_format": {"type": "json_schema", "json_schema": {"title": SECRET}},
    }
    assert call_attributes(sent(answered(), settings=settings, stream=True)) == {
        "gen_ai.request.temperature": 0,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.seed": 7,
        "gen_ai.output.type": "json",
        "gen_ai.request.stream": True,
    }
    assert call_attributes(sent(answered(), settings={"response_format": SECRET})) == {}


def test_an_answer_tells_tokens_model_and_ending() -> None:
    answer = answered(finish_reason="length", deployed_model="7")
    assert outcome_attributes(sent(answer, ttft=0.5, shared=4)) == {
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 8,
        "gen_ai.usage.reasoning.output_tokens": 3,
        "gen_ai.response.model": "m-1",
        "gen_ai.response.finish_reasons": ("length",),
        "gen_ai.response.time_to_first_chunk": 0.5,
        "llmeval.deployed_model": "7",
        "llmeval.shared": 4,
    }


@pytest.mark.parametrize("kind", sorted(FAILURE_KINDS))
def test_a_failure_tells_its_kind_and_not_its_message(kind: str) -> None:
    failure = failed(kind, status=429, reason="RESOURCE_EXHAUSTED", usage=Usage(10))
    assert outcome_attributes(sent(failure)) == {
        "error.type": kind,
        "http.response.status_code": 429,
        "llmeval.reason": "RESOURCE_EXHAUSTED",
        "gen_ai.usage.input_tokens": 10,
    }


@pytest.mark.parametrize("word", [f"{SECRET} \n", "", "x" * 65, "two words", "\ud800"])
def test_what_is_no_word_of_a_protocol_is_left_out(word: str) -> None:
    assert "llmeval.reason" not in outcome_attributes(sent(failed(reason=word)))
    told = outcome_attributes(sent(answered(finish_reason=word)))
    assert "gen_ai.response.finish_reasons" not in told


def test_a_sample_tells_which_it_is_and_how_it_ended() -> None:
    who = {
        "llmeval.model": KEY[0],
        "llmeval.suite": "suite",
        "llmeval.test": "test_x",
        "llmeval.case.id": "c1",
        "llmeval.repetition": 2,
    }
    assert sample_attributes(KEY, observed(answered())) == who | {
        "llmeval.outcome": "answered",
        "llmeval.attempts": 1,
        "llmeval.cached": False,
        "llmeval.timings.queued": 0.5,
        "llmeval.timings.backoff": 0.25,
        "llmeval.cost_usd": 0.001,
    }
    lost = sample_attributes(KEY, observed(failed(), cost_usd=None))
    assert lost["error.type"] == lost["llmeval.outcome"] == "quota"
    assert "llmeval.cost_usd" not in lost
    assert sample_attributes(KEY, None) == who | {"llmeval.outcome": "not recorded"}


def test_unknown_tokens_are_not_zero() -> None:
    assert tokens_of(Usage()) == {}
    assert tokens_of(Usage(1, None, 5)) == {"input": 1}
    assert tokens_of(Usage(0, 0)) == {"input": 0, "output": 0}


def test_buckets_are_those_of_the_conventions() -> None:
    assert (
        pytest.approx(
            [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
        )
        == DURATION_BUCKETS
    )
    assert TOKEN_BUCKETS[:5] == (1, 4, 16, 64, 256) and TOKEN_BUCKETS[-1] == 67_108_864
