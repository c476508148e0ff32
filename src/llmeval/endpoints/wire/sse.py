"""Server-sent events as they come off the wire: bytes in any pieces in, payloads out.

Follows the WHATWG HTML standard, section 9.2.6 (event stream interpretation), except that an
event which the end of the stream leaves without its blank line is still given out.
"""

from __future__ import annotations

__all__ = ["EventParser"]


class EventParser:
    """Splits an event stream. What it gives out does not depend on where the pieces were cut."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._data: list[bytes] = []
        self._after_cr = False
        self._first_line = True

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the data of each event that ``chunk`` completes, in order."""
        if not chunk:
            return []
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        if b"\n" not in chunk and b"\r" not in chunk:
            self._pieces.append(chunk)
            return []
        lines = b"".join((*self._pieces, chunk)).splitlines()
        self._pieces = [] if chunk.endswith((b"\n", b"\r")) else [lines.pop()]
        return self._events(lines)

    def close(self) -> list[bytes]:
        """Return what the end of the stream leaves: at most one event."""
        rest, self._pieces = b"".join(self._pieces), []
        return self._events([rest, b""])

    def _events(self, lines: list[bytes]) -> list[bytes]:
        events = []
        if self._first_line and lines:
            lines[0], self._first_line = lines[0].removeprefix(b"\xef\xbb\xbf"), False
        for line in lines:
            if line.startswith(b"data:"):
                value = line[5:]
                self._data.append(value[1:] if value.startswith(b" ") else value)
            elif line == b"data":
                self._data.append(b"")
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data = []
        return events
