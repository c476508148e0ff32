"""What to do about any failure on Vertex AI, and the command that looks closer. Pure functions."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType

from llmeval.endpoints.vertex.accounts import ANYBODY, Account
from llmeval.endpoints.vertex.advice import advice
from llmeval.endpoints.vertex.references import EMULATOR, Place
from llmeval.records import CallFailure, EndpointIdentity

__all__ = ["DECLARE", "FIXES", "doctor_command", "fix_for", "place_of"]

_LOGS = (
    "look into the endpoint's log: gcloud logging read "
    "'resource.type=\"aiplatform.googleapis.com/Endpoint\"' --limit=20"
)
DECLARE = (
    "say how it is asked in pyproject.toml: [tool.llmeval.endpoints.ID], with format, request "
    "(the body, a Jinja2 template) and answer (JMESPath)"
)
"""What to do where an endpoint speaks a format that was not guessed."""

FIXES: Mapping[str, str] = MappingProxyType(
    {
        "quota": "wait, or lower --concurrency; a run itself waits as Retry-After says",
        "dns": "check the region's spelling, and whether this machine needs a VPN or proxy",
        "refused_connection": "correct --api-endpoint, or the address in [tool.llmeval.endpoints]",
        "tls": "check http against https, and whether the certificate is valid for this host",
        "timeout": "raise --timeout: a model that has scaled down may need minutes to be ready",
        "reset": f"the connection broke: {_LOGS}",
        "stream_cut": f"the answer broke off: {_LOGS}",
        "server_error": f"try again; if it lasts, {_LOGS}",
        "malformed_body": f"the model answers in another format: {DECLARE}",
        "bad_request": f"the request is rejected, as the message says; if its form is, {DECLARE}",
        "empty": "the model said nothing: try another prompt, or more max_tokens",
        "blocked_prompt": "a filter refuses a harmless question: look at safety_settings",
        "blocked_output": "a filter withholds a harmless answer: look at safety_settings",
        "too_large": "the answer is larger than llmeval takes: lower max_tokens",
        "conflict": "another request was in the way: try again",
        "cancelled": "the server gave the call up: try again",
    }
)
"""Kind of failure -> what to do where nothing more exact is known (see ``advice``)."""


def fix_for(failure: CallFailure, place: Place, root: str = "", account: Account = ANYBODY) -> str:
    """Return what to do about a failure. ``root`` is the address, ``account`` who called."""
    known = advice(failure, place, root, account)
    return known or FIXES.get(failure.kind, _LOGS)


def doctor_command(identity: EndpointIdentity) -> str:
    """Return the command that examines this endpoint, with what was given beside its reference."""
    words = [f"--model={identity.ref}"]
    if not identity.ref.startswith(EMULATOR):
        for option, key in (
            ("--project", "project"),
            ("--location", "location"),
            ("--api-endpoint", "api_endpoint"),
        ):
            value = identity.details.get(key)
            if value and not _says(identity.ref, str(value)):
                words.append(f"{option}={value}")
    return shlex.join(["llmeval", "doctor", *words])


def place_of(identity: EndpointIdentity) -> Place:
    """Return where an endpoint that was opened is."""
    known = identity.details
    return Place(str(known.get("project") or "PROJECT"), str(known.get("location") or "REGION"))


def _says(reference: str, value: str) -> bool:
    parameters = reference.partition("?")[2].split("&")
    return f"/{value}/" in reference or any(p.endswith(f"={value}") for p in parameters)
