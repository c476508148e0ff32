"""OpenAI's chat/completions: Request to body, body to Response.

Field names follow OpenAI's API reference; what vLLM, Azure, TGI and Mistral add is read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmeval.endpoints.dialects.dialect import MalformedAnswer, settle, token_count
from llmeval.records import CallFailure, Request, Response, Usage

__all__ = ["refused_setting", "request_body", "response_of", "text_of"]

_OURS = {
    "n": "ask for repetitions with samples=N instead: each is a sample of its own",
    "model": "it belongs into the model reference, after '#'",
    "messages": "they come from the prompt",
    "stream": "say stream=True in evaluate() instead",
}
"""Settings that would falsify the record -> what to do instead."""


def refused_setting(settings: Mapping[str, Any]) -> str | None:
    """Return why ``settings`` cannot be sent, or ``None``. ``n=1`` is harmless."""
    for key, remedy in _OURS.items():
        if settings.get(key) is not None and not (key == "n" and settings[key] == 1):
            return f"the setting {key}={settings[key]!r} is not sent: {remedy}"
    return None


def request_body(request: Request, model: str, *, asks_usage: bool = True) -> dict[str, Any]:
    """Return the JSON body. A stream is asked for its usage, unless ``stream_options`` is set."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        **{key: value for key, value in request.settings.items() if key not in _OURS},
    }
    if request.stream:
        body["stream"] = True
        body.setdefault("stream_options", {"include_usage": True} if asks_usage else None)
        if body["stream_options"] is None:
            del body["stream_options"]
    return body


def response_of(body: object) -> Response | CallFailure:
    """Return the answer in a decoded, non-streaming body. Raises ``MalformedAnswer``."""
    if not isinstance(body, dict):
        raise MalformedAnswer("the body is no JSON object")
    choice = first_choice(body)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise MalformedAnswer("choices[0].message is missing")
    text, reason = text_of(message.get("content"), "choices[0].message.content"), None
    if not text and isinstance(message.get("refusal"), str) and message["refusal"]:
        text, reason = message["refusal"], "refusal"
    return settle(
        text,
        reason or choice.get("finish_reason"),
        safety=safety_of(body, choice),
        usage=usage_of(body.get("usage")),
        model_version=model_version(body),
        logprobs=logprobs_of(choice),
    )


def first_choice(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return choice 0. Raises ``MalformedAnswer``."""
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise MalformedAnswer("choices is missing or empty")
    return choices[0]


def text_of(content: object, where: str) -> str:
    """Return the text of a content field: a string, a list of parts, or nothing.

    Parts of other types (reasoning, images) hold no answer. Raises ``MalformedAnswer``.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [p for p in content if isinstance(p, dict) and p.get("type", "text") == "text"]
        return "".join(p["text"] for p in parts if isinstance(p.get("text"), str))
    raise MalformedAnswer(f"{where} is {type(content).__name__}, not text")


def usage_of(usage: object) -> Usage:
    """Return the tokens reported; what is no count is not reported.

    OpenAI's ``completion_tokens`` hold the reasoning, those of Vertex AI's openapi surface and of
    xAI do not: ``total_tokens`` tells which, and where it does not, OpenAI's own way is assumed.
    """
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("completion_tokens_details")
    thinking = token_count(details.get("reasoning_tokens")) if isinstance(details, dict) else None
    asked = token_count(usage.get("prompt_tokens"))
    said = token_count(usage.get("completion_tokens"))
    if thinking and said is not None and not _apart(asked, said, thinking, usage):
        said -= thinking
    return Usage(input_tokens=asked, output_tokens=said, thinking_tokens=thinking)


def _apart(asked: int | None, said: int, thinking: int, usage: Mapping[str, Any]) -> bool:
    """Whether the reasoning comes on top of ``completion_tokens``."""
    total = token_count(usage.get("total_tokens"))
    return thinking > said or (asked is not None and total == asked + said + thinking)


def model_version(body: Mapping[str, Any]) -> str | None:
    """Return the model that answered, with its fingerprint where given: ``name@fingerprint``."""
    model, fingerprint = body.get("model"), body.get("system_fingerprint")
    if not isinstance(model, str) or not model:
        return None
    return f"{model}@{fingerprint}" if isinstance(fingerprint, str) and fingerprint else model


def safety_of(body: Mapping[str, Any], choice: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return Azure's filter results, one entry a category; ``source`` is prompt or output."""
    prompts = body.get("prompt_filter_results")
    results = [
        ("prompt", item.get("content_filter_results"))
        for item in (prompts if isinstance(prompts, list) else ())
        if isinstance(item, dict)
    ]
    results.append(("output", choice.get("content_filter_results")))
    return [
        {"source": source, "category": category, **finding}
        for source, found in results
        if isinstance(found, dict)
        for category, finding in found.items()
        if isinstance(finding, dict)
    ]


def logprobs_of(choice: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return one entry a token where the server offers them."""
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        return None
    return [entry for entry in content if isinstance(entry, dict)]
