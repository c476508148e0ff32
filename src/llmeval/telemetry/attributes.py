"""What a span or a metric says of a call, a sample and a run. Pure functions over records.

Names follow OpenTelemetry's semantic conventions for generative AI (open-telemetry/
semantic-conventions-genai, status Development, as of mid-2026); what they have no name for is
``llmeval.*``. Nothing that a prompt or an answer says is ever an attribute, and neither is the text
of an error: it may quote them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from llmeval.ports import Sent
from llmeval.records import (
    ANSWERED,
    CallFailure,
    EndpointIdentity,
    Observation,
    Response,
    SampleKey,
    Usage,
)

__all__ = [
    "DURATION",
    "DURATION_BUCKETS",
    "TOKENS",
    "TOKEN_BUCKETS",
    "Value",
    "call_attributes",
    "model_attributes",
    "operation_of",
    "outcome_attributes",
    "sample_attributes",
    "server_of",
    "tokens_of",
]

Value = str | bool | int | float | tuple[str, ...]
"""What OpenTelemetry takes for an attribute."""

DURATION: Final = "gen_ai.client.operation.duration"
TOKENS: Final = "gen_ai.client.token.usage"

DURATION_BUCKETS: Final = tuple(0.01 * 2**n for n in range(14))
"""Seconds: 0.01 to 81.92, as the conventions have it."""

TOKEN_BUCKETS: Final = tuple(4**n for n in range(14))
"""Tokens: 1 to 67,108,864, as the conventions have it."""

_PROVIDERS: Final = {"vertex": "gcp.vertex_ai", "openai": "openai"}
_NUMBERS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
"""Generation setting by its OpenAI name -> what follows ``gen_ai.request.``."""

_PORTS: Final = {"http": 80, "https": 443}
_MULTI_REGIONS: Final = ("us", "eu")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def operation_of(identity: EndpointIdentity) -> str:
    """Return the conventions' name of what is asked of an endpoint."""
    generates = identity.details.get("format") == "generate_content"
    return "generate_content" if generates else "chat"


def model_attributes(identity: EndpointIdentity) -> dict[str, Value]:
    """Return what is the same in each call of an endpoint: operation, provider, model, server."""
    found: dict[str, Value] = {
        "gen_ai.operation.name": operation_of(identity),
        "gen_ai.provider.name": _PROVIDERS.get(identity.kind, identity.kind),
        "gen_ai.request.model": identity.name or identity.ref,
    }
    server = server_of(identity)
    if server is not None:
        found["server.address"], found["server.port"] = server
    return found


def server_of(identity: EndpointIdentity) -> tuple[str, int] | None:
    """Return host and port of an endpoint, ``None`` where there is none or it is not known."""
    if identity.kind == "openai":
        return _host_and_port(identity.ref.removeprefix("openai:").partition("#")[0])
    if identity.kind != "vertex":
        return None
    details, location = identity.details, identity.details.get("location")
    declared = details.get("declared")
    address = declared.get("address") if isinstance(declared, Mapping) else None
    if not address and not details.get("dedicated"):
        address = details.get("api_endpoint")
    if isinstance(address, str):
        return _host_and_port(address)
    if identity.simulated or details.get("dedicated") or not isinstance(location, str):
        return None
    if location == "global":
        return "aiplatform.googleapis.com", 443
    if location in _MULTI_REGIONS:
        return f"aiplatform.{location}.rep.googleapis.com", 443
    return f"{location}-aiplatform.googleapis.com", 443


def call_attributes(sent: Sent) -> dict[str, Value]:
    """Return what a call asked for: its generation settings, without its messages."""
    found: dict[str, Value] = {}
    for setting, name in _NUMBERS.items():
        value = sent.request.settings.get(setting)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[f"gen_ai.request.{name}"] = value
    form = sent.request.settings.get("response_format")
    if isinstance(form, Mapping) and str(form.get("type")).startswith("json"):
        found["gen_ai.output.type"] = "json"
    if sent.request.stream:
        found["gen_ai.request.stream"] = True
    return found


def outcome_attributes(sent: Sent) -> dict[str, Value]:
    """Return what came of a call: who answered, how it ended, tokens, and the kind of a failure."""
    outcome = sent.attempt.outcome
    found = {**_usage(outcome.usage), **_failure(outcome)}
    if outcome.model_version:
        found["gen_ai.response.model"] = outcome.model_version
    if outcome.deployed_model:
        found["llmeval.deployed_model"] = outcome.deployed_model
    if isinstance(outcome, Response) and _WORD.fullmatch(outcome.finish_reason):
        found["gen_ai.response.finish_reasons"] = (outcome.finish_reason,)
    if sent.attempt.ttft is not None:
        found["gen_ai.response.time_to_first_chunk"] = sent.attempt.ttft
    if sent.attempt.shared > 1:
        found["llmeval.shared"] = sent.attempt.shared
    if sent.attempt.batch:
        found["llmeval.batch"] = True
    return found


def sample_attributes(key: SampleKey, observation: Observation | None) -> dict[str, Value]:
    """Return which sample it is, and what was observed of it, if the run came to that."""
    model, suite, test, case_id, repetition = key
    found: dict[str, Value] = {
        "llmeval.model": model,
        "llmeval.suite": suite,
        "llmeval.test": test,
        "llmeval.case.id": case_id,
        "llmeval.repetition": repetition,
    }
    if observation is None:
        return {**found, "llmeval.outcome": "not recorded"}
    found |= {
        "llmeval.outcome": observation.outcome,
        "llmeval.attempts": observation.attempts,
        "llmeval.cached": observation.cached,
        "llmeval.timings.queued": observation.timings.queued,
        "llmeval.timings.backoff": observation.timings.backoff,
    }
    if observation.cost_usd is not None:
        found["llmeval.cost_usd"] = observation.cost_usd
    if observation.outcome != ANSWERED:
        found["error.type"] = observation.outcome
    return found


def tokens_of(usage: Usage) -> dict[str, int]:
    """Return tokens by the conventions' types; thinking is output."""
    found = {}
    if usage.input_tokens is not None:
        found["input"] = usage.input_tokens
    if usage.output_tokens is not None:
        found["output"] = usage.output_tokens + (usage.thinking_tokens or 0)
    return found


def _usage(usage: Usage) -> dict[str, Value]:
    found: dict[str, Value] = {
        f"gen_ai.usage.{kind}_tokens": count for kind, count in tokens_of(usage).items()
    }
    if usage.thinking_tokens is not None:
        found["gen_ai.usage.reasoning.output_tokens"] = usage.thinking_tokens
    return found


def _failure(outcome: Response | CallFailure) -> dict[str, Value]:
    if isinstance(outcome, Response):
        return {}
    found: dict[str, Value] = {"error.type": outcome.kind}
    if outcome.status is not None:
        found["http.response.status_code"] = outcome.status
    if outcome.reason and _WORD.fullmatch(outcome.reason):
        found["llmeval.reason"] = outcome.reason
    return found


def _host_and_port(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None
