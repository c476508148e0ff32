"""The engine: order, window, timed phases, clean stops. Every test is bounded by a watchdog."""

from __future__ import annotations

import asyncio
import faulthandler
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from pathlib import Path
from typing import Any

import pytest
from run_fakes import (
    FakeScorer,
    Run,
    Scripted,
    a_run,
    a_test,
    ask_once,
    engine_threads,
    failed,
    in_turn,
    planned,
    said,
    text_of,
)

from llmeval.config import Price
from llmeval.errors import EndpointDown, InfrastructureError, LlmevalError, RecordError
from llmeval.records import (
    ANSWERED,
    Case,
    EndpointIdentity,
    Message,
    NotScored,
    Observation,
    Request,
    Response,
    SampleKey,
    Score,
    sample_key,
)
from llmeval.run import CallPolicy, Engine, RunStopped
from llmeval.store import ResponseCache

REQUEST = Request((Message("user", "free?"),))


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    """A hang ends the whole process with every thread's stack, instead of hanging it."""
    faulthandler.dump_traceback_later(20, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    assert engine_threads() == []


def within(seconds: float, work: Any) -> Any:
    """Run blocking work, and fail rather than wait longer."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work).result(seconds)
    except Late:
        pytest.fail(f"still waiting after {seconds} seconds")
    finally:
        pool.shutdown(wait=False)


def stop_of(run: Run, index: int = 0) -> RunStopped:
    with pytest.raises(RunStopped) as stopped:
        within(5, lambda: run.engine.take(index))
    return stopped.value


# Order, window, concurrency


def test_samples_are_asked_in_plan_order_and_handed_over_by_place() -> None:
    plan = planned(a_test(count=20, samples=2))
    with a_run(plan, concurrency=1) as run:
        taken = run.take_all()
    assert [sample_key(o) for o in taken] == [sample.key for sample in plan]
    assert [text_of(r) for r in run.endpoint.asked] == [f"{s.case.id}?" for s in plan]
    assert sorted(map(sample_key, run.recorded)) == sorted(sample.key for sample in plan)


def test_concurrency_is_used_and_bounded() -> None:
    with a_run(planned(a_test(count=60)), Scripted(delay=0.01), concurrency=5) as run:
        run.take_all()
    assert run.endpoint.most_in_flight == 5


def test_the_engine_works_ahead_of_the_taker() -> None:
    with a_run(planned(a_test(count=30))) as run:
        wait_for(lambda: run.engine.progress().done == 30)
        assert run.take_all()


def wait_for(true: Any, seconds: float = 5.0) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.005)


def test_the_window_bounds_how_far_ahead() -> None:
    plan = planned(a_test(count=700))
    with a_run(plan, concurrency=8) as run:
        wait_for(lambda: run.engine.progress().done >= 256)
        time.sleep(0.1)
        assert run.engine.progress().done <= 256 + 1
        for index in range(300):
            run.engine.take(index)
        wait_for(lambda: run.engine.progress().done > 300)
        assert run.engine.progress().done <= 300 + 256 + 1
        for index in range(300, 700):
            run.engine.take(index)
    assert len(run.recorded) == 700


def test_samples_can_be_taken_in_any_order() -> None:
    plan = planned(a_test(count=600))
    with a_run(plan) as run:
        taken = within(15, lambda: [run.engine.take(i).observation for i in reversed(range(600))])
    assert [sample_key(o) for o in taken] == [sample.key for sample in reversed(plan)]
    assert len(run.endpoint.asked) == 600, "none twice"


def test_samples_that_nobody_takes_hold_up_nothing() -> None:
    """As where pytest skips hundreds of items of one suite."""
    plan = planned(a_test(count=900), a_test("test_y", count=3))
    with a_run(plan) as run:
        taken = within(10, lambda: [run.engine.take(i).observation for i in range(900, 903)])
    assert [o.test for o in taken] == ["test_y"] * 3


def test_a_timed_phase_behind_samples_that_nobody_takes_is_reached() -> None:
    plan = planned(a_test(count=900), a_test("test_t", count=3, timed=True, warmup=0))
    with a_run(plan) as run:
        taken = within(10, lambda: [run.engine.take(i).observation for i in range(900, 903)])
    assert [o.test for o in taken] == ["test_t"] * 3


def test_without_look_ahead_only_what_is_taken_is_asked() -> None:
    plan = planned(a_test(count=5), a_test("test_t", count=5, timed=True))
    with a_run(plan, look_ahead=False) as run:
        within(5, lambda: [run.engine.take(index) for index in (3, 7)])
    assert [text_of(r) for r in run.endpoint.asked] == ["c3?", "c2?"]


def test_a_replacement_that_took_its_share_did_not_stop_early() -> None:
    with a_run(planned(a_test(count=5)), look_ahead=False) as run:
        within(5, lambda: run.engine.take(3))
    assert run.engine.stopped is None


def test_ticks_come_while_waiting() -> None:
    ticks: list[int] = []
    with a_run(planned(a_test(count=1)), Scripted(delay=0.7)) as run:
        run.engine.take(0, lambda: ticks.append(1))
    assert 2 <= len(ticks) <= 4


def test_several_models_answer_side_by_side() -> None:
    plan = planned(a_test(count=4), models=("a", "b"))
    first = Scripted(in_turn(said("from a")), ref="a")
    second = Scripted(in_turn(said("from b")), ref="b")
    with a_run(plan, first, second) as run:
        taken = run.take_all()
    assert [(o.model, o.response.text) for o in taken if o.response] == [
        ("a", "from a"),
        ("b", "from b"),
    ] * 4
    assert (first.opened, first.closed, second.opened, second.closed) == (1, 1, 1, 1)


# Timed phases


def test_a_timed_phase_is_alone_and_starts_warm() -> None:
    quality, latency = a_test(count=40), a_test("test_t", count=6, timed=True, concurrency=2)
    log: list[str] = []

    def script(request: Request, number: int) -> Response:
        log.append("timed" if request.stream else "other")
        assert endpoint.in_flight <= (2 if request.stream else 8)
        return said()

    async def before() -> None:
        log.append("before")

    endpoint = Scripted(script, delay=0.01)
    with a_run(planned(quality, latency), endpoint, before_timed=before) as run:
        taken = run.take_all()
    assert log == ["other"] * 40 + ["before"] + ["timed"] * (6 + 6), "6 of 8 warm-ups, then 6"
    assert len(run.recorded) == 46
    assert [o.timings.ttft for o in taken] == [None] * 40 + [0.25] * 6


def test_after_a_timed_phase_concurrency_is_back() -> None:
    latency, quality = a_test("test_t", count=4, timed=True, concurrency=1), a_test(count=40)
    with a_run(planned(latency, quality), Scripted(delay=0.01)) as run:
        run.take_all()
    assert run.endpoint.most_in_flight == 8


def test_timed_samples_are_handed_over_when_the_phase_is_done() -> None:
    latency = a_test("test_t", count=5, timed=True, concurrency=1, warmup=0)
    with a_run(planned(latency), Scripted(delay=0.05)) as run:
        run.engine.take(0)
        assert len(run.recorded) == 5


def test_timed_answers_never_come_from_the_cache(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    for _ in range(2):
        endpoint = Scripted(cacheable=True)
        test = a_test("test_t", count=3, timed=True, warmup=2)
        with a_run(planned(test), endpoint, cache=cache) as run:
            assert not any(o.cached for o in run.take_all())
        assert len(endpoint.asked) == 5
    cache.close()


def test_a_budget_that_ends_within_a_timed_phase_keeps_what_was_measured() -> None:
    latency = a_test("test_t", count=6, timed=True, concurrency=1, warmup=2)
    with a_run(planned(latency), max_calls=5) as run:
        taken = within(5, lambda: [run.engine.take(index) for index in range(3)])
        assert "--max-calls=5" in stop_of(run, 3).reason
    assert len(taken) == len(run.recorded) == 3
    assert len(run.endpoint.asked) == 5


# Clean stops


@pytest.mark.parametrize("cap, count", [(0, 50), (1, 50), (7, 50), (7, 8), (0, 1)])
def test_max_calls_is_never_exceeded(cap: int, count: int) -> None:
    with a_run(planned(a_test(count=count)), Scripted(delay=0.005), max_calls=cap) as run:
        for index in range(cap):
            assert run.engine.take(index).observation.outcome == ANSWERED
        stopped = stop_of(run, cap)
    assert len(run.endpoint.asked) == len(run.recorded) == cap
    assert f"--max-calls={cap} was reached" in stopped.reason


def test_retries_count_as_calls() -> None:
    endpoint = Scripted(in_turn(said(), failed("reset"), failed("reset"), failed("reset")))
    with a_run(planned(a_test(count=9)), endpoint, concurrency=1, max_calls=4) as run:
        run.engine.take(0)
        stop_of(run, 1)
    assert len(endpoint.asked) == 4
    assert len(run.recorded) == 1, "the sample under way is not recorded"


def test_a_budget_stops_before_it_is_exceeded() -> None:
    with a_run(
        planned(a_test(count=50)), concurrency=1, budget=100e-6, prices={"fake": Price(1.0, 2.0)}
    ) as run:
        for index in range(4):
            run.engine.take(index)
        assert "--budget=" in stop_of(run, 10).reason
    spent = run.engine.progress().spent
    assert spent is not None
    assert spent <= 100e-6 + 1e-12
    assert len(run.recorded) in (4, 5)


def test_the_price_is_that_of_the_model_that_was_found_on_opening() -> None:
    class Late(Scripted):
        async def open(self) -> None:
            await super().open()
            found = {"publisher": "google", "location": "global"}
            self.identity = EndpointIdentity("fake", "vertex", "gemini-2.5-flash", details=found)

    with a_run(planned(a_test(count=1)), Late()) as run:
        (observation,) = run.take_all()
    assert observation.cost_usd == pytest.approx((10 * 0.30 + 5 * 2.50) / 1e6)


def test_a_finished_run_has_not_stopped_early() -> None:
    """Taking the last sample and closing at once must not look like an interruption."""
    for _ in range(30):
        with a_run(planned(a_test(count=2))) as run:
            run.take_all()
        assert run.engine.stopped is None


def test_stop_ends_waiting_and_keeps_what_is_recorded() -> None:
    endpoint = Scripted(delay=0.3)
    with a_run(planned(a_test(count=50)), endpoint, concurrency=4) as run:
        run.engine.take(0)
        run.engine.stop("interrupted")
        assert stop_of(run, 49).reason == "interrupted"
        run.engine.stop("a second reason")
    assert run.engine.stopped is not None
    assert run.engine.stopped.reason == "interrupted"
    assert 1 <= len(run.recorded) <= 8
    assert endpoint.in_flight == 0
    assert endpoint.closed == 1


def test_close_in_the_middle_leaves_nothing_behind() -> None:
    endpoint = Scripted(delay=30.0)
    with a_run(planned(a_test(count=50)), endpoint) as run:
        wait_for(lambda: endpoint.in_flight == 8)
        started = time.monotonic()
    run.engine.close()
    assert time.monotonic() - started < 2.0
    assert (endpoint.in_flight, endpoint.closed) == (0, 1)
    assert stop_of(run).reason == "the session ended"


def test_close_before_the_thread_has_begun() -> None:
    begin = threading.Event()

    class Slow(Engine):
        def _main(self) -> None:
            begin.wait(5)
            super()._main()

    run = a_run(planned(a_test(count=2000)), engine=Slow)
    run.engine.start()
    threading.Timer(0.1, begin.set).start()
    within(5, run.engine.close)
    assert run.recorded == []


def test_an_engine_that_never_started_can_be_closed() -> None:
    run = a_run(planned(a_test(count=2)))
    run.engine.close()
    assert run.endpoint.opened == 0


# Failures of the endpoint, the record and ourselves


def test_a_dead_endpoint_stops_the_run_with_one_message() -> None:
    endpoint = Scripted(in_turn(failed("refused_connection")))
    started = time.monotonic()
    with a_run(planned(a_test(count=500)), endpoint) as run:
        stopped = stop_of(run)
    assert time.monotonic() - started < 5.0
    assert isinstance(stopped.error, EndpointDown)
    assert "fake is down: refused_connection" in stopped.reason
    assert "start the server" in stopped.reason
    assert run.recorded == []


@pytest.mark.parametrize("kind, status", [("unauthorized", 401), ("not_found", 404)])
def test_a_refusal_of_all_calls_stops_at_once(kind: str, status: int) -> None:
    endpoint = Scripted(in_turn(failed(kind, status=status)))
    with a_run(planned(a_test(count=500)), endpoint) as run:
        assert f"(HTTP {status})" in stop_of(run).reason
    assert len(endpoint.asked) <= 8
    assert run.recorded == []


def test_failures_are_outcomes_of_their_samples() -> None:
    kinds = ["blocked_prompt", "empty", "malformed_body", "too_large"]

    def script(request: Request, number: int) -> Any:
        number = int(text_of(request)[1:-1])
        return failed(kinds[number % 5]) if number % 5 < 4 else said()

    with a_run(planned(a_test(count=20)), Scripted(script)) as run:
        outcomes = [o.outcome for o in run.take_all()]
    assert outcomes == [*kinds, ANSWERED] * 4
    assert len(run.endpoint.asked) == 20


def test_a_quota_storm_loses_nothing() -> None:
    def script(request: Request, number: int) -> Any:
        storm = 9 <= number <= 10
        return failed("quota", status=429, retry_after=0.05) if storm else said()

    with a_run(planned(a_test(count=12)), Scripted(script), concurrency=4) as run:
        outcomes = within(15, run.take_all)
    assert {o.outcome for o in outcomes} == {ANSWERED}
    assert sum(o.attempts for o in outcomes) == len(run.endpoint.asked) == 12 + 2
    assert run.engine.progress().retries == 2
    assert max(o.timings.backoff for o in outcomes) >= 0.05


def test_an_endpoint_that_cannot_be_opened_ends_the_run() -> None:
    class Closed(Scripted):
        async def open(self) -> None:
            raise InfrastructureError("no route to the endpoint")

    with a_run(planned(a_test(count=3)), Closed()) as run:
        assert stop_of(run).reason == "no route to the endpoint"


def test_a_full_disk_ends_the_run() -> None:
    def full(observation: Observation) -> None:
        raise RecordError("no space left")

    with a_run(planned(a_test(count=500)), record=full) as run:
        assert isinstance(stop_of(run).error, RecordError)
    assert len(run.endpoint.asked) <= 8 + 1


@pytest.mark.parametrize("where", ["record", "opened", "before_timed"])
def test_a_defect_ends_the_run_rather_than_hanging_it(where: str) -> None:
    def broken(*args: Any) -> Any:
        raise ZeroDivisionError("a defect")

    async def broken_before() -> None:
        broken()

    parts: dict[str, Any] = {where: broken} if where in ("record", "opened") else {}
    before = broken_before if where == "before_timed" else None
    plan = planned(a_test(count=400), a_test("test_t", count=3, timed=True))
    with a_run(plan, before_timed=before, **parts) as run:
        for index in range(400) if before else ():
            run.engine.take(index)
        stopped = stop_of(run, 400 if before else 0)
    assert isinstance(stopped.error, LlmevalError)
    assert "internal error, please report it: ZeroDivisionError" in str(stopped.error)


def test_an_adapter_that_raises_is_an_outcome() -> None:
    def broken(*args: Any) -> Any:
        raise ZeroDivisionError("a defect of the adapter")

    with a_run(planned(a_test(count=4)), Scripted(broken)) as run:
        assert all("a defect of the adapter" in o.error.message for o in run.take_all() if o.error)
    assert ANSWERED not in {o.outcome for o in run.recorded}


def test_a_solver_that_cancels_itself_ends_the_run_rather_than_hanging_it() -> None:
    async def cancels(case: Case, endpoint: Any) -> Response:
        raise asyncio.CancelledError

    with a_run(planned(a_test(count=600, solver=cancels))) as run:
        stop_of(run)


# Scores


def test_samples_are_scored_in_the_record() -> None:
    scorer = FakeScorer(lambda s: Score("fake", 0.5, s.response.text))
    crashes = FakeScorer(lambda s: 1 / 0, name="crashes")
    endpoint = Scripted(in_turn(failed("empty"), said("words")))
    with a_run(planned(a_test(count=6, scorers=[scorer, crashes])), endpoint, concurrency=1) as run:
        taken = run.take_all()
    assert taken[0].scores == [], "what was not answered is not scored"
    for o in taken[1:]:
        assert o.scores[0] == Score("fake", 0.5, "words")
        assert isinstance(o.scores[1], NotScored)
    assert run.recorded == taken


def test_a_slow_scorer_does_not_hold_up_the_calls() -> None:
    hold = threading.Event()
    scorer = FakeScorer(lambda s: hold.wait(5) and Score("fake", 1.0))
    with a_run(planned(a_test(count=8, scorers=[scorer]), a_test("test_y", count=0))) as run:
        wait_for(lambda: len(run.endpoint.asked) == 8)
        hold.set()
        run.take_all()


# Cache and resume


def test_a_cached_answer_has_no_latency(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    seen = []
    for _ in range(2):
        with a_run(planned(a_test(count=3)), Scripted(cacheable=True), cache=cache) as run:
            seen.append(run.take_all())
    cache.close()
    assert run.endpoint.asked == []
    for fresh, cached in zip(*seen, strict=True):
        assert (fresh.cached, cached.cached) == (False, True)
        assert fresh.timings.latency is not None
        assert (cached.timings.latency, cached.timings.ttft) == (None, None)
        assert (cached.attempts, cached.cost_usd) == (0, 0.0)
        assert cached.response == fresh.response


def test_repetitions_are_draws_of_their_own_in_the_cache(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    plan = planned(a_test(count=2, samples=3))
    with a_run(plan, Scripted(cacheable=True), cache=cache) as run:
        run.take_all()
    cache.close()
    assert len(run.endpoint.asked) == 6


def test_what_is_recorded_is_not_asked_again() -> None:
    plan = planned(a_test(count=10), a_test("test_t", count=2, timed=True))
    with a_run(plan, concurrency=1) as first:
        first.take_all()
    known: dict[SampleKey, Observation] = {sample_key(o): o for o in first.recorded}
    known.pop(plan[4].key)
    with a_run(plan, recorded=known.get) as again:
        taken = again.take_all()
    assert [text_of(r) for r in again.endpoint.asked] == ["c4?"]
    assert [sample_key(o) for o in again.recorded] == [plan[4].key]
    assert [sample_key(o) for o in taken] == [sample.key for sample in plan]
    assert again.engine.progress().done == 12


def test_a_damaged_record_ends_the_run() -> None:
    def damaged(key: SampleKey) -> Observation | None:
        raise RecordError("line 7 is damaged")

    with a_run(planned(a_test(count=5)), recorded=damaged) as run:
        assert stop_of(run).reason == "line 7 is damaged"
    assert run.endpoint.asked == []


# Free-form calls


def test_free_calls_obey_the_same_limits() -> None:
    with a_run([], Scripted(delay=0.01), concurrency=2) as run:
        asked = [run.engine.ask("fake", REQUEST) for _ in range(10)]
        assert {future.result(5).outcome.text for future in asked} == {"yes"}  # type: ignore[union-attr]
    assert run.endpoint.most_in_flight == 2


def test_a_free_call_waits_until_the_endpoint_is_open() -> None:
    with a_run([], Scripted(opening=0.2)) as run:
        assert run.engine.ask("fake", REQUEST).result(5).outcome == said()


def test_a_free_call_when_the_budget_is_used_up_says_so() -> None:
    with a_run([], max_calls=1) as run:
        run.engine.ask("fake", REQUEST).result(5)
        with pytest.raises(RunStopped, match="--max-calls=1 was reached"):
            run.engine.ask("fake", REQUEST).result(5)


def test_a_free_call_to_an_endpoint_that_never_opened_says_so() -> None:
    class Closed(Scripted):
        async def open(self) -> None:
            raise InfrastructureError("no route to the endpoint")

    with a_run([], Closed()) as run, pytest.raises(RunStopped, match="no route"):
        run.engine.ask("fake", REQUEST).result(5)


# Progress


def test_progress_counts() -> None:
    endpoint = Scripted(in_turn(failed("reset"), said()))
    with a_run(planned(a_test(count=4)), endpoint, prices={"fake": Price(1.0, 2.0)}) as run:
        run.take_all()
        p = run.engine.progress()
    assert (p.done, p.planned, p.calls, p.retries, p.in_flight) == (4, 4, 5, 1, 0)
    assert p.spent == pytest.approx(4 * 20e-6)
    assert p.elapsed > 0


def test_policy_timeouts_reach_the_endpoint() -> None:
    seen: list[float] = []

    class Watching(Scripted):
        async def send(self, request: Request, timeout: float) -> Any:
            seen.append(timeout)
            return await super().send(request, timeout)

    with a_run(planned(a_test(count=1)), Watching(), policy=CallPolicy(timeout=3.25)) as run:
        run.take_all()
    assert seen == [3.25]


def test_an_empty_plan_is_done_at_once() -> None:
    with a_run([]) as run:
        wait_for(lambda: run.endpoint.opened == 1)
        assert run.engine.progress().planned == 0


def test_solvers_may_ask_several_times() -> None:
    async def chain(case: Case, endpoint: Any) -> Response:
        await endpoint.ask("first")
        return await ask_once(case, endpoint)

    with a_run(planned(a_test(count=3, solver=chain)), Scripted(delay=0.02)) as run:
        taken = run.take_all()
    assert [o.attempts for o in taken] == [2, 2, 2]
    assert all(o.timings.latency == pytest.approx(0.04) for o in taken)
    assert all(o.request["messages"][0]["content"] == f"{o.case_id}?" for o in taken)
