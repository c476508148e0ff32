"""Where the marks of the forest plot lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import factories
from llmeval.records import Verdict
from llmeval.report import collect
from llmeval.report.forest import EDGE, WIDTH, GateRow, panels

SHARE = st.floats(0, 1)


def _rows(*gates: Verdict) -> list[GateRow]:
    data = collect(factories.summarise(gates, [], "FAIL"), [])
    return [row for panel in panels(data) for row in panel.rows]


def test_good_is_to_the_right_whatever_the_direction():
    more, less = factories.passing().summary.gates[:2]
    worse = replace(more, estimate=0.8, low=0.75, high=0.85, verdict="FAIL")
    toxic = replace(less, estimate=0.1, low=0.08, high=0.13, verdict="FAIL")
    for good in _rows(more, less):
        assert float(good.middle) > WIDTH / 2 and good.margin.startswith("+")
    for bad in _rows(worse, toxic):
        assert float(bad.right) < WIDTH / 2 and bad.margin.startswith("−")


def test_the_troubled_come_first_and_timings_have_their_own_panel():
    data = collect(factories.failing().summary, [])
    quality, latency = panels(data)
    assert [r.verdict.verdict for r in quality.rows] == ["FAIL", "INCONCLUSIVE", "WAIVED", "PASS"]
    assert latency.unit == "% of the budget"
    assert [r.verdict.severity for r in latency.rows] == ["block", "warn"]


def test_bounds_at_the_end_of_the_range_are_open():
    grounded, toxic = _rows(*factories.passing().summary.gates[:2])
    assert grounded.open_right and not grounded.open_left
    assert not toxic.open_left  # 0 is the estimate itself, not an empty bound
    slow = replace(factories.passing().summary.gates[3], high=float("inf"))
    assert _rows(slow)[0].open_left


def test_margins_in_points_and_in_share_of_the_budget():
    grounded, _, _, ttft, _ = _rows(*factories.passing().summary.gates)
    assert grounded.margin == "+1.8 points"
    assert ttft.margin == "+0.77 s (+64%)"


def test_a_gate_without_an_estimate_has_no_mark():
    row = _rows(factories.broken().summary.gates[0])[0]
    assert row.middle is None and row.margin == "–" and row.estimate == "–"


def test_against_a_baseline_the_margin_is_the_line():
    gate = replace(
        factories.passing().summary.gates[0],
        direction="no_worse_than_baseline", threshold=0.02, estimate=0.0, low=-0.02, high=0.01,
        baseline=0.97,
    )  # fmt: skip
    assert _rows(gate)[0].margin == "+1.0 points"
    assert _rows(replace(gate, metric="toxicity.detoxify.rate"))[0].margin == "+1.0 points"
    assert _rows(replace(gate, high=0.03))[0].margin == "−1.0 points"
    assert _rows(gate)[0].baseline == "97.0%"


@given(SHARE, SHARE, SHARE, SHARE, st.sampled_from(["at_least", "at_most"]))
def test_every_mark_lies_inside_the_plot_in_order(a, b, c, limit, direction):
    low, estimate, high = sorted((a, b, c))
    gate = factories.gate("s.x.pass_rate", "FAIL", direction, limit, (estimate, low, high))
    row = _rows(gate)[0]
    places = [float(row.left), float(row.middle), float(row.right)]
    assert places == sorted(places)
    assert places[0] >= EDGE
    assert places[-1] <= WIDTH - EDGE


@pytest.mark.parametrize("limit", [0.0, float("nan"), float("inf")])
def test_odd_thresholds_draw_something_finite(limit):
    row = _rows(factories.gate("l.ttft.p95", "FAIL", "at_most", limit, (1.0, 0.5, 2.0)))[0]
    assert "nan" not in repr((row.left, row.middle, row.right, row.margin))
