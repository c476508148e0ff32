"""Caps on calls and money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.config import Price
from llmeval.records import FAILURE_KINDS, CallFailure, Response, Usage
from llmeval.run.budget import Budget, cost_of, cost_of_attempt


def test_tokens_cost_what_the_price_says() -> None:
    usage = Usage(1_000_000, 500_000, 100_000)
    assert cost_of(usage, Price(0.10, 0.40)) == pytest.approx(0.10 + 0.6 * 0.40)


@pytest.mark.parametrize("usage", [Usage(), Usage(5, None), Usage(None, 5)])
def test_what_is_unknown_costs_an_unknown_amount(usage: Usage) -> None:
    assert cost_of(usage, Price(1.0, 1.0)) is None
    assert cost_of(Usage(1, 1), None) is None


TIERED = Price(1.0, 10.0, 2.0, 15.0, long_from=1000, batch_discount=0.5)


@pytest.mark.parametrize(
    ("prompt", "batch", "cost"),
    [
        (1000, False, 1000 * 1.0 + 30 * 10.0),
        (1001, False, 1001 * 2.0 + 30 * 15.0),
        (1000, True, 0.5 * (1000 * 1.0 + 30 * 10.0)),
        (1001, True, 0.5 * (1001 * 2.0 + 30 * 15.0)),
    ],
)
def test_a_long_prompt_costs_more_and_a_batch_less(prompt: int, batch: bool, cost: float) -> None:
    usage = Usage(prompt, 10, 20)
    assert cost_of(usage, TIERED, batch=batch) == pytest.approx(cost / 1e6)
    assert cost_of_attempt(Response("", usage=usage), TIERED, batch=batch) == pytest.approx(
        cost / 1e6
    )


def test_one_long_rate_may_stand_alone() -> None:
    price = Price(1.0, 10.0, output_long=15.0, long_from=10)
    assert cost_of(Usage(100, 10), price) == pytest.approx((100 * 1.0 + 10 * 15.0) / 1e6)
    price = Price(1.0, 10.0, input_long=3.0, long_from=10)
    assert cost_of(Usage(100, 10), price) == pytest.approx((100 * 3.0 + 10 * 10.0) / 1e6)


def test_a_batch_without_a_stated_discount_costs_an_unknown_amount() -> None:
    assert cost_of(Usage(1, 1), Price(1.0, 1.0), batch=True) is None
    free = Price(1.0, 1.0, batch_discount=1.0)
    assert cost_of(Usage(1, 1), free, batch=True) == 0.0


PRICE = Price(1.0, 10.0)


@pytest.mark.parametrize("kind", sorted(FAILURE_KINDS))
def test_a_failure_that_reports_its_usage_costs_that(kind: str) -> None:
    failure = CallFailure(kind, "", status=400, usage=Usage(100, 20, 30))
    assert cost_of_attempt(failure, PRICE) == pytest.approx(600e-6)
    assert cost_of_attempt(failure, None) is None


def test_a_blocked_prompt_costs_its_input() -> None:
    blocked = CallFailure("blocked_prompt", "", usage=Usage(100))
    assert cost_of_attempt(blocked, PRICE) == pytest.approx(100e-6)
    assert cost_of_attempt(CallFailure("blocked_output", "", usage=Usage(100)), PRICE) is None


@pytest.mark.parametrize(
    ("failure", "cost"),
    [
        (CallFailure("refused_connection", ""), 0.0),
        (CallFailure("dns", ""), 0.0),
        (CallFailure("tls", ""), 0.0),
        (CallFailure("quota", "", status=429), 0.0),
        (CallFailure("quota_endpoint", "", status=429), 0.0),
        (CallFailure("server_error", "", status=503), 0.0),
        (CallFailure("forbidden", "", status=403), 0.0),
        (CallFailure("server_error", "", status=500, text="half an "), None),
        (CallFailure("server_error", ""), None),
        (CallFailure("timeout", "", status=408), None),
        (CallFailure("stream_cut", ""), None),
        (CallFailure("reset", ""), None),
        (CallFailure("blocked_prompt", "", status=400), None),
        (CallFailure("malformed_body", "", status=200), None),
        (Response("words"), None),
    ],
)
def test_only_what_was_surely_not_billed_is_free(
    failure: CallFailure | Response, cost: float | None
) -> None:
    assert cost_of_attempt(failure, PRICE) == cost
    assert cost_of_attempt(failure, None) is None


@given(st.integers(0, 40), st.integers(0, 60))
def test_calls_never_exceed_their_cap(cap: int, wanted: int) -> None:
    budget = Budget(cap, None)
    allowed = sum(budget.allow(1) for _ in range(wanted))
    assert allowed == budget.calls == min(cap, wanted)
    assert (budget.exhausted is not None) == (wanted > cap)


@given(st.integers(1, 16), st.lists(st.integers(1, 100), min_size=1, max_size=200))
def test_money_is_never_exceeded_once_the_dearest_call_is_known(
    at_once: int, costs: list[int]
) -> None:
    """Calls leave as places come free; in cents, the dearest comes first."""
    budget = Budget(None, 10.0)
    costs = [max(costs), *costs]
    in_flight: list[float] = []
    assert budget.allow(1)
    budget.spend(costs[0] / 100)
    for cost in costs[1:]:
        if len(in_flight) == at_once:
            budget.spend(in_flight.pop(0))
        if not budget.allow(len(in_flight) + 1):
            break
        in_flight.append(cost / 100)
    for left in in_flight:
        budget.spend(left)
    assert budget.spent is not None
    assert budget.spent <= 10.0 + 1e-9


def test_an_exhausted_budget_names_the_option_and_stays_exhausted() -> None:
    budget = Budget(None, 0.5)
    assert budget.allow(1)
    budget.spend(0.4)
    assert not budget.allow(1)
    assert budget.exhausted == "--budget=0.5 US dollars was reached"
    assert not budget.allow(0)
    assert budget.calls == 1


def test_an_unknown_cost_is_not_zero() -> None:
    budget = Budget(None, 1.0)
    budget.spend(None)
    assert budget.spent is None
    budget.spend(0.0)
    assert budget.spent == 0.0
