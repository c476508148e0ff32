"""One call with its retries: cache, pause, attempt, back-off, verdict."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Final

from llmeval.ports import Clock, Endpoint, Sent
from llmeval.records import QUOTA_KINDS, Attempt, CallFailure, Price, Request, Response
from llmeval.run.budget import Budget, cost_of_attempt
from llmeval.run.limits import OVERLOADED, Breaker, Limiter
from llmeval.store import ResponseCache, cache_key

__all__ = ["RETRIED", "CallPolicy", "Called", "Caller", "Halted"]

RETRIED: Final = QUOTA_KINDS | {
    "server_error", "refused_connection", "reset", "stream_cut", "dns", "tls", "timeout",
    "cancelled", "conflict",
}  # fmt: skip
"""Failures of the way to the model, worth another try. What the model itself said (a block, an
empty or malformed answer, a rejected request) is an outcome and is never asked again."""

_TIMEOUT_ATTEMPTS: Final = 2


class Halted(Exception):
    """The run stops: this sample stays unrecorded, and ``--resume`` will ask it again."""


@dataclass(frozen=True)
class CallPolicy:
    """``timeout`` and ``retry_for`` (back-off in all) are seconds. Quotas and overload are retried
    as long as ``retry_for`` lasts, everything else at most ``max_attempts`` times."""

    timeout: float = 60.0
    max_attempts: int = 6
    retry_for: float = 120.0
    cache_ttl: float = 86400.0


@dataclass(frozen=True)
class Called:
    """What became of a call. ``backoff`` is seconds spent waiting between attempts, ``sent_at``
    as in an observation; ``latency`` is the answer's ``own`` unless it came from a shared call or a
    batch. ``cost_usd`` adds up what attempts are known to have cost, and is ``None`` where that of
    the last one is unknown."""

    outcome: Response | CallFailure
    latency: float | None
    ttft: float | None
    backoff: float
    sent_at: float
    attempts: int
    cached: bool
    cost_usd: float | None
    own: bool = True


@dataclass
class Caller:
    """Calls one endpoint under one policy. ``promised`` calls are those of judges: the budget has
    set them aside. Lives on one event loop."""

    endpoint: Endpoint
    policy: CallPolicy
    limiter: Limiter
    breaker: Breaker
    budget: Budget
    clock: Clock
    cache: ResponseCache | None = None
    price: Price | None = None
    promised: bool = False
    retries: int = 0
    _random: random.Random = field(default_factory=random.Random)

    async def call(
        self, request: Request, *, timed: bool = False, sent: list[Sent] | None = None
    ) -> Called:
        """Return the outcome; raises ``Halted`` where the budget is used up. Each attempt is
        appended to ``sent``."""
        key = None
        if self.cache and not timed and self.endpoint.identity.cacheable:
            key = cache_key(self.endpoint.identity, request)
            known = self.cache.get(key, now=self.clock.time(), ttl=self._ttl())
            if known is not None:
                return Called(known, None, None, 0.0, self.clock.time(), 0, True, 0.0)
        called = await self._attempts(request, sent)
        if key and self.cache and isinstance(called.outcome, Response):
            self.cache.put(key, called.outcome, now=self.clock.time())
        return called

    async def _attempts(self, request: Request, sent: list[Sent] | None) -> Called:
        backoff = spent = 0.0
        for number in range(1, 1000):
            waited_from = self.clock.monotonic()
            await self.limiter.clear_to_send()
            if number > 1:
                backoff += self.clock.monotonic() - waited_from
            if not self.budget.allow(self.limiter.in_flight, promised=self.promised):
                raise Halted
            sent_at = self.clock.time()
            attempt = await self._send(request)
            if sent is not None:
                sent.append(Sent(self.endpoint.identity, request, sent_at, attempt))
            cost = self._book(attempt)
            spent += cost or 0.0
            delay = self._judge(attempt.outcome, number, backoff)
            if delay is None:
                return Called(
                    attempt.outcome,
                    attempt.latency,
                    attempt.ttft,
                    backoff,
                    sent_at,
                    number,
                    False,
                    None if cost is None else spent,
                    attempt.shared == 1 and not attempt.batch,
                )
            self.retries += 1
            backoff += delay
            await asyncio.sleep(delay)
        raise AssertionError("unreachable: the policy bounds the attempts")

    async def _send(self, request: Request) -> Attempt:
        begun = self.clock.monotonic()
        try:
            return await self.endpoint.send(request, self.policy.timeout)
        except Exception as error:  # noqa: BLE001 - a defect of an adapter is an outcome, not the end
            failure = CallFailure("endpoint_error", f"{type(error).__name__}: {error}"[:500])
            return Attempt(failure, self.clock.monotonic() - begun)

    def _judge(self, outcome: Response | CallFailure, number: int, backoff: float) -> float | None:
        """Return the seconds to wait before another try, ``None`` where this outcome stands."""
        if isinstance(outcome, Response):
            self.limiter.succeeded()
            self.breaker.succeeded()
            return None
        overloaded = outcome.kind in QUOTA_KINDS or outcome.status in OVERLOADED
        if overloaded:
            asked = outcome.retry_after
            pause = asked if asked is None else min(asked, self.policy.retry_for)
            self.limiter.overloaded(pause, quota=outcome.kind in QUOTA_KINDS)
        self.breaker.failed(outcome)
        if self.breaker.is_open:
            raise Halted
        if outcome.kind not in RETRIED:
            return None
        most = _TIMEOUT_ATTEMPTS if outcome.kind == "timeout" else self.policy.max_attempts
        if number >= (100 if overloaded and self.policy.max_attempts > 1 else most):
            return None
        delay = self._delay(number, outcome.retry_after)
        return delay if backoff + delay <= self.policy.retry_for else None

    def _delay(self, number: int, retry_after: float | None) -> float:
        """Exponential with jitter, never less than what the server asked for."""
        step = min(20.0, 0.25 * 2.0 ** (number - 1))
        jittered = step * self._random.uniform(0.5, 1.0)
        return max(jittered, (retry_after or 0.0) + self._random.uniform(0.0, 0.1))

    def _book(self, attempt: Attempt) -> float | None:
        cost = cost_of_attempt(attempt.outcome, self.price, batch=attempt.batch)
        self.budget.spend(cost, answered=isinstance(attempt.outcome, Response))
        return cost

    def _ttl(self) -> float | None:
        return self.policy.cache_ttl if self.endpoint.identity.alias else None
