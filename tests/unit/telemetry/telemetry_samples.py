"""Calls and observations for the tests of telemetry. Every text of a model or of a case says so."""

from __future__ import annotations

from typing import Any

from llmeval.ports import Sent
from llmeval.records import (
    ANSWERED,
    Attempt,
    CallFailure,
    EndpointIdentity,
    Message,
    Observation,
    Request,
    Response,
    SampleKey,
    Score,
    Timings,
    Usage,
)

SECRET = "TOP-SECRET"
KEY: SampleKey = ("openai:http://h:8000/v1#m", "suite", "test_x", "c1", 2)
MODEL = EndpointIdentity("openai:http://h:8000/v1#m", "openai", "m")
GEMINI = EndpointIdentity(
    "gemini-2.5-flash",
    "vertex",
    "gemini-2.5-flash",
    details={"publisher": "google", "location": "us-central1", "format": "generate_content"},
)


def answered(**changes: Any) -> Response:
    fields: dict[str, Any] = {"usage": Usage(10, 5, 3), "model_version": "m-1"}
    return Response(f"{SECRET} answer", **(fields | changes))


def failed(kind: str = "quota", **changes: Any) -> CallFailure:
    return CallFailure(kind, f"{SECRET} message", text=f"{SECRET} seen", **changes)


def sent(
    outcome: Response | CallFailure,
    *,
    at: float = 1000.0,
    latency: float = 2.0,
    endpoint: EndpointIdentity = MODEL,
    settings: dict[str, Any] | None = None,
    stream: bool = False,
    **attempt: Any,
) -> Sent:
    asked = Request((Message("user", f"{SECRET} prompt"),), settings or {}, stream)
    return Sent(endpoint, asked, at, Attempt(outcome, latency, **attempt))


def observed(outcome: Response | CallFailure, **changes: Any) -> Observation:
    is_answer = isinstance(outcome, Response)
    fields: dict[str, Any] = {
        "suite": KEY[1],
        "test": KEY[2],
        "case_id": KEY[3],
        "repetition": KEY[4],
        "model": KEY[0],
        "deployed_model": outcome.deployed_model,
        "group": None,
        "tags": {"topic": f"{SECRET} tag"},
        "request": {"messages": [{"role": "user", "content": f"{SECRET} prompt"}]},
        "outcome": ANSWERED if isinstance(outcome, Response) else outcome.kind,
        "response": outcome if is_answer else None,
        "error": None if is_answer else outcome,
        "timings": Timings(queued=0.5, backoff=0.25, latency=2.0, started_at=1000.0),
        "attempts": 1,
        "cached": False,
        "usage": outcome.usage,
        "cost_usd": 0.001,
        "scores": [Score("sc", 0.25, f"{SECRET} label", f"{SECRET} explanation")],
    }
    return Observation(**(fields | changes))
