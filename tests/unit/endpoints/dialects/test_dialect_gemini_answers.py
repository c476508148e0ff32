"""generateContent's answers: what the real clients read from them is what we record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmeval.endpoints.dialects.dialect import MalformedAnswer
from llmeval.endpoints.dialects.finish_reasons import ANSWERS, WITHHELD, block_word, finish_word
from llmeval.endpoints.dialects.gemini import Gemini
from llmeval.records import FAILURE_KINDS, CallFailure, Response, Usage

RATING = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}


def candidate(*parts: dict[str, Any], finish: object = "STOP", **more: Any) -> dict[str, Any]:
    found = {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, **more}
    return {name: value for name, value in found.items() if value is not None}


def answer(*candidates: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"candidates": list(candidates), **more}


def got(body: object) -> Response | CallFailure:
    return Gemini().response(body)


def failed(body: object) -> CallFailure:
    found = got(body)
    assert isinstance(found, CallFailure), found
    return found


def finish_reasons() -> list[tuple[str, int | None]]:
    types = pytest.importorskip(
        "google.cloud.aiplatform_v1.types", reason="needs the extra 'vertex'"
    )
    genai = pytest.importorskip("google.genai.types", reason="needs google-genai")
    numbered = {reason.name: int(reason) for reason in types.Candidate.FinishReason}
    return [
        (n, numbered.get(n)) for n in sorted({*numbered, *(r.name for r in genai.FinishReason)})
    ]


def test_every_finish_reason_of_the_clients_has_a_named_outcome() -> None:
    for name, number in finish_reasons():
        assert (name in ANSWERS) != (name in WITHHELD), f"{name} is new: say what it means"
        if number:
            assert finish_word(number) == name
        for reason in (name, number) if number else (name,):
            with_text = got(answer(candidate({"text": "so far"}, finish=reason)))
            without = failed(answer({"finishReason": reason, "finishMessage": "because"}))
            assert without.kind in FAILURE_KINDS
            if name in WITHHELD:
                assert isinstance(with_text, CallFailure)
                assert (with_text.kind, with_text.reason, with_text.text) == (
                    WITHHELD[name], name, "so far",
                )  # fmt: skip
                assert without.kind == WITHHELD[name]
                assert "because" in without.message
            else:
                assert with_text == Response("so far", ANSWERS[name])
                assert without.kind == "empty"


def test_every_block_reason_of_the_clients_is_a_blocked_prompt() -> None:
    types = pytest.importorskip(
        "google.cloud.aiplatform_v1.types", reason="needs the extra 'vertex'"
    )
    genai = pytest.importorskip("google.genai.types", reason="needs google-genai")
    reasons = types.GenerateContentResponse.PromptFeedback.BlockedReason
    for reason in reasons:
        if int(reason):
            assert block_word(int(reason)) == reason.name, f"{reason.name} is new"
    for name in {*(r.name for r in reasons), *(r.name for r in genai.BlockedReason)}:
        feedback = {
            "blockReason": name,
            "blockReasonMessage": "said so",
            "safetyRatings": [RATING],
        }
        found = failed(
            {
                "promptFeedback": feedback,
                "modelVersion": "gemini-x",
                "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
            }
        )
        assert found == CallFailure(
            "blocked_prompt",
            f"the prompt was blocked: {name}: said so",
            reason=name,
            safety=[{"source": "prompt", **RATING}],
            usage=Usage(4, 0),
            model_version="gemini-x",
        )


@pytest.mark.parametrize("number", [0, 99, True, 1.5, None, [], {}])
def test_numbers_that_mean_nothing(number: object) -> None:
    word = "FINISH_REASON_99" if number == 99 else ""
    assert finish_word(number) == word
    found = got(answer(candidate({"text": "x"}, finish=number)))
    assert found == Response("x", word.lower() or "unknown")


def full() -> Any:
    """Return a whole answer as Vertex AI's own types hold it."""
    types = pytest.importorskip(
        "google.cloud.aiplatform_v1.types", reason="needs the extra 'vertex'"
    )
    token = types.LogprobsResult.Candidate
    return types.GenerateContentResponse(
        candidates=[
            types.Candidate(
                index=0,
                content=types.Content(
                    role="model",
                    parts=[
                        types.Part(text="I wonder", thought=True),
                        types.Part(text="Par"),
                        types.Part(function_call=types.FunctionCall(name="f")),
                        types.Part(text="is é\u2028"),
                    ],
                ),
                finish_reason=types.Candidate.FinishReason.MAX_TOKENS,
                safety_ratings=[
                    types.SafetyRating(
                        category="HARM_CATEGORY_HATE_SPEECH",
                        probability="NEGLIGIBLE",
                        probability_score=0.125,
                        severity="HARM_SEVERITY_LOW",
                        severity_score=0.25,
                    )
                ],
                avg_logprobs=-0.5,
                logprobs_result=types.LogprobsResult(
                    chosen_candidates=[
                        token(token="Par", token_id=1, log_probability=-0.25),
                        token(token="is", token_id=2, log_probability=-0.75),
                    ],
                    top_candidates=[
                        types.LogprobsResult.TopCandidates(
                            candidates=[token(token="Lon", token_id=3, log_probability=-2.0)]
                        )
                    ],
                ),
            )
        ],
        usage_metadata={
            "prompt_token_count": 7,
            "candidates_token_count": 2,
            "thoughts_token_count": 5,
            "total_token_count": 14,
        },
        model_version="gemini-2.5-flash",
        response_id="r",
    )


@pytest.mark.parametrize("integers", [False, True])
def test_an_answer_of_the_real_types_is_read_whole(integers: bool) -> None:
    sent = type(full()).to_json(full(), use_integers_for_enums=integers)
    found = got(json.loads(sent))
    assert isinstance(found, Response)
    assert (found.text, found.finish_reason) == ("Paris é\u2028", "length")
    assert found.usage == Usage(7, 2, 5)
    assert found.model_version == "gemini-2.5-flash"
    rating = found.safety[0]
    assert rating["source"] == "output"
    assert (rating["probabilityScore"], rating["severityScore"]) == (0.125, 0.25)
    assert found.logprobs == [
        {
            "token": "Par",
            "logprob": -0.25,
            "top_logprobs": [{"token": "Lon", "logprob": -2.0}],
        },
        {"token": "is", "logprob": -0.75},
    ]


def test_what_google_genai_reads_is_what_we_record() -> None:
    types = pytest.importorskip("google.genai.types", reason="needs google-genai")
    body = json.loads(type(full()).to_json(full(), use_integers_for_enums=False))
    ours = got(body)
    assert isinstance(ours, Response)
    theirs = types.GenerateContentResponse.model_validate(
        {**body, "candidates": [{k: v for k, v in body["candidates"][0].items() if k != "score"}]}
    )
    first, usage = theirs.candidates[0], theirs.usage_metadata
    parts = [p.text for p in first.content.parts if p.text and not p.thought]
    assert ours.text == "".join(parts)
    assert ours.finish_reason == ANSWERS[first.finish_reason.name]
    assert ours.usage == Usage(
        usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count
    )
    assert ours.model_version == theirs.model_version
    chosen = first.logprobs_result.chosen_candidates
    assert [t["logprob"] for t in ours.logprobs or ()] == [c.log_probability for c in chosen]
    assert first.avg_logprobs == sum(t["logprob"] for t in ours.logprobs or ()) / 2
    assert [r.category.name for r in first.safety_ratings] == [r["category"] for r in ours.safety]


def test_several_candidates_are_billed_once() -> None:
    body = answer(
        candidate({"text": "b"}, index=1),
        candidate({"text": "a"}),
        candidate(finish="SAFETY", index=2),
        usageMetadata={"promptTokenCount": 9, "candidatesTokenCount": 8, "totalTokenCount": 17},
    )
    found = Gemini().responses(body)
    assert [getattr(f, "text", None) for f in found] == ["a", "b", None]
    assert [f.usage for f in found] == [Usage(9, 3), Usage(0, 3), Usage(0, 2)]
    assert got(body) == found[0]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"promptTokenCount": 3, "totalTokenCount": 3}, Usage(3, 0)),
        ({"promptTokenCount": 3}, Usage(3)),
        ({"promptTokenCount": "3", "candidatesTokenCount": -1, "thoughtsTokenCount": True},
         Usage()),
        (None, Usage()), (7, Usage()),
    ],
)  # fmt: skip
def test_tokens(usage: object, expected: Usage) -> None:
    assert got(answer(candidate({"text": "x"}), usageMetadata=usage)).usage == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (answer(usageMetadata={"promptTokenCount": 1}, modelVersion="g"), "NO_CANDIDATES"),
        ({"modelVersion": "g"}, "NO_CANDIDATES"),
        (answer({"finishReason": "STOP"}), "stop"),
        (answer({"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}), "length"),
        (answer(candidate({"text": " \n"})), "stop"),
        (answer(candidate({"text": "hmm", "thought": True})), "stop"),
        (answer(candidate({"functionCall": {"name": "f"}})), "stop"),
        (answer({}), "unknown"),
    ],
)
def test_no_text_is_a_failure(body: object, reason: str) -> None:
    found = failed(body)
    assert (found.kind, found.reason) == ("empty", reason)


@pytest.mark.parametrize(
    "wrong",
    [None, [], "x", 3, {}, {"candidates": {}}, {"candidates": [3]}, {"promptFeedback": {}},
     answer({"content": "x"}), answer({"content": [1]}), answer({"content": {"parts": {}}}),
     answer({"content": {"parts": ["x"]}}), answer(candidate(index="1"), candidate(index=0)),
     answer(candidate(index=None), candidate(index=1.5))],
)  # fmt: skip
def test_wrong_shapes_are_named(wrong: object) -> None:
    with pytest.raises(MalformedAnswer):
        got(wrong)


@pytest.mark.parametrize(
    "odd",
    [
        {"safetyRatings": 3}, {"safetyRatings": [3]}, {"logprobsResult": []},
        {"logprobsResult": {"chosenCandidates": 3}}, {"finishMessage": 3}, {"index": 0},
    ],
)  # fmt: skip
def test_odd_extras_are_not_reported_but_do_no_harm(odd: dict[str, Any]) -> None:
    body = answer(candidate({"text": "x"}, {"text": 3}, **odd), modelVersion=3, promptFeedback=3)
    assert got(body) == Response("x")


def test_odd_logprobs_keep_what_is_sound() -> None:
    result = {"chosenCandidates": [3, {"token": "a"}], "topCandidates": [{"candidates": 3}, {}]}
    found = got(answer(candidate({"text": "a"}, logprobsResult=result)))
    assert isinstance(found, Response)
    assert found.logprobs == [{"token": "a", "logprob": None}]


def test_hostile_words_are_cut_and_cleaned() -> None:
    message = "\x1b[31m" + "x" * 1_000_000
    found = failed(answer({"finishReason": "SAFETY", "finishMessage": message}))
    assert len(found.message) < 300
    assert found.message.isprintable()
    found = failed(answer({"finishReason": "\x00" * 1_000 + "ODD"}))
    assert len(found.message) < 300
    assert found.message.isprintable()
