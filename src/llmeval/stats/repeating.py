"""What repeated answers to one case say: whether any, or all, of k would pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from msgspec import structs

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.checking import Floats, Ints, Sides
from llmeval.stats.estimating import estimate

__all__ = ["pass_at_k", "pass_hat_k"]


def pass_at_k(
    passed: Iterable[int],
    tried: Iterable[int] | int,
    k: int,
    *,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the probability that at least one of ``k`` answers to a case passes.

    ``passed`` and ``tried`` are counts, one of each for a case (or one ``tried`` for all). A case
    counts 1 - C(n - c, k) / C(n, k), which is unbiased (Chen et al. 2021, equation 1); the interval
    is that of ``estimate`` over cases, or ``clusters`` of them. ``n`` counts answers.

    Raises ``UsageError`` for counts that are none, or a case with fewer than ``k`` answers.
    """
    return _over_cases(
        passed, tried, k, lambda c, n: 1 - _all_among(n - c, n, k), clusters, confidence, sides
    )


def pass_hat_k(
    passed: Iterable[int],
    tried: Iterable[int] | int,
    k: int,
    *,
    clusters: Iterable[Any] | None = None,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the probability that all of ``k`` answers to a case pass.

    As ``pass_at_k``, but a case counts C(c, k) / C(n, k) (Yao et al. 2024, tau-bench, section 4).
    """
    return _over_cases(
        passed, tried, k, lambda c, n: _all_among(c, n, k), clusters, confidence, sides
    )


def _over_cases(
    passed: Iterable[int],
    tried: Iterable[int] | int,
    k: int,
    share: Callable[[Ints, Ints], Floats],
    clusters: Iterable[Any] | None,
    confidence: float,
    sides: Sides,
) -> Estimate:
    c = _counts(passed, "passed")
    n = np.full(c.size, tried) if isinstance(tried, int) else _counts(tried, "tried")
    if n.size != c.size:
        raise UsageError(f"{c.size} counts of passes need as many of tries, not {n.size}")
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise UsageError(f"k is {k!r}, but must be a whole number from 1")
    for wrong, why in ((c > n, "more passes than tries"), (n < k, f"fewer than k = {k} tries")):
        if wrong.any():
            index = int(np.flatnonzero(wrong)[0])
            raise UsageError(f"case {index} has {why}: {c[index]} of {n[index]}")
    found = estimate(share(c, n), clusters=clusters, confidence=confidence, sides=sides)
    return structs.replace(found, n=int(n.sum()))


def _counts(given: Iterable[int], what: str) -> Ints:
    try:
        array = np.asarray(list(given), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what} must be counts ({error})") from None
    if array.ndim != 1 or not np.all((array >= 0) & (array < 2**31) & (array % 1 == 0)):
        raise UsageError(f"{what} must be whole numbers from 0, one a case")
    return array.astype(np.int64)


def _all_among(c: Ints, n: Ints, k: int) -> Floats:
    """C(c, k) / C(n, k): the probability that k drawn of n all lie among c."""
    share = np.ones(c.size)
    for i in range(k):
        share *= np.maximum(c - i, 0) / (n - i)
    return share
