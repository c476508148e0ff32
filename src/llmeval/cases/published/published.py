"""What a published data set is: where it comes from, which files hold it, how a row is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Found", "Published", "Reader"]


@dataclass(frozen=True, slots=True)
class Found:
    """One row made of a published one, and where that stands (``line`` counts from 1).

    ``row`` has the keys of a case file, or of the input of ``llmeval score``. Rows of one ``unit``
    were written to be held against each other (four BBQ questions on one scene, a sentence and its
    opposite): a sample takes all of them or none.
    """

    row: dict[str, Any]
    path: Path
    line: int
    unit: str


Reader = Callable[[Sequence[Path]], Iterator[Found]]
"""Reads the files one after the other, one row in memory. Raises ``CaseError``."""


@dataclass(frozen=True, slots=True)
class Published:
    """A data set's format.

    ``files`` are patterns of file names, tried in order in a folder until one matches; what lies
    ``beside`` them under these names is read along. ``splits``
    maps a part's name to the tag and value that its rows bear. ``labelled`` gives answers that
    people have judged, for ``llmeval score`` and ``llmeval calibrate``, where the set holds any.
    """

    name: str
    title: str
    licence: str
    home: str
    citation: str
    files: tuple[str, ...]
    cases: Reader
    labelled: Reader | None = None
    splits: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
