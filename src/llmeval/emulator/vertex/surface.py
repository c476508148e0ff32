"""The routes of the Vertex surface, and the door that every request to it passes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from llmeval.emulator.emulation import Emulation
from llmeval.emulator.models import endpoints_for
from llmeval.emulator.vertex.errors import GoogleError, Refused, permission_denied, service_disabled
from llmeval.emulator.vertex.options import VertexOptions
from llmeval.emulator.vertex.registry.lookups import Lookups
from llmeval.emulator.vertex.serving.calls import Calls, refused_answer, role_name
from llmeval.emulator.vertex.serving.chatting import Chatting
from llmeval.emulator.vertex.serving.generating import GENERATE_VERBS, Generating
from llmeval.emulator.vertex.serving.hooks import Oracle, answer_generate, answer_predict
from llmeval.emulator.vertex.serving.predicting import PREDICT_VERBS, Predicting
from llmeval.emulator.vertex.serving.targets import Targets
from llmeval.emulator.vertex.tokens import Tokens, TokenServer
from llmeval.emulator.vertex.world import CANARY, STABLE
from llmeval.emulator.vertex_jobs import add_jobs
from llmeval.emulator.vertex_jobs.settings import JobSettings
from llmeval.ports import Endpoint

__all__ = ["HEADER", "add_vertex"]

HEADER = "x-llmeval-emulator"
"""Every answer of this surface carries it, so that no client takes a simulator for a model."""

_VERSION = "/{version:v1|v1beta1}"
_PLACE = _VERSION + "/projects/{project}/locations/{location}"
_PREFIXES = ("/v1/projects/", "/v1beta1/projects/", "/v1/publishers/", "/v1beta1/publishers/")
_DISABLED = "api-disabled"
_FORBIDDEN = "no-permission"
_NO_SUCH_PAGE = (
    "<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n  <p><b>404.</b> "
    "<ins>That’s an error.</ins>\n  <p>The requested URL was not found on this server.\n"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_vertex(app: web.Application, emulation: Emulation, options: VertexOptions) -> None:
    """Register the surface; the models behind it join those of ``emulation``.

    Raises ``ModelReferenceError`` for a reference in ``options`` that names nothing.
    """
    emulation.endpoints |= _behind(options, emulation.seed)
    tokens = Tokens(options.token_lifetime)
    TokenServer(tokens, emulation.counts, options.project).add_to(app)
    door = _Door(emulation, tokens if options.require_token else None)
    app.middlewares.append(door.pass_through)
    app.on_response_prepare.append(_mark)
    lookups = Lookups(options.world)
    _add_lookups(app.router, lookups)
    _add_predictions(app.router, emulation, options)
    _add_jobs(app, Oracle(options.world, emulation), lookups, options.jobs)
    app.router.add_route("*", _VERSION + "/{tail:(?:projects|publishers)/.*}", _no_such_page)


def _behind(options: VertexOptions, seed: int) -> dict[str, Endpoint]:
    """Return the endpoint of each role, under the name that the emulation knows it by."""
    found: dict[str, Endpoint] = {}
    for role, reference in ((STABLE, options.stable), (CANARY, options.canary)):
        behind = options.endpoints.get(role)
        if behind is None:
            behind = endpoints_for([reference], seed)[reference]
        found[role_name(role)] = behind
    return found


def _add_lookups(router: web.UrlDispatcher, lookups: Lookups) -> None:
    router.add_get(_PLACE + "/endpoints", lookups.endpoints)
    router.add_get(_PLACE + "/endpoints/{endpoint:[^/:]+}", lookups.endpoint)
    for prefix in (_VERSION, _PLACE):
        publisher = prefix + "/publishers/{publisher:[^/]+}/models"
        router.add_get(publisher, lookups.publisher_models)
        router.add_get(publisher + "/{model:[^/:]+}", lookups.publisher_model)


def _add_predictions(
    router: web.UrlDispatcher, emulation: Emulation, options: VertexOptions
) -> None:
    calls, targets = Calls(emulation), Targets(options.world, emulation.seed)
    generating = Generating(calls, targets, emulation.counts, emulation.seed)
    predicting = Predicting(calls, targets, emulation.seed)
    chatting = Chatting(calls, targets, emulation.seed)
    endpoint = _PLACE + "/endpoints/{endpoint:[^/:]+}"
    publisher = _PLACE + "/publishers/{publisher:[^/]+}/models/{model:[^/:]+}"
    for verbs, surface in ((GENERATE_VERBS, generating), (PREDICT_VERBS, predicting)):
        verb = ":{verb:" + "|".join(verbs) + "}"
        router.add_post(endpoint + verb, surface.endpoint)
        router.add_post(publisher + verb, surface.publisher)
    router.add_post(endpoint + "/chat/completions", chatting.endpoint)
    router.add_post(endpoint + "/invoke/{path:.*}", chatting.invoke)
    router.add_post(endpoint + "/deployedModels/{deployed}/invoke/{path:.*}", chatting.invoke)


def _add_jobs(
    app: web.Application, oracle: Oracle, lookups: Lookups, settings: JobSettings | None
) -> None:
    """Register the services of jobs, and the registry of models."""
    add_jobs(
        app,
        answer_generate=_or_error(partial(answer_generate, oracle)),
        answer_predict=_or_error(partial(answer_predict, oracle)),
        models_at=lookups.models_at,
        settings=settings,
    )


def _or_error(ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return ``ask`` with its refusals as bodies, which is how a job writes them down."""

    async def asked(*arguments: Any) -> Any:
        try:
            return await ask(*arguments)
        except GoogleError as error:
            return error.as_json()

    return asked


async def _no_such_page(_: web.Request) -> web.Response:
    return web.Response(status=404, text=_NO_SUCH_PAGE, content_type="text/html")


async def _mark(http: web.Request, answer: web.StreamResponse) -> None:
    if http.path.startswith(_PREFIXES):
        answer.headers[HEADER] = "1"


class _Door:
    """Counts what comes to this surface, and turns away who may not pass."""

    def __init__(self, emulation: Emulation, tokens: Tokens | None) -> None:
        self._counts = emulation.counts
        self._tokens = tokens

    @web.middleware
    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let ``handler`` answer, or say why not."""
        if not request.path.startswith(_PREFIXES):
            return await handler(request)
        self._counts.connected(request.transport)
        self._counts.routes[_route(request)] += 1
        try:
            self._admit(request)
        except Refused as error:
            with self._counts.call() as counted:
                counted.outcome = error.outcome
            return refused_answer(error, as_list="/endpoints/openapi/" in request.path)
        try:
            return await handler(request)
        except Refused as error:
            return refused_answer(error)

    def _admit(self, http: web.Request) -> None:
        """Raise ``GoogleError`` (401, 403) where the caller or the project may not call."""
        if self._tokens is not None:
            self._tokens.check(http.headers.get("Authorization"))
        project = http.path.split("/")[3]
        if project == _DISABLED:
            raise service_disabled(project)
        if project == _FORBIDDEN:
            resource = re.sub(r":\w+$", "", http.path.split("/", 2)[2])
            raise permission_denied(_permission(http), resource)


def _permission(http: web.Request) -> str:
    """Return the permission that a request needs, by its path and method."""
    words = http.path.split("/")[6:]
    predicts = http.match_info.get("verb") in (*GENERATE_VERBS, *PREDICT_VERBS)
    if predicts or words[-1:] == ["completions"]:
        return "aiplatform.endpoints.predict"
    collection = words[0].partition(":")[0] if words else "locations"
    reads = "get" if len(words) > 1 else "list"
    action = {"POST": "create", "DELETE": "delete", "PATCH": "update"}.get(http.method, reads)
    return f"aiplatform.{collection}.{action}"


def _route(http: web.Request) -> str:
    """Return the route's name: its method, and its path without project and location."""
    resource = http.match_info.route.resource
    path = resource.canonical if resource is not None else http.path
    path = path.removeprefix("/{version}").removeprefix("/projects/{project}/locations/{location}")
    return f"{http.method} {path.strip('/')}".replace("{verb}", http.match_info.get("verb", ""))
