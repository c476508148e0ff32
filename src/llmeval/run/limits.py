"""How many calls may be in flight, how fast they may leave, and when to give an endpoint up."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from llmeval.ports import Clock
from llmeval.records import CallFailure

__all__ = ["OVERLOADED", "Breaker", "Limiter"]

_WINDOW = 5.0
_UNHINDERED = 500.0
_FIRST_PACE = 1.0
_LEAST_PACE = 0.5
_REFUSED_SHARE = 0.2
_SETTLED = 10.0
_ENOUGH = 10
_UNPACED = 60.0
_SHORTEST_PROOF = 1.0


class Limiter:
    """Adaptive concurrency (AIMD) and, once a quota was hit, a learnt pace.

    Additive increase by one call a round trip, multiplicative decrease by half at a quota error or
    503, at most once a second. A quota that refuses at least a fifth also sets a pace: nine tenths
    of what got through in the last five seconds. Below what is proven to get through, the pace
    doubles every second; above, it grows by a twentieth, until it no longer matters. Where a pace
    falls to a tenth of what it had settled at and calls are still refused, the refusals do not
    hang on the pace, and for a minute none is kept. Used on one event loop.
    """

    def __init__(self, concurrency: int, clock: Clock) -> None:
        self._clock = clock
        self._ceiling = float(concurrency)
        self._limit = float(concurrency)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._successes: deque[float] = deque()
        self._last_cut = -1e9
        self._last_slowed = -1e9
        self._resume_at = 0.0
        self._gate = asyncio.Lock()
        self._pace: float | None = None
        self._proven = math.inf
        self._paced_at = 0.0
        self._next_send = 0.0
        self._refusals: deque[float] = deque()
        self._paced_since = 0.0
        self._settled: float | None = None
        self._unpaced_until = 0.0

    @property
    def in_flight(self) -> int:
        """Calls that hold a place now."""
        return self._in_flight

    @property
    def limit(self) -> int:
        """Calls that may hold a place now."""
        return max(1, int(self._limit))

    def set_ceiling(self, concurrency: int) -> None:
        """Change the most that may be in flight; only while nothing is."""
        self._ceiling = float(concurrency)
        self._limit = min(self._limit, self._ceiling) if self._pace else self._ceiling

    async def acquire(self) -> None:
        """Wait for a place."""
        if self._in_flight < self.limit and not self._waiting:
            self._in_flight += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a place back."""
        self._in_flight -= 1
        self._admit()

    async def clear_to_send(self) -> None:
        """Wait out a pause that the server asked for, and the learnt pace.

        Callers queue for the next slot one by one, so that each leaves at the pace as it is by
        then, not as it was when the caller came.
        """
        if self._pace is None and self._clock.monotonic() >= self._resume_at:
            return
        async with self._gate:
            wait = self._wait()
            while wait > 0:
                await asyncio.sleep(wait)
                wait = self._wait()
            if self._pace is not None:
                self._next_send = self._clock.monotonic() + 1.0 / self._pace

    def succeeded(self) -> None:
        """An answer came: allow a little more."""
        now = self._clock.monotonic()
        self._successes.append(now)
        self._forget(now)
        if self._limit < self._ceiling:
            self._limit = min(self._ceiling, self._limit + 1.0 / self._limit)
            self._admit()

    def overloaded(self, retry_after: float | None, *, quota: bool) -> None:
        """The server asked for less. ``retry_after`` is seconds and holds for every caller."""
        now = self._clock.monotonic()
        if retry_after:
            self._resume_at = max(self._resume_at, now + retry_after)
        if quota:
            self._refusals.append(now)
        if now - self._last_cut >= 1.0:
            self._last_cut = now
            self._limit = max(1.0, self._limit / 2)
        refused = quota and (self._pace is not None or self._refuses_many(now))
        if refused and now - self._last_slowed >= 1.0:
            self._last_slowed = now
            self._slow_down(now)

    def _refuses_many(self, now: float) -> bool:
        """Whether a good part is refused of the calls that came back in the last seconds."""
        if now < self._unpaced_until:
            return False
        since = now - _WINDOW
        refused = sum(at > since for at in self._refusals)
        back = refused + sum(at > since for at in self._successes)
        if back < _ENOUGH:
            return refused == back and refused >= 3
        return refused >= _REFUSED_SHARE * back

    def _slow_down(self, now: float) -> None:
        self._forget(now)
        if self._is_in_vain(now):
            self._pace, self._settled, self._proven = None, None, math.inf
            self._unpaced_until = now + _UNPACED
            return
        through = 0.0
        if self._successes:
            lasted = now - self._successes[0]
            through = 0.9 * len(self._successes) / max(1.0, lasted)
            # After a drought the old proof still tells where the quota will be. In the first
            # moments refusals are back before the answers are, and prove nothing.
            if lasted >= _SHORTEST_PROOF:
                self._proven = through
        if self._pace is None:
            self._paced_since = now
        slower = _FIRST_PACE if self._pace is None else 0.6 * self._pace
        self._pace = max(_LEAST_PACE, through, slower)
        self._paced_at = now

    def _is_in_vain(self, now: float) -> bool:
        if self._pace is None or now - self._paced_since < _SETTLED:
            return False
        if self._settled is None:
            self._settled = self._pace
        return self._pace <= self._settled / 10

    def _wait(self) -> float:
        now = self._clock.monotonic()
        if self._pace is not None:
            self._pace = self._grown(self._pace, min(now - self._paced_at, 60.0))
            self._paced_at = now
        slot = self._resume_at if self._pace is None else max(self._resume_at, self._next_send)
        return slot - now

    def _grown(self, pace: float, seconds: float) -> float | None:
        if pace < self._proven:
            pace = min(self._proven, pace * 2.0**seconds)
        else:
            pace *= 1.05**seconds
        if pace > _UNHINDERED:
            self._settled = None
            return None
        return pace

    def _forget(self, now: float) -> None:
        for times in (self._successes, self._refusals):
            while times and now - times[0] > _WINDOW:
                times.popleft()

    def _admit(self) -> None:
        while self._waiting and self._in_flight < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                self._in_flight += 1
                place.set_result(None)


OVERLOADED = frozenset({503, 529})
"""Statuses of a server that has too much to do; 529 is what Anthropic's models say."""

_PATIENCE = 30.0
_FATAL = {"unauthorized", "forbidden", "not_found"}
_DEAD = {"refused_connection", "dns", "tls"}
_SICK = {
    "reset", "timeout", "stream_cut", "server_error", "malformed_body", "bad_request",
    "cancelled", "conflict",
}  # fmt: skip


class Breaker:
    """Decides when an endpoint is not worth further calls.

    Open at once: a refused credential, permission or name before any answer. Open after a few
    attempts in a row: nobody listens. Open after many in a row: every answer is an error. A 503
    asks for patience, as a model that is still starting does: it has half a minute.
    ``opened`` gets the failure that decided; ``is_open`` stays true from then on.
    """

    def __init__(self, clock: Clock, opened: Callable[[CallFailure], None]) -> None:
        self._clock = clock
        self._opened = opened
        self._answered = False
        self._in_a_row = 0
        self._since = 0.0
        self.is_open = False

    def succeeded(self) -> None:
        """The endpoint answered, whatever the answer was worth."""
        self._answered = True
        self._in_a_row = 0

    def failed(self, failure: CallFailure) -> None:
        """Take note of one failed attempt."""
        if failure.kind not in _FATAL | _DEAD | _SICK:
            self.succeeded()
            return
        now = self._clock.monotonic()
        if self._in_a_row == 0:
            self._since = now
        self._in_a_row += 1
        if not self.is_open and self._hopeless(failure, now - self._since):
            self.is_open = True
            self._opened(failure)

    def _hopeless(self, failure: CallFailure, lasting: float) -> bool:
        if failure.kind in _FATAL:
            return not self._answered or self._in_a_row >= 10
        if failure.kind in _DEAD:
            return self._in_a_row >= 3 and lasting >= (5.0 if self._answered else 0.5)
        if self._answered:
            return self._in_a_row >= 100 and lasting >= 10.0
        if failure.kind == "timeout":
            return self._in_a_row >= 4
        return self._in_a_row >= 10 and lasting >= (
            _PATIENCE if failure.status in OVERLOADED else 0.0
        )
