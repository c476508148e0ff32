"""CPU and wall time per call of ``openai:`` endpoints beside bare aiohttp, in one run.

    python benchmarks/endpoint_cpu.py [--calls 4000] [--concurrency 50] [--rounds 5]

The emulator runs in a process of its own; the two clients take turns, so that a busy machine
disturbs both alike, and the median over the rounds counts. Bare aiohttp posts the same JSON with
the same connector limits and decodes the answer with the standard library.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp

from llmeval.endpoints import EndpointOptions, resolve
from llmeval.records import Message, Request, Response

PROMPT = "What is the capital of France? Answer in one sentence, from the context. " * 8


async def spread(calls: int, concurrency: int, one: Callable[[], Awaitable[None]]) -> None:
    """Make ``calls`` calls, ``concurrency`` at a time."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await one()

    await asyncio.gather(*(worker() for _ in range(concurrency)))


async def bare(url: str, calls: int, concurrency: int) -> None:
    """Ask with aiohttp alone."""
    body = {"model": "fixed", "messages": [{"role": "user", "content": PROMPT}]}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one() -> None:
            async with session.post(f"{url}/chat/completions", json=body) as answer:
                text = json.loads(await answer.read())["choices"][0]["message"]["content"]
                assert text

        await spread(calls, concurrency, one)


async def ours(url: str, calls: int, concurrency: int) -> None:
    """Ask through the endpoint."""
    endpoint = resolve(f"openai:{url}#fixed", options=EndpointOptions(concurrency=concurrency))
    request = Request((Message("user", PROMPT),))
    await endpoint.open()

    async def one() -> None:
        attempt = await endpoint.send(request, 30.0)
        assert isinstance(attempt.outcome, Response), attempt

    await spread(calls, concurrency, one)
    await endpoint.close()


def measure(
    client: Callable[[str, int, int], Awaitable[None]], url: str, calls: int, concurrency: int
) -> tuple[float, float]:
    """Return CPU and wall seconds per call."""
    cpu, wall = time.process_time(), time.perf_counter()
    asyncio.run(client(url, calls, concurrency))  # type: ignore[arg-type]
    return (time.process_time() - cpu) / calls, (time.perf_counter() - wall) / calls


def main() -> None:
    """Run both clients in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "llmeval.emulator", "--models", "fixed"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = next(w for w in server.stdout.readline().split() if w.startswith("http")).rstrip(";")
        measure(bare, url, 200, given.concurrency), measure(ours, url, 200, given.concurrency)
        rows: dict[str, list[tuple[float, float]]] = {"bare aiohttp": [], "openai endpoint": []}
        for _ in range(given.rounds):
            rows["bare aiohttp"].append(measure(bare, url, given.calls, given.concurrency))
            rows["openai endpoint"].append(measure(ours, url, given.calls, given.concurrency))
    finally:
        server.terminate()
        server.wait()
    report(rows)


def report(rows: dict[str, list[tuple[float, float]]]) -> None:
    """Print medians, and the ratio of CPU in each round."""
    for name, figures in rows.items():
        cpu, wall = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"{name:16} {cpu * 1e6:7.1f} µs CPU a call   {1 / wall:7.0f} calls/s")
    pairs = zip(rows["openai endpoint"], rows["bare aiohttp"], strict=True)
    ratios = [our[0] / their[0] for our, their in pairs]
    spread_of = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"CPU ratio: {statistics.median(ratios):.2f} (rounds: {spread_of}; target at most 1.30)")


if __name__ == "__main__":
    main()
