"""From an answer and what it took to an observation; what is said of an endpoint given up."""

from __future__ import annotations

import time
from typing import Any

import pytest
from run_fakes import FakeScorer, Scripted, a_run, a_test, failed, planned, said

from llmeval.records import (
    FAILURE_KINDS,
    CallFailure,
    EndpointIdentity,
    Message,
    Request,
    Response,
    Score,
    Usage,
)
from llmeval.run import Called, Wiring, describe, spread
from llmeval.run.observe import describe_down, observation_of
from llmeval.run.solve import SampleAsker
from llmeval.store import decode_observation, encode_observation

ASKED = Request((Message("user", "hello?"),), {"top_p": 0.5}, stream=True)


class Fixed:
    """A clock that stands at 100 seconds."""

    def monotonic(self) -> float:
        return 100.0

    def time(self) -> float:
        return 1_700_000_000.0


def called(outcome: Response | CallFailure, **changes: Any) -> Called:
    parts: dict[str, Any] = {
        "latency": 2.0,
        "ttft": 0.5,
        "backoff": 1.0,
        "sent_at": 7.0,
        "attempts": 2,
        "cached": False,
        "cost_usd": 0.25,
    }
    return Called(outcome, **(parts | changes))


def observed(outcome: Response | CallFailure, *calls: Called, ready: float = 90.0) -> Any:
    sample = planned(a_test(samples=2))[3]
    asker = SampleAsker(None, sample, {}, 0, ASKED if calls else None, list(calls))  # type: ignore[arg-type]
    wiring = Wiring(record=lambda o: None, clock=Fixed())
    made = observation_of(sample, asker, outcome, ready, wiring)
    assert decode_observation(encode_observation(made)) == made
    return made


def test_an_answer_keeps_its_times_apart() -> None:
    answer = said("yes", deployed_model="m-7")
    o = observed(answer, called(answer))
    assert (o.suite, o.test, o.case_id, o.repetition, o.model) == (
        "suite",
        "test_x",
        "c1",
        1,
        "fake",
    )
    assert (o.outcome, o.response, o.error, o.deployed_model) == ("answered", answer, None, "m-7")
    t = o.timings
    assert (t.queued, t.backoff, t.ttft, t.latency, t.started_at) == (7.0, 1.0, 0.5, 2.0, 7.0)
    assert (o.attempts, o.cached, o.cost_usd, o.usage) == (2, False, 0.25, answer.usage)
    assert o.request == {
        "messages": [{"role": "user", "content": "hello?"}],
        "settings": {"top_p": 0.5},
        "stream": True,
    }


@pytest.mark.parametrize("kind", sorted(FAILURE_KINDS))
def test_a_failure_is_an_outcome_with_its_name(kind: str) -> None:
    failure = failed(kind, status=500)
    o = observed(failure, called(failure, cost_usd=None))
    assert (o.outcome, o.response, o.error, o.cost_usd) == (kind, None, failure, None)


def test_a_failure_keeps_what_it_used_and_who_failed() -> None:
    failure = failed("blocked_output", usage=Usage(10, 5, 2), deployed_model="m-8")
    o = observed(failure, called(failure))
    assert (o.usage, o.deployed_model, o.cost_usd) == (Usage(10, 5, 2), "m-8", 0.25)


def test_a_solver_that_never_asked() -> None:
    o = observed(failed("solver_error"))
    assert o.request == {"messages": []}
    assert (o.attempts, o.cached, o.cost_usd) == (0, False, 0)
    assert (o.timings.latency, o.timings.ttft) == (None, None)
    assert o.timings.started_at == 1_700_000_000.0


def test_several_calls_add_up() -> None:
    answer = said()
    o = observed(answer, called(said("a")), called(answer, ttft=0.1, sent_at=9.0, cost_usd=0.5))
    assert (o.timings.latency, o.timings.backoff, o.timings.queued) == (4.0, 2.0, 4.0)
    assert (o.timings.ttft, o.timings.started_at) == (0.1, 7.0)
    assert (o.attempts, o.cost_usd) == (4, 0.75)


def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    answer = said()
    assert observed(answer, called(answer), called(answer, cost_usd=None)).cost_usd is None


def test_latency_never_comes_from_a_cached_reply() -> None:
    answer = said()
    cached = called(answer, cached=True, latency=None, ttft=None, backoff=0.0, attempts=0)
    whole, half = observed(answer, cached), observed(answer, cached, called(answer))
    assert (whole.cached, whole.timings.latency) == (True, None)
    assert (half.cached, half.timings.latency) == (False, None)


def test_queueing_is_never_negative() -> None:
    answer = said()
    assert observed(answer, called(answer), ready=99.9).timings.queued == 0.0


def test_scoring_is_not_queueing() -> None:
    def slowly(sample: Any) -> Score:
        time.sleep(0.2)
        return Score("fake", 1.0)

    with a_run(planned(a_test(count=1, scorers=[FakeScorer(slowly)])), Scripted()) as run:
        assert run.take_all()[0].timings.queued < 0.15


OPENAI = EndpointIdentity("openai:http://h/v1#m", "openai", "m")
VERTEX = EndpointIdentity(
    "12?location=us-east4",
    "vertex",
    "answers",
    details={"project": "p-1", "location": "us-east4", "api_endpoint": "https://10.0.0.2"},
)


@pytest.mark.parametrize("kind", sorted(FAILURE_KINDS))
def test_a_dead_endpoint_is_described_with_what_to_do(kind: str) -> None:
    said_so = describe_down(OPENAI, failed(kind, status=418))
    assert said_so.startswith(f"openai:http://h/v1#m is down: {kind} (HTTP 418): scripted")
    assert "; " in said_so and "doctor" not in said_so
    assert "HTTP" not in describe_down(OPENAI, failed(kind))


@pytest.mark.parametrize("kind", sorted(FAILURE_KINDS))
def test_a_dead_endpoint_on_vertex_leads_to_the_doctor(kind: str) -> None:
    said_so = describe_down(VERTEX, failed(kind, status=418))
    assert said_so.startswith(f"{VERTEX.ref} is down: {kind} (HTTP 418): scripted")
    assert said_so.endswith(
        "; look closer: llmeval doctor '--model=12?location=us-east4' --project=p-1 "
        "--api-endpoint=https://10.0.0.2"
    )
    assert "API_KEY" not in said_so and "after '#'" not in said_so


def test_what_to_do_on_vertex_is_said_once() -> None:
    advised = CallFailure("forbidden", "no. The permission x is missing: gcloud …")
    assert describe_down(VERTEX, advised).count("permission") == 1
    assert "--location" not in describe_down(VERTEX, failed("timeout"))
    assert "raise --timeout" in describe_down(VERTEX, failed("timeout"))
    emulated = EndpointIdentity("vertex-emulator", "vertex", "x", details={"project": "emulated"})
    assert describe_down(emulated, failed("reset")).endswith("doctor --model=vertex-emulator")


# The plan


def test_a_plan_goes_case_by_case_models_side_by_side() -> None:
    keys = [sample.key for sample in spread(a_test(count=2, samples=2), ["a", "b"])]
    assert keys == [
        (model, "suite", "test_x", f"c{case}", repetition)
        for case in range(2)
        for repetition in range(2)
        for model in ("a", "b")
    ]


def test_the_header_describes_a_test() -> None:
    test = a_test(count=3, samples=2, scorers=[FakeScorer()], records=["brevity"])
    info = describe(test, ["a", "b"])
    assert (info.cases, info.samples, info.planned) == (3, 2, 12)
    assert [scorer.name for scorer in info.scorers] == ["fake", "brevity"]
    assert not info.timed and describe(a_test(timed=True), ["a"]).timed


async def another(case: Any, endpoint: Any) -> Response:
    return said()


@pytest.mark.parametrize(
    "change", [{"settings": {"top_p": 0.5}}, {"stream": True}, {"solver": another}]
)
def test_whatever_changes_an_answer_changes_the_prompts_hash(change: dict[str, Any]) -> None:
    assert describe(a_test(), ["a"]).prompt_hash != describe(a_test(**change), ["a"]).prompt_hash
