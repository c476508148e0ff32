"""Gemini's generateContent: Request to body, body to Response.

Field names follow the REST reference of Vertex AI (``GenerateContentRequest``, v1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmeval.endpoints.dialects.dialect import MalformedAnswer, settle, token_count, withheld
from llmeval.endpoints.dialects.generation_config import generation_config, refused_setting
from llmeval.records import CallFailure, Message, Request, Response, Usage

__all__ = [
    "FINISH",
    "blocked_prompt",
    "logprobs_of",
    "ratings_of",
    "refused_setting",
    "request_body",
    "responses_of",
    "settled",
    "text_of",
    "usage_of",
]

FINISH = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "FINISH_REASON_UNSPECIFIED": "unknown",
}
"""Finish reasons under which the text is the answer -> OpenAI's word."""

_WITHHELD = {
    "SAFETY": "blocked_output",
    "BLOCKLIST": "blocked_output",
    "PROHIBITED_CONTENT": "blocked_output",
    "SPII": "blocked_output",
    "MODEL_ARMOR": "blocked_output",
    "IMAGE_SAFETY": "blocked_output",
    "IMAGE_PROHIBITED_CONTENT": "blocked_output",
    "RECITATION": "recitation",
    "IMAGE_RECITATION": "recitation",
    "MALFORMED_FUNCTION_CALL": "malformed_call",
    "UNEXPECTED_TOOL_CALL": "malformed_call",
}
"""Finish reasons under which there is no answer to be judged -> kind of failure."""

_BESIDE = {
    "safety_settings": "safetySettings",
    "tools": "tools",
    "tool_config": "toolConfig",
    "cached_content": "cachedContent",
    "model_armor_config": "modelArmorConfig",
}
"""Settings that stand beside ``generationConfig``."""


def request_body(request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON body. System turns become ``systemInstruction``, unless nothing else is
    left to be answered. The request's own labels win over ``labels``."""
    system = [m for m in request.messages if m.role == "system"]
    turns = [m for m in request.messages if m.role != "system"]
    if not turns:
        system, turns = [], system
    body: dict[str, Any] = {"contents": [_content(turn) for turn in turns]}
    if system:
        body["systemInstruction"] = {"parts": [{"text": m.content} for m in system]}
    for ours, theirs in _BESIDE.items():
        for name in (ours, theirs):
            if request.settings.get(name) is not None:
                body[theirs] = request.settings[name]
    config = generation_config(request.settings)
    if config:
        body["generationConfig"] = config
    own = request.settings.get("labels")
    merged = {**labels, **(own if isinstance(own, Mapping) else {})}
    if merged:
        body["labels"] = merged
    return body


def _content(message: Message) -> dict[str, Any]:
    role = "model" if message.role == "assistant" else "user"
    return {"role": role, "parts": [{"text": message.content}]}


def responses_of(body: Any) -> list[Response | CallFailure]:
    """Return what each candidate of a decoded body says; a blocked prompt is one failure.

    Usage is the body's: the prompt's tokens stand with the first candidate, those of the output are
    dealt out evenly, so that sums are what was billed. Raises ``MalformedAnswer``.
    """
    if not isinstance(body, dict):
        raise MalformedAnswer("the body is no JSON object")
    usage, version = usage_of(body.get("usageMetadata")), _version(body)
    blocked = blocked_prompt(body, usage)
    if blocked is not None:
        return [blocked]
    candidates = body.get("candidates") or []
    if not isinstance(candidates, list) or not all(isinstance(c, dict) for c in candidates):
        raise MalformedAnswer("candidates is no list of objects")
    if not candidates:
        if not body.keys() & {"usageMetadata", "modelVersion", "responseId", "candidates"}:
            raise MalformedAnswer("candidates is missing")
        text = "the answer holds no candidate"
        return [withheld("empty", text, "NO_CANDIDATES", "", {"usage": usage})]
    shares = _dealt(usage, len(candidates))
    ordered = sorted(candidates, key=lambda c: c.get("index") or 0)
    return [_answer(c, share, version) for c, share in zip(ordered, shares, strict=True)]


def _answer(
    candidate: Mapping[str, Any], usage: Usage, version: str | None
) -> Response | CallFailure:
    return settled(
        text_of(candidate),
        candidate.get("finishReason"),
        candidate.get("finishMessage"),
        safety=ratings_of(candidate, "output"),
        usage=usage,
        model_version=version,
        logprobs=logprobs_of(candidate),
    )


def settled(text: str, reason: object, message: object, **fields: Any) -> Response | CallFailure:
    """Return the answer that ``text`` and a finish reason are, or the failure.

    ``message`` is the server's own on the reason; ``fields`` are those of ``Response``.
    """
    word = reason if isinstance(reason, str) else "FINISH_REASON_UNSPECIFIED"
    kind = _WITHHELD.get(word)
    if kind is None:
        return settle(text, FINISH.get(word, word.lower()), **fields)
    said = f"{word}: {message}" if isinstance(message, str) and message else word
    return withheld(kind, f"finish reason {said}", word, text, fields)


def blocked_prompt(body: Mapping[str, Any], usage: Usage) -> CallFailure | None:
    """Return the failure where ``promptFeedback`` says that the prompt was refused."""
    feedback = body.get("promptFeedback")
    if not isinstance(feedback, dict) or not feedback.get("blockReason") or body.get("candidates"):
        return None
    reason, said = str(feedback["blockReason"]), feedback.get("blockReasonMessage")
    message = f"the prompt was blocked: {reason}" + (f": {said}" if said else "")
    fields = {
        "usage": usage,
        "safety": ratings_of(feedback, "prompt"),
        "model_version": _version(body),
    }
    return withheld("blocked_prompt", message, reason, "", fields)


def text_of(candidate: Mapping[str, Any]) -> str:
    """Return the answer's text: thoughts and parts of other kinds are none of it.

    Raises ``MalformedAnswer``.
    """
    content = candidate.get("content")
    if content is None:
        return ""
    parts = content.get("parts") if isinstance(content, dict) else None
    if parts is None:
        return ""
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise MalformedAnswer("candidates[0].content.parts is no list of objects")
    return "".join(_text(part) for part in parts if not part.get("thought"))


def _text(part: Mapping[str, Any]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else ""


def ratings_of(holder: Mapping[str, Any], source: str) -> list[dict[str, Any]]:
    """Return the safety ratings as they came; ``source`` is prompt or output."""
    ratings = holder.get("safetyRatings")
    listed: Sequence[Any] = ratings if isinstance(ratings, list) else ()
    return [{"source": source, **rating} for rating in listed if isinstance(rating, dict)]


def usage_of(usage: object) -> Usage:
    """Return the tokens reported; ``candidatesTokenCount`` holds no thoughts."""
    if not isinstance(usage, dict):
        return Usage()
    said, thought = (
        token_count(usage.get("candidatesTokenCount")),
        token_count(usage.get("thoughtsTokenCount")),
    )
    prompt = token_count(usage.get("promptTokenCount"))
    if (
        said is None
        and prompt is not None
        and token_count(usage.get("totalTokenCount")) is not None
    ):
        said = 0  # proto JSON leaves a zero out
    return Usage(prompt, said, thought)


def logprobs_of(candidate: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return one entry a token in the shape of chat/completions, where there are any."""
    result = candidate.get("logprobsResult")
    if not isinstance(result, dict) or not isinstance(result.get("chosenCandidates"), list):
        return None
    tops = result.get("topCandidates")
    tops = tops if isinstance(tops, list) else []
    found = []
    for place, chosen in enumerate(result["chosenCandidates"]):
        if isinstance(chosen, dict):
            entry = _token(chosen)
            top = tops[place].get("candidates") if place < len(tops) else None
            if isinstance(top, list):
                entry["top_logprobs"] = [_token(t) for t in top if isinstance(t, dict)]
            found.append(entry)
    return found


def _token(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"token": entry.get("token"), "logprob": entry.get("logProbability")}


def _version(body: Mapping[str, Any]) -> str | None:
    version = body.get("modelVersion")
    return version if isinstance(version, str) and version else None


def _dealt(usage: Usage, parts: int) -> list[Usage]:
    if parts == 1:
        return [usage]
    output, thinking = _even(usage.output_tokens, parts), _even(usage.thinking_tokens, parts)
    asked = [usage.input_tokens] + [None if usage.input_tokens is None else 0] * (parts - 1)
    return [Usage(*counts) for counts in zip(asked, output, thinking, strict=True)]


def _even(total: int | None, parts: int) -> list[int | None]:
    if total is None:
        return [None] * parts
    share, rest = divmod(total, parts)
    return [share + (place < rest) for place in range(parts)]
