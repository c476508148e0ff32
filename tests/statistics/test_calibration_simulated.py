"""Error rates of calibrated gates, and coverage of the measures of a calibration, simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from llmeval.calibration.measures import Rates
from llmeval.gates.calibrated import LEAST_LABELLED, Correction
from llmeval.gates.metric import parse_metric
from llmeval.gates.units import Units
from llmeval.records import Estimate
from llmeval.stats import auc, balanced_accuracy, cohen_kappa, macro_f1, ppi_mean

RUNS = 1500


def beyond(misses: int, runs: int, level: float = 0.05) -> bool:
    """Whether so many misses refute the level, at four standard errors."""
    return misses / runs > level + 4 * math.sqrt(level * (1 - level) / runs)


def counted(hits: int, n: int) -> Estimate:
    return Estimate(hits / n, 0.0, 1.0, n, n, "")


def units_of(flagged: int, n: int) -> Units:
    values = np.ones(n)
    values[:flagged] = 0
    return Units(values, np.arange(n), None, n, 0, n, np.zeros(n, bool))


@pytest.mark.parametrize("bad", [0.01, 0.05, 0.2, 0.5])
@pytest.mark.parametrize(
    ("sensitivity", "specificity", "labelled"),
    [(0.9, 0.95, LEAST_LABELLED), (0.7, 0.8, LEAST_LABELLED), (0.8, 0.9, 100), (0.95, 0.99, 300)],
)
def test_calibrated_gates_err_as_seldom_as_they_say(
    bad: float, sensitivity: float, specificity: float, labelled: int
) -> None:
    """The labelled rows are drawn anew in each run, as is the run: the true rate lies exactly on
    the threshold, so that a pass and a fail are both false."""
    rng = np.random.default_rng([int(bad * 100), labelled, int(sensitivity * 100)])
    metric = parse_metric("s.sc.pass_rate")
    n, runs = 400, RUNS
    passes = fails = 0
    share = bad * sensitivity + (1 - bad) * (1 - specificity)
    for _ in range(runs):
        hits = int(rng.binomial(labelled, sensitivity))
        right = int(rng.binomial(labelled, specificity))
        if hits + right <= labelled:
            continue  # refused: ERROR
        rates = Rates(counted(hits, labelled), counted(right, labelled))
        units = units_of(int(rng.binomial(n, share)), n)
        found, _ = Correction(rates, "").corrected(units, metric, 0.9)
        passes += found.low >= 1 - bad + 1e-12
        fails += found.high < 1 - bad - 1e-12
    assert not beyond(passes, runs), passes / runs
    assert not beyond(fails, runs), fails / runs


def two_raters(rng, clusters, size, right):
    """Labels that repeat within a cluster three times out of four, and a rater who is right so
    often, cluster by cluster."""
    base = rng.random(clusters) < 0.3
    truth = np.where(
        rng.random((clusters, size)) < 0.75, base[:, None], rng.random((clusters, size)) < 0.3
    )
    same = rng.random((clusters, 1)) < 0.5
    mistaken = np.where(same, rng.random((clusters, 1)), rng.random((clusters, size))) > right
    return truth.ravel(), (truth ^ mistaken).ravel(), np.repeat(np.arange(clusters), size)


@pytest.mark.parametrize(("clusters", "size"), [(50, 1), (60, 4), (200, 3)])
@pytest.mark.parametrize("right", [0.7, 0.9])
@pytest.mark.parametrize("measure", [cohen_kappa, macro_f1, balanced_accuracy])
def test_clustered_intervals_of_agreement_cover(measure, clusters, size, right):
    """Two-sided 95 % intervals miss in about 5 %; the delta method is approximate, so 8 % is the
    limit. The truth is what 40,000 clusters give."""
    rng = np.random.default_rng([clusters, size, int(right * 10)])
    truth = measure(*two_raters(rng, 40_000, size, right)[:2]).value
    runs, missed = 400, 0
    for _ in range(runs):
        first, second, codes = two_raters(rng, clusters, size, right)
        found = measure(first.tolist(), second.tolist(), clusters=codes)
        missed += not found.low <= truth <= found.high
    assert not beyond(missed, runs, 0.08), missed / runs


@pytest.mark.parametrize(("clusters", "size"), [(50, 1), (60, 4)])
@pytest.mark.parametrize("shift", [0.5, 1.5])
def test_clustered_intervals_of_auc_cover(clusters, size, shift):
    rng = np.random.default_rng([clusters, size, int(shift * 10)])
    truth = 0.5 * (1 + math.erf(shift / 2))
    runs, missed = 400, 0
    for _ in range(runs):
        good = rng.random((clusters, size)) < 0.4
        shared, own = rng.normal(size=(clusters, 1)), rng.normal(size=(clusters, size))
        values = math.sqrt(0.5) * (shared + own) + shift * good
        codes = np.repeat(np.arange(clusters), size)
        found = auc(values.ravel(), good.ravel(), clusters=codes)
        missed += not found.low <= truth <= found.high
    assert not beyond(missed, runs, 0.06), missed / runs


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.5, 0.95])
@pytest.mark.parametrize(
    ("sensitivity", "specificity"), [(0.95, 0.95), (0.6, 0.9), (0.5, 0.5), (1.0, 1.0)]
)
def test_prediction_powered_bounds_miss_as_seldom_as_they_say(rate, sensitivity, specificity):
    """One-sided 95 % bounds, 60 labelled samples and 600 that only the judge has seen."""
    rng = np.random.default_rng([int(rate * 100), int(sensitivity * 100)])
    runs, below, above = 600, 0, 0
    for _ in range(runs):
        truth = rng.random(660) < rate
        said = np.where(truth, rng.random(660) < sensitivity, rng.random(660) >= specificity)
        y, f = truth.astype(float), said.astype(float)
        found = ppi_mean(y[:60], f[:60], f[60:], confidence=0.9)
        below += found.high < rate
        above += found.low > rate
    assert not beyond(below, runs), below / runs
    assert not beyond(above, runs), above / runs
