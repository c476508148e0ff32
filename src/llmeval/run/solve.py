"""From a planned sample to an answer: the default solver, and the endpoint as solvers see it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmeval.ports import Asker, CallFailed, Sent
from llmeval.records import CallFailure, Message, Request, Response
from llmeval.run.call import Called, Caller, Halted
from llmeval.run.plan import PlannedSample

__all__ = ["SampleAsker", "request_of", "solve"]


@dataclass
class SampleAsker:
    """Asks on behalf of one sample, and remembers what was asked and what it took; each attempt
    too where ``sent`` is a list."""

    caller: Caller
    planned: PlannedSample
    defaults: dict[str, Any]
    seed: int
    asked: Request | None = None
    calls: list[Called] = field(default_factory=list)
    halted: bool = False
    sent: list[Sent] | None = None

    async def ask(self, prompt: str | Sequence[Message], **settings: Any) -> Response:
        """See ``ports.Asker``."""
        messages = (Message("user", prompt),) if isinstance(prompt, str) else tuple(prompt)
        self.asked = request_of(self.planned, messages, self.defaults, settings, self.seed)
        try:
            timed = self.planned.test.declared.timed
            called = await self.caller.call(self.asked, timed=timed, sent=self.sent)
        except Halted:
            self.halted = True
            raise
        self.calls.append(called)
        if isinstance(called.outcome, CallFailure):
            raise CallFailed(called.outcome)
        return called.outcome


def request_of(
    planned: PlannedSample,
    messages: Sequence[Message],
    defaults: Mapping[str, Any],
    own: Mapping[str, Any],
    seed: int,
) -> Request:
    """Return what is asked for one sample: its ``own`` settings win over the suite's, those over
    the run's ``defaults``."""
    declared = planned.test.declared
    return Request(
        messages=tuple(messages),
        settings={**defaults, **declared.settings, **own},
        stream=declared.stream,
        repetition=planned.repetition,
        seed=seed,
    )


async def solve(planned: PlannedSample, asker: SampleAsker) -> Response | CallFailure:
    """Run the sample's solver; whatever it raises is an outcome with its name.

    Raises ``Halted`` where a call of the solver was, even if the solver made something of that.
    """
    outcome = await _outcome(planned, asker)
    if asker.halted:
        raise Halted
    return outcome


async def _outcome(planned: PlannedSample, asker: SampleAsker) -> Response | CallFailure:
    solver = planned.test.declared.solver
    try:
        if solver is None:
            return await _prompted(planned, asker)
        response = await solver(planned.case, asker)
    except CallFailed as failed:
        return failed.failure
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - a solver may raise anything, pytest.fail too
        return CallFailure("solver_error", f"{type(error).__name__}: {error}"[:500])
    if isinstance(response, Response):
        return response
    return CallFailure("solver_error", f"the solver returned {type(response).__name__}")


async def _prompted(planned: PlannedSample, asker: Asker) -> Response:
    """The default solver: render the prompt and ask once."""
    prompt = planned.test.prompt
    assert prompt is not None  # noqa: S101 - evaluate() demands a prompt or a solver
    return await asker.ask(prompt.render(planned.case.inputs))
