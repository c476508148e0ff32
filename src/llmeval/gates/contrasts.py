"""Differences between what was measured twice: of two runs, or of two columns of one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, Literal

import numpy as np
from msgspec import structs

from llmeval.gates.columns import Columns, Frame, ints
from llmeval.gates.declared import Gate
from llmeval.gates.deployed import View
from llmeval.gates.metric import Metric, parse_metric
from llmeval.gates.seen import Seen
from llmeval.gates.shares import own_and_lost
from llmeval.gates.taking import units_of
from llmeval.gates.units import NoUnits, Rows, Units
from llmeval.records import Column, Contrast, Estimate, RunInfo
from llmeval.stats import (
    estimate_quantile,
    holm,
    overlapping_difference,
    overlapping_p_value,
)
from llmeval.stats.estimating import cluster_means

__all__ = [
    "CONFIDENCE",
    "contrast",
    "contrast_times",
    "contrasts_of",
    "corrected",
    "metrics_of",
    "plain_units",
]

CONFIDENCE: Final = 0.95
TIMES: Final = ("ttft.p50", "ttft.p95", "e2e.p50", "e2e.p95")


def metrics_of(suite: str, scorers: Sequence[str], run: RunInfo) -> list[str]:
    """Return what is compared of a suite: each scorer's pass rate, the error rate, and percentiles
    of time where its latency was measured for its own sake."""
    timed = any(info.timed for info in run.suites if info.suite == suite)
    names = (*(f"{name}.pass_rate" for name in sorted(scorers)), "error_rate")
    return [f"{suite}.{name}" for name in (*names, *(TIMES if timed else ()))]


def plain_units(columns: Columns, frame: Frame, rows: Rows, metric: Metric) -> Units | None:
    """Return the units of a metric, failures counted; ``None`` where it cannot be taken."""
    gate = Gate(
        id="", metric="", direction="at_least" if metric.rising else "at_most", threshold=0.0
    )
    found = units_of(frame, rows, metric, gate, columns.words)
    return None if isinstance(found, NoUnits) or not found.values.size else found


def contrasts_of(columns: Columns, listed: Sequence[Column], run: RunInfo) -> list[Contrast]:
    """Compare every column with the first of its model, in each metric of ``metrics_of``.

    Failed calls that do not tell their deployed model are left out on both sides: they would make
    the smaller column look worse. Where a suite has such calls there is no contrast of its error
    rate, for the same reason.
    """
    made: list[Contrast] = []
    for model, group in groupby(listed, key=lambda column: column.model):
        base, *others = group
        for (whose, suite), frame in columns.frames.items():
            if whose == model:
                for other in others:
                    made += _suite_contrasts(columns, suite, frame, (base, other), run)
    return corrected(made)


def _suite_contrasts(
    columns: Columns, suite: str, frame: Frame, pair: tuple[Column, Column], run: RunInfo
) -> Iterator[Contrast]:
    base, other = pair
    lost = own_and_lost(_view(base), frame, np.arange(len(frame)), columns.words)[1].any()
    seen = Seen(columns, None, run)
    for name in metrics_of(suite, list(frame.scores), run):
        metric = parse_metric(name)
        if metric.kind == "errors" and lost:
            continue
        rows = seen.rows(frame, (base.model, suite), metric)
        old, new = (
            rows[own_and_lost(_view(column), frame, rows, columns.words)[0]] for column in pair
        )
        made = _column_contrast(columns, frame, metric, (old, new), (name, base, other))
        if made is not None:
            yield made


def _view(column: Column) -> View:
    return View(column.model, column.name, column.deployed_model)


def _column_contrast(
    columns: Columns,
    frame: Frame,
    metric: Metric,
    rows: tuple[Rows, Rows],
    names: tuple[str, Column, Column],
) -> Contrast | None:
    """Cases and groups are the independent units, also of the error rate: a long prompt that times
    out once does so again."""
    if not (rows[0].size and rows[1].size):
        return None
    then, now = (plain_units(columns, frame, its, metric) for its in rows)
    if then is None or now is None:
        return None
    name, base, other = names
    if metric.quantile:
        made = contrast_times(name, other.name, metric.quantile, now, then)
        if made and math.isinf(made.difference.high - made.difference.low):
            return None  # too few calls for a bound: nothing is known of the difference
    else:
        old, new = (ints(frame.cluster)[its] for its in rows)
        both = {"base_clusters": old, "new_clusters": new}
        made = contrast(
            name,
            other.name,
            (
                float(cluster_means(then.values, old).mean()),
                float(cluster_means(now.values, new).mean()),
            ),
            overlapping_difference(then.values, now.values, **both, confidence=CONFIDENCE),
            overlapping_p_value(then.values, now.values, **both),
        )
    return made and structs.replace(made, against=base.name)


def contrast_times(name: str, model: str, q: float, now: Units, then: Units) -> Contrast | None:
    """The bounds of both percentiles, each missed with half the error: together at most all of it
    (Bonferroni). Percentiles that failed calls make infinite are left to the error rate."""
    values = [np.sort(units.values) for units in (now, then)]

    def at(alpha: float) -> tuple[float, float, float, float]:
        new, old = (estimate_quantile(its, q, confidence=1 - alpha / 2) for its in values)
        return new.value, old.value, new.low - old.high, new.high - old.low

    new, old, low, high = at(1 - CONFIDENCE)
    if math.isinf(new) or math.isinf(old):
        return None
    n = now.values.size + then.values.size
    method = "order statistics of both"
    found = Estimate(new - old, min(low, new - old), max(high, new - old), n, n, method)
    below, above = 1e-9, 1.0
    for _ in range(25):
        alpha = math.sqrt(below * above)
        _, _, least, most = at(alpha)
        below, above = (below, alpha) if least > 0 or most < 0 else (alpha, above)
    return contrast(name, model, (old, new), found, min(1.0, above if above < 0.99 else 1.0))


def contrast(
    name: str, model: str, values: tuple[float, float], found: Estimate, p: float
) -> Contrast:
    """Return a contrast of which ``corrected`` has still to say what was found."""
    return Contrast(name, model, *values, found, p, p, "no difference shown")


def corrected(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Correct for the number of contrasts (Holm) and say which of them hold."""
    made = []
    for one, p in zip(contrasts, holm(c.p for c in contrasts), strict=True):
        rose = one.difference.value > 0
        finding: Literal["better", "worse"] = (
            "better" if rose == parse_metric(one.metric).rising else "worse"
        )
        different = p <= 1 - CONFIDENCE + 1e-12
        made.append(
            structs.replace(
                one, p_adjusted=p, finding=finding if different else "no difference shown"
            )
        )
    return made
