"""How often a scorer is wrong: measured on labelled rows, kept in a file, used by gates.

The names below load on first use: importing this package loads neither numpy nor scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmeval.calibration.labelled import Labelled as Labelled
    from llmeval.calibration.labelled import Truth as Truth
    from llmeval.calibration.labelled import truth_of as truth_of
    from llmeval.calibration.measures import Measures as Measures
    from llmeval.calibration.measures import measure as measure
    from llmeval.calibration.written import Calibration as Calibration
    from llmeval.calibration.written import load_calibrations as load_calibrations
    from llmeval.calibration.written import write_calibration as write_calibration

_HOMES = {
    "Calibration": "written",
    "Labelled": "labelled",
    "Measures": "measures",
    "Truth": "labelled",
    "load_calibrations": "written",
    "measure": "measures",
    "truth_of": "labelled",
    "write_calibration": "written",
}

__all__ = [
    "Calibration",
    "Labelled",
    "Measures",
    "Truth",
    "load_calibrations",
    "measure",
    "truth_of",
    "write_calibration",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
