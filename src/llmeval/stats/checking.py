"""What goes into a statistic, checked: arrays, levels, clusters. Errors name the observation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from llmeval.errors import UsageError

__all__ = ["Floats", "Ints", "Sides", "checked_codes", "checked_levels", "checked_values"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sides = Literal["both", "lower", "upper"]


def checked_values(
    values: Iterable[float], *, low: float = 0.0, high: float = 1.0, what: str = "values"
) -> Floats:
    """Return ``values`` as floats within ``low`` … ``high``.

    Raises ``UsageError`` for no values, NaN, or a value out of range, and names its index.
    Infinity is legal only where it is a bound.
    """
    array = _floats(values, what)
    if array.ndim != 1:
        raise UsageError(f"{what} must be one flat sequence of numbers, not of shape {array.shape}")
    if array.size == 0:
        raise UsageError(f"{what} are empty: without an observation nothing can be estimated")
    wrong = np.flatnonzero(~((array >= low) & (array <= high)))
    if wrong.size:
        index = int(wrong[0])
        raise UsageError(
            f"{what}[{index}] is {array[index]:g}, but must lie in {low:g} … {high:g}"
            + (f" ({wrong.size} such values)" if wrong.size > 1 else "")
        )
    return array


def _floats(values: Iterable[float], what: str) -> Floats:
    try:
        return np.asarray(
            values if isinstance(values, np.ndarray) else list(values), dtype=np.float64
        )
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what} must be numbers ({error})") from None


def checked_codes(clusters: Iterable[Any], n: int) -> Ints:
    """Return a code 0, 1, … for each of ``n`` observations, equal where its cluster is equal."""
    if isinstance(clusters, np.ndarray) and clusters.dtype.kind in "iu" and clusters.ndim == 1:
        codes: Ints = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    else:
        seen: dict[Any, int] = {}
        codes = np.array([seen.setdefault(c, len(seen)) for c in clusters], dtype=np.int64)
    if codes.size != n:
        raise UsageError(f"{codes.size} clusters were given for {n} values: one each is needed")
    return codes


def checked_levels(confidence: float, sides: str) -> tuple[float, float]:
    """Return the error allowed below and above: an interval's ``alpha`` or half of it, or 0.

    Raises ``UsageError`` for a confidence outside (0, 1) or unknown sides.
    """
    if not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise UsageError(
            f"confidence is {confidence!r}, but must lie between 0 and 1, as 0.95 does"
        )
    alpha = 1 - confidence
    if sides == "both":
        return alpha / 2, alpha / 2
    if sides == "lower":
        return alpha, 0.0
    if sides == "upper":
        return 0.0, alpha
    raise UsageError(f"sides is {sides!r}, but must be 'both', 'lower' or 'upper'")
