"""A streamed answer is the same however the network cuts it, in every dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.endpoints.dialects.chat_stream import Chat
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.endpoints.dialects.messages import Messages
from llmeval.endpoints.dialects.predict import TEMPLATES, Predict, Reading
from llmeval.endpoints.wire.sse import EventParser
from llmeval.records import Response, Usage

TEXTS = ["Pa\u2028r", "is é\U0001f600", " \r\n", "data: [DONE]"]


def gemini(text: str) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": text}]}}]}


def chat(text: str) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": text}}]}


def said(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}


STREAMS: dict[str, tuple[Any, list[Any]]] = {
    "generate_content": (Gemini(), [
        *map(gemini, TEXTS), {"candidates": [{"finishReason": "MAX_TOKENS"}]},
        {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}},
    ]),
    "chat": (Chat("m"), [
        *map(chat, TEXTS), {"choices": [{"delta": {}, "finish_reason": "length"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}, "[DONE]",
    ]),
    "messages": (Messages(), [
        {"type": "message_start", "message": {"usage": {"input_tokens": 3}}}, *map(said, TEXTS),
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"},
         "usage": {"output_tokens": 4}}, {"type": "message_stop"},
    ]),
    "predict": (Predict(TEMPLATES["custom"], Reading()), [
        *map(chat, TEXTS), {"choices": [{"delta": {}, "finish_reason": "length"}],
                            "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
    ]),
}  # fmt: skip


def encoded(events: list[Any], newline: bytes, *, ascii_only: bool) -> bytes:
    lines = b""
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=ascii_only)
        lines += b"event: x" + newline + b"data: " + data.encode() + newline + newline
    return lines


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@given(st.lists(st.integers(1, 40), max_size=200), st.booleans())
def test_cuts_change_nothing(name: str, newline: bytes, sizes: list[int], ascii_only: bool) -> None:
    dialect, events = STREAMS[name]
    wire = encoded(events, newline, ascii_only=ascii_only)
    parser, collected = EventParser(), dialect.streamed()
    for size in [*sizes, len(wire)]:
        for data in parser.feed(wire[:size]):
            collected.add(data)
        wire = wire[size:]
    for data in parser.close():
        collected.add(data)
    assert collected.response() == Response("".join(TEXTS), "length", usage=Usage(3, 4))


@pytest.mark.parametrize("name", ["generate_content", "chat", "messages"])
@given(st.data())
def test_a_stream_that_ends_before_its_reason_is_never_whole(
    name: str, data: st.DataObject
) -> None:
    dialect, events = STREAMS[name]
    reason = next(
        n for n, e in enumerate(events) if "ax_tokens" in repr(e).lower() or "length" in repr(e)
    )
    wire = encoded(events[: reason + 1], b"\n", ascii_only=True)
    parser, collected = EventParser(), dialect.streamed()
    last = len(encoded(events[:reason], b"\n", ascii_only=True))
    for payload in parser.feed(wire[: data.draw(st.integers(0, last))]):
        collected.add(payload)
    assert not collected.complete
    assert not collected.ends_unsaid
    assert "".join(TEXTS).startswith(collected.text)
