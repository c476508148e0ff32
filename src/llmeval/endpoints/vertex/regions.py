"""The regions of Vertex AI, and a search for what is not where it was looked for."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from llmeval.endpoints.vertex.references import Place, VertexReference

__all__ = ["REGIONS", "Sighting", "near_regions", "search", "there"]

REGIONS = (
    "africa-south1",
    "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3",
    "asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2",
    "australia-southeast1", "australia-southeast2",
    "europe-central2", "europe-north1", "europe-north2", "europe-southwest1",
    "europe-west1", "europe-west2", "europe-west3", "europe-west4", "europe-west6",
    "europe-west8", "europe-west9", "europe-west12",
    "me-central1", "me-central2", "me-west1",
    "northamerica-northeast1", "northamerica-northeast2",
    "southamerica-east1", "southamerica-west1",
    "us-central1", "us-east1", "us-east4", "us-east5", "us-east7", "us-south1",
    "us-west1", "us-west2", "us-west3", "us-west4", "us-west8",
    "global", "us", "eu",
)  # fmt: skip
"""As in google-cloud-aiplatform 2.7.0 (``constants.base``), with the jurisdictions behind them.
Google adds some from time to time: a region that is not here may exist."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where something was found, and how many places were asked and did not answer in time."""

    places: tuple[Place, ...]
    asked: int
    silent: int


async def search(
    places: Iterable[Place], ask: Callable[[Place], Awaitable[bool | None]], seconds: float
) -> Sighting:
    """Ask all places at once, for at most ``seconds``. ``ask`` tells whether it is there, ``None``
    where that cannot be told; it must not raise."""
    tasks = {asyncio.ensure_future(ask(place)): place for place in places}
    if not tasks:
        return Sighting((), 0, 0)
    try:
        done, late = await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    told = {tasks[task]: task.result() for task in done}
    found = sorted((p for p, is_there in told.items() if is_there), key=_order)
    untold = sum(answer is None for answer in told.values())
    return Sighting(tuple(found), len(tasks), len(late) + untold)


def there(reference: VertexReference, asked: Place, place: Place) -> str:
    """Return the options that ask for a reference in ``place`` instead of where it was asked for:
    what the reference itself names can only be changed there."""
    moved = place.project != asked.project
    if reference.location or (moved and reference.project):
        return f"--model={_full(reference, place)}"
    return (f"--project={place.project} " if moved else "") + f"--location={place.location}"


def near_regions(location: str) -> list[str]:
    """Return up to three regions whose names are like ``location``."""
    return difflib.get_close_matches(location.lower(), REGIONS, n=3, cutoff=0.6)


def _full(reference: VertexReference, place: Place) -> str:
    if reference.kind == "publisher":
        resource = f"publishers/{reference.publisher}/models/{reference.name}"
    else:
        resource = f"endpoints/{reference.name}"
    if reference.kind == "display_name":
        return f"'vertex:{reference.name}?project={place.project}&location={place.location}'"
    return f"{place.parent}/{resource}"


def _order(place: Place) -> tuple[str, str]:
    return place.project, place.location
