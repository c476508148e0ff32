"""What a classifier's labels are worth beside those of people: kappa, macro-F1, balanced accuracy.

All three are smooth functions of a table of shares, and share one interval.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.checking import Floats, Ints, Sides, checked_codes, checked_levels

__all__ = ["balanced_accuracy", "cohen_kappa", "confusion", "logit_interval", "macro_f1"]

Table = NDArray[Any]
_STEP = 1e-30
_SMALL = 1e-12


def confusion(
    truth: Iterable[Hashable],
    found: Iterable[Hashable],
    *,
    labels: Sequence[Hashable] | None = None,
) -> tuple[list[Hashable], Ints]:
    """Return labels and the table of counts: rows are the truth, columns what was found.

    ``labels`` fixes their order; others follow in order of appearance. Raises ``UsageError`` for
    sequences that are empty or of unequal length.
    """
    words, first, second = _coded(truth, found, labels or ())
    table = np.zeros((len(words), len(words)), dtype=np.int64)
    np.add.at(table, (first, second), 1)
    return words, table


def cohen_kappa(
    first: Iterable[Hashable],
    second: Iterable[Hashable],
    *,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate how far two raters agree beyond chance: 1 is always, 0 as often as by chance.

    Args:
        first, second: The raters' labels, item by item.
        clusters: One label for each item; items of one cluster may depend on each other.
        confidence, sides: As in ``estimate``, on the range -1 … 1.

    (p_o - p_e) / (1 - p_e) (Cohen 1960). The interval is the delta method's (without clusters the
    variance is that of Fleiss, Cohen and Everitt 1969, equation 13; with them, cluster totals of
    the linearised values, Binder 1983), with Student's t on the logit of (kappa + 1) / 2. It is
    approximate. Without any disagreement among G clusters, up to 1 - alpha^(1/G) of them might
    still disagree, and the lower bound says so.

    Raises ``UsageError`` for sequences that do not match, or where both raters use one label only.
    """
    words, a, b = _coded(first, second, ())
    if len(words) < 2:
        raise UsageError(f"all labels are {words[0]!r}: kappa is not defined without variation")

    def worst(table: Floats, wrong: float) -> float:
        return 1 - wrong / (1 - float(table.sum(0) @ table.sum(1)))

    return _estimated(_kappa, worst, (a, b, len(words)), clusters, confidence, sides, -1.0)


def macro_f1(
    truth: Iterable[Hashable],
    found: Iterable[Hashable],
    *,
    labels: Sequence[Hashable] | None = None,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the mean over labels of F1 = 2 TP / (2 TP + FP + FN).

    ``labels`` are those averaged over, default all that occur in ``truth`` or ``found``. The
    interval is as in ``cohen_kappa``, on the range 0 … 1. Raises ``UsageError`` as it does.
    """
    words, a, b = _coded(truth, found, labels or ())
    kept = np.array([labels is None or word in labels for word in words])

    def value(table: Table) -> Any:
        occurs = kept & ((table.sum(0) + table.sum(1)).real > 0)
        total = (table.sum(0) + table.sum(1))[occurs]
        return (2 * np.diagonal(table)[occurs] / total).mean()

    def worst(table: Floats, wrong: float) -> float:
        right = np.maximum(np.diagonal(table) - wrong, 0)[kept & (table.sum(1) > 0)]
        return float((2 * right / (2 * right + wrong)).mean())

    return _estimated(value, worst, (a, b, len(words)), clusters, confidence, sides, 0.0)


def balanced_accuracy(
    truth: Iterable[Hashable],
    found: Iterable[Hashable],
    *,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the mean over the labels of ``truth`` of the share that was found right.

    The interval is as in ``cohen_kappa``, on the range 0 … 1. Raises ``UsageError`` as it does.
    """
    words, a, b = _coded(truth, found, ())

    def value(table: Table) -> Any:
        rows = table.sum(1)
        there = rows.real > 0
        return (np.diagonal(table)[there] / rows[there]).mean()

    def worst(table: Floats, wrong: float) -> float:
        rows = table.sum(1)[table.sum(1) > 0]
        return float(np.maximum(1 - wrong / rows, 0).mean())

    return _estimated(value, worst, (a, b, len(words)), clusters, confidence, sides, 0.0)


def _kappa(table: Table) -> Any:
    shares = table / table.sum()
    chance = shares.sum(0) @ shares.sum(1)
    return (np.trace(shares) - chance) / (1 - chance)


def _coded(
    first: Iterable[Hashable], second: Iterable[Hashable], labels: Sequence[Hashable]
) -> tuple[list[Hashable], Ints, Ints]:
    codes: dict[Hashable, int] = {label: code for code, label in enumerate(labels)}
    a = np.array([codes.setdefault(word, len(codes)) for word in first], dtype=np.int64)
    b = np.array([codes.setdefault(word, len(codes)) for word in second], dtype=np.int64)
    if a.size != b.size or not a.size:
        raise UsageError(f"{a.size} and {b.size} labels: as many of both are needed, and some")
    return list(codes), a, b


def _estimated(
    value: Callable[[Table], Any],
    worst: Callable[[Floats, float], float],
    items: tuple[Ints, Ints, int],
    clusters: Iterable[Any] | None,
    confidence: float,
    sides: Sides,
    lowest: float,
) -> Estimate:
    """``worst(table, wrong)`` is the value where a share ``wrong`` were found wrong unseen."""
    below, above = checked_levels(confidence, sides)
    a, b, size = items
    codes = np.arange(a.size) if clusters is None else checked_codes(clusters, a.size)
    groups = int(codes.max()) + 1
    table = np.bincount(a * size + b, minlength=size * size).reshape(size, size) / a.size
    found = float(value(table))
    if np.trace(table) > 1 - _SMALL:
        wrong = 1 - below ** (1 / groups) if below else 1.0
        low = max(lowest, worst(table, wrong)) if below else lowest
        return Estimate(found, low, 1.0, a.size, groups, "no disagreement")
    influence = _gradient(value, table)
    influence = influence - float((influence * table).sum())
    totals = np.bincount(codes, weights=influence[a, b])
    variance = float(totals @ totals) / a.size**2 * groups / max(groups - 1, 1)
    low, high = logit_interval(
        found, variance, groups - 1, levels=(below, above), lowest=lowest, highest=1.0
    )
    return Estimate(found, low, high, a.size, groups, "delta method, logit")


def _gradient(value: Callable[[Table], Any], table: Floats) -> Floats:
    """The derivative by each cell, exact to rounding: the imaginary part of a complex step."""
    slopes = np.zeros(table.shape)
    for i, j in zip(*np.nonzero(table), strict=True):
        moved = table.astype(complex)
        moved[i, j] += 1j * _STEP
        slopes[i, j] = value(moved).imag / _STEP
    return slopes


def logit_interval(
    value: float,
    variance: float,
    freedom: int,
    *,
    levels: tuple[float, float],
    lowest: float,
    highest: float,
) -> tuple[float, float]:
    """Return Student's t interval on the logit scale of ``lowest`` … ``highest``.

    ``levels`` are the errors allowed below and above. Without a variance, or at an end of the
    range, nothing is known: the whole range.
    """
    from scipy.special import stdtrit

    width = highest - lowest
    share = (value - lowest) / width
    if freedom < 1 or variance <= _SMALL**2 or not _SMALL < share < 1 - _SMALL:
        return lowest, highest
    error = variance**0.5 / width / (share * (1 - share))
    middle = np.log(share / (1 - share))
    bounds = [lowest, highest]
    for side, (level, sign) in enumerate(zip(levels, (-1, 1), strict=True)):
        if level:
            reach = -float(stdtrit(freedom, level)) * error
            bounds[side] = lowest + width / (1 + float(np.exp(-(middle + sign * reach))))
    return bounds[0], bounds[1]
