"""What a gates file says of calibrations: ``calibrated = true`` and ``[calibration] file``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmeval.calibration import Calibration, load_calibrations
from llmeval.gates.declared import Gate
from llmeval.gates.metric import Metric

__all__ = ["calibrated_in", "files_problem", "read_calibrations"]


def calibrated_in(
    table: Mapping[str, Any], metric: Metric | None, condition: Sequence[str], wrong: list[str]
) -> bool:
    """Return what a gate's table says; what is wrong with it goes into ``wrong``."""
    value: Any = table.get("calibrated", False)
    if not isinstance(value, bool):
        wrong.append(f"calibrated = {value!r}, but must be true or false, without quotes")
        return False
    fits = metric is None or metric.statistic in ("pass_rate", "rate")
    if value and (not fits or "no_worse_than_baseline" in condition):
        wrong.append(
            "calibrated = true corrects pass_rate and rate against at_least or at_most; leave it "
            "out here"
        )
    return bool(value)


def files_problem(table: Any) -> list[str]:
    """Return what is wrong with the table ``[calibration]``, if anything."""
    files = table.get("file", "calibrations") if isinstance(table, dict) else None
    listed = files if isinstance(files, list) else [files]
    if (
        isinstance(table, dict)
        and set(table) <= {"file"}
        and all(isinstance(file, str) and file for file in listed)
    ):
        return []
    return ['[calibration] takes file = "calibrations/NAME.json", or a list of such']


def read_calibrations(
    document: Mapping[str, Any], beside: Path, folder: Path, gates: Sequence[Gate]
) -> tuple[Calibration, ...]:
    """Return the files that ``[calibration]`` names, relative to ``beside``, else all of
    ``folder``; none where no gate is calibrated.

    Raises ``GatesError`` for a named file that is missing, and any that is no calibration.
    """
    if not any(gate.calibrated for gate in gates):
        return ()
    named = document.get("calibration", {}).get("file")
    if named is None:
        return load_calibrations(folder) if folder.is_dir() else ()
    files = [named] if isinstance(named, str) else named
    return tuple(each for file in files for each in load_calibrations(beside / file))
