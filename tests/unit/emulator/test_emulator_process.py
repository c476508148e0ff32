"""The emulator as a process: one line for whoever started it, and an end with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from vertex_asking import FLASH, HELLO, PLACE, ask

COMMAND = [sys.executable, "-m", "llmeval.emulator", "--exit-with-parent"]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, "--faults", "server_500=1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


def line_of(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    told: dict[str, object] = json.loads(process.stdout.readline())
    return told


def test_it_says_its_address_in_one_line_and_ends_with_its_input(
    child: subprocess.Popen[str],
) -> None:
    told = line_of(child)
    assert told["url"] == f"http://127.0.0.1:{told['port']}"
    assert ask(f"{told['url']}{FLASH}:generateContent", HELLO).status == 500
    assert child.stdin is not None and child.poll() is None
    child.stdin.close()
    assert child.wait(5) == 0
    assert child.stdout is not None and child.stdout.read() == ""


def test_a_signal_ends_it_too(child: subprocess.Popen[str]) -> None:
    line_of(child)
    child.send_signal(signal.SIGTERM)
    assert child.wait(5) == 0


def test_it_ends_with_a_parent_whose_pipe_somebody_else_holds() -> None:
    program = (
        "import os, subprocess, time\n"
        "end, start = os.pipe()\n"
        f"child = subprocess.Popen({COMMAND!r}, stdin=end, stdout=subprocess.PIPE,"
        " pass_fds=[start])\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)
        parent.kill()
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended, and that nobody has asked after, does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_it_starts_without_heavy_packages() -> None:
    program = "import sys, llmeval.emulator.__main__\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    loaded = set(done.stdout.split())
    assert "llmeval.emulator.vertex.surface" in loaded
    heavy = {"numpy", "scipy", "grpc", "requests", "jinja2", "google.cloud.aiplatform", "yaml"}
    assert not loaded & heavy


def test_options_of_the_vertex_surface_reach_it() -> None:
    arguments = ["--require-token", "--token-lifetime", "5", "--behind", "demo?empty=1"]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        url = line_of(process)["url"]
        assert ask(f"{url}{PLACE}/endpoints").status == 401
        form = b"grant_type=refresh_token&refresh_token=x"
        token = ask(f"{url}/token", form).body
        assert token["expires_in"] == 5
        authorized = {"Authorization": f"Bearer {token['access_token']}"}
        got = ask(f"{url}{FLASH}:generateContent", HELLO, **authorized)
        assert got.body["candidates"][0]["content"]["parts"] == [{"text": ""}]
