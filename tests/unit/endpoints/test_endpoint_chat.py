"""The chat/completions dialect: bodies, answers, streams, odd servers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.dialects.chat import refused_setting, request_body, response_of
from llmeval.endpoints.dialects.chat_stream import StreamedAnswer
from llmeval.endpoints.dialects.dialect import MalformedAnswer
from llmeval.records import CallFailure, Message, Request, Response, Usage

ASK = (Message("system", "be brief"), Message("user", "hi"))


def body(message: object, **more: Any) -> dict[str, Any]:
    choice = {"message": message, "finish_reason": more.pop("finish_reason", "stop")}
    return {"choices": [choice | more.pop("choice", {})], **more}


def answered(result: Response | CallFailure) -> Response:
    assert isinstance(result, Response), result
    return result


def test_the_request_body_passes_settings_through() -> None:
    settings = {"temperature": 0.2, "stop": ["x"], "n": 1, "response_format": {"type": "text"}}
    sent = request_body(Request(ASK, settings, seed=7, repetition=3), "m")
    assert sent == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hi"},
        ],
        "temperature": 0.2,
        "stop": ["x"],
        "response_format": {"type": "text"},
    }


def test_a_stream_asks_for_its_usage_unless_told_otherwise() -> None:
    assert request_body(Request(ASK, stream=True), "m")["stream_options"] == {"include_usage": True}
    sent = request_body(Request(ASK, {"stream_options": None}, stream=True), "m")
    assert "stream_options" not in sent
    assert sent["stream"] is True


@pytest.mark.parametrize(
    "settings", [{"n": 2}, {"model": "x"}, {"messages": []}, {"stream": True}, {"n": 0}]
)
def test_settings_that_would_falsify_the_record_are_refused(settings: dict[str, Any]) -> None:
    assert next(iter(settings)) in (refused_setting(settings) or "")


def test_a_full_answer() -> None:
    got = answered(
        response_of(
            body(
                {"content": "yes", "reasoning_content": "hmm"},
                model="m-1",
                system_fingerprint="fp",
                usage={
                    "prompt_tokens": 3,
                    "completion_tokens": 5.0,
                    "completion_tokens_details": {"reasoning_tokens": 2},
                },
                choice={
                    "logprobs": {"content": [{"token": "yes", "logprob": -0.1}]},
                    "content_filter_results": {"hate": {"filtered": False}},
                },
                prompt_filter_results=[
                    {"content_filter_results": {"jailbreak": {"detected": True}}}
                ],
            )
        )
    )
    assert got == Response(
        "yes",
        "stop",
        safety=[
            {"source": "prompt", "category": "jailbreak", "detected": True},
            {"source": "output", "category": "hate", "filtered": False},
        ],
        usage=Usage(3, 3, 2),
        model_version="m-1@fp",
        logprobs=[{"token": "yes", "logprob": -0.1}],
    )


@pytest.mark.parametrize(
    ("message", "text", "reason"),
    [
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab", "stop"),
        ({"content": [{"type": "thinking", "text": "a"}, {"text": "b"}, 3]}, "b", "stop"),
        ({"content": None, "refusal": "no"}, "no", "refusal"),
        ({"content": "x\ud800"}, "x\ufffd", "stop"),
    ],
)
def test_texts(message: dict[str, Any], text: str, reason: str) -> None:
    got = answered(response_of(body(message)))
    assert (got.text, got.finish_reason) == (text, reason)


@pytest.mark.parametrize(
    ("said", "reason"),
    [("length", "length"), ("MAX_TOKENS", "length"), ("eos_token", "stop"), (None, "unknown"),
     (7, "unknown")],
)  # fmt: skip
def test_finish_reasons(said: object, reason: str) -> None:
    got = answered(response_of(body({"content": "x"}, finish_reason=said)))
    assert got.finish_reason == reason


def test_an_answer_whose_rest_was_withheld_is_no_answer() -> None:
    got = response_of(body({"content": "Take two"}, finish_reason="content_filter"))
    assert isinstance(got, CallFailure)
    assert (got.kind, got.reason, got.text) == ("blocked_output", "content_filter", "Take two")


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ("content_filter: SAFETY", "blocked_output", "SAFETY"),
        ("content_filter: PROHIBITED_CONTENT", "blocked_output", "PROHIBITED_CONTENT"),
        ("content_filter: NEW_WORD", "blocked_output", "NEW_WORD"),
        ("content_filter: RECITATION", "recitation", "RECITATION"),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", "malformed_call",
         "MALFORMED_FUNCTION_CALL"),
        ("function_call_filter: NEW_WORD", "malformed_call", "NEW_WORD"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("content", [None, "Take two"])
def test_what_gemini_says_behind_a_filter(
    content: str | None, said: str, kind: str, reason: str
) -> None:
    """Google's chat/completions tells why by Gemini's own word."""
    got = response_of(body({"content": content}, finish_reason=said))
    assert isinstance(got, CallFailure)
    assert (got.kind, got.reason, got.text) == (kind, reason, content)


@pytest.mark.parametrize(
    ("reason", "kind", "word"),
    [
        ("content_filter", "blocked_output", "withheld"),
        ("length", "empty", "left no room"),
        ("stop", "empty", "stop"),
        ("tool_calls", "empty", "tool_calls"),
    ],
)
@pytest.mark.parametrize("content", ["", None, " \n", []])
def test_no_text_is_a_failure(content: object, reason: str, kind: str, word: str) -> None:
    got = response_of(body({"content": content}, finish_reason=reason))
    assert isinstance(got, CallFailure)
    assert got.kind == kind
    assert word in got.message


@pytest.mark.parametrize(
    ("prompt", "completion", "reasoning", "total", "usage"),
    [
        (10, 30, 20, 40, Usage(10, 10, 20)),  # OpenAI: reasoning is part of the completion
        (10, 30, 20, 60, Usage(10, 30, 20)),  # Vertex AI's openapi surface, xAI: it is not
        (10, 30, 20, None, Usage(10, 10, 20)),
        (10, 30, 20, 77, Usage(10, 10, 20)),
        (10, 5, 20, None, Usage(10, 5, 20)),  # more than its whole: it cannot be a part
        (10, 5, 20, 35, Usage(10, 5, 20)),
        (None, 30, 20, 60, Usage(None, 10, 20)),
        (10, 30, 0, 40, Usage(10, 30, 0)),
        (10, 30, None, 40, Usage(10, 30, None)),
        (10, None, 20, 30, Usage(10, None, 20)),
        (10, 20, 20, 30, Usage(10, 0, 20)),
        (10, 30, -1, 40, Usage(10, 30, None)),
    ],
)
def test_reasoning_is_counted_once(
    prompt: int | None, completion: int | None, reasoning: int | None, total: int | None,
    usage: Usage,
) -> None:  # fmt: skip
    reported = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": total,
    }
    assert answered(response_of(body({"content": "x"}, usage=reported))).usage == usage


@pytest.mark.parametrize("finish", ["content_filter", "length", "stop"])
def test_a_failure_keeps_its_usage_and_ratings(finish: str) -> None:
    got = response_of(
        body(
            {"content": None},
            finish_reason=finish,
            model="m-1",
            usage={"prompt_tokens": 3, "completion_tokens": 0},
            choice={
                "logprobs": {"content": [{"token": ""}]},
                "content_filter_results": {"hate": {"filtered": True}},
            },
        )
    )
    assert isinstance(got, CallFailure)
    assert (got.usage, got.model_version) == (Usage(3, 0), "m-1")
    assert got.safety == [{"source": "output", "category": "hate", "filtered": True}]


def test_an_error_in_mid_stream_keeps_what_was_said_and_used() -> None:
    collected = StreamedAnswer()
    collected.add(json.dumps(delta("half an ")).encode())
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    collected.add(json.dumps({"choices": [], "usage": usage}).encode())
    collected.add(b'{"error": {"code": 500, "message": "gone"}}')
    got = collected.response()
    assert isinstance(got, CallFailure)
    assert (got.kind, got.text, got.usage) == ("server_error", "half an ", Usage(3, 2))


@pytest.mark.parametrize(
    "wrong",
    [None, [], "x", {}, {"choices": []}, {"choices": {}}, {"choices": [3]}, {"choices": [{}]},
     body("x"), body({"content": 3}), body({"content": {}})],
)  # fmt: skip
def test_wrong_shapes_are_named(wrong: object) -> None:
    with pytest.raises(MalformedAnswer):
        response_of(wrong)


@pytest.mark.parametrize(
    "odd",
    [
        {"usage": 3}, {"usage": {"prompt_tokens": True, "completion_tokens": -1}},
        {"usage": {"prompt_tokens": "3", "completion_tokens_details": 4}}, {"model": 3},
        {"prompt_filter_results": 3}, {"prompt_filter_results": [3]},
        {"choice": {"content_filter_results": {"hate": 3}}}, {"choice": {"logprobs": {}}},
    ],
)  # fmt: skip
def test_odd_extras_are_not_reported_but_do_no_harm(odd: dict[str, Any]) -> None:
    assert response_of(body({"content": "x"}, **odd)) == Response("x")


def stream(*events: object) -> StreamedAnswer:
    collected = StreamedAnswer()
    for event in events:
        collected.add(event if isinstance(event, bytes) else json.dumps(event).encode())
    return collected


def delta(content: object = None, reason: object = None, **more: Any) -> dict[str, Any]:
    given = {"content": content} if content is not None else {}
    return {"choices": [{"index": 0, "delta": given | more, "finish_reason": reason}]}


def test_a_stream_is_put_together() -> None:
    collected = stream(delta("", role="assistant"))
    assert not collected.started
    collected.add(json.dumps(delta(None, reasoning_content="hmm")).encode())
    assert not collected.started
    for event in (
        {"choices": [], "prompt_filter_results": [{"content_filter_results": {"hate": {}}}]},
        delta("yes") | {"model": "m", "system_fingerprint": "fp"},
        {"choices": [{"index": 1, "delta": {"content": "other"}}]},
        {"choices": [{"delta": {"content": "!"}, "logprobs": {"content": [{"token": "!"}]}}]},
        {"choices": [{"delta": {}, "content_filter_results": {"hate": {"filtered": False}}}]},
        delta(None, "stop"),
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    ):
        collected.add(json.dumps(event).encode())
    assert collected.started
    assert collected.complete
    assert not collected.done
    collected.add(b" [DONE] ")
    collected.add(b"what comes after is ignored")
    assert collected.response() == Response(
        "yes!",
        safety=[
            {"source": "prompt", "category": "hate"},
            {"source": "output", "category": "hate", "filtered": False},
        ],
        usage=Usage(1, 2),
        model_version="m@fp",
        logprobs=[{"token": "!"}],
    )


def test_a_refusal_may_stream() -> None:
    got = stream(delta(refusal="I "), delta(refusal="won't"), delta(None, "stop")).response()
    assert got == Response("I won't", "refusal")


def test_an_error_may_come_in_mid_stream() -> None:
    collected = stream(delta("half"), {"error": {"message": "gone sk-key", "code": 503}})
    assert collected.done
    got = collected.response(("sk-key",))
    assert got == CallFailure("server_error", "gone [redacted]", status=503, text="half")


@pytest.mark.parametrize("wrong", [b"{", b"3", b'{"choices":3}', b'{"choices":[3]}',
                                   b'{"choices":[{"delta":{"content":3}}]}'])  # fmt: skip
def test_wrong_events_are_named(wrong: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        stream(wrong)


@pytest.mark.parametrize("harmless", [b"", b" ", b"{}", b'{"choices":null}'])
def test_harmless_events(harmless: bytes) -> None:
    assert not stream(harmless).complete
