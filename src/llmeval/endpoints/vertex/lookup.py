"""What is deployed at an endpoint: its models, versions, traffic, containers and addresses.

Asked over the same connections as the calls: loading google-cloud-aiplatform takes eight seconds,
this a fraction of one. ``tests/emulator`` holds it against that client, field for field.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct, field
from yarl import URL

from llmeval.endpoints.text import printable
from llmeval.endpoints.vertex.accounts import ANYBODY, Account
from llmeval.endpoints.vertex.advice import advice
from llmeval.endpoints.vertex.references import Place, VertexReference
from llmeval.endpoints.wire.channel import Channel
from llmeval.errors import EndpointDown, LlmevalError, ModelReferenceError
from llmeval.records import QUOTA_KINDS, CallFailure

__all__ = ["NOT_ALLOWED", "PAUSES", "Deployed", "EndpointResource", "Looker", "ModelResource"]

EMULATED = "x-llmeval-emulator"
"""Header by which our own emulator says that it is one."""

_PASSING = QUOTA_KINDS | {"server_error", "reset", "stream_cut", "cancelled", "conflict"}
PAUSES = (0.25, 1.0)
"""Seconds before each further try: a look-up that fails for a moment must not end a run."""

_LONGEST_PAUSE = 3.0

NOT_ALLOWED = ("IAM_PERMISSION_DENIED", "PERMISSION_DENIED", None)
"""Reasons of a 403 that speak of one permission, not of a project or an API that is shut."""

_MODEL = re.compile(r"projects/[^/?#\s]+/locations/[^/?#\s]+/models/[\w@.-]+")
_ENDPOINT = re.compile(r"projects/[^/?#\s]+/locations/[^/?#\s]+/endpoints/[\w-]+")

_T = TypeVar("_T", bound=Struct)


class _Resource(Struct, frozen=True, rename="camel"):
    """Fields of a REST resource by their names there; what is not needed is not read."""


class PrivateEndpoints(_Resource, frozen=True, rename="camel"):
    """Addresses within a peered network."""

    predict_http_uri: str | None = None


class Deployed(_Resource, frozen=True, rename="camel"):
    """One deployed model. ``dedicated_resources`` are its machines, where it has any."""

    id: str
    model: str = ""
    display_name: str = ""
    model_version_id: str | None = None
    dedicated_resources: dict[str, Any] | None = None
    automatic_resources: dict[str, Any] | None = None
    shared_resources: str | None = None
    private_endpoints: PrivateEndpoints | None = None


class PrivateServiceConnect(_Resource, frozen=True, rename="camel"):
    """Whether the endpoint is reached through private service connect."""

    enable_private_service_connect: bool = False


class EndpointResource(_Resource, frozen=True, rename="camel"):
    """An endpoint as ``endpoints.get`` describes it; ``traffic_split`` is per cent by id."""

    name: str
    display_name: str = ""
    deployed_models: list[Deployed] = field(default_factory=list)
    traffic_split: dict[str, int] = field(default_factory=dict)
    network: str | None = None
    private_service_connect_config: PrivateServiceConnect | None = None
    dedicated_endpoint_enabled: bool = False
    dedicated_endpoint_dns: str | None = None

    @property
    def reachable(self) -> list[Deployed]:
        """The deployed models that get traffic; all of them where nothing is said of traffic."""
        taking = [d for d in self.deployed_models if self.traffic_split.get(d.id)]
        return taking if self.traffic_split else self.deployed_models


class Container(_Resource, frozen=True, rename="camel"):
    """The image that serves a model."""

    image_uri: str = ""


class GenieSource(_Resource, frozen=True, rename="camel"):
    """The Gemini model that was tuned."""

    base_model_uri: str = ""


class BaseModelSource(_Resource, frozen=True, rename="camel"):
    """What a model was made from."""

    genie_source: GenieSource | None = None


class ModelResource(_Resource, frozen=True, rename="camel"):
    """A model as ``models.get`` describes it."""

    name: str
    display_name: str = ""
    version_id: str | None = None
    container_spec: Container | None = None
    base_model_source: BaseModelSource | None = None


class _Listing(_Resource, frozen=True, rename="camel"):
    endpoints: list[EndpointResource] = field(default_factory=list)


class _Published(_Resource, frozen=True, rename="camel"):
    publisher_models: list[ModelResource] = field(default_factory=list)


class Looker:
    """Reads resources under ``root`` (such as ``https://us-central1-aiplatform.googleapis.com``).

    ``pauses`` are seconds before each further try where the service fails for a moment.
    ``emulated`` tells after any look-up whether our own emulator answered.
    """

    def __init__(
        self,
        channel: Channel,
        root: str,
        place: Place,
        headers: Mapping[str, str],
        account: Account = ANYBODY,
        pauses: Sequence[float] = (),
    ) -> None:
        self._channel = channel
        self._root = root.rstrip("/")
        self._place = place
        self._headers = headers
        self._account = account
        self._pauses = pauses
        self.emulated = False

    async def endpoint(self, reference: VertexReference) -> EndpointResource:
        """Find the endpoint by its id, or by its display name.

        Raises ``ModelReferenceError`` where there is none or several of that name, ``EndpointDown``
        where that cannot be told.
        """
        found = await self.named(reference)
        if isinstance(found, CallFailure):
            raise self.failed(reference, found)
        return self.chosen(reference, found)

    async def named(self, reference: VertexReference) -> list[EndpointResource] | CallFailure:
        """Return the endpoints that a reference names here: of an id one or a failure, of a
        display name any number."""
        if reference.kind == "endpoint":
            path = f"{self._place.parent}/endpoints/{reference.name}"
            found = await self._get(path, EndpointResource)
            if isinstance(found, EndpointResource):
                return [found] if _ENDPOINT.fullmatch(found.name) else _misnamed(found)
            if found.status != 404 or reference.name.isdecimal():
                return found
        wanted = quote(f'display_name="{reference.name}"', safe="")
        return await self.listed(f"?filter={wanted}")

    async def listed(self, query: str = "") -> list[EndpointResource] | CallFailure:
        """Return the first page of the endpoints that are here."""
        found = await self._get(f"{self._place.parent}/endpoints{query}", _Listing)
        if isinstance(found, CallFailure):
            return found
        odd = [e for e in found.endpoints if not _ENDPOINT.fullmatch(e.name)]
        return _misnamed(odd[0]) if odd else found.endpoints

    async def model(self, deployed: Deployed) -> ModelResource | CallFailure:
        """Return the very version of the model behind a deployed one."""
        path = _versioned(deployed)
        if not _MODEL.fullmatch(path):
            return CallFailure("not_found", f"{printable(path)!r} names no model")
        return await self._get(path, ModelResource)

    async def models(self, deployed: list[Deployed]) -> dict[str, ModelResource]:
        """Return the model behind each deployed one by its id; what cannot be read is left out."""
        found = await asyncio.gather(*map(self.model, deployed))
        return {
            d.id: model
            for d, model in zip(deployed, found, strict=True)
            if isinstance(model, ModelResource)
        }

    async def published(self, publisher: str) -> list[str]:
        """Return the names of a publisher's models, none where they are not told."""
        path = f"publishers/{publisher}/models?pageSize=1000"
        found = await self._get(path, _Published, version="v1beta1")
        models = found.publisher_models if isinstance(found, _Published) else []
        return [model.name.rpartition("/")[2].partition("@")[0] for model in models]

    async def touch(self, path: str) -> None:
        """Ask for any page, to see who serves."""
        await self._get(path, ModelResource)

    def chosen(self, reference: VertexReference, found: list[EndpointResource]) -> EndpointResource:
        """Return the only one of ``found``. Raises ``ModelReferenceError`` for none or several."""
        if len(found) == 1:
            return found[0]
        where = f"in {self._place.location} of project {self._place.project}"
        if not found:
            raise ModelReferenceError(
                f"{reference.text}: no endpoint is called {reference.name!r} {where}",
                fix=f"List them: gcloud ai endpoints list --region={self._place.location} "
                f"--project={self._place.project}",
            )
        ids = "\n".join(f"  --model={e.name}" for e in found[:20])
        raise ModelReferenceError(
            f"{reference.text}: {len(found)} endpoints are called {reference.name!r} {where}; "
            f"choose one:\n{ids}"
        )

    async def _get(self, path: str, shape: type[_T], version: str = "v1") -> _T | CallFailure:
        url = URL(f"{self._root}/{version}/{path}", encoded=True)
        body, headers = await self._channel.get(url, self._headers)
        for pause in self._pauses:
            if not isinstance(body, CallFailure) or body.kind not in _PASSING:
                break
            await asyncio.sleep(min(body.retry_after or pause, _LONGEST_PAUSE))
            body, headers = await self._channel.get(url, self._headers)
        self.emulated = self.emulated or EMULATED in headers
        if isinstance(body, CallFailure):
            return body
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            said = printable(str(error))
            return CallFailure("malformed_body", f"{path} is not what Vertex AI answers: {said}")

    def failed(self, reference: VertexReference, failure: CallFailure) -> LlmevalError:
        """Return the error that ends a run whose endpoint could not be looked up."""
        text = f"{reference.text}: {failure.message}"
        fix = advice(failure, self._place, self._root, self._account)
        denied = failure.kind == "forbidden" and failure.reason in NOT_ALLOWED
        if denied and reference.kind == "endpoint":
            fix += (
                f". Or say how it is asked, and it need not be looked up: "
                f'[tool.llmeval.endpoints."{reference.name}"] format = "predict"'
            )
        lost = failure.status == 404
        return ModelReferenceError(text, fix=fix) if lost else EndpointDown(text, fix=fix)


def _misnamed(found: EndpointResource) -> CallFailure:
    said = printable(found.name)
    return CallFailure("malformed_body", f"what answers is not Vertex AI: {said!r} is no endpoint")


def _versioned(deployed: Deployed) -> str:
    """Name the very version that is deployed: a model's newest may be another."""
    name = re.sub(r"@.*", "", deployed.model)
    return f"{name}@{deployed.model_version_id}" if deployed.model_version_id else deployed.model
