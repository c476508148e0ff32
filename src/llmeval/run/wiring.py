"""What an engine is given: limits, clock, record and cache."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmeval.ports import Clock, Endpoint, Tracer
from llmeval.records import Observation, Price, SampleKey
from llmeval.run.call import CallPolicy
from llmeval.store import ResponseCache

__all__ = ["SystemClock", "Wiring"]


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """See ``ports.Clock``."""
        return time.perf_counter()

    def time(self) -> float:
        """See ``ports.Clock``."""
        return time.time()


def _nothing(key: SampleKey) -> Observation | None:
    return None


def _ignore() -> None:
    return None


@dataclass(frozen=True)
class Wiring:
    """``opened`` is called once every endpoint is open and knows who it is; ``prepared`` is
    awaited before the first sample is asked. ``record`` appends an observation and must not return
    before it is safe; ``recorded`` looks one up that an earlier session measured. ``judges`` are
    asked by scorers, under the same budget. ``budget`` is US dollars; ``prices`` is the user's own
    table. ``tracer`` is told of every sample and call, but of none while latency is measured."""

    record: Callable[[Observation], None]
    opened: Callable[[], None] = _ignore
    prepared: Callable[[], Awaitable[None]] | None = None
    recorded: Callable[[SampleKey], Observation | None] = _nothing
    clock: Clock = field(default_factory=SystemClock)
    policy: CallPolicy = field(default_factory=CallPolicy)
    concurrency: int = 32
    max_calls: int | None = None
    budget: float | None = None
    cache: ResponseCache | None = None
    judges: Sequence[Endpoint] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    tracer: Tracer | None = None
