"""The simulated endpoint: read, answer, spoil at stated rates, take as long as stated."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from llmeval.endpoints.demo import latency
from llmeval.endpoints.demo.faults import Draws
from llmeval.endpoints.demo.parameters import OUTCOME_FAULTS, Parameters
from llmeval.endpoints.demo.reading import read
from llmeval.endpoints.demo.replies import reply
from llmeval.records import Attempt, CallFailure, EndpointIdentity, Request, Response, Usage

__all__ = ["VERSION", "DemoEndpoint"]

VERSION: Final = "2"
"""Changes with every change of what the simulator answers."""

_FAILURES: Final = {
    "quota": CallFailure("quota", "simulated 429", status=429, retry_after=0.05),
    "server_error": CallFailure("server_error", "simulated 503", status=503),
    "empty": CallFailure("empty", "simulated answer without text", status=200),
}


class DemoEndpoint:
    """Answers requests by itself; implements ``ports.Endpoint``.

    Outcome faults hold for every attempt at a request, so that retries do not change their rate.
    A simulated timeout, like a real one, takes as long as the caller is willing to wait.
    """

    def __init__(self, reference: str, parameters: Parameters) -> None:
        self._parameters = parameters
        self._identity = EndpointIdentity(
            ref=reference,
            kind="demo",
            name=reference.partition("?")[0],
            version=VERSION,
            simulated=True,
            alias=False,
            cacheable=False,
            details=asdict(parameters),
        )

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers: ``simulated``, with all parameters in ``details``."""
        return self._identity

    async def open(self) -> None:
        """Nothing to acquire."""

    async def close(self) -> None:
        """Nothing to release."""

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port's
        """Answer ``request`` within ``timeout`` seconds."""
        draws = Draws(self._parameters.seed, request)
        failure = self._failure(draws)
        if failure == "timeout":
            return await _timed_out(timeout)
        if failure is not None:
            first, _ = latency.delays(self._parameters, draws, 0)
            if first > timeout:
                return await _timed_out(timeout)
            _, took = await latency.wait(first, 0.0, timeout)
            return Attempt(_FAILURES[failure], took)
        response = self._answer(request, draws)
        first, rest = latency.delays(self._parameters, draws, response.usage.output_tokens or 0)
        if first + rest > timeout:
            return await _timed_out(timeout)
        ttft, took = await latency.wait(first, rest, timeout)
        return Attempt(response, took, ttft if request.stream else None)

    def _failure(self, draws: Draws) -> str | None:
        for name in OUTCOME_FAULTS:
            if draws.happens(name, getattr(self._parameters, name)):
                return name
        return None

    def _answer(self, request: Request, draws: Draws) -> Response:
        text = reply(read(request), self._parameters, draws)
        text, finish = _within(text, request.settings.get("max_tokens"))
        usage = Usage(
            input_tokens=sum(latency.tokens(m.content) for m in request.messages),
            output_tokens=latency.tokens(text),
        )
        return Response(text, finish, usage=usage, model_version=f"demo-{VERSION}")


async def _timed_out(deadline: float) -> Attempt:
    _, took = await latency.wait(deadline, 0.0, deadline)
    return Attempt(CallFailure("timeout", f"no answer within {deadline:g} s"), took)


def _within(text: str, limit: object) -> tuple[str, str]:
    """Cut ``text`` to ``limit`` tokens of four characters; say whether it was cut."""
    if not isinstance(limit, int) or limit < 1 or latency.tokens(text) <= limit:
        return text, "stop"
    return text[: 4 * limit], "length"
