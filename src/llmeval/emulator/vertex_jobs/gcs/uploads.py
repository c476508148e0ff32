"""The wire formats of uploads and downloads: multipart bodies, pieces with ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

__all__ = ["Upload", "parts_of", "received", "span_of"]


@dataclass(slots=True)
class Upload:
    """A resumable upload that is under way: where it goes, and what has come so far."""

    bucket: str
    name: str
    fields: dict[str, Any]
    data: bytearray = field(default_factory=bytearray)


def received(upload: Upload, content_range: str | None, piece: bytes) -> bool:
    """Take ``piece`` in; tell whether the upload is complete with it.

    ``content_range`` is ``bytes 0-9/20``, ``bytes 0-9/*`` or, to ask how far it got,
    ``bytes */20``. What came before is not taken twice.
    """
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", content_range or "")
    if match is None:
        upload.data += piece
        return True
    if match[1] is not None and int(match[1]) <= len(upload.data):
        upload.data[int(match[1]) :] = piece
    return match[2] != "*" and len(upload.data) >= int(match[2])


def parts_of(content_type: str, raw: bytes) -> tuple[dict[str, Any], bytes] | None:
    """Return metadata and data of a ``multipart/related`` body, or ``None`` where it is none."""
    found = re.search(r"boundary=(\"?)([^\";]+)\1", content_type)
    if found is None:
        return None
    mark = b"--" + found[2].encode()
    pieces = raw.split(mark)
    if len(pieces) < 4:
        return None
    # The data may hold the mark itself: only the first piece and the last mark are certain.
    described = pieces[1].partition(b"\r\n\r\n")[2].strip()
    header, _, data = mark.join(pieces[2:-1]).partition(b"\r\n\r\n")
    try:
        fields = msgspec.json.decode(described)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    kind = re.search(rb"content-type:\s*([^\r\n]+)", header, re.IGNORECASE)
    if kind is not None:
        fields.setdefault("contentType", kind[1].decode("latin-1").strip())
    return fields, data.removesuffix(b"\r\n")


def span_of(header: str | None, size: int) -> tuple[int, int] | None:
    """Return (first, end) of the bytes that a ``Range`` header asks for, ``None`` for none."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if match is None or not (match[1] or match[2]):
        return 0, size
    if not match[1]:
        return max(0, size - int(match[2])), size
    first = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    return (first, end) if first < size else None
