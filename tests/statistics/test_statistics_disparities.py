"""How often the bounds on disparities and effects miss the truth, simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from llmeval.gates.columns import Columns
from llmeval.gates.effects import effect_of
from llmeval.records import ANSWERED, Observation, Response, Score, Timings, Usage
from llmeval.stats import disparity_gap, disparity_ratio

ALPHA = 0.05
RUNS = 100


def beyond(misses: int, runs: int) -> bool:
    """Whether so many misses refute an error of 5 %, at four standard errors."""
    return misses / runs > ALPHA + 4 * math.sqrt(ALPHA * (1 - ALPHA) / runs)


def drawn(rng: np.random.Generator, rates: list[float], templates: int, shared: float):
    """Outcomes of each template in each group: with probability ``shared`` from one draw."""
    common = rng.random((templates, 1))
    own = rng.random((templates, len(rates)))
    used = np.where(rng.random((templates, len(rates))) < shared, common, own)
    values = (used < np.array(rates)).astype(float).ravel()
    groups = list(range(len(rates))) * templates
    clusters = np.repeat(np.arange(templates), len(rates)).tolist()
    return values, groups, clusters


@pytest.mark.parametrize("shared", [0.0, 0.7])
@pytest.mark.parametrize("rates", [[0.9, 0.8], [0.5, 0.5, 0.6], [0.98, 0.98, 0.98, 0.93]])
def test_bounds_of_a_disparity_miss_as_rarely_as_they_say(rates, shared):
    gap, ratio = max(rates) - min(rates), min(rates) / max(rates)
    for templates in (20, 60):
        rng = np.random.default_rng([templates, len(rates), int(10 * shared)])
        low = high = below = above = 0
        for _ in range(RUNS):
            values, groups, clusters = drawn(rng, rates, templates, shared)
            found = disparity_gap(values, groups, clusters=clusters, confidence=1 - 2 * ALPHA)
            low, high = low + (found.low > gap + 1e-9), high + (found.high < gap - 1e-9)
        for _ in range(RUNS // 3):
            values, groups, clusters = drawn(rng, rates, templates, shared)
            found = disparity_ratio(values, groups, clusters=clusters, confidence=1 - 2 * ALPHA)
            below += found.low > ratio + 1e-3
            above += found.high < ratio - 1e-3
        assert not beyond(low, RUNS) and not beyond(high, RUNS), (templates, low, high)
        assert not beyond(below, RUNS // 3) and not beyond(above, RUNS // 3), (below, above)


def test_equal_groups_are_found_equivalent_and_a_real_gap_is_found():
    rng = np.random.default_rng(3)
    equal = [drawn(rng, [0.95, 0.95], 300, 0.9) for _ in range(40)]
    passed = sum(disparity_gap(v, g, clusters=c).high < 0.05 for v, g, c in equal)
    assert passed >= 36
    apart = [drawn(rng, [0.95, 0.7], 100, 0.5) for _ in range(40)]
    assert sum(disparity_gap(v, g, clusters=c).low > 0.05 for v, g, c in apart) >= 38


def column(labels: list[str]):
    """The score column of one group: two cases of three repetitions each."""
    made = [
        Observation(
            "s", "t", str(i // 3), i % 3, "m", None, "g", {}, {}, ANSWERED, Response("x"), None,
            Timings(), 1, False, Usage(), None, [Score("sc", float(label), label)],
        )
        for i, label in enumerate(labels)
    ]  # fmt: skip
    return Columns.of(made).frames["m", "s"]


@pytest.mark.parametrize("statistic", ["label_effect", "value_effect"])
@pytest.mark.parametrize(("first", "second"), [(0.5, 0.5), (0.1, 0.1), (0.2, 0.7), (0.0, 1.0)])
def test_an_effect_is_without_bias_whatever_the_noise(statistic, first, second):
    """Two cases that answer 1 with probability p and q: half the energy distance is (p - q)²."""
    rng = np.random.default_rng(7)
    runs, found = 600, []
    for _ in range(runs):
        draws = rng.random(6) < np.repeat([first, second], 3)
        frame = column([str(int(d)) for d in draws])
        cases = np.repeat([0, 1], 3)
        found.append(effect_of(statistic, frame.scores["sc"], np.arange(6), cases))
    mean, error = np.mean(found), np.std(found) / math.sqrt(runs)
    assert abs(mean - (first - second) ** 2) <= 4 * error + 1e-12
