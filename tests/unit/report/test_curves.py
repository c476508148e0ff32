"""Latency curves: budgets, axes and models."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

import factories
from llmeval.report import collect
from llmeval.report.curves import BOTTOM, LEFT, RIGHT, TOP, Figure, figures


def _figures(record: factories.Record) -> tuple[Figure, ...]:
    return figures(collect(record.summary, record.observations))


def test_a_figure_for_each_timing_with_its_budget():
    ttft, total = _figures(factories.failing())
    assert (ttft.measure, total.measure) == ("ttft", "e2e")
    assert [b.text for b in ttft.budgets] == ["p95 at most 0.90 s"]
    assert LEFT < float(ttft.budgets[0].x) < RIGHT
    assert TOP < float(ttft.budgets[0].y) < BOTTOM


def test_models_differ_by_their_dashes():
    curves = _figures(factories.two_models())[0].curves
    assert len({c.dash for c in curves}) == len(curves) == 2


def test_a_mean_has_a_line_but_no_height():
    record = factories.passing()
    gate = replace(record.summary.gates[3], metric="latency.ttft.mean")
    record = factories.Record(replace(record.summary, gates=[gate]), record.observations)
    assert _figures(record)[0].budgets[0].y is None


@pytest.mark.parametrize("slow", [0.0, 0.001, 0.3, 5, 400])
def test_the_axis_fits_its_curve(slow):
    rows = [factories.timed(i, slow) for i in range(40)]
    figure = figures(collect(factories.summarise([], rows, "NONE"), rows))[0]
    assert figure.curves[0].path.startswith(f"M{LEFT} {BOTTOM}H")
    assert float(figure.marks[-1].x) == RIGHT
    assert "nan" not in figure.curves[0].path


def test_a_straggler_beyond_the_axis_does_not_stretch_it():
    rows = [factories.timed(i) for i in range(49)] * 5
    rows = [replace(o, case_id=str(i)) for i, o in enumerate(rows)]
    late = replace(rows[0], case_id="late", timings=replace(rows[0].timings, ttft=500.0))
    figure = figures(collect(factories.summarise([], [*rows, late], "NONE"), [*rows, late]))[0]
    assert float(figure.marks[-1].label) < 2
    assert figure.beyond == 1
