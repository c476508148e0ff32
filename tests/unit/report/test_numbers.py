"""Figures never look better than they are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import factories
from llmeval.records import Contrast, Estimate
from llmeval.report import numbers

GROUNDED = factories.passing().summary.gates[0]
TTFT = factories.passing().summary.gates[3]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0%"), (1.0, "100%"), (0.5, "50.0%"), (0.9999, "99.99%"), (0.00001, "0.001%"),
     (1 - 1e-9, ">99.9999%"), (1e-9, "<0.0001%"), (None, "–"), (math.nan, "–"), (math.inf, "–")],
)  # fmt: skip
def test_percent(value, text):
    assert numbers.percent(value) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_an_imperfect_rate_never_reads_as_perfect(value):
    assert numbers.percent(value) not in ("0%", "100%", "0.0%", "100.0%")


def test_a_miss_by_a_hair_is_visible():
    assert numbers.figure(0.94996, "rate", 0.95) == "94.996%"
    assert numbers.figure(1.2004, "seconds", 1.2) == "1.2004 s"


@pytest.mark.parametrize(
    ("metric", "unit"),
    [("a.b.pass_rate", "rate"), ("a.b.rate", "rate"), ("a.b.pass_hat_3", "rate"),
     ("latency.ttft.p95", "seconds"), ("a.b.e2e.p99.9", "seconds"), ("a.b.mean", "score"),
     ("a.b.c.error_rate", "rate"), ("a.b.agreement", "rate"), ("a.b.any_rate_25", "rate"),
     ("odd", "score")],
)  # fmt: skip
def test_unit_of(metric, unit):
    assert numbers.unit_of(metric) == unit


def test_metric_parts():
    assert numbers.metric_parts("a.b.c.rate") == ("a.b", "c", "rate")
    assert numbers.metric_parts("lat.ttft.p99.9") == ("lat", "ttft", "p99.9")
    assert numbers.metric_parts("a.b.error_rate") == ("a.b", "", "error_rate")
    assert numbers.metric_parts("a.b.ttft.p99.9") == ("a.b", "ttft", "p99.9")
    assert numbers.metric_parts("odd") == ("odd", "", "")


def test_thresholds_in_words():
    assert numbers.threshold(GROUNDED) == "at least 95%"
    assert numbers.threshold(TTFT) == "at most 1.2 s"
    worse = replace(GROUNDED, direction="no_worse_than_baseline", threshold=0.005)
    assert numbers.threshold(worse) == "at most 0.5% worse than the baseline"
    assert numbers.threshold(replace(GROUNDED, threshold=math.nan)) == "at least –"
    assert numbers.threshold(replace(GROUNDED, metric="a.b.mean")) == "at least 0.95"


def test_open_and_missing_intervals():
    assert numbers.interval(replace(TTFT, high=math.inf)) == "0.41 s … no upper bound"
    assert numbers.interval(replace(TTFT, low=None, high=None)) == "–"


def test_money_duration_count_and_time():
    assert [numbers.money(v) for v in (None, 0, 0.0123, 1234.5)] == [
        "not known", "$0.00", "$0.0123", "$1,234.50",
    ]  # fmt: skip
    assert [numbers.duration(v) for v in (3.21, 83.4, 7260, -1, math.nan)] == [
        "3.2 s", "1 min 23 s", "2 h 1 min", "not known", "not known",
    ]  # fmt: skip
    assert numbers.count(None) == "not reported"
    assert numbers.count(12345) == "12,345"
    assert numbers.utc(0) == "1970-01-01 00:00:00 UTC"
    assert numbers.utc(1e30) == numbers.utc(math.nan) == "not known"


@pytest.mark.parametrize(
    ("metric", "figures", "change", "interval"),
    [
        ("a.b.pass_rate", (-0.12, -0.2, 0.04), "−12.0 points", "−20.0 … +4.0 points"),
        ("a.b.pass_rate", (0.0, -0.0004, 0.5), "0.0 points", "−0.04 … +50.0 points"),
        ("a.ttft.p95", (0.25, 0.01, 1.5), "+0.25 s", "+0.010 … +1.50 s"),
        ("a.ttft.p95", (0.25, 0.01, math.inf), "+0.25 s", "+0.010 s … no bound"),
    ],
)
def test_differences_carry_their_sign(metric, figures, change, interval):
    found = Contrast(metric, "m", 0.0, 0.0, Estimate(*figures, 9, 9, "x"), 1, 1, "worse")
    assert (numbers.change(found), numbers.change_interval(found)) == (change, interval)


def test_small_p_values_are_bounds():
    shown = [numbers.p_value(p) for p in (1.0, 0.0512, 0.0001, 1e-9)]
    assert shown == ["1", "0.051", "0.0001", "<0.0001"]
