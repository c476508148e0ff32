"""Batch prediction: many requests as one job, for half the price and without a quota of calls.

Requests go to Cloud Storage as JSON lines, a job answers them in hours rather than seconds, its
output is read back from Cloud Storage. A job outlives the process that submitted it: whoever knows
its name may poll it and read what it wrote. ``pairing`` finds the request of each line.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from llmeval.endpoints.text import decode_json, printable
from llmeval.endpoints.vertex.sdk import Sdk, open_sdk
from llmeval.endpoints.vertex.sdk_errors import in_plain_words
from llmeval.errors import InfrastructureError, UsageError

__all__ = ["BatchJobs", "JobState", "Machines"]

_DONE: Final = ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
_PIECE: Final = 1024 * 1024
_IN_MEMORY: Final = 8 * _PIECE
_OUTPUT: Final = re.compile(r"\.jsonl$|^prediction\.(results|errors_stats)-\d+-of-\d+$")


class JobState(Struct, frozen=True):
    """A batch job at one moment.

    ``state`` is Vertex AI's word without its prefix (``QUEUED``, ``RUNNING``, ``SUCCEEDED`` …),
    ``error`` its reason for failing. ``completed`` and ``failed`` count lines, ``None`` as long as
    the service does not say. ``output_directory`` (``gs://…``) holds what was written.
    """

    state: str
    done: bool
    error: str | None = None
    completed: int | None = None
    failed: int | None = None
    output_directory: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the job came to its end; single lines may have failed, or be missing."""
        return self.state in ("SUCCEEDED", "PARTIALLY_SUCCEEDED")


class Machines(Struct, frozen=True):
    """What a custom model's job runs on; Gemini models need none.

    ``batch_size`` is how many instances go to the container at once.
    """

    machine_type: str
    accelerator_type: str | None = None
    accelerator_count: int = 0
    starting_replicas: int = 1
    most_replicas: int = 1
    batch_size: int | None = None


class BatchJobs:
    """Batch jobs of one project and region. Everything blocks; one object serves one thread.

    ``timeout`` is seconds for one call, with its repetitions where it can be repeated. Every method
    raises ``UsageError`` where a name or a bucket is wrong, ``EndpointDown`` where nobody answers
    or knows us, else ``InfrastructureError``: each with what to do.
    """

    def __init__(
        self,
        project: str | None = None,
        location: str | None = None,
        api_endpoint: str | None = None,
        *,
        timeout: float = 60.0,
    ) -> None:
        self._sdk: Sdk = open_sdk("batch prediction", project, location, api_endpoint)
        self._timeout = timeout
        self._jobs = self._sdk.jobs()
        self._storage = self._sdk.storage()

    def write_input(self, lines: Iterable[bytes], uri: str) -> int:
        """Write ``lines``, each a JSON value, to ``gs://bucket/name``; return how many.

        Nothing is sent before all of them are there, so ``lines`` that fail half-way leave nothing
        behind. Until then what does not fit into a few megabytes waits on the disk.
        """
        bucket, name = _split(uri)
        count = 0
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            for line in lines:
                file.write(line if line.endswith(b"\n") else line + b"\n")
                count += 1
            with in_plain_words(f"cannot write {uri}", *self._where, bucket):
                self._storage.bucket(bucket).blob(name, chunk_size=_IN_MEMORY).upload_from_file(
                    file, rewind=True, content_type="application/jsonl", **self._stored()
                )
        return count

    def submit(
        self,
        model: str,
        input_uri: str,
        output_prefix: str,
        *,
        display_name: str,
        labels: Mapping[str, str] | None = None,
        machines: Machines | None = None,
        parameters: Mapping[str, Any] | None = None,
        service_account: str | None = None,
    ) -> str:
        """Start a job, and return its resource name.

        ``model`` is a Gemini model's name, a publisher's model, or a model of the registry by its
        id or full name; ``parameters`` go to a custom model with each call.
        """
        job: dict[str, Any] = {
            "display_name": display_name,
            "model": _model(model, self._sdk.place.parent),
            "input_config": {"instances_format": "jsonl", "gcs_source": {"uris": [input_uri]}},
            "output_config": {
                "predictions_format": "jsonl",
                "gcs_destination": {"output_uri_prefix": output_prefix},
            },
            "labels": dict(labels or {}),
            **_machines(machines),
        }
        if parameters is not None:
            job["model_parameters"] = dict(parameters)
        if service_account is not None:
            job["service_account"] = service_account
        with in_plain_words(f"cannot submit the batch job for {model}", *self._where):
            made = self._jobs.create_batch_prediction_job(
                parent=self._sdk.place.parent, batch_prediction_job=job, timeout=self._timeout
            )
        return str(made.name)

    def find(self, display_name: str) -> str | None:
        """Return the newest job of that display name, or ``None``: for a process that was stopped
        after it had submitted a job, and before it could keep the name."""
        quoted = re.sub(r'(["\\])', r"\\\1", display_name)
        request = {"parent": self._sdk.place.parent, "filter": f'display_name="{quoted}"'}
        with in_plain_words("cannot list the batch jobs", *self._where):
            found = list(self._jobs.list_batch_prediction_jobs(request=request, **self._patient()))
        newest = max(found, key=lambda job: job.create_time, default=None)
        return None if newest is None else str(newest.name)

    def poll(self, name: str) -> JobState:
        """Return how a job stands, whoever submitted it."""
        with in_plain_words(f"cannot look at the batch job {name}", *self._where):
            job = self._jobs.get_batch_prediction_job(name=name, **self._patient())
        state = job.state.name.removeprefix("JOB_STATE_")
        counted = "completion_stats" in job
        return JobState(
            state=state,
            done=state in _DONE,
            error=printable(job.error.message, limit=1000) if job.error.message else None,
            completed=int(job.completion_stats.successful_count) if counted else None,
            failed=int(job.completion_stats.failed_count) if counted else None,
            output_directory=job.output_info.gcs_output_directory or None,
        )

    def cancel(self, name: str) -> None:
        """Ask for a job's end, which comes soon after; nothing happens to one that has ended."""
        with in_plain_words(f"cannot cancel the batch job {name}", *self._where):
            self._jobs.cancel_batch_prediction_job(name=name, timeout=self._timeout)

    def read_output(self, directory: str) -> Iterator[dict[str, Any]]:
        """Yield the lines of every file that a job wrote to ``gs://bucket/directory``, answers and
        errors alike, in no particular order. Memory does not grow with them."""
        bucket, prefix = _split(directory.rstrip("/") + "/")
        with in_plain_words(f"cannot read {directory}", *self._where, bucket):
            blobs = self._storage.list_blobs(bucket, prefix=prefix, **self._stored())
            names = [blob.name for blob in blobs if _OUTPUT.search(posixpath.basename(blob.name))]
        if not names:
            raise UsageError(f"{directory} holds no output of a batch job")
        for name in names:
            for number, line in enumerate(self._lines(bucket, name), 1):
                yield _record(line, f"gs://{bucket}/{name}: line {number}")

    def _lines(self, bucket: str, name: str) -> Iterator[bytes]:
        """Yield the lines of an object that are not empty."""
        rest = b""
        blob = self._storage.bucket(bucket).blob(name)
        with blob.open("rb", chunk_size=_PIECE, **self._stored()) as file:
            while True:
                with in_plain_words(f"cannot read gs://{bucket}/{name}", *self._where, bucket):
                    piece = file.read(_PIECE)
                *whole, rest = (rest + piece).split(b"\n")
                yield from filter(None, map(bytes.strip, whole))
                if not piece:
                    break
        if rest.strip():
            yield rest

    def close(self) -> None:
        """Close all connections. Safe to call twice."""
        self._jobs.transport.close()
        self._storage.close()

    @property
    def _where(self) -> tuple[Any, str]:
        return self._sdk.place, self._sdk.api_endpoint

    def _patient(self) -> dict[str, Any]:
        """Say that a call which changes nothing is repeated while the service is unwell."""
        from google.api_core.retry import Retry

        return {"retry": Retry(timeout=self._timeout), "timeout": self._timeout}

    def _stored(self) -> dict[str, Any]:
        """Say the same of calls of Cloud Storage."""
        from google.cloud.storage.retry import DEFAULT_RETRY

        return {"retry": DEFAULT_RETRY.with_timeout(self._timeout), "timeout": self._timeout}


def _split(uri: str) -> tuple[str, str]:
    found = re.fullmatch(r"gs://([^/]+)/(.+)", uri)
    if found is None:
        raise UsageError(f"{uri!r} is not an address in Cloud Storage, such as gs://BUCKET/FOLDER")
    return found[1], found[2]


def _model(model: str, parent: str) -> str:
    """Return a model's name as the service wants it."""
    if model.startswith(("projects/", "publishers/")):
        return model
    if re.fullmatch(r"\d+(@[\w-]+)?|models/.+", model):
        return f"{parent}/models/{model.removeprefix('models/')}"
    return f"publishers/google/models/{model}"


def _machines(machines: Machines | None) -> dict[str, Any]:
    if machines is None:
        return {}
    spec: dict[str, Any] = {"machine_type": machines.machine_type}
    if machines.accelerator_type:
        spec["accelerator_type"] = machines.accelerator_type
        spec["accelerator_count"] = machines.accelerator_count or 1
    found: dict[str, Any] = {
        "dedicated_resources": {
            "machine_spec": spec,
            "starting_replica_count": machines.starting_replicas,
            "max_replica_count": machines.most_replicas,
        }
    }
    if machines.batch_size is not None:
        found["manual_batch_tuning_parameters"] = {"batch_size": machines.batch_size}
    return found


def _record(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = decode_json(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        shown = printable(line[:200].decode("utf-8", "replace"), limit=100)
        raise InfrastructureError(f"{where} is no JSON object, but {shown!r}: was it changed?")
    return value
