"""Where a batch comes from and goes to: its files in the emulated Cloud Storage."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from llmeval.emulator.vertex_jobs.batch.lines import Batch, in_another_order, is_gemini
from llmeval.emulator.vertex_jobs.gcs.objects import NoObject, ObjectStore, split_uri
from llmeval.emulator.vertex_jobs.settings import JobSettings
from llmeval.emulator.vertex_jobs.wire import stamp, within

__all__ = ["Unreadable", "read_batch", "write_output"]

_USUAL_SIZE = 64
"""Instances a call, where the job does not say."""


class Unreadable(Exception):
    """The input of a job cannot be had; the message is what the job's error says."""


def read_batch(store: ObjectStore, settings: JobSettings, job: dict[str, Any]) -> Batch:
    """Return a job's batch, its lines read. Raises ``Unreadable``."""
    uris = job["inputConfig"]["gcsSource"]["uris"]
    lines = [line for uri in uris for line in _lines(store, uri)]
    if not lines:
        raise Unreadable(f"Failed to import data. {', '.join(uris)} is empty.")
    if len(lines) > settings.lines:
        raise Unreadable(f"Failed to import data. More than {settings.lines} lines.")
    size = within(job, "manualBatchTuningParameters", "batchSize")
    size = size if isinstance(size, int) and size > 0 else _USUAL_SIZE
    return Batch(job["model"], lines, settings, job.get("modelParameters"), size)


def write_output(store: ObjectStore, batch: Batch, job: dict[str, Any], seed: int) -> str:
    """Write the files of a batch, and return the ``gs://`` address of their folder.

    Raises ``NoObject`` where the bucket is missing, ``StoreFull``.
    """
    uri = job["outputConfig"]["gcsDestination"]["outputUriPrefix"]
    bucket, prefix = split_uri(uri.rstrip("/"))
    gemini = is_gemini(batch.model, batch.lines)
    model = "model" if gemini else re.sub(r"[^\w-]", "_", batch.model.rpartition("/")[2])
    folder = f"{prefix}/prediction-{model}-{stamp(time.time())}".lstrip("/")
    for name, rows in _files(batch, gemini).items():
        shuffled = in_another_order(rows, f"{seed}:{job['name']}")
        store.put(bucket, f"{folder}/{name}", b"".join(row + b"\n" for row in shuffled))
    return f"gs://{bucket}/{folder}"


def _files(batch: Batch, gemini: bool) -> dict[str, Sequence[bytes]]:
    if gemini:
        return {"predictions.jsonl": batch.answered + batch.failed}
    half = (len(batch.answered) + 1) // 2
    return {
        "prediction.results-00000-of-00002": batch.answered[:half],
        "prediction.results-00001-of-00002": batch.answered[half:],
        "prediction.errors_stats-00000-of-00001": batch.failed,
    }


def _lines(store: ObjectStore, uri: str) -> list[bytes]:
    """Return the lines of an object, or of all whose names begin as ``gs://…*`` says."""
    bucket, pattern = split_uri(uri)
    try:
        names = store.names(bucket, pattern[:-1]) if pattern.endswith("*") else [pattern]
        raw = b"\n".join(store.get(bucket, name).data for name in names)
    except NoObject as error:
        raise Unreadable(f"Failed to import data. Not found: {uri}. {error}") from None
    return [line for line in raw.split(b"\n") if line.strip()]
