"""Gemini's generateContent: Request to body, body to Response.

Field names follow the REST reference of Vertex AI (``GenerateContentRequest``, v1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmeval.endpoints.dialects.dialect import MalformedAnswer, settle, token_count, withheld
from llmeval.endpoints.dialects.finish_reasons import ANSWERS, WITHHELD, block_word, finish_word
from llmeval.endpoints.dialects.generation_config import generation_config, refused_setting
from llmeval.records import CallFailure, Message, Request, Response, Usage

__all__ = [
    "blocked_prompt",
    "candidates_of",
    "logprobs_of",
    "no_candidate",
    "ratings_of",
    "refused_setting",
    "request_body",
    "responses_of",
    "settled",
    "text_of",
    "usage_of",
    "version_of",
]

_BESIDE = {
    "safety_settings": "safetySettings",
    "tools": "tools",
    "tool_config": "toolConfig",
    "cached_content": "cachedContent",
    "model_armor_config": "modelArmorConfig",
    "labels": "labels",
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
    if request.settings:
        body |= _settings(request.settings)
    if labels:
        body["labels"] = {**labels, **body.get("labels", {})}
    return body


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the body that the settings fill."""
    found = {
        theirs: settings[name]
        for ours, theirs in _BESIDE.items()
        for name in (ours, theirs)
        if settings.get(name) is not None
    }
    config = generation_config(settings)
    return {**found, "generationConfig": config} if config else found


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
    usage, version = usage_of(body.get("usageMetadata")), version_of(body)
    blocked = blocked_prompt(body)
    if blocked is not None:
        return [blocked]
    candidates = candidates_of(body)
    if not candidates:
        if not body.keys() & {"usageMetadata", "modelVersion", "responseId", "candidates"}:
            raise MalformedAnswer("candidates is missing")
        return [no_candidate(usage, version)]
    shares = _dealt(usage, len(candidates))
    return [_answer(c, share, version) for c, share in zip(candidates, shares, strict=True)]


def candidates_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the candidates in the order of their index. Raises ``MalformedAnswer``."""
    listed = body.get("candidates")
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(c, dict) for c in listed):
        raise MalformedAnswer("candidates is no list of objects")
    if len(listed) < 2:
        return listed
    if not all(type(c.get("index", 0)) is int for c in listed):
        raise MalformedAnswer("candidates[].index is no number")
    return sorted(listed, key=lambda c: c.get("index", 0))


def no_candidate(usage: Usage, version: str | None) -> CallFailure:
    """Return the failure of an answer in which the model says nothing, not even why."""
    fields = {"usage": usage, "model_version": version}
    return withheld("empty", "the answer holds no candidate", "NO_CANDIDATES", "", fields)


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
    word = finish_word(reason) or "FINISH_REASON_UNSPECIFIED"
    kind = WITHHELD.get(word)
    if kind is None:
        return settle(text, ANSWERS.get(word, word.lower()), **fields)
    said = f"{word}: {message}" if isinstance(message, str) and message else word
    return withheld(kind, f"finish reason {said}", word, text, fields)


def blocked_prompt(body: Mapping[str, Any], text: str = "") -> CallFailure | None:
    """Return the failure where ``promptFeedback`` says that the prompt was refused.

    ``text`` is what a stream had brought by then: the service may look at the prompt once more.
    """
    feedback = body.get("promptFeedback")
    reason = block_word(feedback.get("blockReason")) if isinstance(feedback, dict) else ""
    if not isinstance(feedback, dict) or not reason or body.get("candidates"):
        return None
    said = feedback.get("blockReasonMessage")
    message = f"the prompt was blocked: {reason}" + (f": {said}" if said else "")
    fields = {
        "usage": usage_of(body.get("usageMetadata")),
        "safety": ratings_of(feedback, "prompt"),
        "model_version": version_of(body),
    }
    return withheld("blocked_output" if text else "blocked_prompt", message, reason, text, fields)


def text_of(candidate: Mapping[str, Any]) -> str:
    """Return the answer's text: thoughts and parts of other kinds are none of it.

    Raises ``MalformedAnswer``.
    """
    content = candidate.get("content") or {}
    parts = content.get("parts", []) if isinstance(content, dict) else content
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
    prompt, said, thought = (
        token_count(usage.get(f"{name}TokenCount")) for name in ("prompt", "candidates", "thoughts")
    )
    if said is None and prompt is not None and "totalTokenCount" in usage:
        said = 0  # JSON of protocol buffers leaves a zero out
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


def version_of(body: Mapping[str, Any]) -> str | None:
    """Return the model that answered, as the server names it."""
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
