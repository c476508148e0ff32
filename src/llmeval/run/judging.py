"""The judging endpoint as a scorer sees it, and a loop of its own for those who have no engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from llmeval.ports import Judge, JudgeScorer
from llmeval.records import (
    CallFailure,
    EndpointIdentity,
    Message,
    NotScored,
    Request,
    Response,
    Sample,
    Score,
)
from llmeval.run.budget import Promise
from llmeval.run.call import Caller, Halted

__all__ = ["AskingJudge", "judged", "plausible"]

_LONGEST = 500


@dataclass
class AskingJudge:
    """Asks through a ``Caller`` on behalf of one sample, which has a ``promise`` of calls;
    ``costs`` holds US dollars, a call each, ``None`` where unknown."""

    caller: Caller
    seed: int
    promise: Promise
    costs: list[float | None] = field(default_factory=list)

    @property
    def identity(self) -> EndpointIdentity:
        """See ``ports.Judge``."""
        return self.caller.endpoint.identity

    async def ask(
        self, messages: Sequence[Message], *, repetition: int = 0, **settings: Any
    ) -> Response | CallFailure:
        """See ``ports.Judge``. Raises ``Halted`` where the run stops."""
        request = Request(tuple(messages), settings, repetition=repetition, seed=self.seed)
        await self.caller.limiter.acquire()
        self.promise.take()
        try:
            called = await self.caller.call(request)
        finally:
            self.caller.limiter.release()
        self.costs.append(called.cost_usd)
        return called.outcome


async def judged(scorer: JudgeScorer, sample: Sample, judges: Sequence[Judge]) -> Score | NotScored:
    """Return a judge's finding; a scorer that crashes has scored nothing, and says so."""
    try:
        return plausible(scorer.identity.name, await scorer.judge(sample, judges))
    except Halted:
        raise
    except Exception as error:  # noqa: BLE001 - a scorer may raise anything
        reason = f"{type(error).__name__}: {error}"[:_LONGEST]
        return NotScored(scorer.identity.name, "scorer_error", reason)


def plausible(name: str, finding: Score | NotScored) -> Score | NotScored:
    """Return a finding, or why it cannot be one."""
    if isinstance(finding, Score | NotScored) and finding.scorer != name:
        return NotScored(name, "scorer_error", f"a finding of {finding.scorer!r}, not {name!r}")
    if isinstance(finding, NotScored):
        return finding
    if not isinstance(finding, Score) or not 0.0 <= finding.value <= 1.0:
        return NotScored(name, "scorer_error", f"not a score between 0 and 1: {finding!r}"[:500])
    return finding
