"""chat/completions, predict and the raw methods, container by container and partner by partner."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from vertex_asking import CHAT, PLACE, Says, ask, events

from llmeval.emulator import VertexOptions, running_emulator
from llmeval.records import CallFailure, Response

OPENAPI = f"{PLACE}/endpoints/openapi/chat/completions"
CLAUDE = f"{PLACE}/publishers/anthropic/models/claude-sonnet-4@20250514"
MESSAGES = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 64, **CHAT}


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


@pytest.fixture(scope="module")
def other_name(root: str) -> str:
    """The name under which dedicated endpoints answer."""
    return root.replace("127.0.0.1", "localhost")


def served(*outcomes: Response | CallFailure) -> Any:
    return running_emulator(vertex=VertexOptions(endpoints={"stable": Says(list(outcomes))}))


# chat/completions


@pytest.mark.parametrize(
    "model",
    [
        "google/gemini-2.5-flash",
        "meta/llama-3.3-70b-instruct-maas",
        "openai/gpt-oss-120b-maas",
        f"{PLACE[4:]}/endpoints/1001",
    ],
)
def test_openapi_serves_every_publishers_models(root: str, model: str) -> None:
    got = ask(root + OPENAPI, CHAT | {"model": model})
    (choice,) = got.body["choices"]
    assert choice["message"]["content"].startswith("Here is")
    assert choice["finish_reason"] == "stop"
    assert got.body["model"] == model and got.body["object"] == "chat.completion"
    google = got.body["usage"].get("extra_properties")
    assert (google is not None) == ("endpoints" not in model)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (CHAT | {"model": "google/gemini-9"}, 404, "publishers/google/models/gemini-9`"),
        (CHAT | {"model": "gemini-2.5-flash"}, 400, "<publisher>/<model>"),
        (CHAT | {"model": "nobody/x"}, 404, "publishers/nobody/models/x"),
        (CHAT | {"model": f"{PLACE[4:]}/endpoints/9"}, 404, "endpoints/9` not found"),
        ({"model": "google/gemini-2.5-flash"}, 400, "'messages'"),
        (b"{", 400, "Invalid JSON payload"),
    ],
)
def test_errors_of_openapi_come_in_a_list(root: str, body: Any, status: int, said: str) -> None:
    got = ask(root + OPENAPI, body)
    assert got.status == status and isinstance(got.body, list) and len(got.body) == 1
    assert said in got.error["message"]


@pytest.mark.parametrize("identifier", ["1002", "1004", "1006"])
def test_endpoints_with_a_chat_of_their_own(root: str, identifier: str) -> None:
    url = f"{root}{PLACE}/endpoints/{identifier}/chat/completions"
    got = ask(url, CHAT)
    assert got.body["choices"][0]["message"]["content"].startswith("Here is")
    assert got.body["model"] in ("gemma-vllm", "gemma-tgi", "assistant")
    assert got.headers["X-Vertex-AI-Endpoint-Id"] == identifier
    assert got.headers["X-Vertex-AI-Deployed-Model-Id"].startswith("300")
    streamed = events(ask(url, CHAT | {"stream": True, "model": "mine"}).body)
    assert streamed[-1] == "[DONE]" and streamed[0]["model"] == "mine"
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in streamed[:-1])
    assert text == got.body["choices"][0]["message"]["content"]


def test_errors_of_a_container_are_its_own(root: str) -> None:
    got = ask(f"{root}{PLACE}/endpoints/1002/chat/completions", {"messages": []})
    assert got.status == 400
    assert (got.body["object"], got.body["type"]) == ("error", "BadRequestError")
    assert ask(f"{root}{PLACE}/endpoints/1005/chat/completions", CHAT).body == {
        "detail": "Not Found"
    }
    assert "openapi" in ask(f"{root}{PLACE}/endpoints/1001/chat/completions", CHAT).error["message"]


def test_several_choices_logprobs_and_usage() -> None:
    body = CHAT | {"model": "google/gemini-2.5-pro", "n": 2, "logprobs": True}
    with served(Response("a b"), Response("c", finish_reason="length")) as root:
        got = ask(root + OPENAPI, body).body
    with served(Response("a b"), Response("c")) as root:
        options = {"stream": True, "stream_options": {"include_usage": True}}
        *chunks, usage, done = events(ask(root + OPENAPI, body | options).body)
    assert [choice["message"]["content"] for choice in got["choices"]] == ["a b", "c"]
    assert [choice["finish_reason"] for choice in got["choices"]] == ["stop", "length"]
    tokens = got["choices"][0]["logprobs"]["content"]
    assert [token["token"] for token in tokens] == ["a", " b"]
    assert got["usage"]["completion_tokens"] == 3
    assert done == "[DONE]" and usage["usage"]["completion_tokens"] == 3
    seen = [(c["choices"][0]["index"], c["choices"][0]["delta"].get("content")) for c in chunks]
    assert seen == [
        (0, ""), (1, ""), (0, "a"), (1, "c"), (0, " b"), (0, None), (1, None),
    ]  # fmt: skip


def test_nonsense_for_n_is_one(root: str) -> None:
    body = CHAT | {"model": "google/gemini-2.5-pro", "n": 99}
    assert len(ask(root + OPENAPI, body).body["choices"]) == 1


@pytest.mark.parametrize(
    ("marker", "reason", "content"),
    [
        ("blocked_prompt", "content_filter", False),
        ("blocked_output", "content_filter", False),
        ("recitation", "content_filter: RECITATION", False),
        ("malformed_call", "function_call_filter: MALFORMED_FUNCTION_CALL", False),
        ("max_tokens", "length", True),
        ("empty", "stop", True),
    ],
)
def test_how_a_chat_ends_otherwise(root: str, marker: str, reason: str, content: bool) -> None:
    messages = [{"role": "user", "content": f"[[fault:{marker}]]"}]
    body = {"model": "google/gemini-2.5-flash", "messages": messages}
    (choice,) = ask(root + OPENAPI, body).body["choices"]
    assert choice["finish_reason"] == reason
    assert ("content" in choice["message"]) == content
    chunks = events(ask(root + OPENAPI, body | {"stream": True}).body)
    assert chunks[-2]["choices"][0]["finish_reason"] == reason


def test_a_chat_without_choices(root: str) -> None:
    messages = [{"role": "user", "content": "[[fault:no_candidates]]"}]
    body = {"model": "google/gemini-2.5-flash", "messages": messages}
    assert ask(root + OPENAPI, body).body["choices"] == []


# Dedicated endpoints


def test_the_shared_domain_is_refused(root: str, other_name: str) -> None:
    for path in (":predict", ":rawPredict", "/chat/completions", "/invoke/v1/chat/completions"):
        got = ask(f"{root}{PLACE}/endpoints/1003{path}", CHAT)
        assert (got.status, got.error["status"]) == (400, "FAILED_PRECONDITION")
        dns = other_name.removeprefix("http://")
        assert f"using its dedicated domain name '{dns}'" in got.error["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/chat/completions",
        "/invoke/v1/chat/completions",
        "/deployedModels/3003/invoke/v1/chat/completions",
    ],
)
def test_the_dedicated_domain_answers(other_name: str, path: str) -> None:
    got = ask(f"{other_name}{PLACE}/endpoints/1003{path}", CHAT)
    assert got.body["choices"][0]["message"]["content"].startswith("Here is")
    assert got.headers["X-Vertex-AI-Model"] == f"{PLACE[4:]}/models/2003"


def test_the_dedicated_domain_hands_on_a_completion_as_it_is(root: str, other_name: str) -> None:
    chat = {"@requestFormat": "chatCompletions", **CHAT}
    one, two = ({"instances": [chat] * count} for count in (1, 2))
    dedicated = f"{other_name}{PLACE}/endpoints/1003:predict"
    assert ask(dedicated, one).body["predictions"]["object"] == "chat.completion"
    assert [p["object"] for p in ask(dedicated, two).body["predictions"]] == ["chat.completion"] * 2
    (shared,) = ask(f"{root}{PLACE}/endpoints/1002:predict", one).body["predictions"]
    assert shared["object"] == "chat.completion" and shared["model"] == "gemma-vllm"


def test_one_deployed_model_can_be_asked_past_the_split(root: str) -> None:
    url = f"{root}{PLACE}/endpoints/1006/deployedModels"
    for identifier in ("3006", "3007"):
        got = ask(f"{url}/{identifier}/invoke/v1/chat/completions", CHAT)
        assert got.headers["X-Vertex-AI-Deployed-Model-Id"] == identifier
        assert got.headers["X-Vertex-AI-Model-Version-Id"] == str(int(identifier) - 3005)
    assert ask(f"{url}/3009/invoke/v1/chat/completions", CHAT).status == 404
    assert ask(f"{url}/3007/invoke/v1/completions", CHAT).body == {"detail": "Not Found"}


def test_the_canary_is_another_model() -> None:
    says = {"stable": Says([Response("well")]), "canary": Says([Response("badly")])}
    with running_emulator(vertex=VertexOptions(endpoints=says), seed=5) as root:
        url = f"{root}{PLACE}/endpoints/1006:predict"
        body = {"instances": [{"prompt": "x", "raw_response": True}]}
        answers = [ask(url, body).body for _ in range(60)]
        ask(f"{root}/control/reset", b"")
        again = [ask(url, body).body for _ in range(60)]
    by = {(a["deployedModelId"], a["modelVersionId"], a["predictions"][0]) for a in answers}
    assert by == {("3006", "1", "well"), ("3007", "2", "badly")}
    assert answers == again


# predict


def predict(root: str, identifier: str, *instances: Any, **parameters: Any) -> Any:
    body = {"instances": list(instances), "parameters": parameters}
    return ask(f"{root}{PLACE}/endpoints/{identifier}:predict", body)


@pytest.mark.parametrize(
    ("identifier", "instance", "prediction"),
    [
        ("1002", {"prompt": "Q"}, "Prompt:\nQ\nOutput:\nA"),
        ("1002", {"prompt": "Q", "raw_response": True}, "A"),
        ("1004", {"inputs": "Q"}, "A"),
        (
            "1004",
            {"inputs": "Q", "parameters": {"details": True}},
            {
                "generated_text": "A",
                "details": {"finish_reason": "eos_token", "generated_tokens": 1, "seed": None},
            },
        ),
        (
            "1005",
            {"prompt": "Q"},
            {
                "content": "A",
                "safetyAttributes": {
                    "blocked": False,
                    "categories": ["Derogatory", "Toxic"],
                    "scores": [0.1, 0.1],
                },
            },
        ),
    ],
)
def test_predictions(identifier: str, instance: Any, prediction: Any) -> None:
    with served(Response("A")) as root:
        got = predict(root, identifier, instance, instance).body
    assert got["predictions"] == [prediction, prediction]
    assert got["deployedModelId"] == f"3{identifier[1:]}"
    assert got["model"] == f"{PLACE[4:]}/models/2{identifier[1:]}"
    assert got["modelDisplayName"] and got["modelVersionId"]


def test_settings_reach_the_model_by_their_usual_names() -> None:
    says = Says([Response("A")])
    with running_emulator(vertex=VertexOptions(endpoints={"stable": says}), seed=3) as root:
        predict(root, "1002", {"prompt": "Q", "max_tokens": 5}, temperature=0.5, max_tokens=9)
        predict(root, "1004", {"inputs": "Q", "parameters": {"max_new_tokens": 4, "seed": 8}})
        predict(root, "1005", {"prompt": "Q"}, maxOutputTokens=6, topP=0.3)
    settings = [request.settings for request in says.asked]
    assert settings == [
        {"max_tokens": 5, "temperature": 0.5},
        {"max_tokens": 4, "seed": 8},
        {"max_tokens": 6, "top_p": 0.3},
    ]
    assert [request.seed for request in says.asked] == [3, 8, 3]


@pytest.mark.parametrize(
    ("identifier", "body", "said"),
    [
        ("1002", [], "'instances' must be a list"),
        ("1002", {"instances": []}, "'instances' must be a list"),
        ("1002", {"instances": [{"prompt": 1}]}, "instances[0]: 'prompt' is missing"),
        ("1002", {"instances": ["x"]}, "instances[0] must be an object"),
        ("1002", {"instances": [{"@requestFormat": "chatCompletions"}]}, "'messages'"),
        ("1004", {"instances": [{"inputs": "a"}, {"prompt": "b"}]}, "instances[1]: 'inputs'"),
        ("1005", {"instances": [{"prompt": "a"}], "parameters": 3}, "'parameters'"),
        ("1005", b"nothing", "Invalid JSON payload"),
        ("1001", {"instances": [{"prompt": "a"}]}, "Gemini cannot be accessed"),
        ("1007", {"instances": [{"prompt": "a"}]}, "endpoints/1007 doesn't have traffic_split."),
        ("1008", {"instances": [{"prompt": "a"}]}, "Private Service Connect"),
    ],
)
def test_predictions_that_are_refused(root: str, identifier: str, body: Any, said: str) -> None:
    got = ask(f"{root}{PLACE}/endpoints/{identifier}:predict", body)
    assert got.status == 400 and said in got.error["message"]


def test_endpoints_are_where_they_are(root: str) -> None:
    europe = f"{root}/v1/projects/p/locations/europe-west4/endpoints"
    body = {"instances": [{"prompt": "x"}]}
    assert ask(f"{europe}/1002:predict", body).status == 200
    got = ask(f"{europe}/1005:predict", body)
    named = "projects/p/locations/europe-west4/endpoints/1005"
    assert (got.status, got.error["message"]) == (404, f"Endpoint `{named}` not found.")


@pytest.mark.parametrize(
    ("marker", "shown"),
    [
        ("blocked_output", {"content": "", "blocked": True}),
        ("blocked_prompt", {"content": "", "blocked": True}),
        ("no_parts", {"content": None, "blocked": False}),
        ("empty", {"content": "", "blocked": False}),
    ],
)
def test_predictions_without_text(root: str, marker: str, shown: dict[str, Any]) -> None:
    got = predict(root, "1005", {"prompt": f"[[fault:{marker}]]"}).body
    (prediction,) = got["predictions"]
    blocked = prediction["safetyAttributes"]["blocked"]
    assert {"content": prediction.get("content"), "blocked": blocked} == shown
    assert predict(root, "1004", {"inputs": f"[[fault:{marker}]]"}).body["predictions"] == [""]


def test_a_predict_without_predictions(root: str) -> None:
    assert predict(root, "1002", {"prompt": "[[fault:no_candidates]]"}).body["predictions"] == []


def test_a_long_answer_is_cut(root: str) -> None:
    (text,) = predict(root, "1004", {"inputs": "[[fault:max_tokens]]"}).body["predictions"]
    (whole,) = predict(root, "1004", {"inputs": "x"}).body["predictions"]
    assert text and whole.startswith(text) and text != whole
    details = {"inputs": "[[fault:max_tokens]]", "parameters": {"details": True}}
    (told,) = predict(root, "1004", details).body["predictions"]
    assert told["details"]["finish_reason"] == "length"


# rawPredict and streamRawPredict


def raw(root: str, identifier: str, body: Any, verb: str = "rawPredict") -> Any:
    return ask(f"{root}{PLACE}/endpoints/{identifier}:{verb}", body).body


def test_raw_predict_speaks_the_containers_protocol() -> None:
    with served(Response("A")) as root:
        assert raw(root, "1002", {"prompt": "Q"}) == {"predictions": ["Prompt:\nQ\nOutput:\nA"]}
        assert raw(root, "1004", {"inputs": "Q"}) == [{"generated_text": "A"}]
        body = {"prompt": "Q", "user": "u"}
        assert raw(root, "1005", body) == {"answer": "A", "done": "stop", "received": body}
        instances = {"instances": [{"prompt": "Q"}, {"prompt": "R"}]}
        assert raw(root, "1002", instances) == {
            "predictions": ["Prompt:\nQ\nOutput:\nA", "Prompt:\nR\nOutput:\nA"]
        }
        assert raw(root, "1002", CHAT)["choices"][0]["message"]["content"] == "A"
        detailed = raw(root, "1004", {"inputs": "Q", "parameters": {"details": True}})
        assert detailed[0]["details"]["generated_tokens"] == 1


@pytest.mark.parametrize(
    ("identifier", "body", "said"),
    [
        ("1005", [], "expects a JSON object"),
        ("1005", {"question": "x"}, "'prompt' is missing"),
        ("1002", {"messages": [1]}, "messages[0]"),
        ("1002", {"httpBody": {"data": "!"}}, "http_body.data"),
        ("1002", {"httpBody": 3}, "http_body.data"),
        ("1002", {"httpBody": {"data": None}}, "http_body.data"),
        ("1002", ["httpBody"], "expects a JSON object"),
        ("1002", {"httpBody": {"data": "e30="}}, "'prompt' is missing"),
        ("1002", {"httpBody": {"data": "e30"}}, "http_body.data"),
        ("1002", {"httpBody": {"data": "eA=="}}, "Invalid JSON payload"),
    ],
)
def test_raw_bodies_that_are_refused(root: str, identifier: str, body: Any, said: str) -> None:
    got = ask(f"{root}{PLACE}/endpoints/{identifier}:rawPredict", body)
    assert got.status == 400 and said in got.error["message"]


def test_streams_in_the_containers_protocol() -> None:
    with served(Response("a b")) as root:
        vllm = events(raw(root, "1002", {"instances": [{"prompt": "Q"}]}, "streamRawPredict"))
        assert vllm == [{"predictions": ["a"]}, {"predictions": ["a b"]}, "[DONE]"]
        tgi = events(raw(root, "1004", {"inputs": "Q"}, "streamRawPredict"))
        assert [e["token"]["text"] for e in tgi] == ["a", " b", "<eos>"]
        assert [e["generated_text"] for e in tgi] == [None, None, "a b"]
        own = events(raw(root, "1005", {"prompt": "Q"}, "streamRawPredict"))
        assert own == [
            {"answer": "a", "done": None},
            {"answer": " b", "done": None},
            {"answer": "", "done": "stop"},
        ]
        chat = events(raw(root, "1002", CHAT, "streamRawPredict"))
        assert chat[0]["object"] == "chat.completion.chunk" and chat[-1] == "[DONE]"


def test_a_wrapped_body_gets_a_wrapped_answer() -> None:
    data = base64.b64encode(json.dumps({"prompt": "Q"}).encode()).decode()
    body = {"httpBody": {"contentType": "application/json", "data": data}}
    with served(Response("a b")) as root:
        whole = raw(root, "1005", body)
        pieces = raw(root, "1005", body, "streamRawPredict")
    assert whole["contentType"] == "application/json"
    assert json.loads(base64.b64decode(whole["data"]))["answer"] == "a b"
    text = b"".join(base64.b64decode(piece["data"]) for piece in pieces).decode()
    assert [event["answer"] for event in events(text)] == ["a", " b", ""]


@pytest.mark.parametrize(
    ("identifier", "inner"),
    [
        ("1005", {"prompt": "[[fault:error_midstream]]"}),
        ("1002", {"messages": [{"role": "user", "content": "[[fault:error_midstream]]"}]}),
    ],
)
def test_an_error_in_a_wrapped_stream_is_one_of_its_pieces(
    identifier: str, inner: dict[str, Any]
) -> None:
    data = base64.b64encode(json.dumps(inner).encode()).decode()
    body = {"httpBody": {"contentType": "application/json", "data": data}}
    with served(Response("a b")) as root:
        pieces = raw(root, identifier, body, "streamRawPredict")
    text = b"".join(base64.b64decode(piece["data"]) for piece in pieces).decode()
    *before, last = events(text)
    assert '"a"' in json.dumps(before) and '" b"' not in json.dumps(before)
    assert last["error"]["status"] == "UNAVAILABLE"


def test_a_marker_is_seen_in_a_wrapped_body(root: str) -> None:
    data = base64.b64encode(b'{"prompt": "[[fault:cancelled_499]]"}').decode()
    url = f"{root}{PLACE}/endpoints/1005:rawPredict"
    assert ask(url, {"httpBody": {"contentType": "application/json", "data": data}}).status == 499


def test_errors_of_a_raw_stream_come_in_a_list(root: str) -> None:
    got = ask(f"{root}{PLACE}/endpoints/1007:streamRawPredict", {"prompt": "x"})
    assert got.status == 400 and isinstance(got.body, list)


# Partners' models


def test_a_message() -> None:
    with served(Response("A b")) as root:
        got = ask(f"{root}{CLAUDE}:rawPredict", MESSAGES | {"system": [{"text": "Be terse."}]}).body
    assert got["content"] == [{"type": "text", "text": "A b"}]
    assert (got["type"], got["role"], got["model"]) == ("message", "assistant", "claude-sonnet-4")
    assert got["stop_reason"] == "end_turn"
    assert got["usage"]["output_tokens"] == 2


def test_a_streamed_message(root: str) -> None:
    got = ask(f"{root}{CLAUDE}:streamRawPredict", MESSAGES | {"stream": True})
    told = events(got.body)
    kinds = [event["type"] for event in told]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert all(f"event: {kind}\n" in got.body for kind in kinds)
    text = "".join(e["delta"]["text"] for e in told if e["type"] == "content_block_delta")
    assert text.startswith("Here is")
    assert told[-2]["delta"]["stop_reason"] == "end_turn"
    assert told[-2]["usage"]["output_tokens"] > 10


@pytest.mark.parametrize(
    ("marker", "reason", "content"),
    [
        ("blocked_output", "refusal", False),
        ("blocked_prompt", "refusal", False),
        ("max_tokens", "max_tokens", True),
        ("no_candidates", "end_turn", False),
    ],
)
def test_how_a_message_ends_otherwise(root: str, marker: str, reason: str, content: bool) -> None:
    body = MESSAGES | {"messages": [{"role": "user", "content": f"[[fault:{marker}]]"}]}
    got = ask(f"{root}{CLAUDE}:rawPredict", body).body
    assert got["stop_reason"] == reason and bool(got["content"]) == content


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "must be an object"),
        (CHAT, "anthropic_version"),
        ({**MESSAGES, "max_tokens": 0}, "max_tokens"),
        ({**MESSAGES, "messages": []}, "'messages'"),
        ({**MESSAGES, "messages": [{"role": "system", "content": "x"}]}, "top-level system"),
    ],
)
def test_messages_that_are_refused(root: str, body: Any, said: str) -> None:
    got = ask(f"{root}{CLAUDE}:rawPredict", body)
    assert got.status == 400 and got.body["type"] == "error"
    assert got.body["error"]["type"] == "invalid_request_error"
    assert said in got.body["error"]["message"]


def test_other_partners_speak_openais_format(root: str) -> None:
    mistral = f"{root}{PLACE}/publishers/mistralai/models/mistral-small-2503"
    got = ask(f"{mistral}:rawPredict", CHAT | {"model": "mistral-small-2503"}).body
    assert got["choices"][0]["message"]["content"].startswith("Here is")
    assert got["model"] == "mistral-small-2503"
    streamed = events(ask(f"{mistral}:streamRawPredict", CHAT).body)
    assert streamed[-1] == "[DONE]"
    refused = ask(f"{mistral}:streamRawPredict", {"messages": 3})
    assert refused.status == 400 and isinstance(refused.body, list)


@pytest.mark.parametrize(
    ("verb", "said"), [("predict", "use rawPredict"), ("generateContent", "does not support")]
)
def test_partners_models_take_only_raw_bodies(root: str, verb: str, said: str) -> None:
    got = ask(f"{root}{CLAUDE}:{verb}", MESSAGES | {"instances": [{}]})
    assert (got.status, got.error["status"]) == (400, "FAILED_PRECONDITION")
    assert said in got.error["message"]


@pytest.mark.parametrize("verb", ["predict", "rawPredict"])
def test_gemini_takes_no_raw_bodies(root: str, verb: str) -> None:
    got = ask(f"{root}{PLACE}/publishers/google/models/gemini-2.5-pro:{verb}", {"instances": [{}]})
    assert got.status == 400 and "Gemini cannot be accessed" in got.error["message"]
