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
}
"""Setting -> field of ``generationConfig``."""

_SPECIAL = {"stop", "stop_sequences", "logprobs", "top_logprobs", "response_format", "n"}
_SPECIAL |= {"reasoning_effort", "generation_config", "labels"}
_BESIDE = {"safety_settings", "tools", "tool_config", "cached_content", "model_armor_config"}
_THOUGHT = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""``reasoning_effort`` -> thinking budget in tokens, as Google's own OpenAI surface reads it."""

_OURS = {
    "n": "ask for repetitions with samples=N instead: each is a sample of its own",
    "model": "it belongs into the model reference",
    "messages": "they come from the prompt",
    "contents": "they come from the prompt",
    "stream": "say stream=True in evaluate() instead",
}
"""Settings that would falsify the record -> what to do instead."""


def refused_setting(settings: Mapping[str, Any]) -> str | None:
    """Return why ``settings`` cannot be sent, or ``None``. ``n=1`` is harmless."""
    for name, value in settings.items():
        if value is None or (name == "n" and value == 1):
            continue
        if name in _OURS:
            return f"the setting {name}={value!r} is not sent: {_OURS[name]}"
        if not _known(name):
            known = [*_NAMES, *_SPECIAL, *_BESIDE]
            return (
                f"generateContent knows no setting {name!r}.{nearest(name, known)} Fields of "
                f"generationConfig that are not listed go into 'generation_config'"
            )
    return None


def generation_config(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``generationConfig``; ``settings["generation_config"]`` is taken as it is and wins."""
    config: dict[str, Any] = {}
    for name, value in settings.items():
        field = _NAMES.get(name) or (name if name in _NAMES.values() else None)
        if field and value is not None:
            config[field] = value
    stop = settings.get("stop") or settings.get("stop_sequences") or settings.get("stopSequences")
    if stop:
        config["stopSequences"] = [stop] if isinstance(stop, str) else list(stop)
    config |= _logprobs(settings) | _format(settings.get("response_format"))
    effort = settings.get("reasoning_effort")
    if isinstance(effort, str) and "thinkingConfig" not in config and effort in _THOUGHT:
        config["thinkingConfig"] = {"thinkingBudget": _THOUGHT[effort]}
    own = settings.get("generation_config") or settings.get("generationConfig")
    return config | dict(own) if isinstance(own, Mapping) else config


def _known(name: str) -> bool:
    native = {*_NAMES.values(), "stopSequences", "generationConfig"}
    native |= {"safetySettings", "toolConfig", "cachedContent", "modelArmorConfig"}
    return name in _NAMES or name in _SPECIAL or name in _BESIDE or name in native


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
