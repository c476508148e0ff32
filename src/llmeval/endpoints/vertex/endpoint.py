"""A model on Vertex AI as an ``Endpoint``: look it up once, then ask over aiohttp."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from yarl import URL

from llmeval.endpoints.dialects.dialect import Dialect
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.endpoints.dialects.predict import Predict
from llmeval.endpoints.references import EndpointOptions
from llmeval.endpoints.text import printable
from llmeval.endpoints.vertex.accounts import ANYBODY, Account
from llmeval.endpoints.vertex.advice import ADVISED, advised
from llmeval.endpoints.vertex.credentials import GoogleToken, NoToken, TokenSource, default_token
from llmeval.endpoints.vertex.grouping import (
    Candidates,
    Gatherer,
    Instances,
    same_prompt,
    same_settings,
)
from llmeval.endpoints.vertex.lookup import PAUSES, Looker
from llmeval.endpoints.vertex.opening import Opened, Opening
from llmeval.endpoints.vertex.references import (
    Place,
    VertexReference,
    check_place,
    first_location,
    is_loopback,
    parse_vertex,
)
from llmeval.endpoints.vertex.targets import Target, batch_model
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
        self._opened: Opened | None = None
        self._gatherer: Gatherer | None = None
        self._place = Place("", reference.location or first_location(options.location))
        self._root = ""
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
        return self._known.target

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
            self._opened = await self._find(self._channel)
            self._identity = self._opened.identity
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
        if self._channel is None:
            raise RuntimeError("send() outside of open() and close()")
        target, declared = self.target, self._known.declared
        url = target.url
        if request.stream and target.stream_url is not None:
            url = target.stream_url
        elif request.stream:
            request = msgspec.structs.replace(request, stream=False)
        if declared.settings:
            settings = {**declared.settings, **request.settings}
            request = msgspec.structs.replace(request, settings=settings)
        if self._gatherer is not None and not request.stream:
            return await self._gatherer.send(request, timeout)
        return await self.ask(url, target.dialect, request, timeout)

    def _gathering(self) -> Gatherer | None:
        """Return what brings requests together, where the configuration asks for it."""
        target, declared = self.target, self._known.declared

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

        model = batch_model(self._reference, self.target, self._known.resource)
        return VertexBatch(model, self.target.dialect, connect, self._known.declared.settings)

    async def ask(
        self,
        url: URL,
        dialect: Dialect,
        request: Request,
        timeout: float,  # noqa: ASYNC109 - the port
    ) -> Attempt:
        """Send one request in a dialect. A refused token is renewed, and the request sent once
        more; the time that takes is no part of the attempt."""
        assert self._channel is not None  # noqa: S101 - open() comes first
        takes_token = self.target.takes_token
        for last in (False, True):
            try:
                headers = await self._tokens.headers() if takes_token else {}
            except EndpointDown as error:
                return Attempt(CallFailure("unauthorized", str(error)), latency=0.0)
            reply = await self._channel.ask(url, dialect, request, timeout, headers)
            outcome = reply.attempt.outcome
            if isinstance(outcome, Response) or outcome.status != 401:
                break
            if last or not self._tokens.refused(headers):
                break
        attributed = self._attributed(outcome, reply.headers)
        if attributed is outcome:
            return reply.attempt
        return msgspec.structs.replace(reply.attempt, outcome=attributed)

    def _attributed(
        self, outcome: Response | CallFailure, headers: Mapping[str, str]
    ) -> Response | CallFailure:
        """Say which deployed model answered, and what to do about a failure."""
        known, told = self._known, headers.get(_DEPLOYED)
        deployed = (printable(told) if told else outcome.deployed_model) or known.only
        version = outcome.model_version or known.versions.get(deployed or "")
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

    @property
    def _known(self) -> Opened:
        if self._opened is None:
            raise RuntimeError("the endpoint is not open")
        return self._opened

    async def _find(self, channel: Channel) -> Opened:
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
        refuse_plain(self._token, root)
        headers = await self._token.headers()
        looker = Looker(channel, root, self._place, headers, self._account, PAUSES)
        opening = Opening(reference, self._place, root, options, self._identity)
        found = await opening.find(looker)
        refuse_plain(self._token, found.declared.address)
        return found


def vertex_endpoint(reference: str, options: EndpointOptions) -> VertexEndpoint:
    """Return the endpoint that a reference names, not yet open. Raises ``ModelReferenceError``."""
    return VertexEndpoint(parse_vertex(reference), options)


def refuse_plain(token: TokenSource, address: str | None) -> None:
    """A token goes over TLS or not at all. Raises ``ConfigError``."""
    if not address or isinstance(token, NoToken):
        return
    if not address.startswith("https://") and not is_loopback(address):
        raise ConfigError(
            f"{address}: an access token would go over the network in the clear; use https://"
        )


def _is_alias(reference: VertexReference) -> bool:
    return reference.kind != "publisher" or not _PINNED.search(reference.name)
