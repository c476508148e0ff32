"""How far raters agree beyond chance."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final, Literal

import numpy as np

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.checking import Floats, Ints, Sides, checked_codes, checked_levels

__all__ = ["krippendorff_alpha"]

Scale = Literal["nominal", "ordinal", "interval"]
_MOST_CELLS: Final = 4_000_000
SCALES: Final = ("nominal", "ordinal", "interval")


def krippendorff_alpha(
    ratings: Iterable[Sequence[Hashable | None]],
    *,
    scale: Scale = "nominal",
    clusters: Iterable[Hashable] | None = None,
    random: np.random.Generator,
    resamples: int = 2000,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate Krippendorff's alpha: 1 is perfect agreement, 0 what chance gives.

    Args:
        ratings: A row for each unit (case), with one rating a rater; ``None`` or NaN is missing.
            Ratings are any values on the nominal scale, else numbers. Units with fewer than two
            ratings are left out.
        scale: What a difference is: unlike (nominal), apart in rank, apart in value.
        clusters: One label for each unit; units of one cluster may depend on each other.
        random: Draws the resamples; equal generators give equal intervals.
        resamples: How many.
        confidence, sides: As in ``estimate``, on the range -1 … 1.

    alpha = 1 - D_o / D_e (Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section
    C); the ordinal metric there is the squared difference of mid-ranks. The interval is the
    percentile bootstrap over units (Zapf et al. 2016), or over clusters of them. Without any
    disagreement the bootstrap would be certain; the lower bound is then
    1 - (1 - alpha^(1/n)) d / D_e for the largest possible difference d and n units or clusters.
    ``n`` counts ratings, ``clusters`` units or clusters.

    Raises ``UsageError`` for an unknown scale, ratings that are no numbers, fewer than two units,
    or ratings that are all the same: alpha is then not defined.
    """
    below, above = checked_levels(confidence, sides)
    if scale not in SCALES:
        raise UsageError(f"scale is {scale!r}, but must be one of {', '.join(SCALES)}")
    if resamples < 100:
        raise UsageError(f"resamples is {resamples}: at least 100 are needed")
    listed = list(ratings)
    counts, values, codes = _counted(listed, scale, clusters)
    units, ones = int(codes.max()) + 1, np.ones((1, counts.shape[0]))
    observed, expected = _disagreements(counts, values, ones, scale)
    value = 1 - float(observed[0] / expected[0])
    low, high = -1.0, 1.0
    if observed[0] == 0:
        if below:
            marks = _marks(counts.sum(axis=0)[None, :], values, scale)[0]
            largest = 1.0 if scale == "nominal" else float(np.ptp(marks)) ** 2
            low = max(-1.0, 1 - (1 - below ** (1 / units)) * largest / float(expected[0]))
    else:
        shares = np.full(units, 1 / units)
        alphas = np.concatenate(
            [
                _resampled(counts, values, scale, random.multinomial(units, shares, some)[:, codes])
                for some in _portions(resamples, codes.size)
            ]
        )
        low = max(-1.0, min(value, float(np.quantile(alphas, below)))) if below else -1.0
        high = max(value, float(np.quantile(alphas, 1 - above))) if above else 1.0
    over = "units" if clusters is None else "clusters"
    return Estimate(value, low, high, int(counts.sum()), units, f"bootstrap over {over} ({scale})")


def _portions(resamples: int, size: int) -> Iterator[int]:
    """Resamples by portions that fit into memory."""
    most = max(1, _MOST_CELLS // size)
    while resamples > 0:
        yield min(most, resamples)
        resamples -= most


def _resampled(counts: Floats, values: Floats, scale: str, weights: Ints) -> Floats:
    drawn, chance = _disagreements(counts, values, weights.astype(np.float64), scale)
    alphas: Floats = 1 - drawn[chance > 0] / chance[chance > 0]
    return alphas


def _counted(
    ratings: Sequence[Sequence[Hashable | None]], scale: str, clusters: Iterable[Hashable] | None
) -> tuple[Floats, Floats, Ints]:
    """Return how often each unit got each value, the values on their scale, and what resamples
    draw: a code for each unit or cluster."""
    given = [[r for r in row if r is not None and r == r] for row in ratings]
    held = np.array([len(row) >= 2 for row in given], dtype=bool)
    rows = [row for row in given if len(row) >= 2]
    if len(rows) < 2:
        raise UsageError("alpha needs at least two units with two ratings each")
    words: list[Hashable] = list(dict.fromkeys(r for row in rows for r in row))
    if len(words) < 2:
        raise UsageError(f"all ratings are {words[0]!r}: alpha is not defined without variation")
    values = np.zeros(len(words))
    if scale != "nominal":
        for i, word in enumerate(words):
            if not isinstance(word, int | float) or not abs(word) < float("inf"):
                raise UsageError(f"the {scale} scale takes finite numbers, not {word!r}")
            values[i] = word
        order = np.argsort(values)
        words, values = [words[i] for i in order], values[order] - values.mean()
    column = {word: i for i, word in enumerate(words)}
    counts = np.zeros((len(rows), len(words)))
    for i, row in enumerate(rows):
        for rating in row:
            counts[i, column[rating]] += 1
    if clusters is None:
        return counts, values, np.arange(len(rows))
    every = checked_codes(clusters, len(given))
    return counts, values, np.unique(every[held], return_inverse=True)[1].astype(np.int64)


def _marks(totals: Floats, values: Floats, scale: str) -> Floats:
    """Return, for each row of totals, where each value lies: itself, or its mid-rank."""
    if scale == "ordinal":
        ranks: Floats = np.cumsum(totals, axis=1) - totals / 2
        return ranks
    return np.broadcast_to(values, totals.shape)


def _disagreements(
    counts: Floats, values: Floats, weights: Floats, scale: str
) -> tuple[Floats, Floats]:
    """Return observed and expected disagreement for each row of the units' weights."""
    raters = counts.sum(axis=1)
    totals = weights @ counts
    n = totals.sum(axis=1)
    if scale == "nominal":
        within = (raters**2 - (counts**2).sum(axis=1)) / (raters - 1)
        expected = n**2 - (totals**2).sum(axis=1)
        return weights @ within / n, expected / (n * (n - 1))
    observed, expected = np.zeros(n.size), np.zeros(n.size)
    marks = _marks(totals, values, scale)
    for i, mark in enumerate(marks):
        # Sum over pairs of (a - b)^2 is 2 (m sum a^2 - (sum a)^2).
        spread = raters * (counts @ mark**2) - (counts @ mark) ** 2
        observed[i] = 2 * float(weights[i] @ (spread / (raters - 1))) / n[i]
        expected[i] = 2 * float(n[i] * (totals[i] @ mark**2) - (totals[i] @ mark) ** 2)
    observed = np.where(observed < 1e-12 * np.maximum(1, expected / n**2), 0.0, observed)
    return observed, expected / (n * (n - 1))
