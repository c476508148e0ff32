"""The geometry of the forest plot: every gate's threshold on one vertical line, good to the right.

Distances from the threshold are drawn on a signed square-root scale, so that a margin of half a
point and a miss of twenty are both readable. Rates and scores are measured in points (a point is
0.01), timings in per cent of their budget.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from llmeval.records import Verdict
from llmeval.report.data import ReportData
from llmeval.report.numbers import (
    MISSING,
    figure,
    finite,
    interval,
    seconds,
    threshold,
    unit_of,
)

__all__ = ["HEIGHT", "WIDTH", "GateRow", "Panel", "Tick", "panels", "trouble"]

WIDTH: Final = 260
HEIGHT: Final = 34
EDGE: Final = 10
STEPS: Final = (1, 2, 5, 10, 20, 50, 100)
ORDER: Final = {"ERROR": 0, "FAIL": 1, "INCONCLUSIVE": 2, "WAIVED": 4, "PASS": 5}


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis; the label is empty on the threshold itself. ``anchor`` keeps the
    outermost labels inside the plot."""

    x: str
    label: str
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate as drawn and written. ``left``, ``right`` and ``middle`` are x in the SVG's units,
    ``None`` where unknown; an open end goes on to the edge of the plot, or beyond it."""

    index: int
    verdict: Verdict
    estimate: str
    baseline: str
    interval: str
    threshold: str
    margin: str
    left: str | None
    right: str | None
    middle: str | None
    open_left: bool
    open_right: bool
    samples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """Gates whose margins share a scale. ``unit`` is ``points`` or ``% of the budget``."""

    title: str
    unit: Literal["points", "% of the budget"]
    rows: tuple[GateRow, ...]
    ticks: tuple[Tick, ...]
    threshold_x: str


def trouble(verdict: Verdict) -> tuple[int, int]:
    """Sort key that puts what blocks a release first, and what passes last."""
    passes = verdict.verdict in ("PASS", "WAIVED")
    return (0 if verdict.blocks else 1 if not passes else 2, ORDER[verdict.verdict])


def panels(data: ReportData) -> tuple[Panel, ...]:
    """Return the gates on rates and scores, then those on time; within, the troubled ones first."""
    gates = sorted(enumerate(data.summary.gates), key=lambda entry: trouble(entry[1]))
    timed = [g for g in gates if unit_of(g[1].metric) == "seconds"]
    rest = [g for g in gates if unit_of(g[1].metric) != "seconds"]
    made = []
    if rest:
        made.append(_panel("Quality and safety", "points", rest, data))
    if timed:
        made.append(_panel("Latency", "% of the budget", timed, data))
    return tuple(made)


def _panel(
    title: str,
    unit: Literal["points", "% of the budget"],
    gates: Sequence[tuple[int, Verdict]],
    data: ReportData,
) -> Panel:
    reach = _reach([gate for _, gate in gates])
    return Panel(
        title=title,
        unit=unit,
        rows=tuple(_row(i, gate, reach, data.gate_samples.get(i, ())) for i, gate in gates),
        ticks=_ticks(reach),
        threshold_x=_x(0, reach),
    )


def _reach(gates: Sequence[Verdict]) -> float:
    """How far from the threshold the plot must reach, rounded up to a step of the axis."""
    found = [1.0]
    for gate in gates:
        for value in (gate.estimate, gate.low, gate.high):
            distance = _distance(gate, value)
            if distance is not None and not _open(gate, value):
                found.append(abs(distance))
    return next((step for step in STEPS if step >= max(found)), STEPS[-1])


def _distance(gate: Verdict, value: float | None) -> float | None:
    """Points or per cent by which ``value`` is better (+) or worse (−) than the threshold."""
    value, limit = finite(value), finite(gate.threshold)
    if value is None or limit is None:
        return None
    better = value - limit if _more_is_better(gate) else limit - value
    if unit_of(gate.metric) == "seconds":
        return better / limit * 100 if limit else None
    return better * 100


def _more_is_better(gate: Verdict) -> bool:
    """Of a gate against a baseline, the figures say by how much it is worse."""
    return gate.direction == "at_least"


def _open(gate: Verdict, value: float | None) -> bool:
    """Whether a bound is only the end of the range, and so bounds nothing."""
    if value is None or value == gate.estimate:
        return False
    ends = (-math.inf, math.inf) if gate.direction == "no_worse_than_baseline" else (0.0, math.inf)
    top = (1.0,) if unit_of(gate.metric) != "seconds" else ()
    return value in ends or value in top


def _x(distance: float, reach: float) -> str:
    share = math.copysign(math.sqrt(min(abs(distance) / reach, 1.0)), distance)
    return f"{WIDTH / 2 + share * (WIDTH / 2 - EDGE):.1f}"


def _ticks(reach: float) -> tuple[Tick, ...]:
    inner = [share * reach for share in (0.1, 0.4)]
    return (
        Tick(_x(-reach, reach), f"−{reach:g}", "start"),
        *(Tick(_x(-mark, reach), f"−{mark:.2g}") for mark in reversed(inner)),
        Tick(_x(0, reach), ""),
        *(Tick(_x(mark, reach), f"+{mark:.2g}") for mark in inner),
        Tick(_x(reach, reach), f"+{reach:g}", "end"),
    )


def _row(index: int, gate: Verdict, reach: float, samples: tuple[int, ...]) -> GateRow:
    unit = unit_of(gate.metric)
    ends = [(gate.low, _distance(gate, gate.low)), (gate.high, _distance(gate, gate.high))]
    if not _more_is_better(gate):
        ends.reverse()
    (left, left_at), (right, right_at) = ends
    at = _distance(gate, gate.estimate)
    return GateRow(
        index=index,
        verdict=gate,
        estimate=figure(gate.estimate, unit, gate.threshold),
        baseline="" if gate.baseline is None else figure(gate.baseline, unit),
        interval=interval(gate),
        threshold=threshold(gate),
        margin=_margin(gate),
        left=None if left_at is None else _x(left_at, reach),
        right=None if right_at is None else _x(right_at, reach),
        middle=None if at is None else _x(at, reach),
        open_left=left_at is None or left_at < -reach or _open(gate, left),
        open_right=right_at is None or right_at > reach or _open(gate, right),
        samples=samples,
    )


def _margin(gate: Verdict) -> str:
    """How far the bound that decides is from the threshold."""
    bound = gate.low if _more_is_better(gate) else gate.high
    distance = _distance(gate, bound)
    if distance is None or gate.estimate is None:
        return MISSING
    sign = "+" if distance >= 0 else "−"
    if unit_of(gate.metric) == "seconds":
        away = seconds(abs(distance) / 100 * gate.threshold)
        return f"{sign}{away} ({sign}{abs(distance):.0f}%)"
    places = next((p for p in (1, 2, 3) if float(f"{abs(distance):.{p}f}")), 1)
    return f"{sign}{abs(distance):.{places}f} points"
