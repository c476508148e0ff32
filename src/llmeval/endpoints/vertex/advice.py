"""What to do about a failure on Google Cloud: one sentence, with the command that mends it."""

from __future__ import annotations

import re
import shlex

from llmeval.endpoints.vertex.references import Place, is_loopback
from llmeval.records import CallFailure

__all__ = ["advice", "advised"]

_ROLES = {
    "aiplatform.endpoints.predict": "roles/aiplatform.user",
    "aiplatform.endpoints.get": "roles/aiplatform.viewer",
    "aiplatform.endpoints.list": "roles/aiplatform.viewer",
    "aiplatform.batchPredictionJobs.create": "roles/aiplatform.user",
    "aiplatform.contexts.create": "roles/aiplatform.user",
    "aiplatform.modelEvaluations.import": "roles/aiplatform.user",
    "storage.objects.create": "roles/storage.objectUser",
    "storage.objects.get": "roles/storage.objectViewer",
    "serviceusage.services.use": "roles/serviceusage.serviceUsageConsumer",
}
"""Permission -> the least role that carries it."""

# Not any three words with points between them: the server's words may name a service account.
_PERMISSION = re.compile(r"(?<![\w@.-])((?:aiplatform|storage|serviceusage)(?:\.[A-Za-z]+){2})")


def advised(failure: CallFailure, place: Place, root: str = "") -> str:
    """Return the failure's own words, and what to do."""
    todo = advice(failure, place, root)
    return f"{failure.message}. {todo}" if todo else failure.message


def advice(failure: CallFailure, place: Place, root: str = "") -> str:
    """Return what to do about a failure, empty where nothing is known. ``root`` is the address."""
    project = shlex.quote(place.project)
    match failure:
        case CallFailure(reason="SERVICE_DISABLED"):
            return (
                f"The API is not enabled: gcloud services enable aiplatform.googleapis.com "
                f"--project={project}"
            )
        case CallFailure(reason="BILLING_DISABLED"):
            return f"The project has no billing: gcloud billing projects link {project} …"
        case CallFailure(kind="unauthorized"):
            return "Log in again: gcloud auth application-default login"
        case CallFailure(kind="forbidden"):
            return _grant(failure, project)
        case CallFailure(kind="not_found"):
            return _elsewhere(place, project)
        case CallFailure(kind="quota_project"):
            return (
                "A quota of the project is used up: lower --concurrency, or ask for more at "
                "IAM & Admin > Quotas in the console"
            )
        case CallFailure(kind="quota_endpoint"):
            return (
                "The endpoint or the model's shared capacity is full: add replicas, take another "
                "region or provisioned throughput, or lower --concurrency"
            )
        case CallFailure(kind="dns"):
            return f"Is {place.location!r} a region? gcloud ai locations are like us-central1"
        case CallFailure(kind="refused_connection") if is_loopback(root):
            return "Start the emulator: llmeval serve"
        case CallFailure(kind="bad_request", message=said) if "dedicated" in said.lower():
            return (
                "The endpoint has a domain of its own: let llmeval look it up (see endpoints.get)"
            )
    return ""


def _grant(failure: CallFailure, project: str) -> str:
    permission = _permission(failure)
    role = _ROLES.get(permission, "roles/aiplatform.user")
    named = f"The permission {permission} is missing" if permission else "A permission is missing"
    return (
        f"{named}: gcloud projects add-iam-policy-binding {project} --member=user:YOU --role={role}"
    )


def _permission(failure: CallFailure) -> str:
    for detail in failure.details:
        metadata = detail.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("permission"), str):
            return str(metadata["permission"])
    found = _PERMISSION.search(failure.message)
    return found[1] if found else ""


def _elsewhere(place: Place, project: str) -> str:
    return (
        f"It is not in {place.location}: is it in another region or project? "
        f"gcloud ai endpoints list --region=REGION --project={project}; for a publisher's model, "
        f"see where it is offered, or try --location=global"
    )
