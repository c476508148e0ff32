"""Two records held against each other: what differs, by how much, and in which cases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec import Struct, field

from llmeval.errors import UsageError
from llmeval.gates import Metric, parse_metric
from llmeval.gates.columns import Columns, Frame
from llmeval.gates.contrasts import (
    CONFIDENCE,
    contrast,
    contrast_times,
    corrected,
    metrics_of,
    plain_units,
)
from llmeval.gates.seen import Seen
from llmeval.gates.units import Units
from llmeval.records import Column, Contrast, RunInfo
from llmeval.run.baseline import changes, incomplete
from llmeval.stats import difference, p_value
from llmeval.store import RunDirectory

__all__ = ["FLIPS", "Comparison", "Flip", "compare_runs"]

FLIPS = 20


class Flip(Struct, frozen=True):
    """A case that passes more or less often than before, as shares of its repetitions."""

    metric: str
    model: str
    test: str
    case_id: str
    base: float
    run: float


class Comparison(Struct, frozen=True):
    """``notes`` say why the two are not fully comparable; ``flips`` are the worst, in order.

    ``base`` and ``run`` are run ids: the same one where its ``columns``, ``by`` deployed model, are
    held against each other.
    """

    base: str
    run: str
    confidence: float
    contrasts: list[Contrast]
    flips: list[Flip]
    flipped: int
    notes: list[str]
    by: str | None = None
    columns: list[Column] = field(default_factory=list)


def compare_runs(base: RunDirectory, run: RunDirectory, *, force: bool = False) -> Comparison:
    """Compare every scorer's pass rate, every error rate and the latencies of timed suites.

    Samples are paired by case and repetition; those whose call or score failed in ``base`` are left
    out, so that an outage then does not flatter the run now. Raises ``UsageError`` for runs that
    are partial or measured something else, unless ``force``: then what both have is compared.
    """
    before, after = base.header(), run.header()
    notes = _notes(base, run, before, after)
    if notes and not force:
        raise UsageError(
            "the runs cannot be compared: "
            + "; ".join(notes[:10])
            + "; --force compares what both have"
        )
    columns = Columns.of(run.observations())
    old = Columns.of(base.observations(), columns.words)
    contrasts: list[Contrast] = []
    flips: list[Flip] = []
    for name, other in _models(columns, old):
        for metric, now, then in _measured(columns, old, (name, other), (after, before)):
            made, flipped = _contrast(metric, name, now, then, columns)
            contrasts += [made] if made else []
            flips += flipped
    if not contrasts:
        raise UsageError("the runs have no metric in common: there is nothing to compare")
    flips.sort(key=lambda flip: (flip.run - flip.base, flip.metric, flip.case_id))
    return Comparison(
        before.run_id,
        after.run_id,
        CONFIDENCE,
        corrected(contrasts),
        flips[:FLIPS],
        len(flips),
        notes,
    )


def _notes(base: RunDirectory, run: RunDirectory, before: RunInfo, after: RunInfo) -> list[str]:
    notes = [
        f"{name}: {why}" for name, of in (("BASE", base), ("RUN", run)) if (why := incomplete(of))
    ]
    looked_at: dict[str, set[str]] = {}
    for info in (*before.suites, *after.suites):
        looked_at.setdefault(info.suite, set()).update(s.name for s in info.scorers)
    notes += changes(before.suites, after.suites, looked_at)
    here = {info.suite for info in after.suites}
    notes += [
        f"suite {s!r} is only in BASE" for s in sorted({i.suite for i in before.suites} - here)
    ]
    return [*notes, "another judge"] if before.judge != after.judge else notes


def _models(columns: Columns, old: Columns) -> list[tuple[str, str]]:
    """Pair models by name, or the only two whatever their names."""
    now, then = columns.models, old.models
    if len(now) == len(then) == 1:
        return [(now[0], then[0])]
    both = [(name, name) for name in now if name in then]
    if not both:
        raise UsageError(f"no model is in both: {', '.join(then)} there, {', '.join(now)} here")
    return both


def _measured(
    columns: Columns, old: Columns, models: tuple[str, str], runs: tuple[RunInfo, RunInfo]
) -> Iterator[tuple[str, Units, Units]]:
    """Yield what both records have of each metric."""
    for (model, suite), frame in columns.frames.items():
        theirs = old.frames.get((models[1], suite))
        if model != models[0] or theirs is None:
            continue
        scorers = list(frame.scores.keys() & theirs.scores.keys())
        for name in metrics_of(suite, scorers, runs[0]):
            metric = parse_metric(name)
            now = _units(columns, frame, (models[0], suite), metric, runs[0])
            then = _units(old, theirs, (models[1], suite), metric, runs[1])
            if now and then:
                yield name, now, then


def _units(
    columns: Columns, frame: Frame, key: tuple[str, str], metric: Metric, run: RunInfo
) -> Units | None:
    return plain_units(columns, frame, Seen(columns, None, run).rows(frame, key, metric), metric)


def _contrast(
    name: str, model: str, now: Units, then: Units, columns: Columns
) -> tuple[Contrast | None, list[Flip]]:
    metric = parse_metric(name)
    if metric.quantile:
        return contrast_times(name, model, metric.quantile, now, then), []
    sound = np.ones(then.keys.size, bool) if metric.kind == "errors" else ~then.failures
    keys, ours, theirs = np.intersect1d(
        now.keys, then.keys[sound], assume_unique=True, return_indices=True
    )
    if not keys.size:
        return None, []
    new, old = now.values[ours], then.values[sound][theirs]
    clusters = None if now.clusters is None else now.clusters[ours]
    found = difference(old, new, clusters=clusters, confidence=CONFIDENCE)
    p = p_value(old, new, clusters=clusters)
    made = contrast(name, model, (float(old.mean()), float(new.mean())), found, p)
    if metric.kind == "errors":
        return made, []
    cases, of = np.unique(keys // len(columns.words.repetitions), return_inverse=True)
    sizes = np.bincount(of)
    a, b = np.bincount(of, weights=old) / sizes, np.bincount(of, weights=new) / sizes
    tests, ids = list(columns.words.tests), list(columns.words.cases)
    places = [(i, *divmod(int(cases[i]), len(ids))) for i in np.flatnonzero(a != b)]
    return made, [
        Flip(name, model, tests[test][1], str(ids[case]), float(a[i]), float(b[i]))  # type: ignore[index]
        for i, test, case in places
    ]
