"""google.rpc errors as Vertex AI and what stands before it send them, in their own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.dialects import google_errors
from llmeval.endpoints.dialects.error_objects import error_in, from_error_object
from llmeval.endpoints.wire.failures import from_status
from llmeval.records import FAILURE_KINDS, CallFailure

NOW = 1_700_000_000.0
RPC = "type.googleapis.com/google.rpc."
RESOURCE = "projects/p/locations/us-central1/endpoints/openapi"
METRIC = "aiplatform.googleapis.com/generate_content_requests_per_minute_per_project_per_base_model"


def info(reason: str, **metadata: str) -> dict[str, Any]:
    return {"@type": f"{RPC}ErrorInfo", "reason": reason, "metadata": metadata}


def said(code: int, word: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    error = {"code": code, "message": message, "status": word}
    return {"error": error | ({"details": list(details)} if details else {})}


def refused(body: object, status: int = 0) -> CallFailure:
    inner = error_in(body) or {}
    return from_status(status or inner["code"], {}, json.dumps(body).encode(), now=NOW)


# What users of the service have quoted in public threads, shortened.
@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (said(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later. Please refer "
              "to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more "
              "details."), "quota_endpoint", "RESOURCE_EXHAUSTED"),
        (said(429, "RESOURCE_EXHAUSTED", "Unable to submit request because the service is "
              "temporarily out of capacity. Try again later."), "quota_endpoint",
         "RESOURCE_EXHAUSTED"),
        (said(429, "RESOURCE_EXHAUSTED", f"Quota exceeded for {METRIC} with base model: gemini-pro."
              " Please submit a quota increase request."), "quota_project", "RESOURCE_EXHAUSTED"),
        (said(429, "RESOURCE_EXHAUSTED", "Quota exceeded for aiplatform.googleapis.com/"
              "online_prediction_input_tokens_per_minute_per_base_model with base model: "
              "anthropic-claude-opus-4."), "quota_project", "RESOURCE_EXHAUSTED"),
        (said(429, "RESOURCE_EXHAUSTED", "The following quota metrics exceed quota limits: "
              "aiplatform.googleapis.com/custom_model_training_cpus"), "quota_project",
         "RESOURCE_EXHAUSTED"),
        (said(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan",
              {"@type": f"{RPC}QuotaFailure", "violations": [{"quotaMetric": "m"}]}),
         "quota_project", "RESOURCE_EXHAUSTED"),
        (said(429, "RESOURCE_EXHAUSTED", "slow down", info("RATE_LIMIT_EXCEEDED", quota_limit="l",
              quota_metric=METRIC, consumer="projects/7")), "quota_project", "RATE_LIMIT_EXCEEDED"),
        (said(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
         "quota", "RESOURCE_EXHAUSTED"),
        (said(403, "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied on "
              f"resource '//aiplatform.googleapis.com/{RESOURCE}' (or it may not exist).",
              info("IAM_PERMISSION_DENIED", permission="aiplatform.endpoints.predict",
                   resource=RESOURCE)), "forbidden", "IAM_PERMISSION_DENIED"),
        (said(403, "PERMISSION_DENIED", "Vertex AI API has not been used in project 720 before or "
              "it is disabled.", {"@type": f"{RPC}Help", "links": []},
              info("SERVICE_DISABLED", consumer="projects/720")), "forbidden", "SERVICE_DISABLED"),
        (said(403, "PERMISSION_DENIED", "Permission denied on resource project My First Project.",
              info("CONSUMER_INVALID")), "forbidden", "CONSUMER_INVALID"),
        (said(404, "NOT_FOUND", "Publisher Model `projects/p/locations/global/publishers/google/"
              "models/gemma4` was not found or your project does not have access to it."),
         "not_found", "NOT_FOUND"),
        (said(401, "UNAUTHENTICATED", "API keys are not supported by this API. Expected OAuth2 "
              "access token", info("CREDENTIALS_MISSING", service="aiplatform.googleapis.com")),
         "unauthorized", "CREDENTIALS_MISSING"),
        (said(400, "FAILED_PRECONDITION", "Dedicated Endpoint cannot be accessed through the shared"
              " Vertex AI domain"), "bad_request", "FAILED_PRECONDITION"),
        (said(404, "UNIMPLEMENTED", "no such method"), "bad_request", "UNIMPLEMENTED"),
        (said(504, "DEADLINE_EXCEEDED", "Deadline expired"), "timeout", "DEADLINE_EXCEEDED"),
        (said(499, "CANCELLED", "The operation was cancelled."), "cancelled", "CANCELLED"),
        (said(409, "ABORTED", "concurrent"), "conflict", "ABORTED"),
        (said(503, "UNAVAILABLE", "The service is currently unavailable."), "server_error",
         "UNAVAILABLE"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("as_list", [False, True])
def test_what_vertex_says(body: dict[str, Any], kind: str, reason: str, as_list: bool) -> None:
    got = refused([body] if as_list else body)
    assert (got.kind, got.reason, got.status) == (kind, reason, body["error"]["code"])
    assert body["error"]["message"] in got.message
    assert [d["@type"] for d in got.details] == [
        d["@type"] for d in body["error"].get("details", [])
    ]


def test_every_canonical_code_has_a_kind() -> None:
    code_pb2 = pytest.importorskip("google.rpc.code_pb2", reason="needs the extra 'vertex'")
    for name, number in code_pb2.Code.items():
        if name == "OK":
            continue
        kind = google_errors.kind_of({"status": name})
        assert kind in FAILURE_KINDS, name
        by_number = {"code": number, "message": "m"}
        assert google_errors.kind_of(by_number) == kind
        assert google_errors.reason_of(by_number) == name
        assert from_error_object(by_number).kind == kind


@pytest.mark.parametrize(
    "error", [{}, {"status": "Too Many Requests"}, {"status": 429}, {"code": 0}, {"code": True},
              {"code": 17}, {"code": "8"}, {"code": 429}, {"status": None, "code": None}]
)  # fmt: skip
def test_what_is_no_canonical_code(error: dict[str, Any]) -> None:
    assert google_errors.kind_of(error) is None


def test_wrong_fields_are_named() -> None:
    about = "Unknown name \"ref\" at 'tools[0]': Cannot find field."
    violations = [
        {"field": "tools[0]", "description": about},
        {"description": "no field"},
        {"field": 7, "description": None},
        "odd",
    ]
    body = said(400, "INVALID_ARGUMENT", "Invalid JSON payload received.",
                {"@type": f"{RPC}BadRequest", "fieldViolations": violations})  # fmt: skip
    got = refused(body)
    assert f"Invalid JSON payload received. (tools[0]: {about}; no field)" in got.message


@pytest.mark.parametrize(
    ("detail", "seconds"),
    [
        ({"retryDelay": "3.5s"}, 3.5), ({"retryDelay": "29.019961092s"}, 29.019961092),
        ({"retryDelay": "0s"}, 0.0), ({"retryDelay": "-1s"}, 0.0), ({"retryDelay": "soon"}, None),
        ({"retryDelay": "infs"}, None), ({"retryDelay": "nan"}, None), ({"retryDelay": 3}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_when_to_come_back(detail: dict[str, Any], seconds: float | None) -> None:
    body = said(429, "RESOURCE_EXHAUSTED", "m", {"@type": f"{RPC}RetryInfo", **detail})
    assert refused(body).retry_after == seconds
    told = from_status(429, {"Retry-After": "7"}, json.dumps(body).encode(), now=NOW)
    assert told.retry_after == 7.0


def test_details_are_bounded_and_hold_no_secret() -> None:
    deep: Any = "bottom"
    for _ in range(100):
        deep = {"a": [deep]}
    details: list[Any] = [
        {"@type": "x", "long": "y" * 1_000_000, "many": list(range(10_000)), "deep": deep},
        {"token hush-hush": "Bearer hush-hush", "n": [1.5, None, True, "hush-hush"]},
        "odd",
        *({"@type": "x", "n": n} for n in range(10_000)),
    ]
    error = {"code": 400, "message": "m", "status": "hush-hush", "details": details}
    got = from_status(
        400, {}, json.dumps({"error": error}).encode(), now=NOW, secrets=["hush-hush"]
    )
    assert len(got.details) == 8
    assert len(json.dumps(got.details)) < 5_000
    assert "hush" not in repr(got)
    assert got.details[0]["deep"] == {"a": [{"a": "…"}]}
    assert got.details[1]["n"] == [1.5, None, True, "[redacted]"]


def test_hostile_violations_and_reasons_are_cut() -> None:
    violation = {"field": "f" * 1_000_000, "description": "d" * 1_000_000}
    bad = {"@type": f"{RPC}BadRequest", "fieldViolations": [violation] * 3 + [{}] * 10_000}
    got = refused(said(400, "X" * 100_000, "m", bad, info("R" * 100_000)))
    assert len(got.message) < 600
    assert len(got.reason or "") <= 80


@pytest.mark.parametrize(
    ("status", "page", "kind", "words"),
    [
        (404, "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b>",
         "not_found", "404: Error 404 (Not Found)!!1"),
        (502, "<html><head>\n<TITLE lang='en'>\nError 502 (Server Error)!!1\n</TITLE>",
         "server_error", "502: Error 502 (Server Error)!!1"),
        (503, "<html>" + "x" * 5_000, "server_error", "503: <html>xxx"),
    ],
)  # fmt: skip
def test_pages_of_the_front_end(status: int, page: str, kind: str, words: str) -> None:
    got = from_status(status, {}, page.encode(), now=NOW)
    assert got.kind == kind
    assert got.message.startswith(words)
    assert len(got.message) < 600


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (503, {"code": 503, "type": "InternalServerException", "message": "Prediction failed"},
         "server_error", "Prediction failed"),
        (422, {"detail": [{"loc": ["body", "prompt"], "msg": "Field required"}, 3]},
         "bad_request", "422: body.prompt: Field required"),
        (404, {"detail": "Not Found"}, "not_found", "404: Not Found"),
        (424, {"error": "Request failed during generation", "error_type": "generation"},
         "bad_request", "424: Request failed during generation"),
        (500, {"message": None}, "server_error", '500: {"message": null}'),
    ],
)  # fmt: skip
def test_what_servers_of_containers_say(
    status: int, body: dict[str, Any], kind: str, words: str
) -> None:
    got = from_status(status, {}, json.dumps(body).encode(), now=NOW)
    assert got.kind == kind
    assert words in got.message


@pytest.mark.parametrize(
    ("named", "status", "kind"),
    [
        ("invalid_request_error", 400, "bad_request"),
        ("authentication_error", 401, "unauthorized"),
        ("permission_error", 403, "forbidden"), ("not_found_error", 404, "not_found"),
        ("request_too_large", 413, "bad_request"), ("rate_limit_error", 429, "quota"),
        ("insufficient_quota", 429, "quota"), ("api_error", 500, "server_error"),
        ("timeout_error", 504, "server_error"), ("overloaded_error", 529, "server_error"),
        ("ModelError", None, "server_error"), (7, None, "server_error"),
    ],
)  # fmt: skip
def test_errors_without_a_code_are_known_by_their_type(
    named: object, status: int | None, kind: str
) -> None:
    got = from_error_object({"type": named, "message": "m", "details": None})
    assert (got.kind, got.status, got.message) == (kind, status, "m")
