"""Which format an endpoint speaks, and the dialect that speaks it. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmeval.config import EndpointSettings, Format
from llmeval.endpoints.dialects.dialect import Dialect
from llmeval.errors import ConfigError

if TYPE_CHECKING:
    from llmeval.endpoints.vertex.lookup import Deployed, EndpointResource, ModelResource

__all__ = ["container_of", "dialect_for", "format_of"]

_CHAT_IMAGE = re.compile(r"vllm|text-generation-inference|[/-]tgi\b|hex-?llm|sglang", re.IGNORECASE)
_TGI_IMAGE = re.compile(r"text-generation-inference|[/-]tgi\b", re.IGNORECASE)


def container_of(model: ModelResource | None) -> str:
    """Return the image that serves a model, empty where none is known."""
    return model.container_spec.image_uri if model and model.container_spec else ""


def format_of(
    found: EndpointResource, serving: list[Deployed], models: Mapping[str, ModelResource]
) -> Format:
    """Read the format off what serves most of the traffic."""
    first = serving[0]
    model = models.get(first.id)
    if model and model.base_model_source and model.base_model_source.genie_source:
        return "generate_content"
    image = container_of(model)
    if _CHAT_IMAGE.search(image):
        return "chat"
    machines = first.dedicated_resources or first.automatic_resources or first.shared_resources
    machines = machines or found.network
    return "predict" if image or machines else "generate_content"


def dialect_for(
    kind: Format,
    model: str,
    declared: EndpointSettings,
    labels: Mapping[str, str],
    where: str,
    image: str,
) -> Dialect:
    """Return the dialect of a format. ``model`` is the name in a chat body, ``where`` the reference
    that a message names, ``image`` the container that serves. Raises ``ConfigError``."""
    match kind:
        case "generate_content":
            from llmeval.endpoints.dialects.gemini import Gemini

            return Gemini(labels)
        case "messages":
            from llmeval.endpoints.dialects.messages import Messages

            return Messages()
        case "chat" | "raw_chat":
            from llmeval.endpoints.dialects.chat_stream import Chat

            name = declared.model if declared.model is not None else model
            return Chat(name, asks_usage=kind == "chat")
    return _predict(kind, declared, where, image)


def _predict(kind: Format, declared: EndpointSettings, where: str, image: str) -> Dialect:
    from llmeval.endpoints.dialects.predict import TEMPLATES, Predict, Reading

    container = "custom"
    if _CHAT_IMAGE.search(image):
        container = "tgi" if _TGI_IMAGE.search(image) else "vllm"
    if kind == "raw_predict" and declared.request is None:
        raise ConfigError(
            f"[tool.llmeval.endpoints] {where!r}: raw_predict sends whatever the container takes: "
            f"give its body as 'request', such as "
            f"""request = '{{"prompt": {{{{ prompt | tojson }}}}}}'"""
        )
    made = Predict(
        declared.request if declared.request is not None else TEMPLATES[container],
        Reading(
            declared.answer,
            declared.finish_reason,
            declared.input_tokens,
            declared.output_tokens,
            declared.piece,
        ),
        f"[tool.llmeval.endpoints] {where!r}",
    )
    if declared.instances > 1 and not made.takes_many:
        raise ConfigError(
            f"[tool.llmeval.endpoints] {where!r}: instances = {declared.instances}, but the "
            f"request template has no loop over 'instances'"
        )
    return made
