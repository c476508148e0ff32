"""predict and rawPredict: the user's own templates and paths, hostile prompts, odd containers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.dialects.dialect import MalformedAnswer
from llmeval.endpoints.dialects.predict import TEMPLATES, Predict, Reading
from llmeval.endpoints.dialects.request_template import RequestTemplate
from llmeval.endpoints.text import encode_json
from llmeval.errors import ConfigError
from llmeval.records import CallFailure, Message, Request, Response, Usage

pytest.importorskip("jmespath", reason="needs the extra 'vertex'")

HOSTILE = [
    'say "hi"', "back\\slash \\n \\u0041", "</script><!--", "{{ 7 * 7 }} {% raw %} {# x #}",
    "lone \ud800 surrogate", "\x00\x1f\u2028\u202e", "'; DROP TABLE", "é 漢 \U0001f600",
    "x" * 1_000_000, "",
]  # fmt: skip


def ask(text: str, settings: dict[str, Any] | None = None, *before: Message) -> Request:
    return Request((*before, Message("user", text)), settings or {})


def dialect(template: str = TEMPLATES["custom"], **paths: str) -> Predict:
    return Predict(template, Reading(**paths), "[tool.llmeval.endpoints] 'x'")


def failed(found: Response | CallFailure) -> CallFailure:
    assert isinstance(found, CallFailure), found
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", TEMPLATES)
def test_hostile_prompts_go_out_as_they_are(kind: str, text: str) -> None:
    sent = json.loads(encode_json(dialect(TEMPLATES[kind]).body(ask(text))))
    instance = sent["instances"][0]
    if kind == "vllm":
        assert instance["messages"] == [{"role": "user", "content": text}]
    else:
        assert instance["inputs" if kind == "tgi" else "prompt"] == text


def test_what_the_common_containers_are_sent() -> None:
    settings = {"max_tokens": 9, "temperature": 0.5, "seed": None, "n": 1}
    request = ask("hi", settings, Message("system", "brief"))
    turns = [{"role": "system", "content": "brief"}, {"role": "user", "content": "hi"}]
    assert dialect(TEMPLATES["vllm"]).body(request) == {
        "instances": [
            {
                "@requestFormat": "chatCompletions",
                "messages": turns,
                "max_tokens": 9,
                "temperature": 0.5,
            }
        ]
    }
    assert dialect(TEMPLATES["tgi"]).body(request) == {
        "instances": [
            {"inputs": "brief\n\nhi", "parameters": {"max_new_tokens": 9, "temperature": 0.5}}
        ]
    }
    assert dialect().body(request) == {
        "instances": [{"prompt": "brief\n\nhi"}],
        "parameters": {"max_tokens": 9, "temperature": 0.5},
    }


@pytest.mark.parametrize("kind", TEMPLATES)
def test_several_instances_share_a_call(kind: str) -> None:
    found = dialect(TEMPLATES[kind])
    assert found.takes_many
    assert len(found.body_of([ask("a"), ask("b"), ask("c")])["instances"]) == 3


def test_a_template_without_a_loop_takes_one() -> None:
    assert not dialect('{"instances": [{"q": {{ prompt | tojson }}}]}').takes_many


def test_all_that_a_template_may_use() -> None:
    template = """{"system": {{ system | tojson }}, "stream": {{ stream | tojson }},
        "t": {{ settings.temperature | default(1) }}, "cap": {{ tgi.max_new_tokens | default(5) }},
        "turns": {{ messages | map(attribute="role") | list | tojson }}}"""
    request = ask("hi", {"max_tokens": 3}, Message("system", "brief"))
    assert dialect(template).body(request) == {
        "system": "brief", "stream": False, "t": 1, "cap": 3, "turns": ["system", "user"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ prompt", "is no Jinja2 template"),
        ("{{ promt | tojson }}", "knows no variable 'promt'. Did you mean 'prompt'?"),
        ("{{ qqq }}", "There are prompt, messages"),
        ('{"prompt": "{{ prompt }}"}', "prompt | tojson"),
        ("hello", "fails on a prompt with quotes"),
        ("{{ prompt.__class__.__mro__ }}", "does not render"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "does not render"),
        ("{{ settings.update({'a': 1}) }}", "does not render"),
        ("{{ 1 // 0 }}", "does not render"),
        ("{{ range(10 ** 9) | list | length }}", "does not render"),
        ("{% include 'x' %}", "does not render"),
        ("{{ '{0.__class__}'.format(prompt) }}", "does not render"),
        ("{{ dict(**messages) | tojson }}", "does not render"),
    ],
)
def test_templates_that_are_wrong_or_reach_out_of_the_sandbox(template: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        dialect(template)
    assert said in str(caught.value)
    assert str(caught.value).startswith("[tool.llmeval.endpoints] 'x': 'request' ")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ settings.temperature }}", "does not render: 'dict object' has no attribute"),
        ("{% if prompt == 'odd' %}[{% else %}1{% endif %}", "renders no JSON"),
        ("{% if prompt == 'odd' %}{{ 1 // 0 }}{% else %}1{% endif %}", "does not render"),
    ],
)
def test_templates_that_fail_on_one_prompt_name_the_reason(template: str, said: str) -> None:
    with pytest.raises(ValueError, match="the request template") as caught:
        RequestTemplate(template, "here").render([ask("odd")])
    assert said in str(caught.value)


@pytest.mark.parametrize("settings", [{"n": 2}, {"messages": []}, {"stream": True}])
def test_settings_that_would_falsify_the_record_are_refused(settings: dict[str, Any]) -> None:
    assert next(iter(settings)) in (dialect().refused(settings) or "")
    assert dialect().refused({"n": 1, "temperature": 1}) is None


CHAT = {"choices": [{"message": {"content": "Paris"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2}}  # fmt: skip


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ("Paris", Response("Paris")),
        ({"content": "Paris"}, Response("Paris")),
        ({"generated_text": "Paris"}, Response("Paris")),
        ([{"generated_text": "Paris"}], Response("Paris")),
        ([["Paris"]], Response("Paris")),
        ({"generated_text": "Paris", "details": {"finish_reason": "eos_token"}}, Response("Paris")),
        ({"generated_text": "Paris", "details": {"finish_reason": "length"}},
         Response("Paris", "length")),
        ({"output": {"text": "Paris", "finish_reason": "length"}}, Response("Paris", "length")),
        ({"id": 7, "content": None, "outputs": ["Paris"]}, Response("Paris")),
        ({"content": {"odd": 1}, "answer": "Paris"}, Response("Paris")),
        ({"candidates": [{"author": "1", "content": "Paris"}]}, Response("Paris")),
        (CHAT, Response("Paris", "length", usage=Usage(3, 2))),
        ({"choices": [{"text": "Paris", "logprobs": {"content": [{"token": "Paris"}]}}]},
         Response("Paris", "unknown", logprobs=[{"token": "Paris"}])),
        ({"content": "Paris", "safetyAttributes": {"categories": ["Violent"], "scores": [0.1],
                                                   "blocked": False}},
         Response("Paris", safety=[
             {"source": "output", "category": "Violent", "probabilityScore": 0.1}])),
    ],
)  # fmt: skip
def test_what_the_common_containers_answer(prediction: object, expected: Response) -> None:
    assert dialect().response({"predictions": [prediction]}) == expected


@pytest.mark.parametrize(
    "body", ["Paris", ["Paris"], {"output": "Paris"}, {"predictions": "Paris"}]
)
def test_raw_answers(body: object) -> None:
    assert dialect().response(body) == Response("Paris")


def test_who_answered_and_what_it_cost() -> None:
    body = {
        "predictions": [{"content": "Paris"}],
        "deployedModelId": "77",
        "model": "projects/1/locations/l/models/9",
        "modelDisplayName": "gemma",
        "modelVersionId": "3",
        "metadata": {
            "tokenMetadata": {
                "inputTokenCount": {"totalTokens": 4.0, "totalBillableCharacters": 9},
                "outputTokenCount": {"totalTokens": 2},
            }
        },
    }
    assert dialect().response(body) == Response(
        "Paris", usage=Usage(4, 2), deployed_model="77", model_version="gemma@3"
    )


@pytest.mark.parametrize("shape", [dict, list])
def test_a_blocked_answer_is_an_outcome(shape: type) -> None:
    found: Any = {"categories": ["Toxic"], "scores": [0.9], "blocked": True}
    body = {
        "predictions": [{"content": "", "safetyAttributes": [found] if shape is list else found}]
    }
    got = failed(dialect().response(body))
    assert (got.kind, got.reason) == ("blocked_output", "SAFETY")
    assert got.safety == [
        {"source": "output", "category": "Toxic", "probabilityScore": 0.9},
        {"source": "output", "category": "any", "blocked": True},
    ]
    without_text = {"predictions": [{"safetyAttributes": found}]}
    assert failed(dialect().response(without_text)).kind == "blocked_output"


@pytest.mark.parametrize(
    "wrong",
    [None, 3, {}, {"predictions": {}}, {"predictions": []}, {"predictions": ["a", "b"]},
     {"predictions": [3]}, {"predictions": [None]}, {"predictions": [{"content": 3}]},
     {"predictions": [{"choices": []}]}, {"predictions": [[[[[["deep"]]]]]]},
     {"predictions": [{"content": {"content": {"content": {"content": {"content": "deep"}}}}}]},
     {"predictions": [["a", "b"]]}],
)  # fmt: skip
def test_wrong_shapes_are_named(wrong: object) -> None:
    with pytest.raises(MalformedAnswer):
        dialect().response(wrong)


def test_each_instance_has_its_answer() -> None:
    found = dialect().responses({"predictions": ["a", "", {"content": "c"}]}, 3)
    assert [getattr(f, "text", None) for f in found] == ["a", None, "c"]
    with pytest.raises(MalformedAnswer, match="2 predictions came for 3 instances"):
        dialect().responses({"predictions": ["a", "b"]}, 3)


# The path of the answer


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("data.answers[0].said", {"data": {"answers": [{"said": "Paris"}]}}, "Paris"),
        ("predictions[*].t", {"predictions": [{"t": "Paris"}]}, "Paris"),
        ("join('', parts)", {"parts": ["Par", "is"]}, "Paris"),
        ("@", "Paris", "Paris"),
    ],
)
def test_a_path_finds_the_answer(path: str, body: object, expected: str) -> None:
    assert dialect(answer=path).response(body) == Response(expected)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("missing", "finds nothing, where a text"),
        ("several", "finds a list of 2, where a text"),
        ("number", "finds int, where a text"),
        ("numbers", "finds a list of 1, where a text"),
        ("length(number)", "does not fit the answer"),
        ("deep", "finds dict"),
    ],
)
def test_a_path_that_finds_no_text_says_what_it_finds(path: str, said: str) -> None:
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}
    body = {"several": ["a", "b"], "number": 3, "numbers": [3], "deep": deep}
    with pytest.raises(MalformedAnswer, match=said):
        dialect(answer=path).response(body)


def test_a_path_that_is_wrong_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigError, match=r"'x': 'a\[' is no JMESPath"):
        dialect(answer="a[")


def test_further_paths_complete_the_answer() -> None:
    found = dialect(
        answer="out[*].t", finish_reason="out[*].why", input_tokens="in", output_tokens="out[*].n"
    )
    body: Any = {
        "out": [{"t": "a", "why": "length", "n": 2}, {"t": "b", "why": "eos", "n": 3}],
        "in": 7,
    }
    assert found.responses(body, 2) == [
        Response("a", "length", usage=Usage(7, 2)),
        Response("b", "eos", usage=Usage(7, 3)),
    ]
    del body["out"][0]["why"], body["out"][1]["n"]  # JMESPath drops what is missing
    assert found.responses(body, 2) == [
        Response("a", usage=Usage(7)),
        Response("b", usage=Usage(7)),
    ]


# vLLM's container repeats the prompt


@pytest.mark.parametrize(
    ("prompt", "said", "expected"),
    [
        ("What is a car?", "Prompt:\nWhat is a car?\nOutput:\nA vehicle.", "A vehicle."),
        ("What?", "Prompt:\nWhat?\nOutput:\nFirst\nOutput:\nsecond", "First\nOutput:\nsecond"),
        ("a\nOutput:\nb", "Prompt:\na\nOutput:\nb\nOutput:\nc", "c"),
        (" padded\n", "Prompt:\npadded\nOutput:\nx", "x"),
        ("mine", "Prompt:\nyours\nOutput:\nx", "Prompt:\nyours\nOutput:\nx"),
        ("mine", "Prompt:\nmine, and no output", "Prompt:\nmine, and no output"),
        ("mine", "Prompt:", "Prompt:"),
    ],
)  # fmt: skip
def test_only_the_echo_of_our_prompt_is_taken_off(prompt: str, said: str, expected: str) -> None:
    body = {"predictions": [said]}
    assert dialect().response(body, ask(prompt)) == Response(expected)
    assert dialect().response(body) == Response(said), "without the prompt nothing can be told"


def test_the_echo_is_that_of_what_was_sent() -> None:
    template = '{"instances": [{"prompt": {{ ("[INST] " ~ prompt ~ " [/INST]") | tojson }}}]}'
    body = {"predictions": ["Prompt:\n[INST] hi [/INST]\nOutput:\nhello"]}
    assert dialect(template).response(body, ask("hi")) == Response("hello")
    assert dialect(template, answer="predictions[0]").response(body, ask("hi")) == Response("hello")


def test_each_instance_has_its_own_echo() -> None:
    said = ["Prompt:\na\nOutput:\n1", "Prompt:\na\nOutput:\n2"]
    found = dialect().responses({"predictions": said}, 2, [ask("a"), ask("b")])
    assert found == [Response("1"), Response("Prompt:\na\nOutput:\n2")]


# Streams


def streamed(*events: object, **paths: str) -> Any:
    collected = dialect(**paths).streamed()
    for event in events:
        collected.add(event if isinstance(event, bytes) else json.dumps(event).encode())
    return collected


def test_chat_chunks() -> None:
    collected = streamed(
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"content": "Par"}}]},
        {"choices": [{"delta": {"content": "is"}, "finish_reason": "length"}]},
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    )
    assert collected.complete
    assert collected.response() == Response("Paris", "length", usage=Usage(1, 2))


def test_tgi_tokens() -> None:
    collected = streamed(
        {"index": 1, "token": {"id": 5, "text": "Par", "special": False}, "generated_text": None},
        {"index": 2, "token": {"id": 6, "text": "is", "special": False}, "generated_text": None},
    )
    assert not collected.complete
    assert collected.ends_unsaid
    end = {"token": {"id": 2, "text": "</s>", "special": True}, "generated_text": "Paris",
           "details": {"finish_reason": "eos_token", "generated_tokens": 3}}  # fmt: skip
    collected.add(json.dumps(end).encode())
    assert collected.complete
    assert collected.response() == Response("Paris", usage=Usage(None, 3))


@pytest.mark.parametrize(
    "event", [{"text": "Paris"}, {"content": "Paris"}, {"delta": "Paris"}, {"outputs": ["Paris"]},
              {"choices": [{"text": "Paris"}]}]
)  # fmt: skip
def test_plain_events_end_with_their_connection(event: dict[str, Any]) -> None:
    collected = streamed(event)
    assert collected.started
    assert not collected.complete, "a connection that breaks now has cut the answer"
    assert collected.ends_unsaid
    assert collected.response() == Response("Paris")


def test_a_stream_by_a_path_of_its_own() -> None:
    collected = streamed({"d": {"t": "Par"}}, {"d": {}}, {"d": {"t": "is"}}, piece="d.t")
    assert collected.response() == Response("Paris")
    with pytest.raises(MalformedAnswer, match="piece path finds int"):
        streamed({"d": 3}, piece="d")


def test_a_stream_says_how_it_ended_by_a_path_of_its_own() -> None:
    events = ({"t": "Par", "done": None}, {"t": "is", "done": "max_tokens"})
    assert streamed(*events, piece="t", finish_reason="done").response() == Response(
        "Paris", "length"
    )
    assert streamed(*events, piece="t").response() == Response("Paris"), "the path is not known"


def test_a_stream_whose_pieces_are_empty_is_empty_not_malformed() -> None:
    got = failed(streamed({"t": "", "done": "stop"}, piece="t").response())
    assert (got.kind, got.reason) == ("empty", "stop")


def test_a_stream_in_which_no_text_is_found_asks_for_a_path() -> None:
    assert not streamed().ends_unsaid
    with pytest.raises(MalformedAnswer, match="'piece'"):
        streamed({"odd": 1}).response()
    empty = failed(streamed({"choices": [{"delta": {}, "finish_reason": "stop"}]}).response())
    assert empty.kind == "empty"


def test_an_error_may_come_in_mid_stream() -> None:
    got = failed(streamed({"text": "half"}, {"error": "CUDA out of memory"}).response())
    assert (got.kind, got.message, got.text) == ("server_error", "CUDA out of memory", "half")
