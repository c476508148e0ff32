"""Who answers a call: an endpoint's deployed model, or a publisher's model."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from llmeval.emulator.vertex.errors import (
    dedicated_domain,
    endpoint_missing,
    failed_precondition,
    nothing_deployed,
    publisher_model_missing,
    resource_missing,
)
from llmeval.emulator.vertex.registry.lookups import dedicated_dns
from llmeval.emulator.vertex.registry.resources import Place
from llmeval.emulator.vertex.world import STABLE, Container, Deployed, EndpointSpec, World

__all__ = [
    "Target",
    "Targets",
    "containers_only",
    "gemini_only",
    "no_gemini",
    "published",
]


@dataclass(frozen=True, slots=True)
class Target:
    """Who answers: ``resource`` is the full name of what was asked, ``version`` what a Gemini model
    calls itself. ``headers`` name the deployed model, on answers that have no field for it."""

    resource: str
    container: Container
    role: str = STABLE
    version: str = ""
    endpoint: EndpointSpec | None = None
    deployed: Deployed | None = None
    model: str = ""

    @property
    def dedicated(self) -> bool:
        """Whether the endpoint has a domain of its own."""
        return self.endpoint is not None and self.endpoint.reach == "dedicated"

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that tell which deployed model answered."""
        if self.endpoint is None or self.deployed is None:
            return {}
        return {
            "X-Vertex-AI-Endpoint-Id": self.endpoint.id,
            "X-Vertex-AI-Deployed-Model-Id": self.deployed.id,
            "X-Vertex-AI-Model": self.model,
            "X-Vertex-AI-Model-Version-Id": self.deployed.model.version,
        }


class Targets:
    """Finds targets in a world; ``seed`` draws which deployed model answers."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed

    def endpoint(
        self, http: web.Request, place: Place, identifier: str, number: int, deployed: str = ""
    ) -> Target:
        """Return who answers call ``number`` to an endpoint; ``deployed`` names one of its models.

        Raises ``GoogleError``: no such endpoint, nothing deployed there, or the wrong domain.
        """
        resource = place.name("endpoints", identifier)
        found = self._world.endpoint(identifier, place.location)
        if found is None:
            raise endpoint_missing(resource)
        _check_domain(found, http)
        if not found.deployed:
            raise nothing_deployed(resource)
        chosen = next((d for d in found.deployed if d.id == deployed), None)
        if deployed and chosen is None:
            raise resource_missing("DeployedModel")
        chosen = chosen or found.draw(self._seed, number)
        return Target(
            resource,
            chosen.model.container,
            chosen.model.role,
            chosen.model.base_model.rpartition("/")[2],
            found,
            chosen,
            place.name("models", chosen.model.id),
        )

    def publisher(self, place: Place, publisher: str, model: str) -> Target:
        """Return who answers for a publisher's model. Raises ``GoogleError`` (404)."""
        resource = place.name("publishers", publisher, "models", model)
        if not self._world.offers(publisher, model):
            raise publisher_model_missing(resource)
        return published(resource, publisher, model)


def published(resource: str, publisher: str, model: str) -> Target:
    """Return a publisher's model as a target."""
    return Target(resource, "gemini" if publisher == "google" else "partner", version=model)


def gemini_only(target: Target) -> None:
    """Raise ``GoogleError`` unless ``target`` speaks generateContent."""
    if target.container != "gemini":
        raise failed_precondition(
            f"{target.resource} does not support generateContent; use predict, rawPredict or "
            f"chat/completions."
        )


def no_gemini(target: Target) -> None:
    """Raise ``GoogleError`` if ``target`` is a Gemini model."""
    if target.container == "gemini":
        raise failed_precondition(
            "Gemini cannot be accessed through Vertex Predict/RawPredict API. Please follow "
            "https://cloud.google.com/vertex-ai/docs/generative-ai/start/quickstarts/"
            "quickstart-multimodal for Gemini usage."
        )


def containers_only(target: Target) -> None:
    """Raise ``GoogleError`` unless ``target`` is a container, which alone takes ``predict``."""
    no_gemini(target)
    if target.container == "partner":
        raise failed_precondition(f"{target.resource} does not support predict; use rawPredict.")


def _check_domain(endpoint: EndpointSpec, http: web.Request) -> None:
    if endpoint.reach == "private":
        raise failed_precondition(
            "Private Service Connect Endpoint cannot be accessed through the shared Vertex AI "
            "domain aiplatform.googleapis.com. Please access the endpoint from a network that is "
            "connected to its service attachment",
            "private_endpoint",
        )
    host = http.host.rpartition(":")[0] or http.host
    if endpoint.reach == "dedicated" and host != "localhost":
        raise dedicated_domain(dedicated_dns(http))
