"""Samples as pytest items."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from llmeval.errors import SuiteError
from llmeval.records import (
    ANSWERED,
    PASS_MARK,
    Case,
    Message,
    NotScored,
    Observation,
    Response,
    Score,
)
from llmeval.run import Finished, PlannedSample, PlannedTest, RunStopped, spread

if TYPE_CHECKING:
    from llmeval.plugin.session import Evaluating

__all__ = ["MARK", "FinishedSample", "SampleItem", "is_timed", "items_of", "label"]

MARK = "llmeval"
"""Key of the user property that says what became of a sample."""


class FinishedSample:
    """A measured sample, as a test's body sees it."""

    def __init__(self, planned: PlannedSample, finished: Finished) -> None:
        self._planned = planned
        self._finished = finished
        self.recorded: dict[str, Score | NotScored] = {}

    def __repr__(self) -> str:
        """Name the sample: what an assertion says of it enters the record."""
        return f"<sample {label(self._planned, 2)}>"

    @property
    def case(self) -> Case:
        """The case that was asked."""
        return self._planned.case

    @property
    def repetition(self) -> int:
        """Which repetition of the case this is, from 0."""
        return self._planned.repetition

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What was sent."""
        return self._finished.prompt

    @property
    def response(self) -> Response:
        """The answer. A body is only run where there is one."""
        response = self._finished.observation.response
        assert response is not None  # noqa: S101 - see the docstring
        return response

    @property
    def observation(self) -> Observation:
        """All that was measured."""
        return self._finished.observation

    @property
    def scores(self) -> Mapping[str, Score | NotScored]:
        """What each scorer found, by its name."""
        return {s.scorer: s for s in self._finished.observation.scores} | self.recorded

    def record(self, name: str, value: float | bool, label: str | None = None) -> None:
        """Add a score of your own: ``value`` in 0..1, where 1 is the good end.

        Name it in ``evaluate(records=[...])`` to use it in gates. Raises ``SuiteError``.
        """
        number = float(value)
        if not 0.0 <= number <= 1.0:
            raise SuiteError(f"sample.record({name!r}, {value!r}): the value must lie in 0..1")
        if name in self.scores and name not in self.recorded:
            raise SuiteError(f"sample.record({name!r}): a scorer of this suite has that name")
        self.recorded[name] = Score(name, number, label)


class SampleItem(pytest.Item):
    """One sample of a suite's test. Its outcome is the body's; what the scorers found is counted
    by the gates, and shown by a letter of its own."""

    evaluating: Evaluating
    planned: PlannedSample
    body: Callable[..., Any]
    place: int = -1

    def become(
        self, planned: PlannedSample, body: Callable[..., Any], evaluating: Evaluating
    ) -> None:
        """Complete an item that pytest made."""
        self.planned, self.body, self.evaluating = planned, body, evaluating
        known: Any = getattr(self, "_id", None)
        if known is not None:
            # From pytest 9.2 on, --lf compares ids taken apart into name and parameters.
            self._id = type(known).parse(self.nodeid)

    def runtest(self) -> None:
        """Wait for the sample, then run the body on it."""
        try:
            finished = self.evaluating.take(self)
        except RunStopped as stopped:
            pytest.skip(f"not measured: {stopped.reason}")
        observation = finished.observation
        if observation.outcome != ANSWERED:
            self.user_properties.append((MARK, f"unmeasured: {observation.outcome}"))
            return
        mark = _mark(observation.scores)
        if mark:
            self.user_properties.append((MARK, mark))
        self._run_body(FinishedSample(self.planned, finished))

    def _run_body(self, sample: FinishedSample) -> None:
        failed: Score | None = None
        try:
            self.body(sample)
        except Exception as error:
            failed = Score("assert", 0.0, "failed", f"{type(error).__name__}: {error}"[:2000])
            self.add_report_section("call", "prompt", _shown(sample.prompt))
            self.add_report_section("call", "answer", _shown(sample.response.text))
            raise
        finally:
            found = [*sample.recorded.values(), *([failed] if failed else [])]
            if found:
                self.evaluating.amend(self.planned.key, found)

    def _traceback_filter(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        """Show what the body did, not how pytest came to call it."""
        return excinfo.traceback.cut(path=self.body.__code__.co_filename).filter(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Stand where the test function stands."""
        return self.path, self.body.__code__.co_firstlineno - 1, self.name


class _FixtureItem(SampleItem, pytest.Function):
    """A sample whose body asks for fixtures besides ``sample``, or lives under autouse ones."""

    def runtest(self) -> None:
        """As every sample; the body gets its fixtures too."""
        function = self.body
        self.body = lambda sample: function(
            sample=sample, **{name: self.funcargs[name] for name in _other_names(function)}
        )
        try:
            super().runtest()
        finally:
            self.body = function

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Stand where the test function stands."""
        return SampleItem.reportinfo(self)


def items_of(
    collector: pytest.Module, name: str, body: Any, test: PlannedTest, evaluating: Evaluating
) -> Iterator[SampleItem]:
    """Yield the items of a test, one a sample."""
    models = evaluating.config.model
    make = _maker(collector, body)
    marks = list(getattr(body, "pytestmark", []))
    for planned in spread(test, models):
        item = make(f"{name}[{label(planned, len(models))}]")
        item.become(planned, body, evaluating)
        item.own_markers.extend(marks)
        item.keywords.update((mark.name, mark) for mark in marks)
        yield item


def _maker(collector: pytest.Module, body: Any) -> Callable[[str], SampleItem]:
    """Return the constructor of the leanest item that serves the body."""
    others = _other_names(body)

    def call(**fixtures: Any) -> None:
        """Only pytest's view of the body's fixtures."""

    parameters = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in others]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    fixtures: Any = collector.session._fixturemanager
    info = fixtures.getfixtureinfo(collector, call, None)
    if not info.names_closure:
        return lambda name: SampleItem.from_parent(collector, name=name)
    return lambda name: _FixtureItem.from_parent(
        collector, name=name, callobj=call, fixtureinfo=info
    )


def _other_names(body: Any) -> Sequence[str]:
    names = list(inspect.signature(body).parameters)
    if "sample" not in names:
        raise SuiteError(
            f"{body.__module__}.{body.__qualname__} has no parameter 'sample': "
            f"write def {body.__name__}(sample): ..."
        )
    return [name for name in names if name != "sample"]


def is_timed(item: pytest.Item) -> bool:
    """Whether the item is a sample of a latency suite."""
    return isinstance(item, SampleItem) and item.planned.test.declared.timed


def label(planned: PlannedSample, models: int) -> str:
    """Return what stands in the brackets of a sample's node id."""
    parts = [planned.case.id.replace("::", ":")]
    if planned.test.samples > 1:
        parts.append(str(planned.repetition))
    if models > 1:
        parts.append(planned.model)
    return "-".join(parts)


def _mark(scores: Sequence[Score | NotScored]) -> str:
    bad = [s.scorer for s in scores if isinstance(s, Score) and s.value < PASS_MARK]
    if bad:
        return f"flagged: {', '.join(bad)}"
    unscored = [s.scorer for s in scores if isinstance(s, NotScored)]
    return f"unmeasured: {', '.join(unscored)} gave no score" if unscored else ""


def _shown(text: str | Sequence[Message]) -> str:
    """Return model text that cannot steer a terminal."""
    if not isinstance(text, str):
        text = "\n".join(f"{m.role}: {m.content}" for m in text)
    kept = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
    return kept if len(kept) <= 4000 else kept[:4000] + f"… ({len(kept)} characters)"
