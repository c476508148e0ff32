"""Whose credentials they are, and what mends those that give no token."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from llmeval.endpoints.vertex.accounts import ANYBODY, Account, account_of, renewal

EMAIL = "ci@p-1.iam.gserviceaccount.com"
POOL = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/gh"
STAFF = "iam.googleapis.com/locations/global/workforcePools/staff"
KEY = Account("key", f"service account {EMAIL}", f"serviceAccount:{EMAIL}")


def credentials(module: str, **attributes: Any) -> object:
    """Return an object that looks like google-auth's credentials of ``module``."""
    return type("Credentials", (), {"__module__": module, **attributes})()


def id_token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


@pytest.mark.parametrize(
    ("given", "kind", "member", "through"),
    [
        (credentials("google.oauth2.service_account", service_account_email=EMAIL),
         "key", f"serviceAccount:{EMAIL}", ""),
        (credentials("google.auth.compute_engine.credentials", service_account_email="default"),
         "machine", "serviceAccount:EMAIL", ""),
        (credentials("google.auth.compute_engine.credentials", service_account_email=EMAIL),
         "machine", f"serviceAccount:{EMAIL}", ""),
        (credentials("google.auth.impersonated_credentials", service_account_email=EMAIL,
                     _source_credentials=credentials("google.oauth2.credentials", account="a@b.c")),
         "impersonated", f"serviceAccount:{EMAIL}", "user:a@b.c"),
        (credentials("google.oauth2.credentials", id_token=id_token({"email": "me@x.org"})),
         "user", "user:me@x.org", ""),
        (credentials("google.oauth2.credentials", account=""), "user", "user:YOU", ""),
        (credentials("google.auth.identity_pool", info={"audience": f"//{POOL}/providers/x"}),
         "federated", f"principalSet://{POOL}/*", ""),
        (credentials("google.auth.identity_pool", service_account_email=EMAIL,
                     info={"audience": f"//{POOL}/providers/x"}),
         "impersonated", f"serviceAccount:{EMAIL}", f"principalSet://{POOL}/*"),
        (credentials("google.auth.external_account_authorized_user",
                     info={"audience": f"//{STAFF}/providers/x"}),
         "user", f"principalSet://{STAFF}/*", ""),
        (object(), "user", "user:YOU", ""),
    ],
)  # fmt: skip
def test_who_calls(given: object, kind: str, member: str, through: str) -> None:
    account = account_of(given)
    assert (account.kind, account.member, account.through) == (kind, member, through)
    assert account.email == (member.partition(":")[2] if "@" in member else "")


@pytest.mark.parametrize(
    "token",
    ["", "a.b", "e30.!!!.x", id_token([1]), id_token({"email": 3}), id_token({}), "a.bm90IGpzb24.c",
     id_token({"email": "a@b.c; rm -rf /"})],
)  # fmt: skip
def test_an_id_token_that_names_nobody(token: str) -> None:
    assert account_of(credentials("google.oauth2.credentials", id_token=token)) == ANYBODY


def test_real_credentials_are_read() -> None:
    pytest.importorskip("google.auth", reason="the vertex extra")
    from google.auth.credentials import AnonymousCredentials
    from google.auth.impersonated_credentials import Credentials as Impersonated
    from google.oauth2.credentials import Credentials

    user = Credentials("token", account="a@b.c")
    assert account_of(user).member == "user:a@b.c"
    acting = account_of(Impersonated(user, EMAIL, []))
    assert (acting.kind, acting.email, acting.through) == ("impersonated", EMAIL, "user:a@b.c")
    assert account_of(AnonymousCredentials()) == ANYBODY


@pytest.mark.parametrize(
    ("account", "said", "todo"),
    [
        (ANYBODY, "invalid_grant: Token has been expired or revoked.",
         "If the login has ended: gcloud auth application-default login"),
        (KEY, "invalid_grant: Invalid JWT Signature.",
         f"gcloud iam service-accounts keys create key.json --iam-account={EMAIL}"),
        (KEY, "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
              "reasonable timeframe.", "Set the clock"),
        (KEY, "invalid_grant: Invalid grant: account not found", "was deleted"),
        (KEY, "invalid_grant: Account has been disabled",
         f"gcloud iam service-accounts enable {EMAIL}"),
        (Account("machine", "m", "serviceAccount:EMAIL"), "Failed to retrieve",
         "gcloud compute instances set-service-account"),
        (Account("impersonated", "i", f"serviceAccount:{EMAIL}", "user:a@b.c"), "Unable to acquire",
         f"gcloud iam service-accounts add-iam-policy-binding {EMAIL} --member=user:a@b.c "
         "--role=roles/iam.serviceAccountTokenCreator"),
        (Account("federated", "f", "principalSet://x/*"), "no", "subject token"),
    ],
)  # fmt: skip
def test_what_mends_them(account: Account, said: str, todo: str) -> None:
    assert todo in renewal(account, said)


@pytest.mark.parametrize("account", [ANYBODY, KEY])
def test_a_server_that_is_not_reached_is_no_question_of_logging_in(account: Account) -> None:
    assert "HTTPS_PROXY" in renewal(account, "connection refused", unreachable=True)
