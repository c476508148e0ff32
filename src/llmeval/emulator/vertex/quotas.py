"""Errors that say to come back later: quotas that are used up, services that are not there."""

from __future__ import annotations

import math

from llmeval.emulator.vertex.errors import RPC, SERVICE, GoogleError, error_info

__all__ = ["quota_of_endpoint", "quota_of_project", "shared_capacity", "unavailable"]

_GENAI_QUOTAS = "https://cloud.google.com/vertex-ai/docs/generative-ai/quotas-genai"
_LIMIT = "GenerateContentRequestsPerMinutePerProjectPerBaseModel"
_METRIC = f"{SERVICE}/generate_content_requests_per_minute_per_project_per_base_model"


def shared_capacity(retry_after: float | None) -> GoogleError:
    """429: the model's shared capacity is used up by everybody together."""
    return GoogleError(
        429,
        "RESOURCE_EXHAUSTED",
        "Resource exhausted. Please try again later. Please refer to https://cloud.google.com/"
        "vertex-ai/generative-ai/docs/error-code-429 for more details.",
        outcome="quota_429",
        headers=_retry_headers(retry_after),
    )


def quota_of_project(
    project: str, location: str, base_model: str, seconds: float, *, told: bool
) -> GoogleError:
    """429: the project's requests a minute are used up for ``seconds`` more.

    ``told`` says whether a Retry-After header says so too.
    """
    consumer = f"projects/{project}"
    return GoogleError(
        429,
        "RESOURCE_EXHAUSTED",
        f"Quota exceeded for {_METRIC} with base model: {base_model}. "
        f"Please submit a quota increase request. {_GENAI_QUOTAS}.",
        [
            error_info(
                "RATE_LIMIT_EXCEEDED",
                "googleapis.com",
                service=SERVICE,
                consumer=consumer,
                quota_metric=_METRIC,
                quota_limit=_LIMIT,
                quota_location=location,
            ),
            {
                "@type": f"{RPC}QuotaFailure",
                "violations": [{"subject": f"{consumer}/{_LIMIT}", "description": _METRIC}],
            },
            {
                "@type": f"{RPC}RetryInfo",
                "retryDelay": f"{seconds:.9f}".rstrip("0").rstrip(".") + "s",
            },
        ],
        outcome="quota_project_429",
        headers=_retry_headers(seconds if told else None),
    )


def quota_of_endpoint(resource: str, retry_after: float | None) -> GoogleError:
    """429: the machines behind this endpoint have too much to do."""
    return GoogleError(
        429,
        "RESOURCE_EXHAUSTED",
        f"The deployed model of {resource} is overloaded. Please retry later, or deploy more "
        f"replicas.",
        outcome="quota_endpoint_429",
        headers=_retry_headers(retry_after),
    )


def unavailable(retry_after: float | None) -> GoogleError:
    """503: nobody is there to answer, for the moment."""
    return GoogleError(
        503,
        "UNAVAILABLE",
        "The service is currently unavailable.",
        outcome="unavailable_503",
        headers=_retry_headers(retry_after),
    )


def _retry_headers(seconds: float | None) -> dict[str, str]:
    """Return ``Retry-After``, and the exact wait where it is no whole number of seconds."""
    if seconds is None:
        return {}
    headers = {"Retry-After": str(math.ceil(seconds))}
    if seconds != math.ceil(seconds):
        headers["retry-after-ms"] = f"{seconds * 1000:.0f}"
    return headers
