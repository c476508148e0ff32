"""The numbers of a verdict: an estimate with one-sided bounds, and how many samples are missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct, structs

from llmeval.gates.calibrated import Correction
from llmeval.gates.declared import Gate
from llmeval.gates.metric import Metric
from llmeval.gates.units import Units
from llmeval.records import Estimate
from llmeval.stats import (
    difference,
    disparity_gap,
    disparity_ratio,
    estimate,
    estimate_quantile,
    quantile_samples_needed,
)

__all__ = ["Decided", "compare", "effect_estimate", "measure", "missing_samples"]


class Decided(Struct, frozen=True):
    """A gate's condition held against bounds that are one-sided at its confidence. ``raw`` is
    what the scorer says, where that was corrected."""

    estimate: Estimate
    verdict: str
    baseline: float | None = None
    raw: float | None = None


def two_sided(confidence: float) -> float:
    """Return the two-sided level whose bounds are each one-sided at ``confidence``."""
    return 2 * confidence - 1


def measure(
    units: Units, metric: Metric, gate: Gate, correction: Correction | None = None
) -> Decided:
    """Estimate the metric, corrected where there is a correction, and hold it against the
    threshold."""
    level = two_sided(gate.confidence)
    if correction is not None:
        found, raw = correction.corrected(units, metric, level)
        return Decided(found, _held(found, gate), raw=raw)
    if metric.kind == "disparity":
        found = _disparity(units, metric, gate, level)
    elif metric.kind == "effects":
        found = effect_estimate(units, level)
    elif metric.quantile:
        found = estimate_quantile(
            units.values, metric.quantile, clusters=units.clusters, confidence=level
        )
        if not metric.seconds:
            found = structs.replace(found, high=min(found.high, 1.0))
    else:
        found = estimate(units.values, clusters=units.clusters, confidence=level)
    return Decided(found, _held(found, gate))


def _disparity(units: Units, metric: Metric, gate: Gate, level: float) -> Estimate:
    assert units.groups is not None  # noqa: S101 - ``units_of`` gives every disparity its groups
    groups = [units.names[int(code)] for code in units.groups]
    common: dict[str, Any] = {
        "clusters": units.clusters, "unknown": units.failures, "confidence": level
    }  # fmt: skip
    if metric.rising:
        return disparity_ratio(units.values, groups, **common)
    return disparity_gap(units.values, groups, reference=gate.reference, **common)


def effect_estimate(units: Units, level: float) -> Estimate:
    """Return the mean effect with its two-sided interval at ``level``; an effect is 0 or more, and
    only the estimate of one can fall below."""
    found = estimate((units.values + 1) / 2, clusters=units.clusters, confidence=level)
    value, low, high = (max(0.0, 2 * x - 1) for x in (found.value, found.low, found.high))
    return structs.replace(found, value=value, low=low, high=high)


def _held(found: Estimate, gate: Gate) -> str:
    """PASS and FAIL are claims, each at the gate's confidence; without either: INCONCLUSIVE."""
    if gate.direction == "at_least":
        passes, fails = found.low >= gate.threshold, found.high < gate.threshold
    else:
        passes, fails = found.high <= gate.threshold, found.low > gate.threshold
    return "PASS" if passes else "FAIL" if fails else "INCONCLUSIVE"


def compare(units: Units, base: Units, metric: Metric, gate: Gate) -> tuple[Decided, float]:
    """Hold the paired difference against the margin; also return the share of units that paired.

    The difference is by how much the metric is worse than the baseline's: new minus base, turned
    round where more is better. Units whose baseline failed do not pair: an outage then must not
    make today's endpoint look good.
    """
    sound = np.ones(base.keys.size, bool) if metric.kind == "errors" else ~base.failures
    _, ours, theirs = np.intersect1d(
        units.keys, base.keys[sound], assume_unique=True, return_indices=True
    )
    share = ours.size / max(units.keys.size, 1)
    if not ours.size:
        nothing = Estimate(0.0, -1.0, 1.0, 0, 0, "")
        return Decided(nothing, "ERROR"), 0.0
    old, new = base.values[sound][theirs], units.values[ours]
    worse = (new, old) if metric.rising else (old, new)
    found = difference(
        *worse,
        clusters=None if units.clusters is None else units.clusters[ours],
        confidence=two_sided(gate.confidence),
    )
    return Decided(found, _held(found, gate), float(old.mean())), share


def missing_samples(
    units: Units, metric: Metric, gate: Gate, correction: Correction | None = None
) -> int | None:
    """Return how many more samples, like those seen, would decide the gate; ``None``: none would.

    A percentile against a threshold is the share of values within it against the percentile's
    rank (the two decisions are one).
    """
    from llmeval.stats import more_samples_needed

    if correction is not None:
        return correction.missing(
            units,
            metric,
            two_sided(gate.confidence),
            lambda found: _held(found, gate) != "INCONCLUSIVE",
        )
    values, threshold, direction = units.values, gate.threshold, gate.direction
    if metric.quantile:
        below = values <= threshold if direction == "at_most" else values < threshold
        values, threshold = below.astype(float), metric.quantile
        direction = "at_least" if direction == "at_most" else "at_most"
    if metric.kind == "effects":
        values, threshold = (values + 1) / 2, (threshold + 1) / 2
    if metric.kind == "disparity" or direction == "no_worse_than_baseline":
        return None
    if not 0 < threshold < 1:
        return None
    more = more_samples_needed(
        values,
        threshold,
        direction=direction,
        clusters=units.clusters,
        confidence=gate.confidence,
    )
    return None if more is None else math.ceil(more * units.samples / units.values.size - 1e-9)


def too_few(units: Units, metric: Metric, gate: Gate) -> int | None:
    """Return how many samples a percentile's bound needs at the least, where there are fewer."""
    if not metric.quantile:
        return None
    q = metric.quantile if gate.direction == "at_most" else 1 - metric.quantile
    needed = quantile_samples_needed(q, gate.confidence)
    held = units.values.size if units.clusters is None else np.unique(units.clusters).size
    return needed if held < needed else None
