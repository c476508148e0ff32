"""predict, rawPredict and streamRawPredict: of containers, and of partners' models."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from llmeval.emulator.answers import Events, Pace
from llmeval.emulator.vertex.dialects.chat import read_chat
from llmeval.emulator.vertex.dialects.containers import (
    Instance,
    is_chat,
    own_answer,
    own_events,
    prediction,
    read_instance,
)
from llmeval.emulator.vertex.dialects.messages import (
    message_events,
    message_response,
    overloaded,
    read_messages_body,
)
from llmeval.emulator.vertex.errors import invalid
from llmeval.emulator.vertex.quotas import unavailable
from llmeval.emulator.vertex.registry.resources import Place
from llmeval.emulator.vertex.serving.calls import Call, Calls, Send
from llmeval.emulator.vertex.serving.chatting import chat_head, chat_send
from llmeval.emulator.vertex.serving.targets import Target, Targets, containers_only, no_gemini
from llmeval.emulator.vertex.telling import Told
from llmeval.emulator.vertex.world import Container
from llmeval.emulator.wire import BadRequest, event

__all__ = ["PREDICT_VERBS", "Predicting", "read_instances"]

PREDICT_VERBS = ("predict", "rawPredict", "streamRawPredict")

_ENCODE = msgspec.json.Encoder().encode


class Predicting:
    """Handlers of predict and its raw kin."""

    def __init__(self, calls: Calls, targets: Targets, seed: int) -> None:
        self._calls = calls
        self._targets = targets
        self._seed = seed

    async def endpoint(self, http: web.Request) -> web.StreamResponse:
        """``POST endpoints/{endpoint}:{verb}``."""
        place = Place(http.match_info["project"], http.match_info["location"])
        identifier, verb = http.match_info["endpoint"], http.match_info["verb"]
        work = partial(self._deployed, place=place, identifier=identifier, verb=verb)
        as_list = verb == "streamRawPredict"
        return await self._calls.serve(
            http, place.name("endpoints", identifier), work, as_list=as_list
        )

    async def publisher(self, http: web.Request) -> web.StreamResponse:
        """``POST publishers/{publisher}/models/{model}:{verb}``."""
        place = Place(http.match_info["project"], http.match_info["location"])
        publisher, model = http.match_info["publisher"], http.match_info["model"]
        verb = http.match_info["verb"]
        work = partial(self._published, place=place, publisher=publisher, model=model, verb=verb)
        resource = place.name("publishers", publisher, "models", model)
        as_list = verb == "streamRawPredict"
        return await self._calls.serve(http, resource, work, as_list=as_list)

    async def _deployed(self, call: Call, *, place: Place, identifier: str, verb: str) -> Send:
        target = self._targets.endpoint(call.http, place, identifier, call.number)
        no_gemini(target)
        if verb == "predict":
            return await self._predict(call, target)
        send = await self._raw(call, target, call.json(), verb == "streamRawPredict")
        return _wrapped(send) if call.wrapped else send

    async def _predict(self, call: Call, target: Target) -> Send:
        body = call.json()
        instances = read_instances(target.container, body, self._seed)
        predictions, told, pace = await self._predictions(call, target, instances)
        if target.dedicated and len(instances) == 1 and is_chat(body["instances"][0]):
            # vLLM answers such a call with the completion itself, and no proxy makes it a list.
            predictions = predictions[0] if predictions else []
        answer: dict[str, Any] = {"predictions": predictions}
        if target.deployed is not None:
            answer |= {
                "deployedModelId": target.deployed.id,
                "model": target.model,
                "modelDisplayName": target.deployed.model.display_name,
                "modelVersionId": target.deployed.model.version,
            }
        if target.container == "custom":
            answer["metadata"] = {"tokenMetadata": _token_metadata(told)}
        return Send(pace, _ENCODE(answer), headers=target.headers)

    async def _predictions(
        self, call: Call, target: Target, instances: Sequence[Instance]
    ) -> tuple[list[Any], list[Told], Pace]:
        requests = [instance.request for instance in instances]
        told, pace = await self._calls.ask(call, target, requests)
        if call.kind == "no_candidates":
            return [], told, pace
        found = [
            prediction(instance, one, chat_head(target, call.number, _model(instance)))
            for instance, one in zip(instances, told, strict=True)
        ]
        return found, told, pace

    async def _raw(self, call: Call, target: Target, body: Any, stream: bool) -> Send:
        """Answer in the container's own protocol, whichever of them the body is in."""
        if not isinstance(body, dict):
            raise invalid("The container expects a JSON object.")
        if "messages" in body and target.container != "custom":
            try:
                ask = read_chat(body | {"stream": True} if stream else body, self._seed)
            except BadRequest as error:
                raise invalid(str(error)) from None
            return await chat_send(self._calls, call, target, ask)
        if "instances" in body and not stream:
            instances = read_instances(target.container, body, self._seed)
            predictions, _, pace = await self._predictions(call, target, instances)
            return Send(pace, _ENCODE({"predictions": predictions}), headers=target.headers)
        first = body["instances"][0] if _has_instances(body) else body
        instance = read_instance(target.container, first, {}, self._seed, "body")
        told, pace = await self._calls.ask(call, target, [instance.request], streamed=stream)
        if not stream:
            answer = own_answer(body, instance, told[0])
            return Send(pace, _ENCODE(answer), headers=target.headers)
        events = own_events(instance, told[0])
        broken = event(unavailable(None).as_json())
        return Send(pace, events=events, error=broken, headers=target.headers)

    async def _published(
        self, call: Call, *, place: Place, publisher: str, model: str, verb: str
    ) -> Send:
        target = self._targets.publisher(place, publisher, model)
        (containers_only if verb == "predict" else no_gemini)(target)
        body, stream = call.json(), verb == "streamRawPredict"
        if publisher == "anthropic":
            send = await self._message(call, target, model, body, stream)
        else:
            send = await self._partner_chat(call, target, model, body, stream)
        return _wrapped(send) if call.wrapped else send

    async def _partner_chat(
        self, call: Call, target: Target, model: str, body: Any, stream: bool
    ) -> Send:
        """Answer in OpenAI's format, which other partners' models speak."""
        try:
            ask = read_chat(
                body | {"stream": stream} if isinstance(body, dict) else body, self._seed
            )
        except BadRequest as error:
            raise invalid(str(error)) from None
        return await chat_send(self._calls, call, target, ask, model)

    async def _message(
        self, call: Call, target: Target, model: str, body: Any, stream: bool
    ) -> Send:
        """Answer in Anthropic's format; the verb or the body may ask for a stream."""
        ask = read_messages_body(body, self._seed)
        stream = stream and ask.stream
        told, pace = await self._calls.ask(call, target, [ask.request], streamed=stream)
        if not stream:
            return Send(pace, _ENCODE(message_response(told[0], call.number, model)))
        events = message_events(told[0], call.number, model)
        return Send(pace, events=events, error=overloaded())


def read_instances(container: Container, body: Any, seed: int) -> list[Instance]:
    """Return the instances of a predict body. Raises ``GoogleError`` (400)."""
    if not isinstance(body, dict) or not _has_instances(body):
        raise invalid("Invalid JSON payload received. 'instances' must be a list.", "instances")
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise invalid("Invalid value at 'parameters': an object is needed", "parameters")
    return [
        read_instance(container, instance, parameters, seed, f"instances[{i}]")
        for i, instance in enumerate(body["instances"])
    ]


def _model(instance: Instance) -> str:
    return instance.chat.model if instance.chat else ""


def _has_instances(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("instances"), list) and bool(body["instances"])


def _wrapped(send: Send) -> Send:
    """Return the answer as ``HttpBody`` in JSON, which alone a GAPIC client over REST can read; of
    a stream one message a piece, in an array."""
    if send.events is None:
        return replace(send, body=_ENCODE(_http_body("application/json", send.body)))
    first, content, closing = send.events
    pieces = [_event_body(p) for p in (first, *content, *closing) if p]
    chained = [(b",\r\n" if i else b"[") + piece for i, piece in enumerate(pieces)]
    begin = 1 if first else 0
    end = begin + len(content)
    events = Events(b"".join(chained[:begin]), chained[begin:end], [*chained[end:], b"\r\n]"])
    # An error comes after half of the content: it is the array's first element where that is none.
    comma = b",\r\n" if first or len(content) > 1 else b"["
    error = comma + _event_body(send.error) + b"\r\n]"
    headers = {**(send.headers or {}), "Content-Type": "application/json; charset=UTF-8"}
    return replace(send, events=events, error=error, headers=headers)


def _event_body(data: bytes) -> bytes:
    return _ENCODE(_http_body("text/event-stream", data))


def _http_body(content_type: str, data: bytes) -> dict[str, str]:
    return {"contentType": content_type, "data": base64.b64encode(data).decode()}


def _token_metadata(told: Sequence[Told]) -> dict[str, Any]:
    said = sum(answer.tokens for one in told for answer in one.answers)
    asked = sum(one.prompt_tokens for one in told)
    return {
        "inputTokenCount": {"totalTokens": asked},
        "outputTokenCount": {"totalTokens": said},
    }
