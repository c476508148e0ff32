"""chat/completions as Vertex serves it: of Gemini and MaaS under ``openapi``, and of containers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from llmeval.emulator.answers import Events
from llmeval.emulator.vertex.telling import Answer, Told, token_logprobs
from llmeval.emulator.wire import DONE, ask_of, event, pieces_of, wants_usage
from llmeval.records import Request

__all__ = ["ChatAsk", "ChatHead", "chat_completion", "chat_events", "read_chat"]

_MOST_CHOICES = 8
_FINISH = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "MALFORMED_FUNCTION_CALL": "function_call_filter: MALFORMED_FUNCTION_CALL",
}
"""Gemini's word -> the finish reason here; others become ``content_filter: WORD``."""


@dataclass(frozen=True, slots=True)
class ChatAsk:
    """What a chat call asks for: ``choices`` answers, by the model called ``model``."""

    model: str
    request: Request
    choices: int
    usage: bool
    logprobs: bool


def read_chat(body: Any, seed: int) -> ChatAsk:
    """Return what a decoded body asks for. Raises ``wire.BadRequest``."""
    if isinstance(body, dict):
        body = {"model": ""} | body
    model, request = ask_of(body, seed=seed)
    settings = dict(request.settings)
    choices = settings.pop("n", 1)
    if not isinstance(choices, int) or not 1 <= choices <= _MOST_CHOICES:
        choices = 1
    return ChatAsk(
        model,
        msgspec.structs.replace(request, settings=settings),
        choices,
        usage=wants_usage(body),
        logprobs=settings.get("logprobs") is True,
    )


@dataclass(frozen=True, slots=True)
class ChatHead:
    """What every body and chunk of an answer carries. ``created`` is Unix time; ``published`` says
    that a publisher's model answered, for whose usage Google tells the kind of traffic."""

    model: str
    number: int
    created: int
    published: bool = False

    def fields(self, shape: str) -> dict[str, Any]:
        """Return the fields of an object of this ``shape``."""
        return {
            "id": f"chatcmpl-{self.number}",
            "object": shape,
            "created": self.created,
            "model": self.model,
        }


def chat_completion(ask: ChatAsk, told: Told, head: ChatHead) -> dict[str, Any]:
    """Return the whole answer."""
    choices = [_choice(answer, index, ask) for index, answer in enumerate(_answers(told))]
    return {
        **head.fields("chat.completion"),
        "choices": choices,
        "usage": _usage(told, head),
    }


def chat_events(ask: ChatAsk, told: Told, chat_head: ChatHead) -> Events:
    """Return the stream: roles, then pieces of text in turn, then how each choice ends."""
    head = chat_head.fields("chat.completion.chunk")
    answers = _answers(told)

    def chunk(index: int, delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "finish_reason": reason, "logprobs": None}
        return event({**head, "choices": [choice]})

    first = b"".join(chunk(i, {"role": "assistant", "content": ""}) for i in range(len(answers)))
    texts = [pieces_of(answer.text) for answer in answers]
    content = [
        chunk(index, {"content": text[i]})
        for i in range(max(map(len, texts), default=0))
        for index, text in enumerate(texts)
        if i < len(text)
    ]
    closing = [chunk(i, {}, _finish(answer)) for i, answer in enumerate(answers)]
    if ask.usage:
        closing.append(event({**head, "choices": [], "usage": _usage(told, chat_head)}))
    return Events(first, content, [*closing, DONE])


def _answers(told: Told) -> tuple[Answer, ...]:
    """Return the choices; a blocked prompt shows as one that the filter withheld."""
    return told.answers if told.block is None else (Answer("", "SAFETY", content=False),)


def _choice(answer: Answer, index: int, ask: ChatAsk) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant"}
    if answer.content and answer.parts:
        message["content"] = answer.text
    choice: dict[str, Any] = {
        "index": index,
        "message": message,
        "finish_reason": _finish(answer),
        "logprobs": None,
    }
    if ask.logprobs and answer.text:
        tokens = token_logprobs(answer)
        choice["logprobs"] = {"content": [{"token": t, "logprob": p} for t, p in tokens]}
    return choice


def _finish(answer: Answer) -> str:
    return _FINISH.get(answer.finish, f"content_filter: {answer.finish}")


def _usage(told: Told, head: ChatHead) -> dict[str, Any]:
    said = sum(answer.tokens for answer in told.answers)
    thoughts = sum(answer.thoughts for answer in told.answers)
    usage: dict[str, Any] = {
        "prompt_tokens": told.prompt_tokens,
        "completion_tokens": said,
        "total_tokens": told.prompt_tokens + said + thoughts,
    }
    if head.published:
        usage["extra_properties"] = {"google": {"traffic_type": "ON_DEMAND"}}
    if thoughts:
        usage["completion_tokens_details"] = {"reasoning_tokens": thoughts}
    return usage
