"""What is known of an endpoint before its first call: what is deployed, how it is asked, who it is.

A caller who may predict but not look the endpoint up goes on where the configuration declares the
format; what is deployed then stays unknown until answers tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from llmeval.config import EndpointSettings
from llmeval.endpoints.references import EndpointOptions
from llmeval.endpoints.vertex.formats import container_of
from llmeval.endpoints.vertex.lookup import (
    NOT_ALLOWED,
    EndpointResource,
    Looker,
    ModelResource,
)
from llmeval.endpoints.vertex.references import Place, VertexReference, is_loopback
from llmeval.endpoints.vertex.targets import (
    Target,
    endpoint_target,
    publisher_target,
    unseen_target,
)
from llmeval.records import CallFailure, EndpointIdentity

__all__ = ["Opened", "Opening", "declared_for"]


@dataclass(frozen=True, slots=True)
class Opened:
    """``only`` is the deployed model that gets all traffic, where there is one; ``versions`` name
    each deployed model by its id; ``resource`` is ``None`` where nothing was looked up."""

    target: Target
    identity: EndpointIdentity
    declared: EndpointSettings
    resource: EndpointResource | None = None
    only: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens ``reference`` at ``place``; ``root`` is the address, ``identity`` what was known."""

    reference: VertexReference
    place: Place
    root: str
    options: EndpointOptions
    identity: EndpointIdentity

    async def find(self, looker: Looker) -> Opened:
        """Return what is asked. Raises ``EndpointDown``, ``ModelReferenceError``, ``ConfigError``
        with what to do."""
        if self.reference.kind == "publisher":
            return await self._publisher(looker)
        declared = declared_for(self.reference, self.options.endpoints)
        listed = await looker.named(self.reference)
        if isinstance(listed, CallFailure):
            if self._may_go_on(listed, declared):
                return self._unseen(looker, declared)
            raise looker.failed(self.reference, listed)
        found = looker.chosen(self.reference, listed)
        return self._endpoint(looker, found, await looker.models(found.deployed_models))

    async def _publisher(self, looker: Looker) -> Opened:
        reference = self.reference
        if is_loopback(self.root):
            await looker.touch(f"publishers/{reference.publisher}/models/{reference.name}")
        declared = declared_for(reference, self.options.endpoints)
        target = publisher_target(reference, self.place, self.root, declared, self.options.labels)
        identity = msgspec.structs.replace(
            self.identity,
            simulated=looker.emulated,
            details={"publisher": reference.publisher, **self._where(target, declared)},
        )
        return Opened(target, identity, declared)

    def _endpoint(
        self, looker: Looker, found: EndpointResource, models: Mapping[str, ModelResource]
    ) -> Opened:
        reference = self.reference
        declared = declared_for(reference, self.options.endpoints, found.display_name, found.name)
        target = endpoint_target(reference, found, models, self.root, declared, self.options.labels)
        serving = [reference.deployed_model] if reference.deployed_model else []
        serving = serving or [d.id for d in found.reachable]
        only = serving[0] if len(serving) == 1 else None
        versions = {
            d.id: f"{d.display_name or d.model}@{d.model_version_id or '?'}"
            for d in found.deployed_models
        }
        names = [d.display_name for d in found.deployed_models if d.id in serving]
        identity = msgspec.structs.replace(
            self.identity,
            name=(names[0] if len(names) == 1 else "") or found.display_name or reference.name,
            version=versions.get(only or ""),
            simulated=looker.emulated,
            alias=False,
            details={
                "endpoint": found.name,
                "display_name": found.display_name,
                "dedicated": found.dedicated_endpoint_enabled,
                "deployed_models": _described(found, models),
                **_tuned(target, models, serving),
                **self._where(target, declared),
            },
        )
        return Opened(target, identity, declared, found, only, versions)

    def _may_go_on(self, failure: CallFailure, declared: EndpointSettings) -> bool:
        """Whether an endpoint that may not be looked up is known well enough to be asked."""
        forbidden = failure.kind == "forbidden" and failure.reason in NOT_ALLOWED
        return forbidden and self.reference.kind == "endpoint" and declared.format is not None

    def _unseen(self, looker: Looker, declared: EndpointSettings) -> Opened:
        reference = self.reference
        target = unseen_target(reference, self.place, self.root, declared, self.options.labels)
        identity = msgspec.structs.replace(
            self.identity,
            simulated=looker.emulated,
            details={
                "endpoint": f"{self.place.parent}/endpoints/{reference.name}",
                "look_up": "forbidden",
                "deployed_models": None,
                **self._where(target, declared),
            },
        )
        return Opened(target, identity, declared, only=reference.deployed_model)

    def _where(self, target: Target, declared: EndpointSettings) -> dict[str, Any]:
        found: dict[str, Any] = {
            "project": self.place.project,
            "location": self.place.location,
            "format": target.format,
        }
        if self.options.api_endpoint:
            found["api_endpoint"] = self.root
        if declared != EndpointSettings():
            found["declared"] = msgspec.to_builtins(declared)
        return found


def declared_for(
    reference: VertexReference, endpoints: Mapping[str, EndpointSettings], *names: str
) -> EndpointSettings:
    """Return what the configuration says of this endpoint, by reference, id or display name."""
    plain = reference.text.partition("?")[0]
    for name in (reference.text, plain, reference.name, *names):
        if name in endpoints:
            return endpoints[name]
    return EndpointSettings()


def _described(
    found: EndpointResource, models: Mapping[str, ModelResource]
) -> list[dict[str, Any]]:
    return [
        {
            "id": d.id,
            "model": d.model,
            "version": d.model_version_id,
            "display_name": d.display_name,
            "traffic": found.traffic_split.get(d.id),
            "container": container_of(models.get(d.id)) or None,
        }
        for d in found.deployed_models
    ]


def _tuned(
    target: Target, models: Mapping[str, ModelResource], serving: list[str]
) -> dict[str, str]:
    """Return the Gemini model beneath a tuned one, which is billed as that is."""
    sources = [models[one].base_model_source for one in serving if one in models]
    bases = {s.genie_source.base_model_uri for s in sources if s and s.genie_source}
    base = bases.pop() if len(bases) == 1 and len(sources) == len(serving) else ""
    return {"base_model": base} if base and target.format == "generate_content" else {}
