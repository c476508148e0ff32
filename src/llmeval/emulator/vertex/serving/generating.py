"""generateContent, streamGenerateContent and countTokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import msgspec
from aiohttp import web

from llmeval.emulator.answers import Events, Pace
from llmeval.emulator.counting import Counts
from llmeval.emulator.vertex.dialects.gemini_answer import (
    Head,
    array_events,
    generate_response,
    sse_events,
)
from llmeval.emulator.vertex.dialects.gemini_body import (
    GenerateAsk,
    read_generate,
    read_messages,
)
from llmeval.emulator.vertex.quotas import unavailable
from llmeval.emulator.vertex.registry.resources import Place
from llmeval.emulator.vertex.serving.calls import Call, Calls, Send
from llmeval.emulator.vertex.serving.targets import Target, Targets, gemini_only
from llmeval.emulator.vertex.telling import Told, stopped, together
from llmeval.emulator.wire import pieces_of

__all__ = ["GENERATE_VERBS", "Generating", "combined", "head_of"]

GENERATE_VERBS = ("generateContent", "streamGenerateContent", "countTokens")

_ENCODE = msgspec.json.Encoder().encode
_ARRAY = {"Content-Type": "application/json; charset=UTF-8"}


Find = Callable[[Call], Target]
"""A call -> who answers it. Raises ``GoogleError`` where nobody does."""

Stream = Callable[[GenerateAsk, Told, Head], Events]
"""How a stream is put: as events, or as one array."""


class Generating:
    """Handlers of Gemini's own methods, on endpoints and on publisher models."""

    def __init__(self, calls: Calls, targets: Targets, counts: Counts, seed: int) -> None:
        self._calls = calls
        self._targets = targets
        self._counts = counts
        self._seed = seed

    async def endpoint(self, http: web.Request) -> web.StreamResponse:
        """``POST endpoints/{endpoint}:{verb}``."""
        place = Place(http.match_info["project"], http.match_info["location"])
        identifier = http.match_info["endpoint"]

        def find(call: Call) -> Target:
            target = self._targets.endpoint(http, place, identifier, call.number)
            gemini_only(target)
            return target

        return await self._serve(http, place.name("endpoints", identifier), find)

    async def publisher(self, http: web.Request) -> web.StreamResponse:
        """``POST publishers/{publisher}/models/{model}:{verb}``."""
        place = Place(http.match_info["project"], http.match_info["location"])
        publisher, model = http.match_info["publisher"], http.match_info["model"]

        def find(_: Call) -> Target:
            target = self._targets.publisher(place, publisher, model)
            gemini_only(target)
            return target

        resource = place.name("publishers", publisher, "models", model)
        return await self._serve(http, resource, find)

    async def _serve(self, http: web.Request, resource: str, find: Find) -> web.StreamResponse:
        verb = http.match_info["verb"]
        if verb == "countTokens":
            return await self._calls.serve(http, resource, partial(self._count, find=find))
        sse = http.query.get("alt") == "sse"
        stream = None if verb == "generateContent" else sse_events if sse else array_events
        work = partial(self._generate, find=find, stream=stream)
        as_list = stream is array_events
        return await self._calls.serve(http, resource, work, as_list=as_list)

    async def _generate(self, call: Call, *, find: Find, stream: Stream | None) -> Send:
        target = find(call)
        ask = read_generate(call.json(), self._seed)
        self._counts.labels.update(f"{key}={value}" for key, value in ask.labels.items())
        requests = [ask.request] * ask.candidates
        told, pace = await self._calls.ask(call, target, requests, streamed=stream is not None)
        whole, head = combined(told, ask), head_of(target, call.number)
        if stream is None:
            body = _ENCODE(generate_response(ask, whole, head))
            return Send(pace, body, headers=target.headers)
        events = stream(ask, whole, head)
        headers = target.headers | (_ARRAY if stream is array_events else {})
        return Send(pace, events=events, error=_error(events, stream), headers=headers)

    async def _count(self, call: Call, *, find: Find) -> Send:
        find(call)
        body = call.json()
        messages = read_messages(body if isinstance(body, dict) else {})
        texts = [message.content for message in messages]
        tokens = sum(len(pieces_of(text)) for text in texts)
        counted = {
            "totalTokens": tokens,
            "totalBillableCharacters": sum(len("".join(text.split())) for text in texts),
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}],
        }
        return Send(Pace(call.started, None, 0.0), _ENCODE(counted))


def combined(told: Sequence[Told], ask: GenerateAsk) -> Told:
    """Return what the candidates' answers are together, cut at the stop sequences."""
    whole = together(told)
    return replace(whole, answers=tuple(stopped(answer, ask.stop) for answer in whole.answers))


def head_of(target: Target, number: int) -> Head:
    """Return what every chunk of answer ``number`` carries."""
    return Head(target.version, f"emu-{number:08x}", time.time())


def _error(events: Events, stream: Stream) -> bytes:
    """Return the error object that ends a stream after half of its content."""
    error = _ENCODE(unavailable(None).as_json())
    if stream is sse_events:
        return b"data: " + error + b"\r\n\r\n"
    return (b",\r\n" if len(events.content) > 1 else b"[") + error + b"\r\n]"
