"""Names of publishers' models: what a name that Vertex AI does not know may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from types import MappingProxyType

from llmeval.endpoints.vertex.references import is_vertex

__all__ = ["PUBLISHED", "near_models"]

PUBLISHED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "google": (
            "gemini-2.0-flash", "gemini-2.0-flash-001", "gemini-2.0-flash-lite",
            "gemini-2.0-flash-lite-001", "gemini-2.5-pro", "gemini-2.5-flash",
            "gemini-2.5-flash-lite", "gemini-3-pro-preview", "gemini-3-flash-preview",
            "gemini-3.1-pro-preview", "gemini-3.1-flash-lite", "gemini-3.5-flash",
            "gemini-3.5-flash-lite",
        ),
        "anthropic": (
            "claude-haiku-4-5", "claude-haiku-5-5", "claude-sonnet-4-5", "claude-sonnet-4-6",
            "claude-sonnet-5-5", "claude-opus-4-5", "claude-opus-4-6", "claude-opus-4-7",
            "claude-opus-4-8", "claude-opus-5", "claude-opus-5-5",
        ),
        "mistralai": ("mistral-medium-3", "mistral-small-2503", "codestral-2"),
        "meta": (
            "llama-3.3-70b-instruct-maas", "llama-4-maverick-17b-128e-instruct-maas",
            "llama-4-scout-17b-16e-instruct-maas",
        ),
        "openai": ("gpt-oss-120b-maas", "gpt-oss-20b-maas"),
        "deepseek-ai": ("deepseek-v3.2-maas", "deepseek-r1-0528-maas"),
        "qwen": ("qwen3-coder-480b-a35b-instruct-maas",),
        "zai-org": ("glm-5-maas",),
    }
)  # fmt: skip
"""Publisher -> models that it offered on Vertex AI in November 2026. Not a list of what may be
asked: every name is asked for, and this only helps where one is not known."""


_ALIKE = 0.6


def near_models(name: str, listed: Mapping[str, Iterable[str]] = PUBLISHED) -> list[str]:
    """Return up to three references to models whose names are like ``name``, the nearest first.

    ``listed`` maps a publisher to its models' names.
    """
    wanted = name.partition("@")[0].lower()
    ranked = sorted(
        {
            (-_likeness(wanted, model), _reference(publisher, model))
            for publisher, models in listed.items()
            for model in models
        }
    )
    return [reference for score, reference in ranked if -score >= _ALIKE][:3]


def _likeness(one: str, other: str) -> float:
    """Return 0..1, whatever the order of the words: ``claude-4.6-opus`` is ``claude-opus-4-6``."""
    words = ["-".join(sorted(re.split(r"[-._]", name))) for name in (one, other)]
    return max(SequenceMatcher(None, *pair).ratio() for pair in ((one, other), words))


def _reference(publisher: str, model: str) -> str:
    """Return the shortest reference to a model: Gemini and Claude need no publisher."""
    known = publisher in ("google", "anthropic") and is_vertex(model)
    return model if known else f"{publisher}/{model}"
