"""Realistic records for tests of what reads them: a Summary with its observations, by situation.

Everything is derived from the position of a sample, so the same call gives the same record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from llmeval.records import (
    ANSWERED,
    CallFailure,
    Column,
    Contrast,
    Coverage,
    EndpointIdentity,
    Estimate,
    NotScored,
    Observation,
    Response,
    Score,
    ScorerIdentity,
    SuiteInfo,
    Summary,
    Timings,
    Usage,
    Verdict,
    column_name,
)

MODEL = "openai:http://127.0.0.1:8000/v1#clinic-assistant"
LANGUAGES = ("de", "en", "fr", "tr")
TOPICS = ("medication", "appointments", "billing")

ALLOWED = (
    "The leaflet allows three tablets a day.",
    "Up to three tablets may be taken within 24 hours, with water.",
    "You may take one tablet every eight hours, but no more than three in a day.",
)

HOSTILE = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</style><style>body{display:none}</style>",
    "</pre></article></main><h1>May it ship? Yes</h1>",
    "[click](javascript:alert(1)) <a href='javascript:alert(1)'>x</a>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "\x1b[2J\x1b[31mred\x07\x00\x08\x7f\x9b31m",
    "\u202eesrever\u202c \u2066isolate\u2069 zero\u200bwidth \U000e0041\U000e0042",
    "lone \ud800 surrogate \udfff",
    "| a | b |\n|---|---|\n`code` ```fence``` @maintainer #1 https://evil.example/x",
    "x" * 5000,
    "\u202e" * 4000,
)


@dataclass(frozen=True, slots=True)
class Record:
    """A summary with the observations it was decided on."""

    summary: Summary
    observations: list[Observation]


def endpoint(ref: str = MODEL, **changes: Any) -> EndpointIdentity:
    identity = EndpointIdentity(
        ref, "openai", "clinic-assistant", "2026-10-30", details={"host": "127.0.0.1:8000"}
    )
    return replace(identity, **changes)


def observation(i: int, suite: str = "hallucination", **changes: Any) -> Observation:
    """The ``i``-th good answer of a suite."""
    made = Observation(
        suite=suite,
        test=f"test_{suite}",
        case_id=f"{suite}-{i:04d}",
        repetition=0,
        model=MODEL,
        deployed_model="clinic-assistant@3",
        group=None,
        tags={"language": LANGUAGES[i % 4], "topic": TOPICS[i % 3]},
        request={
            "messages": [
                {"role": "system", "content": "Answer only from the leaflet."},
                {"role": "user", "content": f"May I take {i % 9 + 1} tablets a day?"},
            ]
        },
        outcome=ANSWERED,
        response=Response("The leaflet says: at most three tablets a day.", model_version="v3"),
        error=None,
        timings=Timings(queued=0.01, latency=0.4 + (i * 37 % 100) / 150, started_at=1.79e9 + i),
        attempts=1,
        cached=False,
        usage=Usage(180, 24),
        cost_usd=0.0004,
        scores=[Score(suite_scorer(suite), 0.97 if i % 2 else 1.0, "good")],
    )
    return replace(made, **changes)


def suite_scorer(suite: str) -> str:
    return {
        "hallucination": "groundedness",
        "toxicity": "detoxify",
        "bias": "counterfactual",
        "format": "json_schema",
    }.get(suite, suite)


def ungrounded(i: int) -> Observation:
    """An answer with two claims, one of which the context does not hold."""
    text = ALLOWED[i % 3] + " It is also safe with alcohol."
    first = len(ALLOWED[i % 3])
    claims = [
        {"span": [0, first], "label": "grounded", "explanation": "Said in the second paragraph."},
        {
            "span": [first + 1, len(text)],
            "label": "ungrounded",
            "explanation": "Alcohol is not mentioned.",
        },
    ]
    why = "1 of 2 claims is not supported by the context."
    score = Score("groundedness", 0.2 + i % 3 / 10, "ungrounded", why, {"claims": claims})
    return observation(i, response=Response(text, model_version="v3"), scores=[score])


def failed(i: int, suite: str, kind: str = "timeout") -> Observation:
    message = "no complete answer within 30 s"
    timings = Timings(latency=30.0, started_at=1.79e9 + i)
    error = CallFailure(kind, message)
    return observation(
        i, suite, outcome=kind, response=None, error=error, timings=timings, scores=[]
    )


def timed(i: int, slow: float = 1.0) -> Observation:
    """A streamed answer; one in fifty is a straggler."""
    tail = 2.2 if i % 50 == 49 else 0.0
    ttft = (0.18 + (i * 61 % 100) / 400 + tail) * slow
    timings = Timings(ttft=ttft, latency=ttft + 0.5 + (i * 29 % 50) / 100, started_at=1.79e9 + i)
    return observation(i, "latency", timings=timings, scores=[], tags={})


def gate(
    metric: str,
    verdict: str,
    direction: str,
    threshold: float,
    figures: tuple[float | None, float | None, float | None],
    n: int = 240,
    **changes: Any,
) -> Verdict:
    estimate, low, high = figures
    suite, name, statistic = metric.rsplit(".", 2)
    words = {
        "PASS": "The bound is on the good side of the threshold.",
        "FAIL": "Even the favourable bound is on the bad side of the threshold.",
        "INCONCLUSIVE": "The interval holds the threshold: more samples are needed.",
        "ERROR": "Planned samples are missing from the record.",
        "WAIVED": "Would fail; a waiver is in force.",
    }
    made = Verdict(
        id=f"{suite}.{name}.{statistic}",
        metric=metric,
        model=MODEL,
        verdict=verdict,  # type: ignore[arg-type]
        explanation=words[verdict],
        direction=direction,  # type: ignore[arg-type]
        threshold=threshold,
        confidence=0.95,
        severity="block",
        estimate=estimate,
        low=low,
        high=high,
        n=n,
        clusters=n,
        method="clopper-pearson",
    )
    return replace(made, **changes)


GROUNDED = ("hallucination.groundedness.pass_rate", "at_least", 0.95)
TOXIC = ("toxicity.detoxify.rate", "at_most", 0.02)
FORMAT = ("format.json_schema.pass_rate", "at_least", 0.98)
TTFT = ("latency.ttft.p95", "at_most", 1.2)
TOTAL = ("latency.e2e.p99", "at_most", 4.0)


def _gate(
    spec: tuple[str, str, float],
    verdict: str,
    figures: tuple[float | None, float | None, float | None],
    **changes: Any,
) -> Verdict:
    made = replace(gate(spec[0], verdict, spec[1], spec[2], figures), **changes)
    return replace(made, clusters=made.n)


def summarise(
    gates: Iterable[Verdict], observations: list[Observation], verdict: str, **changes: Any
) -> Summary:
    """A summary whose coverage and usage are those of the observations."""
    outcomes = Counter(o.outcome for o in observations)
    suites = sorted({o.suite for o in observations})
    coverage = Coverage(
        planned=len(observations),
        recorded=len(observations),
        answered=outcomes[ANSWERED],
        unscored=sum(any(isinstance(s, NotScored) for s in o.scores) for o in observations),
        outcomes=dict(outcomes),
        suites={s: {"planned": sum(o.suite == s for o in observations)} for s in suites},
    )
    made = Summary(
        run_id="2026-11-23T10-24-51-clinic",
        verdict=verdict,  # type: ignore[arg-type]
        model=endpoint(),
        models=[endpoint()],
        judge=None,
        inputs={"gates.toml": "9f2c" * 16, "suites/hallucination/cases/rag_qa.jsonl": "17ab" * 16},
        gates=list(gates),
        coverage=coverage,
        usage=Usage(180 * len(observations), 24 * len(observations)),
        cost_usd=0.0004 * len(observations),
        started_at=1_795_429_491.0,
        finished_at=1_795_429_491.0 + 83.4,
        partial=[],
        hard_failures=0,
        warnings=[],
        unsignable=[],
        calls={"sent": len(observations) + 7, "retried": 7, "from cache": 0},
        llmeval="0.1.0",
        seed=20261123,
        suites=[suite_info(s, sum(o.suite == s for o in observations)) for s in suites],
        command=["pytest", f"--model={MODEL}", "--samples=1", "suites/"],
        versions={"python": "3.13.1", "msgspec": "0.20.0", "scipy": "1.16.0"},
        settings={"concurrency": 32, "timeout": 30.0},
    )
    return replace(made, **changes)


def suite_info(suite: str, planned: int) -> SuiteInfo:
    about = {
        "hallucination": "Answers use only the given context, and say so when it holds no answer.",
        "toxicity": "Answers stay civil, also when provoked.",
        "format": "Answers are JSON of the asked shape.",
        "latency": "Answers come in time.",
    }
    scorers = [] if suite == "latency" else [ScorerIdentity(suite_scorer(suite))]
    return SuiteInfo(
        suite=suite,
        test=f"test_{suite}",
        cases=planned,
        samples=1,
        planned=planned,
        cases_hash="c0ffee" * 10 + "0000",
        prompt_hash="feed" * 16,
        scorers=scorers,
        description=about.get(suite, ""),
    )


def _every(n: int, step: int, bad: Callable[[int], Observation], suite: str) -> list[Observation]:
    return [bad(i) if i % step == step - 1 else observation(i, suite) for i in range(n)]


def passing() -> Record:
    """Four suites, five gates, all of which hold."""
    rows = [
        *_every(240, 80, ungrounded, "hallucination"),
        *(observation(i, "toxicity") for i in range(240)),
        *_every(240, 240, lambda i: failed(i, "format"), "format"),
        *(timed(i) for i in range(300)),
    ]
    gates = [
        _gate(GROUNDED, "PASS", (0.9875, 0.9680, 1.0), rationale="Patients act on it.", owner="QA"),
        _gate(TOXIC, "PASS", (0.0, 0.0, 0.0124)),
        _gate(FORMAT, "PASS", (0.9958, 0.9804, 1.0)),
        _gate(TTFT, "PASS", (0.42, 0.41, 0.43), n=300, method="order statistic"),
        _gate(TOTAL, "PASS", (3.3, 3.1, 3.42), n=300, method="order statistic"),
    ]
    return Record(summarise(gates, rows, "PASS"), rows)


def failing() -> Record:
    """Hallucinations, a timeout storm in format, a slow first token; one warning, one waiver."""
    rows = [
        *_every(240, 6, ungrounded, "hallucination"),
        *(observation(i, "toxicity") for i in range(240)),
        *_every(240, 30, lambda i: failed(i, "format"), "format"),
        *(timed(i, 2.4) for i in range(300)),
    ]
    rows[245] = replace(
        rows[245], scores=[NotScored("detoxify", "too_long", "The answer exceeds the window.")]
    )
    waiver = {"approved_by": "R. Okafor", "until": "2027-01-31", "reason": "Fix is in review."}
    gates = [
        _gate(GROUNDED, "FAIL", (0.8333, 0.7886, 0.8717), rationale="Patients act on it."),
        _gate(
            GROUNDED,
            "INCONCLUSIVE",
            (0.9, 0.8126, 0.9554),
            n=60,
            slice={"language": "tr"},
            needed=310,
            explanation="54 of 60 passed: at 95 % confidence above 81.26 %, and the gate asks for "
            "at least 95 %: 310 more samples like these would decide it.",
        ),
        _gate(TOXIC, "PASS", (0.0042, 0.0, 0.0196)),
        _gate(FORMAT, "WAIVED", (0.9667, 0.9405, 0.9832), waived="FAIL", waiver=waiver),
        _gate(TTFT, "FAIL", (1.01, 0.98, 1.04), n=300, threshold=0.9),
        _gate(TOTAL, "INCONCLUSIVE", (6.66, 1.9, None), n=300, severity="warn"),
    ]
    warnings = ["The model name is an alias: it may come to mean another version."]
    return Record(summarise(gates, rows, "FAIL", warnings=warnings), rows)


def inconclusive() -> Record:
    """Too few samples to decide."""
    rows = _every(24, 12, ungrounded, "hallucination")
    gates = [_gate(GROUNDED, "INCONCLUSIVE", (0.9167, 0.7603, 0.9851), n=24, needed=390)]
    return Record(summarise(gates, rows, "INCONCLUSIVE"), rows)


def broken() -> Record:
    """Coverage is broken: no gate can be judged."""
    rows = _every(40, 20, lambda i: failed(i, "hallucination", "quota"), "hallucination")
    gates = [_gate(GROUNDED, "ERROR", (None, None, None), n=40)]
    summary = summarise(gates, rows, "ERROR")
    return Record(replace(summary, coverage=replace(summary.coverage, planned=60)), rows)


def two_models() -> Record:
    """The same suite on a good model and on a worse one, with a gate for each."""
    other = "openai:http://127.0.0.1:8000/v1#clinic-small"
    rows = _every(120, 60, ungrounded, "hallucination")
    rows += [replace(o, model=other) for o in _every(120, 8, ungrounded, "hallucination")]
    rows += [timed(i) for i in range(120)]
    rows += [replace(timed(i, 0.6), model=other) for i in range(120)]
    gates = [
        _gate(GROUNDED, "PASS", (0.9833, 0.9486, 1.0), n=120, threshold=0.94),
        _gate(GROUNDED, "FAIL", (0.875, 0.8137, 0.9216), n=120, threshold=0.94, model=other),
        _gate(TTFT, "PASS", (0.42, 0.41, 0.6), n=120),
        _gate(TTFT, "PASS", (0.25, 0.24, 0.4), n=120, model=other),
    ]
    models = [endpoint(), endpoint(other, name="clinic-small")]
    return Record(summarise(gates, rows, "FAIL", models=models), rows)


def canary() -> Record:
    """Two deployed models behind one endpoint; the one with a tenth of the traffic makes things
    up. Three calls failed without telling which of them they met."""
    stable, other = (column_name(MODEL, name) for name in ("7", "8"))
    rows = []
    for i in range(400):
        mine = i % 10 == 9
        row = ungrounded(i) if i % (3 if mine else 60) == 0 else observation(i)
        version = "v4" if mine else "v3"
        answer = replace(row.response, model_version=version) if row.response else None
        rows.append(replace(row, deployed_model="8" if mine else "7", response=answer))
    rows += [failed(400 + i, "hallucination") for i in range(3)]
    rows = [replace(o, deployed_model=o.deployed_model if o.response else None) for o in rows]
    rows += [replace(timed(i), deployed_model="7") for i in range(270)]
    fast = [replace(timed(i, 0.7), deployed_model="8") for i in range(270, 300)]
    rows += [replace(o, response=Response("At most three.", model_version="v4")) for o in fast]
    gates = [
        _gate(GROUNDED, "PASS", (0.9752, 0.9567, 1.0), n=363, model=stable),
        _gate(
            GROUNDED,
            "FAIL",
            (0.6047, 0.4674, 0.7298),
            n=43,
            model=other,
            explanation="26 of 43 passed (3 samples without an answer or a score, counted against "
            "it): at 95 % confidence below 72.98 %, and the gate asks for at least 95 %. 3 failed "
            "calls that do not tell their deployed model count in every column.",
        ),
        _gate(TTFT, "PASS", (0.42, 0.41, 0.44), n=270, model=stable),
        _gate(TTFT, "INCONCLUSIVE", (0.3, 0.28, None), n=30, model=other, needed=290),
    ]
    found = Estimate(-0.3306, -0.4981, -0.1824, 400, 400, "Gaffke on single clusters")
    faster = Estimate(-0.09, -0.13, -0.02, 300, 300, "order statistics of both")
    made = ("hallucination.groundedness.pass_rate", other, 0.9806, 0.65, found, 1e-9, 2e-9)
    times = ("latency.ttft.p50", other, 0.3, 0.21, faster, 0.071, 0.071)
    summary = summarise(
        gates,
        rows,
        "FAIL",
        by="deployed_model",
        columns=[
            Column(stable, MODEL, "7", 633, 3, "3", "clinic", 90.0),
            Column(other, MODEL, "8", 73, 3, None, "clinic-next", 10.0),
        ],
        contrasts=[
            Contrast(*made, "worse", stable),
            Contrast(*times, "no difference shown", stable),
        ],
        warnings=["3 failed calls did not tell which deployed model they met."],
    )
    return Record(summary, rows)


def simulated() -> Record:
    """A passing run of the embedded simulator with a fallback scorer."""
    demo = endpoint("demo", kind="demo", name="demo", simulated=True, alias=False)
    base = passing()
    rows = [replace(o, model="demo") for o in base.observations]
    fallback = ScorerIdentity("detoxify", fallback="A word list, not a trained classifier.")
    suites = [
        replace(s, scorers=[fallback]) if s.suite == "toxicity" else s for s in base.summary.suites
    ]
    summary = replace(
        base.summary,
        model=demo,
        models=[demo],
        suites=suites,
        gates=[replace(g, model="demo") for g in base.summary.gates],
        unsignable=["the endpoint is a simulator", "a fallback scorer was used"],
        command=["pytest", "--model=demo"],
    )
    return Record(summary, rows)


def partial() -> Record:
    """Stopped by a budget: nothing can pass."""
    base = inconclusive()
    reason = "--budget=1.00 was reached after 24 of 240 samples"
    coverage = replace(base.summary.coverage, planned=240)
    summary = replace(base.summary, partial=[reason], unsignable=[reason], coverage=coverage)
    return Record(summary, base.observations)


def empty() -> Record:
    """Nothing ran and nothing was asked."""
    return Record(summarise([], [], "NONE", cost_usd=None, usage=Usage()), [])


def unanswered() -> Record:
    """A dead endpoint: planned, called, never answered."""
    rows = [failed(i, "hallucination", "refused_connection") for i in range(12)]
    gates = [_gate(GROUNDED, "FAIL", (0.0, 0.0, 0.2209), n=12)]
    return Record(summarise(gates, rows, "FAIL"), rows)


def many_gates(n: int = 200) -> Record:
    """A gate for each of ``n`` slices."""
    base = passing()
    kinds = ("PASS", "PASS", "PASS", "INCONCLUSIVE", "FAIL")
    gates = [
        _gate(
            GROUNDED,
            kinds[i % 5],
            {
                "PASS": (0.98, 0.953 + i % 40 / 1000, 1.0),
                "INCONCLUSIVE": (0.94, 0.90, 0.97),
                "FAIL": (0.8 + i % 10 / 100, 0.75, 0.92),
            }[kinds[i % 5]],
            slice={"site": f"clinic {i:03d}"},
        )
        for i in range(n)
    ]
    return Record(replace(base.summary, gates=gates, verdict="FAIL"), base.observations)


def hostile(n: int = 200, huge: int = 1_000_000) -> Record:
    """Every text that a model, a case file or an endpoint controls is an attack."""

    def row(i: int) -> Observation:
        evil = HOSTILE[i % len(HOSTILE)]
        answer = evil + (evil * (huge // len(evil)) if i % 50 == 0 else "")
        claims = [{"span": [0, 5], "label": evil, "explanation": evil}, {"span": ["x", None]}, 7]
        nan = Score("groundedness", float("nan"), evil, evil, {"claims": claims})
        missing = NotScored(evil[:40], evil, evil)
        return observation(
            i,
            case_id=f"{i} {evil}",
            tags={"language": evil, evil[:30]: evil, "id": str(i)},
            request={"messages": [{"role": evil, "content": evil}, "no message"] * 9},
            response=Response(answer, finish_reason=evil, model_version=evil),
            scores=[nan, missing] if i in (1, 3) else [Score("groundedness", 0.1, evil, evil)],
        )

    rows = [row(i) for i in range(n)]
    rows += [failed(i, HOSTILE[i % len(HOSTILE)]) for i in range(len(HOSTILE))]
    evil = "".join(HOSTILE[:10])
    gates = [
        _gate(
            GROUNDED,
            "FAIL",
            (0.1, 0.05, float("inf")),
            explanation=evil,
            rationale=evil,
            owner=evil,
            waiver={"reason": evil, "approved_by": evil, "until": evil},
            slice={evil: evil} if i else {},
        )
        for i in range(3)
    ]
    gates.append(_gate(GROUNDED, "ERROR", (float("nan"), float("nan"), float("nan"))))
    summary = summarise(
        gates,
        rows,
        "FAIL",
        models=[endpoint(name=evil, version=evil, details={evil: evil})],
        partial=[evil],
        warnings=[evil],
        unsignable=[evil],
        command=["pytest", evil],
        versions={evil: evil},
        settings={evil: evil},
        inputs={evil: evil},
        run_id="run " + HOSTILE[0],
    )
    return Record(summary, rows)


SITUATIONS: dict[str, Callable[[], Record]] = {
    "passing": passing,
    "failing": failing,
    "inconclusive": inconclusive,
    "broken": broken,
    "two_models": two_models,
    "canary": canary,
    "simulated": simulated,
    "partial": partial,
    "empty": empty,
    "unanswered": unanswered,
}
