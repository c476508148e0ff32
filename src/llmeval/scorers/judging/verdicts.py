"""What a judge's reply says: one label of those that were offered, or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from llmeval.scorers.findings import clip

__all__ = ["Unreadable", "Verdict", "verdict_in", "verdict_schema"]

_FENCE = re.compile(r"\A```[\w-]*[ \t]*\n(.*?)\n?```\Z", re.DOTALL)
_LONGEST = 20_000


class Unreadable(ValueError):
    """A reply that holds no verdict; the message says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's label, and the reasons it gave."""

    label: str
    reasoning: str


def verdict_in(reply: str, labels: Collection[str]) -> Verdict:
    """Read a reply: one JSON object, bare or in one code fence, whose ``label`` is one of
    ``labels``. Nothing is guessed from prose, and no label is taken for another.

    Raises ``Unreadable``.
    """
    text = reply.strip()
    if len(text) > _LONGEST:
        raise Unreadable(f"the reply has {len(text):,} characters")
    fenced = _FENCE.match(text)
    try:
        found = json.loads(fenced[1] if fenced else text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Unreadable(f"the reply is not one JSON object: {clip(text, 80)!r}") from None
    if not isinstance(found, dict) or "label" not in found:
        raise Unreadable(f"the reply has no 'label': {clip(text, 80)!r}")
    label, reasoning = found["label"], found.get("reasoning", "")
    if not isinstance(label, str | int) or isinstance(label, bool) or str(label) not in labels:
        raise Unreadable(f"the label {clip(str(label), 40)!r} is none of {', '.join(labels)}")
    return Verdict(str(label), clip(reasoning, 500) if isinstance(reasoning, str) else "")


def verdict_schema(labels: Collection[str]) -> dict[str, Any]:
    """Return the ``response_format`` that holds a judge to its form, where the endpoint can."""
    schema = {
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            "label": {"type": "string", "enum": list(labels)},
        },
        "required": ["reasoning", "label"],
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "schema": schema, "strict": True},
    }


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse two labels in one object."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
