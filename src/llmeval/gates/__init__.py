"""Gates: what a release must hold to, and the decision on a record of observations.

The names below load on first use: importing this package loads neither numpy nor scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmeval.gates.deciding import decide as decide
    from llmeval.gates.declared import Gate as Gate
    from llmeval.gates.declared import GateSet as GateSet
    from llmeval.gates.declared import Waiver as Waiver
    from llmeval.gates.file import gates_hash as gates_hash
    from llmeval.gates.file import load_gates as load_gates
    from llmeval.gates.metric import Metric as Metric
    from llmeval.gates.metric import check_metrics as check_metrics
    from llmeval.gates.metric import parse_metric as parse_metric
    from llmeval.gates.summing import summarise as summarise

__all__ = [
    "Gate",
    "GateSet",
    "Metric",
    "Waiver",
    "check_metrics",
    "decide",
    "gates_hash",
    "load_gates",
    "parse_metric",
    "summarise",
]

_HOMES = {
    "Gate": "declared",
    "GateSet": "declared",
    "Metric": "metric",
    "Waiver": "declared",
    "check_metrics": "metric",
    "decide": "deciding",
    "gates_hash": "file",
    "load_gates": "file",
    "parse_metric": "metric",
    "summarise": "summing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
