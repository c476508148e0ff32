"""From an answer and what it took to an observation."""

from __future__ import annotations

from typing import Any, Final

from llmeval.endpoints.vertex.advice import ADVISED
from llmeval.endpoints.vertex.diagnosis import doctor_command, fix_for, place_of
from llmeval.records import (
    ANSWERED,
    CallFailure,
    EndpointIdentity,
    Observation,
    Request,
    Response,
    Timings,
)
from llmeval.run.call import Called
from llmeval.run.plan import PlannedSample
from llmeval.run.solve import SampleAsker
from llmeval.run.wiring import Wiring

__all__ = ["describe_down", "observation_of"]


def observation_of(
    planned: PlannedSample,
    asker: SampleAsker,
    outcome: Response | CallFailure,
    ready: float,
    wiring: Wiring,
) -> Observation:
    """Bring together what one sample was and what it took; several calls add up."""
    test, case, calls = planned.test, planned.case, asker.calls
    response = outcome if isinstance(outcome, Response) else None
    latencies = [call.latency for call in calls if call.latency is not None]
    costs = [call.cost_usd for call in calls]
    backoff = sum(call.backoff for call in calls)
    elapsed = wiring.clock.monotonic() - ready
    return Observation(
        suite=test.suite,
        test=test.test,
        case_id=case.id,
        repetition=planned.repetition,
        model=planned.model,
        deployed_model=outcome.deployed_model,
        group=case.group,
        tags=case.tags,
        request=_plain_request(asker.asked),
        outcome=ANSWERED if isinstance(outcome, Response) else outcome.kind,
        response=response,
        error=outcome if isinstance(outcome, CallFailure) else None,
        timings=Timings(
            queued=max(0.0, elapsed - backoff - sum(latencies)),
            backoff=backoff,
            ttft=calls[-1].ttft if calls else None,
            latency=sum(latencies) if latencies and all(map(_is_own, calls)) else None,
            started_at=calls[0].sent_at if calls else wiring.clock.time(),
        ),
        attempts=sum(call.attempts for call in calls),
        cached=bool(calls) and all(call.cached for call in calls),
        usage=outcome.usage,
        cost_usd=None if None in costs else sum(c for c in costs if c is not None),
        scores=[],
    )


def _is_own(call: Called) -> bool:
    """Whether a call's latency is that of this one answer."""
    return not call.cached and call.own


def _plain_request(request: Request | None) -> dict[str, Any]:
    if request is None:
        return {"messages": []}
    messages = [{"role": m.role, "content": m.content} for m in request.messages]
    return {"messages": messages, "settings": request.settings, "stream": request.stream}


_FIX: Final = {
    "unauthorized": "give a valid key (OPENAI_API_KEY or LLMEVAL_API_KEY)",
    "forbidden": "the key may not use this model: ask for access",
    "not_found": "check the URL and the model's name after '#'",
    "bad_request": "the server rejects these requests: check the model's name and the settings",
    "refused_connection": "start the server, or correct host and port",
    "dns": "correct the host's name",
    "tls": "use http:// for a server without TLS, or mend its certificate",
    "timeout": "raise --timeout, or look at the server",
}


def describe_down(identity: EndpointIdentity, failure: CallFailure) -> str:
    """Return what is wrong with an endpoint that was given up, and what to do about it."""
    status = f" (HTTP {failure.status})" if failure.status else ""
    head = f"{identity.ref} is down: {failure.kind}{status}: {failure.message}"
    if identity.kind != "vertex":
        fix = _FIX.get(failure.kind, "look at the server's log")
        return f"{head}; {fix}"
    closer = f"look closer: {doctor_command(identity)}"
    if failure.kind in ADVISED:
        return f"{head}; {closer}"
    return f"{head}; {fix_for(failure, place_of(identity))}; {closer}"
