"""From what is deployed to format and address: pure, no server."""

from __future__ import annotations

from typing import Any

import pytest
from yarl import URL

from llmeval.config import EndpointSettings
from llmeval.endpoints.dialects.chat_stream import Chat
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.endpoints.dialects.messages import Messages
from llmeval.endpoints.dialects.predict import Predict
from llmeval.endpoints.vertex.lookup import (
    BaseModelSource,
    Container,
    Deployed,
    EndpointResource,
    GenieSource,
    ModelResource,
    PrivateEndpoints,
    PrivateServiceConnect,
)
from llmeval.endpoints.vertex.references import Place, parse_vertex
from llmeval.endpoints.vertex.targets import (
    Target,
    endpoint_target,
    publisher_target,
    unseen_target,
)
from llmeval.errors import ConfigError, EndpointDown
from llmeval.records import Message, Request

ROOT = "https://us-central1-aiplatform.googleapis.com"
PARENT = "projects/p-1/locations/us-central1"
PLACE = Place("p-1", "us-central1")
NAME = f"{PARENT}/endpoints/12"
IMAGES = "us-docker.pkg.dev/vertex-ai"
VLLM = f"{IMAGES}/vertex-vision-model-garden-dockers/pytorch-vllm-serve:20250601"
TGI = "us-docker.pkg.dev/deeplearning-platform-release/gcr.io/huggingface-text-generation-inference"
MACHINES = {"machineSpec": {"machineType": "g2-standard-12"}}


def publisher(reference: str, **declared: Any) -> Target:
    return publisher_target(
        parse_vertex(reference), PLACE, ROOT, EndpointSettings(**declared), {"llmeval-run-id": "r"}
    )


def deployed(id: str = "1", **more: Any) -> Deployed:
    given: dict[str, Any] = {"model": f"{PARENT}/models/m{id}", "display_name": f"model {id}"}
    return Deployed(id, **(given | more))


def endpoint(*models: Deployed, **more: Any) -> EndpointResource:
    return EndpointResource(NAME, deployed_models=list(models), **more)


def behind(image: str = "", *, genie: bool = False) -> ModelResource:
    source = BaseModelSource(GenieSource("publishers/google/models/gemini-x")) if genie else None
    return ModelResource(f"{PARENT}/models/m1", container_spec=Container(image) if image else None,
                         base_model_source=source)  # fmt: skip


def target(
    found: EndpointResource,
    models: dict[str, ModelResource] | None = None,
    *,
    reference: str = "12",
    root: str = ROOT,
    **declared: Any,
) -> Target:
    return endpoint_target(
        parse_vertex(reference), found, models or {}, root, EndpointSettings(**declared), {}
    )


def asked(found: Target, *, stream: bool = False, **settings: Any) -> Any:
    return found.dialect.body(Request((Message("user", "hi"),), settings, stream=stream))


# Publishers' models


@pytest.mark.parametrize(
    ("reference", "format", "dialect", "path"),
    [
        ("gemini-2.5-flash", "generate_content", Gemini,
         "publishers/google/models/gemini-2.5-flash:generateContent"),
        ("claude-sonnet-4-5@20250929", "messages", Messages,
         "publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"),
        ("publishers/mistralai/models/mistral-small-2503", "raw_chat", Chat,
         "publishers/mistralai/models/mistral-small-2503:rawPredict"),
        ("meta/llama-3.3-70b-instruct-maas", "chat", Chat, "endpoints/openapi/chat/completions"),
        ("google/gemma-3", "chat", Chat, "endpoints/openapi/chat/completions"),
    ],
)  # fmt: skip
def test_publishers_models(reference: str, format: str, dialect: type, path: str) -> None:
    found = publisher(reference)
    assert (found.format, type(found.dialect)) == (format, dialect)
    assert found.url == URL(f"{ROOT}/v1/{PARENT}/{path}")
    stream = path.replace(":generateContent", ":streamGenerateContent?alt=sse")
    assert found.stream_url == URL(f"{ROOT}/v1/{PARENT}/{stream}".replace(
        ":rawPredict", ":streamRawPredict"))  # fmt: skip


def test_what_publishers_models_are_sent() -> None:
    assert asked(publisher("gemini-2.5-flash"))["labels"] == {"llmeval-run-id": "r"}
    chat = publisher("meta/llama-x-maas")
    assert asked(chat)["model"] == "meta/llama-x-maas"
    assert asked(chat, stream=True)["stream_options"] == {"include_usage": True}
    raw = publisher("mistralai/mistral-small-2503")
    assert asked(raw)["model"] == "mistral-small-2503"
    assert "stream_options" not in asked(raw, stream=True), "Mistral refuses what it does not know"


def test_what_is_declared_wins() -> None:
    found = publisher("gemini-2.5-flash", format="chat", model="google/other", address="https://x/")
    assert (found.format, asked(found)["model"]) == ("chat", "google/other")
    assert found.url == URL(f"https://x/v1/{PARENT}/endpoints/openapi/chat/completions")


# Endpoints


@pytest.mark.parametrize(
    ("serving", "model", "format"),
    [
        ({}, None, "generate_content"),
        ({}, behind(genie=True), "generate_content"),
        ({"dedicated_resources": MACHINES}, behind(genie=True), "generate_content"),
        ({"dedicated_resources": MACHINES}, behind(VLLM), "chat"),
        ({"dedicated_resources": MACHINES}, behind(f"{TGI}-cu121"), "chat"),
        ({"dedicated_resources": MACHINES}, behind("gcr.io/p/hex-llm-serve"), "chat"),
        ({"dedicated_resources": MACHINES}, behind("gcr.io/p/tgi:1"), "chat"),
        ({"dedicated_resources": MACHINES}, behind("gcr.io/p/strategies:1"), "predict"),
        ({"dedicated_resources": MACHINES}, behind("gcr.io/p/mine:1"), "predict"),
        ({"dedicated_resources": MACHINES}, None, "predict"),
        ({"automatic_resources": {"minReplicaCount": 1}}, None, "predict"),
        ({"shared_resources": f"{PARENT}/deploymentResourcePools/1"}, None, "predict"),
    ],
)
def test_the_format_is_read_off_what_serves(
    serving: dict[str, Any], model: ModelResource | None, format: str
) -> None:
    found = target(endpoint(deployed(**serving)), {"1": model} if model else {})
    assert found.format == format
    action = {"generate_content": ":generateContent", "chat": "/chat/completions",
              "predict": ":predict"}[format]  # fmt: skip
    assert found.url == URL(f"{ROOT}/v1/{NAME}{action}")
    assert (found.stream_url is None) == (format == "predict")


def test_most_of_the_traffic_decides() -> None:
    models = {"1": behind("gcr.io/p/mine"), "2": behind(VLLM)}
    both = [
        deployed("1", dedicated_resources=MACHINES),
        deployed("2", dedicated_resources=MACHINES),
    ]
    assert target(endpoint(*both, traffic_split={"1": 10, "2": 90}), models).format == "chat"
    assert target(endpoint(*both, traffic_split={"1": 90, "2": 10}), models).format == "predict"
    assert target(endpoint(*both, traffic_split={"1": 0, "2": 100}), models).format == "chat"


def test_the_template_is_that_of_the_container_that_serves() -> None:
    both = [
        deployed("1", dedicated_resources=MACHINES),
        deployed("2", dedicated_resources=MACHINES),
    ]
    found = endpoint(*both, traffic_split={"1": 0, "2": 100})
    models = {"1": behind(VLLM), "2": behind(TGI)}
    assert "inputs" in asked(target(found, models, format="predict"))["instances"][0]
    assert "messages" in asked(target(endpoint(both[0]), models, format="predict"))["instances"][0]
    assert asked(target(endpoint(both[0]), {"1": behind("gcr.io/p/mine")}))["instances"] == [
        {"prompt": "hi"}
    ]


@pytest.mark.parametrize(
    ("found", "reference", "said"),
    [
        (endpoint(), "12", "nothing is deployed"),
        (endpoint(deployed("7"), deployed("8")), "12?deployed_model=9", "there are 7, 8"),
        (endpoint(deployed("7"), traffic_split={"7": 0}), "12", "gets traffic"),
        (endpoint(deployed("7"), traffic_split={"gone": 100}), "12", "gets traffic"),
        (endpoint(deployed(), private_service_connect_config=PrivateServiceConnect(True)), "12",
         "private service connect only"),
    ],
)  # fmt: skip
def test_endpoints_that_cannot_answer(found: EndpointResource, reference: str, said: str) -> None:
    with pytest.raises(EndpointDown, match=said) as caught:
        target(found, reference=reference)
    assert caught.value.fix


def test_private_service_connect_needs_an_address() -> None:
    found = endpoint(deployed(), private_service_connect_config=PrivateServiceConnect(True))
    assert target(found, address="https://10.0.0.2/").url.host == "10.0.0.2"


def test_a_dedicated_endpoint_has_a_domain_of_its_own() -> None:
    dns = "12.us-central1-345.prediction.vertexai.goog"
    found = endpoint(deployed(), dedicated_endpoint_enabled=True, dedicated_endpoint_dns=dns)
    assert target(found).url == URL(f"https://{dns}/v1/{NAME}:generateContent")
    local = target(found, root="http://127.0.0.1:8080").url
    assert (local.scheme, local.host) == ("http", dns)
    assert target(found, address="https://mine").url.host == "mine"
    without = endpoint(deployed(), dedicated_endpoint_enabled=False, dedicated_endpoint_dns=dns)
    assert target(without).url.host == "us-central1-aiplatform.googleapis.com"


def test_an_endpoint_in_a_private_network_is_asked_at_its_own_address() -> None:
    address = PrivateEndpoints("http://10.1.2.3/v1/models/12:predict")
    found = endpoint(deployed(private_endpoints=address), network="projects/1/global/networks/n")
    got = target(found)
    assert (got.format, got.url, got.stream_url) == (
        "predict", URL("http://10.1.2.3/v1/models/12:predict"), None,
    )  # fmt: skip
    assert not got.takes_token
    elsewhere = target(found, address="https://x")
    assert (elsewhere.url.host, elsewhere.takes_token) == ("x", True)


def test_one_deployed_model_is_asked_past_the_traffic_split() -> None:
    found = endpoint(
        deployed("7", dedicated_resources=MACHINES), deployed("8"), traffic_split={"8": 100}
    )
    got = target(found, {"7": behind(VLLM)}, reference="12?deployed_model=7")
    url = URL(f"{ROOT}/v1/{NAME}/deployedModels/7/invoke/v1/chat/completions")
    assert (got.format, got.url, got.stream_url) == ("chat", url, url)
    with pytest.raises(ConfigError, match="--by=deployed_model"):
        target(found, reference="12?deployed_model=8")
    with_path = target(found, reference="12?deployed_model=8", path="invoke/v1/x", format="chat")
    assert with_path.url == URL(f"{ROOT}/v1/{NAME}/deployedModels/8/invoke/v1/x")


@pytest.mark.parametrize(
    ("path", "expected"),
    [(":serverStreamingPredict", f"{NAME}:serverStreamingPredict"),
     ("invoke/generate", f"{NAME}/invoke/generate")],
)  # fmt: skip
def test_a_declared_path(path: str, expected: str) -> None:
    found = target(endpoint(deployed()), format="chat", path=path)
    assert found.url == found.stream_url == URL(f"{ROOT}/v1/{expected}")


# What the configuration says wrongly


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"format": "raw_predict"}, "give its body as 'request'"),
        ({"format": "predict", "request": "{{ x"}, "no Jinja2"),
        ({"format": "predict", "answer": "["}, "no JMESPath"),
        ({"format": "predict", "instances": 4, "request": '{"instances": [{{ prompt | tojson }}]}'},
         "no loop over 'instances'"),
    ],
)  # fmt: skip
def test_declarations_that_are_wrong_say_where(declared: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        target(endpoint(deployed()), **declared)
    assert "[tool.llmeval.endpoints] '12'" in str(caught.value)


def test_raw_predict_sends_what_it_is_told_to() -> None:
    found = target(
        endpoint(deployed()), format="raw_predict", request='{"q": {{ prompt | tojson }}}'
    )
    assert asked(found) == {"q": "hi"}
    assert isinstance(found.dialect, Predict)
    assert found.url.path.endswith(":rawPredict")
    assert str(found.stream_url).endswith(":streamRawPredict")


# Endpoints that may not be looked up


def unseen(reference: str, **declared: Any) -> Target:
    return unseen_target(parse_vertex(reference), PLACE, ROOT, EndpointSettings(**declared), {})


def test_an_endpoint_that_may_not_be_looked_up_is_asked_as_declared() -> None:
    assert unseen("12", format="generate_content").url == URL(f"{ROOT}/v1/{NAME}:generateContent")
    found = unseen("12", format="predict", address="https://12.x.prediction.vertexai.goog/")
    assert found.url == URL(f"https://12.x.prediction.vertexai.goog/v1/{NAME}:predict")
    invoked = unseen("12?deployed_model=7", format="chat").url
    assert invoked.path.endswith("/deployedModels/7/invoke/v1/chat/completions")
    path = unseen("12?deployed_model=7", format="predict", path=":predict").url
    assert path.path.endswith("/deployedModels/7:predict")
