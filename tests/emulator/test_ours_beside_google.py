"""Our own path beside Google's clients: the same answer, field for field, for each surface and each
fault of the emulator.

Loading Google's clients takes seconds: they load in fixtures, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from llmeval.config import EndpointSettings
from llmeval.emulator import running_emulator
from llmeval.emulator.vertex.kinds import DOES
from llmeval.endpoints import EndpointOptions, resolve
from llmeval.endpoints.dialects.finish_reasons import ANSWERS, WITHHELD
from llmeval.endpoints.vertex.lookup import Looker
from llmeval.endpoints.vertex.references import Place, parse_vertex
from llmeval.endpoints.wire.channel import Channel
from llmeval.records import Attempt, CallFailure, Message, Request, Response, Usage

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.*"),
    pytest.mark.filterwarnings("ignore::FutureWarning:google.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]

PLACE = "projects/p/locations/us-central1"
MODEL = "gemini-2.5-flash"
REASON = "the vertex extra is not installed"
ENDPOINTS = ("1001", "1002", "1003", "1004", "1005", "1006", "1008")


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


@pytest.fixture(scope="module")
def genai(root: str) -> Iterator[Any]:
    """A client of google-genai."""
    loaded = pytest.importorskip("google.genai", reason=REASON)
    from google.oauth2.credentials import Credentials

    client = loaded.Client(
        vertexai=True, project="p", location="us-central1", credentials=Credentials(token="x"),
        http_options=loaded.types.HttpOptions(base_url=root, timeout=3000),
    )  # fmt: skip
    yield client
    client.close()


@pytest.fixture(scope="module")
def gapic(root: str) -> SimpleNamespace:
    """The generated clients over REST."""
    v1 = pytest.importorskip("google.cloud.aiplatform_v1", reason=REASON)
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials

    def client(kind: Any) -> Any:
        return kind(
            credentials=AnonymousCredentials(), transport="rest",
            client_options=ClientOptions(api_endpoint=root),
        )  # fmt: skip

    return SimpleNamespace(
        prediction=client(v1.PredictionServiceClient),
        endpoints=client(v1.EndpointServiceClient),
        models=client(v1.ModelServiceClient),
    )


def ours(root: str, reference: str, asked: Request, **declared: Any) -> Attempt:
    """Ask once through our own endpoint, never again."""

    async def whole() -> Attempt:
        endpoints = {reference: EndpointSettings(**declared)} if declared else {}
        options = EndpointOptions(project="p", api_endpoint=root, endpoints=endpoints)
        endpoint = resolve(reference, options=options)
        await endpoint.open()
        try:
            return await endpoint.send(asked, 3.0)
        finally:
            await endpoint.close()

    return asyncio.run(whole())


def request(text: str, *, stream: bool = False, **settings: Any) -> Request:
    return Request((Message("user", text),), settings, stream=stream)


# generateContent, beside google-genai


def theirs(genai: Any, text: str, *, stream: bool = False, **config: Any) -> list[Any]:
    """Return the response, or the chunks."""
    asked = {"model": MODEL, "contents": text, "config": config or None}
    if stream:
        return list(genai.models.generate_content_stream(**asked))
    return [genai.models.generate_content(**asked)]


def tokens(chunks: list[Any]) -> Usage:
    last = next(c.usage_metadata for c in reversed(chunks) if c.usage_metadata)
    return Usage(
        last.prompt_token_count, last.candidates_token_count or 0, last.thoughts_token_count
    )


def rated(ratings: Any) -> list[tuple[Any, ...]]:
    return [
        (r.category.name, r.probability.name, r.probability_score, r.severity_score, r.blocked)
        for r in ratings or ()
    ]


def rated_ours(safety: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("category", "probability", "probabilityScore", "severityScore", "blocked")
    return [tuple(rating.get(name) for name in names) for rating in safety]


SAID = ["", "max_tokens", "max_tokens_empty", "blocked_output", "blocked_midstream",
        "blocked_midstream:RECITATION", "recitation", "prohibited_content", "spii", "blocklist",
        "malformed_call", "empty", "no_parts"]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", SAID)
def test_what_a_model_says(root: str, genai: Any, kind: str, stream: bool) -> None:
    text = f"Hello [[fault:{kind}]]" if kind else "Hello"
    chunks = theirs(genai, text, stream=stream)
    outcome = ours(root, MODEL, request(text, stream=stream)).outcome
    candidates = [c.candidates[0] for c in chunks if c.candidates]
    said = "".join(c.text or "" for c in chunks)
    reason = candidates[-1].finish_reason.name
    ratings = next((c.safety_ratings for c in reversed(candidates) if c.safety_ratings), None)
    assert outcome.usage == tokens(chunks)
    assert outcome.model_version == chunks[-1].model_version
    assert rated_ours(outcome.safety) == rated(ratings)
    if isinstance(outcome, Response):
        assert (outcome.text, outcome.finish_reason) == (said, ANSWERS[reason])
    else:
        assert (outcome.text or "") == said
        assert outcome.kind == WITHHELD.get(reason, "empty")
        assert outcome.reason == (reason if reason in WITHHELD else ANSWERS[reason])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("reason", ["SAFETY", "JAILBREAK", "PROHIBITED_CONTENT"])
def test_prompts_that_are_blocked(root: str, genai: Any, reason: str, stream: bool) -> None:
    text = f"[[fault:blocked_prompt:{reason}]]"
    (chunk,) = theirs(genai, text, stream=stream)
    outcome = ours(root, MODEL, request(text, stream=stream)).outcome
    assert isinstance(outcome, CallFailure)
    feedback = chunk.prompt_feedback
    assert (outcome.kind, outcome.reason) == ("blocked_prompt", feedback.block_reason.name)
    assert feedback.block_reason_message in outcome.message
    assert rated_ours(outcome.safety) == rated(feedback.safety_ratings)
    assert outcome.usage == tokens([chunk])


ERRORS = {
    "invalid_400": "bad_request", "unauthenticated_401": "unauthorized",
    "permission_403": "forbidden", "not_found_404": "not_found", "timeout_408": "timeout",
    "aborted_409": "conflict", "quota_429": "quota_endpoint", "error_list": "quota_endpoint",
    "quota_project_429": "quota_project", "quota_endpoint_429": "quota_endpoint",
    "cancelled_499": "cancelled", "server_500": "server_error", "unavailable_503": "server_error",
    "deadline_504": "timeout", "error_midstream": "server_error", "html_404": "not_found",
    "html_502": "server_error",
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", ERRORS)
def test_errors(root: str, genai: Any, kind: str, stream: bool) -> None:
    from google.genai import errors

    text = f"[[fault:{kind}]]"
    with pytest.raises(errors.APIError) as raised:
        theirs(genai, text, stream=stream)
    error, outcome = raised.value, ours(root, MODEL, request(text, stream=stream)).outcome
    assert isinstance(outcome, CallFailure)
    assert (outcome.kind, outcome.status) == (ERRORS[kind], error.code)
    if kind.startswith("html"):
        return
    assert error.message[:400] in outcome.message
    told = error.details if isinstance(error.details, dict) else error.details[0]
    details = told["error"].get("details", [])
    assert [d["@type"] for d in outcome.details] == [d["@type"] for d in details]
    infos = [d["reason"] for d in details if "reason" in d]
    assert outcome.reason == (infos[0] if infos else error.status)
    if kind == "quota_project_429":
        assert outcome.retry_after == 1.0
        assert outcome.details[0]["metadata"] == details[0]["metadata"]


BROKEN = {
    "reset": {"reset"}, "truncated": {"stream_cut"}, "fin_stream": {"stream_cut"},
    "reset_stream": {"stream_cut", "reset"}, "cut_stream": {"stream_cut"},
    "garbage": {"malformed_body"}, "hang": {"timeout"}, "no_candidates": {"empty"},
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", BROKEN)
def test_where_the_clients_raise_or_say_nothing_ours_has_a_name(
    root: str, kind: str, stream: bool
) -> None:
    attempt = ours(root, MODEL, request(f"[[fault:{kind}]]", stream=stream))
    assert isinstance(attempt.outcome, CallFailure)
    assert attempt.outcome.kind in BROKEN[kind], attempt


def test_every_fault_is_tried() -> None:
    tried = {*SAID, *ERRORS, *BROKEN, "blocked_prompt"} - {"", "blocked_midstream:RECITATION"}
    assert tried == set(DOES)


def test_settings_have_the_same_effect(root: str, genai: Any) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    (told,) = theirs(
        genai, "name: Ada", seed=7, temperature=0.0, max_output_tokens=50, stop_sequences=["}"],
        response_logprobs=True, logprobs=2, response_mime_type="application/json",
        response_json_schema=schema, system_instruction="Be terse.", labels={"a": "b"},
    )  # fmt: skip
    settings = {
        "seed": 7, "temperature": 0.0, "max_tokens": 50, "stop": ["}"], "logprobs": True,
        "top_logprobs": 2, "labels": {"a": "b"},
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
    }  # fmt: skip
    turns = (Message("system", "Be terse."), Message("user", "name: Ada"))
    outcome = ours(root, MODEL, Request(turns, settings)).outcome
    assert isinstance(outcome, Response)
    first = told.candidates[0]
    assert outcome.text == told.text == '{"name": "Ada"'
    assert outcome.usage == tokens([told])
    chosen, tops = first.logprobs_result.chosen_candidates, first.logprobs_result.top_candidates
    assert outcome.logprobs == [
        {
            "token": c.token, "logprob": c.log_probability,
            "top_logprobs": [{"token": t.token, "logprob": t.log_probability}
                             for t in top.candidates],
        }
        for c, top in zip(chosen, tops, strict=True)
    ]  # fmt: skip


# predict and look-ups, beside the generated clients


@pytest.mark.parametrize(
    ("id", "instance", "template"),
    [
        ("1002", {"prompt": "Hi"}, '{"instances": [{"prompt": {{ prompt | tojson }}}]}'),
        ("1004", {"inputs": "Hi", "parameters": {}}, None),
        ("1005", {"prompt": "Hi"}, None),
    ],
)
def test_predict(
    root: str, gapic: SimpleNamespace, id: str, instance: dict[str, Any], template: str | None
) -> None:
    given = gapic.prediction.predict(endpoint=f"{PLACE}/endpoints/{id}", instances=[instance])
    declared = {"format": "predict"} | ({"request": template} if template else {})
    outcome = ours(root, id, request("Hi"), **declared).outcome
    assert isinstance(outcome, Response)
    prediction = given.predictions[0]
    told = prediction if isinstance(prediction, str) else dict(prediction)["content"]
    assert outcome.text == told.removeprefix("Prompt:\nHi\nOutput:\n")
    assert outcome.deployed_model == given.deployed_model_id
    assert outcome.model_version == f"{given.model_display_name}@{given.model_version_id}"


@pytest.mark.parametrize("id", ENDPOINTS)
def test_an_endpoint_is_looked_up_as_the_client_does(
    root: str, gapic: SimpleNamespace, id: str
) -> None:
    async def looked_up() -> tuple[Any, Any]:
        channel = Channel({}, connect_timeout=3.0, max_response_bytes=1_000_000)
        looker = Looker(channel, root, Place("p", "us-central1"), {})
        found = await looker.endpoint(parse_vertex(id))
        models = await looker.models(found.deployed_models)
        await channel.close()
        return found, models

    found, models = asyncio.run(looked_up())
    told = gapic.endpoints.get_endpoint(name=f"{PLACE}/endpoints/{id}")
    assert (found.name, found.display_name) == (told.name, told.display_name)
    assert found.traffic_split == dict(told.traffic_split)
    assert found.dedicated_endpoint_enabled == told.dedicated_endpoint_enabled
    assert (found.dedicated_endpoint_dns or "") == told.dedicated_endpoint_dns
    private = found.private_service_connect_config
    assert (private is not None and private.enable_private_service_connect) == (
        told.private_service_connect_config.enable_private_service_connect
    )
    assert [
        (d.id, d.model, d.display_name, d.model_version_id or "", bool(d.dedicated_resources))
        for d in found.deployed_models
    ] == [
        (d.id, d.model, d.display_name, d.model_version_id, "dedicated_resources" in d)
        for d in told.deployed_models
    ]
    assert models.keys() == {d.id for d in told.deployed_models}
    for one in told.deployed_models:
        model = gapic.models.get_model(name=f"{one.model}@{one.model_version_id}")
        mine = msgspec.to_builtins(models[one.id])
        assert mine["name"] == model.name
        assert mine["displayName"] == model.display_name
        assert mine["versionId"] == model.version_id
        image = (mine["containerSpec"] or {}).get("imageUri", "")
        assert image == model.container_spec.image_uri
        genie = ((mine["baseModelSource"] or {}).get("genieSource") or {}).get("baseModelUri", "")
        assert genie == model.base_model_source.genie_source.base_model_uri
