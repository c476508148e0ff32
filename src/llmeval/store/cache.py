"""Answers that were paid for once: SQLite in WAL mode, shared by runs and processes.

The key holds everything that can change an answer: endpoint, deployed version, messages, settings,
repetition. Timed suites never read it. An answer of an alias (a name that may come to mean another
model) is asked again once it is older than ``ttl`` seconds.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from llmeval.errors import RecordError
from llmeval.records import EndpointIdentity, Request, Response
from llmeval.store.codec import content_hash, encode_text

__all__ = ["ResponseCache", "cache_key"]

_BUSY_SECONDS = 5.0
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
            identity.details,
            request.messages,
            request.settings,
            request.repetition,
        ]
    )


class ResponseCache:
    """Stored answers of one file. Thread-safe; several processes may share the file.

    Every method raises ``RecordError`` where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._decoder = msgspec.json.Decoder(Response)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._db.close()
            raise self._unusable(error) from None

    def get(self, key: str, *, now: float, ttl: float | None) -> Response | None:
        """Return the stored answer, unless it is older than ``ttl`` seconds (``None``: for ever).

        An answer that another version of llmeval stored, and this one cannot read, is none.
        """
        row = self._execute("SELECT stored_at, response FROM answers WHERE key = ?", (key,))
        if row is None or (ttl is not None and now - row[0] > ttl):
            return None
        try:
            return self._decoder.decode(row[1])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def put(self, key: str, response: Response, *, now: float) -> None:
        """Store an answer; it survives ``kill -9`` when this returns."""
        raw = encode_text(response)
        self._execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, now, raw))

    def close(self) -> None:
        """Release the file. Safe to call twice."""
        with self._lock:
            self._db.close()

    def _prepare(self) -> None:
        """Set the file up. SQLite does not wait by itself where two switch it to WAL at once."""
        give_up = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.execute(_SCHEMA)
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                time.sleep(0.01)

    def _execute(self, sql: str, values: tuple[object, ...]) -> Any:
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> RecordError:
        return RecordError(
            f"cannot use the response cache {self.path} ({error}); delete it or give --no-cache"
        )
