"""google-genai against the emulator: sync, async, and their streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from llmeval.emulator import VertexOptions, running_emulator
from llmeval.emulator.vertex.kinds import DOES

pytestmark = pytest.mark.filterwarnings(
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning"
)

MODEL = "gemini-2.5-flash"
PLACE = "projects/p/locations/us-central1"
REASON = "the vertex extra is not installed"
WAYS = ("whole", "stream", "async", "async stream")

pytest_ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


@pytest.fixture(scope="module")
def genai() -> Any:
    return pytest.importorskip("google.genai", reason=REASON)


def client_of(genai: Any, root: str, location: str = "us-central1", token: str = "x") -> Any:
    from google.oauth2.credentials import Credentials

    return genai.Client(
        vertexai=True,
        project="p",
        location=location,
        credentials=Credentials(token=token),
        http_options=genai.types.HttpOptions(base_url=root, timeout=3000),
    )


class Asker:
    """A client with the event loop that its connections live on."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._runner = asyncio.Runner()

    def run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.client.aio.aclose())
        self._runner.close()
        self.client.close()


@pytest.fixture(scope="module")
def asker(genai: Any, root: str) -> Iterator[Asker]:
    with Asker(client_of(genai, root)) as made:
        yield made


@pytest.fixture
def client(asker: Asker) -> Any:
    return asker.client


def ask(asker: Asker, way: str, text: str, model: str = MODEL, **config: Any) -> list[Any]:
    """Return the response, or the chunks, of one call made in this ``way``."""
    client = asker.client
    asked = {"model": model, "contents": text, "config": config or None}
    if way == "whole":
        return [client.models.generate_content(**asked)]
    if way == "stream":
        return list(client.models.generate_content_stream(**asked))

    async def later() -> list[Any]:
        if way == "async":
            return [await client.aio.models.generate_content(**asked)]
        return [chunk async for chunk in await client.aio.models.generate_content_stream(**asked)]

    return asker.run(later())


@pytest_ways
def test_every_way_gives_the_same_text(asker: Asker, way: str) -> None:
    responses = ask(asker, way, "Hello")
    assert (len(responses) > 5) == ("stream" in way)
    text = "".join(response.text for response in responses)
    assert text == ask(asker, "whole", "Hello")[0].text
    last = responses[-1]
    assert last.candidates[0].finish_reason == "STOP"
    usage = last.usage_metadata
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count
    assert usage.traffic_type == "ON_DEMAND"
    assert last.model_version == MODEL and last.response_id and last.create_time


@pytest_ways
def test_every_setting(asker: Asker, way: str) -> None:
    config = {
        "system_instruction": "Be terse.",
        "temperature": 0,
        "top_p": 0.9,
        "seed": 42,
        "candidate_count": 2,
        "max_output_tokens": 64,
        "response_logprobs": True,
        "logprobs": 3,
        "stop_sequences": ["}"],
        "response_mime_type": "application/json",
        "response_schema": {
            "type": "OBJECT",
            "properties": {"name": {"type": "STRING"}, "age": {"type": "INTEGER"}},
            "required": ["name"],
        },
        "thinking_config": {"thinking_budget": 10, "include_thoughts": True},
        "safety_settings": [
            {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE"},
            {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"},
        ],
        "labels": {"llmeval-run-id": "r1"},
    }
    responses = ask(asker, way, "name: Ada; age 36", **config)
    texts, thoughts = {0: "", 1: ""}, {0: "", 1: ""}
    for candidate in (c for response in responses for c in response.candidates):
        for part in candidate.content.parts or []:
            (thoughts if part.thought else texts)[candidate.index or 0] += part.text
    assert texts == {0: '{"name": "Ada", "age": 36', 1: '{"name": "Ada", "age": 36'}
    assert thoughts[0] and thoughts[0] == thoughts[1]
    last = responses[-1]
    assert last.usage_metadata.thoughts_token_count == 20
    ratings = last.candidates[0].safety_ratings
    assert [str(r.category.name) for r in ratings] == [
        "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_DANGEROUS_CONTENT",
        "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    ]  # fmt: skip
    logprobs = last.candidates[0].logprobs_result
    assert "".join(t.token for t in logprobs.chosen_candidates) == texts[0]
    assert {len(top.candidates) for top in logprobs.top_candidates} == {3}


def test_json_schema_and_enum_answers(asker: Asker) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    (answer,) = ask(
        asker, "whole", "n: 4", response_mime_type="application/json", response_json_schema=schema
    )
    assert json.loads(answer.text) == {"n": 4}
    (chosen,) = ask(
        asker, "whole", "The mood is sad.",
        response_mime_type="text/x.enum",
        response_schema={"type": "STRING", "enum": ["glad", "sad"]},
    )  # fmt: skip
    assert json.loads(chosen.text) == "sad"


def test_tuned_endpoints_and_other_places(asker: Asker, genai: Any, root: str) -> None:
    (tuned,) = ask(asker, "whole", "Hello", f"{PLACE}/endpoints/1001")
    assert tuned.text.startswith("Here is") and tuned.model_version == "gemini-2.0-flash-001"
    with Asker(client_of(genai, root, "global")) as elsewhere:
        (everywhere,) = ask(elsewhere, "whole", "Hello")
    assert everywhere.text.startswith("Here is")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gemini-9", "was not found or your project does not have access"),
        (f"{PLACE}/endpoints/9999", "Endpoint `projects/p/locations/us-central1/endpoints/9999`"),
        (f"{PLACE}/endpoints/1002", "does not support generateContent"),
        ("456", "publishers/google/models/456"),
    ],
)
def test_models_that_are_not_there(genai: Any, asker: Asker, model: str, said: str) -> None:
    with pytest.raises(genai.errors.ClientError, match=said):
        ask(asker, "whole", "x", model)


def test_counting_and_looking_up(client: Any) -> None:
    assert client.models.count_tokens(model=MODEL, contents="a b c").total_tokens == 3
    assert client.models.get(model=MODEL).name == f"publishers/google/models/{MODEL}"
    names = [m.name for m in client.models.list(config={"query_base": True, "page_size": 2})]
    assert f"publishers/google/models/{MODEL}" in names and len(names) > 4
    (tuned,) = client.models.list(config={"query_base": False})
    assert tuned.name == f"{PLACE}/models/2001"
    assert tuned.endpoints[0].deployed_model_id == "3001"


ERRORS = {
    "invalid_400": ("ClientError", 400, "INVALID_ARGUMENT"),
    "unauthenticated_401": ("ClientError", 401, "UNAUTHENTICATED"),
    "permission_403": ("ClientError", 403, "PERMISSION_DENIED"),
    "not_found_404": ("ClientError", 404, "NOT_FOUND"),
    "timeout_408": ("ClientError", 408, "DEADLINE_EXCEEDED"),
    "aborted_409": ("ClientError", 409, "ABORTED"),
    "quota_429": ("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "quota_project_429": ("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "quota_endpoint_429": ("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "error_list": ("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "cancelled_499": ("ClientError", 499, "CANCELLED"),
    "server_500": ("ServerError", 500, "INTERNAL"),
    "unavailable_503": ("ServerError", 503, "UNAVAILABLE"),
    "deadline_504": ("ServerError", 504, "DEADLINE_EXCEEDED"),
    "html_404": ("ClientError", 404, "Not Found"),
    "html_502": ("ServerError", 502, "Bad Gateway"),
    "error_midstream": ("ServerError", 503, "UNAVAILABLE"),
}


@pytest.mark.parametrize("kind", ERRORS)
@pytest_ways
def test_errors(genai: Any, asker: Asker, kind: str, way: str) -> None:
    name, code, status = ERRORS[kind]
    with pytest.raises(getattr(genai.errors, name)) as raised:
        ask(asker, way, f"[[fault:{kind}]]")
    assert (raised.value.code, raised.value.status) == (code, status)
    if kind == "quota_project_429":
        details = {
            d["@type"].rpartition(".")[2]: d for d in raised.value.details["error"]["details"]
        }
        assert details["ErrorInfo"]["metadata"]["consumer"] == "projects/p"
        assert details.keys() == {"ErrorInfo", "QuotaFailure", "RetryInfo"}


BROKEN = ("reset", "truncated", "fin_stream", "reset_stream", "cut_stream", "garbage")


@pytest.mark.parametrize("kind", BROKEN)
@pytest_ways
def test_broken_answers(
    genai: Any, asker: Asker, kind: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # After a reset this client sleeps for 1 + randint(0, 9) seconds, and tries once more.
    monkeypatch.setattr("google.genai._api_client.random", SimpleNamespace(randint=lambda *_: -1))
    if kind == "cut_stream" and "stream" in way:
        *_, last = ask(asker, way, f"[[fault:{kind}]]")
        assert last.candidates[0].finish_reason is None
        return
    import aiohttp
    import httpx

    wrong = (httpx.HTTPError, aiohttp.ClientError, ValueError)
    with pytest.raises(wrong):
        ask(asker, way, f"[[fault:{kind}]]")


WITHHELD = {
    "blocked_output": "SAFETY",
    "recitation": "RECITATION",
    "prohibited_content": "PROHIBITED_CONTENT",
    "spii": "SPII",
    "blocklist": "BLOCKLIST",
    "max_tokens_empty": "MAX_TOKENS",
    "malformed_call": "MALFORMED_FUNCTION_CALL",
    "no_parts": "STOP",
    "empty": "STOP",
}


@pytest.mark.parametrize("kind", WITHHELD)
@pytest_ways
def test_answers_without_text(asker: Asker, kind: str, way: str) -> None:
    (response,) = ask(asker, way, f"[[fault:{kind}]]")
    assert response.candidates[0].finish_reason == WITHHELD[kind]
    assert not response.text
    ratings = response.candidates[0].safety_ratings
    assert any(rating.blocked for rating in ratings) == (kind == "blocked_output")


@pytest.mark.parametrize("reason", ["SAFETY", "BLOCKLIST", "JAILBREAK"])
@pytest_ways
def test_blocked_prompts(asker: Asker, reason: str, way: str) -> None:
    (response,) = ask(asker, way, f"[[fault:blocked_prompt:{reason}]]")
    assert response.prompt_feedback.block_reason == reason
    assert response.prompt_feedback.block_reason_message
    assert response.candidates is None
    assert response.usage_metadata.prompt_token_count > 0


@pytest.mark.parametrize(
    ("marker", "reason"),
    [("blocked_midstream", "SAFETY"), ("blocked_midstream:RECITATION", "RECITATION")],
)
@pytest_ways
def test_answers_withheld_in_the_middle(asker: Asker, marker: str, reason: str, way: str) -> None:
    *texts, last = ask(asker, way, f"[[fault:{marker}]]")
    assert last.candidates[0].finish_reason == reason and last.text is None
    shown = "".join(chunk.text for chunk in texts)
    assert shown.startswith("Here is") if "stream" in way else shown == ""


@pytest_ways
def test_no_candidates_and_cut_texts(asker: Asker, way: str) -> None:
    (none,) = ask(asker, way, "[[fault:no_candidates]]")
    assert none.candidates == []
    half = ask(asker, way, "[[fault:max_tokens]]")
    assert half[-1].candidates[0].finish_reason == "MAX_TOKENS"
    assert "".join(chunk.text for chunk in half).startswith("Here is")


def test_every_kind_is_tried_by_this_client() -> None:
    tried = {*ERRORS, *BROKEN, *WITHHELD, "blocked_prompt", "blocked_midstream"}
    assert tried | {"no_candidates", "max_tokens", "hang"} == set(DOES)


def test_tokens_of_a_service_account(genai: Any, tmp_path: Any) -> None:
    """google-auth gets its tokens of the emulator, and new ones when they are too old."""
    service_account = pytest.importorskip("google.oauth2.service_account", reason=REASON)
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa", reason=REASON)
    from cryptography.hazmat.primitives import serialization

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    options = VertexOptions(require_token=True, token_lifetime=1000)
    with running_emulator(vertex=options) as root:
        with (
            Asker(client_of(genai, root)) as unknown,
            pytest.raises(genai.errors.ClientError, match="ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ):
            ask(unknown, "whole", "Hello")
        credentials = service_account.Credentials.from_service_account_info(
            {
                "client_email": "tester@p.iam.gserviceaccount.com",
                "token_uri": f"{root}/token",
                "private_key": key.decode(),
            },
            scopes=["https://www.googleapis.com/auth/cloud-platform"],
        )
        client = genai.Client(
            vertexai=True,
            project="p",
            location="us-central1",
            credentials=credentials,
            http_options=genai.types.HttpOptions(base_url=root),
        )
        with Asker(client) as known:
            assert ask(known, "whole", "Hello")[0].text.startswith("Here is")


def test_tokens_of_the_metadata_server(genai: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_emulator(vertex=VertexOptions(require_token=True, project="mine")) as root:
        host = root.removeprefix("http://")
        metadata = pytest.importorskip("google.auth.compute_engine._metadata", reason=REASON)
        monkeypatch.setattr(metadata, "_GCE_METADATA_HOST", host)
        monkeypatch.setenv("GCE_METADATA_HOST", host)
        from google.auth.compute_engine import Credentials
        from google.auth.transport.requests import Request

        request = Request()
        assert metadata.get_project_id(request) == "mine"
        credentials = Credentials()
        credentials.refresh(request)
        assert credentials.service_account_email.endswith(".iam.gserviceaccount.com")
        with Asker(client_of(genai, root, token=credentials.token)) as known:
            assert ask(known, "whole", "Hello")[0].text.startswith("Here is")
