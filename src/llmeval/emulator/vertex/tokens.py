"""Access tokens: an OAuth token endpoint and the metadata server of Compute Engine, emulated.

A token holds its own end and a signature by a key of this server, so that nothing is kept of it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec
from aiohttp import web

from llmeval.emulator.answers import json_answer
from llmeval.emulator.counting import Counts
from llmeval.emulator.vertex.errors import unauthenticated
from llmeval.errors import ConfigError

__all__ = ["TokenServer", "Tokens"]

_PREFIX = "ya29.emulated"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FLAVOR = {"Metadata-Flavor": "Google"}
_ACCOUNT = "emulator@demo.iam.gserviceaccount.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_METADATA = "/computeMetadata/v1"


class Tokens:
    """Issues and checks tokens that live ``lifetime`` seconds. ``clock`` gives Unix time."""

    def __init__(self, lifetime: float, clock: Callable[[], float] = time.time) -> None:
        if lifetime <= 0:
            raise ConfigError(f"token_lifetime={lifetime}: must be above 0 seconds")
        self._lifetime = lifetime
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def issue(self) -> dict[str, object]:
        """Return the answer of an OAuth token endpoint."""
        end = f"{self._clock() + self._lifetime:.6f}.{secrets.token_hex(8)}"
        return {
            "access_token": f"{_PREFIX}.{end}.{self._signature(end)}",
            "expires_in": max(1, int(self._lifetime)),
            "token_type": "Bearer",
            "scope": _SCOPE,
        }

    def check(self, authorization: str | None) -> None:
        """Check an ``Authorization`` header. Raises ``GoogleError`` (401)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthenticated("CREDENTIALS_MISSING")
        end, _, signature = token.strip().removeprefix(f"{_PREFIX}.").rpartition(".")
        given = signature.encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._signature(end).encode()):
            raise unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")
        if float(end.rpartition(".")[0]) <= self._clock():
            raise unauthenticated("ACCESS_TOKEN_EXPIRED")

    def _signature(self, end: str) -> str:
        data = end.encode("utf-8", "surrogateescape")
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()


class TokenServer:
    """Handlers that hand out tokens; each is counted. ``project`` is the metadata server's own."""

    def __init__(self, tokens: Tokens, counts: Counts, project: str) -> None:
        self._tokens = tokens
        self._counts = counts
        self._plain = {
            "project/project-id": project,
            "project/numeric-project-id": "123456789012",
            "universe/universe-domain": "googleapis.com",
            "instance/service-accounts/default/email": _ACCOUNT,
            "instance/zone": "projects/123456789012/zones/us-central1-a",
        }

    def add_to(self, app: web.Application) -> None:
        """Register ``POST /token`` and what a client asks a metadata server."""
        app.router.add_get("/", self.root)
        app.router.add_post("/token", self.grant)
        app.router.add_route("*", _METADATA + "/{path:.*}", self.metadata)

    async def grant(self, http: web.Request) -> web.Response:
        """``POST /token``: by a service account's assertion, whose signature is not checked, or by
        a refresh token."""
        form = parse_qs((await http.read()).decode("utf-8", "replace"))
        kind = form.get("grant_type", [""])[0]
        needed = {_JWT_BEARER: "assertion", "refresh_token": "refresh_token"}.get(kind)
        if needed is None:
            return _refused("unsupported_grant_type", f"Invalid grant_type: {kind[:100]}")
        if not form.get(needed):
            return _refused("invalid_request", f"Missing required parameter: {needed}")
        return self._issued()

    async def metadata(self, http: web.Request) -> web.Response:
        """What Compute Engine tells a virtual machine of itself."""
        if http.headers.get("Metadata-Flavor") != "Google":
            return web.Response(status=403, text="Missing Metadata-Flavor:Google header.")
        path = http.match_info["path"].rstrip("/")
        if path.endswith("/token"):
            return self._issued()
        if path.endswith(("service-accounts/default", f"service-accounts/{_ACCOUNT}")):
            account = {"email": _ACCOUNT, "aliases": ["default"], "scopes": [_SCOPE]}
            return json_answer(200, msgspec.json.encode(account), _FLAVOR)
        if path not in self._plain:
            return web.Response(status=404, text="Not Found", headers=_FLAVOR)
        return web.Response(
            text=self._plain[path], content_type="application/text", headers=_FLAVOR
        )

    async def root(self, http: web.Request) -> web.Response:
        """``GET /``: the sign by which a client knows a metadata server; else the control page."""
        if "Metadata-Flavor" not in http.headers:
            raise web.HTTPFound("/control")
        return web.Response(text="computeMetadata/\n", headers=_FLAVOR)

    def _issued(self) -> web.Response:
        self._counts.tokens_issued += 1
        return json_answer(200, msgspec.json.encode(self._tokens.issue()), _FLAVOR)


def _refused(error: str, description: str) -> web.Response:
    body = {"error": error, "error_description": description}
    return json_answer(400, msgspec.json.encode(body))
