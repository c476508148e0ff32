"""``pipelineJobs``: accepted, run on the clock, with one detail a task; nothing is executed.

A job called ``[[fault:failed_job]]`` (in its display name) fails at its last task, and others at
the stated rate. Creating one under an id that is taken is refused. Each job has its contexts in
the metadata store, so that it can be put into an experiment.
"""

from __future__ import annotations

import itertools
import time
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from aiohttp import web

from llmeval.emulator.vertex_jobs.experiments.metadata import Metadata
from llmeval.emulator.vertex_jobs.filters import page
from llmeval.emulator.vertex_jobs.settings import JobSettings, marked
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

__all__ = ["PipelineJobs"]

_FIELDS: Final = (
    "display_name",
    "state",
    "create_time",
    "update_time",
    "end_time",
    "labels",
    "name",
    "pipeline_name",
    "template_uri",
    "schedule_name",
)


class PipelineJobs:
    """The pipeline jobs of one emulator; their state follows from the time that has passed."""

    def __init__(self, settings: JobSettings, operations: Operations, metadata: Metadata) -> None:
        self._settings = settings
        self._operations = operations
        self._metadata = metadata
        self._jobs = Shelf("PipelineJob")
        self._begun: dict[str, float] = {}
        self._numbers = itertools.count(1)

    def add_to(self, app: web.Application) -> None:
        """Route the collection."""
        path = PLACE + "/pipelineJobs"
        add(app, "POST", path, self.create)
        add(app, "GET", path, self.index)
        add(app, "GET", path + "/{job:[^/:]+}", self.get)
        add(app, "DELETE", path + "/{job:[^/:]+}", self.delete)
        add(app, "POST", path + "/{job:[^/:]+}:cancel", self.cancel)

    async def create(self, http: web.Request) -> web.Response:
        """``POST …/pipelineJobs?pipelineJobId=``."""
        body = await body_of(http)
        if not body.get("pipelineSpec") and not body.get("templateUri"):
            raise Refused("INVALID_ARGUMENT", "PipelineJob needs a pipeline_spec.")
        number = next(self._numbers)
        name = f"{name_of(http)}/{http.query.get('pipelineJobId') or f'job-{number}'}"
        now = time.time()
        job = self._jobs.add(name, {**body, "createTime": stamp(now)})
        job["jobDetail"] = self._metadata.pipeline_run(name, _pipeline(job), _inputs(job))
        self._begun[name] = now
        job["_fails"] = self._befalls("failed_job", job, number)
        job["_slow"] = self._befalls("slow_job", job, number)
        return answer(self._now(job))

    async def get(self, http: web.Request) -> web.Response:
        """``GET …/pipelineJobs/{job}``."""
        return answer(self._now(self._jobs.get(name_of(http))))

    async def index(self, http: web.Request) -> web.Response:
        """``GET …/pipelineJobs``: the newest first."""
        rows = [self._now(job) for job in self._jobs.under(parent_of(http))[::-1]]
        return answer(page(rows, http.query, "pipelineJobs", _FIELDS))

    async def delete(self, http: web.Request) -> web.Response:
        """``DELETE …/pipelineJobs/{job}``."""
        self._begun.pop(self._jobs.drop(name_of(http))["name"])
        return self._operations.finished(http)

    async def cancel(self, http: web.Request) -> web.Response:
        """``POST …:cancel``: nothing happens to one that has ended."""
        job = self._jobs.get(name_of(http))
        if self._now(job)["state"] in ("PIPELINE_STATE_PENDING", "PIPELINE_STATE_RUNNING"):
            job["_cancelled"] = time.time()
        return answer({})

    def _befalls(self, fault: str, job: Resource, number: int) -> bool:
        named = marked(str(job.get("displayName", "")), fault)
        return named or self._settings.draws(fault, number)

    def _now(self, job: Resource) -> dict[str, Any]:
        """Return a job as it stands at this moment."""
        seconds = self._settings.seconds * (self._settings.slow_factor if job["_slow"] else 1)
        begun = self._begun[job["name"]]
        end = job.get("_cancelled", begun + seconds)
        now = min(time.time(), end)
        shown = {key: value for key, value in job.items() if not key.startswith("_")}
        shown["updateTime"] = stamp(now)
        if now < end:
            waiting = now - begun < 0.2 * seconds
            shown["state"] = f"PIPELINE_STATE_{'PENDING' if waiting else 'RUNNING'}"
            return shown
        state = "CANCELLED" if "_cancelled" in job else "FAILED" if job["_fails"] else "SUCCEEDED"
        self._metadata.pipeline_ended(job["name"], state)
        return shown | _ended(job, state, begun, end)


def _ended(job: Resource, state: str, begun: float, end: float) -> dict[str, Any]:
    names = _tasks(job)
    bad = names[-1:] if state != "SUCCEEDED" else []
    details = [
        {
            "taskId": str(number),
            "taskName": name,
            "state": state if name in bad else "SUCCEEDED",
            "startTime": stamp(begun),
            "endTime": stamp(end),
        }
        for number, name in enumerate(names, 1)
    ]
    told: dict[str, Any] = {
        "state": f"PIPELINE_STATE_{state}",
        "startTime": stamp(begun),
        "endTime": stamp(end),
        "jobDetail": {**job["jobDetail"], "taskDetails": details},
    }
    if state == "FAILED":
        message = (
            f"The DAG failed because some tasks failed. The failed tasks are: [{', '.join(bad)}]."
        )
        told["error"] = {"code": 9, "message": message}
    return told


def _tasks(job: Resource) -> list[str]:
    """Return the names of the tasks, each after those that it waits for."""
    tasks = within(job, "pipelineSpec", "root", "dag", "tasks")
    if not isinstance(tasks, dict):
        return []
    after = {name: within(tasks[name], "dependentTasks") or [] for name in sorted(tasks)}
    try:
        return list(TopologicalSorter(after).static_order())
    except CycleError:
        return list(after)


def _pipeline(job: Resource) -> str:
    return str(within(job, "pipelineSpec", "pipelineInfo", "name") or "pipeline")


def _inputs(job: Resource) -> dict[str, Any]:
    """Return the parameters of a run."""
    given = within(job, "runtimeConfig", "parameterValues")
    return given if isinstance(given, dict) else {}
