"""Any server that speaks OpenAI's chat/completions, over aiohttp.

Latency counts from the moment at which a connection is at hand and the request goes out.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from llmeval.endpoints.chat import refused_setting, request_body
from llmeval.endpoints.exchange import Exchange
from llmeval.endpoints.failures import CALL_ERRORS, from_exception
from llmeval.endpoints.references import EndpointOptions, OpenAIReference
from llmeval.endpoints.text import decode_json, encode_json, printable
from llmeval.errors import EndpointDown, ModelReferenceError
from llmeval.records import Attempt, CallFailure, EndpointIdentity, Request, Response

__all__ = ["OpenAIEndpoint"]

_LARGE_BODY = 1_000_000
_IDLE_SECONDS = 4.0
_STREAM_HEADERS = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}

_connected: ContextVar[float] = ContextVar("connected", default=0.0)


class _Connector(aiohttp.TCPConnector):
    """Notes when a call has its connection: making one is no part of the model's latency."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Any:
        connection = await super().connect(req, traces, timeout)
        _connected.set(time.perf_counter())
        return connection


class OpenAIEndpoint:
    """An ``Endpoint`` (see ``ports``) behind ``BASE/chat/completions``."""

    def __init__(self, reference: OpenAIReference, options: EndpointOptions) -> None:
        self._reference = reference
        self._options = options
        self._url = URL(reference.url("/chat/completions"))
        self._secrets = _secrets(reference, options)
        self._session: aiohttp.ClientSession | None = None
        self._model = reference.name
        self._identity = self._identify()

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers; without ``#MODEL`` the name is known after ``open``."""
        return self._identity

    async def open(self) -> None:
        """Open the connection pool; without ``#MODEL`` ask the server which model it serves.

        Raises ``EndpointDown`` if it cannot say, ``ModelReferenceError`` if it serves several.
        """
        if self._session is None:
            self._session = self._new_session()
        if self._model is None:
            try:
                self._model = await self._only_model(self._session)
            except BaseException:
                await self.close()
                raise
            self._identity = self._identify()

    async def close(self) -> None:
        """Close all connections. Safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Ask once: see ``ports.Endpoint.send``."""
        if self._session is None or self._model is None:
            raise RuntimeError("send() outside of open() and close()")
        body = self._encoded(request, self._model)
        if isinstance(body, CallFailure):
            return Attempt(body, latency=0.0)
        exchange = Exchange(self._options.max_response_bytes, self._secrets)
        begun = time.perf_counter()
        _connected.set(begun)
        try:
            async with (
                asyncio.timeout(timeout),
                self._session.post(
                    self._url,
                    data=io.BytesIO(body) if len(body) > _LARGE_BODY else body,
                    headers=_STREAM_HEADERS if request.stream else None,
                    allow_redirects=False,
                ) as answer,
            ):
                outcome = await exchange.read(answer, request.stream)
        except CALL_ERRORS as error:
            outcome = self._failed(error, exchange, timeout)
        ended = exchange.ended or time.perf_counter()
        sent = _connected.get()
        ttft = None if exchange.first_text is None else exchange.first_text - sent
        return Attempt(self._hinted(outcome), latency=ended - sent, ttft=ttft)

    def _encoded(self, request: Request, model: str) -> bytes | CallFailure:
        problem = refused_setting(request.settings)
        if problem:
            return CallFailure("bad_request", problem)
        try:
            return encode_json(request_body(request, model))
        except (TypeError, ValueError) as error:
            return CallFailure("bad_request", f"the settings cannot be sent as JSON: {error}")

    def _failed(self, error: BaseException, exchange: Exchange, timeout: float) -> CallFailure:
        failure = from_exception(
            error,
            answering=exchange.answering,
            timeout=timeout,
            connect_timeout=self._options.connect_timeout,
        )
        return CallFailure(failure.kind, printable(failure.message, secrets=self._secrets))

    def _hinted(self, outcome: Response | CallFailure) -> Response | CallFailure:
        if isinstance(outcome, Response):
            return outcome
        hint = ""
        if outcome.status == 404 and not self._reference.base.endswith(("/v1", "/v2", "/v3")):
            hint = f" (asked {self._reference.base}/chat/completions: does the URL lack /v1?)"
        if outcome.status == 401 and not self._options.api_key:
            hint = " (no API key was given)"
        if not hint:
            return outcome
        return msgspec.structs.replace(outcome, message=outcome.message + hint)

    def _identify(self) -> EndpointIdentity:
        sha = self._reference.query_sha256
        return EndpointIdentity(
            ref=self._reference.shown(self._model),
            kind="openai",
            name=self._model or "",
            details={"query_sha256": sha} if sha else {},
        )

    def _new_session(self) -> aiohttp.ClientSession:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
        if self._options.api_key and self._options.api_key.strip():
            headers["Authorization"] = f"Bearer {self._options.api_key.strip()}"
        headers |= {name: value.strip() for name, value in self._options.headers.items()}
        seconds = self._options.connect_timeout
        return aiohttp.ClientSession(
            # Servers such as uvicorn drop idle connections after 5 s: be the first to do so.
            connector=_Connector(limit=0, ttl_dns_cache=300, keepalive_timeout=_IDLE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None, connect=seconds, sock_connect=seconds),
            trust_env=False,
        )

    async def _only_model(self, session: aiohttp.ClientSession) -> str:
        """Return the name of the one model that is served."""
        seconds = self._options.connect_timeout
        exchange = Exchange(self._options.max_response_bytes, self._secrets)
        url = URL(self._reference.url("/models"))
        try:
            async with (
                asyncio.timeout(seconds),
                session.get(url, allow_redirects=False) as answer,
            ):
                body = await exchange.whole(answer)
        except CALL_ERRORS as error:
            body = self._failed(error, exchange, seconds)
        if isinstance(body, CallFailure):
            hinted = self._hinted(body)
            raise EndpointDown(
                f"{self._reference.shown(None)}: its models cannot be listed: "
                f"{getattr(hinted, 'message', '')}. Name the model (…#MODEL) or start the server"
            )
        return _choose(_model_names(body), self._reference)


def _secrets(reference: OpenAIReference, options: EndpointOptions) -> tuple[str, ...]:
    values = [options.api_key or "", *options.headers.values()]
    values += [pair.partition("=")[2] or pair for pair in reference.query.split("&")]
    return tuple(sorted({v.strip() for v in values if len(v.strip()) > 3}, key=len, reverse=True))


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
