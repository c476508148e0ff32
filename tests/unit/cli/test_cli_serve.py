"""``llmeval serve`` hands its options to the emulator, and stops when told to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from typing import Any

import pytest
from cli_running import run

Capture = pytest.CaptureFixture[str]


def test_a_server_serves_until_it_is_stopped() -> None:
    words = [sys.executable, "-m", "llmeval", "serve", "--models", "fixed", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    try:
        said = json.loads(process.stdout.readline())["message"]
        url = next(word for word in said.split() if word.startswith("http")).rstrip(";")
        with urllib.request.urlopen(f"{url}/models", timeout=10) as answer:
            assert json.load(answer)["data"][0]["id"] == "fixed"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0 and process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_options_reach_the_emulator(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def serve(models: list[str], **options: Any) -> None:
        asked.update(options, models=models)
        options["say"]("ready")

    monkeypatch.setattr("llmeval.emulator.serve", serve)
    words = ["--models", "demo, fixed", "--faults", "reset=0.1,retry_after=2", "--delay", "0.5"]
    done = run(capsys, "serve", *words, "--port", 8001, "--grpc-port", 0, "--seed", 3)
    assert (done.code, done.out) == (0, "ready\n")
    assert asked["models"] == ["demo", "fixed"] and asked["port"] == 8001 and asked["seed"] == 3
    assert asked["grpc_port"] == 0
    faults = asked["faults"]
    assert (faults.reset, faults.retry_after, faults.delay) == (0.1, 2.0, 0.5)


def test_options_reach_the_vertex_surface(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("llmeval.emulator.serve", lambda models, **more: asked.update(more))
    words = ["--behind", "demo?ttft=0.1", "--canary", "demo", "--require-token"]
    assert run(capsys, "serve", *words, "--token-lifetime", 5).code == 0
    vertex = asked["vertex"]
    assert (vertex.stable, vertex.canary) == ("demo?ttft=0.1", "demo")
    assert (vertex.require_token, vertex.token_lifetime) == (True, 5.0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--faults", "rest=0.1"], "Did you mean 'reset'?"),
        (["--faults", "reset=2"], "0..1"),
        (["--port", "99999"], "0 … 65535"),
        (["--grpc-port", "-1"], "--grpc-port=-1: a port lies in 0 … 65535"),
        (["--models", ","], "names no model"),
        (["--models", "gpt"], "gpt"),
        (["--behind", "dmeo"], "dmeo"),
        (["--token-lifetime", "0"], "must be above 0"),
    ],
)
def test_what_cannot_be_served_is_a_usage_error(
    words: list[str], told: str, capsys: Capture
) -> None:
    done = run(capsys, "serve", *words)
    assert done.code == 2 and told in done.err
