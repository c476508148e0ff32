"""From what is deployed to how and where it is asked. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yarl import URL

from llmeval.config import EndpointSettings, Format
from llmeval.endpoints.dialects.dialect import Dialect
from llmeval.endpoints.vertex.formats import container_of, dialect_for, format_of
from llmeval.endpoints.vertex.references import Place, VertexReference, is_loopback
from llmeval.errors import ConfigError, EndpointDown

if TYPE_CHECKING:
    from llmeval.endpoints.vertex.batch import Machines
    from llmeval.endpoints.vertex.batching import BatchModel
    from llmeval.endpoints.vertex.lookup import Deployed, EndpointResource, ModelResource

__all__ = [
    "Target",
    "batch_model",
    "endpoint_target",
    "publisher_target",
    "unseen_target",
]

_RAW_CHAT = ("mistralai", "ai21")


@dataclass(frozen=True, slots=True)
class Target:
    """How a model is asked. ``stream_url`` is ``None`` where it cannot stream. ``takes_token`` is
    false for machines in a private network: they ask for none, and speak plain http."""

    format: Format
    dialect: Dialect
    url: URL
    stream_url: URL | None
    takes_token: bool = True


def publisher_target(
    reference: VertexReference,
    place: Place,
    root: str,
    declared: EndpointSettings,
    labels: Mapping[str, str],
) -> Target:
    """Return how a publisher's model is asked: Gemini by generateContent, Anthropic's by Messages,
    Mistral's by rawPredict, all others by the OpenAI surface."""
    publisher, name = reference.publisher or "google", reference.name
    if declared.format:
        kind: Format = declared.format
    elif publisher == "google" and name.startswith("gemini"):
        kind = "generate_content"
    elif publisher == "anthropic":
        kind = "messages"
    else:
        kind = "raw_chat" if publisher in _RAW_CHAT else "chat"
    if kind == "chat":
        resource, model = f"{place.parent}/endpoints/openapi", f"{publisher}/{name}"
    else:
        resource, model = f"{place.parent}/publishers/{publisher}/models/{name}", name
    base = (declared.address or root).rstrip("/")
    return _target(kind, f"{base}/v1/{resource}", model, declared, labels, reference.text)


def endpoint_target(
    reference: VertexReference,
    found: EndpointResource,
    models: Mapping[str, ModelResource],
    root: str,
    declared: EndpointSettings,
    labels: Mapping[str, str],
) -> Target:
    """Return how an endpoint is asked. Raises ``EndpointDown`` where nothing is deployed, or
    where its address is not known."""
    serving = _serving(reference, found)
    kind = declared.format or format_of(found, serving, models)
    base = _base(reference, found, root, declared)
    resource = f"{base}/v1/{found.name}"
    if reference.deployed_model:
        resource += f"/deployedModels/{reference.deployed_model}"
        if not declared.path:
            return _invoked(kind, resource, declared, labels, reference.text)
    image = container_of(models.get(serving[0].id))
    private = serving[0].private_endpoints
    if found.network and private and private.predict_http_uri and not declared.address:
        address = URL(private.predict_http_uri)
        dialect = dialect_for("predict", "", declared, labels, reference.text, image)
        return Target("predict", dialect, address, None, takes_token=False)
    return _target(kind, resource, "", declared, labels, reference.text, image)


def unseen_target(
    reference: VertexReference,
    place: Place,
    root: str,
    declared: EndpointSettings,
    labels: Mapping[str, str],
) -> Target:
    """Return how an endpoint is asked that could not be looked up: as ``declared``, which has a
    format, at the declared address or the region's."""
    base = (declared.address or root).rstrip("/")
    kind = declared.format or "predict"
    resource = f"{base}/v1/{place.parent}/endpoints/{reference.name}"
    if reference.deployed_model:
        resource += f"/deployedModels/{reference.deployed_model}"
        if not declared.path:
            return _invoked(kind, resource, declared, labels, reference.text)
    return _target(kind, resource, "", declared, labels, reference.text)


def batch_model(
    reference: VertexReference, target: Target, found: EndpointResource | None
) -> BatchModel:
    """Return what a batch job runs to answer as the endpoint does. Raises ``ConfigError``."""
    from llmeval.endpoints.vertex.batching import BatchModel

    if target.format not in ("generate_content", "predict"):
        raise ConfigError(
            f"--batch: batch prediction takes Gemini models and those that speak predict; "
            f"{reference.text} speaks {target.format}"
        )
    if found is None:
        return BatchModel(f"publishers/{reference.publisher}/models/{reference.name}")
    serving = _serving(reference, found)
    if len(serving) > 1:
        raise ConfigError(
            f"--batch: {len(serving)} models are deployed at {reference.text}, and a batch job "
            f"runs one: measure it without --batch"
        )
    one = serving[0]
    name = f"{one.model}@{one.model_version_id}" if one.model_version_id else one.model
    version = f"{one.display_name or one.model}@{one.model_version_id or '?'}"
    if target.format == "generate_content":
        return BatchModel(name, version)
    return BatchModel(name, version, instances=True, machines=_machines(reference, one))


def _machines(reference: VertexReference, deployed: Deployed) -> Machines:
    """Run the job on machines like those that serve."""
    from llmeval.endpoints.vertex.batch import Machines

    spec = (deployed.dedicated_resources or {}).get("machineSpec")
    if not isinstance(spec, dict) or not spec.get("machineType"):
        raise ConfigError(
            f"--batch: on which machines {reference.text} is served is not known, and a batch job "
            f"needs some of its own: measure it without --batch"
        )
    return Machines(
        machine_type=spec["machineType"],
        accelerator_type=spec.get("acceleratorType"),
        accelerator_count=int(spec.get("acceleratorCount") or 0),
    )


def _serving(reference: VertexReference, found: EndpointResource) -> list[Deployed]:
    if not found.deployed_models:
        raise EndpointDown(
            f"{reference.text}: nothing is deployed at endpoint {found.name}",
            fix=f"Deploy a model: gcloud ai endpoints deploy-model {found.name} --model=MODEL "
            f"--display-name=NAME",
        )
    chosen = [d for d in found.deployed_models if d.id == reference.deployed_model]
    if reference.deployed_model and not chosen:
        known = ", ".join(d.id for d in found.deployed_models)
        raise EndpointDown(
            f"{reference.text}: no deployed model {reference.deployed_model!r} is at endpoint "
            f"{found.name}; there are {known}",
            fix="Give one of them as ?deployed_model=ID, or leave it out",
        )
    serving = chosen or found.reachable
    if not serving:
        ids = [d.id for d in found.deployed_models]
        raise EndpointDown(
            f"{reference.text}: no deployed model of endpoint {found.name} gets traffic",
            fix=f"gcloud ai endpoints update {found.name} "
            f"--traffic-split={ids[0] if len(ids) == 1 else 'ID'}=100",
        )
    return sorted(serving, key=lambda d: -found.traffic_split.get(d.id, 0))


def _base(
    reference: VertexReference, found: EndpointResource, root: str, declared: EndpointSettings
) -> str:
    """Return the address of an endpoint: its own domain, a private one, or the region's."""
    if declared.address:
        return declared.address.rstrip("/")
    private = found.private_service_connect_config
    if private and private.enable_private_service_connect:
        raise EndpointDown(
            f"{reference.text}: the endpoint is reached through private service connect only",
            fix="Give the address of its forwarding rule: "
            f'[tool.llmeval.endpoints.{reference.name!r}] address = "https://10.0.0.2"',
        )
    if found.dedicated_endpoint_enabled and found.dedicated_endpoint_dns:
        scheme = "http" if is_loopback(root) else "https"
        return f"{scheme}://{found.dedicated_endpoint_dns}"
    return root.rstrip("/")


def _invoked(
    kind: Format,
    resource: str,
    declared: EndpointSettings,
    labels: Mapping[str, str],
    where: str,
) -> Target:
    """Ask one deployed model past the traffic split, through the invoke path."""
    if kind != "chat":
        raise ConfigError(
            f"{where}: one deployed model can only be asked by itself through chat/completions; "
            f"leave ?deployed_model= out and give --by=deployed_model"
        )
    url = URL(f"{resource}/invoke/v1/chat/completions")
    dialect = dialect_for(kind, "", declared, labels, where, "")
    return Target(kind, dialect, url, url)


def _target(
    kind: Format,
    resource: str,
    model: str,
    declared: EndpointSettings,
    labels: Mapping[str, str],
    where: str,
    image: str = "",
) -> Target:
    dialect = dialect_for(kind, model, declared, labels, where, image)
    if declared.path:
        url = URL(f"{resource}{'' if declared.path.startswith(':') else '/'}{declared.path}")
        return Target(kind, dialect, url, url)
    match kind:
        case "generate_content":
            stream = URL(f"{resource}:streamGenerateContent?alt=sse")
            return Target(kind, dialect, URL(f"{resource}:generateContent"), stream)
        case "chat":
            url = URL(f"{resource}/chat/completions")
            return Target(kind, dialect, url, url)
        case "predict":
            return Target(kind, dialect, URL(f"{resource}:predict"), None)
    stream = URL(f"{resource}:streamRawPredict")
    return Target(kind, dialect, URL(f"{resource}:rawPredict"), stream)
