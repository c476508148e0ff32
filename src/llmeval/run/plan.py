"""What will be measured: tests with their cases and prompts, spread out into samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from llmeval.prompts import Prompt
from llmeval.records import Case, SampleKey, ScorerIdentity, SuiteInfo
from llmeval.store import content_hash
from llmeval.suites import Evaluation

__all__ = ["PlannedSample", "PlannedTest", "describe", "spread"]


@dataclass(frozen=True, eq=False)
class PlannedTest:
    """One test of a suite, its files read and checked. ``source`` names the case file."""

    suite: str
    test: str
    declared: Evaluation
    cases: Sequence[Case]
    cases_hash: str
    prompt: Prompt | None
    samples: int
    source: str
    description: str = ""


class PlannedSample(NamedTuple):
    """One answer that will be asked for: the ``repetition``-th of a case, from one model."""

    test: PlannedTest
    case: Case
    repetition: int
    model: str

    @property
    def key(self) -> SampleKey:
        """What identifies the sample within its run."""
        return (self.model, self.test.suite, self.test.test, self.case.id, self.repetition)


def spread(test: PlannedTest, models: Sequence[str]) -> Iterator[PlannedSample]:
    """Yield every sample of a test: case by case, repetitions together, models side by side."""
    for case in test.cases:
        for repetition in range(test.samples):
            for model in models:
                yield PlannedSample(test, case, repetition, model)


def describe(test: PlannedTest, models: Sequence[str]) -> SuiteInfo:
    """Return what the record's header says about a test."""
    return SuiteInfo(
        suite=test.suite,
        test=test.test,
        cases=len(test.cases),
        samples=test.samples,
        planned=len(test.cases) * test.samples * len(models),
        cases_hash=test.cases_hash,
        prompt_hash=content_hash(
            [
                test.prompt.hash if test.prompt else None,
                dict(test.declared.settings),
                test.declared.stream,
                _solver_name(test.declared),
            ]
        ),
        scorers=[
            *(scorer.identity for scorer in test.declared.scorers),
            *(ScorerIdentity(name, version="body") for name in test.declared.records),
        ],
        description=test.description,
        timed=test.declared.timed,
    )


def _solver_name(declared: Evaluation) -> str | None:
    solver = declared.solver
    return f"{solver.__module__}.{solver.__qualname__}" if solver else None
