"""The world as REST resources: Endpoint, Model, PublisherModel. Pure functions."""

from __future__ import annotations

from typing import Any, NamedTuple

from llmeval.emulator.vertex.world import Deployed, EndpointSpec, ModelSpec

__all__ = ["Place", "endpoint_resource", "model_resource", "publisher_model_resource"]

_CREATED = "2026-01-05T09:00:00.000000Z"
_UPDATED = "2026-06-01T09:00:00.000000Z"
_MACHINE = {"machineType": "g2-standard-12", "acceleratorType": "NVIDIA_L4", "acceleratorCount": 1}
_ROUTES = {
    "vllm": ("/generate", "/ping", 7080),
    "tgi": ("/vertex", "/health", 8080),
    "custom": ("/answer", "/health", 8080),
}


class Place(NamedTuple):
    """A project and a location."""

    project: str
    location: str

    def name(self, *parts: str) -> str:
        """Return a resource's full name."""
        return "/".join(("projects", self.project, "locations", self.location, *parts))


def endpoint_resource(endpoint: EndpointSpec, place: Place, dns: str) -> dict[str, Any]:
    """Return an ``Endpoint``; ``dns`` is the domain of dedicated ones."""
    resource: dict[str, Any] = {
        "name": place.name("endpoints", endpoint.id),
        "displayName": endpoint.display_name,
        "etag": f"AMEw9y{endpoint.id}",
        "createTime": _CREATED,
        "updateTime": _UPDATED,
    }
    if endpoint.labels:
        resource["labels"] = dict(endpoint.labels)
    if endpoint.deployed:
        resource["deployedModels"] = [_deployed(d, place) for d in endpoint.deployed]
        resource["trafficSplit"] = {d.id: d.traffic for d in endpoint.deployed}
    if endpoint.reach == "dedicated":
        resource |= {"dedicatedEndpointEnabled": True, "dedicatedEndpointDns": dns}
    if endpoint.reach == "private":
        resource["privateServiceConnectConfig"] = {
            "enablePrivateServiceConnect": True,
            "projectAllowlist": [place.project],
        }
    return resource


def model_resource(
    model: ModelSpec, place: Place, endpoints: tuple[EndpointSpec, ...]
) -> dict[str, Any]:
    """Return a ``Model`` version, with where it is deployed among ``endpoints``."""
    resource: dict[str, Any] = {
        "name": place.name("models", model.id),
        "displayName": model.display_name,
        "versionId": model.version,
        "versionAliases": list(model.aliases),
        "versionCreateTime": _CREATED,
        "versionUpdateTime": _UPDATED,
        "createTime": _CREATED,
        "updateTime": _UPDATED,
        "etag": f"AMEw9y{model.id}{model.version}",
        "supportedDeploymentResourcesTypes": ["DEDICATED_RESOURCES"],
        "deployedModels": [
            {"endpoint": place.name("endpoints", endpoint.id), "deployedModelId": deployed.id}
            for endpoint in endpoints
            for deployed in endpoint.deployed
            if (deployed.model.id, deployed.model.version) == (model.id, model.version)
        ],
    }
    if model.labels:
        resource["labels"] = dict(model.labels)
    return resource | _served_by(model)


def publisher_model_resource(publisher: str, model: str) -> dict[str, Any]:
    """Return a ``PublisherModel``."""
    name, _, version = model.partition("@")
    return {
        "name": f"publishers/{publisher}/models/{name}",
        "versionId": version or "default",
        "openSourceCategory": "PROPRIETARY" if publisher != "meta" else "GOOGLE_OWNED_OSS",
        "launchStage": "GA",
        "publisherModelTemplate": (
            f"projects/{{user-project}}/locations/{{location}}/publishers/{publisher}/models/{name}"
        ),
    }


def _deployed(deployed: Deployed, place: Place) -> dict[str, Any]:
    model = deployed.model
    resource: dict[str, Any] = {
        "id": deployed.id,
        "model": place.name("models", model.id),
        "modelVersionId": model.version,
        "displayName": model.display_name,
        "createTime": _CREATED,
    }
    if model.container != "gemini":
        resource["dedicatedResources"] = {
            "machineSpec": _MACHINE,
            "minReplicaCount": 1,
            "maxReplicaCount": 1,
        }
    return resource


def _served_by(model: ModelSpec) -> dict[str, Any]:
    """Return the fields that tell a tuned Gemini from a container, and which container it is."""
    if model.container == "gemini":
        return {
            "modelSourceInfo": {"sourceType": "GENIE"},
            "baseModelSource": {"genieSource": {"baseModelUri": model.base_model}},
        }
    predict, health, port = _ROUTES[model.container]
    served: dict[str, Any] = {
        "containerSpec": {
            "imageUri": model.image,
            "args": list(model.arguments),
            "ports": [{"containerPort": port}],
            "predictRoute": predict,
            "healthRoute": health,
        }
    }
    if not model.base_model:
        return served | {"modelSourceInfo": {"sourceType": "CUSTOM"}}
    source = {"modelGardenSource": {"publicModelName": model.base_model}}
    return served | {
        "modelSourceInfo": {"sourceType": "MODEL_GARDEN"},
        "baseModelSource": source,
    }
