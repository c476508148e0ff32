"""Blocking functions off the event loop, in daemon threads.

``concurrent.futures`` waits for its threads when the interpreter exits; a user's function that
hangs must not keep a finished run alive, so these threads are daemons.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["DaemonThreads", "in_daemon"]


class DaemonThreads:
    """At most ``size`` threads at work; a thread whose caller gave up no longer counts."""

    def __init__(self, size: int) -> None:
        self._slots = asyncio.Semaphore(size)
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = 0
        self._closed = False
        self._lock = threading.Lock()

    async def run[Result](self, function: Callable[[], Result]) -> Result:
        """Return ``function()``, which must not raise: what it raises is lost with its caller."""
        async with self._slots:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[Result] = loop.create_future()

            def job() -> None:
                result = function()
                with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
                    loop.call_soon_threadsafe(_settle, future, result)

            self._put(job)
            return await future

    def close(self) -> None:
        """Let idle threads end; busy ones end with their work or with the process."""
        with self._lock:
            self._closed = True
            for _ in range(self._idle):
                self._jobs.put(None)
            self._idle = 0

    def _put(self, job: Callable[[], None]) -> None:
        with self._lock:
            if self._idle:
                self._idle -= 1
                self._jobs.put(job)
                return
        threading.Thread(target=self._work, args=(job,), daemon=True, name="llmeval-call").start()

    def _work(self, job: Callable[[], None] | None) -> None:
        while job is not None:
            job()
            with self._lock:
                if self._closed:
                    return
                self._idle += 1
            job = self._jobs.get()


async def in_daemon[Result](function: Callable[[], Result]) -> Result:
    """Return or raise what ``function`` does, in a thread of its own. A caller that gives up does
    not wait for it, nor does a process that ends."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def job() -> None:
        settle: Callable[[], None]
        try:
            settle = partial(_settle, future, function())
        except Exception as error:  # noqa: BLE001 - it is raised where it is awaited
            settle = partial(_fail, future, error)
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
            loop.call_soon_threadsafe(settle)

    threading.Thread(target=job, daemon=True, name="llmeval-wait").start()
    return await future


def _settle[Result](future: asyncio.Future[Result], result: Result) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
