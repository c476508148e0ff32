"""The geometry of latency curves: share of calls answered within so many seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llmeval.records import Verdict
from llmeval.report.data import Latency, ReportData
from llmeval.report.numbers import metric_parts, seconds, unit_of

__all__ = ["BOTTOM", "LEFT", "RIGHT", "TOP", "Budget", "Curve", "Figure", "Mark", "figures"]

LEFT: Final = 40
RIGHT: Final = 350
TOP: Final = 16
BOTTOM: Final = 176


@dataclass(frozen=True, slots=True)
class Curve:
    """One model's curve as SVG path data; ``dash`` tells models apart without colour."""

    model: str
    latency: Latency
    path: str
    dash: str


@dataclass(frozen=True, slots=True)
class Budget:
    """A gate's threshold: the curve must pass above the crossing of the two lines."""

    gate: str
    text: str
    verdict: str
    x: str
    y: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A label on the time axis."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    """All models' curves of one timing of one suite."""

    suite: str
    measure: str
    title: str
    curves: tuple[Curve, ...]
    budgets: tuple[Budget, ...]
    marks: tuple[Mark, ...]
    beyond: int


DASHES: Final = ("none", "6 3", "2 3", "9 3 2 3")
TITLES: Final = {"ttft": "Time to first token", "e2e": "Time to the whole answer"}


def figures(data: ReportData) -> tuple[Figure, ...]:
    """Return one figure for each timing of each timed suite."""
    found: dict[tuple[str, str], list[tuple[str, Latency]]] = {}
    for suite in data.suites:
        for latency in suite.latencies:
            found.setdefault((suite.suite, latency.measure), []).append((suite.model, latency))
    return tuple(_figure(*key, lines, data.summary.gates) for key, lines in found.items())


def _figure(
    suite: str, measure: str, lines: list[tuple[str, Latency]], gates: Sequence[Verdict]
) -> Figure:
    budgets = [g for g in gates if metric_parts(g.metric)[:2] == (suite, measure)]
    budgets = [g for g in budgets if unit_of(g.metric) == "seconds"]
    end = _end([latency for _, latency in lines], [g.threshold for g in budgets])
    curves = tuple(
        Curve(model, latency, _path(latency, end), DASHES[i % len(DASHES)])
        for i, (model, latency) in enumerate(lines)
    )
    return Figure(
        suite=suite,
        measure=measure,
        title=TITLES.get(measure, measure),
        curves=curves,
        budgets=_budgets(budgets, end),
        marks=tuple(Mark(_x(end * i / 4, end), f"{end * i / 4:.2g}") for i in range(5)),
        beyond=sum((latency.slowest or 0) > end for _, latency in lines),
    )


def _budgets(gates: Sequence[Verdict], end: float) -> tuple[Budget, ...]:
    """One line for each threshold, in time order; slices and models share theirs."""
    made: dict[tuple[str, float], Budget] = {}
    for gate in sorted(gates, key=lambda g: g.threshold):
        statistic = metric_parts(gate.metric)[2]
        quantile = _quantile(statistic)
        text = f"{statistic} {gate.direction.replace('_', ' ')} {seconds(gate.threshold)}"
        y = None if quantile is None else _y(quantile)
        made.setdefault(
            (statistic, gate.threshold),
            Budget(gate.name, text, gate.verdict, _x(gate.threshold, end), y),
        )
    return tuple(made.values())


def _quantile(statistic: str) -> float | None:
    digits = statistic[1:]
    plain = statistic[:1] == "p" and digits.replace(".", "", 1).isdecimal()
    return min(float(digits) / 100, 1.0) if plain else None


def _end(latencies: Sequence[Latency], budgets: Sequence[float]) -> float:
    """The end of the time axis: past every budget and p99, not stretched by one straggler."""
    wanted = [b * 1.15 for b in budgets if 0 < b < float("inf")]
    for latency in latencies:
        known = [p for p in latency.percentiles.values() if p is not None]
        wanted.append(1.1 * max(known, default=latency.slowest or 0))
    top = max(wanted, default=1.0) or 1.0
    magnitude = 10.0 ** len(str(int(top))) / 10 if top >= 1 else 0.1
    steps = (0.2, 0.4, 0.8, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10)
    return next((s * magnitude for s in steps if s * magnitude >= top), top)


def _x(time: float, end: float) -> str:
    return f"{LEFT + min(max(time / end, 0), 1) * (RIGHT - LEFT):.1f}"


def _y(share: float) -> str:
    return f"{BOTTOM - share * (BOTTOM - TOP):.1f}"


def _path(latency: Latency, end: float) -> str:
    """A staircase: the share rises where a call was answered."""
    parts, y = [f"M{LEFT} {BOTTOM}"], f"{BOTTOM}"
    for time, share in latency.curve:
        if time > end:
            break
        y = _y(share)
        parts.append(f"H{_x(time, end)}V{y}")
    return "".join([*parts, f"H{RIGHT}"])
