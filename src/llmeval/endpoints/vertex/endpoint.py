"""A model on Vertex AI as an ``Endpoint``: look it up once, then ask over aiohttp."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from llmeval.config import EndpointSettings
from llmeval.endpoints.dialects.dialect import Dialect
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.endpoints.dialects.predict import Predict
from llmeval.endpoints.references import EndpointOptions
from llmeval.endpoints.vertex.accounts import ANYBODY, Account
from llmeval.endpoints.vertex.advice import ADVISED, advised
from llmeval.endpoints.vertex.credentials import (
    GoogleToken,
    NoToken,
    TokenSource,
    default_token,
)
from llmeval.endpoints.vertex.grouping import (
    Candidates,
    Gatherer,
    Instances,
    same_prompt,
    same_settings,
)
from llmeval.endpoints.vertex.lookup import EndpointResource, Looker, ModelResource
from llmeval.endpoints.vertex.references import (
    Place,
    VertexReference,
    check_place,
    first_location,
    is_loopback,
    parse_vertex,
)
from llmeval.endpoints.vertex.targets import (
    Target,
    batch_model,
    container_of,
    endpoint_target,
    publisher_target,
)
from llmeval.endpoints.wire.channel import Channel, hidden
from llmeval.errors import ConfigError, EndpointDown, ModelReferenceError
from llmeval.records import Attempt, CallFailure, EndpointIdentity, Request, Response

if TYPE_CHECKING:
    from llmeval.endpoints.vertex.batching import VertexBatch

__all__ = ["VertexEndpoint", "refuse_plain", "vertex_endpoint"]

_PINNED = re.compile(r"-\d{3}$|@\d|-\d{4,8}$")
"""A publisher's model whose name says its version will not change under it."""

_DEPLOYED = "x-vertex-ai-deployed-model-id"


class VertexEndpoint:
    """An ``Endpoint`` (see ``ports``) on Vertex AI. ``token`` stands in for the Application Default
    Credentials."""

    def __init__(
        self,
        reference: VertexReference,
        options: EndpointOptions,
        token: TokenSource | None = None,
    ) -> None:
        self._reference = reference
        self._options = options
        self._token = token
        self._channel: Channel | None = None
        self._target: Target | None = None
        self._found: EndpointResource | None = None
        self._gatherer: Gatherer | None = None
        self._only: str | None = None
        self._versions: dict[str, str] = {}
        self._place = Place("", reference.location or first_location(options.location))
        self._root = ""
        self._accepted = False
        self._declared = _declared(reference, options.endpoints)
        # The price of a publisher's model is known before it is asked.
        known = {"publisher": reference.publisher, "location": self._place.location}
        self._identity = EndpointIdentity(
            ref=reference.text,
            kind="vertex",
            name=reference.name,
            alias=_is_alias(reference),
            details=known if reference.publisher else {},
        )

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers; what is deployed is known after ``open``."""
        return self._identity

    @property
    def target(self) -> Target:
        """How the model is asked; known after ``open``."""
        if self._target is None:
            raise RuntimeError("the endpoint is not open")
        return self._target

    @property
    def place(self) -> Place:
        """Project and region; the project is known after ``open``."""
        return self._place

    async def open(self) -> None:
        """Get a token, look the endpoint up, and choose format and address.

        Raises ``EndpointDown`` and ``ModelReferenceError`` with what to do.
        """
        if self._channel is not None:
            return
        self._channel = Channel(
            {"User-Agent": "llmeval", **self._options.headers},
            connect_timeout=self._options.connect_timeout,
            max_response_bytes=self._options.max_response_bytes,
            secrets=hidden(self._options.headers.values()),
        )
        try:
            await self._find(self._channel)
            self._gatherer = self._gathering()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close all connections. Safe to call twice."""
        channel, self._channel = self._channel, None
        gatherer, self._gatherer = self._gatherer, None
        if gatherer is not None:
            await gatherer.close()
        if channel is not None:
            await channel.close()
            if self._token is not None:
                await self._token.close()

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Ask once: see ``ports.Endpoint.send``."""
        target = self.target
        url = target.url
        if request.stream and target.stream_url is not None:
            url = target.stream_url
        elif request.stream:
            request = msgspec.structs.replace(request, stream=False)
        if self._declared.settings:
            settings = {**self._declared.settings, **request.settings}
            request = msgspec.structs.replace(request, settings=settings)
        if self._gatherer is not None and not request.stream:
            return await self._gatherer.send(request, timeout)
        return await self.ask(url, target.dialect, request, timeout)

    def _gathering(self) -> Gatherer | None:
        """Return what brings requests together, where the configuration asks for it."""
        target, declared = self.target, self._declared

        async def ask(dialect: Dialect | None, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109
            return await self.ask(target.url, dialect or target.dialect, request, timeout)

        if declared.candidates > 1 and isinstance(target.dialect, Gemini):
            share = partial(Candidates, target.dialect)
            return Gatherer(declared.candidates, same_prompt, share, ask)
        if declared.instances > 1 and isinstance(target.dialect, Predict):
            return Gatherer(
                declared.instances, same_settings, partial(Instances, target.dialect), ask
            )
        if declared.candidates > 1 or declared.instances > 1:
            raise ConfigError(
                f"[tool.llmeval.endpoints] {self._reference.text!r}: 'candidates' go with "
                f"generate_content, 'instances' with predict; this endpoint speaks {target.format}"
            )
        return None

    def batch(self) -> VertexBatch:
        """Return the batch side of this endpoint, which is open. Raises ``ConfigError`` where
        batch prediction does not serve it."""
        from llmeval.endpoints.vertex.batch import BatchJobs
        from llmeval.endpoints.vertex.batching import VertexBatch

        def connect() -> BatchJobs:
            place = self._place
            return BatchJobs(place.project, place.location, self._options.api_endpoint)

        model = batch_model(self._reference, self.target, self._found)
        return VertexBatch(model, self.target.dialect, connect, self._declared.settings)

    async def ask(self, url: Any, dialect: Any, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Send one request in a dialect. A token that was good and is no longer is renewed once."""
        assert self._channel is not None  # noqa: S101 - open() comes first
        for last in (False, True):
            try:
                headers = await self._tokens.headers()
            except EndpointDown as error:
                return Attempt(CallFailure("unauthorized", str(error)), latency=0.0)
            reply = await self._channel.ask(url, dialect, request, timeout, headers)
            outcome = reply.attempt.outcome
            if isinstance(outcome, Response) or outcome.status != 401:
                self._accepted = self._accepted or isinstance(outcome, Response)
                break
            self._tokens.refused()
            if last or not self._accepted:
                break
        return msgspec.structs.replace(
            reply.attempt, outcome=self._attributed(outcome, reply.headers)
        )

    def _attributed(
        self, outcome: Response | CallFailure, headers: Mapping[str, str]
    ) -> Response | CallFailure:
        """Say which deployed model answered, and what to do about a failure."""
        deployed = headers.get(_DEPLOYED) or outcome.deployed_model or self._only
        version = outcome.model_version or self._versions.get(deployed or "")
        if isinstance(outcome, CallFailure) and outcome.kind in ADVISED:
            outcome = msgspec.structs.replace(
                outcome, message=advised(outcome, self._place, self._root, self._account)
            )
        if deployed == outcome.deployed_model and version == outcome.model_version:
            return outcome
        return msgspec.structs.replace(outcome, deployed_model=deployed, model_version=version)

    # Opening

    @property
    def _tokens(self) -> TokenSource:
        assert self._token is not None  # noqa: S101 - open() comes first
        return self._token

    @property
    def _account(self) -> Account:
        return self._token.account if isinstance(self._token, GoogleToken) else ANYBODY

    async def _find(self, channel: Channel) -> None:
        options, reference = self._options, self._reference
        location = reference.location or first_location(options.location)
        root = options.api_endpoint or Place("", location).root
        if self._token is None:
            self._token = NoToken() if is_loopback(root) else await default_token()
        project = reference.project or options.project or self._token.project
        if not project:
            raise ModelReferenceError(
                f"{reference.text}: no Google Cloud project is known: give --project=ID or set "
                f"GOOGLE_CLOUD_PROJECT"
            )
        self._place, self._root = Place(project, location), root
        check_place(self._place)
        refuse_plain(self._token, root, self._declared.address)
        headers = await self._token.headers()
        looker = Looker(channel, root, self._place, headers, self._account)
        if reference.kind == "publisher":
            await self._publisher(looker, root)
        else:
            await self._endpoint(looker, root)

    async def _publisher(self, looker: Looker, root: str) -> None:
        reference, place = self._reference, self._place
        if is_loopback(root):
            await looker.touch(f"publishers/{reference.publisher}/models/{reference.name}")
        self._target = publisher_target(
            reference, place, root, self._declared, self._options.labels
        )
        self._identity = msgspec.structs.replace(
            self._identity,
            simulated=looker.emulated,
            details={"publisher": reference.publisher, **self._where(root)},
        )

    async def _endpoint(self, looker: Looker, root: str) -> None:
        reference = self._reference
        found = await looker.endpoint(reference)
        self._found = found
        models = await looker.models(found.deployed_models)
        self._declared = _declared(
            reference, self._options.endpoints, found.display_name, found.name
        )
        self._target = endpoint_target(
            reference, found, models, root, self._declared, self._options.labels
        )
        serving = [reference.deployed_model] if reference.deployed_model else []
        serving = serving or [d.id for d in found.reachable]
        self._only = serving[0] if len(serving) == 1 else None
        self._versions = {
            d.id: f"{d.display_name or d.model}@{d.model_version_id or '?'}"
            for d in found.deployed_models
        }
        names = [d.display_name for d in found.deployed_models if d.id in serving]
        self._identity = msgspec.structs.replace(
            self._identity,
            name=(names[0] if len(names) == 1 else "") or found.display_name or reference.name,
            version=self._versions.get(self._only or ""),
            simulated=looker.emulated,
            alias=False,
            details={
                "endpoint": found.name,
                "display_name": found.display_name,
                "dedicated": found.dedicated_endpoint_enabled,
                "deployed_models": _described(found, models),
                **_tuned(self._target, models, serving),
                **self._where(root),
            },
        )

    def _where(self, root: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "project": self._place.project,
            "location": self._place.location,
            "format": self.target.format,
        }
        if self._options.api_endpoint:
            found["api_endpoint"] = root
        if self._declared != EndpointSettings():
            found["declared"] = msgspec.to_builtins(self._declared)
        return found


def vertex_endpoint(reference: str, options: EndpointOptions) -> VertexEndpoint:
    """Return the endpoint that a reference names, not yet open. Raises ``ModelReferenceError``."""
    return VertexEndpoint(parse_vertex(reference), options)


def _declared(
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


def refuse_plain(token: TokenSource, *addresses: str | None) -> None:
    """A token goes over TLS or not at all. Raises ``ConfigError``."""
    if isinstance(token, NoToken):
        return
    for address in addresses:
        if address and not address.startswith("https://") and not is_loopback(address):
            raise ConfigError(
                f"{address}: an access token would go over the network in the clear; use https://"
            )


def _is_alias(reference: VertexReference) -> bool:
    return reference.kind != "publisher" or not _PINNED.search(reference.name)
