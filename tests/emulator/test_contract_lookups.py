"""The contract of look-ups: what we read of endpoints and models is what Google's clients read.

Those are ``aiplatform.Endpoint`` and ``aiplatform.Model`` over REST, and the generated clients over
REST and gRPC.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from google_clients import PLACE, aiplatform_for, over_grpc, over_rest
from recording_proxy import recording_proxy

from llmeval.emulator import running_emulator
from llmeval.emulator.vertex import WORLD
from llmeval.endpoints.vertex.lookup import (
    BaseModelSource,
    Container,
    Deployed,
    EndpointResource,
    GenieSource,
    Looker,
    ModelResource,
    PrivateServiceConnect,
)
from llmeval.endpoints.vertex.references import Place, parse_vertex
from llmeval.endpoints.wire.channel import Channel
from llmeval.errors import LlmevalError

REASON = "the vertex extra is not installed"
grpc = pytest.importorskip("grpc", reason=REASON)
pytest.importorskip("google.cloud.aiplatform_v1", reason=REASON)

from llmeval.emulator.vertex_grpc import running_grpc  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.*"),
    pytest.mark.filterwarnings("ignore::FutureWarning:google.*"),
]

CLIENTS = ("aiplatform", "gapic-rest", "gapic-grpc")
ENDPOINTS = [e.id for e in WORLD.endpoints]
MODELS = sorted({(d.model.id, d.model.version) for e in WORLD.endpoints for d in e.deployed})


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


@pytest.fixture(scope="module")
def reading(root: str) -> Iterator[dict[str, SimpleNamespace]]:
    """Client -> how it gets an endpoint, endpoints by filter, and a model, as Google's types."""
    from google.cloud.aiplatform_v1 import EndpointServiceClient, ModelServiceClient

    def gapic(made: Callable[[Any, Any], Any], where: Any) -> SimpleNamespace:
        endpoints, models = made(EndpointServiceClient, where), made(ModelServiceClient, where)
        return SimpleNamespace(
            endpoint=lambda name: endpoints.get_endpoint(name=name),
            listed=lambda query: list(endpoints.list_endpoints({"parent": PLACE, "filter": query})),
            model=lambda name: models.get_model(name=name),
        )

    with (
        running_grpc(root) as address,
        grpc.insecure_channel(address) as channel,
        aiplatform_for(root) as aiplatform,
    ):
        yield {
            "aiplatform": SimpleNamespace(
                endpoint=lambda name: aiplatform.Endpoint(name).gca_resource,
                listed=lambda query: [e.gca_resource for e in aiplatform.Endpoint.list(query)],
                model=lambda name: aiplatform.Model(name).gca_resource,
            ),
            "gapic-rest": gapic(over_rest, root),
            "gapic-grpc": gapic(over_grpc, channel),
        }


def looked_up(root: str, look: Callable[[Looker], Any], project: str = "p") -> Any:
    """Return what our path finds."""

    async def found() -> Any:
        channel = Channel({}, connect_timeout=5.0, max_response_bytes=1_000_000)
        try:
            return await look(Looker(channel, root, Place(project, "us-central1"), {}))
        finally:
            await channel.close()

    return asyncio.run(found())


def endpoint_of(shown: Any) -> EndpointResource:
    """Return Google's ``Endpoint`` in our words."""
    private = "private_service_connect_config" in shown
    return EndpointResource(
        name=shown.name,
        display_name=shown.display_name,
        deployed_models=[deployed_of(deployed) for deployed in shown.deployed_models],
        traffic_split=dict(shown.traffic_split),
        network=shown.network or None,
        private_service_connect_config=PrivateServiceConnect(
            shown.private_service_connect_config.enable_private_service_connect
        )
        if private
        else None,
        dedicated_endpoint_enabled=shown.dedicated_endpoint_enabled,
        dedicated_endpoint_dns=shown.dedicated_endpoint_dns or None,
    )


def deployed_of(shown: Any) -> Deployed:
    """Return Google's ``DeployedModel`` in our words."""
    from google.protobuf.json_format import MessageToDict

    machines = type(shown).pb(shown).dedicated_resources
    return Deployed(
        id=shown.id,
        model=shown.model,
        display_name=shown.display_name,
        model_version_id=shown.model_version_id or None,
        dedicated_resources=MessageToDict(machines) if "dedicated_resources" in shown else None,
    )


def model_of(shown: Any) -> ModelResource:
    """Return Google's ``Model`` in our words."""
    tuned = "genie_source" in shown.base_model_source
    source = shown.base_model_source.genie_source.base_model_uri
    return ModelResource(
        name=shown.name,
        display_name=shown.display_name,
        version_id=shown.version_id or None,
        container_spec=Container(shown.container_spec.image_uri)
        if "container_spec" in shown
        else None,
        base_model_source=BaseModelSource(GenieSource(source) if tuned else None)
        if "base_model_source" in shown
        else None,
    )


@pytest.mark.parametrize("identifier", ENDPOINTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_endpoints(root: str, reading: Any, client: str, identifier: str) -> None:
    ours = looked_up(root, lambda looker: looker.endpoint(parse_vertex(identifier)))
    assert ours == endpoint_of(reading[client].endpoint(f"{PLACE}/endpoints/{identifier}"))


def test_the_world_holds_every_kind_of_endpoint(root: str) -> None:
    found = looked_up(root, lambda looker: looker.listed())
    assert [len(e.deployed_models) for e in found].count(0) == 1
    assert any(e.dedicated_endpoint_enabled and e.dedicated_endpoint_dns for e in found)
    assert any(e.private_service_connect_config for e in found)
    assert {3006: 90, 3007: 10} in [{int(k): v for k, v in e.traffic_split.items()} for e in found]


@pytest.mark.parametrize("name", [e.display_name for e in WORLD.endpoints])
@pytest.mark.parametrize("client", CLIENTS)
def test_endpoints_by_name(root: str, reading: Any, client: str, name: str) -> None:
    ours = looked_up(root, lambda looker: looker.named(parse_vertex(f"vertex:{name}")))
    shown = reading[client].listed(f'display_name="{name}"')
    if (client, name) == ("aiplatform", "psc"):  # it lists these as PrivateEndpoint only
        assert not shown and ours[0].private_service_connect_config
        return
    assert ours == [endpoint_of(one) for one in shown]


@pytest.mark.parametrize(("identifier", "version"), MODELS)
@pytest.mark.parametrize("client", CLIENTS)
def test_models(root: str, reading: Any, client: str, identifier: str, version: str) -> None:
    deployed = Deployed("1", f"{PLACE}/models/{identifier}", model_version_id=version)
    ours = looked_up(root, lambda looker: looker.model(deployed))
    assert ours == model_of(reading[client].model(f"{PLACE}/models/{identifier}@{version}"))
    assert ours.version_id == version


@pytest.mark.parametrize("project", ["p", "api-disabled", "no-permission"])
@pytest.mark.parametrize("client", CLIENTS)
def test_look_ups_that_fail(root: str, reading: Any, client: str, project: str) -> None:
    """Our message says the server's own words."""
    from google.api_core.exceptions import GoogleAPICallError

    with pytest.raises(LlmevalError) as ours:
        looked_up(root, lambda looker: looker.endpoint(parse_vertex("9999")), project)
    with pytest.raises(GoogleAPICallError) as theirs:
        reading[client].endpoint(f"projects/{project}/locations/us-central1/endpoints/9999")
    said = re.sub(r"^GET \S+: ", "", theirs.value.message)
    assert said.rstrip(".") in str(ours.value)


def test_requests_go_where_googles_go(root: str) -> None:
    from google.cloud.aiplatform_v1 import EndpointServiceClient, ModelServiceClient

    deployed = Deployed("1", f"{PLACE}/models/2006", model_version_id="2")
    with recording_proxy(root) as proxy:
        endpoints = over_rest(EndpointServiceClient, proxy.root)
        models = over_rest(ModelServiceClient, proxy.root)
        list(endpoints.list_endpoints({"parent": PLACE, "filter": 'display_name="a b"'}))
        endpoints.get_endpoint(name=f"{PLACE}/endpoints/1006")
        models.get_model(name=f"{PLACE}/models/2006@2")
        theirs = [targets(recorded.target) for recorded in proxy.sent("GET")]
        looked_up(proxy.root, lambda looker: looker.named(parse_vertex("vertex:a b")))
        looked_up(proxy.root, lambda looker: looker.endpoint(parse_vertex("1006")))
        looked_up(proxy.root, lambda looker: looker.model(deployed))
        assert [targets(recorded.target) for recorded in proxy.sent("GET")] == theirs


def targets(target: str) -> tuple[str, list[tuple[str, str]]]:
    """Return path and query, but for how the answer shall be encoded."""
    from urllib.parse import parse_qsl, unquote, urlsplit

    parts = urlsplit(target)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "$alt"]
    return unquote(parts.path), query
