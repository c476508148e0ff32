"""Running the command in this process, and records for it to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from llmeval.cli import main
from llmeval.records import (
    EndpointIdentity,
    Message,
    Observation,
    Response,
    RunInfo,
    Score,
    ScorerIdentity,
    SuiteInfo,
    Timings,
    Usage,
)
from llmeval.store import RecordWriter, RunDirectory

GATES = """
[[gate]]
id = "format.json"
metric = "format.json_schema.pass_rate"
at_least = {threshold}
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(capsys: pytest.CaptureFixture[str], *words: object) -> Ran:
    capsys.readouterr()
    code = main([str(word) for word in words])
    return Ran(code, *capsys.readouterr())


def observation(i: int, value: float = 1.0, text: str = "{}") -> Observation:
    return Observation(
        suite="format",
        test="test_json",
        case_id=f"c{i}",
        repetition=0,
        model="demo",
        deployed_model=None,
        group=None,
        tags={},
        request={"messages": [Message("user", "Say {}.")]},
        outcome="answered",
        response=Response(text),
        error=None,
        timings=Timings(latency=0.1, started_at=1.79e9 + i),
        attempts=1,
        cached=False,
        usage=Usage(10, 2),
        cost_usd=None,
        scores=[Score("json_schema", value, "valid" if value else "invalid")],
    )


def record(path: Path, rows: list[Observation], *, planned: int = 0, **changes: Any) -> Path:
    """Write a record without a run.json, as a run that was killed would leave it."""
    planned = planned or len(rows)
    suite = SuiteInfo(
        "format",
        "test_json",
        planned,
        1,
        planned,
        "0" * 64,
        "1" * 64,
        [ScorerIdentity("json_schema")],
    )
    info = RunInfo(
        run_id="run-1",
        started_at=1.79e9,
        llmeval="0.1.0",
        models=[EndpointIdentity("demo", "demo", "demo", simulated=True, alias=False)],
        suites=[suite],
        inputs={},
        seed=0,
        **changes,
    )
    RunDirectory.create(path)
    with RecordWriter(path / "observations.jsonl", info) as writer:
        for row in rows:
            writer.append(row)
    return path
