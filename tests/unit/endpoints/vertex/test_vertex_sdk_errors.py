"""What Google's clients raise becomes one sentence and a command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.vertex.references import Place
from llmeval.errors import EndpointDown, InfrastructureError, LlmevalError, UsageError

core = pytest.importorskip("google.api_core.exceptions", reason="needs the extra vertex")
requests = pytest.importorskip("requests", reason="needs the extra vertex")

PLACE = Place("my project", "us-central1")
ROOT = PLACE.root


def raised(error: BaseException, bucket: str | None = None, root: str = ROOT) -> LlmevalError:
    from llmeval.endpoints.vertex.sdk_errors import in_plain_words

    with (
        pytest.raises(LlmevalError) as caught,
        in_plain_words("cannot do it", PLACE, root, bucket),
    ):
        raise error
    assert caught.value.__cause__ is None
    return caught.value


def answered(status: int, error: object, list_of_one: bool = False) -> Any:
    """Return the exception that REST clients raise for an answer."""
    body: object = {"error": error}
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps([body] if list_of_one else body).encode()
    response.request = requests.Request("POST", f"{ROOT}/v1/x?upload_id=SECRET").prepare()
    return core.from_http_response(response)


@pytest.mark.parametrize(
    ("status", "error", "kind", "told"),
    [
        (400, {"message": "no such field"}, UsageError, "cannot do it: no such field."),
        (404, {"message": "no model."}, UsageError, "another region than us-central1"),
        (409, {"message": "exists"}, UsageError, "exists"),
        (401, {"message": "who?"}, EndpointDown, "gcloud auth application-default login"),
        (
            403,
            {"message": "Permission 'aiplatform.contexts.create' denied"},
            InfrastructureError,
            "add-iam-policy-binding 'my project' --member=user:YOU --role=roles/aiplatform.user",
        ),
        (
            403,
            {
                "message": "off",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "SERVICE_DISABLED",
                    }
                ],
            },
            InfrastructureError,
            "gcloud services enable aiplatform.googleapis.com --project='my project'",
        ),
        (429, {"message": "slow down"}, InfrastructureError, "A quota of the project"),
        (500, {"message": "oops"}, InfrastructureError, "cannot do it: oops."),
        (503, {"message": "a\nb\x1b[2J"}, InfrastructureError, "cannot do it: a b"),
    ],
)
def test_an_answer_says_what_to_do(
    status: int, error: dict[str, Any], kind: type[LlmevalError], told: str
) -> None:
    for list_of_one in (False, True):
        error_of_ours = raised(answered(status, error, list_of_one))
        assert type(error_of_ours) is kind and told in str(error_of_ours)
        assert "SECRET" not in str(error_of_ours) and "\n" not in str(error_of_ours)


def test_an_answer_without_json_is_quoted_in_short() -> None:
    response = requests.Response()
    response.status_code, response._content = 502, b"<html>" + b"x" * 5000
    response.request = requests.Request("GET", ROOT).prepare()
    told = str(raised(core.from_http_response(response)))
    assert "<html>xxx" in told and len(told) < 500


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "gcloud storage buckets create gs://b --project='my project' --location=us-central1"),
        (403, "buckets add-iam-policy-binding gs://b --member=user:YOU"),
    ],
)
def test_a_bucket_has_commands_of_its_own(status: int, told: str) -> None:
    assert told in str(raised(answered(status, {"message": "m"}), bucket="b"))


def test_a_service_account_is_not_taken_for_a_permission() -> None:
    said = (
        "robot@mine.iam.gserviceaccount.com does not have storage.objects.get access. "
        "Permission 'storage.objects.get' denied"
    )
    told = str(raised(answered(403, {"message": said})))
    assert "The permission storage.objects.get is missing" in told
    assert "--role=roles/storage.objectViewer" in told


def test_who_tried_in_vain_says_the_first_reason() -> None:
    refused = requests.ConnectionError("refused to SECRET")
    error = raised(core.RetryError("Timeout of 60.0s exceeded", refused))
    assert type(error) is EndpointDown and "SECRET" not in str(error)
    assert "us-central1-aiplatform.googleapis.com cannot be reached (ConnectionError)" in str(error)
    assert "llmeval serve" in str(raised(refused, root="http://127.0.0.1:8080"))


def test_a_login_that_has_ended_is_named() -> None:
    from google.auth.exceptions import RefreshError

    error = raised(RefreshError("invalid_grant: Bad Request", {"error": "invalid_grant"}))
    assert type(error) is EndpointDown
    assert "(invalid_grant: Bad Request). Log in: gcloud auth application-default" in str(error)


def test_what_storage_raises_is_read_by_its_status() -> None:
    storage = pytest.importorskip("google.cloud.storage.exceptions", reason="needs the extra")
    response = requests.Response()
    response.status_code, response._content = 500, b""
    error = raised(core.RetryError("in vain", storage.InvalidResponse(response, "Request failed")))
    assert str(error) == "cannot do it: the server answered 500."
    assert type(error) is InfrastructureError
    response.status_code = 404
    assert type(raised(storage.InvalidResponse(response, "x"), bucket="b")) is UsageError


@pytest.mark.parametrize("error", [KeyError("ours"), UsageError("ours"), KeyboardInterrupt()])
def test_what_is_not_googles_passes(error: BaseException) -> None:
    from llmeval.endpoints.vertex.sdk_errors import in_plain_words

    with pytest.raises(type(error)) as caught, in_plain_words("x", PLACE, ROOT):
        raise error
    assert caught.value is error
