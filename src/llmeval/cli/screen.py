"""What goes to the terminal. No text of a model, a case or a server can move the cursor."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["complain", "make_encodable", "note", "print_json", "say", "table"]


def make_encodable() -> None:
    """Let a terminal that cannot show a character show its escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str = "") -> None:
    """Print lines on stdout, each made harmless."""
    for line in text.split("\n"):
        print(harmless(line))


def note(text: str) -> None:
    """Print lines on stderr, each made harmless."""
    sys.stdout.flush()
    for line in text.split("\n"):
        print(harmless(line), file=sys.stderr)


def complain(text: str) -> None:
    """Print an error on stderr."""
    note(f"llmeval: error: {text}")


def harmless(line: str) -> str:
    """Return one line without anything that a terminal would obey or hide; spaces are kept."""
    if line.isascii() and line.isprintable():
        return line
    from llmeval.report.text import visible

    return visible(line.replace("\t", "    "))


def print_json(value: Any, *, indent: int = 2) -> None:
    """Print ``value`` as UTF-8 JSON, whatever the terminal's encoding; ``indent`` 0 is one line."""
    raw = to_json(value)
    if indent:
        import msgspec

        raw = msgspec.json.format(raw, indent=indent)
    sys.stdout.flush()
    out = getattr(sys.stdout, "buffer", None)
    if out is None:
        print(raw.decode())
        return
    out.write(raw + b"\n")
    out.flush()


def to_json(value: Any) -> bytes:
    """Return ``value`` as one line of JSON; lone surrogates become escapes, NaN becomes null."""
    import msgspec

    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        import json

        plain = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
        return plain.encode("ascii")


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Return rows as lines with aligned columns; the columns in ``right`` are right-aligned."""
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
