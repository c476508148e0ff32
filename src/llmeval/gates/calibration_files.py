"""What a gates file says of calibrations: ``calibrated = true`` and ``[calibration] file``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

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
    files = [named] if isinstance(named, str) else named
    places = [folder] * folder.is_dir() if files is None else [beside / file for file in files]
    return tuple(
        structs.replace(each, path=_told(Path(each.path), beside))
        for place in places
        for each in load_calibrations(place)
    )


def _told(path: Path, beside: Path) -> str:
    """A record names files as seen from the gates file: it is read on other machines."""
    whole, root = path.resolve(), beside.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(path)
