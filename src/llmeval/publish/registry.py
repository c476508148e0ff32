"""A run as an evaluation of a model in the Model Registry."""

from __future__ import annotations

import re
from typing import Any, Final

from llmeval.endpoints.vertex.sdk import Sdk, open_sdk
from llmeval.endpoints.vertex.sdk_errors import in_plain_words
from llmeval.errors import UsageError, nearest
from llmeval.publish.measures import gate_rows, gates_of, parameters
from llmeval.publish.published import Published
from llmeval.records import EndpointIdentity, Summary

__all__ = ["to_model_registry"]

_SCHEMA: Final = (
    "gs://google-cloud-aiplatform/schema/modelevaluation/general_text_generation_metrics_1.0.0.yaml"
)
"""The schema of generated text. It names BLEU and ROUGE only, and the service holds metrics to it
("Invalid Metrics Format"): so ours are in the evaluation's metadata, which are free."""

_CONSOLE: Final = "https://console.cloud.google.com/vertex-ai/models/locations"
_TIMEOUT: Final = 60.0


def to_model_registry(
    summary: Summary,
    *,
    model: str,
    project: str | None = None,
    location: str | None = None,
    api_endpoint: str | None = None,
    column: str | None = None,
) -> Published:
    """Import a run as an evaluation of ``model``: its id, ``id@version`` or full resource name.

    The evaluation is called by the run's id; one that is called so already is returned as it is.
    ``column`` says which of the run's models it tells of, where there are several.

    Raises ``UsageError`` for a model or column that is none, ``EndpointDown`` where Vertex AI
    cannot be reached, ``InfrastructureError`` where it refuses: each with what to do.
    """
    measured = _column(summary, column)
    sdk = open_sdk("--register-evaluation", *_placed(model, project, location), api_endpoint)
    name = _full_name(model, sdk)
    doing = f"cannot register an evaluation of the model {name}"
    client = sdk.models()
    try:
        with in_plain_words(doing, sdk.place, sdk.api_endpoint):
            found = _registered(client, name, summary.run_id)
            made = found or client.import_model_evaluation(
                parent=name, model_evaluation=_evaluation(summary, measured), timeout=_TIMEOUT
            )
    finally:
        client.transport.close()
    return Published(measured.ref, str(made.name), _url(str(made.name), name), found is None)


def _registered(client: Any, model: str, run_id: str) -> Any:
    """Return the evaluation of that name, or ``None``."""
    evaluations = client.list_model_evaluations(parent=model, timeout=_TIMEOUT)
    return next((e for e in evaluations if e.display_name == run_id), None)


def _evaluation(summary: Summary, model: EndpointIdentity) -> dict[str, Any]:
    gates = gates_of(summary, model)
    rows = gate_rows(gates)
    return {
        "display_name": summary.run_id,
        "metrics_schema_uri": _SCHEMA,
        "metrics": {},
        "metadata": {
            "source": "llmeval",
            "verdict": summary.verdict,
            "parameters": parameters(summary, model),
            "gates": rows,
            "gates_left_out": len(gates) - len(rows),
            "samples": {
                "planned": summary.coverage.planned,
                "recorded": summary.coverage.recorded,
                "answered": summary.coverage.answered,
            },
        },
    }


def _column(summary: Summary, column: str | None) -> EndpointIdentity:
    refs = [model.ref for model in summary.models]
    if column is None and len(refs) > 1:
        raise UsageError(
            f"the run measured {len(refs)} models: say which one the evaluation is of, with "
            f"--column=REF, of {', '.join(refs)}"
        )
    chosen = refs[0] if column is None else column
    if chosen not in refs:
        hint = nearest(chosen, refs)
        raise UsageError(f"--column={chosen}: the run measured {', '.join(refs)}.{hint}")
    return summary.models[refs.index(chosen)]


def _placed(model: str, project: str | None, location: str | None) -> tuple[str | None, str | None]:
    """Return project and location: a full resource name says both."""
    if "publishers/" in model:
        raise UsageError(
            f"--register-evaluation={model}: a publisher's model is not in your Model Registry; "
            f"give the model that you tuned or uploaded: gcloud ai models list --region=REGION"
        )
    found = re.fullmatch(r"projects/([^/]+)/locations/([^/]+)/models/[^/]+", model)
    if found is not None:
        return found[1], found[2]
    if not re.fullmatch(r"(?:models/)?[\w-]+(?:@[\w-]+)?", model):
        raise UsageError(
            f"--register-evaluation={model}: give the model's id, such as 1234567890 or "
            f"1234567890@2, or projects/P/locations/L/models/M"
        )
    return project, location


def _full_name(model: str, sdk: Sdk) -> str:
    if model.startswith("projects/"):
        return model
    return f"{sdk.place.parent}/models/{model.removeprefix('models/')}"


def _url(evaluation: str, model: str) -> str:
    words = evaluation.split("/")
    version = model.partition("@")[2] or "default"
    return (
        f"{_CONSOLE}/{words[3]}/models/{words[5].partition('@')[0]}/versions/{version}/evaluations/"
        f"{words[-1]}?project={words[1]}"
    )
