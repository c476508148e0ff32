"""The trace of a session. Its identifiers follow from the session's name, so that the workers of
pytest-xdist write into one trace without a word to each other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

__all__ = ["RunIds"]


@dataclass(frozen=True, slots=True)
class RunIds:
    """Identifiers of W3C Trace Context: 128 bits of a trace, 64 of its root span; neither is 0."""

    trace_id: int
    root_id: int

    @classmethod
    def of(cls, session: str) -> RunIds:
        """Return those of a session, whose name must be its own."""
        digest = hashlib.sha256(b"llmeval trace\0" + session.encode()).digest()
        trace, root = digest[:16], digest[16:24]
        return cls(int.from_bytes(trace, "big") or 1, int.from_bytes(root, "big") or 1)

    @property
    def trace(self) -> str:
        """The trace id as backends show it: 32 hexadecimal digits."""
        return f"{self.trace_id:032x}"
