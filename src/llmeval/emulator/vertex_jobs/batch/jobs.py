"""``batchPredictionJobs``: QUEUED, PENDING, RUNNING, then an end, over the stated time.

A job reads its lines from the emulated Cloud Storage and writes what came of them there, in another
order. It ends SUCCEEDED, also where single lines failed; PARTIALLY_SUCCEEDED where lines are
missing; FAILED where its input cannot be read or a fault says so; CANCELLED, with what was done
until then. A job called ``[[fault:failed_job]]`` or ``[[fault:slow_job]]`` does as its name says.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import re
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web

from llmeval.emulator.vertex_jobs.batch.files import Unreadable, read_batch, write_output
from llmeval.emulator.vertex_jobs.batch.lines import AnswerGenerate, AnswerPredict, Batch, is_gemini
from llmeval.emulator.vertex_jobs.filters import page
from llmeval.emulator.vertex_jobs.gcs.objects import NoObject, ObjectStore, StoreFull
from llmeval.emulator.vertex_jobs.settings import FORBIDDEN, JobSettings, marked
from llmeval.emulator.vertex_jobs.shelves import Resource, Shelf
from llmeval.emulator.vertex_jobs.wire import (
    PLACE,
    Operations,
    Refused,
    add,
    answer,
    body_of,
    name_of,
    parent_of,
    stamp,
    within,
)

__all__ = ["BatchJobs"]

_FIELDS: Final = ("display_name", "model", "state", "create_time", "update_time", "labels", "name")
_ENDS: Final = ("SUCCEEDED", "FAILED", "CANCELLED", "PARTIALLY_SUCCEEDED")
_COUNT_EVERY: Final = 0.05


class BatchJobs:
    """The jobs of one emulator, each of which is worked on by a task of its event loop."""

    def __init__(
        self,
        settings: JobSettings,
        store: ObjectStore,
        operations: Operations,
        *,
        answer_generate: AnswerGenerate,
        answer_predict: AnswerPredict,
    ) -> None:
        self._settings = settings
        self._store = store
        self._operations = operations
        self._generate = answer_generate
        self._predict = answer_predict
        self._jobs = Shelf("BatchPredictionJob")
        self._numbers = itertools.count(1)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def add_to(self, app: web.Application) -> None:
        """Route the collection, and end its work with the server."""
        path = PLACE + "/batchPredictionJobs"
        add(app, "POST", path, self.create)
        add(app, "GET", path, self.index)
        add(app, "GET", path + "/{job:[^/:]+}", self.get)
        add(app, "DELETE", path + "/{job:[^/:]+}", self.delete)
        add(app, "POST", path + "/{job:[^/:]+}:cancel", self.cancel)
        app.cleanup_ctx.append(self._lifetime)

    async def _lifetime(self, _: web.Application) -> AsyncIterator[None]:
        yield
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def create(self, http: web.Request) -> web.Response:
        """``POST …/batchPredictionJobs``."""
        body = await body_of(http)
        _check(body, http.match_info["project"])
        number = next(self._numbers)
        name = f"{name_of(http)}/{number}"
        now = stamp(time.time())
        born = {"state": "JOB_STATE_PENDING", "createTime": now, "updateTime": now}
        job = self._jobs.add(name, body | born)
        self._turn(job, "QUEUED")
        task = asyncio.create_task(self._run(job, number))
        self._tasks[name] = task
        task.add_done_callback(functools.partial(self._done, job))
        return answer(job)

    async def get(self, http: web.Request) -> web.Response:
        """``GET …/batchPredictionJobs/{job}``."""
        return answer(self._jobs.get(name_of(http)))

    async def index(self, http: web.Request) -> web.Response:
        """``GET …/batchPredictionJobs``: the newest first."""
        rows = self._jobs.under(parent_of(http))[::-1]
        return answer(page(rows, http.query, "batchPredictionJobs", _FIELDS))

    async def delete(self, http: web.Request) -> web.Response:
        """``DELETE …/batchPredictionJobs/{job}``: only one that has ended."""
        job = self._jobs.get(name_of(http))
        if not _ended(job):
            message = f"Cannot delete BatchPredictionJob in state {job['state']}: cancel it first."
            raise Refused("FAILED_PRECONDITION", message)
        self._jobs.drop(job["name"])
        return self._operations.finished(http)

    async def cancel(self, http: web.Request) -> web.Response:
        """``POST …:cancel``: stop it soon; nothing happens to one that has ended."""
        job = self._jobs.get(name_of(http))
        if task := self._tasks.get(job["name"]):
            self._turn(job, "CANCELLING")
            task.cancel()
        return answer({})

    def _turn(self, job: Resource, state: str, **changes: Any) -> None:
        now = stamp(time.time())
        job |= {"state": f"JOB_STATE_{state}", "updateTime": now, **changes}
        if state == "RUNNING":
            job["startTime"] = now
        if state in _ENDS:
            job["endTime"] = now

    async def _run(self, job: Resource, number: int) -> None:
        """Take a job from its creation to its end."""
        seconds = self._settings.seconds
        if self._befalls("slow_job", job, number):
            seconds *= self._settings.slow_factor
        batch = None
        try:
            await asyncio.sleep(0.1 * seconds)
            self._turn(job, "PENDING")
            await asyncio.sleep(0.15 * seconds)
            self._turn(job, "RUNNING")
            batch = read_batch(self._store, self._settings, job)
            if self._befalls("failed_job", job, number):
                raise Unreadable("Internal error encountered. Please try again.")
            await self._work(job, batch, 0.75 * seconds)
            self._finish(job, batch, "PARTIALLY_SUCCEEDED" if batch.missing else "SUCCEEDED")
        except Unreadable as error:
            self._turn(job, "FAILED", error={"code": 3, "message": str(error)})
        except asyncio.CancelledError:
            if batch is not None:
                self._finish(job, batch, "CANCELLED")
            else:
                self._turn(job, "CANCELLED")

    async def _work(self, job: Resource, batch: Batch, seconds: float) -> None:
        """Answer the lines, taking at least ``seconds``; count in the job how far it got."""
        gemini = is_gemini(batch.model, batch.lines)
        answering = batch.generate(self._generate) if gemini else batch.predict(self._predict)
        working = asyncio.gather(answering, asyncio.sleep(seconds))
        try:
            while not working.done():
                job["completionStats"] = _stats(batch)
                await asyncio.wait([working], timeout=_COUNT_EVERY)
            await working
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

    def _done(self, job: Resource, task: asyncio.Task[None]) -> None:
        """Let a job whose task broke say so."""
        del self._tasks[job["name"]]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            message = f"Internal error encountered: {type(error).__name__}: {error}"
            self._turn(job, "FAILED", error={"code": 13, "message": message})

    def _befalls(self, fault: str, job: Resource, number: int) -> bool:
        named = marked(str(job.get("displayName", "")), fault)
        return named or self._settings.draws(fault, number)

    def _finish(self, job: Resource, batch: Batch, state: str) -> None:
        """Write what there is of the output, and end the job."""
        failures = []
        if batch.missing:
            message = f"{batch.missing} of {len(batch.lines)} lines have no prediction."
            failures = [{"code": 13, "message": message}]
        try:
            written = write_output(self._store, batch, job, self._settings.seed)
        except (NoObject, StoreFull) as error:
            failure = {"code": 3, "message": f"Failed to export data. {error}"}
            self._turn(job, "FAILED", error=failure)
            return
        info = {"outputInfo": {"gcsOutputDirectory": written}}
        stats = {"completionStats": _stats(batch)}
        self._turn(job, state, **info, **stats, partialFailures=failures)


def _stats(batch: Batch) -> dict[str, str]:
    """Return ``completionStats``: 64-bit integers are text in Google's JSON."""
    return {
        "successfulCount": str(len(batch.answered)),
        "failedCount": str(len(batch.failed)),
        "incompleteCount": str(batch.left + batch.missing),
    }


def _ended(job: Resource) -> bool:
    return job["state"].removeprefix("JOB_STATE_") in _ENDS


def _check(body: dict[str, Any], project: str) -> None:
    """Refuse a job that the service would not create."""
    if project == FORBIDDEN:
        message = (
            "Permission 'aiplatform.batchPredictionJobs.create' denied on resource "
            f"'//aiplatform.googleapis.com/projects/{project}' (or it may not exist)."
        )
        raise Refused("PERMISSION_DENIED", message)
    source = within(body, "inputConfig", "gcsSource", "uris")
    target = within(body, "outputConfig", "gcsDestination", "outputUriPrefix")
    errors = [
        f"{number}.Field: batch_prediction_job.{field}; Message: {message}"
        for number, (field, good, message) in enumerate(
            (
                ("display_name", _text(body.get("displayName")), "Required field is not set."),
                ("model", _text(body.get("model")), "Required field is not set."),
                ("input_config.gcs_source.uris", _uris(source), "A gs:// URI is needed."),
                ("output_config.gcs_destination", _uris([target]), "A gs:// URI is needed."),
            ),
            1,
        )
        if not good
    ]
    if errors:
        raise Refused("INVALID_ARGUMENT", "List of found errors:\t" + "\t".join(errors) + "\t")


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _uris(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(uri, str) and re.match(r"gs://[^/]+", uri) for uri in value)
