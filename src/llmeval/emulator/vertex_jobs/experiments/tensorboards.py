"""As much of Tensorboard as ``aiplatform.init(experiment=…)`` and an experiment's runs ask for:
instances, experiments, runs, and time series of scalars that can be read back."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from functools import partial
from typing import Any, Final

from aiohttp import web

from llmeval.emulator.vertex_jobs.filters import page
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
)

__all__ = ["Tensorboards"]

_FIELDS: Final = ("name", "display_name", "create_time", "update_time", "is_default", "labels")
_BOARD: Final = PLACE + "/tensorboards/{board:[^/:]+}"
_EXPERIMENT: Final = _BOARD + "/experiments/{experiment:[^/:]+}"
_RUN: Final = _EXPERIMENT + "/runs/{run:[^/:]+}"
_LEVELS: Final = (
    (_BOARD + "/experiments", "tensorboardExperiments", "tensorboardExperimentId"),
    (_EXPERIMENT + "/runs", "tensorboardRuns", "tensorboardRunId"),
    (_RUN + "/timeSeries", "tensorboardTimeSeries", "tensorboardTimeSeriesId"),
)
"""Path of a collection, its key in a list's answer, and where a client names a new one."""


class Tensorboards:
    """The Tensorboards of one emulator."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._boards = Shelf("Tensorboard")
        self._rows = Shelf("Tensorboard resource", limit=100_000)
        self._points: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._numbers = itertools.count(1)

    def add_to(self, app: web.Application) -> None:
        """Route instances and the three levels below them."""
        boards = PLACE + "/tensorboards"
        add(app, "POST", boards, self.create_board)
        add(app, "GET", boards, self.list_boards)
        add(app, "GET", _BOARD, self.get_board)
        add(app, "DELETE", _BOARD, self.delete_board)
        add(app, "GET", _BOARD + ":batchRead", self.read)
        add(app, "POST", _RUN + ":write", self.write)
        for path, key, identifier in _LEVELS:
            add(app, "POST", path, partial(self.create, identifier))
            add(app, "GET", path, partial(self.index, path.rpartition("/")[2], key))
            add(app, "GET", path + "/{row:[^/:]+}", self.get)
            add(app, "DELETE", path + "/{row:[^/:]+}", self.delete)

    async def create_board(self, http: web.Request) -> web.Response:
        """``POST …/tensorboards``: an operation that is done at once."""
        name = f"{name_of(http)}/{next(self._numbers)}"
        board = self._boards.add(name, _born(await body_of(http)))
        return self._operations.finished(http, "Tensorboard", board)

    async def list_boards(self, http: web.Request) -> web.Response:
        """``GET …/tensorboards``."""
        rows = self._boards.under(parent_of(http))
        return answer(page(rows, http.query, "tensorboards", _FIELDS))

    async def get_board(self, http: web.Request) -> web.Response:
        """``GET …/tensorboards/{board}``."""
        return answer(self._boards.get(name_of(http)))

    async def delete_board(self, http: web.Request) -> web.Response:
        """``DELETE …/tensorboards/{board}``, with all that is in it."""
        board = self._boards.drop(name_of(http))
        for row in self._rows.under(board["name"]):
            self._rows.drop(row["name"])
        return self._operations.finished(http)

    async def create(self, identifier: str, http: web.Request) -> web.Response:
        """``POST`` of an experiment, a run or a time series into what holds it."""
        holder = parent_of(http)
        (self._boards if holder.count("/") == 5 else self._rows).get(holder)
        wanted = http.query.get(identifier) or str(next(self._numbers))
        return answer(self._rows.add(f"{name_of(http)}/{wanted}", _born(await body_of(http))))

    async def index(self, level: str, key: str, http: web.Request) -> web.Response:
        """``GET`` of a collection; ``-`` stands for every holder."""
        holder = parent_of(http)
        depth = holder.count("/") + 2
        rows = [
            row
            for row in self._rows.under(holder.partition("/-")[0])
            if row["name"].count("/") == depth and f"/{level}/" in row["name"]
        ]
        return answer(page(rows, http.query, key, _FIELDS))

    async def get(self, http: web.Request) -> web.Response:
        """``GET`` of an experiment, a run or a time series."""
        return answer(self._rows.get(name_of(http)))

    async def delete(self, http: web.Request) -> web.Response:
        """``DELETE`` of an experiment, a run or a time series, with all that is in it."""
        name = self._rows.drop(name_of(http))["name"]
        for row in self._rows.under(name):
            self._rows.drop(row["name"])
        return self._operations.finished(http)

    async def write(self, http: web.Request) -> web.Response:
        """``POST …/runs/{run}:write``: points of its time series."""
        run = self._rows.get(name_of(http))["name"]
        for series in (await body_of(http)).get("timeSeriesData", []):
            name = f"{run}/timeSeries/{series.get('tensorboardTimeSeriesId')}"
            self._points[self._rows.get(name)["name"]] += series.get("values", [])
        return answer({})

    async def read(self, http: web.Request) -> web.Response:
        """``GET …/tensorboards/{board}:batchRead?timeSeries=…&timeSeries=…``."""
        names = http.query.getall("timeSeries", [])
        if not names:
            raise Refused("INVALID_ARGUMENT", "time_series is required.")
        data = [
            {
                "tensorboardTimeSeriesId": name.rpartition("/")[2],
                "valueType": self._rows.get(name).get("valueType", "SCALAR"),
                "values": self._points[name],
            }
            for name in names
        ]
        return answer({"timeSeriesData": data})


def _born(body: Resource) -> Resource:
    now = stamp(time.time())
    return {**body, "createTime": now, "updateTime": now, "etag": "AMEw9yE="}
