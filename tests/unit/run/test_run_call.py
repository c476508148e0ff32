"""One call: retries, back-off, Retry-After, cache, budget, breaker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from run_fakes import Scripted, a_caller, failed, in_turn, leap, said

from llmeval.config import Price
from llmeval.records import CallFailure, Message, Request, Response, Usage
from llmeval.run.budget import Budget
from llmeval.run.call import RETRIED, Called, CallPolicy, Halted
from llmeval.store import ResponseCache

REQUEST = Request((Message("user", "hello?"),))
SAID_BY_THE_MODEL = ("blocked_prompt", "blocked_output", "empty", "malformed_body", "too_large")


def call(endpoint: Scripted, *, timed: bool = False, **parts: Any) -> Called:
    async def once() -> Called:
        return await a_caller(endpoint, **parts).call(REQUEST, timed=timed)

    return leap(once())


@pytest.mark.parametrize("kind", sorted(RETRIED))
def test_a_failure_of_the_way_is_asked_again(kind: str) -> None:
    endpoint = Scripted(in_turn(failed(kind), said("at last")), delay=0.5)
    called = call(endpoint)
    assert called.outcome == said("at last")
    assert called.attempts == len(endpoint.asked) == 2
    assert 0.1 <= called.backoff <= 0.3
    assert called.latency == 0.5, "the last attempt's own time, without back-off"


@pytest.mark.parametrize("kind", [*SAID_BY_THE_MODEL, "bad_request", "endpoint_error"])
def test_what_the_model_said_is_never_asked_again(kind: str) -> None:
    endpoint = Scripted(in_turn(failed(kind), said()))
    called = call(endpoint)
    assert isinstance(called.outcome, CallFailure)
    assert called.outcome.kind == kind
    assert (called.attempts, called.backoff, len(endpoint.asked)) == (1, 0.0, 1)


def test_attempts_are_bounded() -> None:
    endpoint = Scripted(in_turn(said(), *[failed("server_error", status=500)] * 50))

    async def after_an_answer() -> Called:
        caller = a_caller(endpoint, policy=CallPolicy(max_attempts=4))
        await caller.call(REQUEST)
        return await caller.call(REQUEST)

    called = leap(after_an_answer())
    assert called.attempts == 4
    assert len(endpoint.asked) == 5
    assert isinstance(called.outcome, CallFailure)


def test_timeouts_are_tried_twice_only() -> None:
    assert call(Scripted(in_turn(failed("timeout")))).attempts == 2


def test_one_attempt_means_no_retry_even_of_a_quota() -> None:
    endpoint = Scripted(in_turn(failed("quota", status=429, retry_after=0.1)))
    assert call(endpoint, policy=CallPolicy(max_attempts=1)).attempts == 1


def test_back_off_grows_and_is_jittered() -> None:
    endpoint = Scripted(in_turn(*[failed("server_error")] * 5, said()))
    called = call(endpoint)
    pauses = [b - a for a, b in zip(endpoint.asked_at, endpoint.asked_at[1:], strict=False)]
    for pause, full in zip(pauses, (0.25, 0.5, 1.0, 2.0, 4.0), strict=True):
        assert full / 2 <= pause <= full
    assert called.backoff == pytest.approx(sum(pauses))


@pytest.mark.parametrize(
    "kind, status", [("quota", 429), ("server_error", 503), ("server_error", 529)]
)
def test_retry_after_is_obeyed(kind: str, status: int) -> None:
    endpoint = Scripted(in_turn(failed(kind, status=status, retry_after=7.5), said()))
    called = call(endpoint)
    first, second = endpoint.asked_at
    assert 7.5 <= second - first <= 12.0
    assert called.backoff == pytest.approx(second - first)


def test_retry_after_holds_for_the_other_calls_too() -> None:
    endpoint = Scripted(in_turn(failed("quota", status=429, retry_after=7.5), said()))

    async def two() -> None:
        caller = a_caller(endpoint)
        await caller.call(REQUEST)
        endpoint.script = in_turn(failed("quota", status=429, retry_after=9.0))
        caller.policy = CallPolicy(max_attempts=1)
        await caller.call(REQUEST)
        await caller.call(REQUEST)

    leap(two())
    assert endpoint.asked_at[-1] - endpoint.asked_at[-2] >= 9.0


def test_back_off_never_exceeds_retry_for() -> None:
    endpoint = Scripted(in_turn(failed("quota", status=429)))
    called = call(endpoint, policy=CallPolicy(retry_for=10.0))
    assert isinstance(called.outcome, CallFailure)
    assert called.outcome.kind == "quota"
    assert called.attempts > 3


def test_a_retry_after_beyond_retry_for_is_not_waited_for() -> None:
    endpoint = Scripted(in_turn(failed("quota", status=429, retry_after=500.0), said()))
    called = call(endpoint, policy=CallPolicy(retry_for=10.0))
    assert (called.attempts, called.backoff) == (1, 0.0)


@pytest.mark.parametrize("kind", ["unauthorized", "forbidden", "not_found"])
def test_a_refused_credential_halts_at_once(kind: str) -> None:
    endpoint, opened = Scripted(in_turn(failed(kind))), []
    with pytest.raises(Halted):
        call(endpoint, opened=opened)
    assert [failure.kind for failure in opened] == [kind]
    assert len(endpoint.asked) == 1


def test_nobody_listening_halts_within_seconds() -> None:
    endpoint, opened = Scripted(in_turn(failed("refused_connection"))), []
    with pytest.raises(Halted):
        call(endpoint, opened=opened)
    assert endpoint.asked_at[-1] - endpoint.asked_at[0] < 5.0
    assert len(opened) == 1


def test_a_used_up_budget_halts_before_the_call_leaves() -> None:
    endpoint = Scripted(in_turn(failed("reset")))
    with pytest.raises(Halted):
        call(endpoint, budget=Budget(3, None))
    assert len(endpoint.asked) == 3


@pytest.fixture
def cache(tmp_path: Path) -> Any:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    yield cache
    cache.close()


def test_an_answer_is_cached_and_costs_nothing(cache: ResponseCache) -> None:
    endpoint = Scripted(cacheable=True, delay=0.5)
    price = Price(1.0, 2.0)
    first, second = (call(endpoint, cache=cache, price=price) for _ in range(2))
    assert len(endpoint.asked) == 1
    assert (first.cached, first.cost_usd) == (False, pytest.approx(20e-6))
    assert second.outcome == first.outcome
    assert second.cached
    assert (second.latency, second.ttft) == (None, None)
    assert (second.attempts, second.cost_usd) == (0, 0.0)


@pytest.mark.parametrize("timed, cacheable", [(True, True), (False, False)])
def test_timed_calls_and_code_are_never_cached(
    cache: ResponseCache, timed: bool, cacheable: bool
) -> None:
    endpoint = Scripted(cacheable=cacheable)
    for _ in range(2):
        assert not call(endpoint, cache=cache, timed=timed).cached
    assert len(endpoint.asked) == 2


def test_failures_are_never_cached(cache: ResponseCache) -> None:
    endpoint = Scripted(in_turn(failed("empty"), said("words")), cacheable=True)
    call(endpoint, cache=cache)
    assert call(endpoint, cache=cache).outcome == said("words")


@pytest.mark.parametrize("alias, calls", [(True, 2), (False, 1)])
def test_an_alias_is_asked_again_once_its_answer_is_old(
    cache: ResponseCache, alias: bool, calls: int
) -> None:
    endpoint = Scripted(cacheable=True, alias=alias)
    for _ in range(2):
        call(endpoint, cache=cache, policy=CallPolicy(cache_ttl=-1.0))
    assert len(endpoint.asked) == calls


def test_a_cached_answer_needs_no_budget(cache: ResponseCache) -> None:
    endpoint = Scripted(cacheable=True)
    call(endpoint, cache=cache)
    assert call(endpoint, cache=cache, budget=Budget(0, None)).cached


def test_every_paid_attempt_is_booked() -> None:
    budget = Budget(None, 1.0)
    call(Scripted(), budget=budget, price=Price(1.0, 2.0))
    assert budget.spent == pytest.approx(20e-6)


def test_unknown_usage_is_an_unknown_cost() -> None:
    endpoint = Scripted(in_turn(Response("no usage told")))
    assert call(endpoint, price=Price(1.0, 2.0)).cost_usd is None


def test_a_blocked_answer_is_paid_for() -> None:
    blocked, budget = failed("blocked_output", usage=Usage(10, 5)), Budget(None, 1.0)
    assert call(Scripted(in_turn(blocked)), budget=budget, price=Price(1.0, 2.0)).cost_usd == 20e-6
    assert budget.spent == pytest.approx(20e-6)


def test_every_attempt_of_a_call_adds_to_its_cost() -> None:
    cut = failed("stream_cut", usage=Usage(10, 0))
    endpoint = Scripted(in_turn(cut, failed("reset"), failed("quota", status=429), said()))
    called = call(endpoint, price=Price(1.0, 2.0))
    assert (called.attempts, called.cost_usd) == (4, pytest.approx(30e-6))


def test_a_refused_call_costs_nothing_and_a_lost_one_an_unknown_sum() -> None:
    once = CallPolicy(max_attempts=1)
    refused = Scripted(in_turn(failed("server_error", status=503)))
    lost = Scripted(in_turn(failed("timeout")))
    assert call(refused, policy=once, price=Price(1.0, 2.0)).cost_usd == 0.0
    assert call(lost, policy=once, price=Price(1.0, 2.0)).cost_usd is None
