"""What ``--otel`` costs: CPU per call with and without a tracer, in the engine's thread and in all.

    python benchmarks/telemetry_cost.py [--calls 4000] [--concurrency 50] [--rounds 5]

The engine asks an endpoint of this process that answers after 5 ms; a receiver of OTLP over HTTP in
a process of its own takes the spans and metrics. Runs with and without take turns, and the median
over the rounds counts. The engine's thread is the one whose work could delay a time stamp.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import threading
import time
from typing import Any

from llmeval.records import (
    Attempt,
    Case,
    EndpointIdentity,
    Observation,
    Request,
    Response,
    Usage,
)
from llmeval.run import Engine, PlannedTest, SystemClock, Wiring, spread
from llmeval.suites import ATTRIBUTE, evaluate
from llmeval.telemetry import RunTracer, open_tracer

DELAY = 0.005


class Fixed:
    """Answers after a fixed delay."""

    identity = EndpointIdentity("fixed", "openai", "fixed", cacheable=False)

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, request: Request, timeout: float) -> Attempt:
        """Answer."""
        await asyncio.sleep(DELAY)
        answer = Response("Paris.", usage=Usage(20, 7), model_version="fixed-1")
        return Attempt(answer, DELAY)


async def ask(case: Case, endpoint: Any) -> Response:
    """Ask once."""
    answer: Response = await endpoint.ask(f"What is the capital of France? {case.id}")
    return answer


def planned(calls: int) -> PlannedTest:
    """Return a test of as many cases."""
    mark = evaluate("cases.jsonl", solver=ask)
    declared = getattr(mark(lambda sample: None), ATTRIBUTE)
    cases = [Case(f"c{n}", {}) for n in range(calls)]
    return PlannedTest("load", "test_load", declared, cases, "hash", None, 1, "cases.jsonl")


def measure(calls: int, concurrency: int, tracer: RunTracer | None) -> tuple[float, float]:
    """Return CPU per call in microseconds: of the engine's thread, and of the process."""
    recorded: list[Observation] = []
    wiring = Wiring(record=recorded.append, concurrency=concurrency, tracer=tracer)
    plan = list(spread(planned(calls), ["fixed"]))
    before = time.process_time()
    engine = Engine(plan, {"fixed": Fixed()}, wiring)
    engine.start()
    (thread,) = [t for t in threading.enumerate() if t.name == "llmeval-engine"]
    clock = time.pthread_getcpuclockid(thread.ident)
    for index in range(calls):
        engine.take(index)
    own = time.clock_gettime(clock)
    engine.close()
    if tracer is not None:
        assert tracer.close({}) is None, "telemetry was lost"
    assert len(recorded) == calls
    return own / calls * 1e6, (time.process_time() - before) / calls * 1e6


def receive() -> None:
    """Take what comes until killed; print the port first."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


def tracing() -> RunTracer:
    """Return a tracer that has loaded what it needs."""
    tracer = open_tracer(os.urandom(8).hex(), "0", SystemClock())
    tracer.settle()
    return tracer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--receive", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.receive:
        receive()
        return
    command = [sys.executable, __file__, "--receive"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
        size = (arguments.calls, arguments.concurrency)
        measure(*size, tracing())
        off: list[tuple[float, float]] = []
        on: list[tuple[float, float]] = []
        for _ in range(arguments.rounds):
            off.append(measure(*size, None))
            on.append(measure(*size, tracing()))
        server.terminate()
    for place, where in enumerate(("engine's thread", "whole process")):
        without = statistics.median(found[place] for found in off)
        with_it = statistics.median(found[place] for found in on)
        print(
            f"{where}: {without:.0f} µs of CPU a call without, {with_it:.0f} µs with --otel "
            f"({with_it - without:+.0f} µs)"
        )


if __name__ == "__main__":
    main()
