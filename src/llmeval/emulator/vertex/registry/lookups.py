"""GET of endpoints, models and publisher models, and their lists."""

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
from llmeval.emulator.vertex.world import ModelSpec, World, version_named

__all__ = ["Lookups", "dedicated_dns"]

_PARENT = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)")
_MODEL_NAME = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/models/(?P<model>[^/@]+)"
)


def dedicated_dns(http: web.Request) -> str:
    """Return the emulator's other name, which stands for the domain of dedicated endpoints."""
    address = http.transport.get_extra_info("sockname") if http.transport is not None else None
    return f"localhost:{address[1]}" if address else "localhost"


class Lookups:
    """Handlers over a world. A failed look-up raises ``GoogleError`` (404)."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def model_ids(self) -> list[str]:
        """The ids of all models of the world, in any location."""
        deployed = (d.model.id for e in self._world.endpoints for d in e.deployed)
        return sorted(set(deployed))

    def find_versions(self, name: str) -> list[dict[str, Any]]:
        """Return the versions of the model of this full name; none if it is not in the world."""
        found = _MODEL_NAME.fullmatch(name)
        if found is None:
            return []
        place = Place(found["project"], found["location"])
        versions = self._world.versions(found["model"], place.location)
        return [self._resource(model, place) for model in versions]

    def models_at(self, parent: str) -> list[dict[str, Any]]:
        """Return every version of every model at ``projects/P/locations/L``; none elsewhere."""
        found = _PARENT.fullmatch(parent)
        if found is None:
            return []
        place = Place(found["project"], found["location"])
        return [self._resource(model, place) for model in self._world.models_in(place.location)]

    def list_models(self, place: Place) -> list[dict[str, Any]]:
        """Return the default version of each model in ``place``."""
        return [
            self._resource(model, place)
            for model in self._world.models_in(place.location)
            if "default" in model.aliases
        ]

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

    async def model(self, http: web.Request) -> web.Response:
        """``GET models/{model}``, also of one version: ``models/{model}@{version or alias}``."""
        place = _place(http)
        identifier, _, version = http.match_info["model"].partition("@")
        found = version_named(self._world.versions(identifier, place.location), version)
        if found is None:
            raise resource_missing("Model")
        return _json(self._resource(found, place))

    async def models(self, http: web.Request) -> web.Response:
        """``GET models``: the default version of each."""
        found = self.list_models(_place(http))
        kept = filtered(found, http.query.get("filter", ""))
        return _json(page_of(kept, http.query, "models"))

    async def versions(self, http: web.Request) -> web.Response:
        """``GET models/{model}:listVersions``."""
        place = _place(http)
        versions = self._world.versions(http.match_info["model"].partition("@")[0], place.location)
        if not versions:
            raise resource_missing("Model")
        found = [self._resource(model, place) for model in versions]
        return _json(page_of(found, http.query, "models"))

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

    def _resource(self, model: ModelSpec, place: Place) -> dict[str, Any]:
        return model_resource(model, place, self._world.endpoints_in(place.location))


def _place(http: web.Request) -> Place:
    return Place(http.match_info["project"], http.match_info["location"])


def _json(value: object) -> web.Response:
    return json_answer(200, msgspec.json.encode(value))
