"""How long an answer takes, and waiting that long for real."""

from __future__ import annotations

import asyncio
import math

from llmeval.endpoints.demo.faults import Draws
from llmeval.endpoints.demo.parameters import Parameters

__all__ = ["delays", "tokens", "wait"]


def tokens(text: str) -> int:
    """Return a plain token count: one for each four characters begun, at least one a word."""
    return max(len(text.split()), (len(text) + 3) // 4)


def delays(parameters: Parameters, draws: Draws, output: int) -> tuple[float, float]:
    """Return seconds to the first token, and from there to the last of ``output`` tokens.

    The first is lognormal with median ``ttft``; the second is ``tpot`` for each further token.
    """
    first = parameters.ttft * math.exp(parameters.latency_sigma * draws.normal("ttft"))
    return first, parameters.tpot * max(output - 1, 0)


async def wait(first: float, rest: float, deadline: float) -> tuple[float | None, float]:
    """Sleep through both delays, but no longer than ``deadline``; return what the clock measured.

    The result is (time to first token, whole time) in seconds; the former is ``None`` where the
    deadline came first. All arrived where ``first + rest <= deadline``.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    await asyncio.sleep(min(first, deadline))
    ttft = loop.time() - start if first <= deadline else None
    if ttft is not None and rest > 0:
        await asyncio.sleep(max(0.0, min(rest, deadline - first)))
    return ttft, loop.time() - start
