"""llmeval decides, with evidence, whether an LLM endpoint may be released.

The names below load on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmeval.suites import evaluate as evaluate

__all__ = ["__version__", "evaluate"]

__version__ = "0.1.0"

_HOMES = {"evaluate": "llmeval.suites"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'llmeval' has no attribute {name!r}")
