"""What an engine tells its tracer, and when: nothing while latency is measured."""

from __future__ import annotations

import asyncio

from llmeval.ports import Sent, Tracer
from llmeval.records import Observation
from llmeval.run.plan import PlannedSample

__all__ = ["Telling"]


class Telling:
    """Tells ``tracer``, if there is one, of samples and calls once they are over."""

    def __init__(self, tracer: Tracer | None) -> None:
        self._tracer = tracer
        self._untold: list[tuple[PlannedSample, list[Sent], Observation | None]] = []

    def book(self) -> list[Sent] | None:
        """Return where attempts are to be noted down; ``None`` where nobody asks."""
        return None if self._tracer is None else []

    def sampled(
        self, planned: PlannedSample, sent: list[Sent] | None, observation: Observation | None
    ) -> None:
        """Tell of a sample; of a timed one with the others of its phase. Of one that was given up
        before anything was sent there is nothing to tell."""
        if self._tracer is None or sent is None or (observation is None and not sent):
            return
        if planned.test.declared.timed:
            self._untold.append((planned, sent, observation))
        else:
            self._tracer.sampled(planned.key, sent, observation)

    def called(self, sent: list[Sent] | None) -> None:
        """Tell of a call outside of the plan."""
        if self._tracer is not None and sent:
            self._tracer.called(sent)

    async def before_timed(self) -> None:
        """Let the tracer finish its work, so that it has none while latency is measured."""
        if self._tracer is not None:
            await asyncio.to_thread(self._tracer.settle)

    def after_timed(self) -> None:
        """Tell of the timed samples."""
        untold, self._untold = self._untold, []
        for planned, sent, observation in untold:
            if self._tracer is not None:
                self._tracer.sampled(planned.key, sent, observation)
