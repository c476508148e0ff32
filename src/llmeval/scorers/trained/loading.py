"""Loading a model once a process, or finding out once why it cannot be loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import lru_cache

from llmeval.scorers.findings import clip

__all__ = ["loading_once"]


def loading_once[M: Hashable, L](load: Callable[[M], L], *, most: int) -> Callable[[M], L | str]:
    """Return ``load`` so that it loads each model once (of four at most), one at a time, and
    returns why a model cannot be loaded, in ``most`` characters, instead of raising."""
    lock = threading.Lock()

    @lru_cache(maxsize=4)
    def tried(model: M) -> L | str:
        try:
            return load(model)
        except Exception as error:  # noqa: BLE001 - untrusted files may break the loader in any way
            # transformers' messages are pages long; their first line says what happened.
            said = next((line for line in str(error).splitlines() if line.strip()), "")
            return clip(f"{type(error).__name__}: {said}", most)

    def loaded(model: M) -> L | str:
        with lock:
            return tried(model)

    return loaded
