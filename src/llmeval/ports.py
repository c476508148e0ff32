"""What the rooms of llmeval ask of each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from llmeval.records import (
    Attempt,
    CallFailure,
    Case,
    EndpointIdentity,
    Message,
    NotScored,
    Observation,
    Request,
    Response,
    Sample,
    SampleKey,
    Score,
    ScorerIdentity,
)

__all__ = ["Asker", "CallFailed", "Clock", "Endpoint", "Scorer", "Sent", "Solver", "Tracer"]


class CallFailed(Exception):
    """An ``Asker`` got no answer. A solver lets it pass: the failure becomes the outcome."""

    def __init__(self, failure: CallFailure) -> None:
        super().__init__(f"{failure.kind}: {failure.message}")
        self.failure = failure


class Clock(Protocol):
    """Time as an argument: seconds."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary point, never going back."""

    def time(self) -> float:
        """Return Unix time."""


class Endpoint(Protocol):
    """A model that can be asked. Lives on one event loop between ``open`` and ``close``."""

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers; after ``open``, with all that a look-up could tell."""

    async def open(self) -> None:
        """Acquire connections; may look the endpoint up. Raises ``InfrastructureError``."""

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port's
        """Ask once, without retry, within ``timeout`` seconds.

        Whatever the endpoint or the network does is an ``Attempt`` with a ``CallFailure``;
        only a defect of ours raises. ``Attempt.latency`` holds no queueing of ours.
        """

    async def close(self) -> None:
        """Release connections. Safe to call twice."""


@runtime_checkable
class Scorer(Protocol):
    """Judges answered samples. Called off the event loop with micro-batches."""

    @property
    def identity(self) -> ScorerIdentity:
        """Name, version and parameters, all of which enter the record's hash."""

    def score(self, samples: Sequence[Sample]) -> Sequence[Score | NotScored]:
        """Return one finding a sample, in order. A raised exception becomes ``NotScored``."""


class Asker(Protocol):
    """The endpoint as a solver sees it: each ``ask`` is retried, limited, cached and counted."""

    async def ask(self, prompt: str | Sequence[Message], **settings: Any) -> Response:
        """Return the answer; raises ``CallFailed``, which the engine records as the outcome."""


Solver = Callable[[Case, Asker], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt as it went out: to whom, what, when (Unix time), and what came of it."""

    endpoint: EndpointIdentity
    request: Request
    at: float
    attempt: Attempt


class Tracer(Protocol):
    """Is told what was measured, once it is over. Telling costs the caller next to nothing, and
    never raises."""

    def sampled(
        self, key: SampleKey, sent: Sequence[Sent], observation: Observation | None
    ) -> None:
        """Take note of a sample and its attempts; ``None`` where the run ended before its end."""

    def called(self, sent: Sequence[Sent]) -> None:
        """Take note of a call outside of the plan."""

    def settle(self) -> None:
        """Wait, for a while at most, until nothing of what was told is still to be done."""
