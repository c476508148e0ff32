"""How far the rates of several groups lie apart: the ratio of the least to the greatest, and the
greatest gap. Values that nobody knows count for the wider disparity."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.checking import Floats, Ints, checked_codes, checked_levels, checked_values
from llmeval.stats.overlapping import Term, terms_of

__all__ = ["disparity_gap", "disparity_ratio", "group_rates"]

_STEPS = 14
"""Halvings of a ratio's bound: to 1/16,384."""

_SUM = "Gaffke on clusters of both groups"


class _Group(Struct, frozen=True):
    """One group's cluster means, with every unknown value at 0 (``least``) and at 1 (``most``)."""

    name: Hashable
    clusters: Ints
    known: float
    least: Floats
    most: Floats


def disparity_gap(
    values: Iterable[float],
    groups: Iterable[Hashable],
    *,
    clusters: Iterable[Hashable] | None = None,
    reference: Hashable | None = None,
    unknown: Iterable[bool] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Estimate the greatest absolute difference between the means of two groups, in 0 … 1.

    Args:
        values: In [0, 1], one a sample.
        groups: The group of each value; at least two are needed.
        clusters: What stands or falls together (a template whose variants differ in the group);
            each value for itself without it. A cluster may hold values of several groups.
        reference: Compare every group with this one instead of each with each.
        unknown: Marks values that nobody knows: whatever they are, the upper bound holds.
        confidence: Of both bounds together, half of the error on each side.

    The upper bound is the greatest of the pairs' upper bounds, each at its own level: all pairs
    must stay below it, so that no correction is needed (intersection-union: Berger and Hsu 1996).
    ``high < margin`` is therefore the claim that every pair is equivalent within the margin. The
    lower bound is the greatest of the pairs' lower bounds, each at its share of the error
    (Bonferroni). The bounds of one pair are those of ``overlapping_difference``.

    Raises ``UsageError`` as ``estimate`` does, for fewer than two groups or an unknown reference.
    """
    held, n, units = _grouped(values, groups, clusters, unknown)
    below, above = checked_levels(confidence, "both")
    pairs = list(_pairs(held, reference))
    value = max(abs(a.known - b.known) for a, b in pairs)
    low = max(_gap_bound(a, b, below / (2 * len(pairs)), wide=False) for a, b in _both(pairs))
    high = max(_gap_bound(a, b, above, wide=True) for a, b in _both(pairs))
    low, high = min(max(low, 0.0), value), min(max(high, value), 1.0)
    return Estimate(value, low, high, n, units, f"{_SUM}, greatest of {len(pairs)} pairs")


def disparity_ratio(
    values: Iterable[float],
    groups: Iterable[Hashable],
    *,
    clusters: Iterable[Hashable] | None = None,
    unknown: Iterable[bool] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Estimate the least mean of a group over the greatest one, in 0 … 1; arguments as in
    ``disparity_gap``. (The "four-fifths rule" of 29 CFR 1607.4 D asks for 0.8.)

    A pair's ratio is at least t where the mean of a - t b is positive; the bound is the greatest t
    for which that is shown (Fieller 1954, with the bounds of ``overlapping_difference``). The lower
    bound is the least of all ordered pairs', each at its own level; the upper one the least of
    theirs, each at its share of the error. Where every mean is 0 the ratio is 1 and the bounds say
    nothing.
    """
    held, n, units = _grouped(values, groups, clusters, unknown)
    below, above = checked_levels(confidence, "both")
    pairs = list(_both(_pairs(held, None)))
    rates = [group.known for group in held]
    value = min(rates) / max(rates) if max(rates) > 0 else 1.0
    low = high = 1.0
    for a, b in pairs:
        low = _ratio_low(a, b, below, low)
        high = _ratio_high(a, b, above / len(pairs), high)
    low, high = min(low, value), max(high, value)
    return Estimate(value, low, high, n, units, f"{_SUM}, least of {len(pairs)} ordered pairs")


def group_rates(
    values: Iterable[float],
    groups: Iterable[Hashable],
    *,
    clusters: Iterable[Hashable] | None = None,
    unknown: Iterable[bool] | None = None,
) -> dict[Hashable, float]:
    """Return the mean of each group's cluster means, unknown values left out, in order of name."""
    held, _, _ = _grouped(values, groups, clusters, unknown)
    return {group.name: group.known for group in held}


def _grouped(
    values: Iterable[float],
    groups: Iterable[Hashable],
    clusters: Iterable[Hashable] | None,
    unknown: Iterable[bool] | None,
) -> tuple[list[_Group], int, int]:
    array = checked_values(values)
    names = list(groups)
    if len(names) != array.size:
        raise UsageError(f"{len(names)} groups were given for {array.size} values: one each")
    codes = np.arange(array.size) if clusters is None else checked_codes(clusters, array.size)
    lost = np.zeros(array.size, bool) if unknown is None else np.asarray(list(unknown), bool)
    if lost.size != array.size:
        raise UsageError(f"unknown marks {lost.size} values of {array.size}: one each is needed")
    held = sorted(set(names), key=str)
    if len(held) < 2:
        raise UsageError(f"a disparity needs two groups, and there is only {held[0]!r}")
    place = {name: i for i, name in enumerate(held)}
    of = np.array([place[name] for name in names])
    made = [
        _group(name, array[of == i], codes[of == i], lost[of == i]) for i, name in enumerate(held)
    ]
    return made, array.size, int(np.unique(codes).size)


def _group(name: Hashable, values: Floats, codes: Ints, lost: NDArray[np.bool_]) -> _Group:
    clusters, of, sizes = np.unique(codes, return_inverse=True, return_counts=True)

    def means(filled: float) -> Floats:
        sums = np.bincount(of, weights=np.where(lost, filled, values))
        return np.clip(sums / sizes, 0.0, 1.0)

    seen = np.bincount(of, weights=~lost)
    there = seen > 0
    sums = np.bincount(of, weights=np.where(lost, 0.0, values))[there]
    known = float((sums / seen[there]).mean()) if there.any() else 0.0
    return _Group(name, clusters.astype(np.int64), known, means(0.0), means(1.0))


def _pairs(held: Sequence[_Group], reference: Hashable | None) -> Iterator[tuple[_Group, _Group]]:
    if reference is None:
        yield from itertools.combinations(held, 2)
        return
    base = next((group for group in held if group.name == reference), None)
    if base is None:
        known = ", ".join(str(group.name) for group in held)
        raise UsageError(f"there is no group {reference!r} to compare with; there are: {known}")
    yield from ((group, base) for group in held if group is not base)


def _both(
    pairs: Iterable[tuple[_Group, _Group]],
) -> Iterator[tuple[_Group, _Group]]:
    for a, b in pairs:
        yield a, b
        yield b, a


def _gap_bound(a: _Group, b: _Group, alpha: float, *, wide: bool) -> float:
    """The upper (``wide``) or lower bound of mean a - mean b, unknown values for the wider or the
    narrower disparity."""
    new, old = (a.most, b.least) if wide else (a.least, b.most)
    terms = terms_of(b.clusters, old, a.clusters, new)
    value = sum(term.value for term in terms)
    reach = math.hypot(*(term.rise(alpha) if wide else term.fall(alpha) for term in terms))
    return value + reach if wide else value - reach


def _scaled(a: _Group, b: _Group, t: float, *, wide: bool) -> list[Term]:
    """The terms of mean a - t mean b."""
    new, old = (a.least, b.most) if wide else (a.most, b.least)
    return terms_of(b.clusters, t * old, a.clusters, new)


def _ratio_low(a: _Group, b: _Group, alpha: float, sofar: float) -> float:
    """The least of ``sofar`` and the lower bound of a pair's ratio."""

    def shown(t: float) -> bool:
        terms = _scaled(a, b, t, wide=True)
        value = sum(term.value for term in terms)
        return value > 0 and math.hypot(*(term.fall(alpha) for term in terms)) < value

    return sofar if shown(sofar) else _bisected(shown, sofar)[0]


def _ratio_high(a: _Group, b: _Group, alpha: float, sofar: float) -> float:
    """The least of ``sofar`` and the upper bound of a pair's ratio."""

    def open_at(t: float) -> bool:
        terms = _scaled(a, b, t, wide=False)
        value = sum(term.value for term in terms)
        return value >= 0 or math.hypot(*(term.rise(alpha) for term in terms)) >= -value

    return sofar if open_at(sofar) else _bisected(open_at, sofar)[1]


def _bisected(holds: Callable[[float], bool], top: float) -> tuple[float, float]:
    """Return where ``holds`` ends, between 0 and ``top``: the last that holds, the first that does
    not."""
    below, above = 0.0, top
    for _ in range(_STEPS):
        middle = (below + above) / 2
        below, above = (middle, above) if holds(middle) else (below, middle)
    return below, above
