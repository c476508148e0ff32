"""Bodies of containers and partners' models, which Google's clients hand on unread, in the words of
our record: one reader a protocol, each for a whole answer and for the events of a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from contract_records import WITHHELD, Outcome, of_http

from llmeval.records import CallFailure, Response, Usage

FINISH = {
    "max_tokens": "length",
    "end_turn": "stop",
    "eos_token": "stop",
}
"""Other servers' words -> OpenAI's, which the record has."""


@dataclass(frozen=True)
class Protocol:
    """``whole`` reads a decoded body; ``stream`` the events of a stream that came to its end."""

    whole: Callable[[Any], Outcome]
    stream: Callable[[Sequence[Any]], Outcome]


def outcome_of(
    text: str, word: str, usage: Usage, version: str | None = None, **more: Any
) -> Outcome:
    """Return the answer, or what it is called where it was held back or has no text.

    Google puts Gemini's word behind OpenAI's: ``content_filter: RECITATION``.
    """
    word = FINISH.get(word, word)
    head, _, inner = word.partition(": ")
    if head in ("content_filter", "function_call_filter", "refusal"):
        usual = "malformed_call" if head == "function_call_filter" else "blocked_output"
        reason = inner or head
        kind = WITHHELD.get(reason, usual)
        failure = CallFailure(kind, "", reason=reason, usage=usage, model_version=version)
        return msgspec.structs.replace(failure, text=text or None, safety=more.get("safety", []))
    if not text:
        failure = CallFailure("empty", "", reason=word, usage=usage, model_version=version)
        return msgspec.structs.replace(failure, safety=more.get("safety", []))
    return Response(text, word, usage=usage, model_version=version, **more)


def cut(text: str, usage: Usage, version: str | None) -> CallFailure:
    """Return a stream that ended without its end."""
    return CallFailure("stream_cut", "", text=text or None, usage=usage, model_version=version)


def broken_by(error: Mapping[str, Any], text: str, usage: Usage, version: str | None) -> Outcome:
    """Return a stream that an error object ended."""
    failure = of_http(error.get("code", 0), json.dumps({"error": error}).encode())
    return msgspec.structs.replace(failure, text=text or None, usage=usage, model_version=version)


# chat/completions


def completion(body: Mapping[str, Any]) -> Outcome:
    """Read a chat completion. Vertex counts reasoning beside ``completion_tokens``."""
    if not body["choices"]:
        return CallFailure("malformed_body", "")
    choice = body["choices"][0]
    logprobs = choice.get("logprobs")
    return outcome_of(
        choice["message"].get("content") or "",
        choice["finish_reason"],
        tokens(body.get("usage")),
        body["model"],
        **(
            {"logprobs": logprobs["content"]}
            if logprobs and choice["message"].get("content")
            else {}
        ),
    )


def completion_events(events: Sequence[Any]) -> Outcome:
    """Read chat chunks up to ``[DONE]``."""
    text, word, usage, version = "", None, Usage(), None
    for event in events:
        if event == "[DONE]":
            return outcome_of(text, word or "unknown", usage, version)
        if "error" in event:
            return broken_by(event["error"], text, usage, version)
        version = event["model"]
        usage = tokens(event["usage"]) if event.get("usage") else usage
        for choice in event["choices"]:
            text += choice["delta"].get("content") or ""
            word = choice["finish_reason"] or word
    return outcome_of(text, word, usage, version) if word else cut(text, usage, version)


def tokens(usage: Mapping[str, Any] | None) -> Usage:
    """Read OpenAI's counts."""
    if not usage:
        return Usage()
    thoughts = usage.get("completion_tokens_details", {}).get("reasoning_tokens")
    return Usage(usage["prompt_tokens"], usage["completion_tokens"], thoughts)


# Anthropic's Messages


def message(body: Mapping[str, Any]) -> Outcome:
    """Read a message."""
    text = "".join(block["text"] for block in body["content"])
    counts = body["usage"]
    usage = Usage(counts["input_tokens"], counts["output_tokens"])
    return outcome_of(text, body["stop_reason"], usage, body["model"])


def message_events(events: Sequence[Any]) -> Outcome:
    """Read typed events up to ``message_stop``."""
    text, word, counts, version = "", "", {}, None
    for event in events:
        match event["type"]:
            case "message_start":
                version, counts = event["message"]["model"], dict(event["message"]["usage"])
            case "content_block_delta":
                text += event["delta"]["text"]
            case "message_delta":
                word, counts = event["delta"]["stop_reason"], counts | event["usage"]
            case "error":
                failure = CallFailure(
                    "server_error", event["error"]["message"], status=529, text=text or None
                )
                usage = Usage(counts["input_tokens"], counts["output_tokens"])
                return msgspec.structs.replace(failure, usage=usage, model_version=version)
            case "message_stop":
                usage = Usage(counts["input_tokens"], counts["output_tokens"])
                return outcome_of(text, word, usage, version)
    return cut(text, Usage(counts["input_tokens"], counts["output_tokens"]), version)


# Containers


def own(body: Mapping[str, Any]) -> Outcome:
    """Read the protocol of the emulator's custom container: ``{"answer", "done"}``."""
    return outcome_of(body["answer"], body["done"], Usage())


def own_events(events: Sequence[Any]) -> Outcome:
    """Read its stream: an orderly end ends the answer, also where it does not say why."""
    text, word = "", "stop"
    for event in events:
        if "error" in event:
            return broken_by(event["error"], text, Usage(), None)
        text, word = text + event["answer"], event["done"] or word
    return outcome_of(text, word, Usage())


def tgi_events(events: Sequence[Any]) -> Outcome:
    """Read TGI's tokens; the last event tells how the text ended."""
    text, last = "", {}
    for last in events:
        if "error" in last:
            return broken_by(last["error"], text, Usage(), None)
        text += "" if last["token"]["special"] else last["token"]["text"]
    details = last.get("details") or {"finish_reason": "stop", "generated_tokens": None}
    usage = Usage(None, details["generated_tokens"])
    return outcome_of(text, details["finish_reason"], usage)


def prediction(body: Mapping[str, Any]) -> Outcome:
    """Read the one prediction of a predict answer, whichever container gave it."""
    found = body["predictions"]
    if not found:
        return CallFailure("malformed_body", "")
    entry = found[0] if isinstance(found, list) else found
    counts = (body.get("metadata") or {}).get("tokenMetadata", {})
    usage = Usage(
        *(counts.get(n, {}).get("totalTokens") for n in ("inputTokenCount", "outputTokenCount"))
    )
    if isinstance(entry, str):
        return outcome_of(entry, "stop", usage)
    if "choices" in entry:
        return completion(entry)
    safety = entry["safetyAttributes"]
    ratings = [
        {"source": "output", "category": category, "probabilityScore": score}
        for category, score in zip(safety["categories"], safety["scores"], strict=True)
    ]
    if safety["blocked"]:
        ratings.append({"source": "output", "category": "any", "blocked": True})
        failure = CallFailure("blocked_output", "", reason="SAFETY", usage=usage, safety=ratings)
        return msgspec.structs.replace(failure, text=entry.get("content") or None)
    return outcome_of(entry.get("content", ""), "stop", usage, safety=ratings)


CHAT = Protocol(completion, completion_events)
MESSAGES = Protocol(message, message_events)
OWN = Protocol(own, own_events)
TGI = Protocol(own, tgi_events)
PREDICTION = Protocol(prediction, completion_events)
