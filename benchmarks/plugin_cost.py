"""What the plugin costs where it is installed: an empty pytest, and collecting many cases.

    python benchmarks/plugin_cost.py [--runs 9] [--cases 10000]

Compile first (``python -m compileall -q src``): without byte code the compiler is measured.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SUITE = """\
from llmeval import evaluate

@evaluate("cases.jsonl", prompt="ask.j2", suite="load")
def test_load(sample):
    \"\"\"Nothing but calls.\"\"\"
"""
PLAIN = """\
import pytest

@pytest.mark.parametrize("n", range({cases}), ids=lambda n: f"c{{n}}")
def test_load(n):
    pass
"""


def cpu(command: list[str], folder: Path) -> float:
    """Return CPU seconds of a child process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 5):
        raise SystemExit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def paired(a: list[str], b: list[str], folder: Path, runs: int) -> tuple[float, float]:
    """Return the median CPU of both commands, run in turn."""
    pairs = [(cpu(a, folder), cpu(b, folder)) for _ in range(runs + 1)][1:]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--cases", type=int, default=10_000)
    a = parser.parse_args()
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
        inert, without = paired(pytest, [*pytest, "-p", "no:llmeval"], folder, a.runs)
        print(f"empty pytest: {inert:.3f} s CPU with the plugin, {without:.3f} s without")
        print(f"the plugin, unused: {(inert - without) * 1000:.0f} ms")
        (folder / "prompts").mkdir()
        (folder / "prompts" / "ask.j2").write_text("What is the capital of country {{ n }}?\n")
        (folder / "test_suite.py").write_text(SUITE)
        (folder / "test_plain.py").write_text(PLAIN.format(cases=a.cases))
        rows = (json.dumps({"id": f"c{n}", "inputs": {"n": n}}) for n in range(a.cases))
        (folder / "cases.jsonl").write_text("\n".join(rows) + "\n")
        collect = [*pytest, "--collect-only", "-q"]
        ours, plain = paired(
            [*collect, "--model=demo", "test_suite.py"],
            [*collect, "-p", "no:llmeval", "test_plain.py"],
            folder,
            max(2, a.runs // 3),
        )
        print(f"collect {a.cases} cases: {ours:.2f} s CPU, plain pytest {plain:.2f} s")
        print(f"ratio: {ours / plain:.2f}")


if __name__ == "__main__":
    main()
