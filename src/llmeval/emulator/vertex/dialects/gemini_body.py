"""The body of generateContent and countTokens: checked as Vertex checks it, and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmeval.emulator.vertex.dialects.schema import json_schema
from llmeval.emulator.vertex.errors import GoogleError, invalid
from llmeval.records import Message, Request, Role

__all__ = ["CATEGORIES", "GenerateAsk", "read_generate", "read_messages"]

CATEGORIES = (
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
)
"""Categories that every answer is rated in, in the order of their numbers, which begin at 1."""

_MORE_CATEGORIES = ("HARM_CATEGORY_CIVIC_INTEGRITY", "HARM_CATEGORY_JAILBREAK")
_THRESHOLDS = (
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
)
_BODY = frozenset(
    {
        "model",
        "contents",
        "systemInstruction",
        "cachedContent",
        "tools",
        "toolConfig",
        "labels",
        "safetySettings",
        "modelArmorConfig",
        "generationConfig",
    }
)
_CONFIG = frozenset(
    {
        "temperature",
        "topP",
        "topK",
        "candidateCount",
        "maxOutputTokens",
        "stopSequences",
        "responseLogprobs",
        "logprobs",
        "presencePenalty",
        "frequencyPenalty",
        "seed",
        "responseMimeType",
        "responseSchema",
        "responseJsonSchema",
        "routingConfig",
        "audioTimestamp",
        "responseModalities",
        "mediaResolution",
        "speechConfig",
        "thinkingConfig",
        "modelConfig",
        "enableAffectiveDialog",
        "imageConfig",
    }
)
_RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2.0001),
    "topP": (0, 1.0001),
    "candidateCount": (1, 9),
    "maxOutputTokens": (1, 65537),
    "logprobs": (1, 21),
}
"""Setting -> least value, and the value that it must stay below."""

_SETTINGS = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxOutputTokens": "max_tokens",
    "stopSequences": "stop",
    "seed": "seed",
}
"""Gemini's name -> OpenAI's, which the models behind know."""

_ROLES: Mapping[str, Role] = {"": "user", "user": "user", "model": "assistant", "function": "user"}
_LEARN_MORE = (
    "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
)


@dataclass(frozen=True, slots=True)
class GenerateAsk:
    """What a generateContent call asks for.

    ``logprobs`` is how many alternatives a token shall have (``None``: none are asked for);
    ``thinking`` the budget of thinking tokens (``None``: not set, -1: the model's own choice);
    ``unrated`` are the categories that the caller turned off.
    """

    request: Request
    candidates: int = 1
    stop: tuple[str, ...] = ()
    logprobs: int | None = None
    thinking: int | None = None
    include_thoughts: bool = False
    unrated: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)


def read_generate(body: object, seed: int) -> GenerateAsk:
    """Return what ``body`` asks for; ``seed`` counts where the body has none of its own.

    Raises ``GoogleError`` (400 INVALID_ARGUMENT) as the service does.
    """
    given = _fields(body, _BODY, "")
    config = _fields(given.get("generationConfig", {}), _CONFIG, "generation_config")
    for name, (least, beyond) in _RANGES.items():
        _within(config, name, least, beyond)
    own = config.get("seed", seed)
    settings = {name: config[key] for key, name in _SETTINGS.items() if key in config}
    thinking = {_camel(key): value for key, value in _mapping(config, "thinkingConfig").items()}
    return GenerateAsk(
        request=Request(
            messages=read_messages(given),
            settings=settings | _format(config),
            seed=own if isinstance(own, int) else seed,
        ),
        candidates=int(config.get("candidateCount", 1)),
        stop=_strings(config, "stopSequences"),
        logprobs=int(config.get("logprobs", 0)) if config.get("responseLogprobs") else None,
        thinking=_maybe_int(thinking.get("thinkingBudget")),
        include_thoughts=thinking.get("includeThoughts") is True,
        unrated=_unrated(given.get("safetySettings", [])),
        labels=_labels(given),
    )


def read_messages(body: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return system instruction and contents as messages. Raises ``GoogleError``."""
    contents = body.get("contents")
    if isinstance(contents, dict):
        contents = [contents]
    if not isinstance(contents, list) or not contents:
        raise invalid("Model input cannot be empty.", "contents")
    messages = [_message(content, f"contents[{i}]") for i, content in enumerate(contents)]
    if "systemInstruction" in body:
        text = _text(body["systemInstruction"], "system_instruction")
        messages.insert(0, Message("system", text))
    return tuple(messages)


def _message(content: Any, where: str) -> Message:
    role: Any = content.get("role", "") if isinstance(content, dict) else None
    if role not in _ROLES:
        raise invalid("Please use a valid role: user, model.", f"{where}.role")
    return Message(_ROLES[role], _text(content, where))


def _text(content: Any, where: str) -> str:
    """Return the text of a content's parts; parts of other kinds (images, calls) hold none."""
    parts = content.get("parts") if isinstance(content, dict) else None
    parts = [parts] if isinstance(parts, dict) else parts
    if not isinstance(parts, list) or not parts or not all(isinstance(p, dict) for p in parts):
        raise _unable(
            "it must include at least one parts field, which describes the prompt input", where
        )
    for part in parts:
        if not isinstance(part.get("text", ""), str):
            raise _payload(f"Invalid value at '{where}.parts.text' (TYPE_STRING)", where)
    return "".join(part["text"] for part in parts if "text" in part)


def _fields(value: Any, known: frozenset[str], where: str) -> dict[str, Any]:
    """Return a message's fields by their camel-case names; both ways of writing are allowed."""
    if not isinstance(value, dict):
        raise _payload(f"Invalid value at '{where}': an object is needed", where)
    fields = {_camel(key): inner for key, inner in value.items()}
    for name in fields:
        if name not in known:
            at = f" at '{where}'" if where else ""
            raise _payload(f'Unknown name "{name[:100]}"{at}: Cannot find field.', where)
    return fields


def _within(config: Mapping[str, Any], name: str, least: float, beyond: float) -> None:
    value = config.get(name)
    if value is None:
        return
    where = f"generation_config.{name}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _payload(f"Invalid value at '{where}' (TYPE_FLOAT), {value!r}", where)
    if not least <= value < beyond:
        raise _unable(
            f"it has a {name} value of {value:g} but the supported range is from {least:g} "
            f"(inclusive) to {beyond:g} (exclusive). Update the value and try again",
            where,
        )


def _format(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response format as OpenAI says it, which the models behind can read."""
    schema: Any = config.get("responseJsonSchema")
    if "responseSchema" in config:
        try:
            schema = json_schema(config["responseSchema"])
        except (ValueError, TypeError) as error:
            where = "generation_config.response_schema"
            raise _payload(f"Invalid value at '{where}': {error}", where) from None
    mime = config.get("responseMimeType", "text/plain")
    if schema is not None:
        if mime not in ("application/json", "text/x.enum"):
            raise invalid(
                f"response_mime_type must be application/json with a schema, not {mime!r}",
                "generation_config.response_mime_type",
            )
        described = {"name": "response", "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": described}}
    return {"response_format": {"type": "json_object"}} if mime == "application/json" else {}


def _unrated(settings: Any) -> frozenset[str]:
    if not isinstance(settings, list):
        raise _payload("Invalid value at 'safety_settings'", "safety_settings")
    off = set()
    for index, setting in enumerate(settings):
        where = f"safety_settings[{index}]"
        if not isinstance(setting, dict):
            raise _payload(f"Invalid value at '{where}'", where)
        category = _enum(setting.get("category"), ("", *CATEGORIES, *_MORE_CATEGORIES), where)
        if _enum(setting.get("threshold", 0), _THRESHOLDS, where) == "OFF":
            off.add(category)
    return frozenset(off)


def _enum(value: Any, names: tuple[str, ...], where: str) -> str:
    """Return the name of an enum's value, which may come as its number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    if isinstance(value, str) and value in names:
        return value
    raise _payload(f"Invalid value at '{where}' (enum), {str(value)[:100]!r}", where)


def _labels(given: Mapping[str, Any]) -> dict[str, str]:
    labels = _mapping(given, "labels")
    for key, value in labels.items():
        if not isinstance(value, str):
            raise _payload(f"Invalid value at 'labels[{key}]' (TYPE_STRING)", "labels")
    return labels


def _mapping(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise _payload(f"Invalid value at '{name}': an object is needed", name)
    return value


def _strings(config: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = config.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _payload(f"Invalid value at '{name}' (TYPE_STRING)", f"generation_config.{name}")
    return tuple(item for item in value if item)


def _maybe_int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _payload(problem: str, where: str) -> GoogleError:
    return invalid(f"Invalid JSON payload received. {problem}", where)


def _unable(problem: str, where: str) -> GoogleError:
    return invalid(f"Unable to submit request because {problem}. {_LEARN_MORE}", where)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)
