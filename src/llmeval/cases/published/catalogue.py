"""The formats by name. Each is a module of ``formats``, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from llmeval.errors import UsageError, nearest

if TYPE_CHECKING:
    from llmeval.cases.published.published import Published

__all__ = ["FORMATS", "format_named"]

FORMATS: Final = (
    "bbq",
    "bold",
    "halueval",
    "hatecheck",
    "ifeval",
    "ragtruth",
    "realtoxicityprompts",
    "truthfulqa",
    "winobias",
    "xstest",
)


def format_named(name: str) -> Published:
    """Return a format. Raises ``UsageError`` with the nearest name."""
    if name not in FORMATS:
        raise UsageError(
            f"no format is called {name!r}.{nearest(name, FORMATS)} There are {', '.join(FORMATS)}"
        )
    found: Published = import_module(f"llmeval.cases.published.formats.{name}").FORMAT
    return found
