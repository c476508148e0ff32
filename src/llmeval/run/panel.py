"""Judges of recorded answers: asked many at once, heard in order, without an engine."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any, Self

from llmeval.errors import EndpointDown, LlmevalError
from llmeval.ports import JudgeScorer
from llmeval.prices import check_priced
from llmeval.records import EndpointIdentity, NotScored, Sample, Score
from llmeval.run.budget import Budget
from llmeval.run.call import Halted
from llmeval.run.callers import caller_for, close_callers, open_callers
from llmeval.run.judging import AskingJudge, judged
from llmeval.run.wiring import Wiring

__all__ = ["JudgePanel"]

Finding = Score | NotScored


class JudgePanel:
    """The judges of a ``Wiring``, open between ``with`` and its end.

    Their calls run in a thread of their own, so that a slow reader or writer delays none of them.
    ``calls`` counts what was sent; ``cost_usd`` is ``None`` as soon as one cost is unknown;
    ``stopped`` says why samples were left out, if a budget ended.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._budget = Budget(wiring.max_calls, wiring.budget)
        self._callers = [
            caller_for(judge, wiring, self._budget, self._give_up, promised=True)
            for judge in wiring.judges
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="llmeval-judges")
        self._down: EndpointDown | None = None
        self.cost_usd: float | None = 0.0

    def __enter__(self) -> Self:
        """Open every judge. Raises ``LlmevalError`` where one cannot be."""
        self._thread.start()
        try:
            self._run(self._open())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def identities(self) -> list[EndpointIdentity]:
        """Who judges."""
        return [caller.endpoint.identity for caller in self._callers]

    @property
    def calls(self) -> int:
        """How many calls were sent."""
        return self._budget.calls

    @property
    def stopped(self) -> str | None:
        """Why samples were left out."""
        return self._budget.exhausted

    def findings[T](
        self, scorer: JudgeScorer, samples: Iterable[tuple[T, Sample | NotScored]]
    ) -> Iterator[tuple[T, Finding]]:
        """Yield a finding a sample, in order, with what came beside it.

        Samples are read as far ahead as keeps the judges busy. Once a budget has ended, no more
        are read, and those that were cut short are left out. An error of ``samples`` is raised
        after what came before it. Raises ``EndpointDown`` where a judge answers nobody.
        """
        ahead = 2 * self._wiring.concurrency
        waiting: deque[tuple[T, Future[Finding]]] = deque()
        bad: LlmevalError | None = None
        source = iter(samples)
        while self._down is None and not self.stopped:
            try:
                tag, sample = next(source)
            except StopIteration:
                break
            except LlmevalError as error:
                bad = error
                break
            waiting.append((tag, self._submitted(self._finding(scorer, sample))))
            while waiting and (len(waiting) > ahead or waiting[0][1].done()):
                yield from self._heard(*waiting.popleft())
        while waiting:
            yield from self._heard(*waiting.popleft())
        if self._down or bad:
            raise self._down or bad or AssertionError

    def close(self) -> None:
        """Drop calls under way, and release connections and thread. Safe to call twice."""
        if not self._thread.is_alive():
            return
        self._run(close_callers(self._callers))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _heard[T](self, tag: T, future: Future[Finding]) -> Iterator[tuple[T, Finding]]:
        if self._down:
            future.cancel()  # where it is done, nothing happens
        try:
            yield tag, future.result()
        except (Halted, CancelledError):
            return

    def _submitted[R](self, work: Coroutine[Any, Any, R]) -> Future[R]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run[R](self, work: Coroutine[Any, Any, R]) -> R:
        return self._submitted(work).result()

    # The thread of the judges from here on.

    async def _open(self) -> None:
        await open_callers(self._callers, self._wiring.prices)
        if self._wiring.budget is not None:
            check_priced(self.identities, self._wiring.prices)

    async def _finding(self, scorer: JudgeScorer, sample: Sample | NotScored) -> Finding:
        if isinstance(sample, NotScored):
            return sample
        promise = self._budget.promise(len(self._callers))
        judges = [AskingJudge(caller, self._wiring.seed, promise) for caller in self._callers]
        try:
            return await judged(scorer, sample, judges)
        finally:
            promise.close()
            self._book([cost for judge in judges for cost in judge.costs])

    def _book(self, costs: Sequence[float | None]) -> None:
        for cost in costs:
            if cost is None or self.cost_usd is None:
                self.cost_usd = None
                return
            self.cost_usd += cost

    def _give_up(self, down: EndpointDown) -> None:
        self._down = down
