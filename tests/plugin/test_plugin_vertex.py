"""pytest --model=… against an emulated Vertex AI: every kind of endpoint, as a user measures it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugin_project import FINISHED, Project, one_message, said, untimed

from llmeval.emulator import Faults, VertexOptions, running_emulator
from llmeval.emulator.vertex_jobs.settings import JobSettings

pytest_plugins = ["pytester"]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])
ERRORS = {"metric": "arith.error_rate", "direction": "at_most"}


def emulated(**options: Any) -> Any:
    """Serve for the length of a test; ``jobs`` are ``JobSettings``."""
    jobs = options.pop("jobs", JobSettings(seconds=0.1))
    return running_emulator(vertex=VertexOptions(jobs=jobs), **options)


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with emulated() as address:
        yield address


def place(root: str, *more: str) -> list[str]:
    return ["--project=demo", f"--api-endpoint={root}", *(more or ["--location=us-central1"])]


def seen(root: str) -> dict[str, Any]:
    """What the server has counted since the last look."""
    with urllib.request.urlopen(f"{root}/control/counters") as answer:
        counters: dict[str, Any] = json.load(answer)
    urllib.request.urlopen(urllib.request.Request(f"{root}/control/reset", method="POST")).close()
    return counters


@pytest.mark.parametrize(
    ("model", "format", "deployed"),
    [
        ("gemini-2.5-flash", "generate_content", None),
        ("publishers/google/models/gemini-2.0-flash-001", "generate_content", None),
        ("1001", "generate_content", "3001"),
        ("vertex:vllm", "chat", "3002"),
        ("projects/demo/locations/us-central1/endpoints/1003", "chat", "3003"),
        ("1004", "chat", "3004"),
        ("1005", "predict", "3005"),
        ("meta/llama-3.3-70b-instruct-maas", "chat", None),
        ("publishers/anthropic/models/claude-sonnet-4", "messages", None),
        ("mistralai/mistral-large-2411", "raw_chat", None),
    ],
)
def test_every_kind_of_endpoint(
    project: Project, root: str, model: str, format: str, deployed: str | None
) -> None:
    project.gate(threshold=0.4, **ERRORS)
    result = project.run(*place(root), model=model)
    assert result.ret == 0, said(result)
    header, observations = project.record()
    assert header["models"][0]["details"]["format"] == format
    assert header["models"][0]["simulated"] is True
    assert {o["deployed_model"] for o in observations} == {deployed}
    assert all(o["usage"]["output_tokens"] > 0 for o in observations)
    summary = project.summary()
    assert summary["verdict"] == "PASS" and "simulated model" in summary["unsignable"][0]


@HOW
def test_each_location_is_a_column(project: Project, root: str, how: str) -> None:
    project.gate(threshold=0.4, **ERRORS)
    result = project.either(how)(*place(root, "--location=us-central1,europe-west4"), model="1002")
    assert result.ret == 0, said(result)
    summary = project.summary()
    refs = ["1002?location=us-central1", "1002?location=europe-west4"]
    assert [m["ref"] for m in summary["models"]] == refs
    assert [m["details"]["location"] for m in summary["models"]] == ["us-central1", "europe-west4"]
    assert [gate["model"] for gate in summary["gates"]] == refs
    assert Counter(o["model"] for o in project.record()[1]) == dict.fromkeys(refs, 6)


def test_a_canary_is_told_from_the_stable_model(project: Project, root: str) -> None:
    project.cases(60)
    project.gate(threshold=0.4, **ERRORS)
    result = project.run(*place(root), "--by=deployed_model", model="1006")
    assert result.ret in (0, 1), said(result)
    columns = {c["deployed_model"]: c for c in project.summary()["columns"]}
    assert set(columns) == {"3006", "3007"}
    assert [columns[d]["traffic"] for d in ("3006", "3007")] == [90, 10]
    assert sum(c["samples"] for c in columns.values()) == 60


def test_every_gemini_request_carries_the_run_id(project: Project, root: str) -> None:
    seen(root)
    project.run(*place(root), model="gemini-2.5-flash")
    assert seen(root)["labels"] == {f"llmeval-run-id={project.summary()['run_id']}": 6}


@HOW
def test_a_quota_loses_no_sample_and_is_not_hammered(project: Project, how: str) -> None:
    """Two workers do not know of each other, and find out twice what the quota allows."""
    count = 240 if how == "plain" else 60
    project.cases(count)
    project.gate(threshold=0.1, **ERRORS)
    with emulated(faults=Faults(requests_per_second=count / 12)) as root:
        result = project.either(how)(*place(root), model="gemini-2.5-flash")
        counters = seen(root)
    assert result.ret == 0, said(result)
    assert project.summary()["coverage"]["outcomes"] == {"answered": count}
    assert counters["calls"] <= 1.3 * count if how == "plain" else 2 * count


# Several prompts in one call, and batches

SETTINGS = """
[tool.pytest.ini_options]
filterwarnings = ["error"]

[tool.llmeval.endpoints."{name}"]
{key} = {number}
"""


@pytest.mark.parametrize(
    ("model", "key", "calls"), [("gemini-2.5-flash", "candidates", 12), ("1005", "instances", 7)]
)
def test_a_shared_call_leaves_the_same_record(
    project: Project, root: str, model: str, key: str, calls: int
) -> None:
    asked = [*place(root), "--samples=2", "--no-cache"]
    project.run("--run-dir=alone", *asked, model=model)
    project.write("pyproject.toml", SETTINGS.format(name=model, key=key, number=4))
    seen(root)
    result = project.run("--run-dir=shared", *asked, model=model)
    assert "12 answered" in said(result)
    assert seen(root)["calls"] < calls
    alone, shared = ordered(project, "alone"), ordered(project, "shared")
    assert [o["response"]["text"] for o in shared] == [o["response"]["text"] for o in alone]
    assert all(o["timings"]["latency"] is None for o in shared)
    usage = ("input_tokens", "output_tokens")
    if key == "candidates":
        billed = [sum(o["usage"][name] for o in shared) for name in usage]
        once = [sum(o["usage"][name] for o in alone) for name in usage]
        assert billed == [once[0] / 2, once[1]], "the prompt is billed once for its two answers"


def run_batch(project: Project, root: str, *more: str, model: str) -> pytest.RunResult:
    """Run in a process of its own: Google's packages do not bear being loaded twice in one."""
    given = [*place(root), "--batch", "--staging=gs://llmeval/here", "--no-cache", *more]
    return project.spread("-n0", *given, model=model)


def ordered(project: Project, run: str) -> list[dict[str, Any]]:
    """Return the observations by case; a record holds them as they were answered."""
    return sorted(project.record(run)[1], key=lambda o: (o["case_id"], o["repetition"]))


def jobs(root: str) -> list[dict[str, Any]]:
    parent = f"{root}/v1/projects/demo/locations/us-central1"
    with urllib.request.urlopen(f"{parent}/batchPredictionJobs") as answer:
        found: list[dict[str, Any]] = json.load(answer).get("batchPredictionJobs", [])
    return found


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "1001", "1005"])
def test_a_batch_leaves_the_same_record(project: Project, model: str) -> None:
    project.gate(threshold=0.4, **ERRORS)
    with emulated() as root:
        project.run("--run-dir=online", *place(root), "--no-cache", "--samples=2", model=model)
        seen(root)
        result = run_batch(project, root, "--run-dir=batched", "--samples=2", model=model)
        assert result.ret == 0, said(result)
        assert seen(root)["calls"] == 0, "nothing was asked online"
        assert len(jobs(root)) == 1
    online, batched = ordered(project, "online"), ordered(project, "batched")
    assert [_plain(o) for o in batched] == [_plain(o) for o in online]
    assert all(o["timings"]["latency"] is None and not o["cached"] for o in batched)


def _plain(observation: dict[str, Any]) -> dict[str, Any]:
    """What a batch and a call have in common: not who served it, at which price, how rated. The
    instances of a batch come back without a count of tokens."""
    found = untimed(observation)
    different = ["cost_usd", "deployed_model", *(["usage"] if found["model"] == "1005" else [])]
    for name in different:
        del found[name]
    same = dict.fromkeys([*different, "model_version", "safety"])
    return {**found, "response": found["response"] | same}


def test_lines_that_fail_or_are_missing_are_asked_online(project: Project) -> None:
    project.cases(60)
    project.gate(threshold=0.4, **ERRORS)
    with emulated(jobs=JobSettings(seconds=0.1, failed_line=0.2, missing_line=0.2)) as root:
        result = run_batch(project, root, model="gemini-2.5-flash")
        calls = seen(root)["calls"]
    assert result.ret in (0, 1), said(result)
    _, observations = project.record()
    assert len(observations) == 60
    online = [o for o in observations if o["timings"]["latency"] is not None]
    assert 0 < len(online) <= calls < 60
    told = Counter(o["outcome"] for o in observations)
    assert told["answered"] + told["bad_request"] == 60


def test_a_killed_session_finds_its_batch_again(project: Project) -> None:
    project.gate(threshold=0.4, **ERRORS)
    with emulated(jobs=JobSettings(seconds=12)) as root:
        given = [*place(root), "--batch", "--staging=gs://llmeval/here", "--no-cache"]
        given += ["--run-dir=here", "--model=gemini-2.5-flash"]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *given], cwd=project.path, stdout=subprocess.DEVNULL
        )
        give_up = time.monotonic() + 60
        while not jobs(root):
            assert time.monotonic() < give_up and process.poll() is None
            time.sleep(0.1)
        process.kill()
        process.wait()
        result = run_batch(project, root, "--run-dir=here", "--resume", model="gemini-2.5-flash")
        assert result.ret == 0, said(result)
        assert len(jobs(root)) == 1
    result.stdout.fnmatch_lines(["llmeval: batch job *: RUNNING*"])
    assert project.summary("here")["verdict"] == "PASS"
    assert len(project.record("here")[1]) == 6


def test_a_batch_that_fails_says_so_and_is_submitted_anew(project: Project) -> None:
    project.gate(threshold=0.4, **ERRORS)
    with emulated(jobs=JobSettings(seconds=0.1, failed_job=1)) as root:
        failed = run_batch(project, root, "--run-dir=here", model="gemini-2.5-flash")
        one_message(failed, "ended as FAILED", "(--resume submits it anew)")
        again = run_batch(project, root, "--run-dir=here", "--resume", model="gemini-2.5-flash")
        one_message(again, "ended as FAILED")
        assert len(jobs(root)) == 2


@pytest.mark.parametrize(
    ("model", "staging", "words"),
    [
        ("1002", "gs://llmeval/x", ["batch prediction takes Gemini models", "1002 speaks chat"]),
        ("1006", "gs://llmeval/x", ["batch prediction takes Gemini models"]),
        ("demo", "gs://llmeval/x", ["demo is not on Vertex AI"]),
        ("1001", "gs://absent/x", ["gcloud storage buckets create gs://absent"]),
        ("1001", "absent/x", ["gs://BUCKET/FOLDER"]),
    ],
)
def test_a_batch_that_cannot_be(
    project: Project, root: str, model: str, staging: str, words: list[str]
) -> None:
    result = run_batch(project, root, f"--staging={staging}", model=model)
    one_message(result, *words)


# Written back, and the emulator of the session


def test_the_decided_run_is_published(project: Project) -> None:
    project.gate(threshold=0.4, **ERRORS)
    with emulated() as root:
        given = [*place(root), "--experiment=gates", "--register-evaluation=2001"]
        result = project.run(*given, model="1001")
        assert result.ret == 0, said(result)
        result.stdout.fnmatch_lines(
            ["published: *gates-*", "published: *models/2001*evaluations/*"]
        )
        given = ["--run-dir=two", *place(root), "--experiment=No Name"]
        refused = project.spread("-n0", *given, model="1001")
    one_message(refused, "not published", "llmeval publish", "--experiment=No Name")
    assert project.files("two") == FINISHED
    assert project.summary("two")["verdict"] == "PASS"


def test_the_emulator_of_the_session_ends_with_it(project: Project) -> None:
    project.gate(threshold=0.4, **ERRORS)
    result = project.run(model="vertex-emulator?server_500=0.2#1002")
    assert result.ret == 0, said(result)
    assert project.summary()["model"]["details"]["format"] == "chat"
    mine = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _is_ours(p)]
    assert mine == []


def _is_ours(path: Path) -> bool:
    """Whether a process is an emulator that this one started and did not end."""
    try:
        stat = (path.parent / "stat").read_text().rpartition(")")[2].split()
        words = path.read_bytes()
    except OSError:
        return False
    mine = int(stat[1]) == __import__("os").getpid()
    return mine and b"llmeval.emulator" in words and b"--exit-with-parent" in words


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("4711", ["does not exist", "gcloud ai endpoints list --region=REGION --project=demo"]),
        ("1007", ["nothing is deployed", "gcloud ai endpoints deploy-model"]),
        ("1008", ["private service connect", 'address = "https://']),
        ("vertex:nobody", ["no endpoint is called 'nobody'"]),
        ("gemini-0.1", ["was not found", "llmeval doctor --model=gemini-0.1"]),
        ("1006?deployed_model=1", ["no deployed model '1'", "3006, 3007"]),
    ],
)
def test_what_is_not_there_says_so_once(
    project: Project, root: str, model: str, words: list[str]
) -> None:
    one_message(project.run(*place(root), model=model), *words)


def test_a_record_of_another_deployment_is_not_resumed(project: Project, root: str) -> None:
    project.run("--run-dir=here", *place(root), "--max-calls=3", model="1002")
    header = (project.path / "here" / "observations.jsonl").read_text("utf-8")
    changed = header.replace('"version":"1"', '"version":"7"')
    assert changed != header
    (project.path / "here" / "observations.jsonl").write_text(changed, "utf-8")
    result = project.run("--run-dir=here", "--resume", *place(root), model="1002")
    one_message(result, "1002 is not what it was", "deployed_models was")
