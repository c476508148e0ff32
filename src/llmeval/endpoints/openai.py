"""Any server that speaks OpenAI's chat/completions, over aiohttp."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from yarl import URL

from llmeval.endpoints.dialects.chat_stream import Chat
from llmeval.endpoints.references import EndpointOptions, OpenAIReference
from llmeval.endpoints.text import decode_json, printable
from llmeval.endpoints.wire.channel import Channel, hidden
from llmeval.errors import EndpointDown, ModelReferenceError
from llmeval.records import Attempt, CallFailure, EndpointIdentity, Request, Response

__all__ = ["OpenAIEndpoint"]


class OpenAIEndpoint:
    """An ``Endpoint`` (see ``ports``) behind ``BASE/chat/completions``."""

    def __init__(self, reference: OpenAIReference, options: EndpointOptions) -> None:
        self._reference = reference
        self._options = options
        self._url = URL(reference.url("/chat/completions"))
        self._channel: Channel | None = None
        self._model = reference.name
        self._dialect = Chat(reference.name or "")
        self._identity = self._identify()

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers; without ``#MODEL`` the name is known after ``open``."""
        return self._identity

    async def open(self) -> None:
        """Open the connection pool; without ``#MODEL`` ask the server which model it serves.

        Raises ``EndpointDown`` if it cannot say, ``ModelReferenceError`` if it serves several.
        """
        if self._channel is None:
            self._channel = self._new_channel()
        if self._model is None:
            try:
                self._model = await self._only_model(self._channel)
            except BaseException:
                await self.close()
                raise
            self._dialect = Chat(self._model)
            self._identity = self._identify()

    async def close(self) -> None:
        """Close all connections. Safe to call twice."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Ask once: see ``ports.Endpoint.send``."""
        if self._channel is None or self._model is None:
            raise RuntimeError("send() outside of open() and close()")
        reply = await self._channel.ask(self._url, self._dialect, request, timeout)
        if isinstance(reply.attempt.outcome, Response):
            return reply.attempt
        return msgspec.structs.replace(reply.attempt, outcome=self._hinted(reply.attempt.outcome))

    def _hinted(self, failure: CallFailure) -> CallFailure:
        hint = ""
        if failure.status == 404 and not self._reference.base.endswith(("/v1", "/v2", "/v3")):
            hint = f" (asked {self._reference.base}/chat/completions: does the URL lack /v1?)"
        if failure.status == 401 and not self._options.api_key:
            hint = " (no API key was given)"
        return msgspec.structs.replace(failure, message=failure.message + hint) if hint else failure

    def _identify(self) -> EndpointIdentity:
        sha = self._reference.query_sha256
        return EndpointIdentity(
            ref=self._reference.shown(self._reference.name),
            kind="openai",
            name=self._model or "",
            details={"query_sha256": sha} if sha else {},
        )

    def _new_channel(self) -> Channel:
        options, key = self._options, (self._options.api_key or "").strip()
        query = [pair.partition("=")[2] or pair for pair in self._reference.query.split("&")]
        return Channel(
            ({"Authorization": f"Bearer {key}"} if key else {}) | dict(options.headers),
            connect_timeout=options.connect_timeout,
            max_response_bytes=options.max_response_bytes,
            secrets=hidden([key, *options.headers.values(), *query]),
        )

    async def _only_model(self, channel: Channel) -> str:
        """Return the name of the one model that is served."""
        body, _ = await channel.get(URL(self._reference.url("/models")))
        if isinstance(body, CallFailure):
            raise EndpointDown(
                f"{self._reference.shown(None)}: its models cannot be listed: "
                f"{self._hinted(body).message}. Name the model (…#MODEL) or start the server"
            )
        return _choose(_model_names(body), self._reference)


def _model_names(body: bytes) -> list[str]:
    try:
        listing = decode_json(body)
    except ValueError:
        listing = None
    data = listing.get("data") if isinstance(listing, Mapping) else None
    entries = data if isinstance(data, list) else []
    return [e["id"] for e in entries if isinstance(e, dict) and isinstance(e.get("id"), str)]


def _choose(names: list[str], reference: OpenAIReference) -> str:
    where = reference.shown(None)
    if not names:
        raise ModelReferenceError(f"{where} lists no model; name it: {where}#MODEL")
    if len(names) > 1:
        listed = "\n".join(f"  {where}#{printable(name)}" for name in names[:50])
        raise ModelReferenceError(f"{where} serves {len(names)} models; choose one:\n{listed}")
    return names[0]
