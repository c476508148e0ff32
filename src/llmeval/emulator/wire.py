"""The chat/completions dialect from the server's side: body to Request, outcome to bodies."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from llmeval.emulator.answers import Events
from llmeval.records import CallFailure, Message, Request, Response

__all__ = [
    "DONE",
    "BadRequest",
    "ask_of",
    "chunks_of",
    "completion",
    "error_body",
    "event",
    "pieces_of",
    "status_of",
    "wants_usage",
]

DONE = b"data: [DONE]\n\n"
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_NOT_SETTINGS = frozenset({"model", "messages", "stream", "stream_options"})
_STATUS = {
    "timeout": 504,
    "quota": 429,
    "blocked_prompt": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "bad_request": 400,
}
_PIECE = re.compile(r"\s*\S{1,12}|\s+")
_ENCODE = msgspec.json.Encoder().encode


class BadRequest(ValueError):
    """A client's body that the protocol does not allow."""


def ask_of(body: object, *, repetition: int = 0, seed: int = 0) -> tuple[str, Request]:
    """Return the model's name and what is asked of it. Raises ``BadRequest``."""
    if not isinstance(body, dict):
        raise BadRequest("the body is no JSON object")
    if not isinstance(body.get("model"), str):
        raise BadRequest("'model' is missing")
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise BadRequest("'messages' must be a list of at least one message")
    settings = {key: value for key, value in body.items() if key not in _NOT_SETTINGS}
    wanted = settings.get("seed", seed)
    return body["model"], Request(
        messages=tuple(_message(m, i) for i, m in enumerate(body["messages"])),
        settings=settings,
        stream=bool(body.get("stream")),
        repetition=repetition,
        seed=wanted if isinstance(wanted, int) else seed,
    )


def wants_usage(body: dict[str, Any]) -> bool:
    """Tell whether a stream is to end with its usage."""
    options = body.get("stream_options")
    return isinstance(options, dict) and bool(options.get("include_usage"))


def completion(model: str, number: int, response: Response) -> bytes:
    """Return the body of a whole answer."""
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": response.text},
        "finish_reason": response.finish_reason,
    }
    if response.logprobs is not None:
        choice["logprobs"] = {"content": response.logprobs}
    head = _head("chat.completion", model, number, response)
    return _ENCODE({**head, "choices": [choice], "usage": _usage(response)})


def chunks_of(model: str, number: int, response: Response, usage: bool) -> Events:
    """Return a stream's events: the role-only first one, those with content, the closing ones."""
    head = _head("chat.completion.chunk", model, number, response)

    def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return event({**head, "choices": [choice]})

    first = chunk({"role": "assistant", "content": ""})
    content = [chunk({"content": piece}) for piece in pieces_of(response.text)]
    closing = [chunk({}, response.finish_reason)]
    if usage:
        closing.append(event({**head, "choices": [], "usage": _usage(response)}))
    return Events(first, content, [*closing, DONE])


def pieces_of(text: str) -> list[str]:
    """Return ``text`` as a stream would bring it, about a word at a time."""
    return _PIECE.findall(text)


def event(value: object) -> bytes:
    """Return one server-sent event."""
    return b"data: " + _ENCODE(value) + b"\n\n"


def status_of(failure: CallFailure) -> int:
    """Return the status with which a server reports ``failure``."""
    return failure.status or _STATUS.get(failure.kind, 500)


def error_body(message: str, kind: str, code: str | None = None) -> bytes:
    """Return an error in OpenAI's shape."""
    return _ENCODE({"error": {"message": message, "type": kind, "param": None, "code": code}})


def _head(shape: str, model: str, number: int, response: Response) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": shape,
        "created": 0,
        "model": response.model_version or model,
    }


def _usage(response: Response) -> dict[str, int]:
    asked = response.usage.input_tokens or 0
    said = response.usage.output_tokens
    if said is None:
        said = len(pieces_of(response.text))
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _message(message: object, index: int) -> Message:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise BadRequest(f"messages[{index}] needs a role: {', '.join(_ROLES)}")
    content = message.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(text for text in texts if isinstance(text, str))
    if not isinstance(content, str):
        raise BadRequest(f"messages[{index}].content must be text")
    return Message(_ROLES[message["role"]], content)  # type: ignore[arg-type]
