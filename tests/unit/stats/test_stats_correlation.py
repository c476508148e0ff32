"""``correlation``: Pearson's r with Fisher's interval."""

from __future__ import annotations

import math

import numpy as np
import pytest

from llmeval.errors import UsageError
from llmeval.stats import correlation


def test_value_and_interval() -> None:
    x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    y = [2.0, 1.0, 4.0, 3.0, 6.0, 5.0]
    found = correlation(x, y)
    r = float(np.corrcoef(x, y)[0, 1])
    reach = 1.959964 / math.sqrt(3)
    assert found.value == pytest.approx(r)
    assert found.low == pytest.approx(math.tanh(math.atanh(r) - reach), abs=1e-6)
    assert found.high == pytest.approx(math.tanh(math.atanh(r) + reach), abs=1e-6)


def test_perfect_and_absent_variation() -> None:
    assert correlation([1, 2, 3, 4], [2, 4, 6, 8]).low == pytest.approx(1)
    flat = correlation([1, 1, 1, 1], [1, 2, 3, 4])
    assert (flat.value, flat.low, flat.high) == (0, -1, 1)


def test_coverage_on_normal_pairs() -> None:
    rng, missed = np.random.default_rng(2), 0
    for _ in range(600):
        x = rng.normal(size=30)
        y = 0.5 * x + math.sqrt(0.75) * rng.normal(size=30)
        found = correlation(x, y)
        missed += not found.low <= 0.5 <= found.high
    assert missed / 600 < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 600)


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ([1, 2, 3], [1, 2, 3], "four pairs"),
        ([1, 2, 3, 4], [1, 2, 3], "four pairs"),
        ([1, 2, 3, math.inf], [1, 2, 3, 4], "finite"),
        ([1, 2, 3, math.nan], [1, 2, 3, 4], "must lie"),
        (["a", 2, 3, 4], [1, 2, 3, 4], "must be numbers"),
    ],
)
def test_what_makes_no_sense_is_refused(x: list[float], y: list[float], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        correlation(x, y)
