"""Solvers: whatever they do is an outcome with a name, and what they asked is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from run_fakes import Scripted, a_caller, a_test, failed, in_turn, leap, planned, said

from llmeval.ports import CallFailed
from llmeval.prompts import PromptLibrary
from llmeval.records import CallFailure, Case, Message, Response
from llmeval.run.budget import Budget
from llmeval.run.call import Halted
from llmeval.run.plan import PlannedTest
from llmeval.run.solve import SampleAsker, solve
from llmeval.suites import ATTRIBUTE, evaluate


def solved(
    test: PlannedTest, endpoint: Scripted | None = None, **parts: Any
) -> tuple[Response | CallFailure, SampleAsker]:
    async def once() -> tuple[Response | CallFailure, SampleAsker]:
        sample = planned(test)[-1]
        caller = a_caller(endpoint or Scripted(), **parts)
        asker = SampleAsker(caller, sample, {"temperature": 0.0, "top_p": 0.9}, seed=7)
        return await solve(sample, asker), asker

    return leap(once())


def kind_of(outcome: Response | CallFailure) -> str:
    assert isinstance(outcome, CallFailure)
    return outcome.kind


def test_the_default_solver_renders_the_prompt_and_asks_once(tmp_path: Path) -> None:
    (tmp_path / "ask.j2").write_text("What is {{ n }} + 1?")
    declared = getattr(evaluate("c.jsonl", prompt="ask.j2")(lambda sample: None), ATTRIBUTE)
    prompt = PromptLibrary([tmp_path]).load("ask.j2")
    test = PlannedTest("s", "t", declared, [Case("a", {"n": 41})], "h", prompt, 1, "c.jsonl")
    endpoint = Scripted(in_turn(said("42")))
    outcome, asker = solved(test, endpoint)
    assert outcome == said("42")
    assert endpoint.asked[0].messages == (Message("user", "What is 41 + 1?"),)
    assert asker.asked == endpoint.asked[0]
    assert len(asker.calls) == 1


def test_a_template_that_fails_on_a_case_is_a_solver_error(tmp_path: Path) -> None:
    (tmp_path / "ask.j2").write_text("{{ missing }}")
    declared = getattr(evaluate("c.jsonl", prompt="ask.j2")(lambda sample: None), ATTRIBUTE)
    prompt = PromptLibrary([tmp_path]).load("ask.j2")
    test = PlannedTest("s", "t", declared, [Case("a", {})], "h", prompt, 1, "c.jsonl")
    outcome, asker = solved(test)
    assert kind_of(outcome) == "solver_error"
    assert asker.asked is None


def test_settings_of_run_suite_and_call_override_in_that_order() -> None:
    async def solver(case: Case, endpoint: Any) -> Response:
        answer: Response = await endpoint.ask("?", max_tokens=3)
        return answer

    endpoint = Scripted()
    solved(a_test(solver=solver, samples=2, settings={"top_p": 0.5, "max_tokens": 9}), endpoint)
    request = endpoint.asked[0]
    assert request.settings == {"temperature": 0.0, "top_p": 0.5, "max_tokens": 3}
    assert (request.repetition, request.seed, request.stream) == (1, 7, False)


def test_timed_suites_stream() -> None:
    endpoint = Scripted()
    solved(a_test(timed=True), endpoint)
    assert endpoint.asked[0].stream


@pytest.mark.parametrize("kind", ["blocked_output", "empty", "bad_request"])
def test_a_failed_call_is_the_outcome(kind: str) -> None:
    outcome, asker = solved(a_test(), Scripted(in_turn(failed(kind))))
    assert kind_of(outcome) == kind
    assert len(asker.calls) == 1


def test_a_solver_may_live_with_a_failed_call() -> None:
    async def tries_again(case: Case, endpoint: Any) -> Response:
        try:
            answer: Response = await endpoint.ask("first")
        except CallFailed:
            answer = await endpoint.ask("second")
        return answer

    outcome, asker = solved(a_test(solver=tries_again), Scripted(in_turn(failed("empty"), said())))
    assert outcome == said()
    assert [isinstance(call.outcome, Response) for call in asker.calls] == [False, True]


def test_a_solver_that_raises_is_an_outcome() -> None:
    async def broken(case: Case, endpoint: Any) -> Response:
        raise KeyError("x" * 10_000)

    outcome, _ = solved(a_test(solver=broken))
    assert kind_of(outcome) == "solver_error"
    assert isinstance(outcome, CallFailure)
    assert outcome.message.startswith("KeyError: ")
    assert len(outcome.message) <= 500


@pytest.mark.parametrize("leave", [pytest.skip, pytest.fail])
def test_a_solver_that_wants_to_leave_is_an_outcome(leave: Any) -> None:
    async def leaves(case: Case, endpoint: Any) -> Response:
        leave("away")

    outcome, _ = solved(a_test(solver=leaves))
    assert kind_of(outcome) == "solver_error"


@pytest.mark.parametrize("wrong", [None, "text", 3, CallFailure("empty", "no")])
def test_a_solver_that_returns_no_response_is_an_outcome(wrong: Any) -> None:
    async def returns(case: Case, endpoint: Any) -> Response:
        answer: Response = wrong
        return answer

    outcome, _ = solved(a_test(solver=returns))
    assert kind_of(outcome) == "solver_error"
    assert isinstance(outcome, CallFailure)
    assert type(wrong).__name__ in outcome.message


def test_a_synchronous_solver_is_an_outcome() -> None:
    def synchronous(case: Case, endpoint: Any) -> Response:
        return said()

    outcome, _ = solved(a_test(solver=synchronous))  # type: ignore[arg-type]
    assert kind_of(outcome) == "solver_error"


@pytest.mark.parametrize("swallow", [True, False])
def test_no_solver_can_make_an_answer_out_of_a_halted_run(swallow: bool) -> None:
    async def swallows(case: Case, endpoint: Any) -> Response:
        try:
            answer: Response = await endpoint.ask("?")
        except Exception as error:
            if swallow:
                return said("all is well")
            raise ValueError("no answer") from error
        return answer

    with pytest.raises(Halted):
        solved(a_test(solver=swallows), budget=Budget(0, None))


def test_a_response_may_be_the_solvers_own() -> None:
    async def own(case: Case, endpoint: Any) -> Response:
        answer: Response = await endpoint.ask("?")
        return msgspec.structs.replace(answer, text=answer.text.upper())

    outcome, _ = solved(a_test(solver=own))
    assert isinstance(outcome, Response)
    assert outcome.text == "YES"
