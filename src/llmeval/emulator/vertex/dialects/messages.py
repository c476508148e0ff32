"""Anthropic's Messages format, as ``publishers/anthropic`` speaks it through rawPredict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from llmeval.emulator.answers import Events
from llmeval.emulator.vertex.errors import ContainerError
from llmeval.emulator.vertex.telling import Told
from llmeval.emulator.wire import BadRequest, ask_of, pieces_of
from llmeval.records import Message, Request

__all__ = ["MessagesAsk", "message_events", "message_response", "overloaded", "read_messages_body"]

_VERSION = "vertex-2023-10-16"
_ENCODE = msgspec.json.Encoder().encode
_STOP = {"STOP": "end_turn", "MAX_TOKENS": "max_tokens"}
_SETTINGS = {"temperature": "temperature", "top_p": "top_p", "stop_sequences": "stop"}


@dataclass(frozen=True, slots=True)
class MessagesAsk:
    """What a Messages call asks for."""

    request: Request
    stream: bool


def read_messages_body(body: Any, seed: int) -> MessagesAsk:
    """Return what a decoded body asks for. Raises ``ContainerError`` in Anthropic's shape."""
    if not isinstance(body, dict):
        raise _invalid("the body must be an object")
    if body.get("anthropic_version") != _VERSION:
        raise _invalid(f'anthropic_version: must be "{_VERSION}"')
    most = body.get("max_tokens")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise _invalid("max_tokens: Field required")
    try:
        _, request = ask_of({"model": "", "messages": body.get("messages")}, seed=seed)
    except BadRequest as error:
        raise _invalid(str(error)) from None
    if any(message.role == "system" for message in request.messages):
        raise _invalid('messages: Unexpected role "system"; use the top-level system parameter')
    settings = {_SETTINGS[key]: body[key] for key in _SETTINGS.keys() & body.keys()}
    request = msgspec.structs.replace(
        request,
        messages=(*_system(body.get("system")), *request.messages),
        settings=settings | {"max_tokens": most},
    )
    return MessagesAsk(request, body.get("stream") is True)


def message_response(told: Told, number: int, model: str) -> dict[str, Any]:
    """Return the whole message."""
    answer = told.answers[0] if told.answers else None
    text = answer.text if answer else ""
    return {
        **_head(number, model),
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": _stop_reason(told),
        "stop_sequence": None,
        "usage": {
            "input_tokens": told.prompt_tokens,
            "output_tokens": answer.tokens if answer else 0,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }


def message_events(told: Told, number: int, model: str) -> Events:
    """Return the typed events of a stream."""
    whole = message_response(told, number, model)
    start = whole | {
        "content": [],
        "stop_reason": None,
        "usage": {**whole["usage"], "output_tokens": 1},
    }
    text = whole["content"][0]["text"] if whole["content"] else ""
    block = {"type": "text", "text": ""}
    first = _event("message_start", message=start)
    first += _event("content_block_start", index=0, content_block=block) + _event("ping")
    content = [
        _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        for piece in pieces_of(text)
    ]
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": whole["usage"]["output_tokens"]}
    closing = [
        _event("content_block_stop", index=0),
        _event("message_delta", delta=end, usage=usage),
        _event("message_stop"),
    ]
    return Events(first, content, closing)


def overloaded() -> bytes:
    """Return the error event that may end a stream."""
    return _event("error", error={"type": "overloaded_error", "message": "Overloaded"})


def _head(number: int, model: str) -> dict[str, Any]:
    return {
        "id": f"msg_vrtx_{number:08d}",
        "type": "message",
        "role": "assistant",
        "model": model.partition("@")[0],
    }


def _stop_reason(told: Told) -> str:
    if not told.answers:
        return "refusal" if told.block is not None else "end_turn"
    answer = told.answers[0]
    return "refusal" if answer.withheld else _STOP.get(answer.finish, "end_turn")


def _system(system: Any) -> list[Message]:
    if isinstance(system, list):
        system = "".join(str(part.get("text", "")) for part in system if isinstance(part, dict))
    return [Message("system", system)] if isinstance(system, str) and system else []


def _event(kind: str, **fields: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), _ENCODE({"type": kind, **fields}))


def _invalid(message: str) -> ContainerError:
    error = {"type": "invalid_request_error", "message": message}
    return ContainerError(400, {"type": "error", "error": error}, outcome="bad_request")
