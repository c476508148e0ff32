"""What stands behind the model names of an emulator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from llmeval.endpoints import EndpointOptions, resolve
from llmeval.endpoints.demo import DemoEndpoint
from llmeval.endpoints.demo.faults import Draws
from llmeval.endpoints.demo.latency import delays
from llmeval.endpoints.demo.parameters import parse
from llmeval.ports import Endpoint
from llmeval.records import Attempt, EndpointIdentity, Request, Response, Usage

__all__ = ["FIXED_TEXT", "FixedEndpoint", "StatedDemo", "endpoints_for"]

FIXED_TEXT = "The quick brown fox jumps over the lazy dog."


class FixedEndpoint:
    """Always says the same at once: the least work a server can do, for benchmarks."""

    identity = EndpointIdentity(
        ref="fixed", kind="fixed", name="fixed", version="1", simulated=True, alias=False
    )
    _response = Response(
        FIXED_TEXT, usage=Usage(input_tokens=10, output_tokens=9), model_version="fixed-1"
    )

    async def open(self) -> None:
        """Nothing to acquire."""

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Answer with ``FIXED_TEXT``."""
        return Attempt(self._response, latency=0.0, ttft=0.0)

    async def close(self) -> None:
        """Nothing to release."""


class StatedDemo:
    """The demo model, which states how long its answer takes and leaves the waiting to the
    server: so that a stream's first chunk can leave before its last."""

    def __init__(self, reference: str, seed: int) -> None:
        self._parameters = parse(reference, seed)
        self._quick = DemoEndpoint(reference, replace(self._parameters, ttft=0.0, tpot=0.0))

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers: the demo model."""
        return self._quick.identity

    async def open(self) -> None:
        """Nothing to acquire."""

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Answer at once, with the timings that the demo model would have."""
        outcome = (await self._quick.send(request, timeout)).outcome
        said = outcome.usage.output_tokens if isinstance(outcome, Response) else None
        first, rest = delays(self._parameters, Draws(self._parameters.seed, request), said or 0)
        return Attempt(outcome, latency=first + rest, ttft=first)

    async def close(self) -> None:
        """Nothing to release."""


def endpoints_for(models: Iterable[str], seed: int) -> dict[str, Endpoint]:
    """Return the endpoint of each reference; ``fixed`` is the benchmark's model.

    Raises ``ModelReferenceError`` for a reference that names nothing.
    """
    return {name: _endpoint(name, seed) for name in models}


def _endpoint(reference: str, seed: int) -> Endpoint:
    if reference == "fixed":
        return FixedEndpoint()
    if reference.partition("?")[0] in ("demo", "demo-flawed"):
        return StatedDemo(reference, seed)
    return resolve(reference, options=EndpointOptions(seed=seed))
