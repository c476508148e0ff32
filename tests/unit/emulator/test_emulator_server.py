"""The emulator over HTTP: its dialect, its pacing, its counters, its command line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from llmeval.emulator import Faults, create_app, running_server
from llmeval.emulator.__main__ import main
from llmeval.emulator.models import FIXED_TEXT
from llmeval.emulator.server import serve
from llmeval.emulator.wire import BadRequest, ask_of
from llmeval.endpoints import EndpointOptions, resolve
from llmeval.errors import ConfigError, ModelReferenceError
from llmeval.records import (
    Attempt,
    CallFailure,
    EndpointIdentity,
    Message,
    Request,
    Response,
)

HELLO: dict[str, Any] = {"model": "fixed", "messages": [{"role": "user", "content": "hi"}]}


def http(url: str, body: object = None, method: str | None = None, **headers: str) -> Any:
    """Return (status, decoded body or text, headers)."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            got, status, head = answer.read(), answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            got, status, head = error.read(), error.code, error.headers
    with contextlib.suppress(ValueError):
        got = json.loads(got)
    return status, got, head


def chat(url: str, **more: Any) -> Any:
    return http(f"{url}/chat/completions", HELLO | more)


def counters(url: str) -> Any:
    return http(url.removesuffix("/v1") + "/control/counters")[1]


class Says:
    """An endpoint that gives what it was told, stating ``ttft`` and ``latency``."""

    identity = EndpointIdentity(ref="says", kind="test", name="says")

    def __init__(self, outcome: Response | CallFailure, latency: float = 0.0, ttft: float = 0.0):
        self._attempt = Attempt(outcome, latency=latency, ttft=ttft)
        self.asked: list[Request] = []
        self.life: list[str] = []

    async def open(self) -> None:
        self.life.append("open")

    async def send(self, request: Request, timeout: float) -> Attempt:
        self.asked.append(request)
        return self._attempt

    async def close(self) -> None:
        self.life.append("close")


@pytest.fixture(scope="module")
def fixed() -> Iterator[str]:
    with running_server(("fixed", "demo")) as url:
        yield url


def test_models(fixed: str) -> None:
    status, body, _ = http(f"{fixed}/models")
    assert status == 200
    assert [entry["id"] for entry in body["data"]] == ["fixed", "demo"]


def test_a_whole_answer(fixed: str) -> None:
    status, body, _ = chat(fixed)
    assert status == 200
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": FIXED_TEXT}
    assert body["usage"] == {"prompt_tokens": 10, "completion_tokens": 9, "total_tokens": 19}


@pytest.mark.parametrize("usage", [True, False])
def test_a_streamed_answer(fixed: str, usage: bool) -> None:
    status, body, head = chat(fixed, stream=True, stream_options={"include_usage": usage})
    assert status == 200
    assert head["Content-Type"] == "text/event-stream"
    events = body.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    last = chunks.pop() if usage else {"usage": {"completion_tokens": 9}, "choices": []}
    assert last["usage"]["completion_tokens"] == 9
    assert last["choices"] == []
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(pieces) == FIXED_TEXT
    assert len(pieces) > 5


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "no JSON"),
        (b"[" * 100_000, 400, "no JSON"),
        (b"[]", 400, "no JSON object"),
        ({"model": 3}, 400, "'model'"),
        ({"model": "fixed"}, 400, "'messages'"),
        ({"model": "fixed", "messages": []}, 400, "'messages'"),
        ({"model": "fixed", "messages": ["x"]}, 400, "messages[0]"),
        ({"model": "fixed", "messages": [{"role": "x", "content": ""}]}, 400, "role"),
        ({"model": "fixed", "messages": [{"role": "user", "content": 3}]}, 400, "content"),
        (HELLO | {"model": "other"}, 404, "'other' does not exist"),
    ],
)
def test_a_bad_request_is_told_so(fixed: str, body: object, status: int, said: str) -> None:
    got, answer, _ = http(f"{fixed}/chat/completions", body)
    assert got == status
    assert said in answer["error"]["message"]


def test_what_is_asked_of_the_endpoint() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, {"type": "image"}]
    body = {
        "model": "m", "stream": True, "temperature": 0, "seed": 5,
        "messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": parts}],
    }  # fmt: skip
    assert ask_of(body, repetition=2) == (
        "m",
        Request(
            (Message("system", "s"), Message("user", "ab")),
            {"temperature": 0, "seed": 5},
            stream=True,
            repetition=2,
            seed=5,
        ),
    )
    assert ask_of(body | {"seed": "x"}, seed=9)[1].seed == 9
    with pytest.raises(BadRequest):
        ask_of(None)


def test_equal_questions_are_numbered_and_endpoints_live_with_the_server() -> None:
    says = Says(Response("x"))
    with running_server(endpoints={"fixed": says}) as url:
        chat(url)
        chat(url)
        chat(url, messages=[{"role": "user", "content": "other"}])
        assert says.life == ["open"]
    assert [request.repetition for request in says.asked] == [0, 1, 0]
    assert says.life == ["open", "close"]


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        (CallFailure("quota", "later", status=429, retry_after=0.5), 429, "quota"),
        (CallFailure("blocked_prompt", "no"), 400, "content_filter"),
        (CallFailure("timeout", "slow"), 504, "timeout"),
        (CallFailure("tls", "odd"), 500, "tls"),
    ],
)
def test_an_endpoints_failure_becomes_a_status(
    outcome: CallFailure, status: int, code: str
) -> None:
    with running_server(endpoints={"fixed": Says(outcome)}) as url:
        got, body, head = chat(url)
        assert counters(url)["outcomes"] == {outcome.kind: 1}
    assert (got, body["error"]["code"]) == (status, code)
    assert head.get("Retry-After") == ("1" if outcome.retry_after else None)
    assert head.get("retry-after-ms") == ("500" if outcome.retry_after else None)


@pytest.mark.parametrize("kind", ["empty", "blocked_output"])
@pytest.mark.parametrize("stream", [True, False])
def test_no_text_survives_the_wire_as_what_it_is(kind: str, stream: bool) -> None:
    async def ask(url: str) -> Any:
        endpoint = resolve(f"openai:{url}#m", options=EndpointOptions())
        await endpoint.open()
        attempt = await endpoint.send(Request((Message("user", "x"),), stream=stream), 2)
        await endpoint.close()
        return attempt.outcome

    with running_server(endpoints={"m": Says(CallFailure(kind, "x"))}) as url:
        got = asyncio.run(ask(url))
    assert isinstance(got, CallFailure)
    assert got.kind == kind


def test_logprobs_are_passed_on() -> None:
    with running_server(endpoints={"fixed": Says(Response("x", logprobs=[{"token": "x"}]))}) as url:
        assert chat(url)[1]["choices"][0]["logprobs"] == {"content": [{"token": "x"}]}


def test_a_stream_keeps_the_stated_times() -> None:
    async def ask(url: str, stream: bool) -> Attempt:
        endpoint = resolve(f"openai:{url}#m", options=EndpointOptions())
        await endpoint.open()
        attempt = await endpoint.send(Request((Message("user", "x"),), stream=stream), 2)
        await endpoint.close()
        return attempt

    says = Says(Response("one two three four five"), latency=0.4, ttft=0.15)
    with running_server(endpoints={"m": says}, faults=Faults(delay=0.05)) as url:
        streamed, whole = asyncio.run(ask(url, True)), asyncio.run(ask(url, False))
    assert streamed.ttft == pytest.approx(0.2, abs=0.06)
    assert streamed.latency == pytest.approx(0.45, abs=0.06)
    assert whole.latency == pytest.approx(0.45, abs=0.06)


def test_the_demo_model_streams_at_its_own_pace() -> None:
    async def ask(url: str) -> Attempt:
        endpoint = resolve(
            f"openai:{url}#demo?ttft=0.2&tpot=0.01&latency_sigma=0", options=EndpointOptions()
        )
        await endpoint.open()
        attempt = await endpoint.send(Request((Message("user", "x"),), stream=True), 5)
        await endpoint.close()
        return attempt

    with running_server(("demo?ttft=0.2&tpot=0.01&latency_sigma=0",)) as url:
        attempt = asyncio.run(ask(url))
    assert attempt.ttft == pytest.approx(0.2, abs=0.06)
    assert attempt.latency > attempt.ttft + 0.05


def test_a_key_may_be_required(fixed: str) -> None:
    with running_server(("fixed",), faults=Faults(api_key="right")) as url:
        assert chat(url)[0] == 401
        assert http(f"{url}/models")[0] == 401
        assert http(f"{url}/models", Authorization="Bearer right")[0] == 200
        given = {"Authorization": "Bearer right"}
        assert http(f"{url}/chat/completions", HELLO, **given)[0] == 200
        assert counters(url)["outcomes"] == {"unauthorized": 1, "answered": 1}


@pytest.mark.parametrize(
    ("wait", "header", "millis"), [(None, None, None), (2.0, "2", None), (0.3, "1", "300")]
)
def test_a_quota_answers_429(wait: float | None, header: str | None, millis: str | None) -> None:
    with running_server(("fixed",), faults=Faults(requests_per_second=1, retry_after=wait)) as url:
        assert [chat(url)[0] for _ in range(3)] == [200, 429, 429]
        _, _, head = chat(url)
        assert counters(url)["outcomes"] == {"answered": 1, "over_quota": 3}
    assert (head.get("Retry-After"), head.get("retry-after-ms")) == (header, millis)


def test_counters_and_reset() -> None:
    faults = Faults(server_500=0.4)
    with running_server(("fixed",), faults=faults, seed=3) as url:
        first = [chat(url)[0] for _ in range(30)]
        counted = counters(url)
        assert counted["calls"] == 30
        assert counted["in_flight"] == 0
        assert counted["max_in_flight"] == 1
        assert counted["outcomes"] == {
            "answered": first.count(200), "server_500": first.count(500)
        }  # fmt: skip
        assert 500 in first
        http(url.removesuffix("/v1") + "/control/reset", b"")
        assert counters(url) == {"calls": 0, "in_flight": 0, "max_in_flight": 0, "outcomes": {}}
        assert [chat(url)[0] for _ in range(30)] == first


def test_a_client_that_leaves_is_counted_as_such() -> None:
    async def leave(url: str) -> None:
        endpoint = resolve(f"openai:{url}#fixed", options=EndpointOptions())
        await endpoint.open()
        await asyncio.gather(
            *(endpoint.send(Request((Message("user", "x"),)), 0.3) for _ in range(5))
        )
        await endpoint.close()

    with running_server(("fixed",), faults=Faults(hang=1)) as url:
        asyncio.run(leave(url))
        deadline = time.monotonic() + 3
        while counters(url)["in_flight"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert counters(url) == {
            "calls": 5, "in_flight": 0, "max_in_flight": 5, "outcomes": {"disconnected": 5}
        }  # fmt: skip


def test_a_hanging_answer_does_not_hold_the_server_up() -> None:
    with running_server(("fixed",), faults=Faults(hang=1)) as url:
        port = int(url.split(":")[2].split("/")[0])
        body = json.dumps(HELLO).encode()
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )
        time.sleep(0.1)
        leaving = time.monotonic()
    assert time.monotonic() - leaving < 3
    client.close()


def test_unknown_models_and_taken_ports_are_refused() -> None:
    with pytest.raises(ModelReferenceError), running_server(("dmeo",)):
        pass
    with running_server(("fixed",)) as url:
        port = int(url.split(":")[2].split("/")[0])
        with pytest.raises(ConfigError, match=f"port {port}: is taken"):
            serve(("fixed",), port=port, say=lambda line: None)
    with (
        pytest.raises(ConfigError, match="cannot listen at 192"),
        running_server(("fixed",), host="192.0.2.1"),
    ):
        pass


def test_an_app_of_ones_own() -> None:
    assert create_app({"x": Says(Response("y"))}).router is not None


def test_the_command_line_serves_until_told_to_stop() -> None:
    command = [sys.executable, "-m", "llmeval.emulator", "--models", "fixed,demo?ttft=0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(3)]
        url = lines[0].split(" at ")[1].split(";")[0]
        assert lines[1:] == [
            f"pytest --model=openai:{url}#fixed",
            f"pytest --model='openai:{url}#demo?ttft=0.1'",
        ]
        assert url.startswith("http://127.0.0.1:")
        assert chat(url)[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_serve_in_this_process_says_when_others_may_reach_it() -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("  pytest"):
            signal.raise_signal(signal.SIGINT)

    serve(("fixed",), host="0.0.0.0", say=say)
    assert "others may reach it" in said[0]
    assert "http://127.0.0.1:" in said[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--faults", "rest=1"], "Did you mean 'reset'"),
        (["--faults", "reset=2"], "0..1"),
        (["--models", "dmeo"], "Did you mean 'demo'"),
    ],
)
def test_the_command_line_refuses_what_cannot_be(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_the_command_line_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(
        "llmeval.emulator.__main__.serve", lambda models, **more: seen.update(more, models=models)
    )
    assert main(["--port", "8", "--models", "fixed,", "--delay", "0.5", "--api-key", "k"]) == 0
    assert seen["models"] == ["fixed"]
    assert seen["port"] == 8
    assert seen["faults"] == Faults(delay=0.5, api_key="k")
    assert seen["host"] == "127.0.0.1"
