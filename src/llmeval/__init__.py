"""llmeval decides, with evidence, whether an LLM endpoint may be released.

The names below load on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmeval.ports import CallFailed as CallFailed
    from llmeval.records import Case as Case
    from llmeval.records import Message as Message
    from llmeval.records import NotScored as NotScored
    from llmeval.records import Response as Response
    from llmeval.records import Sample as Sample
    from llmeval.records import Score as Score
    from llmeval.records import ScorerIdentity as ScorerIdentity
    from llmeval.suites import evaluate as evaluate

__all__ = [
    "CallFailed",
    "Case",
    "Message",
    "NotScored",
    "Response",
    "Sample",
    "Score",
    "ScorerIdentity",
    "__version__",
    "evaluate",
]

__version__ = "0.1.0"

_HOMES = {
    "CallFailed": "llmeval.ports",
    "evaluate": "llmeval.suites",
    **dict.fromkeys(
        ("Case", "Message", "NotScored", "Response", "Sample", "Score", "ScorerIdentity"),
        "llmeval.records",
    ),
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'llmeval' has no attribute {name!r}")
