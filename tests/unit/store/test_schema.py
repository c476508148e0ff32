from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace
from record_samples import ANSWER, FAILURE, RUN, SUMMARY

from llmeval.records import FAILURE_KINDS
from llmeval.store.codec import encode_header, encode_observation, encode_summary
from llmeval.store.schema import (
    FOLDER,
    SCHEMAS,
    header_schema,
    observation_schema,
    rewrite,
    run_schema,
)

Change = Callable[[dict[str, Any]], Any]


def valid(schema: dict[str, Any], instance: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(instance))


@pytest.mark.parametrize("name", SCHEMAS)
def test_shipped_files_equal_the_types(name: str) -> None:
    shipped = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    assert shipped == SCHEMAS[name](), "run: python -m llmeval.store.schema"
    assert shipped["$id"] == f"urn:llmeval:{name}:1"
    jsonschema.Draft202012Validator.check_schema(shipped)


def test_the_command_rewrites_the_files(tmp_path: Any) -> None:
    rewrite(tmp_path / "schemas")
    for name in SCHEMAS:
        fresh = (tmp_path / "schemas" / f"{name}.schema.json").read_bytes()
        assert fresh == (FOLDER / f"{name}.schema.json").read_bytes()
    done = subprocess.run([sys.executable, "-m", "llmeval.store.schema"], check=False, timeout=60)
    assert done.returncode == 0


@pytest.mark.parametrize("kind", FAILURE_KINDS)
def test_every_failure_is_in_the_schema(kind: str) -> None:
    assert FAILURE.error is not None
    observation = replace(FAILURE, outcome=kind, error=replace(FAILURE.error, kind=kind))
    assert valid(observation_schema(), json.loads(encode_observation(observation)))


def test_real_records_are_valid() -> None:
    assert valid(observation_schema(), json.loads(encode_observation(ANSWER)))
    assert valid(observation_schema(), json.loads(encode_observation(FAILURE)))
    assert valid(header_schema(), json.loads(encode_header(RUN)))
    assert valid(run_schema(), json.loads(encode_summary(SUMMARY)))


@pytest.mark.parametrize(
    "change",
    [
        lambda o: o.pop("case_id"),
        lambda o: o.update(outcome="great"),
        lambda o: o.update(attempts=-1),
        lambda o: o.update(repetition="0"),
        lambda o: o.update(scores={}),
        lambda o: o["tags"].update(age=3),
        lambda o: o["response"].pop("text"),
        lambda o: o.update(error={"kind": "unheard", "message": ""}),
        lambda o: o["scores"][0].update(value=1.01),
        lambda o: o["scores"][0].update(value=None),
        lambda o: o["scores"][0].pop("value"),
        lambda o: o["scores"][0].update(not_scored="x"),
        lambda o: o["scores"][0].update(not_scored="x", reason="y"),
        lambda o: o["scores"][1].pop("reason"),
        lambda o: o["scores"][1].pop("scorer"),
    ],
)
def test_a_damaged_observation_is_invalid(change: Change) -> None:
    line = json.loads(encode_observation(ANSWER))
    hurt = copy.deepcopy(line)
    change(hurt)
    assert valid(observation_schema(), line) and not valid(observation_schema(), hurt)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.pop("run"),
        lambda h: h.pop("format_version"),
        lambda h: h.update(format_version=2),
        lambda h: h["run"].update(format_version=0),
        lambda h: h["run"].update(models=["demo"]),
        lambda h: h["run"].pop("inputs"),
    ],
)
def test_a_damaged_header_is_invalid(change: Change) -> None:
    head = json.loads(encode_header(RUN))
    change(head)
    assert not valid(header_schema(), head)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(verdict="GREEN"),
        lambda s: s.pop("format_version"),
        lambda s: s.update(format_version=2),
        lambda s: s["gates"][0].update(verdict="NONE"),
        lambda s: s["gates"][0].update(severity="fatal"),
        lambda s: s["coverage"].pop("planned"),
        lambda s: s.update(model=None),
    ],
)
def test_a_damaged_summary_is_invalid(change: Change) -> None:
    summary = json.loads(encode_summary(SUMMARY))
    change(summary)
    assert not valid(run_schema(), summary)
