"""What a report rests on: aggregates and the few worst samples of a record, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmeval.records import Summary

__all__ = [
    "Claim",
    "Finding",
    "Latency",
    "Rate",
    "ReportData",
    "ScorerResult",
    "Segment",
    "SliceResult",
    "SuiteResult",
    "Turn",
    "WorstSample",
]


@dataclass(frozen=True, slots=True)
class Rate:
    """Samples with nothing against them, out of ``n``.

    ``low``/``high`` are two-sided 95 % bounds, ``None`` where ``n`` is 0.
    """

    passed: int
    n: int
    low: float | None
    high: float | None
    method: str = ""

    @property
    def value(self) -> float | None:
        """The share in 0..1, ``None`` where nothing was observed."""
        return self.passed / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class ScorerResult:
    """One scorer over a suite's answered samples. ``mean`` is over the scored ones."""

    scorer: str
    scored: int
    passed: int
    mean: float | None
    not_scored: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SliceResult:
    """The samples of a suite that carry one value of one tag."""

    tag: str
    value: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Latency:
    """One timing (``ttft`` or ``e2e``) of a timed suite, in seconds.

    ``curve`` holds points (seconds, share of all ``n`` calls answered within it). Calls that
    failed never answer: they are in ``n``, so that the curve ends below 1. ``percentiles`` maps
    ``p50`` … to seconds, or to ``None`` where that many calls were never answered.
    """

    measure: str
    n: int
    failed: int
    percentiles: Mapping[str, float | None]
    slowest: float | None
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """A suite on one model, or in one column of it. ``flagged`` counts answered samples with at
    least one bad score, ``unscored`` those on which a scorer gave none, ``passed`` those with
    nothing against them."""

    suite: str
    model: str
    samples: int
    answered: int
    flagged: int
    unscored: int
    truncated: int
    cached: int
    outcomes: Mapping[str, int]
    rate: Rate
    scorers: tuple[ScorerResult, ...]
    slices: tuple[SliceResult, ...]
    untabled: tuple[str, ...]
    latencies: tuple[Latency, ...]

    @property
    def failures(self) -> int:
        """Calls that brought no answer."""
        return self.samples - self.answered


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that a scorer found in an answer. ``supported`` is ``None`` where it did not say."""

    number: int
    scorer: str
    supported: bool | None
    label: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an answer, already safe to show; ``claim`` is set inside a claim's span."""

    text: str
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a prompt, cut; ``omitted`` counts the characters left out."""

    role: str
    text: str
    omitted: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A score or a missing score as it is shown. ``value`` is ``None`` where nothing was scored."""

    scorer: str
    value: float | None
    bad: bool
    label: str
    explanation: str


@dataclass(frozen=True, slots=True)
class WorstSample:
    """A sample worth reading, its texts made visible and cut."""

    suite: str
    test: str
    case_id: str
    repetition: int
    model: str
    outcome: str
    tags: Mapping[str, str]
    prompt: tuple[Turn, ...]
    turns_omitted: int
    answer: tuple[Segment, ...]
    answer_omitted: int
    finish_reason: str
    error: str
    findings: tuple[Finding, ...]
    claims: tuple[Claim, ...]
    latency: float | None
    ttft: float | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that the renderers read.

    ``gate_samples`` maps the position of a gate in ``summary.gates`` to positions in ``worst``,
    the worst first; ``suite_samples`` does the same for (suite, model). ``versions`` maps a model
    to the versions that answered, with counts, ``deployed`` to the deployed models. A column stands
    in the place of its model where the summary has any.
    """

    summary: Summary
    suites: tuple[SuiteResult, ...]
    worst: tuple[WorstSample, ...]
    gate_samples: Mapping[int, tuple[int, ...]]
    suite_samples: Mapping[tuple[str, str], tuple[int, ...]]
    versions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    deployed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
