"""Tokens of the emulator: who issues them, how long they live, what is refused without one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from vertex_asking import CHAT, FLASH, HELLO, PLACE, ask

from llmeval.emulator import VertexOptions, running_emulator
from llmeval.emulator.vertex.errors import GoogleError
from llmeval.emulator.vertex.tokens import Tokens
from llmeval.errors import ConfigError

METADATA = "/computeMetadata/v1"
FLAVOR = {"Metadata-Flavor": "Google"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator(vertex=VertexOptions(require_token=True)) as address:
        yield address


def grant(root: str, **form: str) -> Any:
    return ask(f"{root}/token", urlencode(form).encode(), **FORM)


def reason(got: Any) -> str:
    assert (got.status, got.error["status"]) == (401, "UNAUTHENTICATED")
    assert got.headers["WWW-Authenticate"].startswith("Bearer ")
    return str(got.error["details"][0]["reason"])


def test_a_token_lives_as_long_as_it_says() -> None:
    now = 1000.0
    tokens = Tokens(60, lambda: now)
    token = tokens.issue()["access_token"]
    tokens.check(f"Bearer {token}")
    now = 1059.9
    tokens.check(f"bearer  {token}")
    now = 1060.0
    with pytest.raises(GoogleError) as raised:
        tokens.check(f"Bearer {token}")
    assert raised.value.details[0]["reason"] == "ACCESS_TOKEN_EXPIRED"
    assert tokens.issue()["access_token"] != tokens.issue()["access_token"]
    with pytest.raises(ConfigError, match="must be above 0"):
        Tokens(0)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (None, "CREDENTIALS_MISSING"),
        ("", "CREDENTIALS_MISSING"),
        ("Basic abc", "CREDENTIALS_MISSING"),
        ("Bearer ", "CREDENTIALS_MISSING"),
        ("Bearer x", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ("Bearer ya29.emulated.99999999999.0.00", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ("Bearer \udcff", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
    ],
)
def test_what_is_no_token(header: str | None, why: str) -> None:
    with pytest.raises(GoogleError) as raised:
        Tokens(60).check(header)
    assert raised.value.details[0]["reason"] == why


def test_another_servers_token_is_none() -> None:
    token = Tokens(60).issue()["access_token"]
    with pytest.raises(GoogleError):
        Tokens(60).check(f"Bearer {token}")


def test_tokens_are_asked_for_on_every_route(root: str) -> None:
    for path, body in (
        (f"{PLACE}/endpoints", None),
        (f"{PLACE}/endpoints/1002:predict", {"instances": [{}]}),
        (f"{FLASH}:generateContent", HELLO),
        ("/v1/publishers/google/models/gemini-2.5-pro", None),
        (f"{PLACE}/nonsense", None),
    ):
        assert reason(ask(root + path, body)) == "CREDENTIALS_MISSING"
    listed = ask(f"{root}{PLACE}/endpoints/openapi/chat/completions", CHAT)
    assert isinstance(listed.body, list) and reason(listed) == "CREDENTIALS_MISSING"
    assert ask(f"{root}/v1/models").status == 200
    counted = ask(f"{root}/control/counters").body["outcomes"]
    assert counted["unauthenticated"] >= 6


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"},
        {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c"},
    ],
)
def test_grants(root: str, form: dict[str, str]) -> None:
    before = ask(f"{root}/control/counters").body.get("tokens_issued", 0)
    got = grant(root, **form).body
    assert (got["token_type"], got["expires_in"]) == ("Bearer", 3600)
    authorized = {"Authorization": f"Bearer {got['access_token']}"}
    assert ask(f"{root}{PLACE}/endpoints", **authorized).status == 200
    assert ask(f"{root}{FLASH}:generateContent", HELLO, **authorized).status == 200
    assert ask(f"{root}/control/counters").body["tokens_issued"] == before + 1


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
def test_grants_that_are_refused(root: str, form: dict[str, str], error: str) -> None:
    got = grant(root, **form)
    assert (got.status, got.body["error"]) == (400, error)


def test_the_metadata_server(root: str) -> None:
    account = f"{root}{METADATA}/instance/service-accounts/default"
    token = ask(f"{account}/token?scopes=x", **FLAVOR)
    assert token.headers["Metadata-Flavor"] == "Google"
    authorized = {"Authorization": f"Bearer {token.body['access_token']}"}
    assert ask(f"{root}{PLACE}/endpoints", **authorized).status == 200
    assert ask(f"{account}/?recursive=true", **FLAVOR).body["email"].endswith("gserviceaccount.com")
    assert ask(f"{root}{METADATA}/project/project-id", **FLAVOR).body == "demo"
    assert ask(f"{root}{METADATA}/universe/universe-domain", **FLAVOR).body == "googleapis.com"
    assert ask(f"{root}{METADATA}/instance/nonsense", **FLAVOR).status == 404
    assert ask(f"{account}/token").status == 403
    assert ask(f"{root}/", **FLAVOR).headers["Metadata-Flavor"] == "Google"


def test_tokens_end() -> None:
    with running_emulator(vertex=VertexOptions(require_token=True, token_lifetime=0.2)) as root:
        token = grant(root, grant_type="refresh_token", refresh_token="r").body["access_token"]
        authorized = {"Authorization": f"Bearer {token}"}
        assert ask(f"{root}{PLACE}/endpoints", **authorized).status == 200
        time.sleep(0.25)
        assert reason(ask(f"{root}{PLACE}/endpoints", **authorized)) == "ACCESS_TOKEN_EXPIRED"


def test_no_token_is_needed_unless_it_is_required() -> None:
    with running_emulator() as root:
        assert ask(f"{root}{PLACE}/endpoints", Authorization="Bearer nonsense").status == 200
