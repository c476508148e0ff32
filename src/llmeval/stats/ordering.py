"""Pairwise verdicts in both orders: what is right, what is consistent, what the place decides."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.classifying import cohen_kappa
from llmeval.stats.comparing import mcnemar
from llmeval.stats.estimating import estimate

__all__ = ["BothOrders", "both_orders"]


class BothOrders(Struct, frozen=True):
    """What ``both_orders`` finds.

    ``right`` is the share of right verdicts in each order, ``right_mean`` over both, ``right_both``
    the share of pairs that are right in both; ``None`` without a truth. ``consistent`` is the share
    of pairs whose two verdicts are equal, ``kappa`` their agreement beyond chance (``None`` where
    one label is all there is). Of the pairs with a verdict that changed from one answer to the
    other, ``first_place`` were for the answer shown first both times, ``second_place`` for the one
    shown second; ``p_place`` is the exact probability of so uneven a split without a position bias.
    ``silent`` pairs lack a verdict, and are neither right nor consistent.
    """

    pairs: int
    right: tuple[Estimate, Estimate] | None
    right_mean: Estimate | None
    right_both: Estimate | None
    consistent: Estimate
    kappa: Estimate | None
    first_place: int
    second_place: int
    p_place: float
    silent: int


def both_orders(
    first: Sequence[Hashable | None],
    second: Sequence[Hashable | None],
    *,
    answers: tuple[Hashable, Hashable] = ("A", "B"),
    truth: Sequence[Hashable] | None = None,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
) -> BothOrders:
    """Compare a judge's verdicts on pairs of answers in one order with those in the other.

    Args:
        first: For each pair the winner where ``answers[0]`` was shown first; any other label is a
            tie, ``None`` no verdict.
        second: The winner where ``answers[1]`` was shown first, by the same names.
        truth: The better answer of each pair.
        clusters: One label for each pair, as in ``estimate``.

    Shares as LLMBar reports them (Zeng et al. 2024, section 4), with the intervals of ``estimate``
    and ``cohen_kappa``; the place's p-value is McNemar's exact test (1947). Raises ``UsageError``
    for sequences that do not match.
    """
    held = None if clusters is None else list(clusters)
    listed = [len(first), len(second), *([] if truth is None else [len(truth)])]
    if len(set(listed)) > 1 or not first:
        raise UsageError(f"{', '.join(map(str, listed))} verdicts: as many of each are needed")

    def share(hits: Iterable[float]) -> Estimate:
        return estimate(list(hits), clusters=held, confidence=confidence)

    pairs = list(zip(first, second, strict=True))
    right = None
    if truth is not None:
        wins = [[float(v == t) for v, t in zip(vs, truth, strict=True)] for vs in (first, second)]
        both = list(zip(*wins, strict=True))
        right = (share(wins[0]), share(wins[1]))
    turned = [(a, b) for a, b in pairs if {a, b} == set(answers)]
    to_first = sum(a == answers[0] for a, _ in turned)
    return BothOrders(
        pairs=len(pairs),
        right=right,
        right_mean=share((a + b) / 2 for a, b in both) if right else None,
        right_both=share(a * b for a, b in both) if right else None,
        consistent=share(float(a == b and a is not None) for a, b in pairs),
        kappa=_kappa(pairs, held, confidence),
        first_place=to_first,
        second_place=len(turned) - to_first,
        p_place=_p_place(to_first, len(turned) - to_first),
        silent=sum(None in pair for pair in pairs),
    )


def _kappa(
    pairs: Sequence[tuple[Hashable | None, Hashable | None]],
    clusters: Sequence[Any] | None,
    confidence: float,
) -> Estimate | None:
    """Over the pairs with both verdicts."""
    kept = [i for i, pair in enumerate(pairs) if None not in pair]
    if len({label for i in kept for label in pairs[i]}) < 2:
        return None
    return cohen_kappa(
        [pairs[i][0] for i in kept],
        [pairs[i][1] for i in kept],
        clusters=None if clusters is None else [clusters[i] for i in kept],
        confidence=confidence,
    )


def _p_place(to_first: int, to_second: int) -> float:
    if not to_first + to_second:
        return 1.0
    return mcnemar([1.0] * to_first + [0.0] * to_second, [0.0] * to_first + [1.0] * to_second)
