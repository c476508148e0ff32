"""Records to write and read: small, complete, each with every kind of outcome and score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from llmeval.records import (
    ANSWERED,
    CallFailure,
    Coverage,
    EndpointIdentity,
    NotScored,
    Observation,
    Response,
    RunInfo,
    Score,
    ScorerIdentity,
    SuiteInfo,
    Summary,
    Timings,
    Usage,
    Verdict,
)

ENDPOINT = EndpointIdentity("demo", "demo", "demo", version="1", simulated=True, alias=False)

RUN = RunInfo(
    run_id="2026-11-23-a",
    started_at=1_795_000_000.0,
    llmeval="0.1.0",
    models=[ENDPOINT],
    suites=[
        SuiteInfo(
            "hallucination", "test_grounded", 60, 3, 180, "c" * 64, None, [ScorerIdentity("g")]
        )
    ],
    inputs={"suites/hallucination/cases/rag_qa.jsonl": "a" * 64},
    seed=7,
    judge=ENDPOINT,
    settings={"temperature": 0.2, "stop": ["\n"]},
)

ANSWER = Observation(
    suite="hallucination",
    test="test_grounded",
    case_id="q1",
    repetition=0,
    model="demo",
    deployed_model=None,
    group="pair-1",
    tags={"language": "de"},
    request={"messages": [{"role": "user", "content": "Wie viele Tabletten? 💊"}]},
    outcome=ANSWERED,
    response=Response("Drei.", usage=Usage(10, 2), logprobs=[{"token": "Drei"}]),
    error=None,
    timings=Timings(0.1, 0.0, 0.2, 0.9, 1_795_000_001.5),
    attempts=1,
    cached=False,
    usage=Usage(10, 2, None),
    cost_usd=0.0001,
    scores=[
        Score("groundedness", 1.0, "grounded", None, {"claims": [{"span": [0, 5]}]}),
        NotScored("judge", "unparseable", "the verdict is no JSON"),
    ],
)

FAILURE = replace(
    ANSWER,
    case_id="q2",
    outcome="quota",
    response=None,
    error=CallFailure("quota", "429 Too Many Requests", 429, 1.5),
    timings=Timings(),
    attempts=6,
    usage=Usage(),
    cost_usd=None,
    scores=[],
)

VERDICT = Verdict(
    id="hallucination.grounded",
    metric="hallucination.groundedness.pass_rate",
    model="demo",
    verdict="INCONCLUSIVE",
    explanation="the interval holds the threshold",
    direction="at_least",
    threshold=0.95,
    confidence=0.95,
    severity="block",
    estimate=0.96,
    low=0.91,
    high=1.0,
    n=180,
    clusters=60,
    method="clopper-pearson",
    slice={"language": "de"},
    needed=240,
    waiver={"reason": "pilot"},
)

SUMMARY = Summary(
    run_id=RUN.run_id,
    verdict="INCONCLUSIVE",
    model=ENDPOINT,
    models=[ENDPOINT],
    judge=None,
    inputs=RUN.inputs,
    gates=[VERDICT],
    coverage=Coverage(180, 180, 179, 1, {"answered": 179, "quota": 1}, {"hallucination": {}}),
    usage=Usage(1800, 360),
    cost_usd=None,
    started_at=RUN.started_at,
    finished_at=RUN.started_at + 60,
    partial=[],
    hard_failures=0,
    warnings=["judge is the model under test"],
    unsignable=["simulated endpoint"],
    calls={"attempts": 185},
    llmeval="0.1.0",
    seed=7,
    suites=RUN.suites,
)


def answers(count: int, **changes: Any) -> Iterator[Observation]:
    """Yield observations of different cases."""
    for number in range(count):
        yield replace(ANSWER, case_id=f"q{number}", **changes)
