"""An event loop in a thread of its own, for servers that live beside the code that calls them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

__all__ = ["Background", "background"]

_SECONDS = 30.0

_T = TypeVar("_T")


class Background:
    """A loop that runs in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run ``work`` there and return what it does. Raises ``TimeoutError`` after 30 seconds."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)


@contextlib.contextmanager
def background(name: str) -> Iterator[Background]:
    """Give a loop that runs in a thread called ``name``; leaving the context ends both."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()
    try:
        yield Background(loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()
