"""Lines of a batch's output find their requests, whatever the service made of them."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from llmeval.emulator.vertex_jobs.batch.lines import echoed
from llmeval.endpoints.vertex.pairing import canonical, line_error, pair
from llmeval.errors import InfrastructureError


def body(text: str, **settings: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    return made | ({"generationConfig": settings} if settings else {})


def line(request: Any, answer: str = "yes") -> dict[str, Any]:
    return {"status": "", "request": request, "response": {"text": answer}}


def test_lines_in_another_order_find_their_requests() -> None:
    bodies = [body(f"q{i}", temperature=0.0, seed=i % 3) for i in range(200)]
    lines = [line(echoed(b), f"a{i}") for i, b in enumerate(bodies)]
    random.Random(1).shuffle(lines)
    found = dict(pair(bodies, lines))
    assert sorted(found) == list(range(200))
    for index, answered in found.items():
        assert answered is not None and answered["response"]["text"] == f"a{index}"


def test_equal_requests_are_interchangeable_and_each_answer_is_used_once() -> None:
    bodies = [body("same"), body("other"), body("same"), body("same")]
    lines = [line(body("same"), f"a{i}") for i in range(3)] + [line(body("other"))]
    found = dict(pair(bodies, lines))
    texts = [found[i]["response"]["text"] for i in (0, 2, 3)]  # type: ignore[index]
    assert sorted(texts) == ["a0", "a1", "a2"]


def test_the_same_prompt_with_another_seed_is_another_request() -> None:
    bodies = [body("q", seed=0), body("q", seed=1)]
    lines = [line(body("q", seed=1), "one"), line(body("q", seed=0), "zero")]
    found = dict(pair(bodies, lines))
    assert found[0] == lines[1] and found[1] == lines[0]


def test_requests_without_an_answer_come_last() -> None:
    bodies = [body("a"), body("b"), body("c"), body("b")]
    assert list(pair(bodies, [line(body("b"))]))[1:] == [(0, None), (2, None), (3, None)]
    assert list(pair(bodies[:1], [])) == [(0, None)]
    assert list(pair([], [])) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"contents": [{"parts": [{"text": "q", "fileData": None}]}], "generationConfig": {}},
        {"contents": [{"role": "user", "parts": [{"text": "q"}]}], "labels": {}},
        {"contents": [{"role": "user", "parts": [{"text": "q"}]}], "safety_settings": []},
    ],
)
def test_what_the_service_adds_or_leaves_out_does_not_count(changed: dict[str, Any]) -> None:
    assert canonical(changed) == canonical(body("q"))
    assert next(iter(pair([body("q")], [line(changed)])))[0] == 0


def test_names_and_numbers_may_be_written_in_either_way() -> None:
    ours = {
        "contents": [{"role": "user", "parts": [{"text": "q"}]}],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "generationConfig": {"temperature": 0.0, "maxOutputTokens": 10, "topP": 0.5},
    }
    theirs = {
        "system_instruction": {"role": "system", "parts": [{"text": "s"}]},
        "generation_config": {"top_p": 0.5, "max_output_tokens": 10.0, "temperature": 0},
        "contents": [{"parts": [{"text": "q"}]}],
    }
    assert canonical(ours) == canonical(theirs)


def test_settings_that_came_back_changed_leave_the_contents() -> None:
    bodies = [body("a", temperature=0.3), body("b", temperature=0.3)]
    lines = [line(body("b", temperature=0.30000001)), line(body("a"))]
    assert dict(pair(bodies, lines)) == {0: lines[1], 1: lines[0]}


def test_an_exact_request_is_not_taken_by_one_that_is_only_alike() -> None:
    bodies = [body("q", seed=0), body("q", seed=1)]
    lines = [line(body("q"), "no seed"), line(body("q", seed=0), "zero")]
    assert dict(pair(bodies, lines)) == {0: lines[1], 1: lines[0]}


def test_a_system_instruction_is_part_of_the_contents() -> None:
    bodies = [body("q") | {"systemInstruction": {"parts": [{"text": t}]}} for t in ("x", "y")]
    lines = [line({**copy.deepcopy(b), "generationConfig": {"seed": 7}}) for b in bodies[::-1]]
    assert dict(pair(bodies, lines)) == {0: lines[1], 1: lines[0]}


def test_a_custom_models_instances_are_paired_whole() -> None:
    bodies = [{"prompt": "a"}, {"prompt": "b"}, "text", 3]
    lines = [{"instance": b, "prediction": i} for i, b in enumerate(bodies)][::-1]
    found = dict(pair(bodies, lines))
    assert [found[i]["prediction"] for i in range(4)] == [0, 1, 2, 3]  # type: ignore[index]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([line(body("elsewhere"))], "line 1 of the batch's output answers no request .*elsewhere"),
        ([line(body("a")), line(body("a"))], "line 2 .*answers no request"),
        ([line(body("a")), {"response": {}}], "line 2 .*holds no request that it answers"),
        ([line(body("a", seed=1)), line(body("a", seed=2))], "line 2 .*answers no request"),
        ([line("\ud800" + "x" * 100_000)], "line 1 .*answers no request"),
    ],
)
def test_a_line_that_answers_nothing_is_named(lines: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(InfrastructureError, match=told) as raised:
        list(pair([body("a")], lines))
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (line(body("q")), None),
        ({"status": " ", "request": {}}, None),
        (
            {"status": 'Bad Request: {"error": {"code": 400, "message": "m", "status": "X"}}'},
            {"code": 400, "message": "m", "status": "X"},
        ),
        ({"status": "Gone: \ud800"}, {"message": "Gone:", "status": "UNKNOWN"}),
        ({"status": "odd"}, {"message": "odd", "status": "UNKNOWN"}),
        ({"status": "Bad: [1]"}, {"message": "Bad: [1]", "status": "UNKNOWN"}),
        ({"instance": 1, "error": {"code": 3, "message": "m"}}, {"code": 3, "message": "m"}),
        ({"instance": 1, "prediction": 2}, None),
    ],
)
def test_the_error_of_a_line_is_read(given: dict[str, Any], error: object) -> None:
    assert line_error(given) == error
