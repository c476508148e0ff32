"""Whether a call to Vertex AI can be made at all: region, google-auth, credentials, project.

Each function looks at one thing and gives one finding.
"""

from __future__ import annotations

import asyncio
import math
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from llmeval.cli.checkups import Finding, problem_of, version_of
from llmeval.endpoints.vertex.accounts import ANYBODY, LOGIN, Account, renewal
from llmeval.endpoints.vertex.references import (
    Place,
    VertexReference,
    check_place,
    first_location,
    is_loopback,
)
from llmeval.endpoints.vertex.regions import REGIONS, near_regions
from llmeval.errors import ConfigError, LlmevalError

if TYPE_CHECKING:
    from llmeval.endpoints import EndpointOptions
    from llmeval.endpoints.vertex.credentials import GoogleToken, TokenSource

__all__ = [
    "Access",
    "access_token",
    "address",
    "credentials",
    "gain_access",
    "google_auth",
    "project",
    "quota_project",
    "region",
]

_EXTRA: Final = "pip install 'llmeval-gate[vertex]'"
_KEY_FILE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_REGIONAL: Final = re.compile(r"https://([a-z0-9-]+)-aiplatform\.googleapis\.com/?")


@dataclass(frozen=True, slots=True)
class Access:
    """What a call to Vertex AI needs: who calls, and where. ``root`` is the address, ``headers``
    hold the token."""

    token: TokenSource
    account: Account
    place: Place
    root: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def by_region(self) -> bool:
        """Whether the address is Google's own for the region, so that others have one, too. An
        address that was given stands for all regions."""
        return self.root.rstrip("/") == self.place.root


async def gain_access(
    reference: VertexReference,
    options: EndpointOptions,
    timeout: float,  # noqa: ASYNC109 - seconds that each step may take
) -> tuple[list[Finding], Access | None]:
    """Look at everything that comes before the first call; no access where anything is missing."""
    from llmeval.endpoints.vertex.credentials import GoogleToken

    location = reference.location or first_location(options.location)
    root = options.api_endpoint or Place("", location).root
    found = [region(reference, options)]
    if options.api_endpoint:
        found.append(address(root, location))
    told, token = await _log_in(root, timeout)
    found += told
    named, project_id = project(reference, options, token.project if token else None)
    if token is not None or project_id:
        found.append(named)
    if token is None or any(each.state == "problem" for each in found):
        return found, None
    account = token.account if isinstance(token, GoogleToken) else ANYBODY
    found += quota_project(token, project_id)
    place = Place(project_id, location)
    return found, Access(token, account, place, root, await token.headers())


def region(reference: VertexReference, options: EndpointOptions) -> Finding:
    """Is there such a region? One that is not known here may be new."""
    location = reference.location or first_location(options.location)
    whence = "by default: nothing says another"
    if reference.location or options.location:
        whence = "as the reference says" if reference.location else "as given or configured"
    near = near_regions(location)
    fix = f"--location={near[0]}" if near else "--location=us-central1, or another region"
    try:
        check_place(Place("p", location))
    except ConfigError as error:
        return problem_of("region", error, fix)
    if location not in REGIONS:
        return Finding("region", "note", f"{location} is no region that llmeval knows", fix)
    return Finding("region", "ok", f"{location}, {whence}")


def address(root: str, location: str) -> Finding:
    """Does an address that was given belong to the region, and may a token go there?"""
    name = "api endpoint"
    if not root.startswith("https://") and not is_loopback(root):
        text = f"{root}: an access token would go over the network in the clear"
        return Finding(name, "problem", text, "use https://")
    regional = _REGIONAL.fullmatch(root)
    if regional and regional[1] != location:
        text = f"{root} serves {regional[1]}, not {location}"
        fix = f"leave --api-endpoint out, or give --location={regional[1]}"
        return Finding(name, "problem", text, fix)
    return Finding(name, "ok", root)


async def _log_in(root: str, timeout: float) -> tuple[list[Finding], TokenSource | None]:  # noqa: ASYNC109
    if is_loopback(root):
        from llmeval.endpoints.vertex.credentials import NoToken

        text = f"none are asked for: {root} is on this machine"
        return [Finding("credentials", "ok", text)], NoToken()
    found = [google_auth()]
    if found[0].state == "problem":
        return found, None
    finding, token = await credentials(timeout)
    found.append(finding)
    if token is None:
        return found, None
    found.append(await access_token(token, timeout))
    return found, None if found[-1].state == "problem" else token


def google_auth() -> Finding:
    """Is google-auth there, and what it sends its own requests with?"""
    missing = [each for each in ("google-auth", "requests") if version_of(each) is None]
    if missing:
        return Finding("google-auth", "problem", f"{missing[0]} is not installed", _EXTRA)
    return Finding("google-auth", "ok", f"{version_of('google-auth')}")


async def credentials(timeout: float) -> tuple[Finding, GoogleToken | None]:  # noqa: ASYNC109
    """Are there Application Default Credentials, and whose?"""
    from llmeval.endpoints.vertex.credentials import default_token

    name, key_file = "credentials", os.environ.get(_KEY_FILE)
    try:
        async with asyncio.timeout(timeout):
            token = await default_token()
    except TimeoutError:
        text = f"none were found within {timeout:g} s"
        fix = f"log in: {LOGIN}; outside of Google Cloud, set NO_GCE_CHECK=true"
        return Finding(name, "problem", text, fix), None
    except LlmevalError as error:
        if key_file:
            # Nothing else is looked at where the variable is set.
            fix = f"correct {_KEY_FILE}={key_file}, or unset it and log in: {LOGIN}"
            return Finding(name, "problem", error.problem, fix), None
        return problem_of(name, error), None
    source = f" ({_KEY_FILE}={key_file})" if key_file else ""
    return Finding(name, "ok", f"{token.account.name}{source}"), token


async def access_token(token: GoogleToken, timeout: float) -> Finding:  # noqa: ASYNC109
    """Does Google give a token for these credentials? A login may have ended, a key be deleted."""
    name = "access token"
    try:
        async with asyncio.timeout(timeout):
            await token.headers()
    except TimeoutError:
        text = f"no server gave one within {timeout:g} s"
        return Finding(name, "problem", text, renewal(token.account, unreachable=True))
    except LlmevalError as error:
        return problem_of(name, error)
    left = token.expires - time.time()
    lasting = f", for {left / 60:.0f} min" if math.isfinite(left) else ""
    return Finding(name, "ok", f"given to {token.account.name}{lasting}")


def project(
    reference: VertexReference, options: EndpointOptions, of_credentials: str | None
) -> tuple[Finding, str]:
    """Which project is asked, and who says so? The second is empty where none is known."""
    sources = (
        (reference.project, "as the reference says"),
        (options.project, "as given, configured or in the environment"),
        (of_credentials, "that of the credentials"),
    )
    for value, whence in sources:
        if value:
            return _valid(value, whence), value
    fix = "--project=ID, or set GOOGLE_CLOUD_PROJECT (gcloud projects list)"
    return Finding("project", "problem", "no Google Cloud project is known", fix), ""


def quota_project(token: TokenSource, project_id: str) -> list[Finding]:
    """Say so where calls count on another project's quota; nothing where they do not."""
    other = getattr(token, "quota_project", None)
    if not other or other == project_id:
        return []
    text = f"calls count on the quota of {other}, not on that of {project_id}"
    fix = f"gcloud auth application-default set-quota-project {project_id}"
    return [Finding("quota project", "note", text, fix)]


def _valid(value: str, whence: str) -> Finding:
    try:
        check_place(Place(value, "global"))
    except ConfigError as error:
        return problem_of("project", error, "--project=ID (gcloud projects list)")
    return Finding("project", "ok", f"{value}, {whence}")
