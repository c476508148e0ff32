"""Observations and runs for the tests of gates."""

from __future__ import annotations

from typing import Any

from llmeval.gates import Gate
from llmeval.records import (
    ANSWERED,
    CallFailure,
    EndpointIdentity,
    NotScored,
    Observation,
    Response,
    RunInfo,
    Score,
    ScorerIdentity,
    SuiteInfo,
    Timings,
    Usage,
)


def gate(metric: str = "s.sc.pass_rate", **keys: Any) -> Gate:
    condition = next(
        (c for c in ("at_least", "at_most", "no_worse_than_baseline") if c in keys), None
    )
    threshold = keys.pop(condition) if condition else 0.9
    return Gate(
        id=keys.pop("id", "g"),
        metric=metric,
        direction=condition or "at_least",
        threshold=threshold,
        **keys,
    )


def observation(
    case: int | str = 0,
    value: float | None = 1.0,
    *,
    suite: str = "s",
    test: str = "t",
    scorer: str = "sc",
    repetition: int = 0,
    model: str = "m",
    group: str | None = None,
    tags: dict[str, str] | None = None,
    outcome: str = ANSWERED,
    label: str | None = None,
    scores: list[Score | NotScored] | None = None,
    ttft: float | None = None,
    latency: float | None = 1.0,
    tokens: int | None = None,
    cached: bool = False,
    finish: str = "stop",
    version: str | None = None,
    cost: float | None = 0.0,
    deployed: str | None = None,
) -> Observation:
    answered = outcome == ANSWERED
    if scores is None:
        scores = [Score(scorer, value, label)] if answered and value is not None else []
    return Observation(
        suite=suite,
        test=test,
        case_id=str(case),
        repetition=repetition,
        model=model,
        deployed_model=deployed if answered else None,
        group=group,
        tags=tags or {},
        request={},
        outcome=outcome,
        response=Response("x", finish_reason=finish, model_version=version) if answered else None,
        error=None if answered else CallFailure(outcome, "it failed", deployed_model=deployed),
        timings=Timings(ttft=ttft, latency=latency),
        attempts=1,
        cached=cached,
        usage=Usage(1, tokens, None),
        cost_usd=cost,
        scores=scores,
    )


def samples(passed: int, failed: int = 0, **keys: Any) -> list[Observation]:
    return [observation(i, 1.0 if i < passed else 0.0, **keys) for i in range(passed + failed)]


def suite_info(
    cases: int, suite: str = "s", test: str = "t", scorer: str = "sc", **keys: Any
) -> SuiteInfo:
    repetitions = keys.pop("samples", 1)
    return SuiteInfo(
        suite,
        test,
        cases,
        repetitions,
        keys.pop("planned", cases * repetitions),
        "h",
        None,
        [ScorerIdentity(scorer, fallback=keys.pop("fallback", None))],
    )


def run_of(*suites: SuiteInfo, models: tuple[str, ...] = ("m",), **keys: Any) -> RunInfo:
    identities = [
        EndpointIdentity(ref, "openai", ref, simulated=keys.get("simulated", False))
        for ref in models
    ]
    keys.pop("simulated", None)
    return RunInfo("r", 0.0, "0.1.0", identities, list(suites), {}, 0, **keys)
