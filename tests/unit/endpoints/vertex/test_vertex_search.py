"""What is not where it was looked for: other regions, names that are near."""

from __future__ import annotations

import asyncio
import re
import time
from importlib import metadata
from pathlib import Path

import pytest

from llmeval.endpoints.vertex.published import PUBLISHED, near_models
from llmeval.endpoints.vertex.references import Place, check_place, is_vertex, parse_vertex
from llmeval.endpoints.vertex.regions import REGIONS, Sighting, near_regions, search, there
from llmeval.errors import ConfigError

ASKED = Place("p", "us-central1")
PLACES = [Place("p", name) for name in ("c", "a", "b", "d")]


def searched(answers: dict[str, bool | None], seconds: float = 5.0) -> Sighting:
    async def ask(place: Place) -> bool | None:
        if place.location not in answers:
            await asyncio.sleep(30)
        return answers[place.location]

    return asyncio.run(search(PLACES, ask, seconds))


def test_all_places_are_asked_at_once_and_told_in_order() -> None:
    found = searched({"c": True, "a": False, "b": True, "d": None})
    assert found == Sighting((Place("p", "b"), Place("p", "c")), asked=4, silent=1)


def test_what_answered_in_time_counts() -> None:
    begun = time.monotonic()
    found = searched({"a": True, "b": False}, seconds=0.1)
    assert found == Sighting((Place("p", "a"),), asked=4, silent=2)
    assert time.monotonic() - begun < 5


def test_nothing_to_ask() -> None:
    async def ask(_: Place) -> bool:
        raise AssertionError

    assert asyncio.run(search([], ask, 1.0)) == Sighting((), 0, 0)


@pytest.mark.parametrize(
    ("reference", "place", "options"),
    [
        ("12", Place("p", "eu"), "--location=eu"),
        ("12", Place("q", "eu"), "--project=q --location=eu"),
        ("12?location=us-central1", Place("p", "eu"),
         "--model=projects/p/locations/eu/endpoints/12"),
        ("12?project=p", Place("p", "eu"), "--location=eu"),
        ("12?project=p", Place("q", "eu"), "--model=projects/q/locations/eu/endpoints/12"),
        ("vertex:a b?location=us-central1", Place("p", "eu"),
         "--model='vertex:a b?project=p&location=eu'"),
        ("gemini-x?location=us-central1", Place("p", "global"),
         "--model=projects/p/locations/global/publishers/google/models/gemini-x"),
    ],
)  # fmt: skip
def test_the_options_that_lead_there(reference: str, place: Place, options: str) -> None:
    assert there(parse_vertex(reference), ASKED, place) == options


def test_near_regions() -> None:
    assert near_regions("europe-west-4")[0] == "europe-west4"
    assert near_regions("US-central1")[0] == "us-central1"
    assert near_regions("frankfurt") == []


def test_regions_are_those_of_googles_client() -> None:
    try:
        listed = metadata.files("google-cloud-aiplatform") or []
    except metadata.PackageNotFoundError:
        pytest.skip("needs the vertex extra")
    path = next(f for f in listed if str(f).endswith("aiplatform/constants/base.py"))
    # Read, not imported: that would take eight seconds.
    source = Path(str(path.locate())).read_text("utf-8")
    names = re.search(r"SUPPORTED_REGIONS = frozenset\(\s*\{(.*?)\}", source, re.S)
    assert names is not None
    assert set(re.findall(r'"([^"]+)"', names[1])) | {"us", "eu"} == set(REGIONS)


@pytest.mark.parametrize(
    "place", [Place("p/../q", "eu"), Place("p", "evil.example/#"), Place("p", "")]
)
def test_a_place_cannot_lead_a_token_elsewhere(place: Place) -> None:
    with pytest.raises(ConfigError, match=r"is no (project|location)"):
        check_place(place)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gemini-2.5-flsh", "gemini-2.5-flash"),
        ("gemini-2.5-flash-001@x", "gemini-2.5-flash"),
        ("claude-4.6-opus", "claude-opus-4-6"),
        ("llama-3.3-70b-instruct", "meta/llama-3.3-70b-instruct-maas"),
    ],
)
def test_near_models(name: str, meant: str) -> None:
    assert meant in near_models(name)
    assert all(is_vertex(reference) for reference in near_models(name))


def test_near_models_among_what_a_server_lists() -> None:
    listed = {
        "google": ["gemini-9-ultra", "gemini-9-ultra", "text-bison"],
        "acme": ["gemini-9-ultra-x"],
    }
    assert near_models("gemini-9-ultr", listed) == ["gemini-9-ultra", "acme/gemini-9-ultra-x"]
    assert near_models("zzzz", listed) == []
    assert near_models("text-bisom", listed) == ["google/text-bison"]


def test_every_known_model_can_be_asked_for() -> None:
    for publisher, models in PUBLISHED.items():
        for model in models:
            parsed = parse_vertex(f"publishers/{publisher}/models/{model}")
            assert (parsed.publisher, parsed.name) == (publisher, model)
