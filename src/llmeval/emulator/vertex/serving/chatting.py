"""chat/completions: under ``openapi``, on an endpoint, and by the container's own path."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from llmeval.emulator.vertex.dialects.chat import (
    ChatAsk,
    ChatHead,
    chat_completion,
    chat_events,
    read_chat,
)
from llmeval.emulator.vertex.errors import ContainerError, failed_precondition, invalid
from llmeval.emulator.vertex.quotas import unavailable
from llmeval.emulator.vertex.registry.resources import Place
from llmeval.emulator.vertex.serving.calls import Call, Calls, Send
from llmeval.emulator.vertex.serving.targets import Target, Targets
from llmeval.emulator.vertex.telling import together
from llmeval.emulator.wire import BadRequest, event

__all__ = ["Chatting", "chat_head", "chat_send"]

OPENAPI = "openapi"
_CHAT_PATH = "v1/chat/completions"
_ENCODE = msgspec.json.Encoder().encode


class Chatting:
    """Handlers of chat/completions."""

    def __init__(self, calls: Calls, targets: Targets, seed: int) -> None:
        self._calls = calls
        self._targets = targets
        self._seed = seed

    async def endpoint(self, http: web.Request) -> web.StreamResponse:
        """``POST endpoints/{endpoint}/chat/completions``; ``openapi`` is the endpoint of all
        publishers' models, whose errors come as a list of one."""
        place = Place(http.match_info["project"], http.match_info["location"])
        identifier = http.match_info["endpoint"]
        resource = place.name("endpoints", identifier)
        if identifier == OPENAPI:
            work = partial(self._published, place=place)
            return await self._calls.serve(http, resource, work, as_list=True)
        work = partial(self._deployed, place=place, identifier=identifier)
        return await self._calls.serve(http, resource, work)

    async def invoke(self, http: web.Request) -> web.StreamResponse:
        """``POST endpoints/{endpoint}/invoke/v1/chat/completions``, also of one deployed model."""
        place = Place(http.match_info["project"], http.match_info["location"])
        identifier = http.match_info["endpoint"]
        work = partial(
            self._deployed,
            place=place,
            identifier=identifier,
            deployed=http.match_info.get("deployed", ""),
            path=http.match_info["path"],
        )
        return await self._calls.serve(http, place.name("endpoints", identifier), work)

    async def _published(self, call: Call, *, place: Place) -> Send:
        try:
            ask = read_chat(call.json(), self._seed)
        except BadRequest as error:
            raise invalid(str(error)) from None
        target = self._named(call, place, ask.model)
        return await chat_send(self._calls, call, target, ask, ask.model)

    async def _deployed(
        self,
        call: Call,
        *,
        place: Place,
        identifier: str,
        deployed: str = "",
        path: str = _CHAT_PATH,
    ) -> Send:
        target = self._targets.endpoint(call.http, place, identifier, call.number, deployed)
        if target.container == "gemini":
            raise failed_precondition(
                f"{target.resource} is a Gemini endpoint: name it as the model of "
                f"endpoints/openapi/chat/completions"
            )
        if target.container == "custom" or path.strip("/") != _CHAT_PATH:
            raise ContainerError(404, {"detail": "Not Found"}, outcome="not_found")
        return await chat_send(self._calls, call, target, self._read(call))

    def _read(self, call: Call) -> ChatAsk:
        try:
            return read_chat(call.json(), self._seed)
        except BadRequest as error:
            told: dict[str, Any] = {
                "object": "error",
                "message": str(error),
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            }
            raise ContainerError(400, told, outcome="bad_request") from None

    def _named(self, call: Call, place: Place, model: str) -> Target:
        """Return who answers to the name ``publisher/model``, or to a tuned endpoint's."""
        kind, _, identifier = model.rpartition("/endpoints/")
        if kind.startswith("projects/") and identifier:
            return self._targets.endpoint(call.http, place, identifier, call.number)
        publisher, slash, name = model.partition("/")
        if not slash:
            raise invalid(
                f"Malformed publisher model (model parameter) `{model}` for openapi endpoint. "
                f"Please use the format `<publisher>/<model>`, such as `google/gemini-2.5-flash`.",
                "model",
            )
        return self._targets.publisher(place, publisher, name)


def chat_head(target: Target, number: int, model: str) -> ChatHead:
    """Return what answer ``number`` carries; an unnamed model goes by the container's own name."""
    own = target.deployed.model.display_name if target.deployed else ""
    return ChatHead(model or own, number, int(time.time()), published=target.deployed is None)


async def chat_send(
    calls: Calls, call: Call, target: Target, ask: ChatAsk, model: str | None = None
) -> Send:
    """Ask ``target`` for the choices, and return them whole or as a stream.

    ``model`` is the name that the answer carries; a container says its own.
    """
    head = chat_head(target, call.number, model or ask.model)
    requests = [ask.request] * ask.choices
    told, pace = await calls.ask(call, target, requests, streamed=ask.request.stream)
    whole = together(told)
    if not ask.request.stream:
        body = _ENCODE(chat_completion(ask, whole, head))
        return Send(pace, body, headers=target.headers)
    return Send(
        pace,
        events=chat_events(ask, whole, head),
        error=event(unavailable(None).as_json()),
        headers=target.headers,
    )
