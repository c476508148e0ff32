"""Statistics that a release may hang on: estimates with intervals that hold at small samples.

Pure functions over arrays. Nothing here draws random numbers but from a generator that is passed
in, so equal input gives equal bytes.
The names below load on first use, so that importing this package loads neither numpy nor scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from llmeval.records import Estimate

if TYPE_CHECKING:
    from llmeval.stats.agreeing import krippendorff_alpha as krippendorff_alpha
    from llmeval.stats.classifying import balanced_accuracy as balanced_accuracy
    from llmeval.stats.classifying import cohen_kappa as cohen_kappa
    from llmeval.stats.classifying import confusion as confusion
    from llmeval.stats.classifying import macro_f1 as macro_f1
    from llmeval.stats.comparing import Equivalence as Equivalence
    from llmeval.stats.comparing import difference as difference
    from llmeval.stats.comparing import holm as holm
    from llmeval.stats.comparing import mcnemar as mcnemar
    from llmeval.stats.comparing import p_value as p_value
    from llmeval.stats.comparing import within as within
    from llmeval.stats.correcting import correct as correct
    from llmeval.stats.correlating import correlation as correlation
    from llmeval.stats.disparities import disparity_gap as disparity_gap
    from llmeval.stats.disparities import disparity_ratio as disparity_ratio
    from llmeval.stats.disparities import group_rates as group_rates
    from llmeval.stats.estimating import estimate as estimate
    from llmeval.stats.ordering import BothOrders as BothOrders
    from llmeval.stats.ordering import both_orders as both_orders
    from llmeval.stats.overlapping import overlapping_difference as overlapping_difference
    from llmeval.stats.overlapping import overlapping_p_value as overlapping_p_value
    from llmeval.stats.planning import more_samples_needed as more_samples_needed
    from llmeval.stats.planning import quantile_samples_needed as quantile_samples_needed
    from llmeval.stats.planning import samples_needed as samples_needed
    from llmeval.stats.predicting import ppi_mean as ppi_mean
    from llmeval.stats.quantiles import estimate_quantile as estimate_quantile
    from llmeval.stats.ranking import auc as auc
    from llmeval.stats.repeating import pass_at_k as pass_at_k
    from llmeval.stats.repeating import pass_hat_k as pass_hat_k

__all__ = [
    "BothOrders",
    "Equivalence",
    "Estimate",
    "auc",
    "balanced_accuracy",
    "both_orders",
    "cohen_kappa",
    "confusion",
    "correct",
    "correlation",
    "difference",
    "disparity_gap",
    "disparity_ratio",
    "estimate",
    "estimate_quantile",
    "group_rates",
    "holm",
    "krippendorff_alpha",
    "macro_f1",
    "mcnemar",
    "more_samples_needed",
    "overlapping_difference",
    "overlapping_p_value",
    "p_value",
    "pass_at_k",
    "pass_hat_k",
    "ppi_mean",
    "quantile_samples_needed",
    "samples_needed",
    "within",
]

_HOMES = {
    "BothOrders": "ordering",
    "Equivalence": "comparing",
    "auc": "ranking",
    "balanced_accuracy": "classifying",
    "both_orders": "ordering",
    "cohen_kappa": "classifying",
    "confusion": "classifying",
    "correct": "correcting",
    "correlation": "correlating",
    "difference": "comparing",
    "disparity_gap": "disparities",
    "disparity_ratio": "disparities",
    "estimate": "estimating",
    "estimate_quantile": "quantiles",
    "group_rates": "disparities",
    "holm": "comparing",
    "krippendorff_alpha": "agreeing",
    "macro_f1": "classifying",
    "mcnemar": "comparing",
    "more_samples_needed": "planning",
    "overlapping_difference": "overlapping",
    "overlapping_p_value": "overlapping",
    "p_value": "comparing",
    "pass_at_k": "repeating",
    "pass_hat_k": "repeating",
    "ppi_mean": "predicting",
    "quantile_samples_needed": "planning",
    "samples_needed": "planning",
    "within": "comparing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
