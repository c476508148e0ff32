"""Predictions without a connection: what batch jobs run over their input."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from llmeval.emulator.emulation import Emulation
from llmeval.emulator.vertex.dialects.containers import prediction
from llmeval.emulator.vertex.dialects.gemini_answer import generate_response
from llmeval.emulator.vertex.dialects.gemini_body import read_generate
from llmeval.emulator.vertex.errors import publisher_model_missing, resource_missing
from llmeval.emulator.vertex.kinds import Where, forced, refusal
from llmeval.emulator.vertex.serving.calls import role_name
from llmeval.emulator.vertex.serving.chatting import chat_head
from llmeval.emulator.vertex.serving.generating import combined, head_of
from llmeval.emulator.vertex.serving.predicting import read_instances
from llmeval.emulator.vertex.serving.targets import (
    Target,
    containers_only,
    gemini_only,
    published,
)
from llmeval.emulator.vertex.telling import Told, tell
from llmeval.emulator.vertex.world import World, version_named
from llmeval.records import Request

__all__ = ["Oracle", "answer_generate", "answer_predict"]

_RESOURCE = re.compile(
    r"(?:projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/)?"
    r"(?:publishers/(?P<publisher>[^/]+)/models/(?P<published>[^/]+)"
    r"|endpoints/(?P<endpoint>[^/]+)|models/(?P<model>[^/@]+)(?:@(?P<version>[^/]+))?)"
)


class Oracle:
    """Everything that can answer: a world, and the emulation of the models behind it."""

    def __init__(self, world: World, emulation: Emulation) -> None:
        self.world = world
        self._emulation = emulation
        self._number = 0

    @property
    def seed(self) -> int:
        """The server's seed."""
        return self._emulation.seed

    def target(self, resource: str) -> Target:
        """Return who answers for a publisher's model, an endpoint or a registered model.

        Raises ``GoogleError`` (404) where there is none.
        """
        found = _RESOURCE.fullmatch(resource)
        if found is None:
            raise resource_missing("Model")
        if found["published"]:
            if not self.world.offers(found["publisher"], found["published"]):
                raise publisher_model_missing(resource)
            return published(resource, found["publisher"], found["published"])
        location = found["location"] or "us-central1"
        if found["endpoint"]:
            endpoint = self.world.endpoint(found["endpoint"], location)
            model = endpoint.deployed[0].model if endpoint and endpoint.deployed else None
        else:
            versions = self.world.versions(found["model"], location)
            model = version_named(versions, found["version"] or "")
        if model is None:
            raise resource_missing("Endpoint" if found["endpoint"] else "Model")
        return Target(resource, model.container, model.role, model.base_model.rpartition("/")[2])

    def next_number(self) -> int:
        """Return the number of the next answer."""
        self._number += 1
        return self._number

    async def told(self, target: Target, requests: Sequence[Request], body: object) -> list[Told]:
        """Ask for each request; a marker in ``body`` forces its fault.

        Raises ``GoogleError`` where the fault or the model itself is a failure.
        """
        fault = forced(msgspec.json.encode(body))
        if fault is not None:
            error = refusal(fault.kind, Where("", "", target.resource), None)
            if error is not None:
                raise error
        role = role_name(target.role)
        attempts = await asyncio.gather(*(self._emulation.ask(role, r) for r in requests))
        return [
            tell(request, attempt.outcome, fault, streamed=False)
            for request, attempt in zip(requests, attempts, strict=True)
        ]


async def answer_generate(
    oracle: Oracle, model_resource: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the generateContent response of a model to ``body``.

    Raises ``GoogleError`` (its ``code``, ``status`` and ``message`` are the service's) for a wrong
    body, an unknown model, or a fault that a marker in the prompt forces.
    """
    target = oracle.target(model_resource)
    gemini_only(target)
    ask = read_generate(dict(body), oracle.seed)
    told = await oracle.told(target, [ask.request] * ask.candidates, body)
    head = head_of(target, oracle.next_number())
    return generate_response(ask, combined(told, ask), head)


async def answer_predict(
    oracle: Oracle,
    model_resource: str,
    instances: Sequence[Any],
    parameters: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Return one prediction an instance, in order. Raises as ``answer_generate`` does."""
    target = oracle.target(model_resource)
    containers_only(target)
    body = {"instances": list(instances), "parameters": dict(parameters or {})}
    asked = read_instances(target.container, body, oracle.seed)
    told = await oracle.told(target, [instance.request for instance in asked], body)
    head = chat_head(target, oracle.next_number(), "")
    return [prediction(i, t, head) for i, t in zip(asked, told, strict=True)]
