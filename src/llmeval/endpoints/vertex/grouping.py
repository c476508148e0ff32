"""Several prompts in one call: repetitions as candidates, or prompts as instances of predict.

Requests that may share a call and arrive within some milliseconds of each other go out together.
A shared call has no latency that would be any one answer's own: ``Attempt.shared`` says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from llmeval.endpoints.dialects.dialect import Dialect, Streamed
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.endpoints.dialects.predict import Predict
from llmeval.records import Attempt, CallFailure, Request, Response, Usage

__all__ = ["Candidates", "Gatherer", "Instances", "Shared", "same_prompt", "same_settings"]

Outcome = Response | CallFailure
_LINGER = 0.01
_GIVE_UP = 2


class Shared(Protocol):
    """A dialect for one call: keeps what it means for each request in ``outcomes``."""

    outcomes: list[Outcome]


class Candidates:
    """generateContent with as many candidates as there are requests, all of one prompt."""

    def __init__(self, dialect: Gemini, requests: Sequence[Request]) -> None:
        self._dialect = dialect
        self._count = len(requests)
        self.outcomes: list[Outcome] = []

    def refused(self, settings: Mapping[str, Any]) -> str | None:
        """See ``dialect.Dialect``."""
        return self._dialect.refused(settings)

    def body(self, request: Request) -> dict[str, Any]:
        """See ``dialect.Dialect``."""
        body = self._dialect.body(request)
        config = body.get("generationConfig", {})
        return {**body, "generationConfig": {**config, "candidateCount": self._count}}

    def response(self, body: Any, request: Request | None = None) -> Outcome:
        """See ``dialect.Dialect``. A blocked prompt is blocked for all, and paid for once."""
        found = self._dialect.responses(body)
        first = found[0]
        if len(found) == 1 and isinstance(first, CallFailure) and first.kind == "blocked_prompt":
            free = msgspec.structs.replace(first, usage=_nothing(first.usage))
            found += [free] * (self._count - 1)
        self.outcomes = found
        return first

    def streamed(self) -> Streamed:
        """See ``dialect.Dialect``."""
        return self._dialect.streamed()


class Instances:
    """One predict call of several instances."""

    def __init__(self, dialect: Predict, requests: Sequence[Request]) -> None:
        self._dialect = dialect
        self._requests = requests
        self.outcomes: list[Outcome] = []

    def refused(self, settings: Mapping[str, Any]) -> str | None:
        """See ``dialect.Dialect``."""
        return self._dialect.refused(settings)

    def body(self, request: Request) -> Any:
        """See ``dialect.Dialect``."""
        return self._dialect.body_of(self._requests)

    def response(self, body: Any, request: Request | None = None) -> Outcome:
        """See ``dialect.Dialect``."""
        self.outcomes = self._dialect.responses(body, len(self._requests), self._requests)
        return self.outcomes[0]

    def streamed(self) -> Streamed:
        """See ``dialect.Dialect``."""
        return self._dialect.streamed()


@dataclass
class _Group:
    timeout: float
    requests: list[Request] = field(default_factory=list)
    waiting: list[asyncio.Future[Attempt]] = field(default_factory=list)
    leaving: asyncio.TimerHandle | None = None


class Gatherer:
    """Sends requests in groups of at most ``most``; ``key`` says which may go together.

    ``share`` makes the dialect of a group's call, ``ask`` sends a request in a dialect. Requests
    without an outcome of the shared call are asked one by one, and so is a group that the server
    rejects; a server that has rejected two groups is asked one by one from then on. Lives on one
    event loop.
    """

    def __init__(
        self,
        most: int,
        key: Callable[[Request], Hashable],
        share: Callable[[Sequence[Request]], Any],
        ask: Callable[[Dialect | None, Request, float], Awaitable[Attempt]],
    ) -> None:
        self._most = most
        self._key = key
        self._share = share
        self._ask = ask
        self._groups: dict[Hashable, _Group] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._rejected = 0

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Return the request's own outcome."""
        if self._most < 2:
            return await self._ask(None, request, timeout)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Attempt] = loop.create_future()
        key = self._key(request)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(timeout)
            group.leaving = loop.call_later(_LINGER, self._leave, key)
        group.requests.append(request)
        group.waiting.append(future)
        if len(group.requests) >= self._most:
            self._leave(key)
        return await future

    async def close(self) -> None:
        """Drop what is under way."""
        for group in self._groups.values():
            if group.leaving:
                group.leaving.cancel()
            for future in group.waiting:
                future.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _leave(self, key: Hashable) -> None:
        group = self._groups.pop(key)
        if group.leaving:
            group.leaving.cancel()
        task = asyncio.get_running_loop().create_task(self._answer(group))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, group: _Group) -> None:
        try:
            attempts = await self._together(group)
        except BaseException as error:
            for future in group.waiting:
                if not future.done():
                    future.set_exception(error)
            if isinstance(error, Exception):
                return
            raise
        for future, attempt in zip(group.waiting, attempts, strict=True):
            if not future.done():
                future.set_result(attempt)

    async def _together(self, group: _Group) -> list[Attempt]:
        requests, timeout = group.requests, group.timeout
        if len(requests) == 1:
            return [await self._ask(None, requests[0], timeout)]
        shared = self._share(requests)
        attempt = await self._ask(shared, requests[0], timeout)
        outcomes = shared.outcomes
        if not outcomes and _is_rejected(attempt.outcome):
            self._rejected += 1
            self._most = 1 if self._rejected >= _GIVE_UP else self._most
            return await self._apart(requests, timeout)
        if not outcomes:
            return [msgspec.structs.replace(attempt, shared=len(requests))] * len(requests)
        told = [_told(attempt, outcome, len(requests)) for outcome in outcomes]
        return told + await self._apart(requests[len(told) :], timeout)

    async def _apart(self, requests: Sequence[Request], timeout: float) -> list[Attempt]:  # noqa: ASYNC109
        return list(await asyncio.gather(*(self._ask(None, r, timeout) for r in requests)))


def same_prompt(request: Request) -> Hashable:
    """Return a key that repetitions of one prompt share."""
    return msgspec.json.encode([request.messages, request.settings], order="sorted")


def same_settings(request: Request) -> Hashable:
    """Return a key that requests with equal settings share."""
    return msgspec.json.encode(request.settings, order="sorted")


def _told(attempt: Attempt, outcome: Outcome, shared: int) -> Attempt:
    """Give one request its outcome, and what the call's headers said of who answered."""
    first = attempt.outcome
    outcome = msgspec.structs.replace(
        outcome,
        deployed_model=outcome.deployed_model or first.deployed_model,
        model_version=outcome.model_version or first.model_version,
    )
    return Attempt(outcome, attempt.latency, shared=shared)


def _is_rejected(outcome: Outcome) -> bool:
    return isinstance(outcome, CallFailure) and outcome.kind in ("bad_request", "malformed_body")


def _nothing(usage: Usage) -> Usage:
    return Usage(*(None if n is None else 0 for n in msgspec.structs.astuple(usage)))
