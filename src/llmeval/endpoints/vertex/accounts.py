"""Whose credentials they are, as IAM names it, and what mends them. google-auth is not loaded."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

__all__ = ["ANYBODY", "LOGIN", "Account", "account_of", "renewal"]

LOGIN = "gcloud auth application-default login"

_CREATOR = "roles/iam.serviceAccountTokenCreator"
_POOL = re.compile(r"//iam\.googleapis\.com/(.+/(?:workload|workforce)(?:Identity)?Pools/[^/]+)")
_EMAIL = re.compile(r"[\w.+%-]+@[\w.-]+")


@dataclass(frozen=True, slots=True)
class Account:
    """``member`` is what ``--member=`` takes, ``name`` what a person reads. ``through`` is the
    member that acts as a service account, where another does."""

    kind: Literal["user", "key", "machine", "impersonated", "federated"]
    name: str
    member: str
    through: str = ""

    @property
    def email(self) -> str:
        """The address, empty where it is not known."""
        found = self.member.partition(":")[2]
        return found if "@" in found else ""


ANYBODY = Account("user", "your own login", "user:YOU")
"""Where nothing is known of who calls."""


def account_of(credentials: object) -> Account:
    """Return who google-auth credentials stand for, as far as they tell without a call.

    A machine's account is known after the first token, and so is a user's, where the login allows
    it (from the ID token that comes with it).
    """
    email = _email(getattr(credentials, "service_account_email", None))
    home = type(credentials).__module__.rpartition(".")[2]
    if "compute_engine" in type(credentials).__module__:
        return _of_service("machine", email, "the service account of this machine")
    if home == "impersonated_credentials":
        source = getattr(credentials, "_source_credentials", None)
        return _of_service("impersonated", email, through=account_of(source).member)
    if home == "service_account":
        return _of_service("key", email)
    audience = _audience(credentials)
    pool = _POOL.match(audience)
    through = f"principalSet://iam.googleapis.com/{pool[1]}/*" if pool else ""
    if email and pool:
        return _of_service("impersonated", email, through=through)
    if pool:
        kind: Literal["user", "federated"] = "user" if "authorized_user" in home else "federated"
        return Account(kind, f"an identity of {pool[1]}", through)
    address = _email(getattr(credentials, "account", None)) or _signed_in(credentials)
    return Account("user", address, f"user:{address}") if address else ANYBODY


def renewal(account: Account, said: str = "", *, unreachable: bool = False) -> str:
    """Return what to do where these credentials give no token. ``said`` is google-auth's message;
    ``unreachable`` says that no server answered."""
    lower = said.lower()
    if account.kind == "machine":
        return (
            "Give this machine a service account: gcloud compute instances set-service-account "
            "INSTANCE --service-account=EMAIL --scopes=cloud-platform"
        )
    if unreachable:
        return (
            "Does this machine reach oauth2.googleapis.com? Look at its proxy (HTTPS_PROXY), "
            "firewall or VPN"
        )
    if "short-lived" in lower or "timeframe" in lower:
        return "Set the clock of this machine: it is more than an hour off"
    if account.kind == "impersonated":
        return (
            f"Let the caller act as {account.email or 'the service account'}: gcloud iam "
            f"service-accounts add-iam-policy-binding {account.email or 'EMAIL'} "
            f"--member={shlex.quote(account.through or ANYBODY.member)} --role={_CREATOR}"
        )
    if account.kind == "federated":
        return (
            "The identity that is exchanged for a token is not accepted: is the credential "
            "configuration of GOOGLE_APPLICATION_CREDENTIALS that of this place, and its "
            "subject token fresh?"
        )
    if account.kind == "key":
        return _key_renewal(account, lower)
    return f"If the login has ended: {LOGIN}"


def _key_renewal(account: Account, said: str) -> str:
    email = account.email or "EMAIL"
    if "disabled" in said:
        return f"The account is disabled: gcloud iam service-accounts enable {email}"
    if "account not found" in said:
        return "The account was deleted: take the key of another: gcloud iam service-accounts list"
    return (
        f"The key is not accepted, so it was probably deleted. Make a new one: gcloud iam "
        f"service-accounts keys create key.json --iam-account={email}, and let "
        f"GOOGLE_APPLICATION_CREDENTIALS name it"
    )


def _of_service(
    kind: Literal["key", "machine", "impersonated"],
    email: str,
    words: str = "a service account",
    through: str = "",
) -> Account:
    name = f"service account {email}" if email else words
    return Account(kind, name, f"serviceAccount:{email or 'EMAIL'}", through)


def _audience(credentials: object) -> str:
    """Return which pool federated credentials belong to, empty for all others."""
    described: Any = getattr(credentials, "info", None)
    audience = described.get("audience") if isinstance(described, dict) else None
    return audience if isinstance(audience, str) else ""


def _signed_in(credentials: object) -> str:
    """Return the address in the ID token that a user's access token came with, if one did.

    Its signature is not checked: it serves to name the account, not to trust it.
    """
    parts = str(getattr(credentials, "id_token", None) or "").split(".")
    if len(parts) != 3:
        return ""
    try:
        claims = msgspec.json.decode(
            base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        )
    except (binascii.Error, ValueError):
        return ""
    return _email(claims.get("email")) if isinstance(claims, dict) else ""


def _email(found: object) -> str:
    """Return an address that can stand in a command as it is, else nothing."""
    return found if isinstance(found, str) and _EMAIL.fullmatch(found) else ""
