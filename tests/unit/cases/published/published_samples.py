"""The rows in published formats that were written for the documentation."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from llmeval.cases.published import FORMATS, Picking, format_named, import_rows
from llmeval.cases.published.importing import Kind

__all__ = ["LABELLED", "SAMPLES", "broken", "rows_of"]

SAMPLES = Path(__file__).parents[4] / "docs" / "samples"
LABELLED = tuple(name for name in FORMATS if format_named(name).labelled)


def rows_of(
    name: str, path: Path | None = None, *, kind: Kind = "cases", **picking: Any
) -> list[dict[str, Any]]:
    """Import a format's sample, or another path."""
    found = import_rows(
        format_named(name), path or SAMPLES / name, kind=kind, picking=Picking(**picking)
    )
    return list(found.rows)


def broken(name: str, file: str, folder: Path, old: str, new: str) -> Path:
    """Copy a format's sample with one text of one file replaced, and return the copy's folder."""
    copy = folder / name
    shutil.copytree(SAMPLES / name, copy)
    text = (copy / file).read_text("utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), "utf-8")
    return copy
