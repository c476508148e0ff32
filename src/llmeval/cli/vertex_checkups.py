"""What ``doctor`` looks at for a model on Vertex AI, step by step: each stops what depends on it.

Access (``vertex_access``), the look-up with a search where the endpoint is not there, one call
(``vertex_answer``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from llmeval.cli.checkups import Finding, problem_of
from llmeval.cli.vertex_access import Access, gain_access
from llmeval.cli.vertex_answer import ASK, answer
from llmeval.endpoints.vertex.diagnosis import fix_for
from llmeval.endpoints.vertex.published import PUBLISHED, near_models
from llmeval.endpoints.vertex.references import EMULATOR, Place, VertexReference, parse_vertex
from llmeval.endpoints.vertex.regions import REGIONS, Sighting, search, there
from llmeval.errors import LlmevalError, ModelReferenceError, nearest
from llmeval.records import QUOTA_KINDS, CallFailure, Message, Request, Response

if TYPE_CHECKING:
    from llmeval.endpoints import EndpointOptions
    from llmeval.endpoints.vertex.lookup import EndpointResource, Looker
    from llmeval.endpoints.wire.channel import Channel
    from llmeval.records import Price

__all__ = ["OFFERED", "examine"]

OFFERED: Final = (
    "global", "us", "eu", "us-central1", "us-east5", "europe-west1", "europe-west4",
    "asia-southeast1",
)  # fmt: skip
"""Where publishers' models are offered first: asked for one that is not where it was looked for.
Asking is a call, so not everywhere."""

_ABSENT: Final = frozenset({"not_found", "dns"})
_WAITING: Final = QUOTA_KINDS | {"empty", "blocked_prompt", "blocked_output", "recitation"}
"""How a call can fail that only a model which is there can fail like."""


async def examine(
    reference: str,
    options: EndpointOptions,
    prices: Mapping[str, Price],
    timeout: float,  # noqa: ASYNC109 - seconds that each step may take
) -> list[Finding]:
    """Look at all that a reference to Vertex AI needs, then ask once.

    Raises ``ModelReferenceError`` for a malformed reference.
    """
    from llmeval.endpoints import resolve

    if reference.startswith(EMULATOR):
        return (await answer(resolve(reference, options=options), prices, timeout)).findings
    parsed = parse_vertex(reference)
    found, access = await gain_access(parsed, options, timeout)
    if access is None:
        return found
    channel = _channel(options, timeout)
    try:
        return found + await _asked(parsed, options, prices, access, channel, timeout)
    finally:
        await channel.close()


async def _asked(
    reference: VertexReference,
    options: EndpointOptions,
    prices: Mapping[str, Price],
    access: Access,
    channel: Channel,
    timeout: float,  # noqa: ASYNC109
) -> list[Finding]:
    from llmeval.endpoints.vertex.endpoint import VertexEndpoint

    found: list[Finding] = []
    if reference.kind != "publisher":
        found, resource = await look_up(reference, access, channel, timeout)
        if resource is None:
            return found
    endpoint = VertexEndpoint(reference, options, access.token)
    answered = await answer(endpoint, prices, timeout, access.account, access.root)
    found += answered.findings
    failure = answered.failure
    if reference.kind == "publisher" and failure and failure.kind == "not_found":
        fix = await _offered(reference, options, access, channel, timeout)
        found[-1] = msgspec.structs.replace(found[-1], fix=fix or found[-1].fix)
    return found


async def look_up(
    reference: VertexReference,
    access: Access,
    channel: Channel,
    timeout: float,  # noqa: ASYNC109
) -> tuple[list[Finding], EndpointResource | None]:
    """Is the endpoint where it is looked for, and can its models be read? If not, where is it?"""
    looker = _looker(channel, access, access.place)
    found = await looker.named(reference)
    if isinstance(found, CallFailure):
        fix = fix_for(found, access.place, access.root, access.account)
        told = Finding("endpoint", "problem", f"{found.kind}: {found.message}", fix)
        if found.status != 404 and "may not exist" not in found.message:
            return [told], None
    else:
        try:
            chosen = looker.chosen(reference, found)
        except ModelReferenceError as error:
            told = problem_of("endpoint", error, "give one of them as --model")
            if found:
                return [told], None
        else:
            ok = Finding("endpoint", "ok", _described(chosen))
            return [ok, *await _unread(looker, chosen, access)], chosen
    return [await _elsewhere(told, reference, access, channel, timeout)], None


def _described(found: EndpointResource) -> str:
    called = f" {found.display_name!r}" if found.display_name else ""
    own = ", with a domain of its own" if found.dedicated_endpoint_enabled else ""
    return f"{found.name}{called}{own}"


async def _unread(looker: Looker, found: EndpointResource, access: Access) -> list[Finding]:
    """Name the deployed models that cannot be read: their format is a guess."""
    notes = []
    models = await asyncio.gather(*map(looker.model, found.deployed_models))
    for each, model in zip(found.deployed_models, models, strict=True):
        if isinstance(model, CallFailure):
            text = (
                f"{each.id}: its model cannot be read, so its format is guessed ({model.message})"
            )
            fix = fix_for(model, access.place, access.root, access.account)
            notes.append(Finding("deployed model", "note", text, fix))
    return notes


async def _elsewhere(
    told: Finding,
    reference: VertexReference,
    access: Access,
    channel: Channel,
    timeout: float,  # noqa: ASYNC109
) -> Finding:
    """Look in all other regions, and in the project of the credentials."""

    async def ask(place: Place) -> bool | None:
        looker = _looker(channel, access, place)
        found = await looker.named(reference)
        if isinstance(found, CallFailure):
            return False if found.kind in {*_ABSENT, "bad_request"} else None
        return bool(found)

    sighting = await search(_other_places(access), ask, timeout)
    if sighting.places:
        where = ", ".join(_shown(place, access.place) for place in sighting.places)
        ways = [there(reference, access.place, place) for place in sighting.places]
        text = f"it is not in {access.place.location}; it is in {where}"
        return Finding("endpoint", "problem", text, " or ".join(ways))
    near = await _near(_looker(channel, access, access.place), reference)
    return msgspec.structs.replace(
        told, text=f"{told.text}; {_nowhere(sighting)}", fix=near or told.fix
    )


def _other_places(access: Access) -> list[Place]:
    projects = [access.place.project]
    own = access.token.project
    if own and own not in projects:
        projects.append(own)
    return [p for p in _places(projects, REGIONS) if p != access.place]


def _places(projects: Iterable[str], locations: Iterable[str]) -> list[Place]:
    locations = list(locations)
    return [Place(project, location) for project in projects for location in locations]


def _shown(place: Place, asked: Place) -> str:
    return place.location + (
        f" of project {place.project}" if place.project != asked.project else ""
    )


def _nowhere(sighting: Sighting) -> str:
    silent = f", {sighting.silent} of which gave no answer" if sighting.silent else ""
    return f"nor is it in {sighting.asked} other places{silent}"


async def _near(looker: Looker, reference: VertexReference) -> str:
    """Return what to write instead, if an endpoint here has an id or a name like that."""
    listed = await looker.listed()
    if isinstance(listed, CallFailure) or not listed:
        return ""
    names = {e.display_name: f"vertex:{e.display_name}" for e in listed if e.display_name}
    ids = {e.name.rpartition("/")[2]: "" for e in listed}
    known = names if reference.kind == "display_name" else {**names, **ids}
    hint = nearest(reference.name, known).strip()
    shown = ", ".join(f"{e.name.rpartition('/')[2]} {e.display_name!r}" for e in listed[:5])
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return f"{hint} There are {shown}{more}".strip()


async def _offered(
    reference: VertexReference,
    options: EndpointOptions,
    access: Access,
    channel: Channel,
    timeout: float,  # noqa: ASYNC109
) -> str:
    """Say where a publisher's model is offered, or which names are near; empty if neither."""

    async def ask(place: Place) -> bool | None:
        return await _answers(replace(reference, location=place.location), options, access, timeout)

    places = [p for p in _places([access.place.project], OFFERED) if p != access.place]
    sighting = await search(places, ask, timeout)
    if sighting.places:
        ways = [there(reference, access.place, place) for place in sighting.places]
        return f"it is offered elsewhere: {' or '.join(ways)}"
    looker = _looker(channel, access, access.place)
    publisher = reference.publisher or "google"
    told = await looker.published(publisher)
    listed = {**PUBLISHED, publisher: [*told, *PUBLISHED.get(publisher, ())]}
    near = near_models(reference.name, listed)
    return f"did you mean --model={' or --model='.join(near)}?" if near else ""


async def _answers(
    reference: VertexReference,
    options: EndpointOptions,
    access: Access,
    timeout: float,  # noqa: ASYNC109
) -> bool | None:
    """Ask for a single token; a model that is there may well answer with a failure."""
    from llmeval.endpoints.vertex.endpoint import VertexEndpoint

    if access.by_region:
        options = replace(options, api_endpoint=None)
    endpoint = VertexEndpoint(reference, options, access.token)
    try:
        await endpoint.open()
        request = Request((Message("user", ASK),), {"max_tokens": 1})
        outcome = (await endpoint.send(request, timeout)).outcome
    except LlmevalError:
        return None
    finally:
        await endpoint.close()
    if isinstance(outcome, Response) or outcome.kind in _WAITING:
        return True
    return False if outcome.kind in _ABSENT else None


def _looker(channel: Channel, access: Access, place: Place) -> Looker:
    from llmeval.endpoints.vertex.lookup import Looker

    root = place.root if access.by_region else access.root
    return Looker(channel, root, place, access.headers, access.account)


def _channel(options: EndpointOptions, seconds: float) -> Channel:
    from llmeval.endpoints.wire.channel import Channel, hidden

    return Channel(
        options.headers,
        connect_timeout=min(seconds, options.connect_timeout),
        max_response_bytes=options.max_response_bytes,
        secrets=hidden(options.headers.values()),
    )
