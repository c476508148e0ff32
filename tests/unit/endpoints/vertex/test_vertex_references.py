"""References to Vertex AI: what they name, what is refused, what several locations make of them."""

from __future__ import annotations

import pytest

from llmeval.endpoints import EndpointOptions, columns, resolve
from llmeval.endpoints.vertex.references import Place, is_loopback, is_vertex, parse_vertex
from llmeval.errors import ModelReferenceError


@pytest.mark.parametrize(
    ("reference", "kind", "name", "rest"),
    [
        ("1234567890", "endpoint", "1234567890", {}),
        ("endpoints/42", "endpoint", "42", {}),
        ("endpoints/my-endpoint", "endpoint", "my-endpoint", {}),
        ("projects/p-1/locations/eu/endpoints/7", "endpoint", "7",
         {"project": "p-1", "location": "eu"}),
        ("projects/p/locations/l/publishers/google/models/gemini-x", "publisher", "gemini-x",
         {"project": "p", "location": "l", "publisher": "google"}),
        ("vertex:My endpoint (2)", "display_name", "My endpoint (2)", {}),
        ("gemini-2.5-flash", "publisher", "gemini-2.5-flash", {"publisher": "google"}),
        ("claude-sonnet-4-5@20250929", "publisher", "claude-sonnet-4-5@20250929",
         {"publisher": "anthropic"}),
        ("publishers/mistralai/models/mistral-medium-3", "publisher", "mistral-medium-3",
         {"publisher": "mistralai"}),
        ("meta/llama-3.3-70b-instruct-maas", "publisher", "llama-3.3-70b-instruct-maas",
         {"publisher": "meta"}),
        ("12?location=europe-west4&project=q&deployed_model=9", "endpoint", "12",
         {"location": "europe-west4", "project": "q", "deployed_model": "9"}),
    ],
)  # fmt: skip
def test_what_a_reference_names(reference: str, kind: str, name: str, rest: dict[str, str]) -> None:
    assert is_vertex(reference)
    parsed = parse_vertex(reference)
    assert (parsed.kind, parsed.name, parsed.text) == (kind, name, reference)
    expected = {"project": None, "location": None, "publisher": None, "deployed_model": None}
    assert {key: getattr(parsed, key) for key in expected} == expected | rest
    identity = resolve(reference, options=EndpointOptions()).identity
    assert (identity.ref, identity.kind) == (reference, "vertex")


@pytest.mark.parametrize(
    "reference", ["demo", "openai:http://h/v1", "python:m:f", "gemini", "a b/c", "", "models/"]
)
def test_what_is_no_reference_to_vertex(reference: str) -> None:
    assert not is_vertex(reference)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("projects/p/locations/l/models/1", "after the location stands endpoints/ID"),
        ("gemini-2.5-flash?loction=x", "'loction' is no parameter: did you mean 'location'"),
        ("1234?location=a b", "'a b' is no location"),
        ("1234?location=a&location=b", "given twice"),
        ("1234?project=../x", "is no project"),
        ("projects/p/locations/l/endpoints/1?location=m", "names two locations"),
        ("gemini-2.5-flash?deployed_model=1", "has no deployed models"),
        ("vertex:", "a display name without quotes"),
        ('vertex:a"b', "a display name without quotes"),
        ("vertex-emulator#demo", "after '#' stands a reference to Vertex AI"),
    ],
)
def test_what_is_refused_says_why(reference: str, said: str) -> None:
    with pytest.raises(ModelReferenceError) as caught:
        resolve(reference, options=EndpointOptions())
    assert said in str(caught.value) and repr(reference) in str(caught.value)


def test_several_locations_make_a_column_each() -> None:
    models = ["12", "demo", "gemini-x?project=q", "34?location=asia-east1"]
    assert columns(models, "us-central1, europe-west4") == (
        "12?location=us-central1",
        "12?location=europe-west4",
        "demo",
        "gemini-x?project=q&location=us-central1",
        "gemini-x?project=q&location=europe-west4",
        "34?location=asia-east1",
    )
    assert columns(models, "us-central1") == columns(models, None) == tuple(models)


@pytest.mark.parametrize(
    ("model", "head", "joint"),
    [
        ("vertex-emulator", "vertex-emulator#gemini-2.5-flash", "?"),
        ("vertex-emulator?reset=0.1", "vertex-emulator?reset=0.1#gemini-2.5-flash", "?"),
        ("vertex-emulator?reset=0.1#12", "vertex-emulator?reset=0.1#12", "?"),
        ("vertex-emulator#12?project=q", "vertex-emulator#12?project=q", "&"),
    ],
)
def test_an_emulator_stands_once_for_each_location(model: str, head: str, joint: str) -> None:
    places = ["us-central1", "europe-west4"]
    assert columns([model], ",".join(places)) == tuple(f"{head}{joint}location={p}" for p in places)


@pytest.mark.parametrize("model", ["vertex-emulator#12?location=eu", "vertex-emulator#demo"])
def test_an_emulator_with_a_place_or_without_a_reference_stays_one(model: str) -> None:
    assert columns([model], "us-central1,europe-west4") == (model,)


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_addresses(location: str, host: str) -> None:
    assert Place("p", location).root == f"https://{host}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:1/x", True),
        ("https://127.0.0.1", False),
        ("http://127.0.0.1.example.com", False),
        ("http://user@10.0.0.1", False),
    ],
)
def test_what_is_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected
