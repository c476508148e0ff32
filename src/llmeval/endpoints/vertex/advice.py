"""What to do about a failure on Google Cloud: one sentence, with the command that mends it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from llmeval.endpoints.vertex.accounts import ANYBODY, LOGIN, Account, renewal
from llmeval.endpoints.vertex.references import Place, is_loopback
from llmeval.endpoints.vertex.regions import REGIONS, near_regions
from llmeval.records import CallFailure

__all__ = ["ADVISED", "advice", "advised"]

ADVISED = frozenset({"unauthorized", "forbidden", "not_found", "quota_project", "quota_endpoint"})
"""Kinds of failures whose message says what to do wherever a call ends in one."""

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

_SDK_PROJECT = "764086051850"
"""Google's own project behind ``gcloud auth application-default login``: nobody can mend it."""

_QUOTA = "gcloud auth application-default set-quota-project"

# Not any three words with points between them: the server's words may name a service account.
_PERMISSION = re.compile(r"(?<![\w@.-])((?:aiplatform|storage|serviceusage)(?:\.[A-Za-z]+){2})")


def advised(failure: CallFailure, place: Place, root: str = "", account: Account = ANYBODY) -> str:
    """Return the failure's own words, and what to do."""
    todo = advice(failure, place, root, account)
    return f"{failure.message.rstrip('.')}. {todo}" if todo else failure.message


def advice(failure: CallFailure, place: Place, root: str = "", account: Account = ANYBODY) -> str:
    """Return what to do about a failure, empty where nothing is known. ``root`` is the address,
    ``account`` who called."""
    project = shlex.quote(place.project)
    match failure:
        case CallFailure(reason=str(reason)) if reason in _REASONS:
            return _REASONS[reason](failure, place, account)
        case CallFailure(kind="unauthorized"):
            return renewal(account).replace("If the login has ended", "Log in again")
        case CallFailure(kind="forbidden"):
            return _grant(failure, project, account)
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
            return _unresolved(place)
        case CallFailure(kind="refused_connection") if is_loopback(root):
            return "Start the emulator: llmeval serve"
        case CallFailure(kind="bad_request", message=said) if "dedicated" in said.lower():
            return (
                "The endpoint has a domain of its own: let llmeval look it up (see endpoints.get)"
            )
    return ""


def _disabled(failure: CallFailure, place: Place, account: Account) -> str:
    """The API is off in the project whose quota the call counts on, which may be another one."""
    service, consumer = _said(failure, "service"), _consumer(failure, place)
    if consumer == _SDK_PROJECT:
        return f"Say on whose quota you call: {_QUOTA} {shlex.quote(place.project)}"
    service = shlex.quote(service or "aiplatform.googleapis.com")
    return f"The API is not enabled: gcloud services enable {service} --project={consumer}"


def _unbilled(failure: CallFailure, place: Place, account: Account) -> str:
    return (
        f"The project has no billing: gcloud billing projects link {_consumer(failure, place)} "
        f"--billing-account=ACCOUNT (gcloud billing accounts list)"
    )


def _no_project(failure: CallFailure, place: Place, account: Account) -> str:
    return f"No project {_consumer(failure, place)} is known to Google: gcloud projects list"


def _quota_project(failure: CallFailure, place: Place, account: Account) -> str:
    consumer, role = _consumer(failure, place), _ROLES["serviceusage.services.use"]
    own = f"{_QUOTA} {shlex.quote(place.project)}; or " if account.kind == "user" else ""
    return (
        f"Calls count on the quota of {consumer}, and the account may not use it: {own}"
        f"gcloud projects add-iam-policy-binding {consumer} --member={shlex.quote(account.member)} "
        f"--role={role}"
    )


def _scopes(failure: CallFailure, place: Place, account: Account) -> str:
    if account.kind == "machine":
        return (
            "The machine may not ask for this scope: gcloud compute instances "
            "set-service-account INSTANCE --scopes=cloud-platform (the instance must be stopped)"
        )
    return f"The login does not cover Google Cloud: {LOGIN}"


def _perimeter(failure: CallFailure, place: Place, account: Account) -> str:
    uid = _said(failure, "uid")
    return (
        "VPC Service Controls forbid the call from here: call from within the perimeter, or ask "
        "its administrator for an ingress rule" + (f" (identifier {uid})" if uid else "")
    )


def _suspended(failure: CallFailure, place: Place, account: Account) -> str:
    return "Google has suspended the project: see the messages in the console"


_REASONS: Mapping[str, Callable[[CallFailure, Place, Account], str]] = {
    "SERVICE_DISABLED": _disabled,
    "BILLING_DISABLED": _unbilled,
    "CONSUMER_INVALID": _no_project,
    "RESOURCE_PROJECT_INVALID": _no_project,
    "USER_PROJECT_DENIED": _quota_project,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": _scopes,
    "SECURITY_POLICY_VIOLATED": _perimeter,
    "CONSUMER_SUSPENDED": _suspended,
    "GCP_SUSPENDED": _suspended,
}
"""Reason in google.rpc.ErrorInfo (google/api/error_reason.proto) -> what to do."""


def _consumer(failure: CallFailure, place: Place) -> str:
    """Return the project that Google holds the call against, the asked one where it is not said."""
    said = _said(failure, "consumer").removeprefix("projects/")
    return shlex.quote(said or place.project)


def _said(failure: CallFailure, key: str) -> str:
    """Return a value of ErrorInfo's metadata, empty where there is none."""
    for detail in failure.details:
        metadata = detail.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get(key), str):
            return str(metadata[key])
    return ""


def _grant(failure: CallFailure, project: str, account: Account) -> str:
    permission = _permission(failure)
    role = _ROLES.get(permission, "roles/aiplatform.user")
    named = f"The permission {permission} is missing" if permission else "A permission is missing"
    return (
        f"{named}: gcloud projects add-iam-policy-binding {project} "
        f"--member={shlex.quote(account.member)} --role={role}"
    )


def _permission(failure: CallFailure) -> str:
    found = _PERMISSION.search(failure.message)
    return _said(failure, "permission") or (found[1] if found else "")


def _unresolved(place: Place) -> str:
    if place.location in REGIONS:
        return "Does this machine need a proxy or a VPN to reach Google Cloud?"
    near = near_regions(place.location)
    instead = f"give --location={near[0]}" if near else "regions are called like us-central1"
    return f"Is {place.location!r} a region? If not, {instead}"


def _elsewhere(place: Place, project: str) -> str:
    return (
        f"It is not in {place.location}: is it in another region or project? "
        f"gcloud ai endpoints list --region=REGION --project={project}; for a publisher's model, "
        f"see where it is offered, or try --location=global"
    )
