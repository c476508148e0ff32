"""Several prompts in one call: who shares, who gets which answer, what happens when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import pytest

from llmeval.endpoints.dialects.dialect import Dialect
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.endpoints.dialects.predict import TEMPLATES, Predict, Reading
from llmeval.endpoints.vertex.grouping import (
    Candidates,
    Gatherer,
    Instances,
    same_prompt,
    same_settings,
)
from llmeval.records import Attempt, CallFailure, Message, Request, Response, Usage

Answer = Callable[[Any], Any]


class Server:
    """Answers decoded bodies with decoded bodies; a failure stands for its status."""

    def __init__(self, dialect: Dialect, answer: Answer, delay: float = 0.0) -> None:
        self.dialect, self.answer, self.delay = dialect, answer, delay
        self.bodies: list[Any] = []

    async def ask(self, dialect: Dialect | None, request: Request, timeout: float) -> Attempt:
        spoken = dialect or self.dialect
        body = spoken.body(request)
        self.bodies.append(body)
        await asyncio.sleep(self.delay)
        said = self.answer(body)
        outcome = said if isinstance(said, CallFailure) else spoken.response(said)
        return Attempt(outcome, latency=0.5)


def request(text: str, repetition: int = 0, **settings: Any) -> Request:
    return Request((Message("user", text),), settings, repetition=repetition)


def gemini_body(texts: Sequence[str], asked: int = 7, said: int = 10) -> dict[str, Any]:
    return {
        "candidates": [
            {"index": i, "content": {"parts": [{"text": text}]}, "finishReason": "STOP"}
            for i, text in enumerate(texts)
        ],
        "usageMetadata": {"promptTokenCount": asked, "candidatesTokenCount": said},
        "modelVersion": "gemini-x",
    }


def numbered(body: Any) -> dict[str, Any]:
    count = body["generationConfig"].get("candidateCount", 1)
    return gemini_body([f"answer {i}" for i in range(count)])


def gatherer(server: Server, most: int) -> Gatherer:
    if isinstance(server.dialect, Predict):
        return Gatherer(most, same_settings, partial(Instances, server.dialect), server.ask)
    assert isinstance(server.dialect, Gemini)
    return Gatherer(most, same_prompt, partial(Candidates, server.dialect), server.ask)


def send_all(gathering: Gatherer, requests: Sequence[Request]) -> list[Attempt]:
    async def go() -> list[Attempt]:
        try:
            return await asyncio.gather(*(gathering.send(r, 5) for r in requests))
        finally:
            await gathering.close()

    return asyncio.run(go())


def texts(attempts: Sequence[Attempt]) -> list[str]:
    return [a.outcome.text if isinstance(a.outcome, Response) else a.outcome.kind for a in attempts]


def test_repetitions_of_a_prompt_share_a_call_and_its_bill() -> None:
    server = Server(Gemini(), numbered)
    attempts = send_all(
        gatherer(server, 4),
        [request("a", i, temperature=1) for i in range(3)] + [request("b", 0, temperature=1)],
    )
    assert texts(attempts) == ["answer 0", "answer 1", "answer 2", "answer 0"]
    assert [b["generationConfig"].get("candidateCount") for b in server.bodies] == [3, None]
    assert [a.shared for a in attempts] == [3, 3, 3, 1]
    usages = [a.outcome.usage for a in attempts[:3]]
    assert [u.input_tokens for u in usages] == [7, 0, 0]
    assert [u.output_tokens for u in usages] == [4, 3, 3]


def test_a_group_is_never_larger_than_it_may_be() -> None:
    server = Server(Gemini(), numbered)
    send_all(gatherer(server, 3), [request("a", i, temperature=1) for i in range(8)])
    counts = [b["generationConfig"].get("candidateCount", 1) for b in server.bodies]
    assert sorted(counts) == [2, 3, 3]


def test_other_settings_are_another_call() -> None:
    server = Server(Gemini(), numbered)
    asked = [request("a", 0, temperature=0), request("a", 1, temperature=1)]
    assert texts(send_all(gatherer(server, 8), asked)) == ["answer 0", "answer 0"]
    assert len(server.bodies) == 2


def test_missing_candidates_are_asked_for_one_by_one() -> None:
    def stingy(body: Any) -> dict[str, Any]:
        return gemini_body(["only"])

    server = Server(Gemini(), stingy)
    attempts = send_all(gatherer(server, 3), [request("a", i, temperature=1) for i in range(3)])
    assert texts(attempts) == ["only"] * 3
    assert len(server.bodies) == 3
    assert [a.shared for a in attempts] == [3, 1, 1]


def test_a_blocked_prompt_is_blocked_for_all_and_paid_once() -> None:
    blocked = {
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
    }
    server = Server(Gemini(), lambda body: blocked)
    attempts = send_all(gatherer(server, 3), [request("a", i) for i in range(3)])
    assert texts(attempts) == ["blocked_prompt"] * 3
    assert [a.outcome.usage.input_tokens for a in attempts] == [9, 0, 0]


def test_a_server_that_rejects_groups_is_asked_one_by_one() -> None:
    def single(body: Any) -> Any:
        if body["generationConfig"].get("candidateCount", 1) > 1:
            return CallFailure("bad_request", "candidateCount must be 1", 400)
        return gemini_body(["one"])

    server = Server(Gemini(), single)
    gathering = gatherer(server, 2)

    async def rounds() -> list[str]:
        said = []
        for i in range(4):
            pair = [request(f"q{i}", r, temperature=1) for r in range(2)]
            said += texts(await asyncio.gather(*(gathering.send(r, 5) for r in pair)))
        await gathering.close()
        return said

    assert asyncio.run(rounds()) == ["one"] * 8
    assert len(server.bodies) == 8 + 2


def test_an_overloaded_server_is_an_outcome_for_each() -> None:
    server = Server(Gemini(), lambda body: CallFailure("quota", "429", 429, 0.5))
    attempts = send_all(gatherer(server, 2), [request("a", i) for i in range(2)])
    assert [(a.outcome.kind, a.outcome.retry_after) for a in attempts] == [("quota", 0.5)] * 2
    assert len(server.bodies) == 1


def test_instances_share_a_predict_call() -> None:
    def echo(body: Any) -> dict[str, Any]:
        return {
            "predictions": [{"content": i["prompt"].upper()} for i in body["instances"]],
            "deployedModelId": "11",
        }

    server = Server(Predict(TEMPLATES["custom"], Reading()), echo)
    attempts = send_all(gatherer(server, 2), [request(t, max_tokens=3) for t in "abc"])
    assert texts(attempts) == ["A", "B", "C"]
    assert [len(b["instances"]) for b in server.bodies] == [2, 1]
    assert {a.outcome.deployed_model for a in attempts} == {"11"}


def test_predictions_that_are_too_few_are_asked_for_one_by_one() -> None:
    def one(body: Any) -> dict[str, Any]:
        return {"predictions": [body["instances"][0]["prompt"]]}

    server = Server(Predict(TEMPLATES["custom"], Reading()), one)
    # What the channel makes of a body that does not fit.
    attempts: list[Attempt] = []

    async def ask(dialect: Dialect | None, r: Request, timeout: float) -> Attempt:
        try:
            return await server.ask(dialect, r, timeout)
        except ValueError as error:
            return Attempt(CallFailure("malformed_body", str(error)), latency=0.1)

    gathering = Gatherer(2, same_settings, partial(Instances, server.dialect), ask)  # type: ignore[arg-type]
    attempts = send_all(gathering, [request("a"), request("b")])
    assert texts(attempts) == ["a", "b"]


def test_a_cancelled_member_does_not_take_the_others_with_it() -> None:
    server = Server(Gemini(), numbered, delay=0.05)
    gathering = gatherer(server, 2)

    async def go() -> tuple[bool, str]:
        first, second = (
            asyncio.create_task(gathering.send(request("a", i, temperature=1), 5)) for i in range(2)
        )
        await asyncio.sleep(0.02)
        first.cancel()
        answered = await second
        await gathering.close()
        return first.cancelled(), texts([answered])[0]

    assert asyncio.run(go()) == (True, "answer 1")


def test_a_defect_reaches_every_member() -> None:
    async def broken(dialect: Dialect | None, r: Request, timeout: float) -> Attempt:
        raise RuntimeError("a defect")

    ask: Callable[..., Awaitable[Attempt]] = broken
    gathering = Gatherer(2, same_prompt, partial(Candidates, Gemini()), ask)

    async def go() -> list[BaseException | Attempt]:
        calls = [gathering.send(request("a", i), 5) for i in range(2)]
        found = await asyncio.gather(*calls, return_exceptions=True)
        await gathering.close()
        return found

    assert [type(error) for error in asyncio.run(go())] == [RuntimeError, RuntimeError]


@pytest.mark.parametrize("waited", [0.0, 0.05], ids=["before it left", "under way"])
def test_closing_leaves_nobody_waiting(waited: float) -> None:
    server = Server(Gemini(), numbered, delay=30)
    gathering = gatherer(server, 3)

    async def go() -> None:
        calls = [asyncio.create_task(gathering.send(request("a", i), 5)) for i in range(2)]
        await asyncio.sleep(waited)
        await gathering.close()
        for call in calls:
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(go())


def test_usage_that_was_not_reported_stays_unknown() -> None:
    body = gemini_body(["x", "y"])
    del body["usageMetadata"]
    server = Server(Gemini(), lambda _: body)
    attempts = send_all(gatherer(server, 2), [request("a", i, temperature=1) for i in range(2)])
    assert [a.outcome.usage for a in attempts] == [Usage(), Usage()]
