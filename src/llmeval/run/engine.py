"""The engine: one event loop in one background thread that works ahead of pytest.

Samples are asked in plan order, at bounded concurrency, through a bounded window; whoever runs the
tests takes each finished sample by its place in the plan. Timed tests come last, each as a phase of
its own: nothing else is in flight, warm-up calls are thrown away, and the finished samples are
handed over only when the phase is done, so that the taker's work never sits between a chunk and
its time stamp.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from llmeval.errors import EndpointDown, LlmevalError
from llmeval.ports import Endpoint
from llmeval.records import (
    Message,
    Observation,
    Request,
    Response,
    Sample,
)
from llmeval.run.budget import Budget, Promise
from llmeval.run.call import Called, Caller, Halted
from llmeval.run.callers import caller_for, close_callers, open_callers
from llmeval.run.handover import Finished, Progress, RunStopped, State
from llmeval.run.judging import AskingJudge
from llmeval.run.limits import Limiter
from llmeval.run.observe import observation_of
from llmeval.run.plan import PlannedSample, PlannedTest
from llmeval.run.scoring import ScoringRoom
from llmeval.run.solve import SampleAsker, solve
from llmeval.run.tracing import Telling
from llmeval.run.wiring import Wiring

__all__ = ["Engine", "Finished", "Progress", "RunStopped"]


class Engine:
    """Measures a plan. ``start`` it, ``take`` each sample, ``close`` it.

    ``before_timed`` is awaited ahead of each timed phase. Without ``look_ahead`` a sample is only
    asked for when it is taken.
    """

    def __init__(
        self,
        plan: Sequence[PlannedSample],
        endpoints: Mapping[str, Endpoint],
        wiring: Wiring,
        *,
        before_timed: Callable[[], Awaitable[None]] | None = None,
        look_ahead: bool = True,
    ) -> None:
        self._plan = plan
        self._endpoints = endpoints
        self._wiring = wiring
        self._before_timed = before_timed
        self._look_ahead = look_ahead
        self._window = max(256, 4 * wiring.concurrency)
        self._begun = bytearray(len(plan))
        self._state = State()
        self._ready = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._room = asyncio.Event()
        self._opened = asyncio.Event()
        self._closing = asyncio.Event()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="llmeval-score")
        self._rooms: dict[PlannedTest, ScoringRoom] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling = Telling(wiring.tracer)
        self._budget = Budget(wiring.max_calls, wiring.budget)
        self._callers = {ref: self._caller(endpoint) for ref, endpoint in endpoints.items()}
        self._judges = [self._caller(endpoint, promised=True) for endpoint in wiring.judges]
        self._thread = threading.Thread(target=self._main, name="llmeval-engine", daemon=True)
        self._started_at = wiring.clock.monotonic()
        self._feeder: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._thread.start()

    def take(self, index: int, tick: Callable[[], None] | None = None) -> Finished:
        """Wait for a sample of the plan and hand it over; each can be taken once.

        ``tick`` is called about five times a second while waiting. Raises ``RunStopped``.
        """
        state = self._state
        asked_for = False
        with self._ready:
            state.wanted = index
            self._make_room()
            while (finished := state.finished.pop(index, None)) is None:
                if state.settled:
                    raise state.stop or RunStopped("the sample was given up")
                if not asked_for and self._out_of_turn(index):
                    asked_for = True
                    self._loop.call_soon_threadsafe(self._begin, index)
                if not self._ready.wait(0.2) and tick:
                    tick()
        state.taken += 1
        self._make_room()
        return finished

    def _make_room(self) -> None:
        if self._state.starved and self._ahead() <= self._window * 3 // 4:
            self._state.starved = False
            self._loop.call_soon_threadsafe(self._room.set)

    def _ahead(self) -> int:
        """Samples between feeder and taker. What the taker passed over it may never take."""
        return self._state.position - max(self._state.taken, self._state.wanted)

    def progress(self) -> Progress:
        """Return where the run stands."""
        return Progress(
            done=self._state.recorded,
            planned=len(self._plan),
            calls=self._budget.calls,
            in_flight=sum(c.limiter.in_flight for c in self._every_caller),
            retries=sum(c.retries for c in self._every_caller),
            spent=self._budget.spent,
            elapsed=self._wiring.clock.monotonic() - self._started_at,
        )

    @property
    def _every_caller(self) -> list[Caller]:
        return [*self._callers.values(), *self._judges]

    def stop(self, reason: str, error: LlmevalError | None = None) -> None:
        """Measure no more: calls in flight are dropped, what is recorded stays."""
        with self._ready:
            self._state.stop = self._state.stop or RunStopped(reason, error)
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel)

    def ask(self, ref: str, request: Request) -> Future[Called]:
        """Make one call outside of the plan, under the same limits; for free-form tests.

        The future raises ``RunStopped`` where the budget is used up, or the endpoint given up.
        """
        return asyncio.run_coroutine_threadsafe(self._ask(ref, request), self._loop)

    @property
    def stopped(self) -> RunStopped | None:
        """Why the engine stopped before the plan's end, if it did."""
        return self._state.stop

    def close(self) -> None:
        """Stop, and release every connection and thread. Safe to call twice."""
        if self._thread.is_alive():
            if self._look_ahead and self._state.recorded < len(self._plan):
                self.stop(self._budget.exhausted or "the session ended")
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
        self._loop.close()

    # The background thread from here on.

    def _main(self) -> None:
        try:
            self._loop.run_until_complete(self._run())
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._loop.close()
            self._settle()

    async def _run(self) -> None:
        self._feeder = asyncio.create_task(self._measure_all())
        if self._state.stop:
            self._feeder.cancel()
        try:
            await self._feeder
        except asyncio.CancelledError:
            pass
        except _Exhausted as spent:
            self._halt(RunStopped(str(spent)))
        except LlmevalError as error:
            self._halt(RunStopped(str(error), error))
        except Exception as error:  # noqa: BLE001 - a defect must end the run, not hang it
            self._halt(RunStopped(f"the engine failed: {error!r}", _defect(error)))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._telling.after_timed()
        self._settle()
        self._opened.set()
        await self._closing.wait()
        await close_callers(self._every_caller)

    def _settle(self) -> None:
        with self._ready:
            self._state.settled = True
            self._ready.notify_all()

    async def _measure_all(self) -> None:
        await open_callers(self._every_caller, self._wiring.prices)
        self._wiring.opened()
        if self._wiring.prepared:
            await self._wiring.prepared()
        self._opened.set()
        if not self._look_ahead:
            self._state.position = len(self._plan)
            await self._closing.wait()
            return
        for phase, indexed in itertools.groupby(enumerate(self._plan), _phase):
            if isinstance(phase, PlannedTest):
                await self._timed_phase(phase, [index for index, _ in indexed])
            else:
                await self._feed(index for index, _ in indexed)
                await self._drain()
        await self._drain()
        if self._budget.exhausted:
            raise _Exhausted(self._budget.exhausted)

    async def _ask(self, ref: str, request: Request) -> Called:
        caller = self._callers[ref]
        await self._opened.wait()
        if self._state.stop:
            raise self._state.stop
        await caller.limiter.acquire()
        sent = self._telling.book()
        try:
            return await caller.call(request, sent=sent)
        except Halted:
            raise self._state.stop or RunStopped(self._budget.exhausted or "halted") from None
        finally:
            caller.limiter.release()
            self._telling.called(sent)

    async def _feed(self, indices: Any) -> None:
        state = self._state
        for index in indices:
            state.position = index + 1
            if self._begun[index]:
                continue
            while self._ahead() > self._window:
                self._room.clear()
                state.starved = True
                if self._ahead() <= self._window:
                    break
                await self._room.wait()
            if self._budget.exhausted:
                await self._drain()
                raise _Exhausted(self._budget.exhausted)
            await self._begin_when_free(index)

    async def _begin_when_free(self, index: int) -> None:
        ready = self._wiring.clock.monotonic()
        limiter = self._callers[self._plan[index].model].limiter
        await limiter.acquire()
        if self._begun[index]:
            limiter.release()
            return
        self._begun[index] = 1
        self._spawn(self._measure(index, ready, limiter))

    async def _timed_phase(self, test: PlannedTest, indices: Sequence[int]) -> None:
        todo = [index for index in indices if not self._begun[index] and not self._known(index)]
        if self._before_timed and todo:
            await self._before_timed()
        if todo:
            await self._telling.before_timed()
        for caller in self._callers.values():
            caller.limiter.set_ceiling(test.declared.concurrency or 4)
        if todo:
            await self._warm_up(test, todo)
        for index in indices:
            if self._budget.exhausted:
                break
            if not self._begun[index]:
                await self._begin_when_free(index)
        await self._drain()
        self._telling.after_timed()
        with self._ready:
            self._state.finished.update(self._state.held)
            self._state.held.clear()
            self._ready.notify_all()
        for caller in self._callers.values():
            caller.limiter.set_ceiling(self._wiring.concurrency)
        if self._budget.exhausted:
            raise _Exhausted(self._budget.exhausted)

    async def _warm_up(self, test: PlannedTest, indices: Sequence[int]) -> None:
        """Make calls whose answers are thrown away, so that connections and caches are warm."""

        async def one(index: int) -> None:
            planned = self._plan[index]
            limiter = self._callers[planned.model].limiter
            await limiter.acquire()
            try:
                await solve(planned, self._asker(planned))
            except Halted:
                pass
            finally:
                limiter.release()

        await asyncio.gather(*(one(index) for index in indices[: test.declared.warmup]))

    async def _measure(self, index: int, ready: float, limiter: Limiter) -> None:
        place = contextlib.ExitStack()
        place.callback(limiter.release)
        try:
            finished = self._known(index)
            if finished is None:
                finished = await self._observe(self._plan[index], ready, place)
                self._wiring.record(finished.observation)
            self._hand_over(index, finished)
        except Halted:
            pass
        except LlmevalError as error:
            self._halt(RunStopped(str(error), error))
        except Exception as error:  # noqa: BLE001 - a defect must end the run, not hang it
            self._halt(RunStopped(f"the engine failed: {error!r}", _defect(error)))
        finally:
            place.close()

    async def _observe(
        self, planned: PlannedSample, ready: float, place: contextlib.ExitStack
    ) -> Finished:
        """Measure one sample. Its place among the calls is free while judges are asked."""
        asker = self._asker(planned)
        observation: Observation | None = None
        promise = self._budget.promise(self._scoring(planned.test).judgements * len(self._judges))
        try:
            outcome = await solve(planned, asker)
            observation = observation_of(planned, asker, outcome, ready, self._wiring)
            prompt = asker.asked.messages if asker.asked else ()
            if isinstance(outcome, Response):
                sample = Sample(planned.case, prompt, outcome, planned.repetition)
                observation = await self._scored(planned.test, sample, observation, place, promise)
            return Finished(observation, prompt)
        finally:
            promise.close()
            self._telling.sampled(planned, asker.sent, observation)

    async def _scored(
        self,
        test: PlannedTest,
        sample: Sample,
        observation: Observation,
        place: contextlib.ExitStack,
        promise: Promise,
    ) -> Observation:
        """Add the scores; what judging cost is part of what the sample cost."""
        room = self._scoring(test)
        if not room.judgements:
            return msgspec.structs.replace(observation, scores=await room.score(sample))
        place.close()
        judges = [AskingJudge(caller, self._wiring.seed, promise) for caller in self._judges]
        scores = await room.score(sample, judges)
        costs = [observation.cost_usd, *(cost for judge in judges for cost in judge.costs)]
        total = None if None in costs else sum(cost for cost in costs if cost is not None)
        return msgspec.structs.replace(observation, scores=scores, cost_usd=total)

    def _hand_over(self, index: int, finished: Finished) -> None:
        hold = self._look_ahead and self._plan[index].test.declared.timed
        with self._ready:
            self._state.recorded += 1
            (self._state.held if hold else self._state.finished)[index] = finished
            if index == self._state.wanted and not hold:
                self._ready.notify_all()

    def _known(self, index: int) -> Finished | None:
        observation = self._wiring.recorded(self._plan[index].key)
        if observation is None:
            return None
        messages = observation.request.get("messages", [])
        return Finished(observation, tuple(msgspec.convert(messages, list[Message])))

    def _out_of_turn(self, index: int) -> bool:
        """Whether the taker wants a sample that the feeder would not reach by itself."""
        timed = self._look_ahead and self._plan[index].test.declared.timed
        return not timed and not self._begun[index] and index < self._state.position

    def _begin(self, index: int) -> None:
        self._spawn(self._begin_when_free(index))

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Whatever ends a sample's task by force ends the run: nobody must wait for the sample."""
        self._tasks.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error:
            self._halt(RunStopped(f"the engine failed: {error!r}", _defect(error)))

    async def _drain(self) -> None:
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    def _halt(self, stop: RunStopped) -> None:
        with self._ready:
            self._state.stop = self._state.stop or stop
        self._cancel()

    def _cancel(self) -> None:
        if self._feeder:
            self._feeder.cancel()

    def _scoring(self, test: PlannedTest) -> ScoringRoom:
        if test not in self._rooms:
            self._rooms[test] = ScoringRoom(test.declared.scorers, self._pool)
        return self._rooms[test]

    def _asker(self, planned: PlannedSample) -> SampleAsker:
        wiring = self._wiring
        return SampleAsker(
            self._callers[planned.model],
            planned,
            dict(wiring.settings),
            wiring.seed,
            sent=self._telling.book(),
        )

    def _caller(self, endpoint: Endpoint, *, promised: bool = False) -> Caller:
        def down(error: EndpointDown) -> None:
            self._halt(RunStopped(str(error), error))

        return caller_for(endpoint, self._wiring, self._budget, down, promised=promised)


class _Exhausted(LlmevalError):
    """The budget is used up: a clean stop."""


def _defect(error: BaseException) -> LlmevalError:
    wrapped = LlmevalError(f"internal error, please report it: {error!r}")
    wrapped.__cause__ = error
    return wrapped


def _phase(indexed: tuple[int, PlannedSample]) -> PlannedTest | None:
    test = indexed[1].test
    return test if test.declared.timed else None
