"""generateContent and its kin: what is checked, what is asked of the model, what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from vertex_asking import FLASH, HELLO, PLACE, Says, ask, asked_with, events

from llmeval.emulator import VertexOptions, running_emulator
from llmeval.emulator.vertex.dialects.gemini_body import read_generate
from llmeval.emulator.vertex.dialects.schema import json_schema
from llmeval.emulator.vertex.errors import GoogleError
from llmeval.records import CallFailure, Message, Response, Usage


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


def served(says: Says) -> Any:
    return running_emulator(vertex=VertexOptions(endpoints={"stable": says}))


# The body


def test_what_is_asked_of_the_model() -> None:
    body = {
        "system_instruction": {"parts": [{"text": "Be "}, {"text": "terse."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "One"}, {"inlineData": {"data": "AA=="}}]},
            {"role": "model", "parts": [{"text": "Two"}]},
            {"parts": {"text": "Three"}},
        ],
        "generationConfig": {
            "temperature": 0.5, "topP": 0.9, "maxOutputTokens": 9, "stopSequences": ["x", ""],
            "seed": 4, "candidateCount": 3, "responseLogprobs": True, "logprobs": 2,
            "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"},
            "thinkingConfig": {"thinking_budget": -1, "includeThoughts": True},
        },
        "safetySettings": [
            {"category": 2, "threshold": 5},
            {"category": "HARM_CATEGORY_JAILBREAK", "threshold": "BLOCK_NONE"},
        ],
        "labels": {"run": "r"},
    }  # fmt: skip
    asked = read_generate(body, seed=1)
    assert asked.request.messages == (
        Message("system", "Be terse."), Message("user", "One"),
        Message("assistant", "Two"), Message("user", "Three"),
    )  # fmt: skip
    schema = {"name": "response", "schema": {"type": "object"}}
    assert asked.request.settings == {
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 9, "stop": ["x", ""], "seed": 4,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }  # fmt: skip
    assert (asked.request.seed, asked.candidates, asked.logprobs) == (4, 3, 2)
    assert (asked.stop, asked.thinking, asked.include_thoughts) == (("x",), -1, True)
    assert asked.unrated == {"HARM_CATEGORY_DANGEROUS_CONTENT"}
    assert asked.labels == {"run": "r"}
    assert read_generate(HELLO, seed=7).request.seed == 7


CONTENTS = HELLO["contents"]


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ([], "", "an object is needed"),
        ({}, "contents", "cannot be empty"),
        ({"contents": []}, "contents", "cannot be empty"),
        ({"contents": ["x"]}, "contents[0].role", "valid role"),
        ({"contents": [{"role": "tool", "parts": [{"text": ""}]}]}, "contents[0].role", "role"),
        ({"contents": [{"role": "user"}]}, "contents[0]", "at least one parts field"),
        ({"contents": [{"parts": [{"text": 3}]}]}, "contents[0]", "parts.text"),
        ({"contents": [{"parts": ["x"]}]}, "contents[0]", "at least one parts field"),
        ({"contents": CONTENTS, "prompt": "x"}, "", 'Unknown name "prompt"'),
        ({"contents": CONTENTS, "generationConfig": 3}, "generation_config", "an object"),
        ({"contents": CONTENTS, "labels": {"a": 1}}, "labels", "labels[a]"),
        ({"contents": CONTENTS, "safetySettings": {}}, "safety_settings", "safety_settings"),
        ({"contents": CONTENTS, "safetySettings": [1]}, "safety_settings[0]", "Invalid value"),
        (
            {"contents": CONTENTS, "safetySettings": [{"category": "HARM", "threshold": 1}]},
            "safety_settings[0]", "'HARM'",
        ),
        (
            {"contents": CONTENTS, "safetySettings": [{"category": 1, "threshold": 99}]},
            "safety_settings[0]", "'99'",
        ),
    ],
)  # fmt: skip
def test_bodies_that_the_service_refuses(body: Any, field: str, said: str) -> None:
    with pytest.raises(GoogleError) as raised:
        read_generate(body, 0)
    assert said in raised.value.message
    (violation,) = raised.value.details[0]["fieldViolations"]
    assert violation.get("field", "") == field


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("temperature", 2.1, "from 0 (inclusive) to 2.0001 (exclusive)"),
        ("temperature", "0", "TYPE_FLOAT"),
        ("topP", -0.1, "topP value of -0.1"),
        ("candidateCount", 9, "from 1 (inclusive) to 9"),
        ("candidateCount", True, "TYPE_FLOAT"),
        ("maxOutputTokens", 0, "from 1 (inclusive) to 65537"),
        ("logprobs", 21, "from 1"),
        ("stopSequences", "x", "TYPE_STRING"),
        ("maxTokens", 3, 'Unknown name "maxTokens"'),
        ("thinkingConfig", 3, "an object"),
        ("responseSchema", {"type": "TEXT"}, "'TEXT' is no type"),
        ("responseSchema", [], "a schema is an object"),
        ("responseJsonSchema", {"type": "object"}, "must be application/json"),
    ],
)
def test_settings_that_the_service_refuses(name: str, value: Any, said: str) -> None:
    with pytest.raises(GoogleError) as raised:
        read_generate(HELLO | {"generationConfig": {name: value}}, 0)
    assert raised.value.code == 400 and said in raised.value.message


def test_a_schema_of_geminis_as_json_schema() -> None:
    given = {
        "type": 6,
        "properties": {
            "a_b": {"type": "STRING", "format": "enum", "enum": ["x"], "nullable": True},
            "n": {"type": "integer", "minimum": 1, "description": "count"},
            "l": {"type": "ARRAY", "items": {"type": "NUMBER"}, "min_items": "2"},
            "o": {"anyOf": [{"type": "NULL"}, {"type": "STRING", "format": "date"}]},
        },
        "required": ["a_b"],
        "propertyOrdering": ["n"],
    }
    assert json_schema(given) == {
        "type": "object",
        "properties": {
            "a_b": {"type": ["string", "null"], "enum": ["x"]},
            "n": {"type": "integer", "minimum": 1, "description": "count"},
            "l": {"type": "array", "items": {"type": "number"}, "minItems": 2},
            "o": {"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]},
        },
        "required": ["a_b"],
    }
    deep: Any = {"type": "STRING"}
    for _ in range(100):
        deep = {"type": "ARRAY", "items": deep}
    with pytest.raises(ValueError, match="not too deep"):
        json_schema(deep)


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'"\\ud800"', b"\xff"])
def test_bodies_that_are_no_json(root: str, body: bytes) -> None:
    got = ask(f"{root}{FLASH}:generateContent", body)
    assert (got.status, got.error["status"]) == (400, "INVALID_ARGUMENT")
    assert got.error["message"].startswith("Invalid JSON payload received.") or body[0] == 34


# Whole answers


def test_an_answer_has_every_field_of_the_service(root: str) -> None:
    got = ask(f"{root}{FLASH}:generateContent", HELLO)
    assert got.status == 200
    (candidate,) = got.body["candidates"]
    assert candidate["content"]["role"] == "model" and "index" not in candidate
    assert candidate["finishReason"] == "STOP" and candidate["avgLogprobs"] < 0
    assert set(candidate["safetyRatings"][0]) == {
        "category", "probability", "probabilityScore", "severity", "severityScore",
    }  # fmt: skip
    usage = got.body["usageMetadata"]
    assert usage["promptTokensDetails"] == [
        {"modality": "TEXT", "tokenCount": usage["promptTokenCount"]}
    ]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]
    assert got.body["modelVersion"] == "gemini-2.5-flash"
    assert got.body["createTime"].endswith("Z") and got.body["responseId"]


def test_one_blocked_draw_blocks_the_prompt() -> None:
    says = Says([Response("one"), CallFailure("blocked_prompt", "x")])
    with served(says) as root:
        got = ask(f"{root}{FLASH}:generateContent", asked_with("x", candidateCount=2))
    assert got.body["promptFeedback"]["blockReason"] == "SAFETY" and "candidates" not in got.body


def test_candidates_are_draws_of_their_own() -> None:
    says = Says([Response(text) for text in ("one", "two", "three")])
    with served(says) as root:
        got = ask(f"{root}{FLASH}:generateContent", asked_with("x", candidateCount=3))
    texts = [c["content"]["parts"][0]["text"] for c in got.body["candidates"]]
    assert texts == ["one", "two", "three"]
    assert [c.get("index", 0) for c in got.body["candidates"]] == [0, 1, 2]
    assert [request.repetition for request in says.asked] == [0, 1, 2]
    assert got.body["usageMetadata"]["candidatesTokenCount"] == 3


def test_stop_sequences_and_limits_end_an_answer(root: str) -> None:
    stopped = ask(f"{root}{FLASH}:generateContent", asked_with("x", stopSequences=["short", "to"]))
    (candidate,) = stopped.body["candidates"]
    assert candidate["content"]["parts"][0]["text"] == "Here is a "
    assert candidate["finishReason"] == "STOP"
    assert stopped.body["usageMetadata"]["candidatesTokenCount"] == 4
    limited = ask(f"{root}{FLASH}:generateContent", asked_with("x", maxOutputTokens=3))
    (candidate,) = limited.body["candidates"]
    assert candidate["finishReason"] == "MAX_TOKENS"
    assert candidate["content"]["parts"][0]["text"] == "Here is a sh"


def test_a_schema_reaches_the_model_behind(root: str) -> None:
    schema = {"type": "OBJECT", "properties": {"age": {"type": "INTEGER"}}, "required": ["age"]}
    config = {"responseMimeType": "application/json", "responseSchema": schema}
    got = ask(f"{root}{FLASH}:generateContent", asked_with("age: 36", **config))
    assert json.loads(got.body["candidates"][0]["content"]["parts"][0]["text"]) == {"age": 36}


def test_log_probabilities_are_the_models_where_it_has_any() -> None:
    tokens = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}]
    config = {"responseLogprobs": True, "logprobs": 2}
    with served(Says([Response("ab", logprobs=tokens)])) as root:
        got = ask(f"{root}{FLASH}:generateContent", asked_with("x", **config))
    (candidate,) = got.body["candidates"]
    assert candidate["avgLogprobs"] == -1.0
    result = candidate["logprobsResult"]
    assert [t["logProbability"] for t in result["chosenCandidates"]] == [-0.5, -1.5]
    assert [len(top["candidates"]) for top in result["topCandidates"]] == [2, 2]


def test_usage_is_the_models_own_and_thinking_is_counted_apart() -> None:
    usage = Usage(input_tokens=100, output_tokens=20, thinking_tokens=7)
    with served(Says([Response("x", usage=usage)])) as root:
        got = ask(f"{root}{FLASH}:generateContent", HELLO).body["usageMetadata"]
    assert (got["promptTokenCount"], got["candidatesTokenCount"]) == (100, 20)
    assert (got["thoughtsTokenCount"], got["totalTokenCount"]) == (7, 127)


@pytest.mark.parametrize(
    ("failure", "finish", "content"),
    [
        (CallFailure("blocked_output", "no"), "SAFETY", False),
        (CallFailure("blocked_output", "no", reason="SPII"), "SPII", False),
        (CallFailure("recitation", "no"), "RECITATION", False),
        (CallFailure("malformed_call", "no"), "MALFORMED_FUNCTION_CALL", False),
        (CallFailure("empty", "no"), "STOP", True),
    ],
)
def test_the_models_own_blocks_show(failure: CallFailure, finish: str, content: bool) -> None:
    with served(Says([failure])) as root:
        got = ask(f"{root}{FLASH}:generateContent", HELLO)
    (candidate,) = got.body["candidates"]
    assert candidate["finishReason"] == finish
    assert ("content" in candidate) == content


@pytest.mark.parametrize(
    ("failure", "status", "name"),
    [
        (CallFailure("quota", "x", retry_after=0.5), 429, "RESOURCE_EXHAUSTED"),
        (CallFailure("server_error", "x"), 503, "UNAVAILABLE"),
        (CallFailure("server_error", "x", status=500), 500, "INTERNAL"),
        (CallFailure("timeout", "x"), 504, "DEADLINE_EXCEEDED"),
        (CallFailure("bad_request", "x"), 400, "INVALID_ARGUMENT"),
        (CallFailure("bad_request", "x", status=418), 418, "FAILED_PRECONDITION"),
        (CallFailure("tls", "x"), 500, "INTERNAL"),
    ],
)
def test_the_models_own_failures_are_errors(failure: CallFailure, status: int, name: str) -> None:
    with served(Says([failure])) as root:
        got = ask(f"{root}{FLASH}:generateContent", HELLO)
    assert (got.status, got.error["status"]) == (status, name)
    assert got.headers.get("retry-after-ms") == ("500" if failure.retry_after else None)


def test_a_prompt_that_the_model_blocks() -> None:
    with served(Says([CallFailure("blocked_prompt", "x", reason="BLOCKLIST")])) as root:
        got = ask(f"{root}{FLASH}:generateContent", HELLO).body
    assert got["promptFeedback"]["blockReason"] == "BLOCKLIST"
    assert "candidates" not in got and got["usageMetadata"]["promptTokenCount"] == 1


# Streams


def test_a_stream_of_events(root: str) -> None:
    got = ask(f"{root}{FLASH}:streamGenerateContent?alt=sse", HELLO)
    assert got.headers["Content-Type"] == "text/event-stream"
    chunks = events(got.body)
    texts = [chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in chunks]
    whole = ask(f"{root}{FLASH}:generateContent", HELLO).body
    assert "".join(texts) == whole["candidates"][0]["content"]["parts"][0]["text"]
    assert all("finishReason" not in chunk["candidates"][0] for chunk in chunks[:-1])
    assert chunks[-1]["usageMetadata"] == whole["usageMetadata"]
    assert chunks[-1]["candidates"][0]["safetyRatings"]


def test_a_stream_as_one_array(root: str) -> None:
    got = ask(f"{root}{PLACE}/endpoints/1001:streamGenerateContent", HELLO)
    assert got.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert got.headers["X-Vertex-AI-Deployed-Model-Id"] == "3001"
    assert len(got.body) > 10
    assert got.body[-1]["candidates"][0]["finishReason"] == "STOP"


def test_candidates_of_a_stream_come_in_turn() -> None:
    with served(Says([Response("a b"), Response("c")])) as root:
        url = f"{root}{FLASH}:streamGenerateContent?alt=sse"
        chunks = events(ask(url, asked_with("x", candidateCount=2)).body)
    seen = [
        (c.get("index", 0), c["content"]["parts"][0]["text"])
        for chunk in chunks
        for c in chunk["candidates"]
    ]
    assert seen == [(0, "a"), (1, "c"), (0, " b"), (0, ""), (1, "")]


def test_errors_of_a_stream_without_events_come_in_a_list(root: str) -> None:
    url = f"{root}{PLACE}/publishers/google/models/gemini-9:streamGenerateContent"
    as_array, as_events = ask(url, HELLO), ask(f"{url}?alt=sse", HELLO)
    assert as_array.status == as_events.status == 404
    assert as_array.body == [as_events.body]


def test_counting_tokens(root: str) -> None:
    got = ask(
        f"{root}{FLASH}:countTokens", HELLO | {"systemInstruction": {"parts": [{"text": "a b"}]}}
    )
    assert got.body["totalTokens"] == 3 and got.body["totalBillableCharacters"] == 7
    assert ask(f"{root}{FLASH}:countTokens", {}).status == 400
    assert ask(f"{root}{FLASH}:countTokens", []).status == 400


def test_labels_are_counted(root: str) -> None:
    ask(f"{root}{FLASH}:generateContent", HELLO | {"labels": {"llmeval-run-id": "r<1>"}})
    assert ask(f"{root}/control/counters").body["labels"] == {"llmeval-run-id=r<1>": 1}


def test_integer_enums_and_odd_query_parameters_are_taken(root: str) -> None:
    body = HELLO | {"safetySettings": [{"category": 1, "threshold": 3, "method": 2}]}
    got = ask(f"{root}{FLASH}:generateContent?%24alt=json%3Benum-encoding%3Dint", body)
    assert got.body["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize("location", ["global", "europe-west9", "us-central1"])
def test_publisher_models_answer_everywhere(root: str, location: str) -> None:
    for version in ("v1", "v1beta1"):
        path = f"/{version}/projects/p/locations/{location}/publishers/google/models"
        assert ask(f"{root}{path}/gemini-2.0-flash-001:generateContent", HELLO).status == 200
