"""Answers that were paid for once: SQLite in WAL mode, shared by runs and processes.

The key holds everything that can change an answer: endpoint, deployed version, messages, settings,
repetition. Timed suites never read it. An answer of an alias (a name that may come to mean another
model) is asked again once it is older than ``ttl`` seconds.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import msgspec

from llmeval.errors import RecordError
from llmeval.records import EndpointIdentity, Request, Response
from llmeval.store.codec import content_hash

__all__ = ["ResponseCache", "cache_key"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, stored_at REAL NOT NULL, response BLOB NOT NULL
) WITHOUT ROWID
"""


def cache_key(identity: EndpointIdentity, request: Request) -> str:
    """Return the key of one draw: equal keys may share an answer, whoever asks.

    ``Request.seed`` is the run's and is no part of it: it is not sent to a server.
    """
    return content_hash(
        [
            identity.kind,
            identity.ref,
            identity.name,
            identity.version,
            request.messages,
            request.settings,
            request.repetition,
        ]
    )


class ResponseCache:
    """Used from one thread at a time. ``ttl`` is seconds, ``None`` for ever."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._decoder = msgspec.json.Decoder(Response)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=5.0
            )
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise RecordError(
                f"cannot use the response cache {path} ({error}); delete it or give --no-cache"
            ) from None

    def get(self, key: str, *, now: float, ttl: float | None) -> Response | None:
        """Return the stored answer, unless it is older than ``ttl`` seconds."""
        with self._lock:
            row = self._db.execute(
                "SELECT stored_at, response FROM answers WHERE key = ?", (key,)
            ).fetchone()
        if row is None or (ttl is not None and now - row[0] > ttl):
            return None
        return self._decoder.decode(row[1])

    def put(self, key: str, response: Response, *, now: float) -> None:
        """Store an answer; it survives ``kill -9`` when this returns."""
        raw = msgspec.json.encode(response)
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, now, raw))

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()
