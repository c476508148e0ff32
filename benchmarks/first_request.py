"""Seconds from starting `pytest --model=<id>` to its first request at a Vertex AI endpoint.

    python benchmarks/first_request.py [--rounds 10] [--cases 1000]

A loopback server answers the look-ups (endpoint, model) and notes when the first call arrives. Byte
code must be compiled first: python -m compileall -q src. Target: at most 1.5 s.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

PLACE = "projects/p/locations/us-central1"
ENDPOINT = {
    "name": f"{PLACE}/endpoints/1",
    "displayName": "one",
    "deployedModels": [
        {
            "id": "11",
            "model": f"{PLACE}/models/m",
            "displayName": "m",
            "modelVersionId": "1",
            "dedicatedResources": {"machineSpec": {"machineType": "g2-standard-12"}},
        }
    ],
    "trafficSplit": {"11": 100},
}
MODEL = {
    "name": f"{PLACE}/models/m",
    "containerSpec": {"imageUri": "us-docker.pkg.dev/x/pytorch-vllm-serve:1"},
}
CHAT = {
    "choices": [{"message": {"content": "Paris."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}
SUITE = """\
from llmeval import evaluate

@evaluate("cases.jsonl", prompt="ask.j2", suite="first")
def test_first(sample):
    \"\"\"Nothing but calls.\"\"\"
"""


class Handler(BaseHTTPRequestHandler):
    """Answers look-ups and calls; ``first`` is when the first call came."""

    protocol_version = "HTTP/1.1"
    first: ClassVar[float | None] = None

    def do_GET(self) -> None:
        self._say(MODEL if "/models/" in self.path else ENDPOINT)

    def do_POST(self) -> None:
        if Handler.first is None:
            Handler.first = time.perf_counter()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._say(CHAT)

    def _say(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


def project(folder: Path, cases: int) -> None:
    """Write a suite of so many cases."""
    (folder / "prompts").mkdir()
    (folder / "prompts" / "ask.j2").write_text("What is the capital of country {{ n }}?\n")
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (folder / "test_first.py").write_text(SUITE)
    rows = (json.dumps({"id": f"c{n}", "inputs": {"n": n}}) for n in range(cases))
    (folder / "cases.jsonl").write_text("\n".join(rows) + "\n")


def once(folder: Path, port: int) -> float:
    """Return the seconds of one start."""
    Handler.first = None
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-cache"]
    command += ["--model=1", "--project=p", f"--api-endpoint=http://127.0.0.1:{port}"]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if Handler.first is None:
        raise SystemExit(done.stdout + done.stderr)
    return Handler.first - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--cases", type=int, default=1000)
    given = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        project(Path(name), given.cases)
        took = sorted(once(Path(name), server.server_address[1]) for _ in range(given.rounds))
    server.shutdown()
    print(
        f"first request after {statistics.median(took):.2f} s "
        f"({took[0]:.2f}-{took[-1]:.2f} s, {given.rounds} starts, {given.cases} cases); "
        f"target 1.5 s"
    )


if __name__ == "__main__":
    main()
