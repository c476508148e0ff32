"""Look-ups: every answer that Vertex AI, a proxy or a stranger may give."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from google_server import HERE, MISSING, Google, Told, google, refusal

from llmeval.endpoints.vertex.lookup import EndpointResource, Looker
from llmeval.endpoints.vertex.references import Place, parse_vertex
from llmeval.endpoints.wire.channel import Channel
from llmeval.errors import EndpointDown, LlmevalError, ModelReferenceError

TOKEN = "ya29.hush-hush"
NAME = "projects/345/locations/us-central1/endpoints/12"
MODEL = "projects/345/locations/us-central1/models/m"
FULL: dict[str, Any] = {
    "name": NAME,
    "displayName": "Émile's endpoint",
    "deployedModels": [
        {
            "id": "7", "model": MODEL, "displayName": "stable", "modelVersionId": "3",
            "dedicatedResources": {"machineSpec": {"machineType": "g2-standard-12"}},
            "createTime": "2026-01-01T00:00:00Z", "unknownField": {"deep": []},
        },
        {"id": "8", "model": f"{MODEL}@default"},
    ],
    "trafficSplit": {"7": 100, "8": 0},
    "dedicatedEndpointEnabled": True,
    "dedicatedEndpointDns": "12.x.prediction.vertexai.goog",
    "etag": "x",
}  # fmt: skip


def look(
    pages: dict[str, Any],
    what: Callable[[Looker], Awaitable[Any]],
    *,
    pauses: tuple[float, ...] = (),
    limit: int = 1_000_000,
) -> tuple[Any, Google]:
    """Return what a look-up finds, or the error that it raises, and what was asked."""

    async def whole() -> tuple[Any, Google]:
        async with google(pages) as served:
            channel = Channel({}, connect_timeout=2.0, max_response_bytes=limit)
            place = Place("p-1", "us-central1")
            looker = Looker(
                channel, served.root, place, {"Authorization": f"Bearer {TOKEN}"}, pauses=pauses
            )
            try:
                found: Any = await what(looker)
            except LlmevalError as error:
                found = error
            await channel.close()
            assert TOKEN not in repr(found)
            return (found, looker.emulated), served

    (found, emulated), served = asyncio.run(whole())
    assert not emulated or "x-llmeval-emulator" in str(pages)
    return found, served


def endpoint(reference: str) -> Callable[[Looker], Awaitable[EndpointResource]]:
    return lambda looker: looker.endpoint(parse_vertex(reference))


def test_an_endpoint_is_read_by_its_id() -> None:
    found, served = look({f"GET {HERE}/endpoints/12": FULL}, endpoint("12"))
    assert (found.name, found.display_name) == (NAME, "Émile's endpoint")
    assert [(d.id, d.model_version_id) for d in found.deployed_models] == [("7", "3"), ("8", None)]
    assert [d.id for d in found.reachable] == ["7"]
    assert found.dedicated_endpoint_dns == "12.x.prediction.vertexai.goog"
    assert served.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_all_deployed_models_are_reachable_where_nothing_is_said_of_traffic() -> None:
    found, _ = look({f"GET {HERE}/endpoints/12": FULL | {"trafficSplit": {}}}, endpoint("12"))
    assert [d.id for d in found.reachable] == ["7", "8"]


@pytest.mark.parametrize("name", ["Émile's endpoint", "a b & c=d%", "漢字", "x" * 128])
def test_an_endpoint_is_found_by_its_display_name(name: str) -> None:
    pages = {f"GET {HERE}/endpoints": {"endpoints": [FULL]}}
    found, served = look(pages, lambda looker: looker.endpoint(parse_vertex(f"vertex:{name}")))
    assert found.name == NAME
    assert parse_qs(urlsplit(served.asked[0].path).query) == {"filter": [f'display_name="{name}"']}


def test_a_custom_id_is_looked_for_among_the_names_too() -> None:
    pages = {f"GET {HERE}/endpoints": {"endpoints": [FULL]}}
    found, served = look(pages, endpoint("endpoints/my-endpoint"))
    assert found.name == NAME
    assert len(served.asked) == 2


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        ({}, "no endpoint is called 'a'"),
        ({"endpoints": []}, "gcloud ai endpoints list --region=us-central1 --project=p-1"),
        ({"endpoints": [FULL, FULL | {"name": f"{NAME}3"}]}, f"--model={NAME}3"),
        ({"endpoints": [FULL] * 500}, "500 endpoints are called 'a'"),
    ],
)
def test_none_or_several_of_a_name(listing: Any, said: str) -> None:
    found, _ = look({f"GET {HERE}/endpoints": listing}, endpoint("vertex:a"))
    assert isinstance(found, ModelReferenceError)
    assert said in str(found)
    assert len(str(found)) < 3000


@pytest.mark.parametrize(
    ("page", "error", "said"),
    [
        (refusal(404, "NOT_FOUND", f"The Endpoint {TOKEN} does not exist."), ModelReferenceError,
         "gcloud ai endpoints list --region=REGION --project=p-1"),
        (MISSING, ModelReferenceError, "Error 404 (Not Found)!!1"),
        (refusal(403, "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.get' denied",
                 "IAM_PERMISSION_DENIED", permission="aiplatform.endpoints.get"), EndpointDown,
         '[tool.llmeval.endpoints."12"] format = "predict"'),
        (refusal(403, "PERMISSION_DENIED", "has not been used", "SERVICE_DISABLED",
                 consumer="projects/9"), EndpointDown,
         "gcloud services enable aiplatform.googleapis.com --project=9"),
        (refusal(401, "UNAUTHENTICATED", "invalid"), EndpointDown, "Log in again"),
        (refusal(503, "UNAVAILABLE", "later"), EndpointDown, "503: later"),
        (refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for x"), EndpointDown, "Quotas in the"),
        (Told(302, b"", Location="https://else/"), EndpointDown, "which is not followed"),
        (Told(200, b"<html>a hotel"), EndpointDown, "is not what Vertex AI answers"),
        (Told(200, b""), EndpointDown, "is not what Vertex AI answers"),
        (Told(200, b"\xff"), EndpointDown, "is not what Vertex AI answers"),
        (Told(200, b"[" * 200_000), EndpointDown, "is not what Vertex AI answers"),
        ([], EndpointDown, "is not what Vertex AI answers"),
        ({}, EndpointDown, "missing required field `name`"),
        (FULL | {"deployedModels": {}}, EndpointDown, "Expected `array`"),
        (FULL | {"deployedModels": [{}]}, EndpointDown, "missing required field `id`"),
        (FULL | {"trafficSplit": {"7": "all"}}, EndpointDown, "Expected `int`"),
        (FULL | {"name": 7}, EndpointDown, "Expected `str`"),
        (FULL | {"name": "projects/1/locations/x/endpoints/1/../../evil"}, EndpointDown,
         "is no endpoint"),
        (FULL | {"name": "x?y#z"}, EndpointDown, "is no endpoint"),
        (Told(200, json.dumps(FULL | {"etag": "x" * 2_000_000}).encode()), EndpointDown,
         "exceeds 1000000 bytes"),
    ],
)  # fmt: skip
def test_whatever_else_comes_says_what_came(page: Any, error: type, said: str) -> None:
    found, served = look({f"GET {HERE}/endpoints/12": page if page != [] else Told(200, [])},
                         endpoint("12"))  # fmt: skip
    assert type(found) is error, found
    assert said in str(found)
    assert str(found).startswith("12: ")
    assert len(str(found)) < 1000
    assert len(served.asked) == 1, "a redirect is not followed, the token goes nowhere else"


def test_a_failure_of_a_moment_is_outlasted() -> None:
    busy = refusal(503, "UNAVAILABLE", "later")
    full = refusal(429, "RESOURCE_EXHAUSTED", "Resource exhausted.")
    found, served = look({f"GET {HERE}/endpoints/12": [busy, full, FULL]}, endpoint("12"),
                         pauses=(0.0, 0.0))  # fmt: skip
    assert found.name == NAME
    assert len(served.asked) == 3
    found, served = look({f"GET {HERE}/endpoints/12": busy}, endpoint("12"), pauses=(0.0, 0.0))
    assert isinstance(found, EndpointDown)
    assert len(served.asked) == 3
    found, served = look({}, endpoint("12"), pauses=(0.0, 0.0))
    assert len(served.asked) == 1, "what is not there will not be there in a second"


def test_models_are_read_in_the_version_that_is_deployed() -> None:
    container = {"name": MODEL, "versionId": "3", "containerSpec": {"imageUri": "gcr.io/p/vllm"}}
    tuned = {"name": MODEL, "baseModelSource": {"genieSource": {"baseModelUri": "gemini"}}}
    pages = {
        f"GET /v1/{MODEL}@3": container,
        f"GET /v1/{MODEL}@default": tuned,
    }

    async def models(looker: Looker) -> Any:
        found = await looker.endpoint(parse_vertex("12"))
        return await looker.models(found.deployed_models)

    found, _ = look({f"GET {HERE}/endpoints/12": FULL, **pages}, models)
    assert found["7"].container_spec.image_uri == "gcr.io/p/vllm"
    assert found["8"].base_model_source.genie_source.base_model_uri == "gemini"
    pages[f"GET /v1/{MODEL}@3"] = refusal(403, "PERMISSION_DENIED", "no")
    pages[f"GET /v1/{MODEL}@default"] = Told(200, b"<html>")
    found, _ = look({f"GET {HERE}/endpoints/12": FULL, **pages}, models)
    assert found == {}, "what cannot be read is left out"


@pytest.mark.parametrize("model", ["", "../../evil", f"{MODEL}\r\nX: y", "http://evil/", "a b"])
def test_a_name_that_is_none_of_a_model_is_not_asked_for(model: str) -> None:
    async def models(looker: Looker) -> Any:
        found = await looker.endpoint(parse_vertex("12"))
        return await looker.models(found.deployed_models)

    odd = FULL | {"deployedModels": [{"id": "7", "model": model}]}
    found, served = look({f"GET {HERE}/endpoints/12": odd}, models)
    assert found == {}
    assert len(served.asked) == 1


def test_our_own_emulator_is_known_by_its_header() -> None:
    async def twice(looker: Looker) -> bool:
        before = looker.emulated
        await looker.touch("publishers/google/models/gemini-x")
        return not before and looker.emulated

    page = Told(404, b"{}", x_llmeval_emulator="1")
    found, _ = look({"GET /v1/publishers/google/models/gemini-x": page, "x-llmeval-emulator": 1},
                    twice)  # fmt: skip
    assert found is True
