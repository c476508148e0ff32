"""From columns to what a statistic is taken over: a value for each sample, case, group or call."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from llmeval.gates.columns import MEANINGLESS, SCORED, Frame, ScoreColumn, Words, floats, ints
from llmeval.gates.declared import Gate
from llmeval.gates.effects import effect_of
from llmeval.gates.metric import DESCRIBING, Metric
from llmeval.records import PASS_MARK

__all__ = ["NoUnits", "Units", "slice_rows", "unit_keys", "units_of", "worst_value"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int64]


class NoUnits(Struct, frozen=True):
    """Why a statistic cannot be taken. ``broken`` means ERROR, otherwise INCONCLUSIVE."""

    reason: str
    broken: bool = True


class Units(Struct, frozen=True):
    """Values with their keys and clusters, one each.

    ``clusters`` is ``None`` where each value stands for itself. ``samples`` counts the rows behind
    them, ``failed`` those of them without an answer or a score, before any are left out.
    ``failures`` marks the units that hold a failed row. For a disparity, ``groups`` are the values
    of the tag that it is taken across, as codes, and ``names`` what these mean.
    """

    values: Floats
    keys: Ints
    clusters: Ints | None
    samples: int
    failed: int
    seen: int
    failures: NDArray[np.bool_]
    groups: Ints | None = None
    names: dict[int, str] = {}


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
        keys = _sample_keys(frame, rows, words)
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
        return _groups(frame, metric, column, rows, failed, worst, (seen, lost), words)
    if metric.statistic in ("repeat_agreement", "consistency"):
        return _repeats(frame, metric, column, rows, failed, worst, (seen, lost), words)
    if metric.kind == "disparity":
        return _disparate(frame, metric, gate, rows, failed, words)
    if metric.kind == "effects":
        return _effects(frame, metric, column, rows, failed, (seen, lost), words)
    # ``worst`` is on the statistic's scale; a score's own scale runs the other way for bad shares.
    values = np.where(failed, worst if metric.rising else 1 - worst, floats(column.value)[rows])
    if metric.kind == "cases":
        return _cases(frame, metric, rows, values, failed, (seen, lost), words)
    if metric.statistic == "pass_rate":
        values = (values >= PASS_MARK).astype(float)
    elif metric.statistic == "rate":
        values = (values < PASS_MARK).astype(float)
    keys = _sample_keys(frame, rows, words)
    return Units(values, keys, ints(frame.cluster)[rows], rows.size, lost, seen, failed)


def worst_value(metric: Metric, gate: Gate) -> float:
    """Return the value, on the statistic's scale, that speaks most against the endpoint."""
    if gate.direction == "no_worse_than_baseline":
        return 0.0 if metric.rising else 1.0
    return 0.0 if gate.direction == "at_least" else 1.0


def unit_keys(frame: Frame, rows: Rows, metric: Metric, words: Words) -> Ints:
    """Return of which case, or of which group in one test and repetition, each row is a part.

    For metrics over cases and groups; over groups, every row must have one. An effect is taken over
    all repetitions of a group.
    """
    if metric.kind == "cases":
        return _case_keys(frame, rows, words)
    groups: Ints = ints(frame.test)[rows] * len(words.clusters) + ints(frame.group)[rows]
    if metric.kind == "effects":
        return groups
    keys: Ints = groups * len(words.repetitions) + ints(frame.repetition)[rows]
    return keys


def _case_keys(frame: Frame, rows: Rows, words: Words) -> Ints:
    keys: Ints = ints(frame.test)[rows] * len(words.cases) + ints(frame.case)[rows]
    return keys


def _sample_keys(frame: Frame, rows: Rows, words: Words) -> Ints:
    repetition = ints(frame.repetition)[rows]
    keys: Ints = _case_keys(frame, rows, words) * len(words.repetitions) + repetition
    return keys


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
        _case_keys(frame, rows, words), return_index=True, return_inverse=True
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


def _groups(
    frame: Frame,
    metric: Metric,
    column: ScoreColumn,
    rows: Rows,
    failed: NDArray[np.bool_],
    worst: float,
    counts: tuple[int, int],
    words: Words,
) -> Units | NoUnits:
    """1 where all answers of a group (in one test and repetition) mean the same, else 0.

    A group with a failed sample has the worst value. Groups of a single case say nothing.
    """
    group = ints(frame.group)[rows]
    grouped = group >= 0
    rows, failed = rows[grouped], failed[grouped]
    keys, of = np.unique(unit_keys(frame, rows, metric, words), return_inverse=True)
    sizes = np.bincount(of, minlength=keys.size)
    held = sizes >= 2
    if not held.any():
        return NoUnits("agreement needs cases that share a `group`, and no group has two cases")
    hurt = np.bincount(of, weights=failed, minlength=keys.size) > 0
    alike = _alike(of, ints(column.label)[rows], keys.size)
    values = np.where(hurt, worst, alike.astype(float))
    clusters = np.zeros(keys.size, dtype=np.int64)
    clusters[of] = ints(frame.cluster)[rows]
    samples = int(sizes[held].sum())
    return Units(
        values[held], keys[held], clusters[held], samples, counts[1], counts[0], hurt[held]
    )


def _repeats(
    frame: Frame,
    metric: Metric,
    column: ScoreColumn,
    rows: Rows,
    failed: NDArray[np.bool_],
    worst: float,
    counts: tuple[int, int],
    words: Words,
) -> Units | NoUnits:
    """One value a case, of its repetitions: ``repeat_agreement``: 1 where all mean the same, else
    0; ``consistency``: how far they bear each other out. A case with a failed one is worst.

    A case that was answered once says nothing.
    """
    keys, first, of = np.unique(
        _case_keys(frame, rows, words), return_index=True, return_inverse=True
    )
    sizes = np.bincount(of)
    held = sizes >= 2
    if not held.any():
        return NoUnits(
            f"{metric.statistic} needs two repetitions of a case or more, and each case has one: "
            "declare the test with samples=2, or run with --samples=2"
        )
    hurt = np.bincount(of, weights=failed) > 0
    if metric.statistic == "repeat_agreement":
        alike = _alike(of, ints(column.label)[rows], keys.size).astype(float)
    else:
        found = _consistencies(column, rows, of, held & ~hurt)
        if isinstance(found, str):
            return NoUnits(f"{metric.statistic} {found}")
        alike = found
    values = np.where(hurt, worst, alike)
    clusters = ints(frame.cluster)[rows][first]
    samples = int(sizes[held].sum())
    return Units(
        values[held], keys[held], clusters[held], samples, counts[1], counts[0], hurt[held]
    )


def _consistencies(
    column: ScoreColumn, rows: Rows, of: Ints, taken: NDArray[np.bool_]
) -> Floats | str:
    """Return the consistency of each case that is ``taken``, and 0 for the others."""
    from llmeval.gates.consistency import consistency_of

    values = np.zeros(taken.size)
    order = np.argsort(of, kind="stable")
    for i, part in enumerate(np.split(rows[order], np.cumsum(np.bincount(of))[:-1])):
        if not taken[i]:
            continue
        found = consistency_of(column, part)
        if isinstance(found, str):
            return found
        values[i] = found
    return values


def _alike(of: Ints, labels: Ints, size: int) -> NDArray[np.bool_]:
    """Return of each unit whether all its rows have one label, and it is one that means something.

    ``of`` says of which unit each row is a part.
    """
    low = np.full(size, np.iinfo(np.int64).max)
    high = np.full(size, MEANINGLESS)
    np.minimum.at(low, of, labels)
    np.maximum.at(high, of, labels)
    alike: NDArray[np.bool_] = (low == high) & (low >= 0)
    return alike


def _disparate(
    frame: Frame,
    metric: Metric,
    gate: Gate,
    rows: Rows,
    failed: NDArray[np.bool_],
    words: Words,
) -> Units | NoUnits:
    """One value a sample that bears the tag, with the tag's value; others are of no group."""
    tag = frame.tags.get(gate.across or "")
    codes = np.full(rows.size, -1) if tag is None else ints(tag)[rows]
    rows, failed, codes = rows[codes >= 0], failed[codes >= 0], codes[codes >= 0]
    names = {code: str(word) for word, code in words.tag_values.items()}
    held = {int(code): names[int(code)] for code in np.unique(codes)}
    if len(held) < 2:
        there = ", ".join(held.values()) or "none"
        return NoUnits(f"{metric.statistic} needs two values of the tag {gate.across!r}: {there}")
    if gate.reference is not None and gate.reference not in held.values():
        there = ", ".join(sorted(held.values()))
        return NoUnits(f"no sample has {gate.across} = {gate.reference!r}; there are: {there}")
    values = np.where(failed, 0.0, floats(frame.scores[metric.scorer].value)[rows])
    if not metric.statistic.startswith("mean_"):
        values = (values >= PASS_MARK).astype(float)
    keys, clusters = _sample_keys(frame, rows, words), ints(frame.cluster)[rows]
    lost = int(failed.sum())
    return Units(values, keys, clusters, rows.size, lost, rows.size, failed, codes, held)


def _effects(
    frame: Frame,
    metric: Metric,
    column: ScoreColumn,
    rows: Rows,
    failed: NDArray[np.bool_],
    counts: tuple[int, int],
    words: Words,
) -> Units | NoUnits:
    """One effect a group (in one test), see ``effects``; 1, the worst, where a sample failed,
    or for labels where an answer cannot be read."""
    grouped = ints(frame.group)[rows] >= 0
    rows, failed = rows[grouped], failed[grouped]
    if metric.statistic == "label_effect":
        # Answers that nobody can read differ alike within a case and between cases: no evidence.
        failed = failed | (ints(column.label)[rows] == MEANINGLESS)
    if not rows.size:
        return NoUnits(f"{metric.statistic} needs cases that share a `group`, and there is none")
    keys, of = np.unique(unit_keys(frame, rows, metric, words), return_inverse=True)
    hurt = np.bincount(of, weights=failed, minlength=keys.size) > 0
    values, clusters = np.ones(keys.size), np.zeros(keys.size, dtype=np.int64)
    clusters[of] = ints(frame.cluster)[rows]
    order = np.argsort(of, kind="stable")
    for i, part in enumerate(np.split(rows[order], np.cumsum(np.bincount(of))[:-1])):
        if hurt[i]:
            continue
        found = effect_of(metric.statistic, column, part, ints(frame.case)[part])
        if isinstance(found, str):
            return NoUnits(f"{metric.statistic} {found}")
        values[i] = found
    return Units(values, keys, clusters, rows.size, counts[1], counts[0], hurt)


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
    keys = _sample_keys(frame, rows, words)
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


def slice_rows(frame: Frame, rows: Rows, tag: str) -> dict[int, Rows]:
    """Return the rows of each value of a tag by the value's code; -1 are rows without the tag."""
    codes: NDArray[Any] = ints(frame.tags[tag])[rows]
    order = np.argsort(codes, kind="stable")
    values, starts = np.unique(codes[order], return_index=True)
    parts = np.split(rows[order], starts[1:])
    return {int(v): part for v, part in zip(values, parts, strict=True)}
