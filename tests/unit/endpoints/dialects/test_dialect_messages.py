"""Anthropic's Messages protocol; bodies and events follow its published reference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.dialects.dialect import MalformedAnswer
from llmeval.endpoints.dialects.error_objects import error_in, from_error_object
from llmeval.endpoints.dialects.messages import Messages, StreamedMessage
from llmeval.endpoints.wire.failures import from_status
from llmeval.records import CallFailure, Message, Request, Response, Usage

ASK = (Message("user", "hi"),)


def body(settings: dict[str, Any] | None = None, *turns: Message, stream: bool = False) -> Any:
    return Messages().body(Request(turns or ASK, settings or {}, stream=stream))


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def message(*content: object, stop: object = "end_turn", **more: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 6},
    } | more


def test_what_is_sent() -> None:
    assert body() == {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "hi"}],
    }
    assert body(stream=True)["stream"] is True


def test_settings_become_anthropics_and_unknown_ones_pass_through() -> None:
    sent = body(
        {
            "max_completion_tokens": 9, "stop": "END", "temperature": 0, "top_k": 5, "n": 1,
            "logprobs": False, "thinking": {"type": "enabled", "budget_tokens": 1024},
            "metadata": {"user_id": "u"}, "top_p": None,
        }
    )  # fmt: skip
    assert sent == body() | {
        "max_tokens": 9, "stop_sequences": ["END"], "temperature": 0, "top_k": 5,
        "thinking": {"type": "enabled", "budget_tokens": 1024}, "metadata": {"user_id": "u"},
    }  # fmt: skip
    assert body({"stop_sequences": ["a", "b"], "max_output_tokens": 3})["stop_sequences"] == [
        "a",
        "b",
    ]


@pytest.mark.parametrize(
    "settings",
    [{"n": 2}, {"model": "x"}, {"messages": []}, {"system": "x"}, {"stream": False}, {"seed": 0},
     {"response_format": {}}, {"logprobs": True}, {"top_logprobs": 3}],
)  # fmt: skip
def test_settings_that_would_falsify_the_record_are_refused(settings: dict[str, Any]) -> None:
    assert next(iter(settings)) in (Messages().refused(settings) or "")
    assert Messages().refused({"n": 1, "logprobs": False, "top_k": 3}) is None


def test_system_turns_stand_apart_and_turns_keep_their_order() -> None:
    sent = body(
        None,
        Message("system", "one"), Message("user", "a"), Message("user", "b"),
        Message("assistant", "c"), Message("system", "two"), Message("user", "d"),
    )  # fmt: skip
    assert sent["system"] == "one\n\ntwo"
    assert [(m["role"], m["content"]) for m in sent["messages"]] == [
        ("user", "a"), ("user", "b"), ("assistant", "c"), ("user", "d"),
    ]  # fmt: skip


def test_a_prompt_of_system_turns_alone_is_asked_by_the_user() -> None:
    sent = body(None, Message("system", "one"), Message("system", "two"))
    assert sent["messages"] == [{"role": "user", "content": "one\n\ntwo"}]
    assert "system" not in sent


def test_an_answer_is_read() -> None:
    got = Messages().response(
        message(
            {"type": "thinking", "thinking": "hmm", "signature": "s"}, text("Par"), text("is"),
            {"type": "tool_use", "name": "f", "input": {}}, 3, {"type": "text", "text": None},
            usage={"input_tokens": 2, "cache_creation_input_tokens": 3,
                   "cache_read_input_tokens": 4, "output_tokens": 5},
        )
    )  # fmt: skip
    assert got == Response("Paris", usage=Usage(9, 5), model_version="claude-sonnet-4-5-20250929")


@pytest.mark.parametrize(
    ("stop", "reason"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"),
     ("model_context_window_exceeded", "length"), ("pause_turn", "pause_turn"),
     ("tool_use", "tool_use"), (None, "unknown"), (3, "unknown")],
)  # fmt: skip
def test_stop_reasons(stop: object, reason: str) -> None:
    got = Messages().response(message(text("x"), stop=stop))
    assert isinstance(got, Response)
    assert got.finish_reason == reason
    got = Messages().response(message({"type": "tool_use", "name": "f"}, stop=stop))
    assert isinstance(got, CallFailure)
    assert (got.kind, got.reason, got.usage) == ("empty", reason, Usage(12, 6))


@pytest.mark.parametrize("content", [(), (text("I started"),)])
def test_a_refusal_of_the_service_is_a_blocked_output(content: tuple[object, ...]) -> None:
    got = Messages().response(message(*content, stop="refusal"))
    assert isinstance(got, CallFailure)
    assert (got.kind, got.reason) == ("blocked_output", "refusal")
    assert got.text == ("I started" if content else None)
    assert got.usage == Usage(12, 6)


@pytest.mark.parametrize("wrong", [None, [], "x", {}, {"content": "x"}, {"content": {}}])
def test_wrong_shapes_are_named(wrong: object) -> None:
    with pytest.raises(MalformedAnswer):
        Messages().response(wrong)


@pytest.mark.parametrize(
    "odd", [{"usage": 3}, {"usage": {"input_tokens": "3"}}, {"model": 3}, {"stop_reason": []}]
)
def test_odd_extras_are_not_reported_but_do_no_harm(odd: dict[str, Any]) -> None:
    got = Messages().response({"content": [text("x")], **odd})
    assert got == Response("x", "unknown")


def stream(*events: object) -> StreamedMessage:
    collected = Messages().streamed()
    for event in events:
        collected.add(json.dumps(event).encode())
    return collected


START = {"type": "message_start", "message": message(stop=None, usage={
    "input_tokens": 25, "output_tokens": 1})}  # fmt: skip


def delta(kind: str, **said: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": kind, **said}}


def stop(reason: object, output: int = 15) -> dict[str, Any]:
    usage = {"output_tokens": output, "input_tokens": None}
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": usage,
    }


def test_a_stream_is_put_together() -> None:
    collected = stream(
        START,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
        {"type": "ping"},
        delta("thinking_delta", thinking="hmm"),
        delta("signature_delta", signature="s"),
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": text("")},
    )
    assert not collected.started
    for event in (delta("text_delta", text="Hel"), delta("input_json_delta", partial_json="{"),
                  delta("text_delta", text="lo"), {"type": "new_kind", "text": "x"}):  # fmt: skip
        collected.add(json.dumps(event).encode())
    assert collected.started
    assert not collected.complete
    collected.add(json.dumps(stop("max_tokens")).encode())
    assert collected.complete
    collected.add(json.dumps({"type": "message_stop"}).encode())
    assert collected.done
    assert collected.response() == Response(
        "Hello", "length", usage=Usage(25, 15), model_version="claude-sonnet-4-5-20250929"
    )


def test_a_refusal_in_mid_stream_keeps_what_was_seen() -> None:
    got = stream(START, delta("text_delta", text="First"), stop("refusal", 2)).response()
    assert isinstance(got, CallFailure)
    assert (got.kind, got.text, got.usage) == ("blocked_output", "First", Usage(25, 2))


@pytest.mark.parametrize(
    ("named", "kind", "status"),
    [("overloaded_error", "server_error", 529), ("rate_limit_error", "quota", 429),
     ("api_error", "server_error", 500), ("invalid_request_error", "bad_request", 400)],
)  # fmt: skip
def test_errors_mean_the_same_whole_and_in_a_stream(named: str, kind: str, status: int) -> None:
    event = {
        "type": "error",
        "error": {"details": None, "type": named, "message": "Overloaded"},
        "request_id": "req_1",
    }
    within = stream(START, delta("text_delta", text="half"), event).response()
    assert isinstance(within, CallFailure)
    assert (within.kind, within.status, within.text) == (kind, status, "half")
    whole = from_status(status, {}, json.dumps(event).encode(), now=0)
    assert (whole.kind, whole.status, whole.message) == (kind, status, f"{status}: Overloaded")
    error = error_in(event)
    assert error is not None
    assert from_error_object(error).kind == kind


@pytest.mark.parametrize(
    "odd",
    [{}, {"type": "message_start"}, {"type": "message_start", "message": 3},
     {"type": "content_block_delta", "delta": {"type": "text_delta", "text": 3}},
     {"type": "content_block_start", "content_block": 7}, {"type": 4},
     {"type": "message_delta", "delta": {"stop_reason": None}, "usage": 3}],
)  # fmt: skip
def test_odd_events_do_no_harm(odd: dict[str, Any]) -> None:
    collected = stream(odd, START, delta("text_delta", text="x"), odd)
    assert not collected.complete
    collected.add(json.dumps(stop("end_turn")).encode())
    assert collected.response() == Response(
        "x", usage=Usage(25, 15), model_version="claude-sonnet-4-5-20250929"
    )
