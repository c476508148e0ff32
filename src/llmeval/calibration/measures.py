"""What a scorer's findings are worth beside people's labels."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from msgspec import Struct

from llmeval.calibration.labelled import NOT_SCORED, Labelled, Truth
from llmeval.errors import UsageError
from llmeval.records import PASS_MARK, Estimate
from llmeval.stats import (
    auc,
    balanced_accuracy,
    cohen_kappa,
    confusion,
    estimate,
    krippendorff_alpha,
    macro_f1,
)

__all__ = ["Agreement", "Counts", "Measures", "Rates", "Threshold", "measure"]


class Counts(Struct, frozen=True):
    """Rows of one kind: how many the scorer flagged, let pass, could not score."""

    flagged: int
    passed: int
    not_scored: int


class Rates(Struct, frozen=True):
    """Sensitivity is the share of bad rows that are flagged, specificity that of good rows that
    are not; each cluster weighs the same, as in a gate."""

    sensitivity: Estimate
    specificity: Estimate


class Threshold(Struct, frozen=True):
    """The value below which to flag, chosen on one half of the clusters for the greatest sum of
    sensitivity and specificity, with what it is worth on the other half, beside the usual 0.5."""

    value: float
    chosen_on: int
    rates: Rates
    balanced_accuracy: Estimate
    usual_balanced_accuracy: Estimate


class Agreement(Struct, frozen=True):
    """Beyond chance: among people, and of the scorer with people; ``None`` where not defined.
    Rows without a majority count among people, and beside each person.

    ``alpha`` is Krippendorff's: of all people; of the scorer and the people's majority. ``kappas``
    are Cohen's: of each pair of people, of the scorer and each person.
    """

    people_alpha: Estimate | None
    people_kappas: dict[str, Estimate]
    scorer_alpha: Estimate | None
    scorer_kappas: dict[str, Estimate]


class Measures(Struct, frozen=True):
    """All that ``llmeval calibrate`` tells. ``labels`` and ``confusion``: rows are people's labels,
    columns the scorer's. ``rates`` count a row without a score as flagged, as gates do;
    ``scored_rates`` leave it out."""

    rows: int
    clusters: int
    tied: int
    unlabelled: int
    good: list[str]
    labels: list[str]
    confusion: list[list[int]]
    bad_rows: Counts
    good_rows: Counts
    rates: Rates
    scored_rates: Rates | None
    auc: Estimate
    balanced_accuracy: Estimate
    macro_f1: Estimate
    kappa: Estimate | None
    agreement: Agreement
    threshold: Threshold | None


def measure(truth: Truth, random: np.random.Generator) -> Measures:
    """Measure a scorer against the truth, intervals at 95 %; ``random`` draws alpha's resamples.

    A row without a score counts as flagged, with the value 0, and under its own label in the table.
    """
    rows, clusters = truth.rows, [row.cluster for row in truth.rows]
    said = [truth.shown(word) for word in truth.majority]
    found = [truth.found(row) for row in rows]
    order = sorted({*said, *found} - {NOT_SCORED})
    labels, table = confusion(said, found, labels=order)
    values = [row.value or 0.0 for row in rows]
    scored = [i for i, row in enumerate(rows) if row.value is not None]
    return Measures(
        rows=len(rows),
        clusters=len(set(clusters)),
        tied=len(truth.tied),
        unlabelled=truth.unlabelled,
        good=list(truth.good),
        labels=[str(label) for label in labels],
        confusion=table.tolist(),
        bad_rows=_counts(rows, truth.goods, False),
        good_rows=_counts(rows, truth.goods, True),
        rates=_rates(rows, truth.goods, range(len(rows))),
        scored_rates=_rates_or_none(rows, truth.goods, scored),
        auc=auc(values, truth.goods, clusters=clusters),
        balanced_accuracy=balanced_accuracy(said, found, clusters=clusters),
        macro_f1=macro_f1(said, found, labels=order, clusters=clusters),
        kappa=_kappa(said, found, clusters),
        agreement=_agreement(truth, random),
        threshold=_threshold(rows, truth.goods, values),
    )


def _counts(rows: Sequence[Labelled], goods: Sequence[bool], good: bool) -> Counts:
    kinds = Counter(
        "not_scored" if row.value is None else "passed" if row.passed else "flagged"
        for row, is_good in zip(rows, goods, strict=True)
        if is_good == good
    )
    return Counts(kinds["flagged"], kinds["passed"], kinds["not_scored"])


def _rates(
    rows: Sequence[Labelled],
    goods: Sequence[bool],
    kept: Iterable[int],
    threshold: float = PASS_MARK,
) -> Rates:
    """Raises ``UsageError`` where one kind of row is missing."""
    parts: dict[bool, tuple[list[float], list[str]]] = {True: ([], []), False: ([], [])}
    for i in kept:
        passed = (rows[i].value or 0.0) >= threshold and rows[i].value is not None
        right, clusters = parts[goods[i]]
        right.append(float(passed == goods[i]))
        clusters.append(rows[i].cluster)
    bad, good = (estimate(parts[kind][0], clusters=parts[kind][1]) for kind in (False, True))
    return Rates(sensitivity=bad, specificity=good)


def _rates_or_none(
    rows: Sequence[Labelled], goods: Sequence[bool], kept: Sequence[int]
) -> Rates | None:
    return _rates(rows, goods, kept) if len({goods[i] for i in kept}) == 2 else None


def _kappa(first: Sequence[str], second: Sequence[str], clusters: Sequence[str]) -> Estimate | None:
    if not first or len({*first, *second}) < 2:
        return None
    return cohen_kappa(first, second, clusters=clusters)


def _agreement(truth: Truth, random: np.random.Generator) -> Agreement:
    rows = (*truth.rows, *truth.tied)
    clusters = [row.cluster for row in rows]
    raters = range(max(len(row.people) for row in rows))
    people = [
        [
            word and truth.shown(word)
            for word in (*row.people, *[None] * (len(raters) - len(row.people)))
        ]
        for row in rows
    ]
    found = [truth.found(row) for row in rows]

    def kappa(a: int, b: int | None) -> Estimate | None:
        pairs = [
            (row[a], other if b is None else row[b], each.cluster)
            for row, other, each in zip(people, found, rows, strict=True)
            if row[a] is not None and (b is None or row[b] is not None)
        ]
        first, second, held = zip(*pairs, strict=True) if pairs else ((), (), ())
        return _kappa(first, second, held)

    between = {f"{a + 1}-{b + 1}": kappa(a, b) for a, b in combinations(raters, 2)}
    with_scorer = {f"scorer-{a + 1}": kappa(a, None) for a in raters}
    majority = [truth.shown(word) for word in truth.majority]
    return Agreement(
        people_alpha=_alpha(people, clusters, random),
        people_kappas={name: k for name, k in between.items() if k},
        scorer_alpha=_alpha(
            list(zip(majority, found[: len(majority)], strict=True)),
            clusters[: len(majority)],
            random,
        ),
        scorer_kappas={name: k for name, k in with_scorer.items() if k},
    )


def _alpha(
    units: Sequence[Sequence[str | None]], clusters: Sequence[str], random: np.random.Generator
) -> Estimate | None:
    try:
        return krippendorff_alpha(units, clusters=clusters, random=random, resamples=1000)
    except UsageError:
        return None  # fewer than two raters, or no variation: not defined


def _threshold(
    rows: Sequence[Labelled], goods: Sequence[bool], values: Sequence[float]
) -> Threshold | None:
    """``None`` where a half lacks good or bad rows, or all values are alike."""
    halves: tuple[list[int], list[int]] = ([], [])
    for i, row in enumerate(rows):
        halves[hashlib.sha256(row.cluster.encode("utf-8", "surrogatepass")).digest()[0] % 2].append(
            i
        )
    choosing, reporting = halves
    if any(len({goods[i] for i in half}) < 2 for half in halves):
        return None
    best = _best(np.array([values[i] for i in choosing]), np.array([goods[i] for i in choosing]))
    if best is None:
        return None
    truth = [goods[i] for i in reporting]
    clusters = [rows[i].cluster for i in reporting]
    chosen, usual = (
        balanced_accuracy(truth, [values[i] >= mark for i in reporting], clusters=clusters)
        for mark in (best, PASS_MARK)
    )
    rates = _rates(rows, goods, reporting, best)
    return Threshold(best, len(choosing), rates, chosen, usual)


def _best(values: np.ndarray, goods: np.ndarray) -> float | None:
    """Return the midpoint of neighbouring values with the greatest Se + Sp (Youden 1950); of
    several the one nearest to the usual mark."""
    points = np.unique(values)
    if points.size < 2:
        return None
    marks = (points[:-1] + points[1:]) / 2
    bad, good = np.sort(values[~goods]), np.sort(values[goods])
    sensitivity = np.searchsorted(bad, marks) / bad.size
    specificity = 1 - np.searchsorted(good, marks) / good.size
    youden = sensitivity + specificity
    best = marks[youden >= youden.max() - 1e-12]
    return float(best[np.argmin(np.abs(best - PASS_MARK))])
