"""``BatchJobs`` against the emulator: what --batch stands on, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs_server import MODEL, JobSettings, running_jobs
from llmeval.endpoints.vertex.batch import BatchJobs, JobState, Machines
from llmeval.endpoints.vertex.pairing import line_error, pair
from llmeval.errors import ConfigError, EndpointDown, InfrastructureError, LlmevalError, UsageError

pytest.importorskip("google.cloud.aiplatform_v1", reason="needs the extra vertex")
pytest.importorskip("google.cloud.storage", reason="needs the extra vertex")

INPUT = "gs://llmeval/run-1/input.jsonl"


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_jobs(JobSettings(seconds=0.1)) as address:
        yield address


@pytest.fixture
def jobs(root: str) -> Iterator[BatchJobs]:
    opened = BatchJobs("p", "us-central1", root)
    yield opened
    opened.close()


def bodies(n: int, *more: str) -> list[dict[str, Any]]:
    texts = [*(f"question {i}" for i in range(n)), *more]
    return [
        {
            "contents": [{"role": "user", "parts": [{"text": text}]}],
            "generationConfig": {"temperature": 0.0, "seed": i % 2},
        }
        for i, text in enumerate(texts)
    ]


def encoded(asked: list[dict[str, Any]]) -> Iterator[bytes]:
    return (json.dumps({"request": body}).encode() for body in asked)


def finished(jobs: BatchJobs, name: str) -> JobState:
    for _ in range(400):
        state = jobs.poll(name)
        if state.done:
            return state
        time.sleep(0.02)
    raise AssertionError("the job does not end")


def test_a_batch_from_requests_to_answers(jobs: BatchJobs, root: str) -> None:
    asked = bodies(20, "[[refuse]]", "[[fault:missing_line]]", "question 3")
    assert jobs.write_input(encoded(asked), INPUT) == 23
    name = jobs.submit(
        "gemini-2.5-flash",
        INPUT,
        "gs://llmeval/run-1/output",
        display_name="llmeval-run-1",
        labels={"llmeval-run-id": "run-1"},
    )
    other = BatchJobs("p", "us-central1", root)  # as a process that comes later would
    assert other.find("llmeval-run-1") == name and other.find('no"such\\job') is None
    state = finished(other, name)
    other.close()
    assert state.state == "PARTIALLY_SUCCEEDED" and state.succeeded
    assert (state.completed, state.failed, state.error) == (21, 1, None)
    assert state.output_directory is not None
    found = dict(pair(asked, jobs.read_output(state.output_directory)))
    assert len(found) == 23 and found[21] is None
    assert line_error(found[20] or {}) == {
        "code": 429,
        "message": "busy",
        "status": "RESOURCE_EXHAUSTED",
    }
    for index in (*range(20), 22):
        line = found[index]
        assert line is not None and line_error(line) is None
        said = line["response"]["candidates"][0]["content"]["parts"][0]["text"]
        assert said == f"echo: {asked[index]['contents'][0]['parts'][0]['text']}"


def test_a_custom_models_batch(jobs: BatchJobs) -> None:
    instances = [{"n": 1}, {"n": 2}, "a text", {"n": 1}]
    jobs.write_input((json.dumps(i).encode() for i in instances), "gs://llmeval/custom/in.jsonl")
    name = jobs.submit(
        MODEL,
        "gs://llmeval/custom/in.jsonl",
        "gs://llmeval/custom",
        display_name="custom",
        machines=Machines("g2-standard-8", "NVIDIA_L4", batch_size=1),
        parameters={"k": 1},
        service_account="sa@p.iam.gserviceaccount.com",
    )
    job = jobs._jobs.get_batch_prediction_job(name=name)
    assert job.dedicated_resources.machine_spec.machine_type == "g2-standard-8"
    assert job.dedicated_resources.machine_spec.accelerator_count == 1
    assert job.service_account.startswith("sa@")
    state = finished(jobs, name)
    assert state.output_directory is not None
    found = dict(pair(instances, jobs.read_output(state.output_directory)))
    predictions = [(found[i] or {}).get("prediction", {}).get("twice") for i in range(4)]
    assert predictions == [2, 4, None, 2]
    assert line_error(found[2] or {}) == {"code": 3, "message": "no text"}


def test_a_job_can_be_stopped(jobs: BatchJobs) -> None:
    jobs.write_input(encoded(bodies(3)), INPUT)
    name = jobs.submit(
        "gemini-2.5-flash", INPUT, "gs://llmeval/out", display_name="[[fault:slow_job]]"
    )
    assert jobs.poll(name).done is False
    jobs.cancel(name)
    state = finished(jobs, name)
    assert state.state == "CANCELLED" and not state.succeeded
    jobs.cancel(name)


def test_a_job_that_fails_says_why(jobs: BatchJobs) -> None:
    name = jobs.submit("gemini-x", "gs://llmeval/none", "gs://llmeval/out", display_name="d")
    state = finished(jobs, name)
    assert state.state == "FAILED" and not state.succeeded and state.output_directory is None
    assert "Not found: gs://llmeval/none" in (state.error or "")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"),
        ("publishers/meta/models/llama", "publishers/meta/models/llama"),
        ("1234", "projects/p/locations/us-central1/models/1234"),
        ("1234@2", "projects/p/locations/us-central1/models/1234@2"),
        ("models/m", "projects/p/locations/us-central1/models/m"),
        (MODEL, MODEL),
    ],
)
def test_a_model_is_named_as_the_service_wants_it(given: str, named: str, jobs: BatchJobs) -> None:
    name = jobs.submit(given, "gs://llmeval/none", "gs://llmeval/out", display_name="d")
    assert jobs._jobs.get_batch_prediction_job(name=name).model == named


def test_lines_that_fail_half_way_leave_nothing_behind(jobs: BatchJobs) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 10_000_000
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        jobs.write_input(broken(), "gs://llmeval/half/input.jsonl")
    with pytest.raises(UsageError, match="holds no output"):
        list(jobs.read_output("gs://llmeval/half"))


def test_memory_does_not_grow_with_the_output(jobs: BatchJobs) -> None:
    line = json.dumps({"request": {}, "response": {"text": "y" * 1000}}).encode()
    written = jobs.write_input((line for _ in range(30_000)), "gs://llmeval/big/predictions.jsonl")
    tracemalloc.start()
    counted = sum(1 for _ in jobs.read_output("gs://llmeval/big"))
    # The emulator is in this process: it makes a megabyte of each piece that it sends.
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counted == written == 30_000
    assert most < 12_000_000, f"{most:,} bytes for 31 MB of output"


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\n\n"])
def test_lines_end_in_any_way(ending: bytes, jobs: BatchJobs) -> None:
    rows = [{"request": {"n": i}} for i in range(3)]
    data = b"\n".join(json.dumps(row).encode() for row in rows) + ending
    jobs._storage.bucket("llmeval").blob("ends/predictions.jsonl").upload_from_string(data)
    assert list(jobs.read_output("gs://llmeval/ends/")) == rows


@pytest.mark.parametrize("bad", [b"no json", b"[1]", b'{"a": ', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_line_is_named(bad: bytes, jobs: BatchJobs) -> None:
    data = b'{"request": {}}\n' + bad
    jobs._storage.bucket("llmeval").blob("bad/predictions.jsonl").upload_from_string(data)
    with pytest.raises(InfrastructureError, match=r"bad/predictions\.jsonl: line 2 is no JSON"):
        list(jobs.read_output("gs://llmeval/bad"))


NAME = "projects/p/locations/us-central1/batchPredictionJobs/99"
CASES: list[tuple[Callable[[BatchJobs], object], type[LlmevalError], str]] = [
    (
        lambda jobs: jobs.write_input([b"{}"], "gs://nowhere/x"),
        UsageError,
        r"cannot write gs://nowhere/x: The specified bucket does not exist\. Make the bucket: "
        r"gcloud storage buckets create gs://nowhere --project=p --location=us-central1",
    ),
    (
        lambda jobs: jobs.write_input([b"{}"], "gs://no-permission/x"),
        InfrastructureError,
        r"storage\.objects\.create.*gcloud storage buckets add-iam-policy-binding "
        r"gs://no-permission --member=user:YOU --role=roles/storage.objectUser",
    ),
    (lambda jobs: jobs.write_input([], "/tmp/x"), UsageError, "gs://BUCKET/FOLDER"),
    (lambda jobs: jobs.write_input([], "gs://bucket"), UsageError, "gs://BUCKET/FOLDER"),
    (lambda jobs: list(jobs.read_output("gs://nowhere/x")), UsageError, "buckets create"),
    (lambda jobs: list(jobs.read_output("gs://llmeval/zz")), UsageError, "holds no output"),
    (lambda jobs: jobs.poll(NAME), UsageError, r"does not exist\. Is it in another region"),
    (lambda jobs: jobs.cancel(NAME), UsageError, "cannot cancel the batch job .* does not exist"),
    (
        lambda jobs: jobs.submit("gemini-x", "/tmp/x", "gs://b/o", display_name="d"),
        UsageError,
        "cannot submit the batch job for gemini-x: List of found errors",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("act", "kind", "told"), CASES)
def test_what_cannot_be_done_is_said_with_its_remedy(
    act: Callable[[BatchJobs], object], kind: type[LlmevalError], told: str, jobs: BatchJobs
) -> None:
    with pytest.raises(kind, match=told) as raised:
        act(jobs)
    assert "upload_id" not in str(raised.value) and "\n" not in str(raised.value)


def test_a_permission_that_is_missing_is_named_with_its_role(root: str) -> None:
    jobs = BatchJobs("no-permission", "us-central1", root)
    with pytest.raises(InfrastructureError, match=r"--role=roles/aiplatform\.user") as raised:
        jobs.submit("gemini-x", "gs://a/b", "gs://a/c", display_name="d")
    jobs.close()
    assert "aiplatform.batchPredictionJobs.create is missing" in str(raised.value)


def test_where_nobody_answers_that_is_said_in_time() -> None:
    with running_jobs() as gone:
        jobs = BatchJobs("p", "us-central1", gone, timeout=1.0)
    began = time.monotonic()
    for act in (
        lambda: jobs.poll(NAME),
        lambda: jobs.submit("gemini-x", "gs://a/b", "gs://a/c", display_name="d"),
        lambda: jobs.write_input([b"{}"], "gs://llmeval/x"),
    ):
        with pytest.raises(
            EndpointDown, match=r"127\.0\.0\.1:\d+ cannot be reached.*llmeval serve"
        ):
            act()
    jobs.close()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("endpoint", "kind", "told"),
    [
        (None, EndpointDown, "gcloud auth application-default login"),
        ("http://vertex.example:8080", ConfigError, "in the clear; use https://"),
        ("http://127.0.0.1:9", ConfigError, "give --project=ID"),
    ],
)
def test_without_credentials_or_project_nothing_begins(
    endpoint: str | None,
    kind: type[LlmevalError],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    for name in [n for n in os.environ if n.startswith(("GOOGLE_", "CLOUDSDK_", "GCLOUD_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(kind, match=told):
        BatchJobs(None, None, endpoint)
