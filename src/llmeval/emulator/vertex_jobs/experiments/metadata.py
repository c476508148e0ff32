"""The metadata store behind Vertex Experiments: contexts, executions, artifacts and their lineage.

An experiment is a context of schema ``system.Experiment``, each of its runs a child context whose
metadata hold parameters, metrics and state. Etags are held: a write on a stale one is ABORTED.
"""

from __future__ import annotations

import itertools
import re
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
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

__all__ = ["STORE", "Kind", "Metadata"]

STORE: Final = PLACE + "/metadataStores/{store:[^/:]+}"
_LARGEST_METADATA: Final = 200_000
_MOST_PARENTS: Final = 10
_FIELDS: Final = (
    "name",
    "display_name",
    "schema_title",
    "schema_version",
    "create_time",
    "update_time",
    "parent_contexts",
    "metadata",
    "state",
    "uri",
    "labels",
)
_OURS: Final = ("name", "etag", "createTime", "updateTime", "parentContexts")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of node: its collection, its word in the API, its states by their numbers."""

    plural: str
    noun: str
    states: tuple[str, ...] = ()


CONTEXTS: Final = Kind("contexts", "Context")
EXECUTIONS: Final = Kind(
    "executions",
    "Execution",
    ("STATE_UNSPECIFIED", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELLED"),
)
ARTIFACTS: Final = Kind("artifacts", "Artifact", ("STATE_UNSPECIFIED", "PENDING", "LIVE"))
KINDS: Final = (CONTEXTS, EXECUTIONS, ARTIFACTS)


class Metadata:
    """All metadata stores of one emulator. ``shelves`` holds the nodes by their collection,
    ``inside`` the executions and artifacts of each context."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._stores = Shelf("MetadataStore")
        self.shelves = {kind.plural: Shelf(kind.noun) for kind in KINDS}
        self.inside: defaultdict[str, set[str]] = defaultdict(set)
        self._etags = itertools.count(int(time.time() * 1000))

    def add_to(self, app: web.Application) -> None:
        """Route stores and nodes."""
        stores = PLACE + "/metadataStores"
        add(app, "POST", stores, self.create_store)
        add(app, "GET", STORE, self.get_store)
        for kind in KINDS:
            nodes = f"{STORE}/{kind.plural}"
            node = nodes + "/{node:[^/:]+}"
            add(app, "POST", nodes, partial(self.create, kind))
            add(app, "GET", nodes, partial(self.index, kind))
            add(app, "GET", node, partial(self.get, kind))
            add(app, "PATCH", node, partial(self.update, kind))
            add(app, "DELETE", node, partial(self.delete, kind))
        context = STORE + "/contexts/{node:[^/:]+}"
        add(app, "POST", context + ":addContextChildren", self.add_children)
        add(app, "POST", context + ":removeContextChildren", self.remove_children)
        add(app, "POST", context + ":addContextArtifactsAndExecutions", self.put_inside)

    async def create_store(self, http: web.Request) -> web.Response:
        """``POST …/metadataStores?metadataStoreId=``: an operation that is done at once."""
        identifier = http.query.get("metadataStoreId") or str(uuid.uuid4())
        store = self._new_store(f"{name_of(http)}/{identifier}")
        return self._operations.finished(http, "MetadataStore", store)

    def _new_store(self, name: str) -> Resource:
        now = stamp(time.time())
        return self._stores.add(name, {"createTime": now, "updateTime": now, "state": {}})

    async def get_store(self, http: web.Request) -> web.Response:
        """``GET …/metadataStores/{store}``."""
        return answer(self._stores.get(name_of(http)))

    async def create(self, kind: Kind, http: web.Request) -> web.Response:
        """``POST …/{contexts|executions|artifacts}?contextId=``."""
        self._stores.get(parent_of(http))
        wanted = http.query.get(f"{kind.noun.lower()}Id") or str(uuid.uuid4())
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{3,127}", wanted):
            rule = "4-128 characters, of which /[a-z][0-9]-/ are valid"
            raise Refused("INVALID_ARGUMENT", f"Invalid {kind.noun} id {wanted!r}: {rule}.")
        return answer(self.new_node(kind, f"{name_of(http)}/{wanted}", await body_of(http)))

    def new_node(self, kind: Kind, name: str, body: Resource) -> Resource:
        """Make a node. Raises ``Refused``."""
        now = stamp(time.time())
        fields = _checked(kind, {key: body[key] for key in body if key not in _OURS})
        node = {**fields, "etag": str(next(self._etags)), "createTime": now, "updateTime": now}
        return self.shelves[kind.plural].add(name, node)

    async def get(self, kind: Kind, http: web.Request) -> web.Response:
        """``GET …/{kind}/{node}``."""
        return answer(self.shelves[kind.plural].get(name_of(http)))

    async def index(self, kind: Kind, http: web.Request) -> web.Response:
        """``GET …/{kind}``: by a filter, which may ask ``in_context("…")``."""
        rows = self.shelves[kind.plural].under(parent_of(http))
        functions = {"in_context": lambda row, context: row["name"] in self.inside[context]}
        return answer(page(rows, http.query, kind.plural, _FIELDS, functions))

    async def update(self, kind: Kind, http: web.Request) -> web.Response:
        """``PATCH …/{kind}/{node}``: the fields of the mask, without one all that a user sets."""
        shelf = self.shelves[kind.plural]
        node, body = shelf.get(name_of(http)), await body_of(http)
        if body.get("etag") not in (None, "", node["etag"]):
            message = (
                f"Specified {kind.noun} `etag`: `{body['etag']}` does not match server `etag`: "
                f"`{node['etag']}`"
            )
            raise Refused("ABORTED", message)
        mask = [_camel(word) for word in http.query.get("updateMask", "").split(",") if word]
        fields = {k: v for k, v in body.items() if k not in _OURS and (not mask or k in mask)}
        fresh = {**node, **_checked(kind, fields)}
        fresh |= {"etag": str(next(self._etags)), "updateTime": stamp(time.time())}
        return answer(shelf.replace(node["name"], fresh))

    async def delete(self, kind: Kind, http: web.Request) -> web.Response:
        """``DELETE …/{kind}/{node}``: an operation that is done at once."""
        name = self.shelves[kind.plural].drop(name_of(http))["name"]
        self.inside.pop(name, None)
        for members in self.inside.values():
            members.discard(name)
        return self._operations.finished(http)

    async def add_children(self, http: web.Request) -> web.Response:
        """``POST …/contexts/{node}:addContextChildren``."""
        parent = self.shelves["contexts"].get(name_of(http))["name"]
        for name in (await body_of(http)).get("childContexts", []):
            self._adopt(parent, str(name))
        return answer({})

    def _adopt(self, parent: str, name: str) -> None:
        child = self.shelves["contexts"].get(name)
        parents = child.setdefault("parentContexts", [])
        if parent in self._ancestors(parent) or name in (parent, *self._ancestors(parent)):
            raise Refused("INVALID_ARGUMENT", f"{name} would be its own ancestor.")
        if len(parents) >= _MOST_PARENTS and parent not in parents:
            raise Refused("FAILED_PRECONDITION", f"{name} has {_MOST_PARENTS} parents already.")
        if parent not in parents:
            parents.append(parent)

    def _ancestors(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            context = self.shelves["contexts"].find(waiting.pop()) or {}
            fresh = [p for p in context.get("parentContexts", []) if p not in found]
            found.update(fresh)
            waiting += fresh
        return found

    async def remove_children(self, http: web.Request) -> web.Response:
        """``POST …/contexts/{node}:removeContextChildren``."""
        for name in (await body_of(http)).get("childContexts", []):
            child = self.shelves["contexts"].get(str(name))
            parents = child.get("parentContexts", [])
            child["parentContexts"] = [parent for parent in parents if parent != name_of(http)]
        return answer({})

    async def put_inside(self, http: web.Request) -> web.Response:
        """``POST …/contexts/{node}:addContextArtifactsAndExecutions``."""
        context = self.shelves["contexts"].get(name_of(http))["name"]
        body = await body_of(http)
        for plural in ("artifacts", "executions"):
            for name in body.get(plural, []):
                self.inside[context].add(self.shelves[plural].get(str(name))["name"])
        return answer({})

    def pipeline_run(self, job: str, pipeline: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Make the contexts of a pipeline job and its ``system.Run``; return its ``jobDetail``."""
        place, _, identifier = job.rpartition("/pipelineJobs/")
        store = f"{place}/metadataStores/default"
        if self._stores.find(store) is None:
            self._new_store(store)
        whole = f"{store}/contexts/{pipeline}"
        context = self.shelves["contexts"].find(whole) or self.new_node(
            CONTEXTS, whole, {"displayName": pipeline, "schemaTitle": "system.Pipeline"}
        )
        described = {"displayName": identifier, "schemaTitle": "system.PipelineRun"}
        run = self.new_node(CONTEXTS, f"{store}/contexts/{identifier}", described)
        run["parentContexts"] = [whole]
        execution = self.new_node(
            EXECUTIONS,
            f"{store}/executions/{identifier}",
            {
                "displayName": identifier,
                "schemaTitle": "system.Run",
                "state": "RUNNING",
                "metadata": {f"input:{name}": value for name, value in inputs.items()},
            },
        )
        self.inside[run["name"]].add(execution["name"])
        return {"pipelineContext": context, "pipelineRunContext": run}

    def pipeline_ended(self, job: str, state: str) -> None:
        """Let the ``system.Run`` of a pipeline job end as the job did."""
        place, _, identifier = job.rpartition("/pipelineJobs/")
        name = f"{place}/metadataStores/default/executions/{identifier}"
        if execution := self.shelves["executions"].find(name):
            execution["state"] = "COMPLETE" if state == "SUCCEEDED" else state


def _checked(kind: Kind, fields: Resource) -> Resource:
    """Return what a client sets on a node, its state by name. Raises ``Refused``."""
    if len(msgspec.json.encode(fields.get("metadata", {}))) > _LARGEST_METADATA:
        raise Refused("INVALID_ARGUMENT", "The size of metadata should not exceed 200KB.")
    if len(fields.get("displayName", "")) > 128:
        raise Refused("INVALID_ARGUMENT", "display_name has more than 128 characters.")
    state = fields.get("state")
    if isinstance(state, int) and 0 <= state < len(kind.states):
        return {**fields, "state": kind.states[state]}
    return fields


def _camel(word: str) -> str:
    head, *rest = word.strip().split("_")
    return head + "".join(part.capitalize() for part in rest)
