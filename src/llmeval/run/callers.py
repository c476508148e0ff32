"""Callers as a ``Wiring`` says: made, opened, closed. Whoever has a loop has these in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from llmeval.errors import EndpointDown
from llmeval.ports import Endpoint
from llmeval.prices import model_price
from llmeval.records import CallFailure, Price
from llmeval.run.budget import Budget
from llmeval.run.call import Caller
from llmeval.run.limits import Breaker, Limiter
from llmeval.run.observe import describe_down
from llmeval.run.wiring import Wiring

__all__ = ["caller_for", "close_callers", "open_callers"]


def caller_for(
    endpoint: Endpoint,
    wiring: Wiring,
    budget: Budget,
    down: Callable[[EndpointDown], None],
    *,
    promised: bool = False,
) -> Caller:
    """Return a caller of ``endpoint``; ``down`` is told once it is given up."""

    def opened(failure: CallFailure) -> None:
        down(EndpointDown(describe_down(endpoint.identity, failure)))

    return Caller(
        endpoint=endpoint,
        policy=wiring.policy,
        limiter=Limiter(wiring.concurrency, wiring.clock),
        breaker=Breaker(wiring.clock, opened),
        budget=budget,
        clock=wiring.clock,
        cache=wiring.cache,
        promised=promised,
    )


async def open_callers(callers: Iterable[Caller], prices: Mapping[str, Price]) -> None:
    """Open every endpoint, one after the other, and look its price up: only then is it known which
    model answers."""
    for caller in callers:
        await caller.endpoint.open()
        known = model_price(caller.endpoint.identity, prices)
        caller.price = known.price if known else None


async def close_callers(callers: Iterable[Caller]) -> None:
    """Drop everything else on this loop, and close every endpoint."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for caller in callers:
        await caller.endpoint.close()
