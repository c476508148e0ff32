"""What containers take and give through predict and rawPredict: vLLM, TGI, and one of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from llmeval.emulator.answers import Events
from llmeval.emulator.vertex.dialects.chat import ChatAsk, ChatHead, chat_completion, read_chat
from llmeval.emulator.vertex.errors import GoogleError, invalid
from llmeval.emulator.vertex.telling import Answer, Told
from llmeval.emulator.vertex.world import Container
from llmeval.emulator.wire import BadRequest, event, pieces_of
from llmeval.records import Message, Request

__all__ = ["Instance", "is_chat", "own_answer", "own_events", "prediction", "read_instance"]

_CHAT_FORMAT = "chatCompletions"
_PROMPT_FIELD: Mapping[str, str] = {"vllm": "prompt", "tgi": "inputs", "custom": "prompt"}
_SETTINGS = {
    "max_tokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
    "stop": "stop",
    "stopSequences": "stop",
    "seed": "seed",
    "response_format": "response_format",
}
"""A container's word for a setting -> OpenAI's, which the models behind know."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance as it was read: what is asked, and how the container shall put the answer.

    ``chat`` is set where the instance is a chat/completions body, ``raw`` where vLLM shall not
    repeat the prompt, ``details`` where TGI shall tell how the text ended.
    """

    request: Request
    container: Container
    prompt: str = ""
    chat: ChatAsk | None = None
    raw: bool = False
    details: bool = False


def is_chat(instance: Any) -> bool:
    """Whether an instance of a predict call is a chat/completions body."""
    return isinstance(instance, dict) and instance.get("@requestFormat") == _CHAT_FORMAT


def read_instance(
    container: Container, instance: Any, parameters: Mapping[str, Any], seed: int, where: str
) -> Instance:
    """Return what ``instance`` asks for; its own settings come before ``parameters``.

    Raises ``GoogleError`` (400), as Vertex does with what the container complains about.
    """
    if not isinstance(instance, dict):
        raise _wrong(f"{where} must be an object", where)
    if container == "vllm" and is_chat(instance):
        body = {key: value for key, value in instance.items() if key != "@requestFormat"}
        try:
            chat = read_chat(body, seed)
        except BadRequest as error:
            raise _wrong(f"{where}: {error}", where) from None
        return Instance(chat.request, container, chat=chat)
    field = _PROMPT_FIELD[container]
    prompt = instance.get(field)
    if not isinstance(prompt, str):
        raise _wrong(f"{where}: '{field}' is missing", where)
    inner = instance.get("parameters")
    given = {**parameters, **instance, **(inner if isinstance(inner, dict) else {})}
    settings = {ours: given[theirs] for theirs, ours in _SETTINGS.items() if theirs in given}
    own = settings.get("seed", seed)
    request = Request(
        (Message("user", prompt),), settings, seed=own if isinstance(own, int) else seed
    )
    return Instance(
        request,
        container,
        prompt,
        raw=given.get("raw_response") is True,
        details=given.get("details") is True,
    )


def prediction(instance: Instance, told: Told, head: ChatHead) -> Any:
    """Return the entry of ``predictions`` for one instance; ``head`` is that of a chat's answer."""
    if instance.chat is not None:
        return chat_completion(instance.chat, told, head)
    answer = told.answers[0] if told.answers else Answer("", "SAFETY", content=False)
    match instance.container:
        case "vllm":
            return _with_prompt(instance, answer)
        case "tgi":
            return _generated(answer) if instance.details else answer.text
    return _content(answer)


def own_answer(body: Mapping[str, Any], instance: Instance, told: Told) -> Any:
    """Return what rawPredict brings where the body is in the container's own protocol.

    The custom container's protocol is ``{"prompt"}`` to ``{"answer", "done", "received"}``.
    """
    answer = told.answers[0] if told.answers else Answer("", "SAFETY", content=False)
    match instance.container:
        case "vllm":
            return {"predictions": [_with_prompt(instance, answer)]}
        case "tgi":
            return [_generated(answer)] if instance.details else [{"generated_text": answer.text}]
    done = answer.finish.lower()
    return {"answer": answer.text, "done": done, "received": dict(body)}


def own_events(instance: Instance, told: Told) -> Events:
    """Return the stream of streamRawPredict in the container's own protocol, as events."""
    answer = told.answers[0] if told.answers else Answer("", "SAFETY", content=False)
    match instance.container:
        case "vllm":
            return _events(answer, _so_far, [b"data: [DONE]\n\n"])
        case "tgi":
            return _events(answer, _token, [_last_token(answer)])
    return _events(answer, _delta, [event({"answer": "", "done": answer.finish.lower()})])


def _with_prompt(instance: Instance, answer: Answer) -> str:
    """Return vLLM's text, which repeats the prompt unless it shall not."""
    prompt = "" if instance.raw else f"Prompt:\n{instance.prompt}\nOutput:\n"
    return prompt + answer.text


def _events(answer: Answer, put: Callable[[int, list[str]], Any], closing: list[bytes]) -> Events:
    pieces = pieces_of(answer.text)
    return Events(b"", [event(put(i, pieces)) for i in range(len(pieces))], closing)


def _so_far(index: int, pieces: list[str]) -> Any:
    return {"predictions": ["".join(pieces[: index + 1])]}


def _delta(index: int, pieces: list[str]) -> Any:
    return {"answer": pieces[index], "done": None}


def _token(index: int, pieces: list[str]) -> Any:
    token = {"id": index, "text": pieces[index], "logprob": -0.1, "special": False}
    return {"index": index + 1, "token": token, "generated_text": None, "details": None}


def _last_token(answer: Answer) -> bytes:
    token = {"id": 1, "text": "<eos>", "logprob": -0.1, "special": True}
    return event(
        {
            "index": answer.tokens + 1,
            "token": token,
            "generated_text": answer.text,
            "details": _details(answer),
        }
    )


def _generated(answer: Answer) -> dict[str, Any]:
    return {"generated_text": answer.text, "details": _details(answer)}


def _details(answer: Answer) -> dict[str, Any]:
    reason = "length" if answer.finish == "MAX_TOKENS" else "eos_token"
    return {"finish_reason": reason, "generated_tokens": answer.tokens, "seed": None}


def _content(answer: Answer) -> dict[str, Any]:
    safety: dict[str, Any] = {
        "blocked": answer.withheld,
        "categories": ["Derogatory", "Toxic"],
        "scores": [0.9, 0.9] if answer.withheld else [0.1, 0.1],
    }
    told: dict[str, Any] = {"safetyAttributes": safety}
    return {"content": answer.text, **told} if answer.parts else told


def _wrong(problem: str, where: str) -> GoogleError:
    told = msgspec.json.encode({"error": problem}).decode()
    return invalid(told, where)
