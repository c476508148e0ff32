"""What batch jobs ask of the emulated models, without a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from vertex_asking import Says, asked_with

from llmeval.emulator import VertexOptions, create_app
from llmeval.emulator.emulation import Emulation
from llmeval.emulator.faults import Faults
from llmeval.emulator.vertex.errors import GoogleError
from llmeval.emulator.vertex.serving.hooks import Oracle, answer_generate, answer_predict
from llmeval.emulator.vertex.world import WORLD
from llmeval.records import CallFailure, Response

PLACE = "projects/p/locations/us-central1"


def oracle(*outcomes: Response | CallFailure, canary: str = "badly") -> Oracle:
    behind = {
        "vertex:stable": Says(list(outcomes) or [Response("well")]),
        "vertex:canary": Says([Response(canary)]),
    }
    return Oracle(WORLD, Emulation(behind, Faults(server_500=1), 0))


def generate(resource: str, body: Any, of: Oracle | None = None) -> Any:
    return asyncio.run(answer_generate(of or oracle(), resource, body))


def predict(resource: str, instances: Any, parameters: Any = None, of: Oracle | None = None) -> Any:
    return asyncio.run(answer_predict(of or oracle(), resource, instances, parameters))


@pytest.mark.parametrize(
    ("resource", "version"),
    [
        ("publishers/google/models/gemini-2.5-flash", "gemini-2.5-flash"),
        (f"{PLACE}/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        (f"{PLACE}/endpoints/1001", "gemini-2.0-flash-001"),
        (f"{PLACE}/models/2001", "gemini-2.0-flash-001"),
        (f"{PLACE}/models/2001@1", "gemini-2.0-flash-001"),
    ],
)
def test_whoever_speaks_generate_content(resource: str, version: str) -> None:
    got = generate(resource, asked_with("x", candidateCount=2))
    assert [c["content"]["parts"][0]["text"] for c in got["candidates"]] == ["well", "well"]
    assert got["modelVersion"] == version and got["usageMetadata"]["candidatesTokenCount"] == 2


def test_drawn_faults_do_not_touch_jobs_but_markers_do() -> None:
    model = "publishers/google/models/gemini-2.5-flash"
    got = generate(model, asked_with("[[fault:blocked_prompt:BLOCKLIST]]"))
    assert got["promptFeedback"]["blockReason"] == "BLOCKLIST"
    with pytest.raises(GoogleError) as raised:
        generate(model, asked_with("[[fault:quota_429]]"))
    assert (raised.value.code, raised.value.status) == (429, "RESOURCE_EXHAUSTED")


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("publishers/google/models/gemini-9", 404),
        (f"{PLACE}/endpoints/9", 404),
        (f"{PLACE}/endpoints/1007", 404),
        (f"{PLACE}/models/2001@7", 404),
        ("nonsense", 404),
        (f"{PLACE}/endpoints/1002", 400),
    ],
)
def test_whoever_does_not(resource: str, code: int) -> None:
    with pytest.raises(GoogleError) as raised:
        generate(resource, asked_with("x"))
    assert raised.value.code == code


def test_bad_bodies_and_failing_models_are_told() -> None:
    model = "publishers/google/models/gemini-2.5-flash"
    with pytest.raises(GoogleError, match="cannot be empty"):
        generate(model, {})
    with pytest.raises(GoogleError, match="503"):
        generate(model, asked_with("x"), oracle(CallFailure("server_error", "x")))


def test_predictions_are_in_order_and_by_version() -> None:
    instances = [{"prompt": "a", "raw_response": True}, {"prompt": "b", "raw_response": True}]
    both = oracle(Response("one"), Response("two"))
    assert predict(f"{PLACE}/models/2006", instances, None, both) == ["one", "two"]
    assert predict(f"{PLACE}/models/2006@canary", instances) == ["badly", "badly"]
    assert (
        predict(f"{PLACE}/endpoints/1005", [{"prompt": "a"}], {"seed": 1})[0]["content"] == "well"
    )
    chat = {"@requestFormat": "chatCompletions", "messages": [{"role": "user", "content": "x"}]}
    (completion,) = predict(f"{PLACE}/models/2002", [chat])
    assert completion["choices"][0]["message"]["content"] == "well"


def test_predictions_that_cannot_be() -> None:
    with pytest.raises(GoogleError, match="Gemini cannot"):
        predict(f"{PLACE}/models/2001", [{"prompt": "x"}])
    with pytest.raises(GoogleError, match="'prompt' is missing"):
        predict(f"{PLACE}/models/2002", [{}])


def test_what_the_services_of_jobs_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def add_jobs(app: web.Application, **hooks: Any) -> None:
        given.update(hooks, app=app)

    monkeypatch.setattr("llmeval.emulator.vertex.surface.add_jobs", add_jobs)
    options = VertexOptions(endpoints={"stable": Says([Response("well")])})
    app = create_app({}, vertex=options)
    assert given["app"] is app
    model = "publishers/google/models/gemini-2.5-flash"
    answer = asyncio.run(given["answer_generate"](model, asked_with("x")))
    assert answer["candidates"][0]["content"]["parts"][0]["text"] == "well"
    refused = asyncio.run(given["answer_generate"](model, {}))
    assert refused["error"]["status"] == "INVALID_ARGUMENT"
    assert asyncio.run(
        given["answer_predict"](f"{PLACE}/models/2004", [{"inputs": "x"}], None)
    ) == ["well"]
    versions = [m for m in given["models_at"](PLACE) if m["name"] == f"{PLACE}/models/2006"]
    assert [(m["versionId"], m["displayName"]) for m in versions] == [
        ("1", "assistant"),
        ("2", "assistant"),
    ]
    assert {m["name"] for m in given["models_at"](PLACE)} >= {f"{PLACE}/models/2001"}
    assert given["models_at"]("projects/p/locations/nowhere") == []
    assert given["models_at"]("nonsense") == []
