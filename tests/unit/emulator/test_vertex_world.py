"""What the emulated world holds, and how it is looked up and listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from vertex_asking import PLACE, ask

from llmeval.emulator import running_emulator
from llmeval.emulator.vertex.errors import GoogleError
from llmeval.emulator.vertex.registry.listing import filtered, page_of
from llmeval.emulator.vertex.registry.resources import Place, endpoint_resource
from llmeval.emulator.vertex.world import WORLD, version_named

PLACES = Place("p", "us-central1")


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


def test_ids_are_unique_and_traffic_is_whole() -> None:
    ids = [e.id for e in WORLD.endpoints]
    deployed = [d.id for e in WORLD.endpoints for d in e.deployed]
    assert len(set(ids)) == len(ids) and len(set(deployed)) == len(deployed)
    assert ids == sorted(ids)
    for endpoint in WORLD.endpoints:
        assert sum(d.traffic for d in endpoint.deployed) == (100 if endpoint.deployed else 0)


def test_a_draw_follows_the_traffic_split_and_the_seed() -> None:
    canary = WORLD.endpoint("1006", "us-central1")
    assert canary is not None
    drawn = [canary.draw(3, n).id for n in range(20_000)]
    assert drawn == [canary.draw(3, n).id for n in range(20_000)]
    assert drawn.count("3007") / 20_000 == pytest.approx(0.1, abs=0.01)
    assert drawn != [canary.draw(4, n).id for n in range(20_000)]


def test_who_is_where() -> None:
    assert [e.id for e in WORLD.endpoints_in("europe-west4")] == ["1002"]
    assert WORLD.endpoint("1001", "europe-west4") is None
    assert WORLD.endpoints_in("mars-north1") == ()
    assert [m.version for m in WORLD.versions("2006", "us-central1")] == ["1", "2"]
    assert WORLD.versions("2006", "europe-west4") == ()


@pytest.mark.parametrize(
    ("name", "version"), [("", "1"), ("stable", "1"), ("canary", "2"), ("2", "2"), ("3", None)]
)
def test_versions_by_number_and_alias(name: str, version: str | None) -> None:
    found = version_named(WORLD.versions("2006", "us-central1"), name)
    assert (found and found.version) == version


def test_publishers_offer_models_in_any_version() -> None:
    assert WORLD.offers("google", "gemini-2.5-flash")
    assert WORLD.offers("anthropic", "claude-sonnet-4@20250514")
    assert not WORLD.offers("google", "gemini-9")
    assert not WORLD.offers("nobody", "gemini-2.5-flash")


# Filters and pages

ROWS: list[dict[str, Any]] = [
    {"name": "a/endpoints/1", "displayName": "one", "labels": {"team": "x"}},
    {"name": "a/endpoints/2", "displayName": "two", "labels": {"team": "y", "tier": "x"}},
    {"name": "a/endpoints/3", "displayName": "three"},
]


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("", "123"),
        ('display_name="two"', "2"),
        ("displayName = two", "2"),
        ("display_name!='two'", "13"),
        ('labels.team="x"', "1"),
        ("labels.team=x", "1"),
        ("labels.team:*", "12"),
        ("labels.team!=x", "23"),
        ("labels.team:* AND labels.tier=x", "2"),
        ("endpoint=3", "3"),
        ('endpoint="a/endpoints/3"', "3"),
        ('display_name="none"', ""),
    ],
)
def test_filters(expression: str, kept: str) -> None:
    assert "".join(row["name"][-1] for row in filtered(ROWS, expression)) == kept


@pytest.mark.parametrize(
    "wrong", ["display_name", "create_time>3", 'etag="x"', "labels.=x", 'display_name="x" OR y=1']
)
def test_filters_that_are_none(wrong: str) -> None:
    with pytest.raises(GoogleError) as raised:
        filtered(ROWS, wrong)
    assert (raised.value.code, raised.value.status) == (400, "INVALID_ARGUMENT")


def test_pages() -> None:
    first = page_of(ROWS, {"pageSize": "2"}, "rows")
    assert [row["name"][-1] for row in first["rows"]] == ["1", "2"]
    second = page_of(ROWS, {"pageSize": "2", "pageToken": first["nextPageToken"]}, "rows")
    assert [row["name"][-1] for row in second["rows"]] == ["3"]
    assert "nextPageToken" not in second
    assert page_of([], {}, "rows") == {}
    for wrong in ({"pageSize": "x"}, {"pageSize": "-1"}, {"pageToken": "x"}, {"pageToken": "Zg=="}):
        with pytest.raises(GoogleError):
            page_of(ROWS, wrong, "rows")


# Over HTTP


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_an_endpoint_is_told_as_the_service_tells_it(root: str, version: str) -> None:
    got = ask(f"{root}/{version}/projects/any/locations/us-central1/endpoints/1002")
    assert got.status == 200 and got.headers["x-llmeval-emulator"] == "1"
    assert got.body["name"] == "projects/any/locations/us-central1/endpoints/1002"
    (deployed,) = got.body["deployedModels"]
    assert deployed["model"] == "projects/any/locations/us-central1/models/2002"
    assert got.body["trafficSplit"] == {deployed["id"]: 100}
    assert "dedicatedEndpointDns" not in got.body


def test_the_dedicated_domain_is_the_emulators_other_name(root: str) -> None:
    got = ask(f"{root}{PLACE}/endpoints/1003")
    assert got.body["dedicatedEndpointEnabled"] is True
    assert got.body["dedicatedEndpointDns"] == f"localhost:{root.rpartition(':')[2]}"
    again = ask(f"http://{got.body['dedicatedEndpointDns']}{PLACE}/endpoints/1003")
    assert again.body == got.body


def test_endpoints_of_one_kind_each(root: str) -> None:
    listed = ask(f"{root}{PLACE}/endpoints").body["endpoints"]
    assert [e["displayName"] for e in listed] == [
        "tuned-gemini", "vllm", "vllm-dedicated", "tgi", "custom", "canary", "nothing-deployed",
        "psc",
    ]  # fmt: skip
    assert "deployedModels" not in listed[6] and "trafficSplit" not in listed[6]
    assert listed[7]["privateServiceConnectConfig"]["enablePrivateServiceConnect"] is True
    europe = ask(f"{root}/v1/projects/p/locations/europe-west4/endpoints").body["endpoints"]
    assert [e["displayName"] for e in europe] == ["vllm"]


def test_containers_are_told_apart_by_their_models(root: str) -> None:
    def model(number: int) -> Any:
        return ask(f"{root}{PLACE}/models/{number}").body

    assert "containerSpec" not in model(2001)
    assert model(2001)["baseModelSource"]["genieSource"]["baseModelUri"].endswith("flash-001")
    assert "pytorch-vllm-serve" in model(2002)["containerSpec"]["imageUri"]
    assert "text-generation-inference" in model(2004)["containerSpec"]["imageUri"]
    assert model(2005)["modelSourceInfo"] == {"sourceType": "CUSTOM"}
    assert model(2005)["versionAliases"] == ["default", "production"]


def test_model_versions(root: str) -> None:
    got = ask(f"{root}{PLACE}/models/2006:listVersions").body["models"]
    assert [(m["versionId"], m["versionAliases"][0]) for m in got] == [
        ("1", "default"), ("2", "canary"),
    ]  # fmt: skip
    assert ask(f"{root}{PLACE}/models/2006@canary").body == got[1]
    assert got[1]["deployedModels"] == [
        {"endpoint": f"{PLACE[4:]}/endpoints/1006", "deployedModelId": "3007"}
    ]
    names = [m["name"][-4:] for m in ask(f"{root}{PLACE}/models").body["models"]]
    assert names == ["2001", "2002", "2003", "2004", "2005", "2006", "2008"]


@pytest.mark.parametrize("prefix", ["/v1", PLACE])
def test_publisher_models(root: str, prefix: str) -> None:
    got = ask(f"{root}{prefix}/publishers/google/models/gemini-2.5-pro")
    assert got.body["name"] == "publishers/google/models/gemini-2.5-pro"
    listed = ask(f"{root}{prefix}/publishers/meta/models").body["publisherModels"]
    assert all("-maas" in model["name"] for model in listed)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{PLACE}/endpoints/9", "The Endpoint does not exist."),
        ("/v1/projects/p/locations/asia-east1/endpoints/1001", "The Endpoint does not exist."),
        (f"{PLACE}/models/2006@9", "models/2006@9 does not exist"),
        (
            "/v1/projects/p/locations/asia-east1/models/2006:listVersions",
            "models/2006 does not exist",
        ),
        ("/v1/publishers/google/models/gemini-9", "valid model version"),
    ],
)
def test_what_is_not_there(root: str, path: str, said: str) -> None:
    got = ask(root + path)
    assert (got.status, got.error["status"]) == (404, "NOT_FOUND")
    assert said in got.error["message"] and got.headers["x-llmeval-emulator"] == "1"


@pytest.mark.parametrize("path", ["nonsense", "endpoints/1002:undeployModel"])
def test_paths_of_no_service_bring_the_front_ends_page(root: str, path: str) -> None:
    got = ask(f"{root}{PLACE}/{path}", {} if ":" in path else None)
    assert got.status == 404 and "That’s an error" in got.body
    assert got.headers["x-llmeval-emulator"] == "1"


def test_bad_filters_and_pages_are_told(root: str) -> None:
    got = ask(f"{root}{PLACE}/endpoints?filter=etag%3D1")
    assert got.status == 400
    assert got.error["details"][0]["fieldViolations"][0]["field"] == "filter"


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "endpoints/1002", "endpoints.get"),
        ("GET", "endpoints", "endpoints.list"),
        ("GET", "models/2002", "models.get"),
        ("POST", "endpoints/1002:predict", "endpoints.predict"),
        ("POST", "endpoints/openapi/chat/completions", "endpoints.predict"),
        ("POST", "publishers/google/models/x:generateContent", "endpoints.predict"),
        ("POST", "pipelineJobs", "pipelineJobs.create"),
    ],
)
def test_a_project_without_permission(root: str, method: str, path: str, permission: str) -> None:
    url = f"{root}/v1/projects/no-permission/locations/us-central1/{path}"
    got = ask(url, {} if method == "POST" else None)
    assert (got.status, got.error["status"]) == (403, "PERMISSION_DENIED")
    info = got.error["details"][0]
    assert info["reason"] == "IAM_PERMISSION_DENIED"
    assert info["metadata"]["permission"] == f"aiplatform.{permission}"
    assert info["metadata"]["resource"].startswith("projects/no-permission/locations/")
    assert ":" not in info["metadata"]["resource"]
    assert isinstance(got.body, list) == ("openapi" in path)


def test_a_project_without_the_api(root: str) -> None:
    got = ask(f"{root}/v1/projects/api-disabled/locations/us-central1/endpoints")
    assert got.status == 403 and "api-disabled before or it is disabled" in got.error["message"]
    link, info = got.error["details"]
    assert info["reason"] == "SERVICE_DISABLED"
    assert info["metadata"]["consumer"] == "projects/api-disabled"
    assert link["links"][0]["url"].endswith("?project=api-disabled")


def test_a_resource_is_the_same_for_the_same_arguments() -> None:
    first = [endpoint_resource(e, PLACES, "localhost:1") for e in WORLD.endpoints]
    assert first == [endpoint_resource(e, PLACES, "localhost:1") for e in WORLD.endpoints]
