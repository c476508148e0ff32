"""Calibration files: what was measured of one scorer, as it was used, on which data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from llmeval.calibration.measures import Measures
from llmeval.errors import GatesError, RecordError
from llmeval.records import Estimate, ScorerIdentity

__all__ = ["Calibration", "LabelledData", "load_calibrations", "write_calibration"]

FORMAT_VERSION = 1
_LARGEST = 4 << 20
_ROUNDING = 1e-9


class LabelledData(Struct, frozen=True):
    """The labelled file: its name, SHA-256 and rows, and the fields that hold the labels."""

    name: str
    sha256: str
    rows: int
    label_fields: list[str]


class Calibration(Struct, frozen=True, kw_only=True):
    """A calibration file; ``judges`` are the references of the models whose verdicts were
    measured, ``made_on`` the day (UTC). ``path`` and ``hash`` (SHA-256 of its bytes) are known of
    one that was read."""

    scorer: ScorerIdentity
    judges: list[str] = field(default_factory=list)
    data: LabelledData
    made_on: str
    llmeval: str
    measures: Measures
    format_version: int = FORMAT_VERSION
    path: str = ""
    hash: str = ""


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write, or replace, a calibration file at once. Raises ``RecordError``."""
    plain = msgspec.to_builtins(calibration)
    del plain["path"], plain["hash"]
    raw = msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"
    half = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(raw)
        half.replace(path)
    except OSError as error:
        raise RecordError(f"{path}: cannot be written: {error.strerror or error}") from None


def load_calibrations(place: Path) -> tuple[Calibration, ...]:
    """Read a calibration file, or all ``*.json`` of a folder in order of name.

    Raises ``GatesError`` for a place that is not there, or a file that is no calibration.
    """
    if place.is_dir():
        return tuple(_read(path) for path in sorted(place.glob("*.json")))
    if not place.exists():
        raise GatesError(
            f"{place}: there is no such calibration; `llmeval calibrate SCORER LABELLED.jsonl "
            f"--out {place}` makes one"
        )
    return (_read(place),)


def _read(path: Path) -> Calibration:
    try:
        if path.stat().st_size > _LARGEST:
            raise GatesError(f"{path}: larger than any calibration file: is it one?")
        raw = path.read_bytes()
    except OSError as error:
        raise GatesError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        found: Any = msgspec.json.decode(raw, type=Calibration)
    except (msgspec.DecodeError, RecursionError) as error:
        raise GatesError(
            f"{path}: not a calibration file ({error}); make it with `llmeval calibrate`"
        ) from None
    if found.format_version != FORMAT_VERSION:
        raise GatesError(
            f"{path}: format {found.format_version}, but this version reads {FORMAT_VERSION}: "
            f"make it again with `llmeval calibrate`"
        )
    if not all(map(_ordered, _rates_of(found.measures))):
        raise GatesError(
            f"{path}: not a calibration file (a rate must lie between its bounds, in 0 … 1); make "
            f"it with `llmeval calibrate`"
        )
    digest = hashlib.sha256(raw).hexdigest()
    checked: Calibration = msgspec.structs.replace(found, path=str(path), hash=digest)
    return checked


def _rates_of(measures: Measures) -> Iterator[Estimate]:
    for rates in (measures.rates, measures.scored_rates):
        if rates is not None:
            yield from (rates.sensitivity, rates.specificity)


def _ordered(rate: Estimate) -> bool:
    listed = (0.0, rate.low, rate.value, rate.high, 1.0)
    return all(b - a >= -_ROUNDING for a, b in pairwise(listed))
