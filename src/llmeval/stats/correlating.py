"""How far two quantities go together."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.checking import checked_levels, checked_values

__all__ = ["correlation"]


def correlation(x: Iterable[float], y: Iterable[float], *, confidence: float = 0.95) -> Estimate:
    """Estimate Pearson's correlation of pairs of finite numbers, in -1 … 1.

    The interval is Fisher's (1915): artanh r ± z / sqrt(n - 3), approximate but for normal pairs.
    Without variation in ``x`` or ``y`` r is 0, and nothing is known.

    Raises ``UsageError`` for fewer than four pairs, unequal numbers, or values that are not finite.
    """
    from scipy.special import ndtri

    finite = {"low": -math.inf, "high": math.inf}
    first, second = checked_values(x, what="x", **finite), checked_values(y, what="y", **finite)
    below, _ = checked_levels(confidence, "both")
    if first.size != second.size or first.size < 4:
        raise UsageError(f"a correlation needs four pairs or more: {first.size}, {second.size}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise UsageError("a correlation needs finite numbers")
    n, method = first.size, "Pearson, interval by Fisher's z"
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return Estimate(0.0, -1.0, 1.0, n, n, method)
    r = float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))
    reach = -float(ndtri(below)) / math.sqrt(n - 3)
    middle = math.atanh(r) if abs(r) < 1 else math.copysign(math.inf, r)
    return Estimate(r, math.tanh(middle - reach), math.tanh(middle + reach), n, n, method)
