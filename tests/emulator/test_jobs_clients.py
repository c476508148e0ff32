"""The emulator's jobs, held by Google's own clients: storage, aiplatform, GAPIC over REST."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs_server import MODEL, JobSettings, running_jobs

pytest.importorskip("google.cloud.aiplatform_v1", reason="needs the extra vertex")

PLACE = "projects/p/locations/us-central1"
GEMINI = "publishers/google/models/gemini-2.5-flash"
SCHEMA = (
    "gs://google-cloud-aiplatform/schema/modelevaluation/general_text_generation_metrics_1.0.0.yaml"
)
PIPELINE = {
    "pipelineInfo": {"name": "gate"},
    "schemaVersion": "2.1.0",
    "sdkVersion": "kfp-2.17.0",
    "components": {"comp": {"executorLabel": "exec"}},
    "deploymentSpec": {"executors": {"exec": {"container": {"image": "python:3.13"}}}},
    "root": {
        "inputDefinitions": {"parameters": {"rate": {"parameterType": "NUMBER_DOUBLE"}}},
        "dag": {
            "tasks": {
                "deploy": {"componentRef": {"name": "comp"}, "dependentTasks": ["gate"]},
                "gate": {"componentRef": {"name": "comp"}},
            }
        },
    },
}


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_jobs(JobSettings(seconds=0.2)) as address:
        yield address


@pytest.fixture(scope="module")
def aiplatform(root: str) -> Iterator[Any]:
    """The SDK as a user sets it to the emulator; nothing leaves the machine."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform
    from google.cloud.aiplatform import initializer, jobs, pipeline_jobs
    from google.cloud.aiplatform.utils import resource_manager_utils

    patch = pytest.MonkeyPatch()
    patch.setenv("STORAGE_EMULATOR_HOST", root)
    patch.setattr(jobs, "_JOB_WAIT_TIME", 0.05)
    patch.setattr(pipeline_jobs, "_JOB_WAIT_TIME", 0.05)
    # Who owns a bucket is asked of another service, at Google's own address.
    patch.setattr(resource_manager_utils, "get_project_number", lambda *_, **__: "123456789012")
    logging.disable(logging.INFO)
    before = dict(vars(initializer.global_config))
    aiplatform.init(
        project="p",
        location="us-central1",
        credentials=AnonymousCredentials(),
        api_endpoint=root,
        api_transport="rest",
        staging_bucket="gs://llmeval",
    )
    yield aiplatform
    vars(initializer.global_config).update(before)
    logging.disable(logging.NOTSET)
    patch.undo()


@pytest.fixture(scope="module")
def storage(root: str) -> Iterator[Any]:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    client = storage.Client(
        project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": root}
    )
    yield client
    client.close()


def put(storage: Any, name: str, *lines: object) -> str:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    storage.bucket("llmeval").blob(name).upload_from_string(text)
    return f"gs://llmeval/{name}"


def question(text: str) -> dict[str, Any]:
    return {"request": {"contents": [{"role": "user", "parts": [{"text": text}]}]}}


class TestStorage:
    def test_buckets(self, storage: Any) -> None:
        bucket = storage.create_bucket("buckets-are-made")
        assert bucket.exists() and not storage.bucket("nowhere").exists()
        assert {b.name for b in storage.list_buckets()} >= {"llmeval", "buckets-are-made"}
        policy = bucket.get_iam_policy()
        policy.bindings.append({"role": "roles/x", "members": {"user:a@example.com"}})
        bucket.set_iam_policy(policy)
        assert bucket.get_iam_policy().bindings == policy.bindings
        bucket.delete()
        assert not bucket.exists()

    @pytest.mark.parametrize("size", [0, 1, 300_000, 9_000_000])
    def test_uploads_come_back_whole(self, storage: Any, size: int) -> None:
        """Up to 8 MB in one multipart request, above that in pieces."""
        data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        bucket = storage.bucket("llmeval")
        bucket.blob("sized", chunk_size=2**20).upload_from_string(data)
        blob = bucket.get_blob("sized")
        assert blob.size == size and blob.download_as_bytes() == data
        assert bucket.blob("sized").download_as_bytes(raw_download=True) == data

    def test_pieces_of_an_unknown_whole(self, storage: Any) -> None:
        blob = storage.bucket("llmeval").blob("streamed")
        with blob.open("wb", chunk_size=2**18) as file:
            for i in range(50):
                file.write(b"%05d\n" % i * 3000)
        with blob.open("rb", chunk_size=2**18) as file:
            assert sum(1 for _ in file.read().splitlines()) == 150_000
        assert blob.download_as_bytes(start=6, end=11) == b"00000\n"

    def test_names_prefixes_and_pages(self, storage: Any) -> None:
        bucket = storage.create_bucket("listed")
        for name in ("a b/ü?#%2F&x", "d/1", "d/2", "d/e/3"):
            bucket.blob(name).upload_from_string(name.encode())
        assert bucket.blob("a b/ü?#%2F&x").download_as_bytes() == "a b/ü?#%2F&x".encode()
        assert [b.name for b in bucket.list_blobs(prefix="d/", page_size=1)] == [
            "d/1",
            "d/2",
            "d/e/3",
        ]
        folded = bucket.list_blobs(prefix="d/", delimiter="/")
        assert [b.name for b in folded] == ["d/1", "d/2"] and folded.prefixes == {"d/e/"}

    def test_objects_are_changed_copied_joined_and_deleted(self, storage: Any) -> None:
        bucket = storage.create_bucket("changing")
        one, two = bucket.blob("one"), bucket.blob("two")
        one.upload_from_string(b"1", content_type="text/x-one")
        two.upload_from_string(b"2")
        one.metadata = {"k": "v"}
        one.patch()
        assert bucket.get_blob("one").metadata == {"k": "v"}
        assert bucket.get_blob("one").content_type == "text/x-one"
        bucket.blob("both").compose([one, two])
        bucket.copy_blob(bucket.blob("both"), bucket, "copy")
        bucket.blob("again").rewrite(bucket.blob("copy"))
        assert bucket.blob("again").download_as_bytes() == b"12"
        one.delete()
        assert not one.exists()

    def test_errors_are_those_of_the_service(self, storage: Any) -> None:
        from google.api_core import exceptions

        cases: list[tuple[type[Exception], Callable[[], object]]] = [
            (exceptions.NotFound, lambda: put_in("nowhere")),
            (exceptions.Forbidden, lambda: put_in("no-permission")),
            (exceptions.NotFound, lambda: list(storage.bucket("nowhere").list_blobs())),
            (exceptions.NotFound, lambda: storage.bucket("llmeval").blob("x").download_as_bytes()),
            (exceptions.PreconditionFailed, lambda: put_in("llmeval", if_generation_match=7)),
            (exceptions.Conflict, lambda: storage.create_bucket("llmeval")),
        ]

        def put_in(bucket: str, **more: Any) -> None:
            storage.bucket(bucket).blob("y").upload_from_string(b"x", **more)

        for kind, act in cases:
            with pytest.raises(kind):
                act()


class TestBatchPrediction:
    def test_gemini(self, aiplatform: Any, storage: Any) -> None:
        source = put(storage, "sdk/in", *(question(f"q{i}") for i in range(9)))
        job = aiplatform.BatchPredictionJob.create(
            job_display_name="nightly",
            model_name=GEMINI,
            gcs_source=source,
            gcs_destination_prefix="gs://llmeval/sdk/out",
            labels={"run": "1"},
        )
        assert job.state.name == "JOB_STATE_SUCCEEDED" and job.end_time > job.start_time
        assert (job.completion_stats.successful_count, job.completion_stats.failed_count) == (9, 0)
        lines = [
            json.loads(r) for b in job.iter_outputs() for r in b.download_as_text().splitlines()
        ]
        assert len(lines) == 9 and all(line["status"] == "" for line in lines)
        found = aiplatform.BatchPredictionJob.list(filter='display_name="nightly" AND labels.run=1')
        assert [j.resource_name for j in found] == [job.resource_name]
        job.delete()
        assert aiplatform.BatchPredictionJob.list(filter='display_name="nightly"') == []

    def test_a_custom_model(self, aiplatform: Any, storage: Any) -> None:
        source = put(storage, "sdk/instances", {"n": 1}, "no json", {"n": 2})
        job = aiplatform.BatchPredictionJob.create(
            job_display_name="custom",
            model_name=MODEL,
            gcs_source=source,
            gcs_destination_prefix="gs://llmeval/sdk/out",
            machine_type="n1-standard-4",
            model_parameters={"k": 1},
        )
        names = {b.name.rpartition("/")[2]: b.download_as_text() for b in job.iter_outputs()}
        assert names["prediction.errors_stats-00000-of-00001"].count("\n") == 1
        assert job.completion_stats.failed_count == 1

    def test_failure_and_cancellation(self, aiplatform: Any, storage: Any) -> None:
        source = put(storage, "sdk/one", question("q"))
        with pytest.raises(RuntimeError, match="Not found: gs://llmeval/none"):
            submit(aiplatform, "x", "gs://llmeval/none").wait_for_completion()
        with pytest.raises(RuntimeError, match="Internal error"):
            submit(aiplatform, "[[fault:failed_job]]", source).wait_for_completion()
        slow = submit(aiplatform, "[[fault:slow_job]]", source)
        slow.cancel()
        with pytest.raises(RuntimeError, match="Job failed"):
            slow.wait_for_completion()
        assert slow.state.name == "JOB_STATE_CANCELLED"


def submit(aiplatform: Any, name: str, source: str) -> Any:
    return aiplatform.BatchPredictionJob.submit(
        job_display_name=name,
        model_name=GEMINI,
        gcs_source=source,
        gcs_destination_prefix="gs://llmeval/sdk/out",
    )


class TestPipelines:
    @pytest.fixture
    def job(self, aiplatform: Any, tmp_path: Any) -> Callable[..., Any]:
        spec = tmp_path / "pipeline.json"
        spec.write_text(json.dumps(PIPELINE))

        def made(job_id: str, name: str = "gate") -> Any:
            return aiplatform.PipelineJob(
                display_name=name,
                template_path=str(spec),
                job_id=job_id,
                parameter_values={"rate": 0.95},
                enable_caching=False,
                labels={"from": "llmeval"},
            )

        return made

    def test_submit_wait_list_delete(self, aiplatform: Any, job: Callable[..., Any]) -> None:
        submitted = job("gate-1")
        submitted.submit(service_account="sa@p.iam.gserviceaccount.com")
        submitted.wait()
        assert submitted.state.name == "PIPELINE_STATE_SUCCEEDED"
        assert [t.task_name for t in submitted.task_details] == ["gate", "deploy"]
        found = aiplatform.PipelineJob.list(filter='display_name="gate" AND labels.from="llmeval"')
        assert [j.name for j in found] == ["gate-1"]
        submitted.delete()
        assert aiplatform.PipelineJob.list(filter='display_name="gate"') == []

    def test_failure_duplicate_cancel(self, job: Callable[..., Any]) -> None:
        from google.api_core.exceptions import Conflict

        failing = job("gate-2", "[[fault:failed_job]]")
        failing.submit()
        with pytest.raises(RuntimeError, match=r"The failed tasks are: \[deploy\]"):
            failing.wait()
        with pytest.raises(Conflict, match="already exists"):
            job("gate-2").submit()
        cancelled = job("gate-3")
        cancelled.submit()
        cancelled.cancel()
        assert cancelled.state.name == "PIPELINE_STATE_CANCELLED"


class TestRegistry:
    def test_versions(self, aiplatform: Any) -> None:
        first = aiplatform.Model.upload(display_name="mine", serving_container_image_uri="x/y")
        second = aiplatform.Model.upload(
            display_name="mine",
            serving_container_image_uri="x/z",
            parent_model=first.resource_name,
            version_aliases=["candidate"],
        )
        name = first.resource_name
        assert (first.version_id, second.version_id) == ("1", "2")
        assert aiplatform.Model(f"{name}@candidate").version_id == "2"
        assert aiplatform.Model(f"{name}@1").version_id == "1"
        assert [v.version_id for v in first.versioning_registry.list_versions()] == ["1", "2"]
        assert [m.name for m in aiplatform.Model.list(filter='display_name="mine"')] == [first.name]
        first.delete()

    def test_evaluations(self, aiplatform: Any, root: str) -> None:
        from google.api_core.exceptions import BadRequest
        from google.auth.credentials import AnonymousCredentials
        from google.cloud.aiplatform_v1 import ModelEvaluation, ModelServiceClient

        client = ModelServiceClient(
            credentials=AnonymousCredentials(),
            transport="rest",
            client_options={"api_endpoint": root},
        )
        good = ModelEvaluation(
            display_name="run-1",
            metrics_schema_uri=SCHEMA,
            metrics={"rougeLSum": 0.5},
            metadata={"gates": [{"id": "a", "low": 0.9}]},
        )
        with client:
            made = client.import_model_evaluation(parent=MODEL, model_evaluation=good)
            own = ModelEvaluation(metrics_schema_uri=SCHEMA, metrics={"ours": 1.0})
            with pytest.raises(BadRequest, match="Invalid Metrics Format"):
                client.import_model_evaluation(parent=MODEL, model_evaluation=own)
            read = client.get_model_evaluation(name=made.name)
            assert read.metadata["gates"][0]["low"] == 0.9
            slices = [{"metrics": {"bleu": 1.0}, "metrics_schema_uri": SCHEMA}]
            told = client.batch_import_model_evaluation_slices(
                parent=made.name, model_evaluation_slices=slices
            )
            names = list(told.imported_model_evaluation_slices)
            listed = client.list_model_evaluation_slices(parent=made.name)
            assert [s.name for s in listed] == names
        model = aiplatform.Model("world")
        assert [e.display_name for e in model.list_model_evaluations()] == ["run-1"]
        assert model.get_model_evaluation().metrics["rougeLSum"] == 0.5


class TestExperiments:
    def test_a_run_from_start_to_data_frame(self, aiplatform: Any) -> None:
        aiplatform.init(experiment="whole-experiment", experiment_description="all of it")
        aiplatform.start_run("run-1")
        aiplatform.log_params({"seed": 7, "model": "m"})
        aiplatform.log_metrics({"rate": 0.5, "verdict": "PASS"})
        for value in (0.2, 0.1):
            aiplatform.log_time_series_metrics({"loss": value})
        aiplatform.log_classification_metrics(
            labels=["a", "b"], matrix=[[1, 2], [3, 4]], display_name="confusion"
        )
        with aiplatform.start_execution(schema_title="system.ContainerExecution") as execution:
            data = aiplatform.Artifact.create(schema_title="system.Dataset", uri="gs://x/y")
            execution.assign_input_artifacts([data])
            made = aiplatform.Artifact.create(schema_title="system.Model")
            execution.assign_output_artifacts([made])
        aiplatform.end_run()

        run = aiplatform.ExperimentRun("run-1", experiment="whole-experiment")
        assert run.get_params() == {"seed": 7, "model": "m"}
        assert run.get_metrics() == {"rate": 0.5, "verdict": "PASS"}
        assert run.get_state() == "COMPLETE"
        assert run.get_classification_metrics()[0]["matrix"] == [[1, 2], [3, 4]]
        assert [a.resource_name for a in execution.get_input_artifacts()] == [data.resource_name]
        assert len(run.get_executions()) == 1 and len(run.get_artifacts()) == 4
        self.frame_holds(aiplatform)

    def frame_holds(self, aiplatform: Any) -> None:
        """A data frame needs pandas, which no extra of ours brings."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import pandas  # noqa: F401
            except ImportError:
                return
            rows = aiplatform.get_experiment_df("whole-experiment").to_dict("records")
        assert [row["run_name"] for row in rows] == ["run-1"]
        assert rows[0]["metric.rate"] == 0.5 and rows[0]["time_series_metric.loss"] == 0.1

    def test_runs_go_on_are_listed_and_deleted(self, aiplatform: Any) -> None:
        experiment = aiplatform.Experiment.get_or_create("second-experiment")
        for name in ("run-1", "run-2"):
            run = aiplatform.ExperimentRun.create(name, experiment=experiment)
            run.log_metrics({"n": 1})
            run.end_run()
        again = aiplatform.ExperimentRun.get("run-1", experiment=experiment)
        again.log_metrics({"n": 2})
        assert aiplatform.ExperimentRun("run-1", experiment=experiment).get_metrics() == {"n": 2}
        listed = aiplatform.ExperimentRun.list(experiment=experiment)
        assert sorted(r.name for r in listed) == ["run-1", "run-2"]
        assert aiplatform.ExperimentRun.get("run-3", experiment=experiment) is None
        names = [e.name for e in aiplatform.Experiment.list()]
        assert "second-experiment" in names
        experiment.delete()
        assert aiplatform.Experiment.get("second-experiment") is None

    def test_a_pipeline_is_part_of_an_experiment(self, aiplatform: Any, tmp_path: Any) -> None:
        spec = tmp_path / "pipeline.json"
        spec.write_text(json.dumps(PIPELINE))
        experiment = aiplatform.Experiment.get_or_create("pipeline-experiment")
        job = aiplatform.PipelineJob(
            display_name="in an experiment", template_path=str(spec), job_id="gate-9"
        )
        job.submit(experiment="pipeline-experiment")
        fresh = aiplatform.PipelineJob.get("gate-9")
        assert fresh.get_associated_experiment().resource_name == experiment.resource_name
