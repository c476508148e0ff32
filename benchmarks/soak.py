"""20,000 calls under a seeded mix of faults at 25 %: nothing lost, nothing leaked, memory flat.

    python benchmarks/soak.py [--calls 20000] [--concurrency 32] [--model gemini-2.5-flash]

An emulated Vertex AI runs in a process of its own. Every fault it knows befalls equally many calls,
except the slowest (a call that hangs is one in a thousand and has two seconds). The engine measures
a plan of so many samples and records them; then planned must equal answered plus failures by kind,
what the server saw must equal what we counted, and no connection, task or thread may be left.
Exits 1 where any of that does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

from llmeval.emulator.faults import ALL_KINDS
from llmeval.endpoints import EndpointOptions, resolve
from llmeval.prompts import PromptLibrary
from llmeval.records import Case, EndpointIdentity, Observation, RunInfo
from llmeval.run import CallPolicy, Engine, PlannedTest, Wiring, describe, spread
from llmeval.store import RecordWriter, read_observations
from llmeval.suites import ATTRIBUTE, evaluate

SHARE = 0.25
SLOW = {"hang": 0.001}


def faults() -> dict[str, float]:
    """Return every fault's rate; together they are ``SHARE``."""
    others = [kind for kind in ALL_KINDS if kind not in SLOW]
    rate = (SHARE - sum(SLOW.values())) / len(others)
    return dict.fromkeys(others, rate) | SLOW


def rss() -> float:
    """Return this process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def planned(folder: Path, calls: int) -> PlannedTest:
    """Return a test of so many cases."""
    (folder / "ask.j2").write_text("What is the capital of country {{ n }}?\n")

    def test_soak(sample: object) -> None:
        """Nothing but calls."""

    declared = evaluate("none.jsonl", prompt="ask.j2")(test_soak)
    cases = [Case(f"c{n}", {"n": n}) for n in range(calls)]
    prompt = PromptLibrary([folder]).load("ask.j2")
    return PlannedTest(
        "soak", "test_soak", getattr(declared, ATTRIBUTE), cases, "h", prompt, 1, "none.jsonl"
    )


class Tasks:
    """Counts the tasks of the engine's loop, from within it."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None

    async def note(self) -> None:
        """Take note of the loop."""
        self.loop = asyncio.get_running_loop()

    def now(self) -> int:
        """Return how many tasks there are."""
        assert self.loop is not None
        return len(asyncio.all_tasks(self.loop))


def measure(root: str, given: argparse.Namespace, folder: Path) -> list[str]:
    """Run the plan and return what does not hold."""
    options = EndpointOptions(
        project="demo", location="us-central1", api_endpoint=root, concurrency=given.concurrency
    )
    endpoint = resolve(given.model, options=options)
    test = planned(folder, given.calls)
    plan = list(spread(test, [given.model]))
    path = folder / "observations.jsonl"
    writer = RecordWriter(path, header(endpoint.identity, test))
    tasks = Tasks()
    wiring = Wiring(
        record=writer.append,
        prepared=tasks.note,
        policy=CallPolicy(timeout=2.0, retry_for=60.0),
        concurrency=given.concurrency,
    )
    engine = Engine(plan, {given.model: endpoint}, wiring)
    begun, memory = time.perf_counter(), []
    engine.start()
    for index in range(len(plan)):
        engine.take(index)
        if index % max(1, given.calls // 20) == 0:
            memory.append(rss())
    took, left = time.perf_counter() - begun, tasks.now()
    progress = engine.progress()
    engine.close()
    writer.close()
    return verdict(read_observations(path), progress.calls, took, memory, left, root, given)


def header(identity: EndpointIdentity, test: PlannedTest) -> RunInfo:
    """Return the record's first line."""
    return RunInfo("soak", time.time(), "0", [identity], [describe(test, ["m"])], {}, 0)


def verdict(
    observations: object,
    calls: int,
    took: float,
    memory: list[float],
    tasks: int,
    root: str,
    given: argparse.Namespace,
) -> list[str]:
    """Print what was seen, and return what does not hold."""
    outcomes: Counter[str] = Counter()
    attempts, backoff, keys = 0, 0.0, set()
    for o in observations:  # type: ignore[attr-defined]
        assert isinstance(o, Observation)
        outcomes[o.outcome] += 1
        attempts += o.attempts
        backoff += o.timings.backoff
        keys.add(o.case_id)
    time.sleep(0.3)
    server = json.load(urllib.request.urlopen(f"{root}/control/counters"))
    threads = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    half = memory[len(memory) // 2]
    print(f"{given.calls} samples of {given.model}, {attempts} attempts in {took:.0f} s")
    for kind, count in outcomes.most_common():
        print(f"  {count:6} {kind}")
    print(f"memory: {memory[1]:.0f} MB at 5 %, {half:.0f} at 50 %, {memory[-1]:.0f} at 95 %")
    open_now = server["connections"]["open"]
    print(
        f"left: {open_now} connections, {tasks} tasks, {len(threads)} threads; "
        f"{backoff:.0f} s of backoff"
    )
    checks = {
        "each sample once": len(keys) == sum(outcomes.values()) == given.calls,
        "attempts add up": attempts == calls,
        "the server saw as many calls": server["calls"] == attempts,
        "no connection left": open_now == 0,
        "no task left but the engine's own": tasks <= 2,
        "no thread left": not threads,
        "memory flat from 50 % on (10 MB)": memory[-1] - half < 10,
        "faults came through": len(outcomes) > 5 or given.calls < 1000,
    }
    return [name for name, holds in checks.items() if not holds]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--model", default="gemini-2.5-flash")
    given = parser.parse_args()
    rates = ",".join(f"{kind}={rate:.6f}" for kind, rate in faults().items())
    server = subprocess.Popen(
        [sys.executable, "-m", "llmeval.emulator", "--exit-with-parent", f"--faults={rates}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        root = json.loads(server.stdout.readline())["url"]
        with tempfile.TemporaryDirectory() as folder:
            broken = measure(root, given, Path(folder))
    finally:
        server.terminate()
        server.wait()
    for name in broken:
        print(f"DOES NOT HOLD: {name}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
