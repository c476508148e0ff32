"""Faults of the Vertex surface: drawn at their rates, forced by markers, and what each does."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from vertex_asking import CHAT, FLASH, HELLO, PLACE, Says, ask, asked_with, events

from llmeval.emulator import Faults, VertexOptions, running_emulator
from llmeval.emulator.faults import ALL_KINDS, KINDS, VERTEX_KINDS, draw, parse_faults, rates_of
from llmeval.emulator.vertex.errors import GoogleError
from llmeval.emulator.vertex.kinds import BLOCKS, DOES, Fault, Where, forced, refusal
from llmeval.errors import ConfigError
from llmeval.records import Response

STREAM = f"{FLASH}:streamGenerateContent?alt=sse"
WHOLE = f"{FLASH}:generateContent"


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


def marked(kind: str) -> dict[str, Any]:
    return asked_with(f"Hello [[fault:{kind}]] there")


# Drawing


def test_every_kind_is_described_and_documented() -> None:
    assert set(DOES) == set(ALL_KINDS) and len(ALL_KINDS) == len(set(ALL_KINDS))
    page = (Path(__file__).parents[3] / "docs" / "vertex-emulator.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|$", page, re.M))
    assert {kind: rows.get(kind) for kind in DOES} == dict(DOES)


def test_rates_of_all_kinds_are_met() -> None:
    faults = Faults(**dict.fromkeys(ALL_KINDS, 0.02))
    drawn = Counter(draw(faults, 3, n, ALL_KINDS) for n in range(30_000))
    for kind in ALL_KINDS:
        assert drawn[kind] / 30_000 == pytest.approx(0.02, abs=0.004)
    assert faults.any and rates_of(faults)["spii"] == 0.02


def test_the_openai_surface_draws_only_its_own_kinds() -> None:
    faults = Faults(reset=0.2, blocked_prompt=0.5)
    both = [(draw(faults, 1, n), draw(faults, 1, n, ALL_KINDS)) for n in range(2000)]
    assert {first for first, _ in both} == {"reset", None}
    assert {second for first, second in both if first is None} == {"blocked_prompt", None}
    assert all(second == "reset" for first, second in both if first == "reset")


def test_rates_from_the_command_line() -> None:
    assert parse_faults("spii=0.1,endpoint_requests_per_second=5") == {
        "spii": 0.1, "endpoint_requests_per_second": 5.0
    }  # fmt: skip
    with pytest.raises(ConfigError, match="Did you mean 'blocked_prompt'"):
        parse_faults("blocked_promt=1")
    with pytest.raises(ConfigError, match="must be above 0"):
        Faults(endpoint_requests_per_second=0)
    with pytest.raises(ConfigError, match="add up to"):
        Faults(reset=0.6, spii=0.6)


def test_a_server_draws_the_same_again() -> None:
    faults = Faults(quota_429=0.2, blocked_output=0.2, server_500=0.1)
    with running_emulator(faults=faults, seed=4) as root:
        first = [outcome(ask(root + WHOLE, HELLO)) for _ in range(40)]
        counted = ask(f"{root}/control/counters").body
        ask(f"{root}/control/reset", b"")
        assert [outcome(ask(root + WHOLE, HELLO)) for _ in range(40)] == first
    assert counted["calls"] == 40 and counted["outcomes"] == dict(Counter(first))
    assert set(first) == {"answered", "quota_429", "blocked_output", "server_500"}


def outcome(got: Any) -> str:
    if got.status != 200:
        return {429: "quota_429", 500: "server_500"}[got.status]
    reason = got.body["candidates"][0]["finishReason"]
    return "blocked_output" if reason == "SAFETY" else "answered"


# Markers


def test_markers() -> None:
    assert forced(b"no marker [[fault]]") is None
    assert forced(b'{"text": "a [[fault:reset]] b"}') == Fault("reset")
    assert forced(b"[[fault:blocked_prompt:JAILBREAK]]") == Fault("blocked_prompt", "JAILBREAK")
    with pytest.raises(GoogleError, match="Did you mean 'server_500'"):
        forced(b"[[fault:server_50]]")


def test_a_wrong_marker_is_a_bad_request(root: str) -> None:
    got = ask(root + WHOLE, marked("nonsense"))
    assert got.status == 400 and "'nonsense' is no fault" in got.error["message"]


def test_a_marker_comes_before_a_draw_and_holds_once() -> None:
    with running_emulator(faults=Faults(server_500=1)) as root:
        assert ask(root + WHOLE, marked("cancelled_499")).status == 499
        assert ask(root + WHOLE, HELLO).status == 500


# Errors


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("invalid_400", 400, "INVALID_ARGUMENT"),
        ("unauthenticated_401", 401, "UNAUTHENTICATED"),
        ("permission_403", 403, "PERMISSION_DENIED"),
        ("not_found_404", 404, "NOT_FOUND"),
        ("timeout_408", 408, "DEADLINE_EXCEEDED"),
        ("aborted_409", 409, "ABORTED"),
        ("quota_429", 429, "RESOURCE_EXHAUSTED"),
        ("quota_project_429", 429, "RESOURCE_EXHAUSTED"),
        ("quota_endpoint_429", 429, "RESOURCE_EXHAUSTED"),
        ("cancelled_499", 499, "CANCELLED"),
        ("server_500", 500, "INTERNAL"),
        ("unavailable_503", 503, "UNAVAILABLE"),
        ("deadline_504", 504, "DEADLINE_EXCEEDED"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [WHOLE, STREAM, f"{PLACE}/endpoints/1002:predict", f"{PLACE}/endpoints/1002/chat/completions"],
)
def test_errors_are_googles_on_every_surface(
    root: str, path: str, kind: str, code: int, status: str
) -> None:
    got = ask(root + path, marked(kind))
    assert (got.status, got.error["code"], got.error["status"]) == (code, code, status)
    assert got.headers["x-llmeval-emulator"] == "1"
    assert got.error["message"]


def test_details_of_errors(root: str) -> None:
    def details(kind: str) -> dict[str, Any]:
        told = ask(root + WHOLE, marked(kind)).error.get("details", [])
        return {detail["@type"].rpartition(".")[2]: detail for detail in told}

    assert details("invalid_400")["BadRequest"]["fieldViolations"][0]["field"] == "contents"
    assert details("unauthenticated_401")["ErrorInfo"]["reason"] == "ACCESS_TOKEN_EXPIRED"
    permission = details("permission_403")["ErrorInfo"]
    assert permission["metadata"]["permission"] == "aiplatform.endpoints.predict"
    assert permission["metadata"]["resource"] == FLASH[4:]
    assert details("quota_429") == details("quota_endpoint_429") == {}
    quota = details("quota_project_429")
    assert quota["ErrorInfo"]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert quota["ErrorInfo"]["metadata"]["consumer"] == "projects/p"
    assert quota["ErrorInfo"]["metadata"]["quota_location"] == "us-central1"
    assert quota["QuotaFailure"]["violations"][0]["subject"].startswith("projects/p/")
    assert quota["RetryInfo"]["retryDelay"] == "1s"


@pytest.mark.parametrize(
    ("seconds", "header", "millis", "delay"),
    [(None, None, None, "1s"), (2.0, "2", None, "2s"), (0.25, "1", "250", "0.25s")],
)
def test_how_long_to_wait(
    seconds: float | None, header: str | None, millis: str | None, delay: str
) -> None:
    with running_emulator(faults=Faults(retry_after=seconds)) as root:
        for kind in ("quota_429", "quota_project_429", "quota_endpoint_429", "unavailable_503"):
            got = ask(root + WHOLE, marked(kind))
            assert (got.headers["Retry-After"], got.headers["retry-after-ms"]) == (header, millis)
        got = ask(root + WHOLE, marked("quota_project_429"))
        assert got.error["details"][2]["retryDelay"] == delay


def test_refusals_name_what_was_asked() -> None:
    endpoint = Where("p", "us-central1", f"{PLACE[4:]}/endpoints/1002")
    publisher = Where("p", "us-central1", FLASH[4:])
    told = [refusal("not_found_404", where, None) for where in (endpoint, publisher)]
    assert told[0] and told[0].message.startswith("Endpoint `projects/p/")
    assert told[1] and told[1].message.startswith("Publisher Model `projects/p/")
    assert refusal("reset", endpoint, None) is None
    for kind in ALL_KINDS:
        error = refusal(kind, endpoint, None)
        assert error is None or error.outcome == kind


def test_an_error_as_a_list_of_one(root: str) -> None:
    for path in (WHOLE, STREAM, f"{PLACE}/endpoints/1002:predict"):
        got = ask(root + path, marked("error_list"))
        assert got.status == 429 and isinstance(got.body, list) and len(got.body) == 1


@pytest.mark.parametrize(("kind", "code"), [("html_404", 404), ("html_502", 502), ("garbage", 200)])
def test_pages_where_json_belongs(root: str, kind: str, code: int) -> None:
    got = ask(root + WHOLE, marked(kind))
    assert got.status == code and got.headers["Content-Type"].startswith("text/html")
    assert got.body.startswith("<!DOCTYPE html>")


# Broken connections: what had come, and how it ended


async def read(url: str, body: object) -> tuple[bytes, str]:
    """Return what of an answer arrives, and the name of the exception that ended it."""
    got = b""
    async with aiohttp.ClientSession() as session:
        try:
            async with asyncio.timeout(2), session.post(url, json=body) as answer:
                async for piece in answer.content.iter_any():
                    got += piece
        except (aiohttp.ClientError, TimeoutError) as error:
            return got, type(error.__cause__ or error).__name__
    return got, ""


@pytest.mark.parametrize(
    ("kind", "ended"),
    [
        ("cut_stream", ""),
        ("fin_stream", "TransferEncodingError"),
        ("truncated", "ContentLengthError"),
    ],
)
@pytest.mark.parametrize("path", [STREAM, STREAM.partition("?")[0]])
def test_streams_that_break(root: str, kind: str, ended: str, path: str) -> None:
    got, how = asyncio.run(read(root + path, marked(kind)))
    whole, fine = asyncio.run(read(root + path, HELLO))
    assert how == ended and fine == ""
    assert 0.3 < len(got) / len(whole) < 0.6
    assert b"finishReason" not in got and b"finishReason" in whole


@pytest.mark.parametrize("kind", ["truncated", "cut_stream", "fin_stream", "reset_stream"])
def test_bodies_that_break(root: str, kind: str) -> None:
    got, how = asyncio.run(read(root + WHOLE, marked(kind)))
    assert how and got
    with pytest.raises(json.JSONDecodeError):
        json.loads(got)


@pytest.mark.parametrize(
    ("kind", "path", "ended", "some"),
    [
        ("fin_stream", STREAM, "FIN", True),
        ("reset_stream", STREAM, "RST", True),
        ("fin_stream", WHOLE, "FIN", True),
        ("reset_stream", WHOLE, "RST", True),
        ("reset", STREAM, "RST", False),
    ],
)
def test_how_a_connection_ends(root: str, kind: str, path: str, ended: str, some: bool) -> None:
    host, port = root.removeprefix("http://").split(":")
    body = json.dumps(marked(kind)).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    got, how = b"", "FIN"
    with socket.create_connection((host, int(port)), timeout=3) as client:
        client.sendall(head.encode() + body)
        try:
            while piece := client.recv(65536):
                got += piece
        except ConnectionResetError:
            how = "RST"
    assert (how, b"candidates" in got) == (ended, some)
    assert not got.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("path", [WHOLE, STREAM])
def test_connections_that_break_before_an_answer(root: str, path: str) -> None:
    got, how = asyncio.run(read(root + path, marked("reset")))
    assert (got, how) == (b"", "ConnectionResetError")


def test_an_answer_that_never_comes(root: str) -> None:
    started = time.monotonic()
    assert asyncio.run(read(root + WHOLE, marked("hang"))) == (b"", "CancelledError")
    assert time.monotonic() - started > 1.9
    deadline = time.monotonic() + 3
    while ask(f"{root}/control/counters").body["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.02)
    counted = ask(f"{root}/control/counters").body
    assert counted["in_flight"] == 0 and counted["outcomes"]["disconnected"] == 1


def test_an_error_in_mid_stream(root: str) -> None:
    told = events(ask(root + STREAM, marked("error_midstream")).body)
    assert told[-1]["error"]["status"] == "UNAVAILABLE"
    assert told[0]["candidates"][0]["content"]["parts"][0]["text"] == "Here"
    array = ask(root + STREAM.partition("?")[0], marked("error_midstream")).body
    assert array[-1] == told[-1] and len(array) == len(told)
    assert ask(root + WHOLE, marked("error_midstream")).status == 503


def test_an_error_in_mid_stream_of_other_dialects(root: str) -> None:
    text = "Hello [[fault:error_midstream]]"
    chat = {"messages": [{"role": "user", "content": text}], "stream": True}
    told = events(ask(f"{root}{PLACE}/endpoints/1002/chat/completions", chat).body)
    assert told[-1]["error"]["code"] == 503 and "choices" in told[-2]
    claude = f"{root}{PLACE}/publishers/anthropic/models/claude-opus-4:streamRawPredict"
    body = chat | {"anthropic_version": "vertex-2023-10-16", "max_tokens": 9999}
    told = events(ask(claude, body).body)
    assert told[-1]["error"]["type"] == "overloaded_error"
    own = ask(f"{root}{PLACE}/endpoints/1005:streamRawPredict", {"prompt": text}).body
    assert events(own)[-1]["error"]["status"] == "UNAVAILABLE"


def test_an_error_in_the_middle_of_an_answer_of_one_piece() -> None:
    options = VertexOptions(endpoints={"stable": Says([Response("x")])})
    with running_emulator(vertex=options) as root:
        (only,) = ask(root + STREAM.partition("?")[0], marked("error_midstream")).body
    assert only["error"]["code"] == 503


# Blocks


@pytest.mark.parametrize("kind", BLOCKS)
def test_withheld_answers(root: str, kind: str) -> None:
    (candidate,) = ask(root + WHOLE, marked(kind)).body["candidates"]
    assert candidate["finishReason"] == BLOCKS[kind] and "content" not in candidate
    ratings = candidate["safetyRatings"]
    assert [r for r in ratings if r.get("blocked")] == (
        ratings[:1] if BLOCKS[kind] == "SAFETY" else []
    )
    assert ("citationMetadata" in candidate) == (kind == "recitation")


def test_a_block_in_mid_stream_shows_what_had_been_said(root: str) -> None:
    *texts, last = events(ask(root + STREAM, marked("blocked_midstream:SPII")).body)
    shown = "".join(c["candidates"][0]["content"]["parts"][0]["text"] for c in texts)
    assert shown.startswith("Here is") and "content" not in last["candidates"][0]
    assert last["candidates"][0]["finishReason"] == "SPII"
    said = last["usageMetadata"]["candidatesTokenCount"]
    assert said == len(texts)


def test_a_blocked_prompt_has_no_candidates(root: str) -> None:
    got = ask(root + WHOLE, marked("blocked_prompt")).body
    feedback = got["promptFeedback"]
    assert "candidates" not in got and feedback["blockReason"] == "SAFETY"
    assert feedback["safetyRatings"][0]["blocked"] is True
    assert (
        "safetyRatings"
        not in ask(root + WHOLE, marked("blocked_prompt:MODEL_ARMOR")).body["promptFeedback"]
    )
    assert events(ask(root + STREAM, marked("blocked_prompt")).body)[0].keys() == got.keys()


def test_what_the_caller_turned_off_is_not_what_blocks(root: str) -> None:
    off = [{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"}]
    got = ask(root + WHOLE, marked("blocked_output") | {"safetySettings": off}).body
    first = got["candidates"][0]["safetyRatings"][0]
    assert (first["category"], first["blocked"]) == ("HARM_CATEGORY_DANGEROUS_CONTENT", True)


def test_answers_without_text(root: str) -> None:
    def candidate(kind: str) -> Any:
        return ask(root + WHOLE, marked(kind)).body["candidates"][0]

    assert candidate("no_parts")["content"] == {"role": "model"}
    assert candidate("empty")["content"]["parts"] == [{"text": ""}]
    thinking = ask(root + WHOLE, marked("max_tokens_empty")).body
    assert thinking["candidates"][0]["content"] == {"role": "model"}
    assert thinking["usageMetadata"]["thoughtsTokenCount"] == 64
    assert "candidatesTokenCount" not in thinking["usageMetadata"]
    assert "finishMessage" in candidate("malformed_call")
    assert ask(root + WHOLE, marked("no_candidates")).body["candidates"] == []


# Quotas


def test_a_projects_quota_says_how_long_to_wait() -> None:
    with running_emulator(faults=Faults(requests_per_second=1)) as root:
        assert [ask(root + WHOLE, HELLO).status for _ in range(2)] == [200, 429]
        got = ask(root + WHOLE, HELLO)
        other = ask(root + WHOLE.replace("/p/", "/q/"), HELLO)
        counted = ask(f"{root}/control/counters").body["outcomes"]
    assert got.error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert 0 < float(got.error["details"][2]["retryDelay"].rstrip("s")) <= 1
    assert "Retry-After" not in got.headers
    assert other.status == 200
    assert counted == {"answered": 2, "over_quota": 2}


def test_an_endpoints_quota_is_its_own() -> None:
    faults = Faults(endpoint_requests_per_second=1, retry_after=3)
    with running_emulator(faults=faults) as root:
        vllm, tgi = (f"{root}{PLACE}/endpoints/{n}/chat/completions" for n in (1002, 1004))
        assert [ask(vllm, CHAT).status, ask(vllm, CHAT).status] == [200, 429]
        got = ask(vllm, CHAT)
        assert ask(tgi, CHAT).status == 200
        counted = ask(f"{root}/control/counters").body["outcomes"]
    assert "endpoints/1002 is overloaded" in got.error["message"]
    assert got.headers["Retry-After"] == "3"
    assert counted == {"answered": 2, "over_endpoint_quota": 2}


def test_a_delay_and_the_models_own_pace() -> None:
    says = Says([Response("one two three four")], latency=0.3, ttft=0.1)
    options = VertexOptions(endpoints={"stable": says})

    async def arrivals(url: str) -> list[float]:
        times = []
        async with aiohttp.ClientSession() as session:
            started = time.perf_counter()
            async with session.post(url, json=HELLO) as answer:
                async for line in answer.content:
                    if line.startswith(b"data"):
                        times.append(time.perf_counter() - started)
        return times

    with running_emulator(faults=Faults(delay=0.1), vertex=options) as root:
        times = asyncio.run(arrivals(root + STREAM))
        started = time.perf_counter()
        ask(root + WHOLE, HELLO)
        whole = time.perf_counter() - started
    assert times[0] == pytest.approx(0.2, abs=0.08)
    assert times[-1] == pytest.approx(0.4, abs=0.08)
    assert whole == pytest.approx(0.4, abs=0.08)
    assert len(times) == 5


def test_kinds_of_both_surfaces_keep_their_names() -> None:
    assert KINDS == (
        "quota_429", "server_500", "unavailable_503", "reset", "hang", "truncated", "garbage",
        "empty", "cut_stream",
    )  # fmt: skip
    assert not set(KINDS) & set(VERTEX_KINDS)
