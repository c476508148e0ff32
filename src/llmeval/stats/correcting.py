"""A rate as a scorer reports it, corrected for the scorer's own measured error."""

from __future__ import annotations

import math

from msgspec import structs

from llmeval.errors import UsageError
from llmeval.records import Estimate
from llmeval.stats.checking import Sides, checked_levels

__all__ = ["Counted", "correct"]

Counted = Estimate | tuple[float, float]
"""A share: an estimate, or (successes, n)."""


def correct(
    estimate: Counted,
    sensitivity: Counted,
    specificity: Counted,
    *,
    confidence: float = 0.95,
    sides: Sides = "both",
) -> Estimate:
    """Estimate the true rate behind the share that a scorer flags.

    Args:
        estimate: Share of samples that were flagged.
        sensitivity: Share flagged among labelled samples that are bad.
        specificity: Share not flagged among labelled samples that are good; from samples
            independent of both others.
        confidence: Of the interval.
        sides: As in ``estimate``.

    ``value`` is Rogan and Gladen's (1978) (p + Sp - 1) / (Se + Sp - 1), within 0 … 1. The interval
    is Lang and Reiczigel's (2014, equations 4, 6, 7, 16, 17): with
    p' = (n p + z²/2) / (n + z²) on n + z²,
    Se' = (n Se + 1) / (n + 2) on n + 2, Sp' likewise and P = (p' + Sp' - 1) / (Se' + Sp' - 1),

        P + 2 z² (P v(Se') - (1 - P) v(Sp')) ± z sqrt(v(p') + P² v(Se') + (1 - P)² v(Sp'))
        / (Se' + Sp' - 1),   v(q) = q (1 - q) / n of q

    It is approximate; its coverage is simulated in docs/statistics.md. Of a clustered estimate the
    clusters count as n: the variance of a cluster mean in 0 … 1 is at most p (1 - p).

    Raises ``UsageError`` for counts that are none, or a scorer that flags good samples as often as
    bad ones (Se + Sp <= 1): its rate then says nothing.
    """
    from scipy.special import ndtri

    below, above = checked_levels(confidence, sides)
    p, n = _share(estimate, "estimate")
    se, n_se = _share(sensitivity, "sensitivity")
    sp, n_sp = _share(specificity, "specificity")
    if se + sp - 1 <= 1e-12:
        raise UsageError(
            f"sensitivity {se:g} and specificity {sp:g} sum to no more than 1: the scorer flags "
            f"good samples as often as bad ones, and no rate can be corrected with it"
        )
    z = -float(ndtri(below or above))
    low, high = _bounds(z, (p, n), (se, n_se), (sp, n_sp))
    value = min(1.0, max(0.0, (p + sp - 1) / (se + sp - 1)))
    counted = estimate if isinstance(estimate, Estimate) else Estimate(p, 0, 1, int(n), int(n), "")
    return structs.replace(
        counted,
        value=value,
        low=min(low, value) if below else 0.0,
        high=max(high, value) if above else 1.0,
        method="Lang-Reiczigel",
    )


def _share(given: Counted, what: str) -> tuple[float, float]:
    if isinstance(given, Estimate):
        share, n = given.value, float(given.clusters)
    else:
        try:
            successes, n = (float(number) for number in given)
        except (TypeError, ValueError):
            raise UsageError(f"{what} must be an Estimate or (successes, n): {given!r}") from None
        share = successes / n if n > 0 else math.nan
    if not (0 <= share <= 1 and 1 <= n < math.inf):
        raise UsageError(f"{what} must be successes out of at least one sample: {given!r}")
    return share, n


def _bounds(
    z: float, rate: tuple[float, float], se: tuple[float, float], sp: tuple[float, float]
) -> tuple[float, float]:
    p, n = (rate[1] * rate[0] + z * z / 2) / (rate[1] + z * z), rate[1] + z * z
    e, n_e = (se[1] * se[0] + 1) / (se[1] + 2), se[1] + 2
    c, n_c = (sp[1] * sp[0] + 1) / (sp[1] + 2), sp[1] + 2
    youden = e + c - 1
    if youden <= 0:
        return 0.0, 1.0
    true = (p + c - 1) / youden
    v_e, v_c = e * (1 - e) / n_e, c * (1 - c) / n_c
    middle = true + 2 * z * z * (true * v_e - (1 - true) * v_c)
    spread = math.sqrt(p * (1 - p) / n + true**2 * v_e + (1 - true) ** 2 * v_c) / youden
    return (
        min(1.0, max(0.0, middle - z * spread)),
        min(1.0, max(0.0, middle + z * spread)),
    )
