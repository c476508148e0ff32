"""Prediction-powered means."""

from __future__ import annotations

import numpy as np
import pytest

from llmeval.errors import UsageError
from llmeval.stats import estimate, ppi_mean

RNG = np.random.default_rng(7)
LABELS = (RNG.random(100) < 0.8).astype(float)
FLIPPED = RNG.random(100) < 0.1
JUDGED = np.where(FLIPPED, 1 - LABELS, LABELS)
REST = (RNG.random(900) < 0.74).astype(float)


def test_the_value_is_the_papers() -> None:
    found = ppi_mean(LABELS, JUDGED, REST, tune=False)
    assert found.value == pytest.approx(REST.mean() + (LABELS - JUDGED).mean())
    assert (found.n, found.clusters) == (1000, 100) and "lambda 1.00" in found.method


def test_a_good_judge_narrows_the_interval_and_a_useless_one_does_not_widen_it_much() -> None:
    alone, good = estimate(LABELS), ppi_mean(LABELS, JUDGED, REST)
    assert good.high - good.low < 0.85 * (alone.high - alone.low)
    blind = ppi_mean(LABELS, [1.0] * 100, [1.0] * 900)
    assert (blind.low, blind.high) == pytest.approx((alone.low, alone.high))
    contrary = ppi_mean(LABELS, 1 - LABELS, 1 - REST)
    assert (contrary.low, contrary.high) == pytest.approx((alone.low, alone.high))


def test_a_biased_judge_is_put_right() -> None:
    lenient = ppi_mean(LABELS, np.ones(100), np.ones(900), tune=False)
    assert lenient.value == pytest.approx(LABELS.mean()) and lenient.low < LABELS.mean()


def test_a_judge_without_a_mistake_is_not_certain() -> None:
    found = ppi_mean([1.0] * 50, [1.0] * 50, [1.0] * 100_000, tune=False)
    assert found.value == 1.0 and 0.85 < found.low < 0.95
    mixed = ppi_mean([1.0, 0.0] * 25, [1.0, 0.0] * 25, [1.0, 0.0] * 50_000, tune=False)
    assert mixed.low < 0.46 and mixed.high > 0.54


def test_clusters_count_once_and_lie_on_one_side() -> None:
    once = ppi_mean(LABELS, JUDGED, REST)
    copied = ppi_mean(
        np.tile(LABELS, 3), np.tile(JUDGED, 3), np.tile(REST, 3),
        clusters=list(range(100)) * 3, unlabelled_clusters=list(range(100, 1000)) * 3,
    )  # fmt: skip
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
    with pytest.raises(UsageError, match="label all of a cluster"):
        ppi_mean(LABELS, JUDGED, REST, clusters=range(100), unlabelled_clusters=range(99, 999))


def test_one_sided_bounds_leave_the_other_side_open() -> None:
    lower = ppi_mean(LABELS, JUDGED, REST, sides="lower")
    both = ppi_mean(LABELS, JUDGED, REST, confidence=0.9)
    assert lower.high == 1.0 and lower.low == pytest.approx(both.low)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": LABELS[:29], "judged": JUDGED[:29]}, "29 independent labelled"),
        ({"judged": JUDGED[:50]}, "100 labels were given for 50"),
        ({"unlabelled": []}, "unlabelled are empty"),
        ({"labels": LABELS * 2}, r"labels\[\d+\] is 2"),
        ({"clusters": range(100)}, "or none"),
    ],
)
def test_what_cannot_be_used_is_refused(change: dict[str, object], says: str) -> None:
    given = {"labels": LABELS, "judged": JUDGED, "unlabelled": REST} | change
    with pytest.raises(UsageError, match=says):
        ppi_mean(**given)  # type: ignore[arg-type]
