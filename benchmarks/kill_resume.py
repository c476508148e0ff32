"""Kill a run with ``kill -9`` at random moments, resume it each time, count what was paid twice.

    python benchmarks/kill_resume.py [--calls 600 --delay 0.05 --concurrency 16] [--kills 20]
        [--seed 0] [--workers N]

A loopback server in this process counts the calls that reach it and those it is answering. The
run's whole process group is killed at seeded random moments, then resumed; a last ``--resume`` goes
to the end. Exits 1 unless the record is complete, no sample stands in it twice, and the server saw
at most the planned calls plus those in flight at each kill.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

SUITE = """\
from llmeval import evaluate

@evaluate("cases.jsonl", prompt="ask.j2", suite="load")
def test_load(sample):
    \"\"\"Nothing but calls.\"\"\"
"""
SETTLE = 0.3
RETURNING = 0.005
"""Seconds in which an answer travels, is parsed, and reaches the record."""


class Server:
    """Answers every chat completion after ``delay`` seconds, and counts."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.asked: Counter[str] = Counter()
        self.in_flight = 0
        self.answered_at: deque[float] = deque(maxlen=10_000)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def calls(self) -> int:
        """Calls that reached the server so far."""
        return sum(self.asked.values())

    async def _serve(self) -> None:
        from aiohttp import web

        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _chat(self, request: Any) -> Any:
        from aiohttp import web

        body = await request.json()
        self.asked[body["messages"][-1]["content"]] += 1
        self.in_flight += 1
        try:
            await asyncio.sleep(self.delay)
            return web.json_response(answer(body["model"]))
        finally:
            self.in_flight -= 1
            self.answered_at.append(time.perf_counter())


def answer(model: str) -> dict[str, Any]:
    """A chat completion."""
    message = {"role": "assistant", "content": "Paris."}
    return {
        "id": "c",
        "object": "chat.completion",
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27},
    }


def project(folder: Path, cases: int) -> None:
    """Write a suite of so many cases."""
    (folder / "prompts").mkdir()
    (folder / "prompts" / "ask.j2").write_text("What is the capital of country {{ n }}?\n")
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (folder / "test_load.py").write_text(SUITE)
    rows = (json.dumps({"id": f"c{n}", "inputs": {"n": n}}) for n in range(cases))
    (folder / "cases.jsonl").write_text("\n".join(rows) + "\n")


def begin(folder: Path, port: int, a: argparse.Namespace) -> subprocess.Popen[str]:
    """Start or resume the run in a process group of its own. Without the response cache, which
    would hide calls that were answered but not recorded."""
    workers = [f"-n{a.workers}"] if a.workers else []
    model = f"--model=openai:http://127.0.0.1:{port}/v1#fixed"
    options = ["--run-dir=run", "--resume", "--no-cache", f"--concurrency={a.concurrency}", "-q"]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", model, *options, *workers],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[str], server: Server) -> int:
    """Kill the run; return the calls that were in flight then: those the server was answering,
    those that still reached it, and those it had just answered."""
    killed_at = time.perf_counter()
    held, before = server.in_flight, server.calls
    just = sum(killed_at - RETURNING <= at <= killed_at for at in list(server.answered_at))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    time.sleep(SETTLE + server.delay)
    return held + just + server.calls - before


def recorded(folder: Path) -> list[str]:
    """Return the case of every whole line of every part of the record."""
    found = []
    for part in folder.glob("run/observations*.jsonl"):
        for line in part.read_bytes().split(b"\n")[1:-1]:
            found.append(json.loads(line)["case_id"])
    return found


def kill_often(folder: Path, server: Server, a: argparse.Namespace) -> tuple[int, int]:
    """Kill the run ``a.kills`` times; return (calls in flight at the kills, kills that hit).

    A kill comes while calls are under way: a random share of what is left per kill, after a random
    wait, counted from the first call that the resumed run sends.
    """
    chance = random.Random(a.seed)
    held = hits = 0
    for number in range(a.kills):
        before, left = server.calls, a.calls - len(recorded(folder))
        process = begin(folder, server.port, a)
        more = chance.uniform(0, 2 * max(1, left) / (a.kills - number + 1))
        give_up = time.monotonic() + 60
        while server.calls - before < more and process.poll() is None:
            if time.monotonic() > give_up:
                raise SystemExit("the run sends no calls")
            time.sleep(0.001)
        time.sleep(chance.uniform(0, a.delay))
        if process.poll() is None:
            hits += 1
            held += kill(process, server)
        else:
            process.communicate()
        done = len(recorded(folder))
        print(f"kill {number + 1:2}: {server.calls} calls seen, {done} recorded", flush=True)
    return held, hits


def verify(folder: Path, server: Server, held: int, a: argparse.Namespace) -> bool:
    """Print and check what the run promises."""
    samples = recorded(folder)
    summary = json.loads((folder / "run" / "run.json").read_text())
    repeated = sum(count - 1 for count in server.asked.values())
    checks = {
        f"server saw {server.calls} calls: {a.calls} planned + {server.calls - a.calls} repeated, "
        f"of at most {held} in flight at the kills": server.calls <= a.calls + held,
        f"every call that was repeated was in flight once ({repeated})": repeated <= held,
        f"and of at most {a.kills * a.concurrency}, kills x concurrency": repeated
        <= a.kills * a.concurrency,
        f"record holds {len(samples)} of {a.calls} samples": len(samples) == a.calls,
        f"{len(samples) - len(set(samples))} samples twice": len(samples) == len(set(samples)),
        f"run.json says complete: {summary['coverage']['recorded']} of "
        f"{summary['coverage']['planned']}, partial: {summary['partial']}": not summary["partial"]
        and summary["coverage"]["recorded"] == summary["coverage"]["planned"] == a.calls,
    }
    for text, holds in checks.items():
        print("ok  " if holds else "FAIL", text)
    return all(checks.values())


def main() -> None:
    """Kill, resume, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="pytest-xdist workers")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Server(a.delay) as server:
        folder = Path(name)
        project(folder, a.calls)
        (folder / "run").mkdir()
        started = time.perf_counter()
        held, hits = kill_often(folder, server, a)
        last = begin(folder, server.port, a)
        output, _ = last.communicate(timeout=300)
        if last.returncode != 0:
            raise SystemExit(output)
        print(f"{hits} kills hit a living run; {time.perf_counter() - started:.0f} s in all")
        if not verify(folder, server, held, a):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
