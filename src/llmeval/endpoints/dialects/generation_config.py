"""Generation settings by their OpenAI names as Gemini's ``generationConfig``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmeval.errors import nearest

__all__ = ["generation_config", "refused_setting"]

_NAMES = {
    "temperature": "temperature",
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "max_output_tokens": "maxOutputTokens",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "response_mime_type": "responseMimeType",
    "response_schema": "responseSchema",
    "response_json_schema": "responseJsonSchema",
    "thinking_config": "thinkingConfig",
    "audio_timestamp": "audioTimestamp",
    "media_resolution": "mediaResolution",
    "response_modalities": "responseModalities",
    "routing_config": "routingConfig",
}
"""Setting -> field of ``generationConfig``."""

_FIELDS = {**_NAMES, **{field: field for field in _NAMES.values()}}
_SPECIAL = (
    "stop", "stop_sequences", "stopSequences", "logprobs", "top_logprobs", "response_format",
    "reasoning_effort", "generation_config", "generationConfig", "labels",
)  # fmt: skip
_BESIDE = (
    "safety_settings", "safetySettings", "tools", "tool_config", "toolConfig", "cached_content",
    "cachedContent", "model_armor_config", "modelArmorConfig",
)  # fmt: skip
_KNOWN = frozenset((*_FIELDS, *_SPECIAL, *_BESIDE))
_THOUGHT = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""``reasoning_effort`` -> thinking budget in tokens, as Google's own OpenAI surface reads it."""

_FORMATS = ("text", "json_object", "json_schema")
_REPEAT = (
    "ask for repetitions with samples=N instead: each is a sample of its own; candidates = N in "
    "[tool.llmeval.endpoints] lets them share a call"
)
_OURS = {
    "n": _REPEAT,
    "candidate_count": _REPEAT,
    "candidateCount": _REPEAT,
    "model": "it belongs into the model reference",
    "messages": "they come from the prompt",
    "contents": "they come from the prompt",
    "system_instruction": "it comes from the prompt's system turns",
    "systemInstruction": "it comes from the prompt's system turns",
    "stream": "say stream=True in evaluate() instead",
}
"""Settings that would falsify the record -> what to do instead."""

_HARMLESS = ("n", "candidate_count", "candidateCount")
"""Refused, unless they are 1."""


def refused_setting(settings: Mapping[str, Any]) -> str | None:
    """Return why ``settings`` cannot be sent, or ``None``. ``n=1`` is harmless."""
    for name, value in settings.items():
        if value is None or (name in _HARMLESS and value == 1):
            continue
        if name in _OURS:
            return f"the setting {name}={value!r} is not sent: {_OURS[name]}"
        if name not in _KNOWN:
            return (
                f"generateContent knows no setting {name!r}.{nearest(name, _KNOWN)} Fields of "
                f"generationConfig that are not listed go into 'generation_config'"
            )
    return _misread(settings) if settings else None


def _misread(settings: Mapping[str, Any]) -> str | None:
    """Return which setting has a value that would be left out in silence."""
    wanted, effort = settings.get("response_format"), settings.get("reasoning_effort")
    if wanted is not None and not (isinstance(wanted, Mapping) and wanted.get("type") in _FORMATS):
        return f"response_format={wanted!r} has none of the types {', '.join(_FORMATS)}"
    if effort is not None and str(effort) not in _THOUGHT:
        return f"reasoning_effort={effort!r} is none of {', '.join(_THOUGHT)}"
    for name in ("labels", "generation_config", "generationConfig"):
        if settings.get(name) is not None and not isinstance(settings[name], Mapping):
            return f"{name}={settings[name]!r} is no table"
    config = settings.get("generation_config") or settings.get("generationConfig") or {}
    if any(config.get(name, 1) != 1 for name in ("candidateCount", "candidate_count")):
        return f"generation_config with several candidates is not sent: {_REPEAT}"
    return None


def generation_config(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``generationConfig``; ``settings["generation_config"]`` is taken as it is and wins."""
    config: dict[str, Any] = {}
    for name, value in settings.items():
        field = _FIELDS.get(name)
        if field and value is not None:
            config[field] = value
    stop = settings.get("stop") or settings.get("stop_sequences") or settings.get("stopSequences")
    if stop:
        config["stopSequences"] = [stop] if isinstance(stop, str) else list(stop)
    config |= _logprobs(settings) | _format(settings.get("response_format"))
    effort = settings.get("reasoning_effort")
    if effort is not None:
        config.setdefault("thinkingConfig", {"thinkingBudget": _THOUGHT[str(effort)]})
    own = settings.get("generation_config") or settings.get("generationConfig")
    return config | dict(own) if isinstance(own, Mapping) else config


def _logprobs(settings: Mapping[str, Any]) -> dict[str, Any]:
    asked, top = settings.get("logprobs"), settings.get("top_logprobs")
    if not asked and not top:
        return {}
    count = top if top is not None else (asked if type(asked) is int else None)
    return {"responseLogprobs": True} | ({"logprobs": count} if count is not None else {})


def _format(wanted: object) -> dict[str, Any]:
    """Read OpenAI's ``response_format``."""
    kind = wanted.get("type") if isinstance(wanted, Mapping) else None
    if kind not in ("json_object", "json_schema"):
        return {}
    found: dict[str, Any] = {"responseMimeType": "application/json"}
    inner = wanted.get("json_schema") if isinstance(wanted, Mapping) else None
    if kind == "json_schema" and isinstance(inner, Mapping) and inner.get("schema") is not None:
        found["responseJsonSchema"] = inner["schema"]
    return found
