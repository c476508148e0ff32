"""How every scorer's pass rate differs across the values of a tag: groups, pairs, corrected."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from msgspec import Struct, structs

from llmeval.errors import UsageError, nearest
from llmeval.gates.bounds import effect_estimate
from llmeval.gates.columns import Columns, Frame
from llmeval.gates.contrasts import CONFIDENCE
from llmeval.gates.declared import Gate
from llmeval.gates.metric import Metric
from llmeval.gates.seen import Seen
from llmeval.gates.units import NoUnits, Units, units_of
from llmeval.records import Estimate, RunInfo
from llmeval.stats import (
    disparity_gap,
    disparity_ratio,
    estimate,
    holm,
    overlapping_difference,
    overlapping_p_value,
)

__all__ = ["Across", "Apart", "Asked", "GroupRate", "disparities"]

Finding = Literal["differs", "equivalent", "no difference shown"]


class Asked(Struct, frozen=True):
    """Groups are the values of the tag ``across``; with ``reference`` each is compared with that
    one, else each with each. ``margin`` is that of equivalence, a share. ``cluster`` is the tag of
    what stands or falls together, instead of groups and cases."""

    across: str
    reference: str | None = None
    margin: float = 0.05
    cluster: str | None = None


class GroupRate(Struct, frozen=True):
    """A group's pass rate with its 95 % interval; ``failed`` samples count as not passed."""

    group: str
    rate: Estimate
    failed: int


class Apart(Struct, frozen=True):
    """Two groups' pass rates compared: ``difference`` is ``group`` minus ``against``, with its 95 %
    interval. ``p_adjusted`` is corrected for all pairs of the report (Holm). ``equivalent`` holds
    where the difference lies within the margin at 95 %, whatever a failed sample would have been.
    """

    group: str
    against: str
    difference: Estimate
    p: float
    p_adjusted: float
    finding: Finding


class Across(Struct, frozen=True):
    """One scorer's pass rates across the values of a tag: each group, the least over the greatest,
    the greatest gap, and the pairs. ``effect`` is by how much more often the labels of a group's
    cases differ than those of repetitions of one case; ``None`` where a case was asked once, or no
    group has two cases."""

    metric: str
    model: str
    groups: list[GroupRate]
    ratio: Estimate
    gap: Estimate
    pairs: list[Apart]
    effect: Estimate | None = None


def disparities(columns: Columns, run: RunInfo, asked: Asked) -> list[Across]:
    """Compare every scorer's pass rate across the values of a tag.

    Raises ``UsageError`` where no suite has the tag with two values.
    """
    seen = Seen(columns, None, run)
    made = [
        found
        for key, frame in columns.frames.items()
        if asked.across in frame.tags
        for scorer in sorted(frame.scores)
        if (found := _across(seen, frame, key, scorer, asked))
    ]
    if not made:
        tags = sorted({tag for frame in columns.frames.values() for tag in frame.tags})
        raise UsageError(
            f"no suite has samples with two values of the tag {asked.across!r}"
            + (f", one of them {asked.reference!r}" if asked.reference else "")
            + f".{nearest(asked.across, tags)} There are the tags {', '.join(tags) or 'none'}"
        )
    return _corrected(made)


def _across(
    seen: Seen, frame: Frame, key: tuple[str, str], scorer: str, asked: Asked
) -> Across | None:
    words = seen.columns.words
    if asked.cluster in frame.tags:
        frame = frame.clustered(str(asked.cluster), words)
    units = _units(seen, frame, key, Metric(key[1], scorer, "gap", "disparity"), asked)
    if units is None or units.groups is None:
        return None
    names = [units.names[int(code)] for code in units.groups]
    common: dict[str, Any] = {
        "clusters": units.clusters, "unknown": units.failures, "confidence": CONFIDENCE
    }  # fmt: skip
    effects = _units(seen, frame, key, Metric(key[1], scorer, "label_effect", "effects"), asked)
    return Across(
        f"{key[1]}.{scorer}.pass_rate",
        key[0],
        [_rate(units, code, name) for code, name in sorted(units.names.items(), key=_by_name)],
        disparity_ratio(units.values, names, **common),
        disparity_gap(units.values, names, reference=asked.reference, **common),
        [_apart(units, pair, asked.margin) for pair in _pairs(units, asked.reference)],
        None if effects is None else effect_estimate(effects, CONFIDENCE),
    )


def _units(
    seen: Seen, frame: Frame, key: tuple[str, str], metric: Metric, asked: Asked
) -> Units | None:
    gate = Gate(
        id="",
        metric="",
        direction="at_most",
        threshold=0.0,
        across=asked.across,
        reference=asked.reference,
    )
    units = units_of(frame, seen.rows(frame, key, metric), metric, gate, seen.columns.words)
    return None if isinstance(units, NoUnits) else units


def _by_name(item: tuple[int, str]) -> str:
    return item[1]


def _rate(units: Units, code: int, name: str) -> GroupRate:
    mine = np.equal(units.groups, code)  # type: ignore[arg-type]
    clusters = None if units.clusters is None else units.clusters[mine]
    rate = estimate(units.values[mine], clusters=clusters, confidence=CONFIDENCE)
    return GroupRate(name, rate, int(units.failures[mine].sum()))


def _pairs(units: Units, reference: str | None) -> Iterator[tuple[int, int]]:
    codes = [code for code, _ in sorted(units.names.items(), key=_by_name)]
    if reference is None:
        yield from ((b, a) for a, b in itertools.combinations(codes, 2))
        return
    base = next(code for code in codes if units.names[code] == reference)
    yield from ((code, base) for code in codes if code != base)


def _apart(units: Units, pair: tuple[int, int], margin: float) -> Apart:
    new, old = (np.equal(units.groups, code) for code in pair)  # type: ignore[arg-type]
    clusters = np.arange(units.values.size) if units.clusters is None else units.clusters
    both = {"base_clusters": clusters[old], "new_clusters": clusters[new]}
    values = units.values[old], units.values[new]
    p = overlapping_p_value(*values, **both)
    mine = old | new
    most = disparity_gap(
        units.values[mine],
        (new[mine]).tolist(),
        clusters=clusters[mine],
        unknown=units.failures[mine],
        confidence=2 * CONFIDENCE - 1,
    )
    found = overlapping_difference(*values, **both, confidence=CONFIDENCE)
    finding: Finding = "equivalent" if most.high < margin else "no difference shown"
    return Apart(units.names[pair[0]], units.names[pair[1]], found, p, p, finding)


def _corrected(made: Sequence[Across]) -> list[Across]:
    """Correct for the number of all pairs (Holm). A difference that is shown is told as such, even
    where it lies within the margin."""
    adjusted = iter(holm(pair.p for across in made for pair in across.pairs))
    return [
        structs.replace(across, pairs=[_told(pair, next(adjusted)) for pair in across.pairs])
        for across in made
    ]


def _told(pair: Apart, p: float) -> Apart:
    finding: Finding = "differs" if p <= 1 - CONFIDENCE + 1e-12 else pair.finding
    return structs.replace(pair, p_adjusted=p, finding=finding)
