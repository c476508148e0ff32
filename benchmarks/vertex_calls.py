"""CPU per call and error of TTFT on Vertex AI's surface: ours beside bare aiohttp and google-genai.

    python benchmarks/vertex_calls.py [--calls 2000] [--concurrency 16] [--rounds 5]

The server is a process of its own. For CPU it answers generateContent after 20 ms. For TTFT its
first chunk, sent after 300 ms, says how long the server itself took until then: what a client
measures beyond that is its error. All clients take turns in each round; medians count.
google-genai is left out where it is not installed.
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
from importlib.util import find_spec
from pathlib import Path

PROMPT = "What is the capital of France? Answer in one sentence, from the context. " * 8
PLACE = "projects/p/locations/us-central1"
MODEL = "gemini-2.5-flash"
PATH = f"/v1/{PLACE}/publishers/google/models/{MODEL}"

Client = Callable[[str, int, int, bool], Awaitable[list[float]]]
"""(root, calls, concurrency, stream) -> errors of TTFT in seconds, one a call."""


def answer(text: str) -> dict[str, object]:
    """Return a generateContent answer."""
    return {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
        ],
        "usageMetadata": {
            "promptTokenCount": 20,
            "candidatesTokenCount": 7,
            "totalTokenCount": 27,
        },
        "modelVersion": MODEL,
    }


def serve() -> None:
    """Answer until killed; print the port."""
    from aiohttp import web

    whole = json.dumps(answer("Paris is the capital of France.")).encode()

    async def call(request: web.Request) -> web.StreamResponse:
        arrived = time.perf_counter()
        await request.read()
        if "stream" not in request.match_info["verb"]:
            await asyncio.sleep(0.02)
            return web.Response(body=whole, content_type="application/json")
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await asyncio.sleep(0.3)
        for _ in range(8):
            chunk = answer(f"{time.perf_counter() - arrived:.6f} ")
            await stream.write(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n")
            await asyncio.sleep(0.02)
        return stream

    async def main() -> None:
        app = web.Application()
        app.router.add_post("/{version}/{model:.*}:{verb}", call)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())


async def spread(calls: int, concurrency: int, one: Callable[[], Awaitable[float]]) -> list[float]:
    """Make ``calls`` calls, ``concurrency`` at a time."""
    left, found = iter(range(calls)), []

    async def worker() -> None:
        for _ in left:
            found.append(await one())

    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return found


async def bare(root: str, calls: int, concurrency: int, stream: bool) -> list[float]:
    """aiohttp alone."""
    import aiohttp

    body = json.dumps({"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]}).encode()
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    headers = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def one() -> float:
            begun, first, server = time.perf_counter(), None, 0.0
            async with session.post(f"{root}{PATH}:{verb}", data=body) as reply:
                if not stream:
                    said = json.loads(await reply.read())
                    assert said["candidates"][0]["content"]["parts"][0]["text"]
                    return 0.0
                async for line in reply.content:
                    if line.startswith(b"data:") and first is None:
                        first = time.perf_counter()
                        event = json.loads(line[5:])
                        server = float(event["candidates"][0]["content"]["parts"][0]["text"])
            assert first is not None
            return first - begun - server

        return await spread(calls, concurrency, one)


async def ours(root: str, calls: int, concurrency: int, stream: bool) -> list[float]:
    """llmeval's endpoint."""
    from llmeval.endpoints import EndpointOptions, resolve
    from llmeval.records import Message, Request, Response

    options = EndpointOptions(project="p", location="us-central1", api_endpoint=root)
    endpoint = resolve(MODEL, options=options)
    request = Request((Message("user", PROMPT),), stream=stream)
    await endpoint.open()

    async def one() -> float:
        attempt = await endpoint.send(request, 30.0)
        assert isinstance(attempt.outcome, Response), attempt
        if not stream:
            return 0.0
        assert attempt.ttft is not None
        return attempt.ttft - float(attempt.outcome.text.split()[0])

    found = await spread(calls, concurrency, one)
    await endpoint.close()
    return found


async def genai(root: str, calls: int, concurrency: int, stream: bool) -> list[float]:
    """google-genai's asynchronous client."""
    from google import genai
    from google.genai import types
    from google.oauth2.credentials import Credentials

    client = genai.Client(
        vertexai=True,
        project="p",
        location="us-central1",
        credentials=Credentials(token="x"),  # type: ignore[no-untyped-call]
        http_options=types.HttpOptions(base_url=root),
    )

    async def one() -> float:
        begun, first, server = time.perf_counter(), None, 0.0
        if not stream:
            said = await client.aio.models.generate_content(model=MODEL, contents=PROMPT)
            assert said.text
            return 0.0
        pieces = await client.aio.models.generate_content_stream(model=MODEL, contents=PROMPT)
        async for piece in pieces:
            if first is None:
                first, server = time.perf_counter(), float(piece.text or 0)
        assert first is not None
        return first - begun - server

    found = await spread(calls, concurrency, one)
    await client.aio.aclose()
    return found


def cpu_of(client: Client, root: str, calls: int, concurrency: int) -> float:
    """Return CPU seconds per call."""
    begun = time.process_time()
    asyncio.run(client(root, calls, concurrency, False))  # type: ignore[arg-type]
    return (time.process_time() - begun) / calls


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return serve()
    clients: dict[str, Client] = {"bare aiohttp": bare, "llmeval": ours}
    if find_spec("google.genai"):
        clients["google-genai"] = genai
    command = [sys.executable, str(Path(__file__).resolve()), "--serve"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        root = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for client in clients.values():
            cpu_of(client, root, 100, given.concurrency)
        cpu: dict[str, list[float]] = {name: [] for name in clients}
        errors: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(given.rounds):
            for name, client in clients.items():
                cpu[name].append(cpu_of(client, root, given.calls, given.concurrency))
                streamed = client(root, given.concurrency * 10, given.concurrency, True)
                errors[name] += asyncio.run(streamed)  # type: ignore[arg-type]
    finally:
        server.terminate()
        server.wait()
    report(cpu, errors, given.concurrency)


def report(cpu: dict[str, list[float]], errors: dict[str, list[float]], concurrency: int) -> None:
    """Print a line a client."""
    for name in cpu:
        ratios = [a / b for a, b in zip(cpu[name], cpu["bare aiohttp"], strict=True)]
        late = sorted(abs(error) for error in errors[name])
        print(
            f"{name:14} {statistics.median(cpu[name]) * 1e6:7.0f} µs CPU a call, "
            f"{statistics.median(ratios):5.2f} x aiohttp ({min(ratios):.2f}-{max(ratios):.2f}); "
            f"error of TTFT at {concurrency} streams: p50 {late[len(late) // 2] * 1e3:.2f} ms, "
            f"p95 {late[int(len(late) * 0.95)] * 1e3:.2f} ms (n={len(late)})"
        )
    print("targets: CPU at most 1.5 x aiohttp, TTFT error p95 at most 3 ms at 16 streams")


if __name__ == "__main__":
    main()
