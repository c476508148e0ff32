"""Gates and waivers as declared."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from llmeval.calibration import Calibration
from llmeval.records import Direction

__all__ = ["Gate", "GateSet", "Waiver"]


class Gate(Struct, frozen=True, kw_only=True):
    """One condition on one metric.

    ``threshold`` is in the metric's unit; for ``no_worse_than_baseline`` it is the margin by which
    the metric may be worse. ``failures="count"`` counts a failed call or a missing score against
    the gate; ``"exclude"`` leaves them out, up to a share of ``max_failure_rate``.

    ``across`` is the tag whose values a disparity is taken over, ``reference`` the value that every
    other is compared with. ``cluster`` is the tag whose values are the independent units, in place
    of groups and cases: a template that several groups were made from.

    ``calibrated`` corrects a rate for how often the scorer is wrong.
    """

    id: str
    metric: str
    direction: Direction
    threshold: float
    confidence: float = 0.95
    for_each: str | None = None
    severity: Literal["block", "warn"] = "block"
    rationale: str = ""
    owner: str = ""
    failures: Literal["count", "exclude"] = "count"
    max_failure_rate: float = 0.01
    across: str | None = None
    reference: str | None = None
    cluster: str | None = None
    calibrated: bool = False


class Waiver(Struct, frozen=True, kw_only=True):
    """Leave to release in spite of a gate, by someone, through the day ``until``."""

    gate: str
    until: date
    reason: str
    approved_by: str


class GateSet(Struct, frozen=True, kw_only=True):
    """A gates file as read; ``hash`` is the SHA-256 of its bytes. ``calibrations`` are there where
    a gate is calibrated."""

    gates: tuple[Gate, ...]
    waivers: tuple[Waiver, ...] = ()
    path: str = ""
    hash: str = ""
    calibrations: tuple[Calibration, ...] = ()
