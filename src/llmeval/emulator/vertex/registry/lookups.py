"""GET of endpoints and publisher models, and their lists; models for the registry."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from aiohttp import web

from llmeval.emulator.answers import json_answer
from llmeval.emulator.vertex.errors import publisher_model_missing, resource_missing
from llmeval.emulator.vertex.registry.listing import filtered, page_of
from llmeval.emulator.vertex.registry.resources import (
    Place,
    endpoint_resource,
    model_resource,
    publisher_model_resource,
)
from llmeval.emulator.vertex.world import World

__all__ = ["Lookups", "dedicated_dns"]

_PARENT = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)")


def dedicated_dns(http: web.Request) -> str:
    """Return the emulator's other name, which stands for the domain of dedicated endpoints."""
    address = http.transport.get_extra_info("sockname") if http.transport is not None else None
    return f"localhost:{address[1]}" if address else "localhost"


class Lookups:
    """Handlers over a world. A failed look-up raises ``GoogleError`` (404)."""

    def __init__(self, world: World) -> None:
        self._world = world

    def models_at(self, parent: str) -> list[dict[str, Any]]:
        """Return every version of every model at ``projects/P/locations/L``; none elsewhere."""
        found = _PARENT.fullmatch(parent)
        if found is None:
            return []
        place = Place(found["project"], found["location"])
        endpoints = self._world.endpoints_in(place.location)
        models = self._world.models_in(place.location)
        return [model_resource(model, place, endpoints) for model in models]

    async def endpoint(self, http: web.Request) -> web.Response:
        """``GET endpoints/{endpoint}``."""
        place = _place(http)
        found = self._world.endpoint(http.match_info["endpoint"], place.location)
        if found is None:
            raise resource_missing("Endpoint")
        return _json(endpoint_resource(found, place, dedicated_dns(http)))

    async def endpoints(self, http: web.Request) -> web.Response:
        """``GET endpoints``, with ``filter`` and pages."""
        place, dns = _place(http), dedicated_dns(http)
        found = [endpoint_resource(e, place, dns) for e in self._world.endpoints_in(place.location)]
        kept = filtered(found, http.query.get("filter", ""))
        return _json(page_of(kept, http.query, "endpoints"))

    async def publisher_model(self, http: web.Request) -> web.Response:
        """``GET publishers/{publisher}/models/{model}``."""
        publisher, model = http.match_info["publisher"], http.match_info["model"]
        if not self._world.offers(publisher, model):
            raise publisher_model_missing(f"publishers/{publisher}/models/{model}")
        return _json(publisher_model_resource(publisher, model))

    async def publisher_models(self, http: web.Request) -> web.Response:
        """``GET publishers/{publisher}/models``."""
        publisher = http.match_info["publisher"]
        found = [
            publisher_model_resource(publisher, model)
            for model in self._world.publishers.get(publisher, ())
        ]
        return _json(page_of(found, http.query, "publisherModels"))


def _place(http: web.Request) -> Place:
    return Place(http.match_info["project"], http.match_info["location"])


def _json(value: object) -> web.Response:
    return json_answer(200, msgspec.json.encode(value))
