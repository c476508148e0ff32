"""generateContent's request, held against the types of aiplatform and of google-genai."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.dialects import generation_config
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.endpoints.text import encode_json
from llmeval.records import Message, Request

ASK = (Message("system", "be brief"), Message("user", "hi"))
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
SETTINGS: dict[str, Any] = {
    "temperature": 0.25,
    "max_tokens": 64,
    "top_p": 0.5,
    "top_k": 7,
    "seed": 42,
    "presence_penalty": 0.75,
    "frequency_penalty": -0.5,
    "response_mime_type": "application/json",
    "response_json_schema": SCHEMA,
    "thinking_config": {"thinkingBudget": 128, "includeThoughts": True},
    "audio_timestamp": True,
    "media_resolution": "MEDIA_RESOLUTION_LOW",
    "response_modalities": ["TEXT"],
    "stop": ["\n\n", "END"],
    "logprobs": True,
    "top_logprobs": 3,
    "safety_settings": [
        {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE"},
    ],
    "model_armor_config": {"promptTemplateName": "t", "responseTemplateName": "u"},
    "cached_content": "projects/p/locations/l/cachedContents/1",
    "tools": [{"functionDeclarations": [{"name": "f", "description": "d"}]}],
    "tool_config": {"functionCallingConfig": {"mode": "NONE"}},
    "labels": {"team": "blue"},
}


def body(settings: dict[str, Any] | None = None, *turns: Message) -> dict[str, Any]:
    dialect = Gemini({"llmeval-run-id": "r-1", "team": "red"})
    request = Request(turns or ASK, settings or {})
    assert dialect.refused(request.settings) is None
    return json.loads(encode_json(dialect.body(request)))


def parsed(sent: dict[str, Any]) -> Any:
    """Parse as Vertex AI does: a field that it does not know is an error."""
    types = pytest.importorskip(
        "google.cloud.aiplatform_v1.types", reason="needs the extra 'vertex'"
    )
    from google.protobuf import json_format

    return json_format.ParseDict(sent, types.GenerateContentRequest.pb()())


def test_every_setting_lands_in_its_field_of_vertex() -> None:
    got = parsed(body(SETTINGS))
    config = got.generation_config
    assert [c.role for c in got.contents] == ["user"]
    assert got.contents[0].parts[0].text == "hi"
    assert got.system_instruction.parts[0].text == "be brief"
    assert (config.temperature, config.top_p, config.top_k) == (0.25, 0.5, 7.0)
    assert (config.max_output_tokens, config.seed) == (64, 42)
    assert (config.presence_penalty, config.frequency_penalty) == (0.75, -0.5)
    assert config.response_mime_type == "application/json"
    assert config.response_json_schema.struct_value["required"][0] == "n"
    assert config.thinking_config.thinking_budget == 128
    assert config.thinking_config.include_thoughts is True
    assert config.audio_timestamp is True
    assert (config.media_resolution, list(config.response_modalities)) == (1, [1])
    assert list(config.stop_sequences) == ["\n\n", "END"]
    assert (config.response_logprobs, config.logprobs) == (True, 3)
    assert (got.safety_settings[0].category, got.safety_settings[0].threshold) == (1, 4)
    assert got.model_armor_config.response_template_name == "u"
    assert got.cached_content.endswith("cachedContents/1")
    assert got.tools[0].function_declarations[0].name == "f"
    assert got.tool_config.function_calling_config.mode == 3
    assert dict(got.labels) == {"llmeval-run-id": "r-1", "team": "blue"}


def test_every_setting_lands_in_its_field_of_google_genai() -> None:
    types = pytest.importorskip("google.genai.types", reason="needs google-genai")
    sent = body(SETTINGS)
    config = types.GenerationConfig.model_validate(sent["generationConfig"])
    assert (config.temperature, config.top_p, config.top_k, config.seed) == (0.25, 0.5, 7.0, 42)
    assert (config.max_output_tokens, config.stop_sequences) == (64, ["\n\n", "END"])
    assert (config.response_logprobs, config.logprobs) == (True, 3)
    assert config.response_json_schema == SCHEMA
    assert config.thinking_config.thinking_budget == 128
    assert types.Content.model_validate(sent["contents"][0]).parts[0].text == "hi"
    assert types.Content.model_validate(sent["systemInstruction"]).parts[0].text == "be brief"
    assert types.SafetySetting.model_validate(sent["safetySettings"][0]).threshold == "BLOCK_NONE"
    assert types.ModelArmorConfig.model_validate(sent["modelArmorConfig"]).prompt_template_name


def test_native_names_mean_the_same() -> None:
    ours = body(SETTINGS)
    native = {
        field: SETTINGS[name] for name, field in generation_config._NAMES.items()
        if name in SETTINGS
    }  # fmt: skip
    rest = {
        "stopSequences": ["\n\n", "END"], "logprobs": 3,
        "safetySettings": SETTINGS["safety_settings"], "tools": SETTINGS["tools"],
        "toolConfig": SETTINGS["tool_config"], "cachedContent": SETTINGS["cached_content"],
        "modelArmorConfig": SETTINGS["model_armor_config"], "labels": SETTINGS["labels"],
    }  # fmt: skip
    assert body(native | rest) == ours
    assert (
        body({"generation_config": ours["generationConfig"]})["generationConfig"]
        == (ours["generationConfig"])
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"stop": "x"}, {"stopSequences": ["x"]}),
        ({"temperature": None, "n": 1, "candidateCount": 1}, None),
        ({"temperature": 0, "seed": 0}, {"temperature": 0, "seed": 0}),
        ({"logprobs": 5}, {"responseLogprobs": True, "logprobs": 5}),
        ({"logprobs": True}, {"responseLogprobs": True}),
        ({"logprobs": False}, None),
        ({"top_logprobs": 2}, {"responseLogprobs": True, "logprobs": 2}),
        ({"response_format": {"type": "text"}}, None),
        ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x",
                                                                     "schema": SCHEMA}}},
         {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}),
        ({"reasoning_effort": "none"}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ({"reasoning_effort": "high", "thinking_config": {"thinkingBudget": 1}},
         {"thinkingConfig": {"thinkingBudget": 1}}),
        ({"temperature": 1, "generation_config": {"temperature": 0.5, "imageConfig": {}}},
         {"temperature": 0.5, "imageConfig": {}}),
    ],
)  # fmt: skip
def test_openai_names_become_geminis(
    settings: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    sent = body(settings)
    assert sent.get("generationConfig") == expected
    parsed(sent)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"n": 2}, "samples=N"), ({"candidate_count": 3}, "candidates = N"),
        ({"generation_config": {"candidateCount": 4}}, "candidates = N"),
        ({"model": "x"}, "model reference"), ({"contents": []}, "come from the prompt"),
        ({"system_instruction": "x"}, "system turns"), ({"stream": True}, "evaluate()"),
        ({"temprature": 1}, "Did you mean 'temperature'?"),
        ({"response_format": {"type": "grammar"}}, "json_schema"),
        ({"response_format": "json"}, "none of the types"),
        ({"reasoning_effort": "xhigh"}, "none of none, minimal"),
        ({"reasoning_effort": ["low"]}, "is none of"),
        ({"labels": ["a"]}, "is no table"), ({"generation_config": 3}, "is no table"),
    ],
)  # fmt: skip
def test_settings_that_would_be_lost_or_falsify_the_record_are_refused(
    settings: dict[str, Any], said: str
) -> None:
    assert said in (Gemini().refused(settings) or "")


def test_turns_keep_their_order_and_system_turns_stand_apart() -> None:
    sent = body(
        {},
        Message("system", "one"), Message("user", "a"), Message("assistant", "b"),
        Message("system", "two"), Message("user", "c"), Message("user", "d"),
    )  # fmt: skip
    assert [(c["role"], c["parts"][0]["text"]) for c in sent["contents"]] == [
        ("user", "a"), ("model", "b"), ("user", "c"), ("user", "d"),
    ]  # fmt: skip
    assert sent["systemInstruction"] == {"parts": [{"text": "one"}, {"text": "two"}]}
    parsed(sent)


def test_a_prompt_of_system_turns_alone_is_asked_by_the_user() -> None:
    sent = body({}, Message("system", "only"))
    assert sent["contents"] == [{"role": "user", "parts": [{"text": "only"}]}]
    assert "systemInstruction" not in sent


def test_without_labels_none_are_sent() -> None:
    assert "labels" not in Gemini().body(Request(ASK))
