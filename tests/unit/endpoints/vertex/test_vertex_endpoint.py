"""Endpoints on Vertex AI from open to close, against a server on loopback that plays Vertex."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from google_server import HERE, Asked, Google, Told, google, refusal

from llmeval.config import EndpointSettings
from llmeval.endpoints import EndpointOptions
from llmeval.endpoints.vertex.endpoint import VertexEndpoint, refuse_plain
from llmeval.endpoints.vertex.references import parse_vertex
from llmeval.errors import ConfigError, EndpointDown, LlmevalError, ModelReferenceError
from llmeval.records import Attempt, CallFailure, Message, Request, Response, Usage

TOKEN = "ya29.hush-hush"
NAME = "projects/345/locations/us-central1/endpoints/12"
MODEL = "projects/345/locations/us-central1/models/m"
ASK = Request((Message("user", "What is the capital of France?"),))
STREAM = Request(ASK.messages, stream=True)
CHAT = {"choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]}
GEMINI = {
    "candidates": [{"content": {"parts": [{"text": "Paris"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1, "totalTokenCount": 8},
    "modelVersion": "gemini-2.5-flash",
}
GENERATE = f"POST {HERE}/publishers/google/models/gemini-2.5-flash:generateContent"
STREAMED = GENERATE.replace(":generateContent", ":streamGenerateContent")
DENIED = refusal(
    403, "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.get' denied",
    "IAM_PERMISSION_DENIED", permission="aiplatform.endpoints.get",
)  # fmt: skip


class Passes:
    """A ``TokenSource`` that hands out ``hush-1``, ``hush-2`` and so on, one a refusal."""

    def __init__(self, delay: float = 0.0, renewable: bool = True) -> None:
        self.project: str | None = "p-1"
        self.number = 1
        self.closed = 0
        self._delay = delay
        self._renewable = renewable

    async def headers(self) -> Mapping[str, str]:
        await asyncio.sleep(self._delay)
        return {"Authorization": f"Bearer {TOKEN}-{self.number}"}

    def refused(self, headers: Mapping[str, str]) -> bool:
        if not self._renewable:
            return False
        if headers["Authorization"].endswith(f"-{self.number}"):
            self.number += 1
        return True

    async def close(self) -> None:
        self.closed += 1


def found_endpoint(*deployed: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": NAME, "displayName": "mine", "deployedModels": list(deployed), **more}


def deployed(id: str, **more: Any) -> dict[str, Any]:
    given = {"id": id, "model": MODEL, "displayName": f"model {id}", "modelVersionId": "3",
             "dedicatedResources": {"machineSpec": {"machineType": "g2"}}}  # fmt: skip
    return given | more


def running(
    pages: dict[str, Any],
    what: Callable[[VertexEndpoint, Google], Awaitable[Any]],
    *,
    reference: str = "gemini-2.5-flash",
    token: Any = None,
    declared: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Run ``what`` on an open endpoint, and see that no task is left behind and no secret shown."""

    async def whole() -> Any:
        async with google(pages) as served:
            endpoints = {"12": EndpointSettings(**declared)} if declared else {}
            given = EndpointOptions(
                api_endpoint=served.root, project="p-1", endpoints=endpoints, **options
            )
            endpoint = VertexEndpoint(parse_vertex(reference), given, token)
            try:
                await endpoint.open()
                await endpoint.open()
                found: Any = await what(endpoint, served)
            except LlmevalError as error:
                found = error
            finally:
                await endpoint.close()
                await endpoint.close()
            assert TOKEN not in repr((found, endpoint, endpoint.identity))
            for _ in range(3):
                await asyncio.sleep(0)  # connections of the server notice
            return found, served

    found, served = asyncio.run(whole())
    return found, served


async def ask(endpoint: VertexEndpoint, served: Google) -> Attempt:
    return await endpoint.send(ASK, 5.0)


async def stream(endpoint: VertexEndpoint, served: Google) -> Attempt:
    return await endpoint.send(STREAM, 5.0)


async def nothing(endpoint: VertexEndpoint, served: Google) -> VertexEndpoint:
    return endpoint


def failed(attempt: Attempt) -> CallFailure:
    assert isinstance(attempt.outcome, CallFailure), attempt
    return attempt.outcome


def test_a_publishers_model_is_asked_with_token_and_labels() -> None:
    attempt, served = running({GENERATE: GEMINI}, ask, token=Passes(), labels={"run": "r-1"})
    assert attempt.outcome == Response("Paris", usage=Usage(7, 1), model_version="gemini-2.5-flash")
    assert attempt.ttft is None
    asked = served.asked[-1]
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}-1"
    assert asked.sent["labels"] == {"run": "r-1"}


def test_who_answers_is_known_once_it_is_open() -> None:
    endpoint, served = running({}, nothing, token=Passes())
    identity = endpoint.identity
    assert (identity.ref, identity.kind, identity.alias) == ("gemini-2.5-flash", "vertex", True)
    assert identity.simulated is False
    assert identity.details == {
        "publisher": "google", "project": "p-1", "location": "us-central1",
        "format": "generate_content", "api_endpoint": served.root,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "alias"),
    [("gemini-2.0-flash-001", False), ("claude-sonnet-4-5@20250929", False),
     ("mistralai/mistral-small-2503", False), ("gemini-2.5-flash", True),
     ("gemini-2.5-flash-preview-05-20", True), ("claude-sonnet-4-5", True), ("12", True)],
)  # fmt: skip
def test_which_names_may_come_to_mean_another_model(reference: str, alias: bool) -> None:
    endpoint = VertexEndpoint(parse_vertex(reference), EndpointOptions())
    assert endpoint.identity.alias is alias


# Deployed models


def test_what_is_deployed_is_part_of_the_identity() -> None:
    both = found_endpoint(deployed("7"), deployed("8", modelVersionId=None),
                          trafficSplit={"7": 90, "8": 10})  # fmt: skip
    pages = {
        f"GET {HERE}/endpoints/12": both,
        f"GET /v1/{MODEL}@3": {"name": MODEL, "containerSpec": {"imageUri": "gcr.io/p/vllm"}},
    }
    endpoint, _ = running(pages, nothing, reference="12")
    identity = endpoint.identity
    assert (identity.name, identity.version, identity.alias) == ("mine", None, False)
    assert identity.details["deployed_models"] == [
        {"id": "7", "model": MODEL, "version": "3", "display_name": "model 7", "traffic": 90,
         "container": "gcr.io/p/vllm"},
        {"id": "8", "model": MODEL, "version": None, "display_name": "model 8", "traffic": 10,
         "container": None},
    ]  # fmt: skip
    one = found_endpoint(deployed("7"), deployed("8"), trafficSplit={"7": 0, "8": 100})
    endpoint, _ = running({f"GET {HERE}/endpoints/12": one}, nothing, reference="12")
    assert (endpoint.identity.name, endpoint.identity.version) == ("model 8", "model 8@3")


@pytest.mark.parametrize(
    ("headers", "body", "split", "expected"),
    [
        ({}, {}, {"7": 100, "8": 0}, ("7", "model 7@3")),
        ({}, {}, {"7": 50, "8": 50}, (None, None)),
        ({"x-vertex-ai-deployed-model-id": "8"}, {}, {"7": 50, "8": 50}, ("8", "model 8@3")),
        ({}, {"deployedModelId": "8"}, {"7": 50, "8": 50}, ("8", "model 8@3")),
        ({}, {"deployedModelId": "8", "modelDisplayName": "said", "modelVersionId": "9"},
         {"7": 50, "8": 50}, ("8", "said@9")),
        ({"x-vertex-ai-deployed-model-id": "8"}, {"deployedModelId": "7"}, {"7": 50, "8": 50},
         ("8", "model 8@3")),
        ({"x-vertex-ai-deployed-model-id": "99"}, {}, {"7": 50, "8": 50}, ("99", None)),
    ],
)  # fmt: skip
def test_which_deployed_model_answered(
    headers: dict[str, str], body: dict[str, Any], split: dict[str, int], expected: Any
) -> None:
    pages = {
        f"GET {HERE}/endpoints/12": found_endpoint(
            deployed("7"), deployed("8"), trafficSplit=split
        ),
        f"POST /v1/{NAME}:predict": Told(200, {"predictions": ["Paris"], **body}, **headers),
    }
    attempt, _ = running(pages, ask, reference="12")
    outcome = attempt.outcome
    assert isinstance(outcome, Response)
    assert (outcome.deployed_model, outcome.model_version) == expected
    pages[f"POST /v1/{NAME}:predict"] = Told(500, b"", **headers)
    failure = failed(running(pages, ask, reference="12")[0])
    told = headers.get("x-vertex-ai-deployed-model-id") or ("7" if split["8"] == 0 else None)
    assert failure.deployed_model == told, "a failure has its deployed model too"


def test_a_hostile_header_does_not_break_the_record() -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        body = json.dumps(GEMINI).encode()
        request.transport.write(  # type: ignore[attr-defined]
            b"HTTP/1.1 200 OK\r\nx-vertex-ai-deployed-model-id: 7\xff\xe9" + b"x" * 5000
            + b"\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
        )  # fmt: skip
        request.transport.close()
        return web.Response()

    outcome = running({GENERATE: page}, ask)[0].outcome
    assert isinstance(outcome, Response)
    assert len(outcome.deployed_model or "") <= 200
    json.dumps(outcome.deployed_model, ensure_ascii=False).encode()


# Streams


def events(*told: dict[str, Any]) -> Any:
    async def page(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        for event in told:
            await asyncio.sleep(0.1)
            await answer.write(b"data: " + json.dumps(event).encode() + b"\r\n\r\n")
        return answer

    return page


def test_a_stream_measures_its_first_visible_text() -> None:
    thought = {"candidates": [{"content": {"parts": [{"text": "hmm", "thought": True}]}}]}
    text = {"candidates": [{"content": {"parts": [{"text": "Paris"}]}}]}
    end = {"candidates": [{"finishReason": "STOP"}]}
    usage = {"usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1}}
    attempt, served = running({STREAMED: events(thought, text, end, usage)}, stream)
    assert attempt.outcome == Response("Paris", usage=Usage(7, 1))
    assert attempt.ttft == pytest.approx(0.2, abs=0.08)
    assert attempt.latency == pytest.approx(0.4, abs=0.1)
    assert served.asked[-1].path.endswith("?alt=sse")


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        ({"candidates": [{"finishReason": "SAFETY"}]}, "blocked_output"),
        ({"error": {"code": 503, "message": "gone", "status": "UNAVAILABLE"}}, "server_error"),
        ({"usageMetadata": {}}, "stream_cut"),
        ({"candidates": 7}, "malformed_body"),
    ],
)
def test_what_was_seen_of_an_answer_is_kept(last: dict[str, Any], kind: str) -> None:
    text = {"candidates": [{"content": {"parts": [{"text": "Take two"}]}}],
            "usageMetadata": {"promptTokenCount": 3}}  # fmt: skip
    attempt, _ = running({STREAMED: events(text, last)}, stream)
    failure = failed(attempt)
    assert (failure.kind, failure.text, failure.usage) == (kind, "Take two", Usage(3))
    assert attempt.ttft is not None


@pytest.mark.parametrize("last", [b"{broken}", b'{"candidates":[{"finishReason":"STOP"}]}'])
def test_several_events_may_come_in_one_piece(last: bytes) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        texts = [json.dumps(GEMINI | {"candidates": [
            {"content": {"parts": [{"text": t}]}}]}).encode() for t in ("Par", "is")]  # fmt: skip
        await answer.write(b"".join(b"data: " + data + b"\n\n" for data in (*texts, last)))
        return answer

    attempt, _ = running({STREAMED: page}, stream)
    outcome = attempt.outcome
    assert outcome.text == "Paris"
    assert isinstance(outcome, Response) or outcome.kind == "malformed_body"
    assert attempt.ttft is not None, "the text was there before the event that is broken"


def test_a_container_whose_connection_breaks_has_not_answered() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b'data: {"text": "half an answ"}\n\n')
        assert request.transport is not None
        request.transport.abort()
        return answer

    pages = {
        f"GET {HERE}/endpoints/12": found_endpoint(deployed("7")),
        f"POST /v1/{NAME}:streamRawPredict": broken,
    }
    declared = {"format": "raw_predict", "request": '{"q": {{ prompt | tojson }}}'}
    failure = failed(running(pages, stream, reference="12", declared=declared)[0])
    assert (failure.kind, failure.text) == ("stream_cut", "half an answ")
    pages[f"POST /v1/{NAME}:streamRawPredict"] = events({"text": "Par"}, {"text": "is"})
    attempt, _ = running(pages, stream, reference="12", declared=declared)
    assert isinstance(attempt.outcome, Response)
    assert attempt.outcome.text == "Paris"


def test_what_cannot_stream_is_asked_whole() -> None:
    pages = {
        f"GET {HERE}/endpoints/12": found_endpoint(deployed("7")),
        f"POST /v1/{NAME}:predict": {"predictions": ["Paris"]},
    }
    attempt, served = running(pages, stream, reference="12")
    assert isinstance(attempt.outcome, Response)
    assert attempt.ttft is None
    assert "text/event-stream" not in served.asked[-1].headers.get("Accept", "")


# Settings and configuration


def test_declared_settings_go_out_beneath_the_requests_own() -> None:
    pages = {
        f"GET {HERE}/endpoints/12": found_endpoint(deployed("7")),
        f"POST /v1/{NAME}/chat/completions": CHAT,
    }
    declared = {"format": "chat", "model": "m", "settings": {"temperature": 0.5, "seed": 7}}

    async def twice(endpoint: VertexEndpoint, served: Google) -> Attempt:
        await endpoint.send(ASK, 5.0)
        return await endpoint.send(Request(ASK.messages, {"temperature": 1}), 5.0)

    _, served = running(pages, twice, reference="12", declared=declared)
    sent = [asked.sent for asked in served.asked if asked.method == "POST"]
    assert [(s["temperature"], s["seed"], s["model"]) for s in sent] == [(0.5, 7, "m"), (1, 7, "m")]


@pytest.mark.parametrize("key", ["12", "mine", NAME])
def test_an_endpoint_is_declared_by_id_display_name_or_full_name(key: str) -> None:
    async def whole() -> str:
        async with google({f"GET {HERE}/endpoints/12": found_endpoint(deployed("7"))}) as served:
            options = EndpointOptions(
                api_endpoint=served.root, project="p-1",
                endpoints={key: EndpointSettings(format="chat")},
            )  # fmt: skip
            endpoint = VertexEndpoint(parse_vertex("12"), options)
            await endpoint.open()
            await endpoint.close()
            return endpoint.target.format

    assert asyncio.run(whole()) == "chat"


def test_settings_that_cannot_be_sent_cost_no_call() -> None:
    async def odd(endpoint: VertexEndpoint, served: Google) -> list[Attempt]:
        odds: list[dict[str, Any]] = [{"n": 2}, {"labels": {"a": object()}},
                                      {"x" * 100_000: "y\x1b[31m"}]  # fmt: skip
        return [await endpoint.send(Request(ASK.messages, s), 5.0) for s in odds]

    attempts, served = running({}, odd)
    assert [failed(a).kind for a in attempts] == ["bad_request"] * 3
    assert all(len(failed(a).message) <= 500 for a in attempts)
    assert [a.method for a in served.asked] == ["GET"]


# Endpoints that may be asked, but not looked up


def test_an_account_that_may_only_predict_goes_on_where_the_format_is_declared() -> None:
    pages = {
        f"GET {HERE}/endpoints/12": DENIED,
        f"POST {HERE}/endpoints/12:predict": {"predictions": ["Paris"], "deployedModelId": "7"},
    }

    async def both(endpoint: VertexEndpoint, served: Google) -> Any:
        return await endpoint.send(ASK, 5.0), endpoint.identity

    (attempt, identity), _ = running(pages, both, reference="12", declared={"format": "predict"})
    assert attempt.outcome == Response("Paris", deployed_model="7")
    assert identity.details["look_up"] == "forbidden"
    assert identity.details["deployed_models"] is None
    assert identity.details["endpoint"] == "projects/p-1/locations/us-central1/endpoints/12"
    assert identity.alias is True, "what is deployed may change unseen: answers are not kept"


@pytest.mark.parametrize(
    ("page", "declared", "reference"),
    [
        (DENIED, None, "12"),
        (DENIED, {"model": "m"}, "12"),
        (DENIED, {"format": "predict"}, "vertex:mine"),
        (refusal(403, "PERMISSION_DENIED", "off", "SERVICE_DISABLED"), {"format": "predict"}, "12"),
        (refusal(401, "UNAUTHENTICATED", "who?"), {"format": "predict"}, "12"),
    ],
)
def test_otherwise_a_look_up_that_is_refused_ends_the_run(
    page: Told, declared: dict[str, Any] | None, reference: str
) -> None:
    pages = {f"GET {HERE}/endpoints/12": page, f"GET {HERE}/endpoints": page}
    found, served = running(pages, ask, reference=reference, declared=declared)
    assert isinstance(found, EndpointDown)
    assert [a.method for a in served.asked] == ["GET"]
    assert ("[tool.llmeval.endpoints" in found.fix) == (page is DENIED and reference == "12")


# Tokens


def test_a_refused_token_is_renewed_and_the_request_sent_again() -> None:
    async def page(request: web.Request) -> web.Response:
        if request.headers["Authorization"].endswith("-1"):
            return web.json_response({"error": {"code": 401, "message": f"{TOKEN}-1"}}, status=401)
        return web.json_response(GEMINI)

    token = Passes()

    async def many(endpoint: VertexEndpoint, served: Google) -> list[Attempt]:
        return list(await asyncio.gather(*(endpoint.send(ASK, 5.0) for _ in range(20))))

    attempts, served = running({GENERATE: page}, many, token=token)
    assert all(isinstance(a.outcome, Response) for a in attempts)
    assert token.number == 2, "renewed once for all"
    assert served.paths().count(GENERATE) == 40
    assert token.closed == 1


@pytest.mark.parametrize(("renewable", "calls"), [(True, 2), (False, 1)])
def test_a_token_that_is_refused_twice_is_an_outcome(renewable: bool, calls: int) -> None:
    async def page(request: web.Request) -> web.Response:
        said = f"{request.headers['Authorization']} is invalid"
        told = refusal(401, "UNAUTHENTICATED", said)
        return web.Response(status=401, body=told.body)

    token = Passes(renewable=renewable)
    attempt, served = running({GENERATE: page}, ask, token=token)
    failure = failed(attempt)
    assert (failure.kind, failure.status) == ("unauthorized", 401)
    assert "gcloud auth application-default login" in failure.message
    assert served.paths().count(GENERATE) == calls


def test_no_token_is_an_outcome_of_the_call() -> None:
    class Ended(Passes):
        async def headers(self) -> Mapping[str, str]:
            if self.number > 1:
                raise EndpointDown("Google gives no access token", fix="Log in")
            self.number += 1
            return {"Authorization": "Bearer hush-hush"}

    attempt, served = running({GENERATE: GEMINI}, ask, token=Ended())
    assert failed(attempt).kind == "unauthorized"
    assert failed(attempt).message == "Google gives no access token. Log in"
    assert GENERATE not in served.paths()


def test_latency_holds_neither_the_token_nor_a_refused_try() -> None:
    async def page(request: web.Request) -> web.Response:
        await asyncio.sleep(0.1)
        if request.headers["Authorization"].endswith("-1"):
            return web.json_response({}, status=401)
        return web.json_response(GEMINI)

    begun = time.perf_counter()
    attempt, _ = running({GENERATE: page}, ask, token=Passes(delay=0.2))
    assert time.perf_counter() - begun > 0.7
    assert attempt.latency == pytest.approx(0.1, abs=0.06)


def test_a_redirect_is_not_followed_with_the_token() -> None:
    pages: dict[str, Any] = {GENERATE: Told(307, b"", Location="/elsewhere"),
                             "POST /elsewhere": GEMINI}  # fmt: skip
    attempt, served = running(pages, ask, token=Passes())
    assert failed(attempt).kind == "bad_request"
    assert "POST /elsewhere" not in served.paths()


def test_a_server_that_echoes_the_token_does_not_get_it_into_a_record() -> None:
    echo = refusal(403, f"{TOKEN}-1", f"no {TOKEN}-1", f"{TOKEN}-1", token=f"Bearer {TOKEN}-1")
    page = Told(200, f"<html>{TOKEN}-1".encode())
    withheld = {"candidates": [{"finishReason": "SAFETY", "finishMessage": f"{TOKEN}-1"}]}
    for answer in (echo, page, withheld, Told(500, f"{TOKEN}-1".encode())):
        attempt, _ = running({GENERATE: answer}, ask, token=Passes())
        assert isinstance(attempt.outcome, CallFailure)  # ``running`` looks for the token
        assert "[redacted]" in repr(attempt)


@pytest.mark.parametrize(
    ("address", "refused"),
    [("http://10.0.0.2", True), ("http://127.0.0.1.evil.example", True), ("ftp://x", True),
     ("https://10.0.0.2", False), ("http://127.0.0.1:8080", False), (None, False)],
)  # fmt: skip
def test_a_token_goes_over_tls_or_not_at_all(address: str | None, refused: bool) -> None:
    token = Passes()
    if refused:
        with pytest.raises(ConfigError, match="in the clear"):
            refuse_plain(token, address)
    else:
        refuse_plain(token, address)


def test_a_declared_address_without_tls_is_refused() -> None:
    pages = {f"GET {HERE}/endpoints/12": found_endpoint(deployed("7"))}
    found, _ = running(pages, nothing, reference="12", token=Passes(),
                       declared={"address": "http://10.0.0.2"})  # fmt: skip
    assert isinstance(found, ConfigError)
    assert "10.0.0.2: an access token would go" in str(found)


def test_machines_in_a_private_network_are_sent_no_token() -> None:
    async def whole() -> Asked:
        async with google({"POST /v1/models/12:predict": {"predictions": ["Paris"]}}) as machines:
            private = {"predictHttpUri": f"{machines.root}/v1/models/12:predict"}
            pages = {
                f"GET {HERE}/endpoints/12": found_endpoint(
                    deployed("7", privateEndpoints=private), network="projects/1/global/networks/n"
                )
            }
            async with google(pages) as served:
                options = EndpointOptions(api_endpoint=served.root, project="p-1")
                endpoint = VertexEndpoint(parse_vertex("12"), options, Passes())
                await endpoint.open()
                attempt = await endpoint.send(ASK, 5.0)
                await endpoint.close()
            assert isinstance(attempt.outcome, Response)
            assert "Authorization" in served.asked[0].headers
            return machines.asked[0]

    assert "Authorization" not in asyncio.run(whole()).headers


# What goes wrong


@pytest.mark.parametrize(
    ("page", "kind", "said"),
    [
        (refusal(404, "NOT_FOUND", "Publisher Model `x` was not found."), "not_found",
         "404: Publisher Model `x` was not found. It is not in us-central1"),
        (refusal(403, "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied",
                 "IAM_PERMISSION_DENIED"), "forbidden", "roles/aiplatform.user"),
        (refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for x"), "quota_project", "Quotas"),
        (refusal(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."),
         "quota_endpoint", "provisioned throughput"),
        (Told(502, b"<title>Error 502 (Server Error)!!1</title>"), "server_error", "Error 502"),
        (Told(200, b"<html>"), "malformed_body", "is no JSON"),
        ({"candidates": [], "usageMetadata": {}}, "empty", "no candidate"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "blocked_prompt", "SAFETY"),
    ],
)  # fmt: skip
def test_failures_say_what_to_do(page: Any, kind: str, said: str) -> None:
    failure = failed(running({GENERATE: page}, ask)[0])
    assert failure.kind == kind
    assert said in failure.message


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"project": None}, ModelReferenceError, "give --project=ID"),
        ({"location": "us central1"}, ConfigError, "--location=us central1"),
        ({"location": "evil.example/x"}, ConfigError, "is no location"),
        ({"project": "../x"}, ConfigError, "is no project"),
        ({"api_endpoint": "http://127.0.0.1:9"}, EndpointDown, "llmeval serve"),
    ],
)
def test_what_keeps_an_endpoint_from_opening(
    options: dict[str, Any], error: type[Exception], said: str
) -> None:
    given = replace(EndpointOptions(api_endpoint="http://127.0.0.1:9", project="p"), **options)

    async def whole() -> None:
        endpoint = VertexEndpoint(parse_vertex("12"), given)
        with pytest.raises(error, match=said):
            await endpoint.open()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(whole())


def test_sending_without_opening_is_a_defect() -> None:
    endpoint = VertexEndpoint(parse_vertex("12"), EndpointOptions())

    async def whole() -> None:
        with pytest.raises(RuntimeError):
            await endpoint.send(ASK, 1.0)
        with pytest.raises(RuntimeError):
            _ = endpoint.target
        await endpoint.close()

    asyncio.run(whole())

    async def closed(endpoint: VertexEndpoint, served: Google) -> None:
        await endpoint.close()
        with pytest.raises(RuntimeError):
            await endpoint.send(ASK, 1.0)

    running({}, closed)


def test_connections_are_reused_and_all_closed() -> None:
    async def many(endpoint: VertexEndpoint, served: Google) -> int:
        for request in (ASK, STREAM):
            for _ in range(3):
                attempts = await asyncio.gather(*(endpoint.send(request, 5) for _ in range(8)))
                assert all(isinstance(a.outcome, Response) for a in attempts), attempts
        connector: Any = endpoint._channel._session.connector  # type: ignore[union-attr]
        return sum(map(len, connector._conns.values()))

    whole = events(GEMINI)
    held, _ = running({GENERATE: GEMINI, STREAMED: whole}, many, token=Passes())
    assert 1 <= held <= 9


def test_a_cancelled_call_leaves_nothing_behind() -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.json_response({})

    async def cancelled(endpoint: VertexEndpoint, served: Google) -> None:
        call = asyncio.create_task(endpoint.send(ASK, 30.0))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    running({GENERATE: slow}, cancelled, token=Passes())
