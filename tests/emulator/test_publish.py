"""A measured run on Vertex AI: written by llmeval, read back by Google's own client."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from factories import failing, hostile, many_gates, passing, two_models
from jobs_server import running_jobs
from llmeval.cli import main
from llmeval.errors import EndpointDown, UsageError
from llmeval.publish import Published, to_experiment, to_model_registry
from llmeval.store import RunDirectory

pytest.importorskip("google.cloud.aiplatform", reason="needs the extra vertex")


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_jobs() as address:
        yield address


@pytest.fixture
def place(root: str) -> dict[str, str]:
    return {"project": "p", "location": "us-central1", "api_endpoint": root}


def read_back(published: Published, place: dict[str, str]) -> Any:
    """Return (parameters, metrics, state) of an experiment's run, as the SDK sees them."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform

    logging.disable(logging.INFO)
    aiplatform.init(credentials=AnonymousCredentials(), api_transport="rest", **place)
    context = aiplatform.Context(published.resource_name)
    parent = aiplatform.Context(context.parent_contexts[0])
    run = aiplatform.ExperimentRun(context.display_name, experiment=parent.name)
    logging.disable(logging.NOTSET)
    return run.get_params(), run.get_metrics(), run.get_state()


def test_a_run_is_logged_once_however_often(place: dict[str, str]) -> None:
    summary = failing().summary
    (first,) = to_experiment(summary, experiment="release-gates", **place)
    (again,) = to_experiment(summary, experiment="release-gates", **place)
    assert first.created and not again.created
    assert replace(first, created=False) == again
    assert first.url == (
        "https://console.cloud.google.com/vertex-ai/experiments/locations/us-central1/experiments/"
        "release-gates/runs/release-gates-2026-11-23t10-24-51-clinic?project=p"
    )
    told, found, state = read_back(first, place)
    assert state == "COMPLETE"
    assert told["run_id"] == summary.run_id and told["seed"] == summary.seed
    assert told["sha256_gates_toml"] == summary.inputs["gates.toml"]
    assert found["run_verdict"] == "FAIL"
    assert found["hallucination_groundedness_pass_rate_low"] == 0.7886


def test_each_model_is_a_run(place: dict[str, str]) -> None:
    summary = two_models().summary
    published = to_experiment(summary, experiment="two-models", run_name="Nightly 7", **place)
    assert [one.model for one in published] == [model.ref for model in summary.models]
    assert all("two-models-nightly-7-openai" in one.resource_name for one in published)
    found = [read_back(one, place)[1] for one in published]
    name = "hallucination_groundedness_pass_rate_verdict"
    assert [metrics[name] for metrics in found] == ["PASS", "FAIL"]


@pytest.mark.parametrize("made", [hostile, many_gates])
def test_any_run_can_be_published(made: Any, place: dict[str, str]) -> None:
    summary = made().summary
    (one,) = to_experiment(summary, experiment="any-run", run_name=made.__name__, **place)
    told, _, _ = read_back(one, place)
    assert told["model"] == summary.model.ref
    assert to_model_registry(replace(summary, run_id=made.__name__), model="world", **place).created


def test_an_evaluation_is_registered_once(place: dict[str, str]) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.aiplatform_v1 import ModelServiceClient

    summary = passing().summary
    first = to_model_registry(summary, model="world", **place)
    again = to_model_registry(summary, model="world@1", **place)
    full = to_model_registry(
        summary,
        model="projects/p/locations/us-central1/models/world",
        api_endpoint=place["api_endpoint"],
    )
    assert first.created and not again.created and not full.created
    assert first.resource_name == again.resource_name == full.resource_name
    assert re.search(r"/models/world/versions/1/evaluations/\d+\?project=p$", again.url)
    with ModelServiceClient(
        credentials=AnonymousCredentials(),
        transport="rest",
        client_options={"api_endpoint": place["api_endpoint"]},
    ) as client:
        found = client.get_model_evaluation(name=first.resource_name)
        assert found.display_name == summary.run_id
        metadata = found.metadata
        assert metadata["verdict"] == "PASS" and metadata["gates_left_out"] == 0
        assert [g["id"] for g in metadata["gates"]] == [gate.id for gate in summary.gates]
        assert metadata["gates"][0]["low"] == summary.gates[0].low
        assert metadata["parameters"]["model"] == summary.model.ref


def test_of_several_models_one_is_chosen(place: dict[str, str]) -> None:
    summary = replace(two_models().summary, run_id="of-two")
    with pytest.raises(UsageError, match=r"measured 2 models.*--column=REF"):
        to_model_registry(summary, model="world", **place)
    with pytest.raises(UsageError, match="Did you mean"):
        to_model_registry(summary, model="world", column=summary.models[1].ref + "x", **place)
    chosen = to_model_registry(summary, model="world", column=summary.models[1].ref, **place)
    assert chosen.model == summary.models[1].ref


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("publishers/google/models/gemini-2.5-flash", "not in your Model Registry"),
        ("no such name", "give the model's id"),
        ("projects/p/models/x", "give the model's id"),
        ("nowhere", r"does not exist\. Is it in another region than us-central1"),
    ],
)
def test_a_model_that_cannot_be_is_refused(model: str, told: str, place: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=told):
        to_model_registry(passing().summary, model=model, **place)


def test_what_the_sdk_itself_refuses_is_said(place: dict[str, str]) -> None:
    summary = passing().summary
    with pytest.raises(UsageError, match=r"cannot log to .*Unsupported region for Vertex AI"):
        to_experiment(summary, experiment="some-gates", **{**place, "location": "nowhere"})
    to_experiment(summary, experiment="some-gates", run_name="taken", **place)
    with pytest.raises(UsageError, match=r"must of type system\.Experiment"):
        to_experiment(summary, experiment="some-gates-taken", **place)


def test_the_processs_own_settings_are_left_as_they_were(place: dict[str, str]) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform
    from google.cloud.aiplatform.initializer import global_config

    aiplatform.init(project="mine", location="europe-west4", credentials=AnonymousCredentials())
    before, threshold = dict(vars(global_config)), logging.root.manager.disable
    to_experiment(passing().summary, experiment="left-alone", **place)
    with pytest.raises(UsageError):
        to_experiment(passing().summary, experiment="left-alone", **{**place, "location": "x"})
    assert dict(vars(global_config)) == before and logging.root.manager.disable == threshold


def test_where_nobody_answers_that_is_said(place: dict[str, str]) -> None:
    with running_jobs() as gone:
        pass
    with pytest.raises(EndpointDown, match=r"cannot be reached.*llmeval serve"):
        to_model_registry(passing().summary, model="world", **{**place, "api_endpoint": gone})


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that pytest measured."""
    folder = tmp_path_factory.mktemp("project")
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"}
    for words in (
        ["-m", "llmeval", "init"],
        ["-m", "pytest", "--model=demo", "--run-dir=run", "-q", "suites/format", "-k", "labels"],
    ):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert (folder / "run" / "run.json").exists(), done.stdout + done.stderr
    return folder / "run"


def words(place: dict[str, str]) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in place.items()]


def test_a_measured_run(
    measured: Path,
    place: dict[str, str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(measured.parent)
    both = ["--experiment=measured", "--register-evaluation=world"]
    assert main(["publish", "run", *both, *words(place), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)  # nothing of the SDK's log is in between
    summary = RunDirectory.open(measured).summary()
    assert summary is not None and told["run_id"] == summary.run_id
    assert told["verdict"] == summary.verdict
    assert [p["created"] for p in told["published"]] == [True, True]
    logged = Published(**told["published"][0])
    assert read_back(logged, place)[1]["run_verdict"] == summary.verdict
    assert main(["publish", "run", *both, *words(place)]) == 0
    out = capfd.readouterr().out
    assert out.count("was there before") == 2 and out.count("https://console.cloud") == 2


def test_settings_of_the_project_count(
    measured: Path,
    place: dict[str, str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(measured.parent)
    rows = "\n".join(f'{name} = "{value}"' for name, value in place.items())
    Path("pyproject.toml").write_text(f"[tool.llmeval]\n{rows}\n")
    assert main(["publish", "run", "--experiment=from-settings", "--run-name=x"]) == 0
    assert "contexts/from-settings-x" in capfd.readouterr().out
    Path("pyproject.toml").unlink()
