"""``openai:`` endpoints against servers on loopback, good and bad."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest
from wire_server import Served, http, raw_server, sse

from llmeval.emulator import Faults, running_server
from llmeval.endpoints import EndpointOptions, resolve
from llmeval.errors import EndpointDown, ModelReferenceError
from llmeval.records import (
    Attempt,
    CallFailure,
    EndpointIdentity,
    Message,
    Request,
    Response,
)

KEY = "sk-hush-hush-0123456789"
ASK = Request((Message("user", "What is the capital of France?"),))
STREAM = Request(ASK.messages, stream=True)
GOOD = json.dumps({"model": "m-7", "choices": [
    {"message": {"content": "Paris"}, "finish_reason": "stop"}]}).encode()  # fmt: skip


def event(content: str | None, reason: str | None = None) -> bytes:
    delta = {} if content is None else {"content": content}
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def ask(url: str, request: Request = ASK, timeout: float = 5.0, **options: Any) -> Attempt:
    """Ask once on a loop of its own, and see that nothing is left behind."""

    async def once() -> Attempt:
        endpoint = resolve(f"openai:{url}#m", options=EndpointOptions(api_key=KEY, **options))
        await endpoint.open()
        try:
            return await endpoint.send(request, timeout)
        finally:
            await endpoint.close()
            await endpoint.close()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(once())


def told(
    pieces: Iterable[bytes],
    request: Request = ASK,
    *,
    pause: float = 0.0,
    linger: float = 0.0,
    timeout: float = 5.0,
    **options: Any,
) -> tuple[Attempt, Served]:
    """Ask a raw server once."""

    async def once() -> tuple[Attempt, Served]:
        async with raw_server(pieces, pause=pause, linger=linger) as served:
            endpoint = resolve(
                f"openai:{served.url}#m", options=EndpointOptions(api_key=KEY, **options)
            )
            await endpoint.open()
            attempt = await endpoint.send(request, timeout)
            await endpoint.close()
            return attempt, served

    attempt, served = asyncio.run(once())
    assert KEY not in repr(attempt)
    return attempt, served


def failed(attempt: Attempt) -> CallFailure:
    assert isinstance(attempt.outcome, CallFailure), attempt
    return attempt.outcome


def test_a_plain_answer_and_what_was_sent() -> None:
    request = Request(ASK.messages, {"temperature": 0.5}, seed=99)
    attempt, served = told([http(GOOD)], request, headers={"x-team": "blue"})
    assert attempt.outcome == Response("Paris", model_version="m-7")
    assert attempt.ttft is None
    assert 0 < attempt.latency < 2
    head, _, body = served.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1")
    assert f"Authorization: Bearer {KEY}".encode() in head
    assert b"x-team: blue" in head
    sent = json.loads(body)
    assert sent["temperature"] == 0.5
    assert "seed" not in sent
    assert "stream" not in sent


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ("quota_429", "quota", 429), ("server_500", "server_error", 500),
        ("unavailable_503", "server_error", 503), ("reset", "reset", None),
        ("hang", "timeout", None), ("truncated", "stream_cut", None),
        ("garbage", "malformed_body", None), ("empty", "empty", None),
        ("cut_stream", "stream_cut", None),
    ],
)  # fmt: skip
def test_each_fault_is_its_own_kind(
    fault: str, kind: str, status: int | None, stream: bool
) -> None:
    faults = Faults(**{fault: 1.0, "retry_after": 1.5})  # type: ignore[arg-type]
    with running_server(("m",), faults=faults, endpoints=resolved("fixed")) as url:
        got = failed(ask(url, STREAM if stream else ASK, timeout=0.4))
    assert (got.kind, got.status) == (kind, status)
    assert got.retry_after == (1.5 if status in (429, 503) else None)


def resolved(name: str) -> dict[str, Any]:
    from llmeval.emulator.models import endpoints_for

    return {"m": endpoints_for([name], 0)[name]}


def test_a_stream_measures_its_first_content() -> None:
    pieces = sse(
        b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
        event("Pa"), event("ris"), event(None, "stop"), b"data: [DONE]\n\n",
    )  # fmt: skip
    attempt, served = told(pieces, STREAM, pause=0.1)
    assert attempt.outcome == Response("Paris")
    assert attempt.ttft == pytest.approx(0.2, abs=0.08)
    assert attempt.latency == pytest.approx(0.5, abs=0.12)
    assert b"Accept-Encoding: identity" in served.requests[0]
    assert json.loads(served.requests[0].partition(b"\r\n\r\n")[2])["stream"] is True


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ([event(None, "stop")], "answered"),
        ([b"data: [DONE]\n\n"], "answered"),
        ([b"data: [DONE]"], "answered"),
        ([b": bye\n\n"], "stream_cut"),
        ([b'data: {"choices": [{"del'], "stream_cut"),
        ([b"data: {broken}\n\n"], "malformed_body"),
        ([b'data: {"error": {"message": "boom", "code": 500}}\n\n'], "server_error"),
        ([b'data: {"error": {"code": "content_filter"}}\n\n'], "blocked_output"),
    ],
)
def test_how_a_stream_may_end(tail: list[bytes], kind: str) -> None:
    attempt, _ = told(sse(event("Paris"), *tail), STREAM)
    got = attempt.outcome
    assert kind == ("answered" if isinstance(got, Response) else got.kind), got
    assert attempt.ttft is not None


def test_a_stream_that_breaks_after_its_finish_reason_is_whole() -> None:
    attempt, _ = told(sse(event("Paris"), event(None, "stop"), length=9999), STREAM)
    assert attempt.outcome == Response("Paris")
    attempt, _ = told(sse(event("Paris"), length=9999), STREAM)
    assert failed(attempt).kind == "stream_cut"


def test_a_server_that_lingers_after_done_is_not_waited_for() -> None:
    pieces = sse(event("Paris"), b"data: [DONE]\n\n", length=9999)
    started = time.perf_counter()
    attempt, _ = told(pieces, STREAM, linger=3)
    assert attempt.outcome == Response("Paris", "unknown")
    assert attempt.latency < 0.15
    assert time.perf_counter() - started < 1.5


def test_a_server_that_cannot_stream_is_understood() -> None:
    attempt, _ = told([http(GOOD)], STREAM)
    assert attempt.outcome == Response("Paris", model_version="m-7")
    assert attempt.ttft is None


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (http(b"<html>\x1b]0;hi\x07 down", Content_Type="text/html"), "malformed_body", "down"),
        (http(b""), "malformed_body", "(nothing)"),
        (http(b"[]"), "malformed_body", "no JSON object"),
        (http(b"[" * 100_000), "malformed_body", "[[["),
        (http(b'{"error":{"message":"no luck","code":429}}'), "quota", "no luck"),
        (http(b"", "401 Unauthorized"), "unauthorized", "401"),
        (http(KEY.encode(), "403 Forbidden"), "forbidden", "[redacted]"),
        (http(b"", "408 Request Timeout"), "timeout", "408"),
        (http(b"", "302 Found", Location="http://else/v1"), "bad_request", "http://else/v1"),
        (http(b'{"error":{"code":"content_filter"}}', "400 X"), "blocked_prompt", "400"),
        (http(GOOD, Content_Length="500"), "stream_cut", "broke off"),
        (http(b"not gzip", Content_Encoding="gzip"), "malformed_body", "decompress"),
        (b"SSH-2.0-OpenSSH\r\n", "malformed_body", "not HTTP"),
        (b"", "reset", "before an answer"),
    ],
)  # fmt: skip
def test_bad_answers(answer: bytes, kind: str, said: str) -> None:
    got = failed(told([answer])[0])
    assert got.kind == kind
    assert said in got.message
    assert got.message.isprintable()


def test_gzip_is_accepted() -> None:
    attempt, served = told([http(gzip.compress(GOOD), Content_Encoding="gzip")])
    assert attempt.outcome == Response("Paris", model_version="m-7")
    assert b"Accept-Encoding: gzip" in served.requests[0]


@pytest.mark.parametrize(
    "pieces",
    [
        [http(b"x", Content_Length="60000")],
        [http(gzip.compress(b"x" * 60_000), Content_Encoding="gzip")],
        [http(b"", Content_Length="", Connection="close"), b"x" * 60_000],
    ],
)
def test_an_answer_above_the_limit_is_too_large(pieces: list[bytes]) -> None:
    assert failed(told(pieces, max_response_bytes=50_000)[0]).kind == "too_large"


def test_a_stream_above_the_limit_is_too_large() -> None:
    pieces = sse(*[event("x" * 1000)] * 60)
    assert failed(told(pieces, STREAM, max_response_bytes=50_000)[0]).kind == "too_large"


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    got = failed(ask(f"http://127.0.0.1:{port}/v1"))
    assert got.kind == "refused_connection"
    assert f"127.0.0.1:{port}" in got.message


def test_an_unknown_host() -> None:
    assert failed(ask("http://no-such-host.invalid/v1")).kind == "dns"


def test_tls_to_a_server_that_speaks_none() -> None:
    with running_server(endpoints=resolved("fixed")) as url:
        assert failed(ask(url.replace("http:", "https:"))).kind == "tls"


def test_hints_for_the_usual_mistakes() -> None:
    with running_server(endpoints=resolved("fixed"), faults=Faults(api_key="right")) as url:
        assert failed(ask(url.removesuffix("/v1"))).kind == "not_found"
        assert "lack /v1" in failed(ask(url.removesuffix("/v1"))).message
        assert failed(ask(url)).kind == "unauthorized"

        async def without_key() -> Attempt:
            endpoint = resolve(f"openai:{url}#m", options=EndpointOptions())
            await endpoint.open()
            try:
                return await endpoint.send(ASK, 2)
            finally:
                await endpoint.close()

        assert "no API key was given" in failed(asyncio.run(without_key())).message


@pytest.mark.parametrize("settings", [{"n": 3}, {"x": object()}])
def test_settings_that_cannot_be_sent_cost_no_call(settings: dict[str, Any]) -> None:
    attempt, served = told([http(GOOD)], Request(ASK.messages, settings))
    assert failed(attempt).kind == "bad_request"
    assert served.requests == []


@pytest.mark.parametrize("text", ["\ud800 \x00 \u202e", "x" * 2_000_000])
def test_hostile_prompts_go_out_and_hostile_answers_come_in(text: str) -> None:
    answer = http(b'{"choices":[{"message":{"content":"a\\ud800\\u0000b"}}]}')
    attempt, served = told([answer], Request((Message("user", text),)))
    assert attempt.outcome == Response("a\ufffd\x00b", "unknown")
    assert (
        json.loads(served.requests[0].partition(b"\r\n\r\n")[2])["messages"][0]["content"] == text
    )


def test_making_a_connection_is_not_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    import aiohttp

    plain = aiohttp.TCPConnector._create_connection

    async def slow(*args: Any) -> Any:
        await asyncio.sleep(0.3)
        return await plain(*args)

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", slow)
    assert told([http(GOOD)])[0].latency < 0.2
    got = failed(told([http(GOOD)], timeout=0.1)[0])
    assert got.kind == "timeout"
    got = failed(told([http(GOOD)], connect_timeout=0.1)[0])
    assert (got.kind, got.message) == ("timeout", "no connection within 0.1 s")


def test_the_only_model_is_looked_up() -> None:
    async def look_up(url: str) -> tuple[EndpointIdentity, EndpointIdentity, Attempt]:
        endpoint = resolve(f"openai:{url}", options=EndpointOptions(api_key=KEY))
        before = endpoint.identity
        await endpoint.open()
        await endpoint.open()
        attempt = await endpoint.send(ASK, 2)
        await endpoint.close()
        return before, endpoint.identity, attempt

    with running_server(endpoints=resolved("fixed")) as url:
        before, after, attempt = asyncio.run(look_up(url))
    assert (before.name, after.name) == ("", "m")
    assert before.ref == after.ref == f"openai:{url}", "a column's name does not change"
    assert isinstance(attempt.outcome, Response)


def opened(pieces: list[bytes]) -> None:
    async def look_up() -> None:
        async with raw_server(pieces) as served:
            endpoint = resolve(
                f"openai:{served.url}",
                options=EndpointOptions(api_key=KEY, connect_timeout=0.3),
            )
            await endpoint.open()

    asyncio.run(look_up())


@pytest.mark.parametrize(
    ("pieces", "error", "said"),
    [
        ([http(b'{"data":[{"id":"a"},{"id":"b"}]}')], ModelReferenceError, "#b"),
        ([http(b'{"data":[]}')], ModelReferenceError, "lists no model"),
        ([http(b"<html>")], ModelReferenceError, "lists no model"),
        ([http(b"", "401 X")], EndpointDown, "401"),
        ([http(b"", "404 X")], EndpointDown, "Name the model"),
        ([b""], EndpointDown, "broke"),
        ([], EndpointDown, "broke"),
    ],
)
def test_a_look_up_that_fails_says_why(
    pieces: list[bytes], error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as caught:
        opened(pieces)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


def test_sending_without_opening_is_a_defect() -> None:
    endpoint = resolve("openai:http://127.0.0.1:1/v1#m", options=EndpointOptions(api_key=KEY))
    with pytest.raises(RuntimeError):
        asyncio.run(endpoint.send(ASK, 1))
    asyncio.run(endpoint.close())
    assert KEY not in repr(endpoint) + repr(endpoint.identity)


def test_connections_are_reused_and_all_closed() -> None:
    async def many(url: str) -> int:
        endpoint = resolve(f"openai:{url}#m", options=EndpointOptions())
        await endpoint.open()
        for request in (ASK, STREAM):
            for _ in range(3):
                attempts = await asyncio.gather(*(endpoint.send(request, 5) for _ in range(8)))
                assert all(isinstance(a.outcome, Response) for a in attempts)
        held = sum(map(len, endpoint._channel._session.connector._conns.values()))  # type: ignore[attr-defined]
        await endpoint.close()
        return held

    with running_server(endpoints=resolved("fixed")) as url:
        assert 1 <= asyncio.run(many(url)) <= 8
    assert all(t.name != "llmeval-emulator" for t in threading.enumerate())


def test_a_cancelled_call_frees_its_connection() -> None:
    async def cancel(url: str) -> None:
        endpoint = resolve(f"openai:{url}#m", options=EndpointOptions())
        await endpoint.open()
        call = asyncio.create_task(endpoint.send(ASK, 30))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await endpoint.close()

    with running_server(endpoints=resolved("fixed"), faults=Faults(hang=1)) as url:
        asyncio.run(cancel(url))
