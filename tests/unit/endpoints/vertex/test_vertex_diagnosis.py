"""What to do about a failure on Google Cloud: the command fits project, account and place."""

from __future__ import annotations

from typing import Any

import pytest

from llmeval.endpoints.vertex.accounts import ANYBODY, Account
from llmeval.endpoints.vertex.advice import advice
from llmeval.endpoints.vertex.diagnosis import FIXES, doctor_command, fix_for, place_of
from llmeval.endpoints.vertex.references import Place
from llmeval.records import FAILURE_KINDS, CallFailure, EndpointIdentity

PLACE = Place("p-1", "us-central1")
CI = Account("key", "service account", "serviceAccount:ci@p-1.iam.gserviceaccount.com")
MACHINE = Account("machine", "the machine", "serviceAccount:vm@p-1.iam.gserviceaccount.com")


def denied(reason: str, **metadata: Any) -> CallFailure:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "metadata": metadata}]
    return CallFailure("forbidden", "403: no", status=403, reason=reason, details=details)


@pytest.mark.parametrize(
    ("failure", "account", "todo"),
    [
        (denied("SERVICE_DISABLED"), CI,
         "gcloud services enable aiplatform.googleapis.com --project=p-1"),
        (denied("SERVICE_DISABLED", consumer="projects/77", service="iam.googleapis.com"), CI,
         "gcloud services enable iam.googleapis.com --project=77"),
        (denied("SERVICE_DISABLED", consumer="projects/764086051850"), ANYBODY,
         "gcloud auth application-default set-quota-project p-1"),
        (denied("SERVICE_DISABLED", consumer="projects/x;id"), CI, "--project='x;id'"),
        (denied("BILLING_DISABLED", consumer="projects/77"), CI,
         "gcloud billing projects link 77 --billing-account=ACCOUNT"),
        (denied("CONSUMER_INVALID"), CI, "No project p-1 is known to Google: gcloud projects list"),
        (denied("USER_PROJECT_DENIED", consumer="projects/q"), CI,
         "may not use it: gcloud projects add-iam-policy-binding q "
         f"--member={CI.member} --role=roles/serviceusage.serviceUsageConsumer"),
        (denied("USER_PROJECT_DENIED", consumer="projects/q"), ANYBODY,
         "set-quota-project p-1; or gcloud"),
        (denied("ACCESS_TOKEN_SCOPE_INSUFFICIENT"), MACHINE, "--scopes=cloud-platform"),
        (denied("ACCESS_TOKEN_SCOPE_INSUFFICIENT"), ANYBODY,
         "gcloud auth application-default login"),
        (denied("SECURITY_POLICY_VIOLATED", uid="abc"), CI, "(identifier abc)"),
        (denied("CONSUMER_SUSPENDED"), CI, "suspended"),
        (denied("IAM_PERMISSION_DENIED", permission="aiplatform.endpoints.predict"), CI,
         "The permission aiplatform.endpoints.predict is missing: gcloud projects "
         f"add-iam-policy-binding p-1 --member={CI.member} --role=roles/aiplatform.user"),
        (denied("IAM_PERMISSION_DENIED", permission="aiplatform.endpoints.get"), ANYBODY,
         "--member=user:YOU --role=roles/aiplatform.viewer"),
        (denied("IAM_PERMISSION_DENIED"),
         Account("federated", "f", "principalSet://x/*"), "--member='principalSet://x/*'"),
        (CallFailure("unauthorized", "401"), ANYBODY,
         "Log in again: gcloud auth application-default login"),
        (CallFailure("unauthorized", "401"), CI, "gcloud iam service-accounts keys create"),
    ],
)  # fmt: skip
def test_advice_names_project_account_and_role(
    failure: CallFailure, account: Account, todo: str
) -> None:
    assert todo in advice(failure, PLACE, account=account)
    assert fix_for(failure, PLACE, account=account) == advice(failure, PLACE, account=account)


@pytest.mark.parametrize(
    ("location", "todo"),
    [
        ("us-central1", "Does this machine need a proxy or a VPN to reach Google Cloud?"),
        ("us-centrall", "Is 'us-centrall' a region? If not, give --location=us-central1"),
        ("mars", "Is 'mars' a region? If not, regions are called like us-central1"),
    ],
)
def test_a_host_that_is_not_known_may_be_a_region_that_is_none(location: str, todo: str) -> None:
    assert advice(CallFailure("dns", "no such name"), Place("p-1", location)) == todo


@pytest.mark.parametrize("kind", sorted(FAILURE_KINDS))
def test_every_kind_has_something_to_do(kind: str) -> None:
    todo = fix_for(CallFailure(kind, "no"), PLACE)
    assert todo and "LLMEVAL_API_KEY" not in todo and "#" not in todo


def test_every_fix_belongs_to_a_kind_on_vertex() -> None:
    assert set(FIXES) <= set(FAILURE_KINDS)


@pytest.mark.parametrize(
    ("ref", "details", "command"),
    [
        ("12", {"project": "p-1", "location": "us-east4"},
         "llmeval doctor --model=12 --project=p-1 --location=us-east4"),
        ("projects/p-1/locations/eu/endpoints/1", {"project": "p-1", "location": "eu"},
         "llmeval doctor --model=projects/p-1/locations/eu/endpoints/1"),
        ("12?location=eu&project=p", {"project": "p", "location": "eu"},
         "llmeval doctor '--model=12?location=eu&project=p'"),
        ("vertex:a b", {"api_endpoint": "http://127.0.0.1:8"},
         "llmeval doctor '--model=vertex:a b' --api-endpoint=http://127.0.0.1:8"),
        ("vertex-emulator#1002", {"project": "emulated"},
         "llmeval doctor '--model=vertex-emulator#1002'"),
    ],
)  # fmt: skip
def test_the_command_that_looks_closer(ref: str, details: dict[str, Any], command: str) -> None:
    assert doctor_command(EndpointIdentity(ref, "vertex", "n", details=details)) == command


def test_where_an_endpoint_is() -> None:
    opened = EndpointIdentity("12", "vertex", "n", details={"project": "p", "location": "eu"})
    assert place_of(opened) == Place("p", "eu")
    assert place_of(EndpointIdentity("12", "vertex", "n")) == Place("PROJECT", "REGION")
