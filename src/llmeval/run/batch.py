"""``--batch``: the untimed samples of a plan are answered by batch jobs, ahead of the engine.

The engine then finds their answers in the run directory, and records them as it records all others.
What a job left unanswered, and what it answered with a passing trouble, is asked online.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from llmeval.config import Config
from llmeval.errors import ConfigError, InfrastructureError
from llmeval.ports import Endpoint
from llmeval.records import Attempt, EndpointIdentity, Observation, Request, SampleKey
from llmeval.run.plan import PlannedSample
from llmeval.run.solve import request_of
from llmeval.store import ResponseCache, cache_key, content_hash
from llmeval.store.batches import BatchJob, BatchStore

if TYPE_CHECKING:
    from llmeval.endpoints.vertex.batching import VertexBatch

__all__ = ["BatchRun", "BatchedEndpoint", "check_batch", "staging_of"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class BatchedEndpoint:
    """An ``Endpoint`` whose first answer to a request comes from a batch, where there is one.

    A batch's answer has no latency of its own. A second try of a request goes to the endpoint.
    """

    def __init__(self, ref: str, inner: Endpoint, store: BatchStore) -> None:
        self.inner = inner
        self._ref = ref
        self._store = store
        self._given: set[str] = set()

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers: the endpoint."""
        return self.inner.identity

    async def open(self) -> None:
        """See ``ports.Endpoint``."""
        await self.inner.open()

    async def close(self) -> None:
        """See ``ports.Endpoint``."""
        await self.inner.close()

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """See ``ports.Endpoint.send``."""
        key = cache_key(self.identity, request)
        if not request.stream and key not in self._given:
            outcome = self._store.get(self._ref, key)
            if outcome is not None:
                self._given.add(key)
                return Attempt(outcome, latency=0.0, batch=True)
        return await self.inner.send(request, timeout)


@dataclass
class BatchRun:
    """Answers a plan in batches. ``staging`` is a ``gs://`` address; ``recorded`` tells which
    samples need no answer any more; ``tell`` gets what is being waited for."""

    plan: Sequence[PlannedSample]
    endpoints: Mapping[str, BatchedEndpoint]
    store: BatchStore
    staging: str
    run_id: str
    settings: Mapping[str, Any]
    seed: int
    recorded: Callable[[SampleKey], Observation | None]
    tell: Callable[[str], None]
    cache: ResponseCache | None = None
    cache_ttl: float | None = None
    now: Callable[[], float] = field(default=lambda: 0.0)

    async def prepare(self) -> None:
        """Get every answer that batch jobs can give. The endpoints are open.

        Raises ``LlmevalError`` where a job cannot be submitted, or fails.
        """
        for ref, endpoint in self.endpoints.items():
            service = _service(ref, endpoint.inner)
            needed = self._needed(ref, endpoint.identity, service)
            for kind, requests in needed.items():
                await self._answered(ref, kind, requests, endpoint.identity, service)
        self.tell("")

    def _needed(
        self, ref: str, identity: EndpointIdentity, service: VertexBatch
    ) -> dict[str, list[Request]]:
        """Return the requests without an answer, by job."""
        found: dict[str, list[Request]] = {}
        for planned in self.plan:
            test = planned.test
            if planned.model != ref or test.declared.solver or test.declared.timed:
                continue
            if test.declared.stream or test.prompt is None or self.recorded(planned.key):
                continue
            messages = test.prompt.render(planned.case.inputs)
            request = request_of(planned, messages, self.settings, {}, self.seed)
            key = cache_key(identity, request)
            if self._has_answer(ref, key) or service.refusal(request):
                continue
            found.setdefault(service.kind(request), []).append(request)
        return found

    def _has_answer(self, ref: str, key: str) -> bool:
        if self.store.get(ref, key) is not None:
            return True
        known = self.cache.get(key, now=self.now(), ttl=self.cache_ttl) if self.cache else None
        return known is not None

    async def _answered(
        self,
        ref: str,
        kind: str,
        requests: list[Request],
        identity: EndpointIdentity,
        service: VertexBatch,
    ) -> None:
        slot = f"{ref}\0{kind}"
        job = self.store.job(slot)
        if job is not None and job.read:
            return  # what this job left open is asked online
        if job is None or job.failed:
            job = self._new_job(slot, len(requests), job.attempt + 1 if job else 1)
            self.store.remember(slot, job)
        name = self._display_name(slot, job.attempt)
        if job.name is None:
            # A session that was killed may have submitted it and not lived to take note.
            known = await asyncio.to_thread(service.jobs.find, name)
            if known is None:
                self.tell(f"batch: writing {len(requests):,} requests to {job.input}")
                known = await asyncio.to_thread(
                    service.submit, requests, job.input, job.output, name
                )
            job = msgspec.structs.replace(job, name=known)
            self.store.remember(slot, job)
        directory = await self._ended(ref, slot, job, service)
        keys = [cache_key(identity, request) for request in requests]
        await asyncio.to_thread(self._read, ref, service, directory, requests, keys)
        self.store.remember(slot, msgspec.structs.replace(job, read=True))

    async def _ended(self, ref: str, slot: str, job: BatchJob, service: VertexBatch) -> str:
        """Wait for a job's end; return where its output lies."""
        pause = _FIRST_PAUSE
        assert job.name is not None  # noqa: S101 - it was submitted
        while True:
            state = await asyncio.to_thread(service.poll, job.name)
            if state.done:
                break
            done = "" if state.completed is None else f", {state.completed:,} of {job.requests:,}"
            self.tell(f"batch job {job.name.rpartition('/')[2]}: {state.state}{done}")
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)
        if not state.succeeded or state.output_directory is None:
            self.store.remember(slot, msgspec.structs.replace(job, failed=True))
            raise InfrastructureError(
                f"{ref}: the batch job {job.name} ended as {state.state}"
                f"{f': {state.error}' if state.error else ''} (--resume submits it anew)"
            )
        return state.output_directory

    def _read(
        self,
        ref: str,
        service: VertexBatch,
        directory: str,
        requests: Sequence[Request],
        keys: Sequence[str],
    ) -> None:
        self.tell(f"batch: reading {directory}")
        answers = service.answers(directory, requests)
        self.store.put(ref, ((keys[i], said) for i, said in answers if said is not None))

    def _new_job(self, slot: str, count: int, attempt: int) -> BatchJob:
        folder = f"{self.staging.rstrip('/')}/{self.run_id}/{content_hash(slot)[:12]}-{attempt}"
        return BatchJob(f"{folder}/input.jsonl", f"{folder}/output", count, attempt=attempt)

    def _display_name(self, slot: str, attempt: int) -> str:
        return f"llmeval-{self.run_id}-{content_hash(slot)[:12]}-{attempt}"


def staging_of(config: Config) -> str | None:
    """Return the folder for a batch; the emulator brings a bucket of its own."""
    emulated = all(ref.startswith("vertex-emulator") for ref in config.model)
    return config.staging or ("gs://llmeval" if emulated else None)


def check_batch(config: Config, *, alone: bool) -> None:
    """Refuse what ``--batch`` does not go with. Raises ``ConfigError``."""
    if staging_of(config) is None:
        raise ConfigError(
            "--batch needs a folder in Cloud Storage for its requests and answers: "
            "--staging=gs://BUCKET/FOLDER, or staging in [tool.llmeval]"
        )
    if not alone:
        raise ConfigError("--batch does not go with pytest -n: a batch is one job, without -n")
    for name in ("max_calls", "budget"):
        if getattr(config, name) is not None:
            raise ConfigError(
                f"--batch does not go with --{name.replace('_', '-')}: what a job answers cannot "
                f"be stopped halfway; look at llmeval plan first"
            )


def _service(ref: str, endpoint: Endpoint) -> VertexBatch:
    make = getattr(endpoint, "batch", None)
    if make is None:
        raise ConfigError(f"--batch: {ref} is not on Vertex AI, which batch prediction needs")
    service: VertexBatch = make()
    return service
