"""The contract of what is sent: our bodies and addresses are those that Google's clients send.

A proxy before the emulator writes both down. A row of ``pytest -v`` is a setting in our words.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from contract_ours import Ours
from google_clients import FLASH, PLACE, TUNED, genai_client, over_rest
from recording_proxy import Recorded, RecordingProxy, recording_proxy

from llmeval.config import EndpointSettings
from llmeval.emulator import VertexOptions, running_emulator
from llmeval.records import Message, Request

REASON = "the vertex extra is not installed"
pytest.importorskip("google.genai", reason=REASON)
pytest.importorskip("google.cloud.aiplatform_v1", reason=REASON)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
OPEN_API = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]}
HARASSMENT = {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}
WEATHER = {"name": "weather", "description": "of a place", "parameters": OPEN_API}
ARMOR = {"promptTemplateName": "projects/p/locations/us-central1/templates/t"}

SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "temperature": ({"temperature": 0.5}, {"temperature": 0.5}),
    "top_p": ({"top_p": 0.25}, {"top_p": 0.25}),
    "top_k": ({"top_k": 40}, {"top_k": 40}),
    "max_tokens": ({"max_tokens": 64}, {"max_output_tokens": 64}),
    "seed": ({"seed": 7}, {"seed": 7}),
    "stop": ({"stop": ["}", "END"]}, {"stop_sequences": ["}", "END"]}),
    "stop, one": ({"stop": "END"}, {"stop_sequences": ["END"]}),
    "presence_penalty": ({"presence_penalty": 0.5}, {"presence_penalty": 0.5}),
    "frequency_penalty": ({"frequency_penalty": -0.5}, {"frequency_penalty": -0.5}),
    "logprobs": ({"logprobs": True}, {"response_logprobs": True}),
    "top_logprobs": (
        {"logprobs": True, "top_logprobs": 3},
        {"response_logprobs": True, "logprobs": 3},
    ),
    "response_format json_object": (
        {"response_format": {"type": "json_object"}},
        {"response_mime_type": "application/json"},
    ),
    "response_format json_schema": (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": SCHEMA},
            }
        },
        {"response_mime_type": "application/json", "response_json_schema": SCHEMA},
    ),
    "response_schema": (
        {"response_mime_type": "application/json", "response_schema": OPEN_API},
        {"response_mime_type": "application/json", "response_schema": OPEN_API},
    ),
    "thinking_config": (
        {"thinking_config": {"thinkingBudget": 10, "includeThoughts": True}},
        {"thinking_config": {"thinking_budget": 10, "include_thoughts": True}},
    ),
    "reasoning_effort": (
        {"reasoning_effort": "low"},
        {"thinking_config": {"thinking_budget": 1024}},
    ),
    "safety_settings": ({"safety_settings": [HARASSMENT]}, {"safety_settings": [HARASSMENT]}),
    "labels": ({"labels": {"team": "llmeval"}}, {"labels": {"team": "llmeval"}}),
    "media_resolution": (
        {"media_resolution": "MEDIA_RESOLUTION_LOW"},
        {"media_resolution": "MEDIA_RESOLUTION_LOW"},
    ),
    "audio_timestamp": ({"audio_timestamp": True}, {"audio_timestamp": True}),
    "response_modalities": (
        {"response_modalities": ["TEXT"]},
        {"response_modalities": ["TEXT"]},
    ),
    "tools": (
        {"tools": [{"functionDeclarations": [WEATHER]}]},
        {"tools": [{"function_declarations": [WEATHER]}]},
    ),
    "tool_config": (
        {"tool_config": {"functionCallingConfig": {"mode": "NONE"}}},
        {"tool_config": {"function_calling_config": {"mode": "NONE"}}},
    ),
    "cached_content": (
        {"cached_content": "projects/p/locations/us-central1/cachedContents/1"},
        {"cached_content": "projects/p/locations/us-central1/cachedContents/1"},
    ),
    "model_armor_config": (
        {"model_armor_config": ARMOR},
        {"model_armor_config": {"prompt_template_name": ARMOR["promptTemplateName"]}},
    ),
    "nothing": ({}, {}),
}
"""Setting in our words -> the same for our path, and for google-genai."""

ONE_OF_ITS_KIND = ("stop, one", "response_format", "response_schema", "reasoning_effort")
"""Beginnings of the settings that say the same as another, or cannot stand beside it."""

SYSTEM = "Be terse."
TURNS = (("user", "Hello"), ("assistant", "Hi."), ("user", 'Say "{{ x }}" \\ </s> ü \u2028.'))


@pytest.fixture(scope="module")
def proxy() -> Iterator[RecordingProxy]:
    options = VertexOptions(stable="demo?ttft=0&tpot=0")
    with running_emulator(vertex=options) as root, recording_proxy(root) as made:
        yield made


@pytest.fixture(scope="module")
def clients(proxy: RecordingProxy) -> Iterator[SimpleNamespace]:
    from google.cloud.aiplatform_v1 import PredictionServiceClient

    genai = genai_client(proxy.root)
    gapic = over_rest(PredictionServiceClient, proxy.root)
    with Ours(proxy.root, {"llmeval-run-id": "r1"}) as ours:
        yield SimpleNamespace(ours=ours, genai=genai, gapic=gapic)
    genai.close()


def our_call(
    clients: SimpleNamespace,
    proxy: RecordingProxy,
    reference: str,
    settings: Mapping[str, Any],
    stream: bool = False,
    declared: EndpointSettings | None = None,
) -> Recorded:
    """Return what our path sends."""
    turns = (Message("system", SYSTEM), *(Message(role, text) for role, text in TURNS))
    clients.ours.endpoint(reference, declared)
    proxy.sent()
    clients.ours.ask(reference, Request(turns, dict(settings), stream), declared)
    (sent,) = proxy.sent()
    return sent


def genai_call(
    clients: SimpleNamespace,
    proxy: RecordingProxy,
    model: str,
    config: Mapping[str, Any],
    stream: bool = False,
) -> Recorded:
    """Return what google-genai sends; what the emulator thinks of it does not matter here."""
    from google.genai.errors import APIError

    contents = [
        {"role": "model" if role == "assistant" else role, "parts": [{"text": text}]}
        for role, text in TURNS
    ]
    labels = {"llmeval-run-id": "r1", **config.get("labels", {})}
    config = {"system_instruction": SYSTEM, **config, "labels": labels}
    proxy.sent()
    models = clients.genai.models
    ask = models.generate_content_stream if stream else models.generate_content
    with contextlib.suppress(APIError):
        list(ask(model=model, contents=contents, config=config))
    (sent,) = proxy.sent()
    return sent


def read(recorded: Recorded) -> Any:
    """Return a body as Google's own type reads it, which knows every field, whichever way its name
    and its numbers are written. A system instruction's role means nothing."""
    from google.cloud import aiplatform_v1, aiplatform_v1beta1
    from google.protobuf import json_format

    beta = recorded.target.startswith("/v1beta1/")
    types = (aiplatform_v1beta1 if beta else aiplatform_v1).types
    message = json_format.ParseDict(recorded.body, types.GenerateContentRequest.pb()())
    message.system_instruction.role = ""
    if not message.generation_config.ByteSize():
        message.ClearField("generation_config")
    return json_format.MessageToDict(message)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_of_generate_content(
    clients: SimpleNamespace, proxy: RecordingProxy, setting: str
) -> None:
    ours, theirs = SETTINGS[setting]
    sent = our_call(clients, proxy, "gemini-2.5-flash", ours)
    expected = genai_call(clients, proxy, "gemini-2.5-flash", theirs)
    assert read(sent) == read(expected)
    assert sent.headers["content-type"] == expected.headers["content-type"] == "application/json"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("reference", ["gemini-2.5-flash", "1001"])
def test_all_settings_of_generate_content(
    clients: SimpleNamespace, proxy: RecordingProxy, reference: str, stream: bool
) -> None:
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    for name, (ours_one, theirs_one) in SETTINGS.items():
        if not name.startswith(ONE_OF_ITS_KIND):
            ours |= ours_one
            theirs |= theirs_one
    model = TUNED if reference == "1001" else reference
    sent = our_call(clients, proxy, reference, ours, stream)
    expected = genai_call(clients, proxy, model, theirs, stream)
    assert read(sent) == read(expected)
    assert len(read(sent)["generationConfig"]) > 10
    # google-genai speaks the beta of the same surface.
    assert sent.target == expected.target.replace("/v1beta1/", "/v1/")


def test_the_generated_client_says_the_same(
    clients: SimpleNamespace, proxy: RecordingProxy
) -> None:
    """What our body says goes through the generated client unchanged, to the same address."""
    from google.cloud.aiplatform_v1.types import GenerateContentRequest

    sent = our_call(clients, proxy, "gemini-2.5-flash", SETTINGS["response_schema"][0])
    asked = GenerateContentRequest.from_json(json.dumps(sent.body), ignore_unknown_fields=False)
    asked.model = FLASH
    clients.gapic.generate_content(asked)
    (expected,) = proxy.sent()
    assert read(sent) == read(expected)
    assert sent.target == expected.target.partition("?")[0]


CHAT = [{"role": "system", "content": SYSTEM}, *({"role": r, "content": t} for r, t in TURNS)]
PROMPT = "\n\n".join(f"{r.capitalize()}: {t}" for r, t in (("system", SYSTEM), *TURNS))
PREDICT: dict[str, tuple[str, dict[str, Any]]] = {
    "vllm": (
        "1002",
        {
            "instances": [
                {
                    "@requestFormat": "chatCompletions",
                    "messages": CHAT,
                    "max_tokens": 64,
                    "top_p": 0.5,
                }
            ]
        },
    ),
    "tgi": (
        "1004",
        {"instances": [{"inputs": PROMPT, "parameters": {"max_new_tokens": 64, "top_p": 0.5}}]},
    ),
    "custom": (
        "1005",
        {"instances": [{"prompt": PROMPT}], "parameters": {"max_tokens": 64, "top_p": 0.5}},
    ),
}
"""Container -> the endpoint, and the body that it takes."""


@pytest.mark.parametrize("container", PREDICT)
def test_predict(clients: SimpleNamespace, proxy: RecordingProxy, container: str) -> None:
    identifier, body = PREDICT[container]
    settings = {"max_tokens": 64, "top_p": 0.5}
    declared = EndpointSettings(format="predict")
    sent = our_call(clients, proxy, identifier, settings, declared=declared)
    clients.gapic.predict(endpoint=f"{PLACE}/endpoints/{identifier}", **body)
    (expected,) = proxy.sent()
    assert sent.body == expected.body == body
    assert sent.target == expected.target.partition("?")[0]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    "name",
    ["publishers/anthropic/models/claude-sonnet-4", "publishers/mistralai/models/codestral-2501"],
)
def test_addresses_of_raw_predict(
    clients: SimpleNamespace, proxy: RecordingProxy, name: str, stream: bool
) -> None:
    from google.api.httpbody_pb2 import HttpBody

    sent = our_call(clients, proxy, name, {"max_tokens": 64}, stream)
    body = HttpBody(data=json.dumps(sent.body).encode(), content_type="application/json")
    arguments = {"endpoint": f"{PLACE}/{name}", "http_body": body}
    if stream:
        list(clients.gapic.stream_raw_predict(**arguments))
    else:
        clients.gapic.raw_predict(**arguments)
    (expected,) = proxy.sent()
    assert sent.target == expected.target.partition("?")[0]
