"""Fakes for the engine's tests: a scripted endpoint, a plan in memory, a loop with its own time."""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmeval.ports import Scorer, Solver
from llmeval.records import (
    Attempt,
    CallFailure,
    Case,
    EndpointIdentity,
    NotScored,
    Observation,
    Request,
    Response,
    Sample,
    Score,
    ScorerIdentity,
    Usage,
)
from llmeval.run import CallPolicy, Engine, PlannedSample, PlannedTest, Wiring, spread
from llmeval.run.budget import Budget
from llmeval.run.call import Caller
from llmeval.run.limits import Breaker, Limiter
from llmeval.suites import ATTRIBUTE, Evaluation, evaluate

Outcome = Response | CallFailure


def said(text: str = "yes", **kwargs: Any) -> Response:
    return Response(text, usage=Usage(10, 5), **kwargs)


def failed(kind: str, **kwargs: Any) -> CallFailure:
    return CallFailure(kind, f"scripted {kind}", **kwargs)


def text_of(request: Request) -> str:
    return request.messages[-1].content


class Scripted:
    """An endpoint that does what ``script`` says: (request, number of this call) -> outcome."""

    def __init__(
        self,
        script: Callable[[Request, int], Outcome] = lambda request, number: said(),
        *,
        delay: float = 0.0,
        ref: str = "fake",
        cacheable: bool = False,
        alias: bool = False,
        opening: float = 0.0,
    ) -> None:
        self.identity = EndpointIdentity(ref, "fake", ref, "1", alias=alias, cacheable=cacheable)
        self.script = script
        self.delay = delay
        self.opening = opening
        self.asked: list[Request] = []
        self.asked_at: list[float] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.opened = self.closed = 0

    async def open(self) -> None:
        await asyncio.sleep(self.opening)
        self.opened += 1

    async def close(self) -> None:
        self.closed += 1

    async def send(self, request: Request, timeout: float) -> Attempt:
        assert self.opened > self.closed, "sent while not open"
        self.asked.append(request)
        self.asked_at.append(asyncio.get_running_loop().time())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            outcome = self.script(request, len(self.asked))
            await asyncio.sleep(self.delay)
        finally:
            self.in_flight -= 1
        return Attempt(outcome, latency=self.delay, ttft=0.25 if request.stream else None)


def in_turn(*outcomes: Outcome) -> Callable[[Request, int], Outcome]:
    """A script that gives these outcomes one after the other, and stays with the last."""
    return lambda request, number: outcomes[min(number, len(outcomes)) - 1]


async def ask_once(case: Case, endpoint: Any) -> Response:
    answer: Response = await endpoint.ask(f"{case.id}?")
    return answer


def cases(count: int, prefix: str = "c") -> list[Case]:
    return [Case(f"{prefix}{number}", {"n": number}) for number in range(count)]


def a_test(
    name: str = "test_x",
    *,
    count: int = 10,
    samples: int = 1,
    scorers: Sequence[Scorer] = (),
    solver: Solver = ask_once,
    suite: str = "suite",
    **declared: Any,
) -> PlannedTest:
    mark = evaluate("cases.jsonl", scorers=scorers, solver=solver, samples=samples, **declared)
    evaluation: Evaluation = getattr(mark(lambda sample: None), ATTRIBUTE)
    return PlannedTest(suite, name, evaluation, cases(count), "hash", None, samples, "cases.jsonl")


def planned(*tests: PlannedTest, models: Sequence[str] = ("fake",)) -> list[PlannedSample]:
    return [sample for test in tests for sample in spread(test, models)]


@dataclass
class Run:
    """An engine with its endpoints and what it recorded."""

    engine: Engine
    endpoints: dict[str, Scripted]
    recorded: list[Observation]
    plan: list[PlannedSample]

    @property
    def endpoint(self) -> Scripted:
        return next(iter(self.endpoints.values()))

    def take_all(self) -> list[Observation]:
        return [self.engine.take(index).observation for index in range(len(self.plan))]

    def __enter__(self) -> Run:
        self.engine.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.engine.close()


def a_run(
    plan: list[PlannedSample],
    *endpoints: Scripted,
    policy: CallPolicy | None = None,
    before_timed: Any = None,
    look_ahead: bool = True,
    engine: type[Engine] = Engine,
    **wiring: Any,
) -> Run:
    recorded: list[Observation] = []
    by_ref = {endpoint.identity.ref: endpoint for endpoint in endpoints or (Scripted(),)}
    wired = Wiring(
        record=wiring.pop("record", recorded.append),
        policy=policy or CallPolicy(timeout=5.0, retry_for=5.0),
        concurrency=wiring.pop("concurrency", 8),
        **wiring,
    )
    made = engine(plan, by_ref, wired, before_timed=before_timed, look_ahead=look_ahead)
    return Run(made, by_ref, recorded, plan)


def engine_threads() -> list[str]:
    """Names of the engine's threads that live now, after a moment of grace."""
    names: list[str] = []
    for _ in range(50):
        names = [t.name for t in threading.enumerate() if t.name.startswith("llmeval")]
        if not names:
            return []
        time.sleep(0.02)
    return names


@dataclass(frozen=True)
class FakeScorer:
    """A scorer around a function of one sample, or of the batch where ``whole`` is given."""

    one: Callable[[Sample], Any] = lambda sample: Score("fake", 1.0)
    whole: Callable[[Sequence[Sample]], Any] | None = None
    name: str = "fake"
    batches: list[int] = field(default_factory=list, compare=False)

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self.name)

    def score(self, samples: Sequence[Sample]) -> Sequence[Score | NotScored]:
        self.batches.append(len(samples))
        return self.whole(samples) if self.whole else [self.one(sample) for sample in samples]


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock leaps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(_Leaping(self))

    def time(self) -> float:
        return self.now


class _Leaping(selectors.SelectSelector):
    def __init__(self, loop: LeapingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing will ever happen: the code under test hangs"
        self._loop.now += max(0.0, timeout)
        return super().select(0)


class LoopClock:
    """The leaping loop's time as a ``Clock``."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def time(self) -> float:
        return 1_700_000_000.0 + self.monotonic()


def leap[T](work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end without waiting for any timer."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(work)


def a_caller(endpoint: Scripted, opened: Iterable[Any] = (), **parts: Any) -> Caller:
    """A caller on the running loop's clock, its endpoint open."""
    clock = LoopClock()
    endpoint.opened = 1
    gone = opened if isinstance(opened, list) else []
    return Caller(
        endpoint=endpoint,
        policy=parts.pop("policy", CallPolicy()),
        limiter=parts.pop("limiter", Limiter(8, clock)),
        breaker=Breaker(clock, gone.append),
        budget=parts.pop("budget", Budget(None, None)),
        clock=clock,
        **parts,
    )
