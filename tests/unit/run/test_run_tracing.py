"""What the engine tells a tracer: every sample and attempt, and none while latency is measured."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from run_fakes import FakeScorer, Scripted, a_run, a_test, failed, in_turn, planned, said

from llmeval.ports import Sent
from llmeval.records import CallFailure, Message, Observation, Request, SampleKey
from llmeval.run import CallPolicy, RunStopped
from llmeval.store import ResponseCache


class Told:
    """A tracer that keeps what it is told."""

    def __init__(self) -> None:
        self.samples: list[tuple[SampleKey, list[Sent], Observation | None]] = []
        self.calls: list[Sent] = []
        self.settled: list[int] = []
        self.threads: set[str] = set()

    def sampled(
        self, key: SampleKey, sent: Sequence[Sent], observation: Observation | None
    ) -> None:
        self.threads.add(threading.current_thread().name)
        self.samples.append((key, list(sent), observation))

    def called(self, sent: Sequence[Sent]) -> None:
        self.calls += sent

    def settle(self) -> None:
        self.settled.append(len(self.samples))


def test_each_sample_is_told_with_all_its_attempts() -> None:
    told = Told()
    script = in_turn(failed("reset"), failed("quota", status=429, retry_after=0.0), said("at last"))
    with a_run(
        planned(a_test(count=1, scorers=[FakeScorer()])), Scripted(script, delay=0.01), tracer=told
    ) as run:
        (observation,) = run.take_all()
    ((key, sent, seen),) = told.samples
    assert key == ("fake", "suite", "test_x", "c0", 0)
    assert seen == observation and observation.scores
    outcomes = [one.attempt.outcome for one in sent]
    assert [o.kind if isinstance(o, CallFailure) else o.text for o in outcomes] == [
        "reset", "quota", "at last"
    ]  # fmt: skip
    assert [one.at for one in sent] == sorted(one.at for one in sent)
    assert {one.endpoint.ref for one in sent} == {"fake"}
    assert all(one.request.messages[0].content == "c0?" for one in sent)


def test_a_failure_is_told_too() -> None:
    told = Told()
    with a_run(planned(a_test(count=2)), Scripted(in_turn(failed("empty"))), tracer=told) as run:
        run.take_all()
    assert [o.outcome for _, _, o in told.samples if o] == ["empty", "empty"]


def test_attempts_at_a_dead_endpoint_are_told_though_the_sample_is_not_recorded() -> None:
    told = Told()
    with a_run(
        planned(a_test(count=1)), Scripted(in_turn(failed("forbidden", status=403))), tracer=told
    ) as run, pytest.raises(RunStopped):  # fmt: skip
        run.engine.take(0)
    ((_, sent, observation),) = told.samples
    assert observation is None and not run.recorded
    assert isinstance(sent[0].attempt.outcome, CallFailure)


def test_samples_that_were_never_asked_for_are_not_told() -> None:
    told = Told()
    with a_run(planned(a_test(count=20)), tracer=told, max_calls=2) as run, pytest.raises(
        RunStopped
    ):  # fmt: skip
        run.take_all()
    assert len(told.samples) == len(run.recorded) == 2


def test_a_cached_answer_has_no_attempt(tmp_path: Any) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    for attempts in (1, 0):
        told = Told()
        with a_run(
            planned(a_test(count=1)), Scripted(cacheable=True), tracer=told, cache=cache
        ) as run:
            run.take_all()
        assert [len(sent) for _, sent, _ in told.samples] == [attempts]
    cache.close()


def test_several_calls_of_a_solver_stand_under_one_sample() -> None:
    async def twice(case: Any, endpoint: Any) -> Any:
        await endpoint.ask("first")
        return await endpoint.ask("second", temperature=0.5)

    told = Told()
    with a_run(planned(a_test(count=1, solver=twice)), tracer=told) as run:
        run.take_all()
    ((_, sent, _),) = told.samples
    assert [one.request.messages[0].content for one in sent] == ["first", "second"]
    assert sent[1].request.settings == {"temperature": 0.5}


def test_free_form_calls_are_told_one_by_one() -> None:
    told, request = Told(), Request((Message("user", "free?"),))
    with a_run([], tracer=told, policy=CallPolicy(retry_for=5.0)) as run:
        run.engine.ask("fake", request).result(10)
    assert [one.request for one in told.calls] == [request]
    assert not told.samples


def test_nothing_is_told_while_latency_is_measured() -> None:
    told = Told()
    seen_while_timed: list[int] = []

    class Watching(Scripted):
        async def send(self, request: Request, timeout: float) -> Any:
            if request.stream:
                seen_while_timed.append(len(told.samples))
            return await super().send(request, timeout)

    tests = (
        a_test("test_x", count=3),
        a_test("test_timed", count=4, timed=True, stream=True, warmup=2),
        a_test("test_later", count=4, timed=True, stream=True, warmup=0),
    )
    with a_run(planned(*tests), Watching(), tracer=told) as run:
        run.take_all()
    assert set(seen_while_timed[:6]) == {3}, "the others were told before, the timed ones not yet"
    assert set(seen_while_timed[6:]) == {7}
    assert told.settled == [3, 7]
    assert len(told.samples) == 11, "and calls to warm up are no samples"


def test_timed_samples_are_told_even_where_the_phase_is_cut_short() -> None:
    told = Told()
    script = in_turn(*[said()] * 3, failed("forbidden", status=403))
    with a_run(
        planned(a_test(count=60, timed=True, warmup=0, concurrency=1)),
        Scripted(script),
        tracer=told,
        max_calls=3,
    ) as run, pytest.raises(RunStopped):  # fmt: skip
        for index in range(60):
            run.engine.take(index)
    assert sum(observation is not None for _, _, observation in told.samples) == 3


def test_without_a_tracer_nothing_is_kept() -> None:
    with a_run(planned(a_test(count=2))) as run:
        run.take_all()
        assert run.engine._telling.book() is None
