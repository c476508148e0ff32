"""Who made what of what: events between executions and artifacts, and the graphs they make."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web

from llmeval.emulator.vertex_jobs.experiments.metadata import STORE, Metadata
from llmeval.emulator.vertex_jobs.wire import Refused, add, answer, body_of, name_of, stamp

__all__ = ["Lineage"]

_TYPES: Final = ("TYPE_UNSPECIFIED", "INPUT", "OUTPUT")
_LARGEST_GRAPH: Final = 1000

Event = dict[str, Any]


class Lineage:
    """The events of one emulator's metadata stores."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._events: list[Event] = []

    def add_to(self, app: web.Application) -> None:
        """Route what adds events and what asks for graphs."""
        execution = STORE + "/executions/{node:[^/:]+}"
        add(app, "POST", execution + ":addExecutionEvents", self.add_events)
        add(app, "GET", execution + ":queryExecutionInputsAndOutputs", self.of_execution)
        context = STORE + "/contexts/{node:[^/:]+}"
        add(app, "GET", context + ":queryContextLineageSubgraph", self.of_context)
        artifact = STORE + "/artifacts/{node:[^/:]+}"
        add(app, "GET", artifact + ":queryArtifactLineageSubgraph", self.of_artifact)

    async def add_events(self, http: web.Request) -> web.Response:
        """``POST …:addExecutionEvents``: what the execution read and wrote."""
        execution = self._metadata.shelves["executions"].get(name_of(http))["name"]
        for event in (await body_of(http)).get("events", []):
            artifact = self._metadata.shelves["artifacts"].get(str(event.get("artifact")))["name"]
            kind = event.get("type")
            if isinstance(kind, int) and 0 <= kind < len(_TYPES):
                kind = _TYPES[kind]
            if kind not in _TYPES[1:]:
                raise Refused("INVALID_ARGUMENT", "An event is INPUT or OUTPUT.")
            born = {"execution": execution, "artifact": artifact, "type": kind}
            labels = event.get("labels", {})
            self._events.append({**born, "labels": labels, "eventTime": stamp(time.time())})
        return answer({})

    async def of_execution(self, http: web.Request) -> web.Response:
        """``GET …:queryExecutionInputsAndOutputs``."""
        name = self._metadata.shelves["executions"].get(name_of(http))["name"]
        events = [event for event in self._events if event["execution"] == name]
        return answer(self._graph({name}, {event["artifact"] for event in events}, events))

    async def of_context(self, http: web.Request) -> web.Response:
        """``GET …:queryContextLineageSubgraph``: what the context holds, and events among it."""
        name = self._metadata.shelves["contexts"].get(name_of(http))["name"]
        members = self._metadata.inside[name]
        events = [e for e in self._events if e["execution"] in members or e["artifact"] in members]
        executions = {m for m in members if "/executions/" in m}
        return answer(self._graph(executions, members - executions, events))

    async def of_artifact(self, http: web.Request) -> web.Response:
        """``GET …:queryArtifactLineageSubgraph?maxHops=``: all that hangs together with it."""
        start = self._metadata.shelves["artifacts"].get(name_of(http))["name"]
        hops = int(http.query.get("maxHops") or _LARGEST_GRAPH)
        artifacts: set[str] = {start}
        executions: set[str] = set()
        for _ in range(hops):
            near = [
                e
                for e in self._events
                if e["artifact"] in artifacts or e["execution"] in executions
            ]
            wider = artifacts | {e["artifact"] for e in near}
            reached = executions | {e["execution"] for e in near}
            if wider == artifacts and reached == executions:
                break
            artifacts, executions = wider, reached
        events = [
            e for e in self._events if e["artifact"] in artifacts and e["execution"] in executions
        ]
        return answer(self._graph(executions, artifacts, events))

    def _graph(
        self, executions: Iterable[str], artifacts: Iterable[str], events: list[Event]
    ) -> dict[str, Any]:
        shelves = self._metadata.shelves
        graph = {
            "artifacts": [
                found for n in sorted(artifacts) if (found := shelves["artifacts"].find(n))
            ],
            "executions": [
                found for n in sorted(executions) if (found := shelves["executions"].find(n))
            ],
            "events": events,
        }
        if any(len(part) > _LARGEST_GRAPH for part in graph.values()):
            raise Refused("FAILED_PRECONDITION", f"The graph has more than {_LARGEST_GRAPH} nodes.")
        return graph
