"""What a run's batch jobs were and what they answered: kept in the run directory.

A job outlives the session that submitted it, and so does what is known of it here: ``--resume``
finds the job again, and reads its answers once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from llmeval.errors import RecordError
from llmeval.records import CallFailure, Response
from llmeval.store.codec import encode_text

__all__ = ["BatchJob", "BatchStore"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (ref TEXT PRIMARY KEY, job BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    ref TEXT, key TEXT, answered INTEGER NOT NULL, outcome BLOB NOT NULL, PRIMARY KEY (ref, key)
) WITHOUT ROWID;
"""
_MANY = 1000


class BatchJob(Struct, frozen=True):
    """One job. ``input`` and ``output`` are ``gs://`` addresses; ``requests`` counts its lines;
    ``name`` is ``None`` until it was submitted, ``read`` true once its answers are in the store.
    ``attempt`` counts the jobs that were submitted in its place, those that failed included;
    ``failed`` says that another has to be."""

    input: str
    output: str
    requests: int
    name: str | None = None
    read: bool = False
    attempt: int = 1
    failed: bool = False


class BatchStore:
    """One file of a run directory; survives ``kill -9`` after each call.

    Every method raises ``RecordError`` where the file cannot be used. Thread-safe for one caller at
    a time.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / "batch.sqlite"
        try:
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise self._unusable(error) from None

    def job(self, ref: str) -> BatchJob | None:
        """Return the newest job of a model."""
        row = self._fetch("SELECT job FROM jobs WHERE ref = ?", (ref,))
        return None if row is None else msgspec.json.decode(row[0], type=BatchJob)

    def remember(self, ref: str, job: BatchJob) -> None:
        """Take note of a model's job in place of an older one."""
        self._fetch("INSERT OR REPLACE INTO jobs VALUES (?, ?)", (ref, encode_text(job)))

    def put(self, ref: str, answers: Iterable[tuple[str, Response | CallFailure]]) -> int:
        """Store answers by their key in portions; return how many there were."""
        count, rows = 0, []
        for key, outcome in answers:
            rows.append((ref, key, isinstance(outcome, Response), encode_text(outcome)))
            count += 1
            if len(rows) >= _MANY:
                self._insert(rows)
                rows = []
        self._insert(rows)
        return count

    def get(self, ref: str, key: str) -> Response | CallFailure | None:
        """Return a stored answer."""
        sql = "SELECT answered, outcome FROM answers WHERE ref = ? AND key = ?"
        row = self._fetch(sql, (ref, key))
        if row is None:
            return None
        if row[0]:
            return msgspec.json.decode(row[1], type=Response)
        return msgspec.json.decode(row[1], type=CallFailure)

    def close(self) -> None:
        """Release the file. Safe to call twice."""
        self._db.close()

    def _insert(self, rows: list[tuple[str, str, bool, bytes]]) -> None:
        try:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _fetch(self, sql: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        try:
            row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        return row

    def _unusable(self, error: Exception) -> RecordError:
        return RecordError(f"cannot use {self.path} ({error}): is the disk full?")
