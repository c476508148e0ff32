"""Imported rows on disk: JSON lines, and beside them where they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmeval.cases.published.importing import Imported
from llmeval.cases.published.published import Published
from llmeval.errors import UsageError

__all__ = ["row_line", "sidecar_path", "source_of", "write_rows"]


def row_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def sidecar_path(out: Path) -> Path:
    """Return where the origin of ``out`` is stated: ``cases.jsonl`` has ``cases.source.json``."""
    return out.with_name(f"{out.name.removesuffix('.jsonl')}.source.json")


def write_rows(
    published: Published, imported: Imported, out: Path, how: Mapping[str, Any], *, force: bool
) -> dict[str, Any]:
    """Write the rows to ``out`` and their origin beside it; return the origin.

    ``how`` is what was asked for (source, split, limit, seed …) and of which version. The files
    appear when all rows are good, and not at all otherwise. Raises ``UsageError`` where there is no
    row, or where ``out`` exists and ``force`` is not given; ``CaseError`` for bad rows.
    """
    if out.exists() and not force:
        raise UsageError(f"{out} exists; give another --out, or --force to replace it")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    try:
        digest, written = hashlib.sha256(), 0
        with part.open("wb") as file:
            for row in imported.rows:
                line = row_line(row)
                file.write(line)
                digest.update(line)
                written += 1
        if not written:
            raise UsageError(f"no row is what was asked for: {out} was not written")
        origin = source_of(published, imported, {**how, "rows": written})
        origin["sha256"] = digest.hexdigest()
        _replace_both(part, out, origin)
    finally:
        part.unlink(missing_ok=True)
    return origin


def _replace_both(part: Path, out: Path, origin: Mapping[str, Any]) -> None:
    text = json.dumps(origin, ensure_ascii=False, indent=2) + "\n"
    sidecar_path(out).write_text(text, encoding="utf-8")
    part.replace(out)


def source_of(published: Published, imported: Imported, how: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a reader needs to judge the rows: licence, home, files with their hashes."""
    return {
        "format": published.name,
        "title": published.title,
        "licence": published.licence,
        "home": published.home,
        "citation": published.citation,
        "files": [_file(path) for path in imported.files],
        "rows_read": imported.read,
        **how,
    }


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}
