"""What a case says of its own request: harmless or not, and in which words."""

from __future__ import annotations

from typing import Any, Final

from llmeval.records import Case, Sample
from llmeval.scorers.findings import Missing, clip

__all__ = ["is_safe", "prompt_of"]

_YES: Final = ("yes", "true", "1", "safe")
_NO: Final = ("no", "false", "0", "unsafe")


def is_safe(case: Case, field: str) -> bool | None:
    """Return whether the case is marked as a harmless request; ``None`` where it has no mark.

    The mark is ``tags[field]`` or ``inputs[field]`` (``yes``, ``no``, or a boolean). A row of
    XSTest has its ``type``: those that begin with ``contrast_`` ask for harm.
    """
    given: Any = case.tags.get(field)
    if given is None:
        given = case.inputs.get(field)
    if given is None:
        return None
    word = str(given).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    if field == "type":
        return not word.startswith("contrast_")
    raise Missing(f"the mark {field!r} must be 'yes' or 'no', not {clip(word, 40)!r}")


def prompt_of(sample: Sample) -> str:
    """Return the request: ``inputs["prompt"]``, else the last user message, else ""."""
    given = sample.case.inputs.get("prompt")
    if isinstance(given, str):
        return given
    said = [message.content for message in sample.prompt if message.role == "user"]
    return said[-1] if said else ""
