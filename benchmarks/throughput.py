"""Whole pytest process against a loopback server, beside bare aiohttp in the same run.

    python benchmarks/throughput.py [--calls 5000 --delay 0.05 --concurrency 50] [--rounds 3]

Prints wall seconds of both, the ideal (calls x delay / concurrency), and the ratios. The server is
a process of its own and answers every chat completion after exactly ``--delay`` seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ANSWER = json.dumps(
    {
        "id": "c",
        "object": "chat.completion",
        "model": "fixed",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Paris is the capital of France."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27},
    }
).encode()

SUITE = """\
from llmeval import evaluate

@evaluate("cases.jsonl", prompt="ask.j2", suite="load")
def test_load(sample):
    \"\"\"Nothing but calls.\"\"\"
"""


def serve(port: int, delay: float) -> None:
    """Answer until killed."""
    from aiohttp import web

    async def chat(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(delay)
        return web.Response(body=ANSWER, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


def bare(port: int, calls: int, concurrency: int) -> None:
    """The least that any client must do: post, read, decode."""
    import aiohttp

    body = {"model": "fixed", "messages": [{"role": "user", "content": "What is the capital?"}]}

    async def main() -> None:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            left = calls

            async def work() -> None:
                nonlocal left
                while left > 0:
                    left -= 1
                    url = f"http://127.0.0.1:{port}/v1/chat/completions"
                    async with session.post(url, json=body) as response:
                        assert (await response.json())["choices"]

            await asyncio.gather(*(work() for _ in range(concurrency)))

    asyncio.run(main())


def project(folder: Path, cases: int) -> None:
    """Write a suite of so many cases."""
    (folder / "prompts").mkdir()
    (folder / "prompts" / "ask.j2").write_text("What is the capital of country {{ n }}?\n")
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (folder / "test_load.py").write_text(SUITE)
    rows = (json.dumps({"id": f"c{n}", "inputs": {"n": n}}) for n in range(cases))
    (folder / "cases.jsonl").write_text("\n".join(rows) + "\n")


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of a child process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=8471)
    parser.add_argument(
        "--beside", help="another command; {port}, {calls}, {concurrency} filled in"
    )
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.serve:
        return serve(a.port, a.delay)
    if a.bare:
        return bare(a.port, a.calls, a.concurrency)
    ideal = a.calls * a.delay / a.concurrency
    me = [sys.executable, str(Path(__file__).resolve())]
    options = [f"--calls={a.calls}", f"--concurrency={a.concurrency}", f"--port={a.port}"]
    server = subprocess.Popen([*me, "--serve", f"--delay={a.delay}", f"--port={a.port}"])
    try:
        time.sleep(1.5)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            project(folder, a.calls)
            ours = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-cache"]
            ours += [f"--model=openai:http://127.0.0.1:{a.port}/v1#fixed"]
            ours += [f"--concurrency={a.concurrency}", *os.environ.get("BENCH_ARGS", "").split()]
            commands = [ours, [*me, "--bare", *options]]
            if a.beside:
                commands.append(shlex.split(a.beside.format(**vars(a))))
            rounds = [[timed(command, folder) for command in commands] for _ in range(a.rounds)]
    finally:
        server.terminate()
        server.wait()
    wall = statistics.median(r[0][0] for r in rounds)
    cpu = statistics.median(r[0][1] for r in rounds)
    least = statistics.median(r[1][0] for r in rounds)
    print(f"{a.calls} calls of {a.delay:g} s at concurrency {a.concurrency}, ideal {ideal:.1f} s")
    print(f"pytest --model: {wall:.2f} s wall ({wall / ideal:.2f} x ideal), {cpu:.2f} s CPU")
    print(f"bare aiohttp:   {least:.2f} s wall ({least / ideal:.2f} x ideal)")
    print(f"ratio, median of rounds: {statistics.median(r[0][0] / r[1][0] for r in rounds):.2f}")
    if a.beside:
        peer = statistics.median(r[2][0] for r in rounds)
        ratio = statistics.median(r[0][0] / r[2][0] for r in rounds)
        print(f"beside it:      {peer:.2f} s wall; pytest --model takes {ratio:.2f} x that")


if __name__ == "__main__":
    main()
