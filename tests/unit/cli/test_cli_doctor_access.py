"""Before the first call to Vertex AI: region, google-auth, credentials, token, project."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from vertex_pages import HERE, Pages, denied, deployed, endpoint, hanging, model, serving

from llmeval.cli import checkups, vertex_access
from llmeval.cli.checkups import Finding
from llmeval.cli.vertex_access import (
    access_token,
    address,
    credentials,
    gain_access,
    google_auth,
    project,
    quota_project,
    region,
)
from llmeval.cli.vertex_checkups import examine
from llmeval.endpoints import EndpointOptions
from llmeval.endpoints.vertex.references import parse_vertex

pytest.importorskip("google.auth", reason="the vertex extra")

CHAT = "/endpoints/12/chat/completions"
EMAIL = "ci@p-1.iam.gserviceaccount.com"
ENDPOINT = parse_vertex("12")


@pytest.fixture(scope="module")
def private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@pytest.fixture
def google() -> Iterator[Pages]:
    with serving() as pages:
        pages["POST /token"] = {"access_token": "ya29.secret", "expires_in": 3600}
        yield pages


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials of this machine, no metadata server, no gcloud."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT",
                 "GOOGLE_CLOUD_QUOTA_PROJECT"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "key.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return path


def service_account(private_key: str, root: str) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": "p-of-key",
        "private_key_id": "1",
        "private_key": private_key,
        "client_email": EMAIL,
        "client_id": "1",
        "token_uri": f"{root}/token",
    }


def user(**changes: str) -> dict[str, str]:
    return {
        "type": "authorized_user",
        "client_id": "c",
        "client_secret": "secret-of-client",
        "refresh_token": "1//secret-of-user",
    } | changes


def logged_in(seconds: float = 10.0) -> list[Finding]:
    """Look for credentials, then for a token."""

    async def look() -> list[Finding]:
        found, token = await credentials(seconds)
        if token is None:
            return [found]
        try:
            return [found, await access_token(token, seconds)]
        finally:
            await token.close()

    return asyncio.run(look())


def as_user(google: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from google.oauth2 import credentials as oauth

    monkeypatch.setattr(oauth, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{google.root}/token")


# google-auth


@pytest.mark.parametrize("absent", ["google-auth", "requests"])
def test_without_the_extra_the_command_is_pip(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert google_auth().state == "ok"
    real = metadata.version

    def version(name: str) -> str:
        if name == absent:
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(checkups.metadata, "version", version)
    found = google_auth()
    assert found.state == "problem" and found.text == f"{absent} is not installed"
    assert found.fix == "pip install 'llmeval-gate[vertex]'"


# credentials


def test_no_credentials() -> None:
    (found,) = logged_in()
    assert found.state == "problem" and "no Google Cloud credentials" in found.text
    assert "gcloud auth application-default login" in found.fix


@pytest.mark.parametrize(
    "content", [None, "", "[]", '{"type": "service_account"}', '{"type": "x"}', "\ud800", "folder"]
)
def test_a_key_file_that_is_none(key_file: Path, content: str | None) -> None:
    if content == "folder":
        key_file.mkdir()
    elif content is not None:
        key_file.write_bytes(content.encode("utf-8", "surrogatepass"))
    (found,) = logged_in()
    assert found.state == "problem" and "no Google Cloud credentials" in found.text
    assert found.fix.startswith(f"correct GOOGLE_APPLICATION_CREDENTIALS={key_file}, or unset it")


def test_credentials_that_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    import google.auth

    monkeypatch.setattr(google.auth, "default", lambda **_: time.sleep(6))
    begun = time.monotonic()
    (found,) = logged_in(0.1)
    assert time.monotonic() - begun < 5, "the thread was waited for"
    assert found.state == "problem" and "NO_GCE_CHECK=true" in found.fix


def test_a_service_account_gets_a_token(key_file: Path, private_key: str, google: Pages) -> None:
    key_file.write_text(json.dumps(service_account(private_key, google.root)))
    who, token = logged_in()
    assert (who.state, token.state) == ("ok", "ok")
    assert who.text == f"service account {EMAIL} (GOOGLE_APPLICATION_CREDENTIALS={key_file})"
    assert token.text.startswith(f"given to service account {EMAIL}, for ")
    assert token.text.endswith("60 min") and "ya29" not in token.text


@pytest.mark.parametrize(
    ("said", "todo"),
    [
        ({"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
         f"gcloud iam service-accounts keys create key.json --iam-account={EMAIL}"),
        ({"error": "invalid_grant", "error_description": "Invalid grant: account not found"},
         "was deleted"),
        ({"error": "disabled_client", "error_description": "The OAuth client was disabled."},
         f"gcloud iam service-accounts enable {EMAIL}"),
    ],
)  # fmt: skip
def test_a_key_that_is_not_accepted(
    said: dict[str, str], todo: str, key_file: Path, private_key: str, google: Pages
) -> None:
    key_file.write_text(json.dumps(service_account(private_key, google.root)))
    google["POST /token"] = web.json_response(said, status=400)
    found = logged_in()[-1]
    assert (found.name, found.state) == ("access token", "problem")
    assert said["error"] in found.text and todo in found.fix


def test_a_login_that_has_ended(
    key_file: Path, google: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(google, monkeypatch)
    key_file.write_text(json.dumps(user()))
    said = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    google["POST /token"] = web.json_response(said, status=400)
    found = logged_in()[-1]
    assert found.state == "problem" and "Token has been expired or revoked." in found.text
    assert found.fix == "If the login has ended: gcloud auth application-default login"


def test_a_user_is_named_where_the_login_tells(
    key_file: Path, google: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(google, monkeypatch)
    key_file.write_text(json.dumps(user()))
    claims = base64.urlsafe_b64encode(json.dumps({"email": "me@example.org"}).encode()).decode()
    google["POST /token"] = {"access_token": "t", "id_token": f"e30.{claims}.c", "expires_in": 60}
    assert "given to me@example.org" in logged_in()[-1].text


def test_a_token_server_that_echoes_shows_no_secret(
    key_file: Path, google: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(google, monkeypatch)
    key_file.write_text(json.dumps(user()))

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"you_sent": await request.text()}, status=400)

    google["POST /token"] = echo
    said = repr(logged_in())
    assert "you_sent" in said and "secret-of" not in said


@pytest.mark.parametrize("body", ["<html>log in to the hotel</html>", "[]", "3", '{"x": 1}'])
@pytest.mark.parametrize("status", [200, 403])
def test_something_else_than_a_token_server(
    body: str, status: int, key_file: Path, private_key: str, google: Pages
) -> None:
    key_file.write_text(json.dumps(service_account(private_key, google.root)))
    google["POST /token"] = web.Response(text=body, status=status)
    found = logged_in()[-1]
    assert (found.state, found.name) == ("problem", "access token") and found.fix


def test_a_token_server_that_says_nothing(key_file: Path, private_key: str, google: Pages) -> None:
    key_file.write_text(json.dumps(service_account(private_key, google.root)))
    google["POST /token"] = hanging
    begun = time.monotonic()
    found = logged_in(0.5)[-1]
    assert time.monotonic() - begun < 15
    assert found.text == "no server gave one within 0.5 s" and "HTTPS_PROXY" in found.fix


def test_a_token_server_that_is_not_there(key_file: Path, private_key: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{taken.getsockname()[1]}"
        key_file.write_text(json.dumps(service_account(private_key, root)))
        found = logged_in()[-1]
    assert found.state == "problem" and "HTTPS_PROXY" in found.fix


# region, address, project


@pytest.mark.parametrize(
    ("reference", "location", "state", "text", "fix"),
    [
        ("12", None, "ok", "us-central1, by default: nothing says another", ""),
        ("12", "europe-west4", "ok", "europe-west4, as given or configured", ""),
        ("12?location=global", "us-east4", "ok", "global, as the reference says", ""),
        ("12", "europe-west-4", "note", "europe-west-4 is no region that llmeval knows",
         "--location=europe-west4"),
        ("12", "mars", "note", "mars is no region that llmeval knows",
         "--location=us-central1, or another region"),
        ("12", "evil.example/#", "problem", "--location=evil.example/#: 'evil.example/#' is no "
         "location", "--location=us-central1, or another region"),
    ],
)  # fmt: skip
def test_regions(reference: str, location: str | None, state: Any, text: str, fix: str) -> None:
    found = region(parse_vertex(reference), EndpointOptions(location=location))
    assert found == Finding("region", state, text, fix)


@pytest.mark.parametrize(
    ("root", "state", "fix"),
    [
        ("http://127.0.0.1:8080", "ok", ""),
        ("https://aiplatform-psc.p.googleapis.com", "ok", ""),
        ("https://us-central1-aiplatform.googleapis.com/", "ok", ""),
        ("https://us-east4-aiplatform.googleapis.com", "problem",
         "leave --api-endpoint out, or give --location=us-east4"),
        ("http://10.0.0.2", "problem", "use https://"),
    ],
)  # fmt: skip
def test_addresses(root: str, state: str, fix: str) -> None:
    found = address(root, "us-central1")
    assert (found.state, found.fix) == (state, fix)


def test_whose_project_it_is() -> None:
    given = EndpointOptions(project="p-given")
    placed = parse_vertex("projects/p-ref/locations/eu/endpoints/1")
    assert project(placed, given, "p-key")[1] == "p-ref"
    assert project(ENDPOINT, given, "p-key")[1] == "p-given"
    found, identifier = project(ENDPOINT, EndpointOptions(), "p-key")
    assert (found.text, identifier) == ("p-key, that of the credentials", "p-key")
    found, identifier = project(ENDPOINT, EndpointOptions(), None)
    assert found.state == "problem" and "gcloud projects list" in found.fix and not identifier
    assert project(ENDPOINT, EndpointOptions(project="My project"), None)[0].state == "problem"


def test_access_is_gained_with_the_keys_project(
    key_file: Path, private_key: str, google: Pages
) -> None:
    key_file.write_text(json.dumps(service_account(private_key, google.root)))
    options = EndpointOptions(location="us-east4")
    found, access = asyncio.run(gain_access(ENDPOINT, options, 10.0))
    assert {each.state for each in found} == {"ok"} and access is not None
    names = [each.name for each in found]
    assert names == ["region", "google-auth", "credentials", "access token", "project"]
    assert access.place.parent == "projects/p-of-key/locations/us-east4"
    assert access.account.member == f"serviceAccount:{EMAIL}" and access.by_region
    assert access.root == "https://us-east4-aiplatform.googleapis.com"
    assert access.headers == {"Authorization": "Bearer ya29.secret"}
    assert "ya29" not in repr(access)


def test_the_whole_way_names_the_account_that_calls(
    key_file: Path, private_key: str, google: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the key file to a call that is refused; only the address is not Google's."""
    key_file.write_text(json.dumps(service_account(private_key, google.root)))
    monkeypatch.setattr(vertex_access, "is_loopback", lambda _: False)
    monkeypatch.setattr(vertex_access, "address", lambda *_: Finding("api endpoint", "ok", ""))
    google[f"GET {HERE}/endpoints/12"] = endpoint("12", deployed())
    google[f"GET {HERE}/models/21@3"] = model()
    google[f"POST {HERE}{CHAT}"] = denied("aiplatform.endpoints.predict")
    options = EndpointOptions(project="p-1", api_endpoint=google.root)
    found = asyncio.run(examine("12", options, {}, 10.0))
    told = found[-1]
    assert [each.state for each in found].count("problem") == 1
    assert told.text.startswith("forbidden: 403: permission denied (403: Permission")
    assert told.fix == (
        "The permission aiplatform.endpoints.predict is missing: gcloud projects "
        f"add-iam-policy-binding p-1 --member=serviceAccount:{EMAIL} --role=roles/aiplatform.user"
    )
    assert "gcloud" not in told.text and "ya29" not in repr(found)
    called = [dict(each).get("Authorization") for each in google.headers[1:]]
    assert called and set(called) == {"Bearer ya29.secret"}


@pytest.mark.parametrize("verb", [f"GET {HERE}/endpoints/12", f"POST {HERE}{CHAT}"])
def test_a_server_that_echoes_shows_no_token(
    verb: str, key_file: Path, private_key: str, google: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file.write_text(json.dumps(service_account(private_key, google.root)))
    monkeypatch.setattr(vertex_access, "is_loopback", lambda _: False)
    monkeypatch.setattr(vertex_access, "address", lambda *_: Finding("api endpoint", "ok", ""))
    google[f"GET {HERE}/endpoints/12"] = endpoint("12", deployed())
    google[f"GET {HERE}/models/21@3"] = model()

    async def echo(request: web.Request) -> web.Response:
        error = {"code": 400, "message": f"bad header: {request.headers['Authorization']}"}
        return web.json_response({"error": error}, status=400)

    google[verb] = echo
    options = EndpointOptions(project="p-1", api_endpoint=google.root)
    told = asyncio.run(examine("12", options, {}, 10.0))[-1]
    assert "bad header: Bearer [redacted]" in told.text and "ya29" not in repr(told)


def test_each_step_stops_what_depends_on_it(key_file: Path) -> None:
    options = EndpointOptions(location="us/east4", project="p")
    found, access = asyncio.run(gain_access(ENDPOINT, options, 10.0))
    assert access is None and key_file
    assert [(each.name, each.state) for each in found] == [
        ("region", "problem"),
        ("google-auth", "ok"),
        ("credentials", "problem"),
        ("project", "ok"),
    ]


def test_on_loopback_no_credentials_are_asked_for() -> None:
    options = EndpointOptions(api_endpoint="http://127.0.0.1:9", project="p")
    found, access = asyncio.run(gain_access(ENDPOINT, options, 10.0))
    assert access is not None and access.token.project is None and not access.by_region
    assert next(f for f in found if f.name == "credentials").text.startswith("none are asked for")
    unknown = asyncio.run(gain_access(ENDPOINT, EndpointOptions(api_endpoint="http://[::1]:9"), 1))
    assert unknown[1] is None and unknown[0][-1].name == "project"


def test_a_quota_project_of_its_own_is_told(
    key_file: Path, google: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(google, monkeypatch)
    key_file.write_text(json.dumps(user(quota_project_id="q")))
    token = asyncio.run(credentials(10.0))[1]
    assert token is not None and quota_project(token, "q") == []
    (found,) = quota_project(token, "p")
    assert found.state == "note"
    assert found.fix == "gcloud auth application-default set-quota-project p"
