"""OpenTelemetry in a session: on with ``--otel``, one trace whatever the number of processes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmeval import __version__
from llmeval.plugin.role import Role
from llmeval.records import Summary
from llmeval.run import SystemClock

if TYPE_CHECKING:
    from llmeval.telemetry import RunTracer

__all__ = ["SessionTelemetry"]


class SessionTelemetry:
    """This process's part. ``session`` names the session in all of its processes; ``tracer`` is
    there between ``start`` and ``finish``, and only where telemetry is ``wanted``."""

    def __init__(self, wanted: bool, role: Role, given: Mapping[str, Any]) -> None:
        self.session: str = given.get("session") or uuid.uuid4().hex
        self.tracer: RunTracer | None = None
        self.trace: str | None = None
        self.warning: str | None = None
        self._wanted = wanted
        self._role = role

    def start(self, run_id: str) -> None:
        """Begin to trace. Raises ``MissingExtra``."""
        if self._wanted:
            from llmeval.telemetry import open_tracer

            self.tracer = open_tracer(self.session, __version__, SystemClock())
            self.tracer.describe({"llmeval.run.id": run_id})

    def finish(self, summary: Summary | None) -> None:
        """Export what is left. The run's own span is made by the process that decides. Safe to call
        twice."""
        tracer, self.tracer = self.tracer, None
        if tracer is None:
            return
        self.trace = tracer.ids.trace
        self.hear(tracer.close(None if self._role is Role.WORKER else _root(summary)))

    def hear(self, warning: str | None) -> None:
        """Take note of what went wrong here, or in a worker: the first of it is enough."""
        self.warning = self.warning or warning

    def lines(self) -> list[str]:
        """Return what the terminal says of it."""
        trace = f"telemetry: trace {self.trace}" if self.trace else None
        return [line for line in (trace, self.warning) if line]


def _root(summary: Summary | None) -> dict[str, Any]:
    if summary is None:
        return {"llmeval.verdict": "none: the run did not come to its end"}
    found: dict[str, Any] = {
        "llmeval.run.id": summary.run_id,
        "llmeval.verdict": summary.verdict,
        "llmeval.models": tuple(model.ref for model in summary.models),
        "llmeval.partial": bool(summary.partial),
        "llmeval.samples.planned": summary.coverage.planned,
        "llmeval.samples.recorded": summary.coverage.recorded,
    }
    return found if summary.cost_usd is None else {**found, "llmeval.cost_usd": summary.cost_usd}
