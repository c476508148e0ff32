"""Errors in the shape of google.rpc.Status, with the words that Vertex AI uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

__all__ = [
    "RPC",
    "SERVICE",
    "ContainerError",
    "GoogleError",
    "Refused",
    "dedicated_domain",
    "endpoint_missing",
    "error_info",
    "failed_precondition",
    "invalid",
    "nothing_deployed",
    "permission_denied",
    "publisher_model_missing",
    "resource_missing",
    "service_disabled",
    "unauthenticated",
]

RPC = "type.googleapis.com/google.rpc."
SERVICE = "aiplatform.googleapis.com"
_CONSOLE = "https://console.developers.google.com/apis/api/aiplatform.googleapis.com/overview"


class Refused(Exception):
    """An answer other than 200. ``code`` is the HTTP status, ``outcome`` what the counters call
    it. A subclass says what the body is."""

    def __init__(
        self, code: int, message: str, *, outcome: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.outcome = outcome
        self.headers = dict(headers or {})

    def body(self, *, as_list: bool) -> bytes:
        """Return the body; ``as_list`` where the surface wraps its errors in a list of one."""
        raise NotImplementedError


class ContainerError(Refused):
    """An error of the container behind an endpoint, in its own JSON, which Vertex passes on."""

    def __init__(self, code: int, told: Mapping[str, Any], *, outcome: str) -> None:
        super().__init__(code, str(told), outcome=outcome)
        self._told = told

    def body(self, *, as_list: bool) -> bytes:
        """Return the container's own JSON: no surface wraps it."""
        return msgspec.json.encode(self._told)


class GoogleError(Refused):
    """An error of Vertex itself: google.rpc.Status, of which ``status`` is the name."""

    def __init__(
        self,
        code: int,
        status: str,
        message: str,
        details: Sequence[Mapping[str, Any]] = (),
        *,
        outcome: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, outcome=outcome, headers=headers)
        self.status = status
        self.details = list(details)

    def as_json(self) -> dict[str, Any]:
        """Return ``{"error": …}``."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def body(self, *, as_list: bool) -> bytes:
        """Return the body, as the one element of a list where the surface answers so."""
        told = self.as_json()
        return msgspec.json.format(msgspec.json.encode([told] if as_list else told), indent=2)


def invalid(message: str, field: str = "") -> GoogleError:
    """400: the body is not what the method takes; ``field`` is the path of what is wrong."""
    violation = {"field": field, "description": message} if field else {"description": message}
    detail = {"@type": f"{RPC}BadRequest", "fieldViolations": [violation]}
    return GoogleError(400, "INVALID_ARGUMENT", message, [detail], outcome="bad_request")


def failed_precondition(message: str, outcome: str = "failed_precondition") -> GoogleError:
    """400: the resource is not in a state in which the call could work."""
    return GoogleError(400, "FAILED_PRECONDITION", message, outcome=outcome)


def dedicated_domain(dns: str) -> GoogleError:
    """400: a dedicated endpoint was asked under the shared domain."""
    return failed_precondition(
        f"Dedicated Endpoint cannot be accessed through the shared Vertex AI domain {SERVICE}. "
        f"Please access the endpoint using its dedicated domain name '{dns}'",
        "dedicated_domain",
    )


def nothing_deployed(resource: str) -> GoogleError:
    """400: no deployed model gets any traffic."""
    return failed_precondition(
        f"Endpoint {resource} doesn't have traffic_split.", "nothing_deployed"
    )


def endpoint_missing(resource: str) -> GoogleError:
    """404: a prediction was asked of an endpoint that is not in this region."""
    return _not_found(f"Endpoint `{resource}` not found.")


def publisher_model_missing(resource: str) -> GoogleError:
    """404: the publisher has no such model here."""
    return _not_found(
        f"Publisher Model `{resource}` was not found or your project does not have access to it. "
        f"Please ensure you are using a valid model version. For more information, see: "
        f"https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
    )


def resource_missing(kind: str) -> GoogleError:
    """404: a look-up of a ``kind`` (``Endpoint``, ``Model``) found none."""
    return _not_found(f"The {kind} does not exist.")


def _not_found(message: str) -> GoogleError:
    return GoogleError(404, "NOT_FOUND", message, outcome="not_found")


def permission_denied(permission: str, resource: str) -> GoogleError:
    """403: IAM says no."""
    named = f"//{SERVICE}/{resource}"
    return GoogleError(
        403,
        "PERMISSION_DENIED",
        f"Permission '{permission}' denied on resource '{named}' (or it may not exist).",
        [
            error_info(
                "IAM_PERMISSION_DENIED",
                SERVICE,
                permission=permission,
                resource=resource,
            )
        ],
        outcome="permission_denied",
    )


def service_disabled(project: str) -> GoogleError:
    """403: the API is not enabled in the project."""
    url = f"{_CONSOLE}?project={project}"
    links = [{"description": "Google developers console API activation", "url": url}]
    return GoogleError(
        403,
        "PERMISSION_DENIED",
        f"Vertex AI API has not been used in project {project} before or it is disabled. Enable it "
        f"by visiting {url} then retry. If you enabled this API recently, wait a few minutes for "
        f"the action to propagate to our systems and retry.",
        [
            {"@type": f"{RPC}Help", "links": links},
            error_info(
                "SERVICE_DISABLED",
                "googleapis.com",
                service=SERVICE,
                serviceTitle="Vertex AI API",
                consumer=f"projects/{project}",
                activationUrl=url,
            ),
        ],
        outcome="service_disabled",
    )


def unauthenticated(reason: str) -> GoogleError:
    """401: ``reason`` is ``CREDENTIALS_MISSING`` or ``ACCESS_TOKEN_EXPIRED`` and the like."""
    missing = reason == "CREDENTIALS_MISSING"
    said = "is missing required" if missing else "had invalid"
    return GoogleError(
        401,
        "UNAUTHENTICATED",
        f"Request {said} authentication credential{'' if missing else 's'}. Expected OAuth 2 "
        f"access token, login cookie or other valid authentication credential. See "
        f"https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [error_info(reason, "googleapis.com", service=SERVICE)],
        outcome="unauthenticated",
        headers={
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
        },
    )


def error_info(reason: str, domain: str, **metadata: str) -> dict[str, Any]:
    """Return a google.rpc.ErrorInfo."""
    return {
        "@type": f"{RPC}ErrorInfo",
        "reason": reason,
        "domain": domain,
        "metadata": metadata,
    }
