"""Statistics that a release may hang on: estimates with intervals that hold at small samples.

Pure functions over arrays; nothing here draws random numbers, so equal input gives equal bytes.
The names below load on first use, so that importing this package loads neither numpy nor scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from llmeval.records import Estimate

if TYPE_CHECKING:
    from llmeval.stats.comparing import difference as difference
    from llmeval.stats.comparing import mcnemar as mcnemar
    from llmeval.stats.estimating import estimate as estimate
    from llmeval.stats.planning import more_samples_needed as more_samples_needed
    from llmeval.stats.planning import quantile_samples_needed as quantile_samples_needed
    from llmeval.stats.planning import samples_needed as samples_needed
    from llmeval.stats.quantiles import estimate_quantile as estimate_quantile

__all__ = [
    "Estimate",
    "difference",
    "estimate",
    "estimate_quantile",
    "mcnemar",
    "more_samples_needed",
    "quantile_samples_needed",
    "samples_needed",
]

_HOMES = {
    "difference": "comparing",
    "estimate": "estimating",
    "estimate_quantile": "quantiles",
    "mcnemar": "comparing",
    "more_samples_needed": "planning",
    "quantile_samples_needed": "planning",
    "samples_needed": "planning",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
