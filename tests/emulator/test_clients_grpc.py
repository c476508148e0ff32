"""Google's generated clients over gRPC, against the emulator: what they read over REST."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from google_clients import FLASH, PLACE, TUNED, counters, over_grpc, over_rest, reset

from llmeval.emulator import Faults, VertexOptions, running_emulator
from llmeval.emulator.vertex.kinds import DOES
from llmeval.errors import ConfigError, MissingExtra

REASON = "the vertex extra is not installed"
grpc = pytest.importorskip("grpc", reason=REASON)
pytest.importorskip("google.cloud.aiplatform_v1", reason=REASON)

from llmeval.emulator.vertex_grpc import running_grpc  # noqa: E402
from llmeval.emulator.vertex_grpc.methods import METHODS, Method  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:google.*")

VLLM = f"{PLACE}/endpoints/1002"
CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator(vertex=VertexOptions(stable="demo?ttft=0&tpot=0")) as address:
        yield address


@pytest.fixture(scope="module")
def channel(root: str) -> Iterator[Any]:
    with running_grpc(root) as address, grpc.insecure_channel(address) as opened:
        yield opened


def clients(made: Any, where: Any) -> SimpleNamespace:
    """The generated clients, ``made`` for one transport."""
    from google.cloud import aiplatform_v1, aiplatform_v1beta1

    return SimpleNamespace(
        types=aiplatform_v1.types,
        prediction=made(aiplatform_v1.PredictionServiceClient, where),
        endpoint=made(aiplatform_v1.EndpointServiceClient, where),
        model=made(aiplatform_v1.ModelServiceClient, where),
        utility=made(aiplatform_v1.LlmUtilityServiceClient, where),
        beta=made(aiplatform_v1beta1.PredictionServiceClient, where),
    )


@pytest.fixture(scope="module")
def rest(root: str) -> SimpleNamespace:
    return clients(over_rest, root)


@pytest.fixture(scope="module")
def rpc(channel: Any) -> SimpleNamespace:
    return clients(over_grpc, channel)


def question(text: str, model: str = FLASH, **more: Any) -> Any:
    from google.cloud.aiplatform_v1 import types

    content = types.Content(role="user", parts=[types.Part(text=text)])
    return types.GenerateContentRequest(model=model, contents=[content], **more)


def http_body(value: Any) -> Any:
    from google.api.httpbody_pb2 import HttpBody

    return HttpBody(data=json.dumps(value).encode(), content_type="application/json")


# The table of methods


@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.version}.{m.service}.{m.name}")
def test_methods_stand_for_the_calls_that_google_says(method: Method) -> None:
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in method.service).strip("_")
    package = f"google.cloud.aiplatform_{method.version}.services.{snake}.transports.rest_base"
    base = getattr(import_module(package), f"_Base{method.service}RestTransport")
    options = getattr(base, f"_Base{method.name}")._get_http_options()
    first = options[0]
    field, _, rest_of_path = first["uri"].partition("{")[2].partition("}")
    suffix = method.path.partition("}")[2]
    assert field.partition("=")[0] == method.field
    assert (first["method"].upper(), rest_of_path) == (method.verb, suffix)
    assert first["uri"].startswith(f"/{method.version}/")


# Answers


@pytest.mark.parametrize("model", [FLASH, TUNED])
@pytest.mark.parametrize("streamed", [False, True])
def test_generate_content_says_what_it_says_over_rest(
    root: str, rest: SimpleNamespace, rpc: SimpleNamespace, model: str, streamed: bool
) -> None:
    def answers(prediction: Any) -> list[Any]:
        reset(root)
        asked = question("Hello", model, labels={"llmeval-run-id": "r1"})
        if streamed:
            return list(prediction.stream_generate_content(asked))
        return [prediction.generate_content(asked)]

    ours, theirs = answers(rpc.prediction), answers(rest.prediction)
    for answer in (*ours, *theirs):
        answer.create_time = None
    assert ours == theirs
    assert (len(ours) > 5) == streamed
    assert counters(root)["labels"] == {"llmeval-run-id=r1": 1}


def test_a_stream_comes_piece_by_piece(channel: Any) -> None:
    slow = VertexOptions(stable="demo?ttft=0.1&tpot=0.02&latency_sigma=0")
    with running_emulator(vertex=slow) as root, running_grpc(root) as address:
        opened = grpc.insecure_channel(address)
        from google.cloud.aiplatform_v1 import PredictionServiceClient

        prediction = over_grpc(PredictionServiceClient, opened)
        stream = prediction.stream_generate_content(question("Hello"))
        begun = time.perf_counter()
        seen = [time.perf_counter() - begun for _ in stream]
        opened.close()
    assert seen[-1] - seen[0] > 0.3


def test_predict_and_raw_predict(root: str, rest: SimpleNamespace, rpc: SimpleNamespace) -> None:
    for name, arguments in (
        ("predict", {"instances": [{"prompt": "Hi"}] * 2, "parameters": {"temperature": 0.5}}),
        ("raw_predict", {"http_body": http_body(CHAT)}),
    ):
        answers = []
        for made in (rest, rpc):
            reset(root)
            answers.append(getattr(made.prediction, name)(endpoint=VLLM, **arguments))
        assert answers[0] == answers[1]
        assert b"Here is" in str(answers[1]).encode()


def test_stream_raw_predict_hands_on_the_bytes_of_the_container(rpc: SimpleNamespace) -> None:
    pieces = list(rpc.prediction.stream_raw_predict(endpoint=VLLM, http_body=http_body(CHAT)))
    assert {piece.content_type for piece in pieces} == {"text/event-stream"}
    events = b"".join(piece.data for piece in pieces).split(b"\n\n")[:-1]
    assert len(pieces) > 5 and events[-1] == b"data: [DONE]"
    deltas = [json.loads(e.removeprefix(b"data: "))["choices"][0]["delta"] for e in events[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas).startswith("Here is a short")


@pytest.mark.parametrize("stream", [False, True])
def test_chat_completions(rpc: SimpleNamespace, stream: bool) -> None:
    asked = http_body({**CHAT, "model": "google/gemini-2.5-flash", "stream": stream})
    name = f"{PLACE}/endpoints/openapi"
    pieces = list(rpc.beta.chat_completions({"endpoint": name, "http_body": asked}))
    said = b"".join(piece.data for piece in pieces)
    assert said.endswith(b"data: [DONE]\n\n") == stream and b"Here" in said


def test_counting_tokens(rpc: SimpleNamespace) -> None:
    for client in (rpc.utility, rpc.beta):
        asked = {"endpoint": FLASH, "contents": [{"role": "user", "parts": [{"text": "a b c"}]}]}
        assert client.count_tokens(asked).total_tokens == 3


def test_look_ups(rest: SimpleNamespace, rpc: SimpleNamespace) -> None:
    for identifier in ("1001", "1003", "1006", "1008"):
        name = f"{PLACE}/endpoints/{identifier}"
        assert rpc.endpoint.get_endpoint(name=name) == rest.endpoint.get_endpoint(name=name)
    name = f"{PLACE}/models/2006@canary"
    assert rpc.model.get_model(name=name) == rest.model.get_model(name=name)
    asked = {"parent": PLACE, "filter": 'labels.team="llmeval"', "page_size": 1}
    pages = list(rpc.endpoint.list_endpoints(asked).pages)
    assert [[e.display_name for e in page.endpoints] for page in pages] == [
        ["vllm"], ["vllm-dedicated"]
    ]  # fmt: skip


# Failures


CODES = {
    "invalid_400": "INVALID_ARGUMENT",
    "unauthenticated_401": "UNAUTHENTICATED",
    "permission_403": "PERMISSION_DENIED",
    "not_found_404": "NOT_FOUND",
    "timeout_408": "DEADLINE_EXCEEDED",
    "aborted_409": "ABORTED",
    "quota_429": "RESOURCE_EXHAUSTED",
    "quota_project_429": "RESOURCE_EXHAUSTED",
    "quota_endpoint_429": "RESOURCE_EXHAUSTED",
    "error_list": "RESOURCE_EXHAUSTED",
    "cancelled_499": "CANCELLED",
    "server_500": "INTERNAL",
    "unavailable_503": "UNAVAILABLE",
    "deadline_504": "DEADLINE_EXCEEDED",
    "error_midstream": "UNAVAILABLE",
    "garbage": "UNKNOWN",
    "html_404": "UNIMPLEMENTED",
    "html_502": "UNAVAILABLE",
    "reset": "UNAVAILABLE",
    "truncated": "UNAVAILABLE",
    "fin_stream": "UNAVAILABLE",
    "reset_stream": "UNAVAILABLE",
    "cut_stream": "UNAVAILABLE",
    "hang": "DEADLINE_EXCEEDED",
}
DETAILS = {
    "invalid_400": {"BadRequest"},
    "unauthenticated_401": {"ErrorInfo"},
    "permission_403": {"ErrorInfo"},
    "quota_project_429": {"ErrorInfo", "QuotaFailure", "RetryInfo"},
}


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("streamed", [False, True])
def test_failures(root: str, rpc: SimpleNamespace, kind: str, streamed: bool) -> None:
    from google.api_core.exceptions import GoogleAPICallError

    reset(root)
    asked, seen = question(f"[[fault:{kind}]]"), []
    if kind == "cut_stream" and streamed:
        assert list(rpc.prediction.stream_generate_content(asked))[-1].candidates[0].content
        return
    with pytest.raises(GoogleAPICallError) as raised:
        if streamed:
            seen.extend(rpc.prediction.stream_generate_content(asked, timeout=0.5, retry=None))
        else:
            rpc.prediction.generate_content(asked, timeout=0.5, retry=None)
    error = raised.value
    assert error.grpc_status_code.name == CODES[kind]
    assert {type(detail).__name__ for detail in error.details} == DETAILS.get(kind, set())
    assert counters(root)["calls"] == 1


def test_every_kind_of_failure_is_tried() -> None:
    answers = {"blocked_prompt", "blocked_output", "blocked_midstream", "recitation", "spii"}
    answers |= {"prohibited_content", "blocklist", "max_tokens", "max_tokens_empty", "empty"}
    answers |= {"malformed_call", "no_candidates", "no_parts"}
    assert answers | CODES.keys() == DOES.keys()


def test_details_of_a_quota(rpc: SimpleNamespace) -> None:
    from google.api_core.exceptions import ResourceExhausted

    with pytest.raises(ResourceExhausted, match="Quota exceeded for aiplatform") as raised:
        rpc.prediction.generate_content(question("[[fault:quota_project_429]]"), retry=None)
    assert raised.value.reason == "RATE_LIMIT_EXCEEDED"
    assert raised.value.metadata["consumer"] == "projects/p"
    (wait,) = [d for d in raised.value.details if type(d).__name__ == "RetryInfo"]
    assert wait.retry_delay.seconds == 1


def test_a_client_that_hangs_up_leaves_no_call_behind(root: str, rpc: SimpleNamespace) -> None:
    from google.api_core.exceptions import DeadlineExceeded

    reset(root)
    with pytest.raises(DeadlineExceeded):
        rpc.prediction.generate_content(question("[[fault:hang]]"), timeout=0.2, retry=None)
    for _ in range(100):
        if counters(root)["in_flight"] == 0:
            break
        time.sleep(0.02)
    assert counters(root)["outcomes"] == {"disconnected": 1}


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("456", "InvalidArgument", "Invalid resource field value"),
        (f"{PLACE}/endpoints/../x", "InvalidArgument", "Invalid resource field value"),
        (f"{PLACE}/endpoints/9999", "NotFound", "not found"),
        (f"{PLACE}/endpoints/1003", "FailedPrecondition", "dedicated domain name"),
        (f"{PLACE}/endpoints/1007", "FailedPrecondition", "traffic_split"),
        (f"{PLACE}/endpoints/1008", "FailedPrecondition", "Private Service Connect"),
        ("projects/api-disabled/locations/x/endpoints/1", "PermissionDenied", "not been used"),
        ("projects/no-permission/locations/x/endpoints/1", "PermissionDenied", "denied on"),
    ],
)
def test_predictions_that_cannot_be(rpc: SimpleNamespace, name: str, error: str, said: str) -> None:
    from google.api_core import exceptions

    with pytest.raises(getattr(exceptions, error), match=said):
        rpc.prediction.predict(endpoint=name, instances=[{"prompt": "x"}])


def test_errors_of_a_container_are_handed_on(rpc: SimpleNamespace) -> None:
    from google.api_core.exceptions import InvalidArgument

    asked = {"endpoint": VLLM, "http_body": http_body({"messages": []})}
    with pytest.raises(InvalidArgument, match="BadRequestError"):
        list(rpc.beta.chat_completions(asked))


# The server


def test_calls_count_in_one_place_and_answers_are_marked(root: str, channel: Any) -> None:
    from google.cloud.aiplatform_v1 import types

    reset(root)
    call = channel.unary_unary(
        "/google.cloud.aiplatform.v1.PredictionService/RawPredict",
        request_serializer=types.RawPredictRequest.serialize,
    )
    request = types.RawPredictRequest(endpoint=VLLM, http_body=http_body(CHAT))
    _, done = call.with_call(request)
    metadata = dict(done.initial_metadata())
    assert metadata["x-llmeval-emulator"] == "1"
    assert metadata["x-vertex-ai-deployed-model-id"] == "3002"
    counted = counters(root)
    assert counted["outcomes"] == {"answered": 1}
    assert counted["endpoints"] == {"us-central1/endpoints/1002": 1}


def test_tokens_and_quotas_hold_over_grpc_too() -> None:
    from google.api_core.exceptions import ResourceExhausted, Unauthenticated
    from google.cloud.aiplatform_v1 import PredictionServiceClient

    options = VertexOptions(require_token=True)
    quota = Faults(requests_per_second=1)
    with (
        running_emulator(vertex=options, faults=quota) as root,
        running_grpc(root) as address,
        grpc.insecure_channel(address) as opened,
    ):
        prediction = over_grpc(PredictionServiceClient, opened)
        with pytest.raises(Unauthenticated) as raised:
            prediction.generate_content(question("Hello"))
        assert raised.value.reason == "CREDENTIALS_MISSING"
        metadata = [("authorization", f"Bearer {issued(root)}")]
        assert prediction.generate_content(question("Hello"), metadata=metadata).candidates
        with pytest.raises(ResourceExhausted):
            prediction.generate_content(question("Hello"), metadata=metadata, retry=None)


def issued(root: str) -> str:
    import urllib.request

    form = b"grant_type=refresh_token&refresh_token=any"
    with urllib.request.urlopen(f"{root}/token", data=form, timeout=10) as answer:
        return str(json.load(answer)["access_token"])


def test_a_port_that_is_taken_is_said() -> None:
    with running_emulator() as root, running_grpc(root) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ConfigError, match=f"port {port}"), running_grpc(root, port=port):
            pass


def test_without_googles_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(MissingExtra, match="vertex"), running_grpc("http://127.0.0.1:1"):
        pass


def test_it_is_loaded_only_when_asked_for() -> None:
    program = (
        "import sys, llmeval.emulator as e\n"
        "with e.running_emulator(): pass\n"
        "print([m for m in sys.modules if m.split('.')[0] == 'grpc' or 'vertex_grpc' in m])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_serve_listens_for_grpc_where_asked() -> None:
    words = [sys.executable, "-m", "llmeval.emulator", "--grpc-port", "0", "--exit-with-parent"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        said = json.loads(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{said['grpc_port']}") as opened:
            from google.cloud.aiplatform_v1 import PredictionServiceClient

            prediction = over_grpc(PredictionServiceClient, opened)
            assert prediction.generate_content(question("Hello")).candidates
        process.stdin.close()
        assert process.wait(20) == 0
