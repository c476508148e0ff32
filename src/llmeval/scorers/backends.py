"""What scorers with several backends ask of their arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmeval.errors import SuiteError, nearest

__all__ = ["check_backend", "options_of"]


def check_backend(scorer: str, backend: str, known: Sequence[str]) -> None:
    """Raise ``SuiteError`` for a backend that is none."""
    if backend not in known:
        raise SuiteError(
            f"{scorer}(backend={backend!r}): there are {', '.join(known)}.{nearest(backend, known)}"
        )


def options_of(
    scorer: str, backend: str, trained: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return those of a trained backend's options that were given (not ``None``).

    Raises ``SuiteError`` where there are some and the backend is not ``trained``.
    """
    given = {key: value for key, value in options.items() if value is not None}
    if given and backend != trained:
        raise SuiteError(f"{scorer}({', '.join(given)}=…) goes with backend={trained!r}")
    return given
