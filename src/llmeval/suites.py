"""Declaring a suite: the ``evaluate`` decorator. Declaring costs nothing and loads nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from llmeval.errors import SuiteError
from llmeval.ports import Scorer, Solver

__all__ = ["ATTRIBUTE", "Evaluation", "evaluate"]

ATTRIBUTE = "__llmeval_evaluation__"
"""Name under which ``evaluate`` leaves its declaration on the test function."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A suite's test as declared; paths are still as the author wrote them.

    ``timed`` suites measure latency: they run after all others, streaming, at ``concurrency``
    calls in flight, after ``warmup`` discarded calls, and never from the cache.
    """

    cases: str
    prompt: str | None = None
    samples: int | None = None
    scorers: tuple[Scorer, ...] = ()
    suite: str | None = None
    solver: Solver | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    timed: bool = False
    concurrency: int | None = None
    warmup: int = 0
    records: tuple[str, ...] = ()


def evaluate(
    cases: str,
    *,
    prompt: str | None = None,
    samples: int | None = None,
    scorers: Sequence[Scorer] = (),
    suite: str | None = None,
    solver: Solver | None = None,
    settings: Mapping[str, Any] | None = None,
    stream: bool = False,
    timed: bool = False,
    concurrency: int | None = None,
    warmup: int | None = None,
    records: Sequence[str] = (),
) -> Callable[[_Function], _Function]:
    """Make a test function a suite's test: one sample for each case and repetition.

    Args:
        cases: Path of a ``.jsonl``, ``.csv`` or ``.yaml`` file, relative to the test file.
        prompt: Template's name under ``prompts/`` in the root. Needed unless ``solver`` is given.
        samples: Repetitions of each case (default: ``--samples``, else 1).
        scorers: What judges each answer; their names must differ.
        suite: The suite's name (default: the test file's folder).
        solver: ``async (case, endpoint) -> Response`` in place of asking the prompt once.
        settings: Generation settings by their OpenAI names (``temperature``, ``max_tokens`` …).
        stream: Ask for a stream, so that TTFT is measured.
        timed: A latency suite: own phase, low concurrency, warm-up, no cache. Implies ``stream``.
        concurrency: Calls in flight of a timed suite (default 4).
        warmup: Calls of a timed suite that are made first and thrown away (default 8).
        records: Names that the body gives to ``sample.record``, so that gates can use them.

    The body is optional work on a finished ``sample``; a bare ``assert`` there is a hard failure.
    Raises ``SuiteError`` for a declaration that cannot work.
    """
    _check(cases, prompt, samples, scorers, solver, timed, concurrency, warmup)
    declared = Evaluation(
        cases=cases,
        prompt=prompt,
        samples=samples,
        scorers=tuple(scorers),
        suite=suite,
        solver=solver,
        settings=dict(settings or {}),
        stream=stream or timed,
        timed=timed,
        concurrency=concurrency or (4 if timed else None),
        warmup=(8 if warmup is None else warmup) if timed else 0,
        records=tuple(records),
    )

    def mark(function: _Function) -> _Function:
        setattr(function, ATTRIBUTE, declared)
        return function

    return mark


def _check(
    cases: str,
    prompt: str | None,
    samples: int | None,
    scorers: Sequence[Scorer],
    solver: Solver | None,
    timed: bool,
    concurrency: int | None,
    warmup: int | None,
) -> None:
    if not isinstance(cases, str):
        raise SuiteError(f"evaluate() takes the path of a case file first, not {cases!r}")
    if prompt is None and solver is None:
        raise SuiteError(f"evaluate({cases!r}) needs prompt='NAME.j2' or solver=FUNCTION")
    for name, number, least in (
        ("samples", samples, 1),
        ("concurrency", concurrency, 1),
        ("warmup", warmup, 0),
    ):
        if number is not None and (type(number) is not int or number < least):
            raise SuiteError(
                f"evaluate({cases!r}): {name}={number!r}, but a whole number of at least {least} "
                f"is needed"
            )
    if not timed and (concurrency is not None or warmup is not None):
        raise SuiteError(f"evaluate({cases!r}): concurrency and warmup go with timed=True")
    _check_scorers(cases, scorers)


def _check_scorers(cases: str, scorers: Sequence[Scorer]) -> None:
    if not isinstance(scorers, Sequence):
        raise SuiteError(f"evaluate({cases!r}): scorers takes a list, as in [groundedness()]")
    for scorer in scorers:
        if isinstance(scorer, type) or not isinstance(scorer, Scorer):
            raise SuiteError(
                f"evaluate({cases!r}): {scorer!r} is no scorer; did you forget to call it, "
                f"as in scorers=[groundedness()]?"
            )
    names = [scorer.identity.name for scorer in scorers]
    for name in names:
        if names.count(name) > 1:
            raise SuiteError(f"evaluate({cases!r}): two scorers are called {name!r}; name one")
