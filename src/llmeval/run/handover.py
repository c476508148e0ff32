"""What passes between the engine's thread and whoever takes the samples."""

from __future__ import annotations

from dataclasses import dataclass, field

from llmeval.errors import LlmevalError
from llmeval.records import Message, Observation

__all__ = ["Finished", "Progress", "RunStopped", "State"]


class RunStopped(Exception):
    """The engine measures no more. ``reason`` is for people; ``error`` where something failed."""

    def __init__(self, reason: str, error: LlmevalError | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error


@dataclass(frozen=True, slots=True)
class Finished:
    """A sample as measured: its observation, and the prompt that was sent."""

    observation: Observation
    prompt: tuple[Message, ...]


@dataclass(frozen=True)
class Progress:
    """Where the run stands. ``spent`` is US dollars or unknown; ``elapsed`` is seconds; ``note``
    is what is waited for before the first sample."""

    done: int
    planned: int
    calls: int
    in_flight: int
    retries: int
    spent: float | None
    elapsed: float
    note: str = ""


@dataclass
class State:
    """What both threads look at; each field is written by one of them only."""

    taken: int = 0
    position: int = 0
    recorded: int = 0
    starved: bool = False
    wanted: int = -1
    settled: bool = False
    stop: RunStopped | None = None
    finished: dict[int, Finished] = field(default_factory=dict)
    held: dict[int, Finished] = field(default_factory=dict)
