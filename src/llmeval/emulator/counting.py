"""What a server has seen: calls, outcomes, connections. Nothing of it outlives a reset."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["CountedCall", "Counts"]


@dataclass(slots=True)
class CountedCall:
    """One call to a model: its number since the last reset, and how it ended."""

    number: int
    outcome: str = "disconnected"


class Counts:
    """Counts since the start or the last reset."""

    def __init__(self) -> None:
        self._connections: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next call is number 0. Connections that are open stay counted."""
        self.calls = 0
        self.in_flight = 0
        self.max_in_flight = 0
        self.tokens_issued = 0
        self.outcomes: Counter[str] = Counter()
        self.routes: Counter[str] = Counter()
        self.endpoints: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.opened = self.open_connections

    @property
    def open_connections(self) -> int:
        """Connections that have carried a request and are open now."""
        return sum(not transport.is_closing() for transport in self._connections)

    def connected(self, transport: asyncio.BaseTransport | None) -> None:
        """Note the connection that a request came by."""
        if transport is not None and transport not in self._connections:
            self._connections.add(transport)
            self.opened += 1

    @contextlib.contextmanager
    def call(self) -> Iterator[CountedCall]:
        """Count one call, whatever becomes of it: the caller says so in ``outcome``."""
        call, outcomes = CountedCall(self.calls), self.outcomes
        self.calls += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            yield call
        finally:
            outcomes[call.outcome] += 1
            self.in_flight = max(0, self.in_flight - 1)

    def as_json(self) -> dict[str, Any]:
        """Return the counts of every surface, and those of Vertex's once it was called."""
        counts: dict[str, Any] = {
            "calls": self.calls,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "outcomes": dict(self.outcomes),
        }
        if self.routes or self.tokens_issued:
            counts |= {
                "routes": dict(self.routes),
                "endpoints": dict(self.endpoints),
                "labels": dict(self.labels),
                "tokens_issued": self.tokens_issued,
                "connections": {"open": self.open_connections, "opened": self.opened},
            }
        return counts
