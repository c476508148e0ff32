"""From columns to what a statistic is taken over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from llmeval.gates.columns import SCORED, Frame, Words, floats, ints
from llmeval.gates.declared import Gate
from llmeval.gates.likeness import disparate, effects, groups, repeats
from llmeval.gates.metric import DESCRIBING, Metric
from llmeval.gates.units import Floats, NoUnits, Rows, Units, case_keys, sample_keys, worst_value
from llmeval.records import PASS_MARK

__all__ = ["units_of"]


def units_of(frame: Frame, rows: Rows, metric: Metric, gate: Gate, words: Words) -> Units | NoUnits:
    """Return the units of ``metric`` over ``rows``.

    A failed call or a missing score counts against the gate: it gets the value that is worst for
    the gate's direction (an infinite latency, for timings), or is left out where the gate says so.
    """
    if metric.kind == "timing":
        return _timings(frame, rows, metric, gate, words)
    worst = worst_value(metric, gate)
    if metric.kind == "errors":
        failed = ints(frame.answered)[rows] == 0
        keys = sample_keys(frame, rows, words)
        return Units(failed.astype(float), keys, None, rows.size, 0, rows.size, failed)
    column = frame.scores[metric.scorer]
    if column.signatures and metric.statistic not in DESCRIBING:
        return NoUnits(
            f"{metric.scorer!r} only describes answers, so {metric.statistic} says nothing: it has "
            f"{', '.join(DESCRIBING)}"
        )
    failed = (ints(frame.answered)[rows] == 0) | (ints(column.status)[rows] != SCORED)
    seen, lost = rows.size, int(failed.sum())
    if gate.failures == "exclude":
        rows, failed = rows[~failed], failed[~failed]
        if not rows.size:
            return NoUnits(f"all {seen} samples lack an answer or a score")
    if metric.kind == "groups":
        return groups(frame, metric, column, rows, failed, worst, (seen, lost), words)
    if metric.statistic in ("repeat_agreement", "consistency"):
        return repeats(frame, metric, column, rows, failed, worst, (seen, lost), words)
    if metric.kind == "disparity":
        return disparate(frame, metric, gate, rows, failed, words)
    if metric.kind == "effects":
        return effects(frame, metric, column, rows, failed, (seen, lost), words)
    # ``worst`` is on the statistic's scale; a score's own scale runs the other way for bad shares.
    values = np.where(failed, worst if metric.rising else 1 - worst, floats(column.value)[rows])
    if metric.kind == "cases":
        return _cases(frame, metric, rows, values, failed, (seen, lost), words)
    if metric.statistic == "pass_rate":
        values = (values >= PASS_MARK).astype(float)
    elif metric.statistic == "rate":
        values = (values < PASS_MARK).astype(float)
    keys = sample_keys(frame, rows, words)
    return Units(values, keys, ints(frame.cluster)[rows], rows.size, lost, seen, failed)


def _cases(
    frame: Frame,
    metric: Metric,
    rows: Rows,
    values: Floats,
    failed: NDArray[np.bool_],
    counts: tuple[int, int],
    words: Words,
) -> Units | NoUnits:
    """One value a case.

    ``pass_hat_k``: the probability that k repetitions all pass, estimated without bias by
    C(c, k) / C(n, k) of c passes in n (Yao et al. 2024, tau-bench, after Chen et al. 2021);
    ``k`` = 0 stands for all n. ``any_rate_k``: the probability that at least one of k is bad, which
    is 1 minus that (the toxicity probability of Gehman et al. 2020, over k generations); without k
    all n, which then must be as many in every case. ``max_mean``: the greatest badness (1 - value)
    over the case's repetitions, whose mean over cases is the expected maximum (Gehman et al. 2020).
    """
    keys, first, of = np.unique(
        case_keys(frame, rows, words), return_index=True, return_inverse=True
    )
    clusters = ints(frame.cluster)[rows][first]
    hurt = np.bincount(of, weights=failed) > 0
    if metric.statistic == "max_mean":
        worst = np.zeros(keys.size)
        np.maximum.at(worst, of, 1 - values)
        return Units(worst, keys, clusters, rows.size, counts[1], counts[0], hurt)
    repetitions = np.bincount(of)
    passed = np.bincount(of, weights=values >= PASS_MARK)
    if metric.k and int(repetitions.min()) < metric.k:
        few = int(repetitions.min())
        return NoUnits(f"{metric.statistic} needs {metric.k} repetitions of a case, one has {few}")
    among = metric.statistic.startswith("any_rate")
    if among and not metric.k and (uneven := _uneven(repetitions)):
        return NoUnits(uneven)
    share = np.ones(keys.size)
    for i in range(metric.k or int(repetitions.max())):
        drawn = i < repetitions
        share[drawn] *= np.maximum(passed[drawn] - i, 0) / (repetitions[drawn] - i)
    share = 1 - share if among else share
    return Units(share, keys, clusters, rows.size, counts[1], counts[0], hurt)


def _uneven(repetitions: NDArray[np.int64]) -> str | None:
    """Say why "any of its repetitions" is not one question in all cases: more tries find more."""
    few, many = int(repetitions.min()), int(repetitions.max())
    if few < many:
        told = f"any_rate takes as many repetitions of each case, but they are {few} to {many}"
        return f"{told}: take any_rate_{few}"
    if many < 2:
        return "any_rate needs two repetitions or more of a case: samples=… in the suite"
    return None


def _timings(frame: Frame, rows: Rows, metric: Metric, gate: Gate, words: Words) -> Units | NoUnits:
    """Seconds a call; each call for itself, as the workload is fixed (``estimate_quantile``)."""
    failed = ints(frame.answered)[rows] == 0
    latency, ttft = floats(frame.latency)[rows], floats(frame.ttft)[rows]
    cached = ~failed & ((ints(frame.cached)[rows] != 0) | np.isnan(latency))
    if cached.any():
        return NoUnits(
            f"{int(cached.sum())} of {rows.size} answers came from the cache, a shared call or a "
            f"batch, and have no latency of their own: measure with --no-cache and without "
            f"--batch, or declare the test timed=True",
            broken=False,
        )
    seconds, missing = latency, np.zeros(rows.size, dtype=bool)
    if metric.scorer == "ttft":
        seconds, missing = ttft, ~failed & np.isnan(ttft)
    elif metric.scorer == "tpot":
        tokens = floats(frame.tokens)[rows]
        missing = ~failed & (np.isnan(ttft) | ~(tokens >= 2))
        with np.errstate(all="ignore"):
            seconds = np.maximum(latency - ttft, 0.0) / (tokens - 1)
    if missing.any():
        return NoUnits(_unmeasured(metric, int(missing.sum()), rows.size))
    lost = int(failed.sum())
    values = np.where(failed, np.inf, seconds)
    keys = sample_keys(frame, rows, words)
    if gate.failures == "exclude":
        values, keys = values[~failed], keys[~failed]
        if not values.size:
            return NoUnits(f"all {rows.size} calls failed")
        failed = failed[~failed]
    return Units(values, keys, None, values.size, lost, rows.size, failed)


def _unmeasured(metric: Metric, missing: int, total: int) -> str:
    if metric.scorer == "ttft":
        why = (
            "it is measured on streamed answers: declare the test with stream=True or timed=True; "
            "an endpoint that cannot stream (predict) has latency.e2e instead"
        )
    else:
        why = "it needs streamed answers of two or more output tokens, and a reported token usage"
    return f"{missing} of {total} answers carry no {metric.scorer}: {why}"
