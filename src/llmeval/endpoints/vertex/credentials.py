"""A bearer token that is renewed ahead of its end, in a thread: callers do not wait for it.

Application Default Credentials through google-auth, which is loaded on use.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote_plus

from llmeval.endpoints.text import printable
from llmeval.endpoints.threads import in_daemon
from llmeval.endpoints.vertex.accounts import ANYBODY, LOGIN, Account, account_of, renewal
from llmeval.errors import EndpointDown, MissingExtra

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

__all__ = ["GoogleToken", "NoToken", "TokenSource", "default_token"]

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
AHEAD = 225.0
"""Seconds before its end at which a token is renewed: google-auth's own ``REFRESH_THRESHOLD``, for
a metadata server hands out the same token until four minutes before its end."""

_SHARE = 0.2
"""A token that lasts only minutes is renewed when this share of its time is left."""

_RETRY = 10.0
"""Seconds between two renewals that the last one gave no reason for."""

RENEWAL_SECONDS = 30.0
"""How long a server may take over a new token."""

_UNREADABLE = (OSError, AttributeError, TypeError, ValueError, KeyError)
"""What google-auth makes of a file or of an answer of another shape: a proxy's login page."""


class TokenSource(Protocol):
    """Headers that say who calls."""

    project: str | None

    async def headers(self) -> Mapping[str, str]:
        """Return the headers. Raises ``EndpointDown`` where no token can be had."""

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Note that a server did not accept these headers. Return whether better ones may be had:
        the next call of ``headers`` brings them."""

    async def close(self) -> None:
        """Stop renewing."""


class NoToken:
    """For servers on loopback that ask for none."""

    project: str | None = None

    async def headers(self) -> Mapping[str, str]:
        """No headers."""
        return {}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Nothing can be renewed."""
        return False

    async def close(self) -> None:
        """Nothing is running."""


class GoogleToken:
    """The token of google-auth credentials. ``clock`` is Unix time in seconds.

    A token that ends within ``AHEAD`` seconds is renewed in a thread, once, while callers go on
    with it; callers wait only where there is no valid token at all. A renewal that fails is tried
    again after ten seconds as long as the old token lasts; a token that a server refuses is
    renewed unless it is newer than that. Lives on one event loop.
    """

    def __init__(
        self,
        credentials: Credentials,
        project: str | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._renewal: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._headers: dict[str, str] = {}
        self._expires = 0.0
        self._renew_at = 0.0
        self._renewed_at = float("-inf")
        self.project = project
        self.renewals = 0
        self._take()

    @property
    def account(self) -> Account:
        """Who calls, as far as the credentials tell."""
        return account_of(self._credentials)

    @property
    def expires(self) -> float:
        """When the token ends, in Unix time; 0 where there is none yet."""
        return self._expires if self._headers else 0.0

    @property
    def quota_project(self) -> str | None:
        """The project on whose quota calls count, where the credentials name one."""
        return getattr(self._credentials, "quota_project_id", None) or None

    async def headers(self) -> Mapping[str, str]:
        """See ``TokenSource``."""
        now = self._clock()
        if self._headers and now < self._renew_at:
            return self._headers
        valid = bool(self._headers) and now < self._expires
        if self._renewal is None and (not valid or now >= self._not_before):
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(_seen)
        if not valid and self._renewal is not None:
            await _ended(self._renewal)
        return self._headers

    def refused(self, headers: Mapping[str, str]) -> bool:
        """See ``TokenSource``. Many calls may come back with one refused token: it is dropped
        once, and a newer one is left alone."""
        if headers != self._headers:
            return True
        if self._clock() - self._renewed_at < _RETRY:
            return False
        self._headers = {}
        return True

    async def close(self) -> None:
        """See ``TokenSource``. The thread of a renewal may go on; nobody waits for it."""
        renewal = self._renewal
        if renewal is not None:
            renewal.cancel()
            await asyncio.wait([renewal])
            self._renewal = None

    async def _renew(self) -> None:
        from google.auth.exceptions import GoogleAuthError

        try:
            await in_daemon(self._refresh)
            self.renewals += 1
            self._take()
            if not self._headers:
                raise GoogleAuthError("the answer holds no token")  # type: ignore[no-untyped-call]
        except (GoogleAuthError, *_UNREADABLE) as error:
            self._not_before = self._clock() + _RETRY
            if not self._headers or self._expires <= self._clock():
                raise _no_token(error, self._credentials) from None
        finally:
            self._renewal = None

    def _refresh(self) -> None:
        from google.auth.transport.requests import Request

        # google-auth would wait two minutes for each server that takes part.
        request = partial(Request(), timeout=RENEWAL_SECONDS)
        self._credentials.refresh(request)  # type: ignore[no-untyped-call]

    def _take(self) -> None:
        token, expiry = self._credentials.token, self._credentials.expiry
        if not token:
            return
        now = self._clock()
        # google-auth's expiry is a naive time in UTC; none means that the token does not end.
        self._expires = float("inf") if expiry is None else expiry.replace(tzinfo=UTC).timestamp()
        self._renew_at = self._expires - min(AHEAD, _SHARE * (self._expires - now))
        self._renewed_at = now if self.renewals else self._renewed_at
        self._headers = {"Authorization": f"Bearer {token}"}
        if self.quota_project:
            self._headers["x-goog-user-project"] = self.quota_project


async def _ended(renewal: asyncio.Task[None]) -> None:
    """Wait for a renewal that others wait for too. Raises what it raised, ``EndpointDown`` where
    it was given up."""
    await asyncio.wait([renewal])
    if renewal.cancelled():
        raise EndpointDown("no access token: the endpoint was closed while one was fetched")
    renewal.result()


def _seen(renewal: asyncio.Task[None]) -> None:
    """Look at a failure that nobody waited for: the next caller tries again."""
    if not renewal.cancelled():
        renewal.exception()


async def default_token() -> GoogleToken:
    """Return a token of the Application Default Credentials, found off the event loop.

    Raises ``MissingExtra`` without google-auth, ``EndpointDown`` where there are no credentials.
    """
    try:
        import google.auth
    except ModuleNotFoundError:
        raise MissingExtra("Vertex AI", "vertex") from None
    try:
        credentials, project = await in_daemon(_found)
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise _no_credentials(_words(error)) from None
    except google.auth.exceptions.GoogleAuthError as error:
        raise _no_token(error) from None
    except _UNREADABLE as error:
        raise _no_credentials(f"their file cannot be read: {type(error).__name__}") from None
    return GoogleToken(credentials, project)


def _found() -> tuple[Credentials, str | None]:
    import google.auth

    with warnings.catch_warnings():
        # A login without a quota project is told of by ``llmeval doctor``.
        warnings.simplefilter("ignore", UserWarning)
        found: tuple[Credentials, str | None] = google.auth.default(scopes=[SCOPE])
    return found


def _no_credentials(why: str) -> EndpointDown:
    return EndpointDown(
        f"no Google Cloud credentials are found on this machine ({why})",
        fix=f"Log in: {LOGIN}; or let GOOGLE_APPLICATION_CREDENTIALS name a key file",
    )


def _no_token(error: Exception, credentials: Credentials | None = None) -> EndpointDown:
    from google.auth.exceptions import GoogleAuthError, TransportError

    answered = isinstance(error, GoogleAuthError) and not isinstance(error, TransportError)
    said = "what answers is no token server"
    if isinstance(error, GoogleAuthError):
        said = _words(error, _secrets(credentials))
    account = account_of(credentials) if credentials else ANYBODY
    return EndpointDown(
        f"Google gives no access token ({said})",
        fix=renewal(account, said, unreachable=not answered),
    )


def _secrets(credentials: Credentials | None) -> list[str]:
    """What a login sends to the token server, plain and as it stands in a form's body."""
    sent = [getattr(credentials, name, None) for name in ("refresh_token", "client_secret")]
    plain = [secret for secret in sent if isinstance(secret, str) and secret]
    return [*plain, *map(quote_plus, plain)]


def _words(error: Exception, secrets: Sequence[str] = ()) -> str:
    """The first words of google-auth's error; what follows may quote a whole answer."""
    said: Any = error.args[0] if error.args else type(error).__name__
    return printable(str(said), limit=160, secrets=secrets)
