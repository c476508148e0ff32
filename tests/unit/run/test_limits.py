from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from llmeval.records import Attempt, CallFailure, EndpointIdentity, Message, Request, Response
from llmeval.run.budget import Budget
from llmeval.run.call import Caller, CallPolicy
from llmeval.run.limits import Breaker, Limiter


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer: hours pass at once, always alike."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        poll = self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None) -> Any:
            assert timeout is not None, "everybody waits, and nobody will ever come"
            self.now += max(0.0, timeout)
            return poll(0)

        self._selector.select = jump  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def loop() -> Iterator[SimulatedLoop]:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        found = runner.get_loop()
        assert isinstance(found, SimulatedLoop)
        yield found


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


@dataclass
class Quota:
    """An endpoint that lets ``rate`` calls a second through, counted second by second."""

    identity: ClassVar[EndpointIdentity] = EndpointIdentity("x", "x", "x")

    clock: SimulatedLoop
    rate: float
    latency: float = 0.2
    retry_after: float | None = None
    sent: int = 0
    let_through: dict[int, int] = field(default_factory=dict)

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, request: Request, timeout: float) -> Attempt:
        self.sent += 1
        second = int(self.clock.now)
        if self.let_through.get(second, 0) >= self.rate:
            await asyncio.sleep(0.02)
            return Attempt(CallFailure("quota", "429", 429, self.retry_after), 0.02)
        self.let_through[second] = self.let_through.get(second, 0) + 1
        await asyncio.sleep(self.latency)
        return Attempt(Response("yes"), self.latency)


def measure(loop: SimulatedLoop, endpoint: Quota, calls: int, concurrency: int) -> list[Any]:
    """Make all calls through a limiter as the engine does; return their outcomes."""
    limiter = Limiter(concurrency, loop)
    caller = Caller(
        endpoint,
        CallPolicy(),
        limiter,
        Breaker(loop, lambda failure: None),
        Budget(None, None),
        loop,
        _random=random.Random(1),
    )

    async def one() -> Any:
        await limiter.acquire()
        try:
            return (await caller.call(Request((Message("user", "?"),)))).outcome
        finally:
            limiter.release()

    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(one() for _ in range(calls)))

    return loop.run_until_complete(all_of_them())


@pytest.mark.parametrize("latency", [0.2, 2.0])
@pytest.mark.parametrize("retry_after", [None, 1.0])
@pytest.mark.parametrize(("calls", "concurrency"), [(200, 8), (300, 32)])
def test_a_quota_is_found_and_kept(
    loop: SimulatedLoop, latency: float, retry_after: float | None, calls: int, concurrency: int
) -> None:
    endpoint = Quota(loop, 5, latency, retry_after)
    outcomes = measure(loop, endpoint, calls, concurrency)
    assert outcomes == [Response("yes")] * calls
    assert endpoint.sent <= 1.3 * calls
    assert loop.now - 1000.0 <= 1.6 * calls / 5


def test_a_burst_wider_than_the_quota_costs_one_refusal_each(loop: SimulatedLoop) -> None:
    endpoint = Quota(loop, 5)
    assert measure(loop, endpoint, 128, 128) == [Response("yes")] * 128
    assert endpoint.sent <= 2.2 * 128
    assert loop.now - 1000.0 <= 1.6 * 128 / 5


def test_a_quota_that_shrinks_and_grows_is_followed(loop: SimulatedLoop) -> None:
    endpoint = Quota(loop, 20)
    loop.call_at(1010.0, lambda: setattr(endpoint, "rate", 2))
    loop.call_at(1040.0, lambda: setattr(endpoint, "rate", 20))
    assert measure(loop, endpoint, 600, 16) == [Response("yes")] * 600
    assert endpoint.sent <= 1.3 * 600
    assert loop.now - 1000.0 <= 2 * (10 + 30 + 17)


def test_without_a_quota_nothing_waits(loop: SimulatedLoop) -> None:
    endpoint = Quota(loop, 10_000, latency=1.0)
    measure(loop, endpoint, 200, 50)
    assert loop.now - 1000.0 == pytest.approx(4.0)
    assert endpoint.sent == 200


def test_at_most_as_many_as_allowed_in_order_of_asking(loop: SimulatedLoop) -> None:
    limiter = Limiter(3, loop)
    order: list[int] = []
    most = 0

    async def one(number: int) -> None:
        nonlocal most
        await limiter.acquire()
        order.append(number)
        most = max(most, limiter.in_flight)
        await asyncio.sleep(0.1)
        limiter.release()

    async def everybody() -> None:
        await asyncio.gather(*(one(number) for number in range(20)))

    loop.run_until_complete(everybody())
    assert (most, limiter.in_flight, order) == (3, 0, list(range(20)))


@pytest.mark.parametrize("late", [False, True], ids=["while waiting", "just admitted"])
def test_a_caller_that_gives_up_leaves_no_place_taken(loop: SimulatedLoop, late: bool) -> None:
    limiter = Limiter(1, loop)

    async def story() -> None:
        await limiter.acquire()
        second = asyncio.ensure_future(limiter.acquire())
        third = asyncio.ensure_future(limiter.acquire())
        await asyncio.sleep(0.1)
        if late:
            limiter.release()
        second.cancel()
        await asyncio.sleep(0.1)
        if not late:
            limiter.release()
        await asyncio.wait_for(third, 1.0)
        assert limiter.in_flight == 1
        limiter.release()

    loop.run_until_complete(story())
    assert limiter.in_flight == 0


def test_halved_at_most_once_a_second_and_grown_back_by_one_a_round_trip() -> None:
    clock = Hand()
    limiter = Limiter(32, clock)
    for _ in range(10):
        limiter.overloaded(None, quota=False)
    assert limiter.limit == 16
    clock.now = 0.99
    limiter.overloaded(None, quota=False)
    assert limiter.limit == 16
    clock.now = 1.0
    limiter.overloaded(None, quota=False)
    assert limiter.limit == 8
    for _ in range(9):
        limiter.succeeded()
    assert limiter.limit == 9
    for _ in range(2000):
        limiter.succeeded()
    assert limiter.limit == 32
    for second in range(2, 12):
        clock.now = float(second)
        limiter.overloaded(None, quota=False)
    assert limiter.limit == 1


def test_growth_admits_those_who_wait(loop: SimulatedLoop) -> None:
    limiter = Limiter(2, loop)
    limiter.overloaded(None, quota=False)

    async def story() -> None:
        await limiter.acquire()
        waiting = asyncio.ensure_future(limiter.acquire())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        limiter.succeeded()
        await asyncio.wait_for(waiting, 1.0)

    loop.run_until_complete(story())
    assert limiter.in_flight == 2


def test_a_ceiling_can_be_changed_between_phases() -> None:
    clock = Hand()
    limiter = Limiter(32, clock)
    limiter.set_ceiling(4)
    assert limiter.limit == 4
    limiter.set_ceiling(32)
    assert limiter.limit == 32
    refuse_many(limiter)
    limiter.set_ceiling(20)
    assert limiter.limit == 16, "a quota that was met still holds in the next phase"


def cleared_at(loop: SimulatedLoop, limiter: Limiter, callers: int) -> list[float]:
    """Return the seconds after which each caller may send."""
    start = loop.now

    async def one() -> float:
        await limiter.clear_to_send()
        return loop.now - start

    async def everybody() -> list[float]:
        return await asyncio.gather(*(one() for _ in range(callers)))

    return loop.run_until_complete(everybody())


def test_a_pause_holds_for_everybody_and_the_longest_counts(loop: SimulatedLoop) -> None:
    limiter = Limiter(8, loop)
    assert cleared_at(loop, limiter, 3) == [0.0, 0.0, 0.0]
    limiter.overloaded(3.0, quota=False)
    limiter.overloaded(1.0, quota=False)
    assert cleared_at(loop, limiter, 3) == pytest.approx([3.0, 3.0, 3.0])


def test_a_pause_that_grows_meanwhile_is_waited_out(loop: SimulatedLoop) -> None:
    limiter = Limiter(8, loop)
    limiter.overloaded(1.0, quota=False)
    loop.call_later(0.5, lambda: limiter.overloaded(2.0, quota=False))
    assert cleared_at(loop, limiter, 1) == pytest.approx([2.5])


def refuse_many(limiter: Limiter) -> None:
    """Refuse enough calls at once that it cannot be chance."""
    for _ in range(15):
        limiter.overloaded(None, quota=True)


def test_a_few_refusals_set_no_pace(loop: SimulatedLoop) -> None:
    limiter = Limiter(8, loop)
    for n in range(1, 301):
        loop.now += 0.01
        if n % 10 == 0:
            limiter.overloaded(None, quota=True)
        else:
            limiter.succeeded()
    assert cleared_at(loop, limiter, 10)[-1] == 0.0


def test_the_pace_is_nine_tenths_of_what_got_through(loop: SimulatedLoop) -> None:
    limiter = Limiter(8, loop)
    for _ in range(100):
        loop.now += 0.1
        limiter.succeeded()
    refuse_many(limiter)
    times = cleared_at(loop, limiter, 10)
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(9 / 9.0, rel=0.1)
    assert times == sorted(times)


def test_a_pace_is_forgotten_in_the_end(loop: SimulatedLoop) -> None:
    limiter = Limiter(8, loop)
    refuse_many(limiter)
    assert cleared_at(loop, limiter, 3)[-1] > 1.0
    for _ in range(3):
        loop.now += 1e6
        cleared_at(loop, limiter, 1)
    loop.now += 10.0
    assert cleared_at(loop, limiter, 50) == [0.0] * 50


def test_who_gives_up_in_the_queue_holds_up_nobody(loop: SimulatedLoop) -> None:
    limiter = Limiter(8, loop)
    limiter.overloaded(5.0, quota=True)

    async def story() -> None:
        first = asyncio.ensure_future(limiter.clear_to_send())
        second = asyncio.ensure_future(limiter.clear_to_send())
        await asyncio.sleep(0.1)
        first.cancel()
        await asyncio.wait_for(second, 6.0)

    loop.run_until_complete(story())


class Verdicts:
    """A breaker with a clock set by hand, and what it decided."""

    def __init__(self) -> None:
        self.clock = Hand()
        self.opened: list[CallFailure] = []
        self.breaker = Breaker(self.clock, self.opened.append)

    def fail(
        self, kind: str, times: int = 1, *, every: float = 0.0, status: int | None = None
    ) -> bool:
        for _ in range(times):
            self.breaker.failed(CallFailure(kind, "it failed", status))
            self.clock.now += every
        return self.breaker.is_open


@pytest.fixture
def verdicts() -> Verdicts:
    return Verdicts()


@pytest.mark.parametrize("kind", ["unauthorized", "forbidden", "not_found"])
def test_a_refusal_before_any_answer_opens_at_once(verdicts: Verdicts, kind: str) -> None:
    assert verdicts.fail(kind)
    assert verdicts.opened == [CallFailure(kind, "it failed")]


def test_a_refusal_after_an_answer_must_repeat(verdicts: Verdicts) -> None:
    verdicts.breaker.succeeded()
    assert not verdicts.fail("unauthorized", 9)
    assert verdicts.fail("unauthorized")


@pytest.mark.parametrize("kind", ["refused_connection", "dns", "tls"])
def test_nobody_listens(verdicts: Verdicts, kind: str) -> None:
    assert not verdicts.fail(kind, 100), "a burst at one moment is one observation"
    verdicts.clock.now = 0.5
    assert verdicts.fail(kind)


def test_a_restart_in_the_middle_has_five_seconds(verdicts: Verdicts) -> None:
    verdicts.breaker.succeeded()
    assert not verdicts.fail("refused_connection", 49, every=0.1)
    verdicts.clock.now = 5.0
    assert verdicts.fail("refused_connection")


@pytest.mark.parametrize("kind", ["reset", "stream_cut", "server_error", "malformed_body"])
def test_ten_errors_and_no_answer(verdicts: Verdicts, kind: str) -> None:
    assert not verdicts.fail(kind, 9)
    assert verdicts.fail(kind)


@pytest.mark.parametrize("status", [503, 529])
def test_a_model_that_is_still_starting_has_half_a_minute(verdicts: Verdicts, status: int) -> None:
    assert not verdicts.fail("server_error", 290, every=0.1, status=status)
    verdicts.clock.now = 30.0
    assert verdicts.fail("server_error", status=status)


def test_four_timeouts_and_no_answer(verdicts: Verdicts) -> None:
    assert not verdicts.fail("timeout", 3)
    assert verdicts.fail("timeout")


def test_an_endpoint_that_answered_gets_a_hundred_over_ten_seconds(verdicts: Verdicts) -> None:
    verdicts.breaker.succeeded()
    assert not verdicts.fail("server_error", 99, every=0.2)
    assert verdicts.fail("server_error")
    quick = Verdicts()
    quick.breaker.succeeded()
    assert not quick.fail("server_error", 1000, every=0.005)


def test_an_answer_starts_the_count_anew(verdicts: Verdicts) -> None:
    for _ in range(50):
        verdicts.fail("reset", 9)
        verdicts.breaker.succeeded()
    assert not verdicts.breaker.is_open and not verdicts.opened


@pytest.mark.parametrize("kind", ["quota", "blocked_prompt", "blocked_output", "empty"])
def test_what_a_living_endpoint_says_never_opens(verdicts: Verdicts, kind: str) -> None:
    assert not verdicts.fail(kind, 10_000, every=1.0)


def test_it_opens_once(verdicts: Verdicts) -> None:
    verdicts.fail("not_found", 50)
    assert len(verdicts.opened) == 1
