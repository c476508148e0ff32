"""What the rooms of llmeval ask of each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
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

__all__ = [
    "Asker",
    "CallFailed",
    "Clock",
    "Endpoint",
    "Judge",
    "JudgeScorer",
    "JudgeTemplate",
    "Scorer",
    "Sent",
    "Solver",
    "Tracer",
]


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


class JudgeTemplate(Protocol):
    """A prompt that asks for a verdict: how it is put, and what its labels are worth."""

    @property
    def name(self) -> str:
        """Where it stands, such as ``judges/groundedness.j2``."""

    @property
    def hash(self) -> str:
        """SHA-256 over its source and all that it draws in."""

    @property
    def labels(self) -> Mapping[str, float]:
        """Label -> value in 0..1, where 1 is the good end."""

    @property
    def pairwise(self) -> bool:
        """Whether two answers are compared, and the labels name the better one."""

    def render(self, values: Mapping[str, Any]) -> tuple[Message, ...]:
        """Return the messages; raises ``PromptError`` where ``values`` lack something."""


class Judge(Protocol):
    """A judging endpoint as a scorer sees it: each ``ask`` is retried, limited, cached, counted."""

    @property
    def identity(self) -> EndpointIdentity:
        """Who judges."""

    async def ask(
        self, messages: Sequence[Message], *, repetition: int = 0, **settings: Any
    ) -> Response | CallFailure:
        """Return the answer or the failure. ``repetition`` tells another try from the first."""


@runtime_checkable
class JudgeScorer(Scorer, Protocol):
    """A scorer whose verdicts come from models. Its ``score`` says that no judge was given."""

    def with_template(self, load: Callable[[str], JudgeTemplate]) -> JudgeScorer:
        """Return the scorer with its prompt, whose hash is then part of its identity."""

    async def judge(self, sample: Sample, judges: Sequence[Judge]) -> Score | NotScored:
        """Return the finding on one sample; runs on the engine's loop and must not block it."""


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
