"""What the surfaces of one server share: the models, the faults in force, the counts."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
from aiohttp import web

from llmeval.emulator.counting import Counts
from llmeval.emulator.faults import Faults, TokenBucket, draw
from llmeval.ports import Endpoint
from llmeval.records import Attempt, Request

__all__ = ["PATIENCE", "Emulation"]

PATIENCE = 3600.0
"""Seconds that a server waits for the model behind it, and that a hanging answer hangs."""


class Emulation:
    """One server's state. ``endpoints`` are the models behind it by the name they are asked by."""

    def __init__(self, endpoints: Mapping[str, Endpoint], faults: Faults, seed: int) -> None:
        self.endpoints = dict(endpoints)
        self.seed = seed
        self.counts = Counts()
        self.force(faults)
        self._asked: Counter[int] = Counter()

    def force(self, faults: Faults) -> None:
        """Put ``faults`` in force from the next request on, with full quotas."""
        self.faults = faults
        self._drawing = faults.any
        self._quotas: dict[str, TokenBucket] = {}

    def reset(self) -> None:
        """Forget all that was counted: the next request is number 0 again."""
        self.counts.reset()
        self._asked.clear()
        self._quotas.clear()

    async def lifetime(self, _: web.Application) -> AsyncIterator[None]:
        """Open the endpoints when the server starts, close them when it ends."""
        async with contextlib.AsyncExitStack() as stack:
            for endpoint in self.endpoints.values():
                await endpoint.open()
                stack.push_async_callback(endpoint.close)
            yield

    async def ask(self, name: str, request: Request) -> Attempt:
        """Ask the model ``name`` once. Raises ``KeyError`` where there is none.

        Equal questions are numbered, so that a simulator draws anew for each.
        """
        endpoint = self.endpoints[name]
        key = hash((name, tuple((m.role, m.content) for m in request.messages)))
        repetition, self._asked[key] = self._asked[key], self._asked[key] + 1
        return await endpoint.send(
            msgspec.structs.replace(request, repetition=repetition), PATIENCE
        )

    def fault(self, number: int, kinds: Sequence[str]) -> str | None:
        """Return the fault that is drawn for call ``number`` among ``kinds``."""
        return draw(self.faults, self.seed, number, kinds) if self._drawing else None

    def over_quota(self, rate: float | None, whose: str) -> float | None:
        """Take from the quota ``whose``, of ``rate`` calls a second (``None``: unlimited).

        Returns ``None`` where the call is within it, else the seconds until it would be.
        """
        if rate is None:
            return None
        bucket = self._quotas.get(whose)
        if bucket is None:
            bucket = self._quotas[whose] = TokenBucket(rate, time.monotonic)
        return None if bucket.take() else bucket.wait
