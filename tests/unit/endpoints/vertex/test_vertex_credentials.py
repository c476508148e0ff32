"""Tokens by the real google-auth, from a token server on loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from google_server import Google, Told, google

from llmeval.endpoints.vertex.credentials import AHEAD, GoogleToken, NoToken, default_token
from llmeval.errors import EndpointDown

pytest.importorskip("google.auth", reason="needs the extra 'vertex'")
pytest.importorskip("requests", reason="needs the extra 'vertex'")

SECRETS = ("ya29.", "1//refresh", "hush-client", "PRIVATE KEY")


class Clock:
    """Unix time that a test sets; begins now, for google-auth reads the machine's own clock."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def tokens(lifetime: float = 3600, delay: float = 0.0) -> Callable[[web.Request], Any]:
    """Return a page that gives ``ya29.1``, ``ya29.2`` and so on."""
    count = 0

    async def page(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        mine = count
        await asyncio.sleep(delay)
        return web.json_response(
            {"access_token": f"ya29.{mine}", "expires_in": lifetime, "token_type": "Bearer"}
        )

    return page


def user(root: str, **more: Any) -> Any:
    from google.oauth2.credentials import Credentials

    return Credentials(
        None, refresh_token="1//refresh", token_uri=f"{root}/token", client_id="c",
        client_secret="hush-client", **more,
    )  # fmt: skip


def bearer(headers: Mapping[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


def run(test: Callable[[Google], Any], page: Any) -> Any:
    """Run ``test`` beside a token server, and see that nothing is left behind."""

    async def whole() -> Any:
        async with google({"POST /token": page}) as served:
            found = await test(served)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    return asyncio.run(whole())


def test_a_token_is_fetched_once_and_kept() -> None:
    async def test(served: Google) -> None:
        clock = Clock()
        token = GoogleToken(user(served.root), clock=clock)
        first = await asyncio.gather(*(token.headers() for _ in range(50)))
        assert {bearer(h) for h in first} == {"ya29.1"}
        clock.now += 3600 - AHEAD - 10
        assert bearer(await token.headers()) == "ya29.1"
        assert len(served.asked) == token.renewals == 1
        await token.close()
        assert not any(secret in repr(token) + str(token) for secret in SECRETS)

    run(test, tokens())


def test_two_hundred_callers_do_not_wait_for_a_renewal() -> None:
    async def test(served: Google) -> None:
        clock = Clock()
        token = GoogleToken(user(served.root), clock=clock)
        await token.headers()
        served.pages["POST /token"] = tokens(delay=1.0)
        clock.now += 3600 - AHEAD + 1
        waits: list[float] = []

        async def caller() -> None:
            until = time.perf_counter() + 1.2
            while time.perf_counter() < until:
                begun = time.perf_counter()
                assert bearer(await token.headers()).startswith("ya29.")
                waits.append(time.perf_counter() - begun)
                await asyncio.sleep(0.05)

        await asyncio.gather(*(caller() for _ in range(200)))
        assert len(waits) > 2000
        assert max(waits) < 0.05
        assert token.renewals == 2
        assert len(served.asked) == 2
        await token.close()

    run(test, tokens())


def test_a_token_that_has_ended_is_waited_for_once() -> None:
    async def test(served: Google) -> None:
        clock = Clock()
        token = GoogleToken(user(served.root), clock=clock)
        await token.headers()
        clock.now += 3601
        found = await asyncio.gather(*(token.headers() for _ in range(50)))
        assert {bearer(h) for h in found} == {"ya29.2"}
        assert len(served.asked) == 2

    run(test, tokens(delay=0.1))


@pytest.mark.parametrize(("lifetime", "ahead"), [(3600, AHEAD), (300, 60), (10, 2)])
def test_short_lived_tokens_are_not_renewed_over_and_over(lifetime: float, ahead: float) -> None:
    async def test(served: Google) -> None:
        clock = Clock()
        token = GoogleToken(user(served.root), clock=clock)
        for _ in range(20):
            await token.headers()
            await asyncio.sleep(0.01)
        assert len(served.asked) == 1
        clock.now += lifetime - ahead + 2
        await token.headers()
        assert token._renewal is not None
        await asyncio.wait([token._renewal])
        assert len(served.asked) == 2

    run(test, tokens(lifetime))


def test_a_renewal_that_fails_is_tried_again_later_while_the_old_token_lasts() -> None:
    async def test(served: Google) -> None:
        clock = Clock()
        token = GoogleToken(user(served.root), clock=clock)
        await token.headers()
        served.pages["POST /token"] = Told(400, {"error": "invalid_grant"})
        clock.now += 3600 - 100
        for wait in (0.0, 1.0, 5.0):
            clock.now += wait
            assert bearer(await token.headers()) == "ya29.1"
            while token._renewal is not None:
                await asyncio.sleep(0.01)
        assert len(served.asked) == 2, "not again within ten seconds"
        clock.now += 10
        assert bearer(await token.headers()) == "ya29.1"
        while token._renewal is not None:
            await asyncio.sleep(0.01)
        assert len(served.asked) == 3
        clock.now += 100
        with pytest.raises(EndpointDown, match="invalid_grant"):
            await token.headers()

    run(test, tokens())


@pytest.mark.parametrize(
    "page",
    [
        Told(400, {"error": "invalid_grant", "error_description": "Token has been expired or "
                   "revoked. 1//refresh hush-client"}),
        Told(200, b"<html>Log in to the hotel's network</html>", Content_Type="text/html"),
        Told(200, {"no": "token"}),
        Told(200, []),
        Told(401, {"error": {"nested": "1//refresh"}}),
    ],
)  # fmt: skip
def test_no_token_at_all_says_what_to_do_and_holds_no_secret(page: Told) -> None:
    async def test(served: Google) -> None:
        token = GoogleToken(user(served.root))
        found = await asyncio.gather(*(token.headers() for _ in range(20)), return_exceptions=True)
        assert all(isinstance(error, EndpointDown) for error in found), found
        said = str(found[0])
        assert "gcloud auth application-default login" in said or "oauth2.googleapis.com" in said
        assert not any(secret in said for secret in SECRETS), said
        assert len(served.asked) == 1
        await token.close()

    run(test, page)


def test_nobody_listens_at_the_token_server(monkeypatch: pytest.MonkeyPatch) -> None:
    from google.auth import _exponential_backoff as backoff

    monkeypatch.setattr(backoff.time, "sleep", lambda seconds: None)

    async def look() -> None:
        token = GoogleToken(user("http://127.0.0.1:9"))
        with pytest.raises(EndpointDown, match="Google gives no access token"):
            await token.headers()

    asyncio.run(look())


def test_credentials_that_cannot_be_renewed_serve_as_they_are() -> None:
    from google.oauth2.credentials import Credentials

    async def look() -> None:
        token = GoogleToken(Credentials(token="ya29.given", quota_project_id="q-7"))
        headers = await token.headers()
        assert headers == {"Authorization": "Bearer ya29.given", "x-goog-user-project": "q-7"}
        assert token.refused(headers)
        with pytest.raises(EndpointDown) as caught:
            await token.headers()
        assert "ya29" not in str(caught.value)

    asyncio.run(look())


def test_a_refused_token_is_renewed_once_however_many_calls_it_was_sent_with() -> None:
    async def test(served: Google) -> None:
        clock = Clock()
        token = GoogleToken(user(served.root), clock=clock)
        clock.now += 60
        old = await token.headers()
        clock.now += 60

        async def call(turn: int) -> str:
            await asyncio.sleep(0.01 * (turn % 7))  # some come back after the renewal
            assert token.refused(old)
            return bearer(await token.headers())

        assert set(await asyncio.gather(*map(call, range(50)))) == {"ya29.2"}
        assert len(served.asked) == 2
        assert not token.refused(await token.headers()), "a new token that is refused is no use"
        clock.now += 11
        assert token.refused(await token.headers())
        assert bearer(await token.headers()) == "ya29.3"

    run(test, tokens(delay=0.02))


def test_a_token_refused_while_it_is_being_renewed_is_not_handed_out_again() -> None:
    async def test(served: Google) -> None:
        clock = Clock()
        token = GoogleToken(user(served.root), clock=clock)
        old = await token.headers()
        clock.now += 3600 - AHEAD + 1
        assert await token.headers() == old
        assert token.refused(old)
        assert bearer(await token.headers()) == "ya29.2"
        assert len(served.asked) == 2

    run(test, tokens(delay=0.05))


def test_closing_does_not_wait_for_a_renewal() -> None:
    async def test(served: Google) -> None:
        token = GoogleToken(user(served.root))
        waiting = [asyncio.create_task(token.headers()) for _ in range(5)]
        await asyncio.sleep(0.1)
        begun = time.perf_counter()
        await token.close()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert time.perf_counter() - begun < 0.5
        assert all(isinstance(error, EndpointDown) for error in found), found
        await token.close()

    begun = time.perf_counter()
    run(test, tokens(delay=3.0))
    assert time.perf_counter() - begun < 2.5


def test_a_caller_that_gives_up_does_not_stop_the_renewal_of_others() -> None:
    async def test(served: Google) -> None:
        token = GoogleToken(user(served.root))
        impatient, patient = (asyncio.create_task(token.headers()) for _ in range(2))
        await asyncio.sleep(0.02)
        impatient.cancel()
        assert bearer(await patient) == "ya29.1"
        with pytest.raises(asyncio.CancelledError):
            await impatient

    run(test, tokens(delay=0.1))


def test_none_is_none() -> None:
    async def look() -> None:
        token = NoToken()
        assert await token.headers() == {}
        assert not token.refused({})
        await token.close()

    asyncio.run(look())


# Application Default Credentials


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No credentials of this machine, no metadata server, no gcloud; return where a key may be."""
    from google.auth.compute_engine import _metadata

    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setattr(_metadata, "_NO_GCE_CHECK", True)
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT",
                 "GOOGLE_CLOUD_QUOTA_PROJECT"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "key.json"


def found(page: Any, key: Callable[[str], dict[str, Any]] | None, path: Path) -> tuple[Any, Any]:
    """Return headers and project of the Application Default Credentials, and what was asked."""

    async def test(served: Google) -> tuple[Any, Any]:
        if key is not None:
            path.write_text(json.dumps(key(served.root)))
        token = await default_token()
        headers = await token.headers()
        await token.close()
        return (dict(headers), token.project), served.asked

    return run(test, page)  # type: ignore[no-any-return]


def test_the_key_of_a_service_account(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(alone))
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "q-1")

    def key(root: str) -> dict[str, Any]:
        return {
            "type": "service_account", "project_id": "p-of-key", "private_key_id": "1",
            "private_key": private.decode(), "client_email": "ci@p.iam.gserviceaccount.com",
            "client_id": "1", "token_uri": f"{root}/token",
        }  # fmt: skip

    (headers, project), asked = found(tokens(), key, alone)
    assert headers == {"Authorization": "Bearer ya29.1", "x-goog-user-project": "q-1"}
    assert project == "p-of-key"
    assert parse_qs(asked[0].body.decode())["grant_type"] == [
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    ]
    with pytest.raises(EndpointDown) as caught:
        found(Told(400, {"error": "invalid_grant"}), key, alone)
    said = str(caught.value)
    assert "PRIVATE KEY" not in said


def test_the_login_of_a_user(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(alone))

    def key(root: str) -> dict[str, Any]:
        from google.oauth2 import credentials as oauth

        monkeypatch.setattr(oauth, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{root}/token")
        # The client of gcloud itself, for whose logins without a quota project google-auth warns.
        return {
            "type": "authorized_user", "refresh_token": "1//refresh", "client_secret": "s",
            "client_id": "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com",
        }  # fmt: skip

    (headers, _), asked = found(tokens(), key, alone)
    assert headers == {"Authorization": "Bearer ya29.1"}
    assert parse_qs(asked[0].body.decode())["refresh_token"] == ["1//refresh"]


def test_the_account_of_a_machine(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from google.auth.compute_engine import _metadata

    flavor = {"Metadata_Flavor": "Google"}
    text = flavor | {"Content_Type": "application/text"}
    account = "/computeMetadata/v1/instance/service-accounts"
    pages = {
        "GET /": Told(200, b"ok", **text),
        "GET /computeMetadata/v1/project/project-id": Told(200, b"p-of-machine", **text),
        "GET /computeMetadata/v1/universe/universe-domain": Told(200, b"googleapis.com", **text),
        f"GET {account}/default/": Told(
            200, {"email": "vm@p.iam.gserviceaccount.com", "scopes": [], "aliases": []}, **flavor
        ),
    }
    for name in ("default", "vm@p.iam.gserviceaccount.com"):
        pages[f"GET {account}/{name}/token"] = Told(
            200, {"access_token": "ya29.vm", "expires_in": 3600}, **flavor
        )
    monkeypatch.delenv("NO_GCE_CHECK")
    monkeypatch.setattr(_metadata, "_NO_GCE_CHECK", False)

    async def whole() -> None:
        async with google(pages) as served:
            host = served.root.removeprefix("http://")
            monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", host)
            monkeypatch.setenv("GCE_METADATA_IP", host)
            token = await default_token()
            assert token.project == "p-of-machine"
            assert bearer(await token.headers()) == "ya29.vm"
            await token.close()

    asyncio.run(whole())


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b'{"type": "service_account"}', b'{"type": "odd"}', b"\xff\xfe"],
)
def test_no_credentials_say_how_to_log_in(
    content: bytes | None, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        alone.write_bytes(content)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(alone))
    with pytest.raises(EndpointDown) as caught:
        asyncio.run(default_token())
    assert "no Google Cloud credentials" in str(caught.value)
    assert "gcloud auth application-default login" in str(caught.value)
