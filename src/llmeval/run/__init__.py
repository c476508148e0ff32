"""The one orchestration: plan, engine, record."""

from llmeval.run.call import Called, CallPolicy
from llmeval.run.engine import Engine, Finished, Progress, RunStopped
from llmeval.run.plan import PlannedSample, PlannedTest, describe, spread
from llmeval.run.wiring import SystemClock, Wiring

__all__ = [
    "CallPolicy",
    "Called",
    "Engine",
    "Finished",
    "PlannedSample",
    "PlannedTest",
    "Progress",
    "RunStopped",
    "SystemClock",
    "Wiring",
    "describe",
    "spread",
]
