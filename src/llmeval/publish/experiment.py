"""A run in Vertex Experiments: one run of the experiment for each model that was measured."""

from __future__ import annotations

from typing import Any

from llmeval.endpoints.text import printable
from llmeval.endpoints.vertex.sdk import Sdk, open_sdk
from llmeval.endpoints.vertex.sdk_errors import in_plain_words
from llmeval.errors import UsageError
from llmeval.publish.measures import metrics, parameters
from llmeval.publish.names import check_experiment, run_id_in
from llmeval.publish.published import Published
from llmeval.records import EndpointIdentity, Summary

__all__ = ["to_experiment"]

_CONSOLE = "https://console.cloud.google.com/vertex-ai/experiments/locations"


def to_experiment(
    summary: Summary,
    *,
    experiment: str,
    project: str | None = None,
    location: str | None = None,
    api_endpoint: str | None = None,
    run_name: str | None = None,
) -> list[Published]:
    """Log parameters and metrics of a run to ``experiment``, which is made where it is missing.

    Returns one run of the experiment for each model of the run, in their order. Its name comes of
    ``run_name``, by default the run's id: the same run logged again changes nothing.

    Raises ``UsageError`` for names that Vertex AI does not take, ``EndpointDown`` where it cannot
    be reached, ``InfrastructureError`` where it refuses: each with what to do.
    """
    named = [_name(summary, experiment, run_name, model) for model in summary.models]
    sdk = open_sdk("--experiment", project, location, api_endpoint)
    doing = f"cannot log to the experiment {experiment}"
    try:
        with in_plain_words(doing, sdk.place, sdk.api_endpoint), sdk.aiplatform() as aiplatform:
            held = aiplatform.Experiment.get_or_create(experiment)
            return [
                _log(aiplatform, sdk, held, name, summary, model)
                for name, model in zip(named, summary.models, strict=True)
            ]
    except (ValueError, RuntimeError) as error:
        # The SDK's own checks: a context of that name which is no experiment, an unknown region.
        raise UsageError(f"{doing}: {printable(str(error), limit=160)}") from None


def _log(
    aiplatform: Any, sdk: Sdk, held: Any, name: str, summary: Summary, model: EndpointIdentity
) -> Published:
    run = aiplatform.ExperimentRun.get(name, experiment=held)
    created = run is None
    if created:
        run = aiplatform.ExperimentRun.create(name, experiment=held)
    run.log_params(parameters(summary, model))
    run.log_metrics(metrics(summary, model))
    run.end_run()
    place, experiment = sdk.place, held.name
    url = (
        f"{_CONSOLE}/{place.location}/experiments/{experiment}/runs/{experiment}-{name}"
        f"?project={place.project}"
    )
    return Published(model.ref, str(run.resource_name), url, created)


def _name(summary: Summary, experiment: str, run_name: str | None, model: EndpointIdentity) -> str:
    words = [run_name or summary.run_id]
    if len(summary.models) > 1:
        words.append(model.ref)
    return run_id_in(check_experiment(experiment), *words)
