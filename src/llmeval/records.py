"""The words of llmeval as frozen, JSON-able records. Behaviour is functions over them.

Reading order is the order in which data flows: Case, Request, Response or CallFailure, Score or
NotScored, Observation, then what describes a whole run. Times are seconds, money is US dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct, field

__all__ = [
    "ANSWERED",
    "BY",
    "FAILURE_KINDS",
    "FORMAT_VERSION",
    "PASS_MARK",
    "QUOTA_KINDS",
    "UNKNOWN",
    "Attempt",
    "CallFailure",
    "Case",
    "Column",
    "Contrast",
    "Coverage",
    "EndpointIdentity",
    "Estimate",
    "Message",
    "ModelPrice",
    "NotScored",
    "Observation",
    "Price",
    "Request",
    "Response",
    "RunInfo",
    "Sample",
    "SampleKey",
    "Score",
    "ScorerIdentity",
    "SuiteInfo",
    "Summary",
    "Timings",
    "Usage",
    "Verdict",
    "column_name",
    "deployed_model_of",
    "sample_key",
]

FORMAT_VERSION: Final = 1
"""Version of ``observations.jsonl`` and ``run.json``; a reader refuses a newer one."""

ANSWERED: Final = "answered"

PASS_MARK: Final = 0.5
"""A score passes if and only if its value is at least this: value 1 is always the good end, and a
scorer with a threshold of its own rescales so that the threshold lies here."""

FAILURE_KINDS: Final[Mapping[str, str]] = {
    "timeout": "no complete answer before the deadline",
    "quota": "429 or RESOURCE_EXHAUSTED after all retries; it does not say whose quota",
    "quota_project": "429 after all retries: a quota of the project is used up",
    "quota_endpoint": "429 after all retries: the endpoint or the model's shared capacity is full",
    "blocked_prompt": "the endpoint's safety filter refused the prompt",
    "blocked_output": "the endpoint's safety filter withheld the answer",
    "recitation": "the answer was withheld for quoting a source at length",
    "malformed_call": "the model tried to call a function, and wrote the call wrongly",
    "refused_connection": "nobody listens at the address",
    "reset": "the connection broke before an answer",
    "stream_cut": "the answer broke off in the middle",
    "dns": "the host's name cannot be resolved",
    "tls": "the TLS handshake failed",
    "malformed_body": "the answer's body is not what the protocol says",
    "too_large": "the answer exceeds the size limit",
    "empty": "the endpoint answered with no text",
    "unauthorized": "401: credentials missing or expired",
    "forbidden": "403: permission denied",
    "not_found": "404: no such model or endpoint",
    "conflict": "409: the request collided with another",
    "cancelled": "499 or CANCELLED: the server gave the call up",
    "bad_request": "another 4xx: the request was rejected",
    "server_error": "5xx after all retries",
    "solver_error": "the suite's own solver raised",
    "endpoint_error": "the endpoint adapter or the user's function raised",
}
"""Kind of failure -> what it means. ``Observation.outcome`` is one of these or ``answered``."""

QUOTA_KINDS: Final = frozenset({"quota", "quota_project", "quota_endpoint"})
"""Failures that ask for a slower pace."""

BY: Final = ("model", "deployed_model")
"""What may be decided and shown for itself: every model (the default), or every deployed model that
answers behind one endpoint."""

UNKNOWN: Final = "(unknown)"
"""Stands for the deployed model of an answer that does not tell which one gave it."""

Role = Literal["system", "user", "assistant"]


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of a data set.

    ``group`` names cases that stand or fall together (a counterfactual pair, paraphrases).
    """

    id: str
    inputs: dict[str, Any]
    expected: Any = None
    tags: dict[str, str] = field(default_factory=dict)
    group: str | None = None


class Message(Struct, frozen=True):
    """One turn of a rendered prompt."""

    role: Role
    content: str


class Request(Struct, frozen=True):
    """What is asked of an endpoint, in no provider's dialect.

    ``settings`` are generation settings by their OpenAI names (``temperature``, ``max_tokens``,
    ``response_format`` …). ``repetition`` and ``seed`` tell which draw this is: they enter the
    cache key and drive simulators; only ``settings["seed"]`` is ever sent to a server.
    """

    messages: tuple[Message, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    stream: bool = False
    repetition: int = 0
    seed: int = 0


class Usage(Struct, frozen=True):
    """Tokens as the endpoint reported them; ``None`` where it did not.

    ``output_tokens`` are those of the answer itself; ``thinking_tokens`` come on top, and are
    priced as output."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars for a million tokens.

    Where a prompt is longer than ``long_from`` tokens, every token of its call costs ``input_long``
    and ``output_long``. ``batch_discount`` is the share that a batch job saves, 0.5 for half;
    without it the cost of a batch job is unknown.
    """

    input: float
    output: float
    input_long: float | None = None
    output_long: float | None = None
    long_from: int | None = None
    batch_discount: float | None = None


class ModelPrice(Struct, frozen=True):
    """The price that a run reckoned with, and where it stands: under ``name`` in the user's own
    table, or in the shipped one, whose figure was published at ``url`` on ``as_of`` (YYYY-MM-DD).
    """

    name: str
    price: Price
    source: Literal["user", "shipped"]
    as_of: str | None = None
    url: str | None = None
    note: str = ""


class Response(Struct, frozen=True):
    """An answer. ``finish_reason`` is ``stop``, ``length`` (truncated) or the endpoint's word."""

    text: str
    finish_reason: str = "stop"
    safety: list[dict[str, Any]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    model_version: str | None = None
    deployed_model: str | None = None
    logprobs: list[dict[str, Any]] | None = None


class CallFailure(Struct, frozen=True):
    """A call that brought no answer: an outcome of the run, never dropped from a denominator.

    ``kind`` is a key of ``FAILURE_KINDS``; ``message`` holds no secret; ``retry_after`` is seconds.
    ``reason`` is the server's own word (``SAFETY``, ``IAM_PERMISSION_DENIED``), ``details`` what it
    sent beside its message; ``safety`` and ``usage`` are as in ``Response``: a blocked call has
    ratings, and costs. ``text`` is what a reader had seen of an answer that broke off.
    """

    kind: str
    message: str
    status: int | None = None
    retry_after: float | None = None
    reason: str | None = None
    details: list[dict[str, Any]] = field(default_factory=list)
    safety: list[dict[str, Any]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    text: str | None = None
    model_version: str | None = None
    deployed_model: str | None = None


class Attempt(Struct, frozen=True):
    """One try at the wire: its outcome, and the model's own time in seconds.

    ``ttft`` is from sending to the first chunk with content, ``None`` where not streamed. Where
    ``shared`` requests went out in one call, ``latency`` is that of no single one; an answer from
    a ``batch`` has none, and a price of its own.
    """

    outcome: Response | CallFailure
    latency: float
    ttft: float | None = None
    shared: int = 1
    batch: bool = False


class Timings(Struct, frozen=True):
    """Seconds. ``queued`` and ``backoff`` are ours; ``ttft`` and ``latency`` are the model's and
    come from the last attempt; ``latency`` is ``None`` for a reply from the cache, from a call that
    several samples shared, or from a batch.
    ``started_at`` is Unix time."""

    queued: float = 0.0
    backoff: float = 0.0
    ttft: float | None = None
    latency: float | None = None
    started_at: float = 0.0


class Score(Struct, frozen=True, omit_defaults=False):
    """A scorer's finding on one sample: ``value`` in 0..1, where 1 is the good end."""

    scorer: str
    value: float
    label: str | None = None
    explanation: str | None = None
    evidence: dict[str, Any] | None = None


class NotScored(Struct, frozen=True):
    """A scorer could not judge this sample. ``not_scored`` is the kind, ``reason`` a sentence."""

    scorer: str
    not_scored: str
    reason: str


class Sample(Struct, frozen=True):
    """What a scorer sees: one answered case. ``prompt`` is what was sent."""

    case: Case
    prompt: tuple[Message, ...]
    response: Response
    repetition: int = 0


class Observation(Struct, frozen=True):
    """One sample as it was measured: one line of ``observations.jsonl``."""

    suite: str
    test: str
    case_id: str
    repetition: int
    model: str
    deployed_model: str | None
    group: str | None
    tags: dict[str, str]
    request: dict[str, Any]
    outcome: str
    response: Response | None
    error: CallFailure | None
    timings: Timings
    attempts: int
    cached: bool
    usage: Usage
    cost_usd: float | None
    scores: list[Score | NotScored]


SampleKey = tuple[str, str, str, str, int]
"""(model, suite, test, case_id, repetition): unique within a run."""


def sample_key(o: Observation) -> SampleKey:
    """Return what identifies an observation within its run."""
    return (o.model, o.suite, o.test, o.case_id, o.repetition)


def deployed_model_of(o: Observation) -> str | None:
    """Return which deployed model a sample met: ``UNKNOWN`` for an answer that does not tell,
    ``None`` for a failed call that does not."""
    told = o.deployed_model or (o.error.deployed_model if o.error else None)
    return told or (UNKNOWN if o.outcome == ANSWERED else None)


def column_name(model: str, deployed_model: str) -> str:
    """Return how a column is called: the model's reference ends where `` [deployed_model=``
    begins, the deployed model before the last ``]``."""
    return f"{model} [deployed_model={deployed_model}]"


class EndpointIdentity(Struct, frozen=True):
    """Who answers. ``simulated`` endpoints can never be signed for release; ``alias`` says that
    the name may come to mean another model; ``cacheable`` that equal requests may share a reply."""

    ref: str
    kind: str
    name: str
    version: str | None = None
    simulated: bool = False
    alias: bool = True
    cacheable: bool = True
    details: dict[str, Any] = field(default_factory=dict)


class ScorerIdentity(Struct, frozen=True):
    """A scorer as it was used: its version and parameters enter the record's hash.

    ``fallback`` is a sentence where the scorer is a weightless screen rather than a measure.
    """

    name: str
    version: str = "1"
    parameters: dict[str, Any] = field(default_factory=dict)
    fallback: str | None = None


class SuiteInfo(Struct, frozen=True):
    """One test of a suite as planned: ``planned`` samples = cases × samples × models.

    ``timed`` says that its latency was measured, with nothing else loading the endpoint.
    """

    suite: str
    test: str
    cases: int
    samples: int
    planned: int
    cases_hash: str
    prompt_hash: str | None
    scorers: list[ScorerIdentity]
    description: str = ""
    timed: bool = False


class RunInfo(Struct, frozen=True):
    """The header of a record: everything that must be known to decide on it later.

    ``partial`` holds the reasons why this run, by its caller's wish, measures less than planned.
    ``judge`` is the first of ``judges``, which are asked by scorers. ``started_at`` is Unix time;
    ``inputs`` maps each file to its SHA-256, ``prices`` a model's reference to its price where one
    is known. ``by`` is what is decided for itself: one of ``BY``,
    or ``None`` for whole models.
    """

    run_id: str
    started_at: float
    llmeval: str
    models: list[EndpointIdentity]
    suites: list[SuiteInfo]
    inputs: dict[str, str]
    seed: int
    partial: list[str] = field(default_factory=list)
    judge: EndpointIdentity | None = None
    judges: list[EndpointIdentity] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION
    prices: dict[str, ModelPrice] = field(default_factory=dict)
    by: str | None = None


class Column(Struct, frozen=True):
    """The samples of one deployed model behind an endpoint, decided and shown for themselves.

    ``samples`` counts them, with ``unplaced`` failed calls among them that do not tell which
    deployed model they met: these count in every column of the model. ``traffic`` is the share that
    the endpoint sends to it, in per cent; it, ``version`` and ``display_name`` are ``None`` where
    the endpoint does not say.
    """

    name: str
    model: str
    deployed_model: str
    samples: int
    unplaced: int = 0
    version: str | None = None
    display_name: str | None = None
    traffic: float | None = None


class Estimate(Struct, frozen=True):
    """A statistic with its confidence interval, in the statistic's own unit.

    ``n`` counts samples, ``clusters`` the independent units among them. A one-sided interval
    leaves the other bound at the end of the range (0, 1 or plus infinity).
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int
    method: str


Direction = Literal["at_least", "at_most", "no_worse_than_baseline"]
Decision = Literal["PASS", "FAIL", "INCONCLUSIVE", "ERROR", "WAIVED"]


class Verdict(Struct, frozen=True):
    """One gate decided on one model and slice: an entry of ``run.json``'s ``gates``.

    ``model`` is the model's reference, or the name of one of its columns. ``low``/``high`` are the
    one-sided bounds at ``confidence``. ``needed`` is how many more samples of the run would decide
    an INCONCLUSIVE gate if the rate stayed as it is. ``waived`` is what the verdict would be
    without the waiver.
    """

    id: str
    metric: str
    model: str
    verdict: Decision
    explanation: str
    direction: Direction
    threshold: float
    confidence: float
    severity: Literal["block", "warn"]
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    clusters: int = 0
    method: str = ""
    slice: dict[str, str] = field(default_factory=dict)
    needed: int | None = None
    baseline: float | None = None
    waived: Decision | None = None
    waiver: dict[str, str] | None = None
    rationale: str = ""
    owner: str = ""

    @property
    def blocks(self) -> bool:
        """Whether this verdict alone keeps the run from passing."""
        return self.severity == "block" and self.verdict not in ("PASS", "WAIVED")

    @property
    def name(self) -> str:
        """The gate's id with its slice and, where several models ran, its model."""
        inside = ",".join(f"{k}={v}" for k, v in sorted(self.slice.items()))
        return f"{self.id}[{inside}]" if inside else self.id


class Contrast(Struct, frozen=True):
    """One metric compared. ``difference`` is ``run`` minus ``base``, with its two-sided interval at
    95 %; ``p_adjusted`` is corrected for the number of metrics compared (Holm).

    ``model`` is what was compared; ``against`` the column that it was compared with, ``None`` where
    that was the model in an earlier run.
    """

    metric: str
    model: str
    base: float
    run: float
    difference: Estimate
    p: float
    p_adjusted: float
    finding: Literal["better", "worse", "no difference shown"]
    against: str | None = None


class Coverage(Struct, frozen=True):
    """How much of the plan was measured, in samples. ``unscored`` counts answered samples on which
    at least one scorer gave no score; ``outcomes`` counts every outcome by its name."""

    planned: int
    recorded: int
    answered: int
    unscored: int
    outcomes: dict[str, int]
    suites: dict[str, dict[str, int]]


class Summary(Struct, frozen=True):
    """``run.json``: the decision on a record and what it rests on.

    ``verdict`` is PASS, FAIL, INCONCLUSIVE, ERROR, or NONE where there was no gate. ``signable``
    says whether the run may be signed for a release; ``unsignable`` why not. ``baseline`` is the id
    of the run it was compared with. ``by`` is as in ``RunInfo``; with ``deployed_model`` there are
    ``columns``, of each model the one with the most traffic first, and ``contrasts`` that compare
    the others with it.
    """

    run_id: str
    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE", "ERROR", "NONE"]
    model: EndpointIdentity
    models: list[EndpointIdentity]
    judge: EndpointIdentity | None
    inputs: dict[str, str]
    gates: list[Verdict]
    coverage: Coverage
    usage: Usage
    cost_usd: float | None
    started_at: float
    finished_at: float
    partial: list[str]
    hard_failures: int
    warnings: list[str]
    unsignable: list[str]
    calls: dict[str, int]
    llmeval: str
    seed: int
    suites: list[SuiteInfo] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION
    baseline: str | None = None
    prices: dict[str, ModelPrice] = field(default_factory=dict)
    by: str | None = None
    columns: list[Column] = field(default_factory=list)
    contrasts: list[Contrast] = field(default_factory=list)

    @property
    def has_columns(self) -> bool:
        """Whether what was found must say on which model or column it was found."""
        named = {gate.model for gate in self.gates} | {model.ref for model in self.models}
        return bool(self.columns) or len(named) > 1
