"""streamGenerateContent, event by event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.dialects.dialect import MalformedAnswer
from llmeval.endpoints.dialects.gemini import Gemini, StreamedCandidate
from llmeval.records import CallFailure, Response, Usage

HIGH = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}
LOW = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}


def piece(text: str | None = None, finish: object = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {} if text is None else {"content": {"parts": [{"text": text}]}}
    if finish is not None:
        found["finishReason"] = finish
    return {"candidates": [found | more]}


def stream(*events: object) -> StreamedCandidate:
    collected = Gemini().streamed()
    for event in events:
        collected.add(event if isinstance(event, bytes) else json.dumps(event).encode())
    return collected


def tokens(prompt: int, said: int, thought: int = 0) -> dict[str, Any]:
    found = {"promptTokenCount": prompt, "candidatesTokenCount": said,
             "totalTokenCount": prompt + said + thought}  # fmt: skip
    return {"usageMetadata": found | ({"thoughtsTokenCount": thought} if thought else {})}


def test_a_stream_is_put_together() -> None:
    thought = {"candidates": [{"content": {"parts": [{"text": "hmm", "thought": True}]}}]}
    collected = stream(thought | tokens(3, 0, 5))
    assert not collected.started, "a thought is no visible text"
    for event in (
        piece("Pa", safetyRatings=[LOW]) | {"modelVersion": "gemini-x"},
        piece("other", "SAFETY", index=1),
        piece("ris", logprobsResult={"chosenCandidates": [{"token": "ris", "logProbability": -1}]}),
        piece(None, index=0, logprobsResult={"chosenCandidates": [{"token": "!"}]}),
    ):
        collected.add(json.dumps(event).encode())
    assert collected.started
    assert not collected.complete
    assert not collected.ends_unsaid
    collected.add(json.dumps(piece("!", "STOP") | tokens(3, 2, 5)).encode())
    assert collected.complete
    assert not collected.done, "usage may still come"
    collected.add(json.dumps(tokens(3, 4, 6)).encode())
    assert collected.response() == Response(
        "Paris!",
        safety=[{"source": "output", **LOW}],
        usage=Usage(3, 4, 6),
        model_version="gemini-x",
        logprobs=[{"token": "ris", "logprob": -1}, {"token": "!", "logprob": None}],
    )


@pytest.mark.parametrize("reason", ["SAFETY", 3])
def test_a_block_in_mid_stream_keeps_text_and_ratings(reason: object) -> None:
    got = stream(
        piece("First, take", safetyRatings=[LOW]) | tokens(2, 3),
        piece(None, reason, safetyRatings=[HIGH], finishMessage="harassment"),
    ).response()
    assert got == CallFailure(
        "blocked_output",
        "finish reason SAFETY: harassment",
        reason="SAFETY",
        safety=[{"source": "output", **HIGH}],
        usage=Usage(2, 3),
        text="First, take",
    )


@pytest.mark.parametrize("reason", ["PROHIBITED_CONTENT", 4])
def test_a_blocked_prompt_is_known_before_its_tokens_are(reason: object) -> None:
    feedback = {"blockReason": reason, "safetyRatings": [HIGH]}
    collected = stream({"promptFeedback": feedback}, tokens(5, 0) | {"modelVersion": "gemini-x"})
    assert collected.complete
    assert collected.response() == CallFailure(
        "blocked_prompt",
        "the prompt was blocked: PROHIBITED_CONTENT",
        reason="PROHIBITED_CONTENT",
        safety=[{"source": "prompt", **HIGH}],
        usage=Usage(5, 0),
        model_version="gemini-x",
    )


def test_a_prompt_that_is_blocked_after_text_came_withholds_the_rest() -> None:
    got = stream(piece("Take"), {"promptFeedback": {"blockReason": "JAILBREAK"}}).response()
    assert isinstance(got, CallFailure)
    assert (got.kind, got.reason, got.text) == ("blocked_output", "JAILBREAK", "Take")


def test_an_error_may_come_in_mid_stream() -> None:
    error = {"code": 429, "message": "Resource exhausted for ya29.key", "status":
             "RESOURCE_EXHAUSTED"}  # fmt: skip
    for event in ({"error": error}, [{"error": error}]):
        first = piece("half") | {"modelVersion": "gemini-x"}
        collected = stream(first, event, piece("ignored", "STOP"))
        assert collected.done
        assert collected.response(("ya29.key",)) == CallFailure(
            "quota_endpoint",
            "Resource exhausted for [redacted]",
            status=429,
            reason="RESOURCE_EXHAUSTED",
            text="half",
            model_version="gemini-x",
        )


def test_a_stream_that_counts_tokens_but_has_no_candidate_is_empty_not_cut() -> None:
    collected = stream({"candidates": []} | tokens(9, 0) | {"modelVersion": "gemini-x"})
    assert not collected.complete, "a connection that breaks now has cut the answer"
    assert collected.ends_unsaid
    assert collected.response() == CallFailure(
        "empty",
        "the answer holds no candidate",
        reason="NO_CANDIDATES",
        usage=Usage(9, 0),
        model_version="gemini-x",
    )
    assert not stream({"usageMetadata": {"trafficType": "ON_DEMAND"}}).ends_unsaid


def test_a_stream_without_a_finish_reason_is_not_complete() -> None:
    collected = stream(piece("Paris"), tokens(1, 1))
    assert collected.text == "Paris"
    assert not collected.complete


def test_an_answer_may_be_empty() -> None:
    got = stream(piece("", "MAX_TOKENS") | tokens(3, 0, 9)).response()
    assert isinstance(got, CallFailure)
    assert (got.kind, got.reason, got.usage) == ("empty", "length", Usage(3, 0, 9))


@pytest.mark.parametrize(
    "wrong", [b"{", b"3", b"[]", b'{"candidates":3}', b'{"candidates":[3]}',
              b'{"candidates":[{"content":{"parts":[3]}}]}']
)  # fmt: skip
def test_wrong_events_are_named(wrong: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        stream(piece("x"), wrong)


@pytest.mark.parametrize("harmless", [b"", b" ", b"{}", b'{"candidates":null}',
                                      b'{"candidates":[]}', b'{"promptFeedback":{}}'])  # fmt: skip
def test_harmless_events(harmless: bytes) -> None:
    assert not stream(harmless).complete
    got = stream(piece("x", "STOP"), harmless).response()
    assert got == Response("x")


@pytest.mark.parametrize("more", [{}, {"candidates": []}])
def test_a_stream_may_end_without_any_candidate(more: dict[str, Any]) -> None:
    collected = stream(tokens(4, 0) | {"modelVersion": "gemini-x"} | more)
    assert not collected.complete, "a connection that breaks now has cut the answer"
    assert collected.ends_unsaid
    got = collected.response()
    assert isinstance(got, CallFailure)
    assert (got.kind, got.reason, got.usage) == ("empty", "NO_CANDIDATES", Usage(4, 0))
    assert not stream().ends_unsaid
