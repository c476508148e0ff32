"""Google's own clients against the emulator: aiplatform over REST, and GAPIC over REST.

Loading them takes seconds: they load in fixtures, once, and only where a test of theirs runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from llmeval.emulator import running_emulator
from llmeval.emulator.vertex.kinds import DOES

PLACE = "projects/p/locations/us-central1"
FLASH = f"{PLACE}/publishers/google/models/gemini-2.5-flash"
TUNED = f"{PLACE}/endpoints/1001"
REASON = "the vertex extra is not installed"
JSON = {"Content-Type": "application/json"}
CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator() as address:
        yield address


@pytest.fixture(scope="module")
def aiplatform(root: str) -> Iterator[Any]:
    """aiplatform, set up for the emulator over REST."""
    loaded = pytest.importorskip("google.cloud.aiplatform", reason=REASON)
    credentials = pytest.importorskip("google.auth.credentials", reason=REASON)
    from google.cloud.aiplatform.initializer import global_config

    before = dict(vars(global_config))
    loaded.init(
        project="p",
        location="us-central1",
        credentials=credentials.AnonymousCredentials(),
        api_endpoint=root,
        api_transport="rest",
    )
    yield loaded
    vars(global_config).update(before)


@pytest.fixture
def endpoint(aiplatform: Any, root: str) -> Callable[[str], Any]:
    """Endpoints whose raw calls, which ignore ``api_endpoint``, go to the emulator too."""
    from google.auth.credentials import AnonymousCredentials
    from google.auth.transport.requests import AuthorizedSession

    class ToTheEmulator(AuthorizedSession):
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            url = url.replace("https://us-central1-aiplatform.googleapis.com", root)
            url = url.replace("https://localhost:", "http://localhost:")
            return super().request(method, url, *args, **kwargs)

    def made(identifier: str) -> Any:
        found = aiplatform.Endpoint(identifier)
        found.authorized_session = ToTheEmulator(AnonymousCredentials())
        return found

    return made


@pytest.fixture(scope="module")
def gapic(root: str) -> SimpleNamespace:
    """The generated clients over REST, and their types."""
    v1 = pytest.importorskip("google.cloud.aiplatform_v1", reason=REASON)
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials

    def client(kind: Any) -> Any:
        return kind(
            credentials=AnonymousCredentials(),
            transport="rest",
            client_options=ClientOptions(api_endpoint=root),
        )

    return SimpleNamespace(
        types=v1.types,
        prediction=client(v1.PredictionServiceClient),
        utility=client(v1.LlmUtilityServiceClient),
        garden=client(v1.ModelGardenServiceClient),
    )


def question(gapic: SimpleNamespace, text: str, model: str = FLASH, **more: Any) -> Any:
    types = gapic.types
    content = types.Content(role="user", parts=[types.Part(text=text)])
    return types.GenerateContentRequest(model=model, contents=[content], **more)


# aiplatform


def test_endpoints_are_listed_by_label_and_by_name(aiplatform: Any) -> None:
    labelled = aiplatform.Endpoint.list(filter='labels.team="llmeval"')
    assert [found.name for found in labelled] == ["1002", "1003"]
    (named,) = aiplatform.Endpoint.list(filter='display_name="tgi"')
    assert named.resource_name == f"{PLACE}/endpoints/1004"
    assert len(aiplatform.Endpoint.list()) == 7
    (private,) = aiplatform.PrivateEndpoint.list()
    assert private.name == "1008"


def test_what_an_endpoint_says_of_itself(aiplatform: Any) -> None:
    canary = aiplatform.Endpoint("1006")
    assert canary.display_name == "canary"
    assert canary.traffic_split == {"3006": 90, "3007": 10}
    stable, flawed = canary.list_models()
    assert (stable.model_version_id, flawed.model_version_id) == ("1", "2")
    assert stable.model == flawed.model == f"{PLACE}/models/2006"
    assert not canary.dedicated_endpoint_enabled
    dedicated = aiplatform.Endpoint("1003")
    assert dedicated.dedicated_endpoint_enabled
    assert dedicated.dedicated_endpoint_dns.startswith("localhost:")
    private = aiplatform.Endpoint("1008").gca_resource
    assert private.private_service_connect_config.enable_private_service_connect


def test_models_and_their_versions(aiplatform: Any) -> None:
    canary = aiplatform.Model("2006@canary")
    assert (canary.version_id, canary.version_aliases) == ("2", ["canary"])
    assert "pytorch-vllm-serve" in canary.container_spec.image_uri
    versions = canary.versioning_registry.list_versions()
    assert [version.version_id for version in versions] == ["1", "2"]
    tuned = aiplatform.Model("2001").gca_resource
    assert "gemini-2.0-flash" in tuned.base_model_source.genie_source.base_model_uri
    (listed,) = aiplatform.Model.list(filter='display_name="answers"')
    assert (listed.name, listed.version_id) == ("2005", "3")


@pytest.mark.parametrize(
    ("identifier", "instance", "shown"),
    [
        ("1002", {"prompt": "Hello"}, "Prompt:\nHello\nOutput:\nHere is"),
        ("1002", {"prompt": "Hello", "raw_response": True}, "Here is"),
        ("1004", {"inputs": "Hello", "parameters": {"max_new_tokens": 2}}, "Here is "),
    ],
)
def test_predict_gives_texts(
    endpoint: Callable[[str], Any], identifier: str, instance: dict[str, Any], shown: str
) -> None:
    given = endpoint(identifier).predict(instances=[instance, instance])
    assert len(given.predictions) == 2
    assert all(text.startswith(shown) for text in given.predictions)
    assert given.deployed_model_id == f"3{identifier[1:]}"
    assert given.model_resource_name == f"{PLACE}/models/2{identifier[1:]}"


def test_predict_of_a_container_of_ones_own(endpoint: Callable[[str], Any]) -> None:
    given = endpoint("1005").predict(instances=[{"prompt": "Hi"}] * 3, parameters={"seed": 1})
    assert len(given.predictions) == 3
    assert given.predictions[0]["content"].startswith("Here is")
    assert given.predictions[0]["safetyAttributes"]["blocked"] is False
    assert given.model_version_id == "3"
    assert given.metadata["tokenMetadata"]["inputTokenCount"]["totalTokens"] == 3


def test_predict_takes_chat_bodies(endpoint: Callable[[str], Any]) -> None:
    instance = {"@requestFormat": "chatCompletions", **CHAT}
    (shared,) = endpoint("1002").predict(instances=[instance]).predictions
    assert shared["choices"][0]["message"]["content"].startswith("Here is")
    # The dedicated domain hands on what vLLM says: the completion itself, not a list of one.
    dedicated = endpoint("1003").predict(instances=[instance]).predictions
    assert dedicated["choices"][0]["message"]["content"].startswith("Here is")


def test_raw_predict_names_who_answered(endpoint: Callable[[str], Any]) -> None:
    vllm = endpoint("1002")
    raw = vllm.raw_predict(body=json.dumps({"prompt": "Hi"}).encode(), headers=JSON)
    assert raw.json()["predictions"][0].startswith("Prompt:\nHi\nOutput:\n")
    assert raw.headers["X-Vertex-AI-Deployed-Model-Id"] == "3002"
    assert raw.headers["X-Vertex-AI-Endpoint-Id"] == "1002"
    given = vllm.predict(instances=[{"prompt": "Hi"}], use_raw_predict=True)
    assert (given.deployed_model_id, given.model_version_id) == ("3002", "1")
    assert given.model_resource_name == f"{PLACE}/models/2002"


def test_stream_raw_predict(endpoint: Callable[[str], Any]) -> None:
    lines = list(endpoint("1002").stream_raw_predict(json.dumps(CHAT).encode(), JSON))
    events = [line.removeprefix(b"data: ") for line in lines if line]
    assert events[-1] == b"[DONE]"
    deltas = [json.loads(event)["choices"][0]["delta"] for event in events[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas).startswith("Here is a short")


def test_dedicated_endpoints_answer_under_their_own_domain(endpoint: Callable[[str], Any]) -> None:
    dedicated = endpoint("1003")
    assert dedicated.predict(instances=[{"prompt": "Hi"}]).deployed_model_id == "3003"
    invoked = dedicated.invoke("/v1/chat/completions", json.dumps(CHAT).encode(), JSON)
    assert invoked.json()["choices"][0]["finish_reason"] == "stop"
    streamed = list(dedicated.stream_raw_predict(json.dumps(CHAT).encode(), JSON))
    assert b"data: [DONE]" in streamed


def test_a_canary_answers_a_tenth(endpoint: Callable[[str], Any]) -> None:
    canary = endpoint("1006")
    drawn = [canary.predict(instances=[{"prompt": "x"}]).deployed_model_id for _ in range(60)]
    assert set(drawn) == {"3006", "3007"}
    assert 1 <= drawn.count("3007") <= 15


@pytest.mark.parametrize(
    ("identifier", "error", "said"),
    [
        ("1007", "BadRequest", "doesn't have traffic_split"),
        ("1008", "BadRequest", "Private Service Connect"),
        ("1001", "BadRequest", "Gemini cannot be accessed through Vertex Predict"),
        ("1002", "BadRequest", "'prompt' is missing"),
        ("9999", "NotFound", "The Endpoint does not exist"),
    ],
)
def test_predictions_that_cannot_be(
    aiplatform: Any, identifier: str, error: str, said: str
) -> None:
    from google.api_core import exceptions

    with pytest.raises(getattr(exceptions, error), match=said):
        aiplatform.Endpoint(identifier).predict(instances=[{"text": "x"}])


@pytest.mark.parametrize(
    ("project", "reason"),
    [("api-disabled", "SERVICE_DISABLED"), ("no-permission", "IAM_PERMISSION_DENIED")],
)
def test_projects_that_may_not(aiplatform: Any, project: str, reason: str) -> None:
    from google.api_core.exceptions import Forbidden

    with pytest.raises(Forbidden) as raised:
        aiplatform.Endpoint("1002", project=project, location="us-central1").predict([{}])
    assert raised.value.reason == reason
    if project == "no-permission":
        assert raised.value.metadata["permission"] == "aiplatform.endpoints.get"
    else:
        assert "api-disabled" in raised.value.metadata["activationUrl"]


# GAPIC


@pytest.mark.parametrize("model", [FLASH, TUNED])
def test_generate_content(gapic: SimpleNamespace, model: str) -> None:
    response = gapic.prediction.generate_content(question(gapic, "Hello", model))
    (candidate,) = response.candidates
    assert candidate.content.parts[0].text.startswith("Here is")
    assert candidate.finish_reason.name == "STOP"
    assert [r.category.name for r in candidate.safety_ratings] == [
        "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_DANGEROUS_CONTENT",
        "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    ]  # fmt: skip
    assert all(0 < rating.probability_score < 0.1 for rating in candidate.safety_ratings)
    usage = response.usage_metadata
    assert usage.prompt_token_count + usage.candidates_token_count == usage.total_token_count
    assert response.model_version.startswith("gemini-2.")
    assert response.response_id and response.create_time.year > 2025
    assert candidate.avg_logprobs < 0


def test_every_setting_of_generate_content(gapic: SimpleNamespace) -> None:
    types = gapic.types
    config = types.GenerationConfig(
        seed=7, temperature=0.0, top_p=0.9, candidate_count=2, max_output_tokens=50,
        stop_sequences=["}"], response_logprobs=True, logprobs=2,
        response_mime_type="application/json",
        response_schema=types.Schema(
            type_="OBJECT", properties={"name": types.Schema(type_="STRING")}, required=["name"]
        ),
    )  # fmt: skip
    asked = question(
        gapic,
        "name: Ada",
        generation_config=config,
        system_instruction=types.Content(parts=[types.Part(text="Be terse.")]),
        safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="OFF")],
        labels={"llmeval-run-id": "r1"},
    )
    response = gapic.prediction.generate_content(asked)
    assert [c.index for c in response.candidates] == [0, 1]
    first = response.candidates[0]
    assert first.content.parts[0].text == '{"name": "Ada"'
    assert len(first.safety_ratings) == 3
    chosen = first.logprobs_result.chosen_candidates
    assert "".join(token.token for token in chosen) == '{"name": "Ada"'
    assert all(len(top.candidates) == 2 for top in first.logprobs_result.top_candidates)


def test_stream_generate_content(gapic: SimpleNamespace) -> None:
    whole = gapic.prediction.generate_content(question(gapic, "Hello"))
    chunks = list(gapic.prediction.stream_generate_content(question(gapic, "Hello")))
    texts = [part.text for c in chunks for part in c.candidates[0].content.parts]
    assert "".join(texts) == whole.candidates[0].content.parts[0].text
    assert [c.candidates[0].finish_reason.name for c in chunks[-2:]] == [
        "FINISH_REASON_UNSPECIFIED", "STOP"
    ]  # fmt: skip
    assert chunks[-1].usage_metadata == whole.usage_metadata
    assert len({c.response_id for c in chunks}) == 1


def test_predict_and_raw_predict(gapic: SimpleNamespace) -> None:
    from google.api.httpbody_pb2 import HttpBody

    name = f"{PLACE}/endpoints/1002"
    given = gapic.prediction.predict(endpoint=name, instances=[{"prompt": "Hi"}])
    assert given.predictions[0].startswith("Prompt:\nHi")
    assert (given.model_display_name, given.model_version_id) == ("gemma-vllm", "1")
    body = HttpBody(data=json.dumps({"prompt": "Hi"}).encode(), content_type="application/json")
    raw = gapic.prediction.raw_predict(endpoint=name, http_body=body)
    assert raw.content_type == "application/json"
    assert json.loads(raw.data)["predictions"][0].startswith("Prompt:\nHi")
    pieces = list(gapic.prediction.stream_raw_predict(endpoint=name, http_body=body))
    assert pieces[-1].data == b"data: [DONE]\n\n"
    assert json.loads(pieces[0].data.removeprefix(b"data: ")) == {
        "predictions": [json.loads(raw.data)["predictions"][0].partition("Output:\n")[2][:4]]
    }


def test_counting_tokens(gapic: SimpleNamespace) -> None:
    types = gapic.types
    asked = types.CountTokensRequest(
        endpoint=FLASH, contents=[types.Content(role="user", parts=[types.Part(text="a b c")])]
    )
    counted = gapic.utility.count_tokens(asked)
    assert (counted.total_tokens, counted.total_billable_characters) == (3, 3)


def test_the_model_garden(gapic: SimpleNamespace) -> None:
    from google.api_core.exceptions import NotFound

    found = gapic.garden.get_publisher_model(name="publishers/google/models/gemini-2.5-flash")
    assert found.launch_stage.name == "GA"
    with pytest.raises(NotFound, match="valid model version"):
        gapic.garden.get_publisher_model(name="publishers/google/models/gemini-9")


ERRORS = {
    "invalid_400": ("BadRequest", 400),
    "permission_403": ("Forbidden", 403),
    "not_found_404": ("NotFound", 404),
    "timeout_408": ("GoogleAPICallError", 408),
    "aborted_409": ("Conflict", 409),
    "quota_429": ("TooManyRequests", 429),
    "quota_project_429": ("TooManyRequests", 429),
    "quota_endpoint_429": ("TooManyRequests", 429),
    "error_list": ("TooManyRequests", 429),
    "cancelled_499": ("Cancelled", 499),
    "server_500": ("InternalServerError", 500),
    "unavailable_503": ("ServiceUnavailable", 503),
    "deadline_504": ("GatewayTimeout", 504),
    "html_404": ("NotFound", 404),
    "html_502": ("BadGateway", 502),
}


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("streamed", [False, True])
def test_errors(gapic: SimpleNamespace, kind: str, streamed: bool) -> None:
    from google.api_core import exceptions

    name, code = ERRORS[kind]
    asked = question(gapic, f"[[fault:{kind}]]")
    with pytest.raises(getattr(exceptions, name)) as raised:
        if streamed:
            list(gapic.prediction.stream_generate_content(asked, retry=None))
        else:
            gapic.prediction.generate_content(asked, retry=None)
    assert raised.value.code == code
    expected = {
        "quota_project_429": "RATE_LIMIT_EXCEEDED", "permission_403": "IAM_PERMISSION_DENIED"
    }  # fmt: skip
    assert raised.value.reason == expected.get(kind)
    if kind == "quota_project_429":
        kinds = [detail["@type"].rpartition(".")[2] for detail in raised.value.details]
        assert kinds == ["ErrorInfo", "QuotaFailure", "RetryInfo"]
        assert raised.value.details[2]["retryDelay"] == "1s"
        assert raised.value.metadata["quota_metric"].startswith("aiplatform.googleapis.com/")


BROKEN = {
    "reset": "ConnectionError",
    "truncated": "ChunkedEncodingError",
    "fin_stream": "ChunkedEncodingError",
    "reset_stream": "ChunkedEncodingError",
    "cut_stream": "ChunkedEncodingError",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_connections(gapic: SimpleNamespace, kind: str) -> None:
    from requests import exceptions

    asked = question(gapic, f"[[fault:{kind}]]")
    with pytest.raises(getattr(exceptions, BROKEN[kind])):
        gapic.prediction.generate_content(asked, retry=None)
    wrong = ValueError if kind == "cut_stream" else getattr(exceptions, BROKEN[kind])
    seen = []
    with pytest.raises(wrong):
        for chunk in gapic.prediction.stream_generate_content(asked, retry=None):
            seen.append(chunk.candidates[0].content.parts[0].text)
    assert bool(seen) == (kind != "reset")


def test_bodies_that_are_no_json(gapic: SimpleNamespace) -> None:
    from google.protobuf.json_format import ParseError

    with pytest.raises(ParseError):
        gapic.prediction.generate_content(question(gapic, "[[fault:garbage]]"), retry=None)


def test_a_client_that_waits_no_longer_than_it_likes(gapic: SimpleNamespace) -> None:
    from requests.exceptions import ReadTimeout

    with pytest.raises(ReadTimeout):
        gapic.prediction.generate_content(
            question(gapic, "[[fault:hang]]"), timeout=0.3, retry=None
        )


WITHHELD = {
    "blocked_output": "SAFETY",
    "blocked_output:OTHER": "OTHER",
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
@pytest.mark.parametrize("streamed", [False, True])
def test_answers_without_text(gapic: SimpleNamespace, kind: str, streamed: bool) -> None:
    asked = question(gapic, f"[[fault:{kind}]]")
    if streamed:
        (response,) = gapic.prediction.stream_generate_content(asked)
    else:
        response = gapic.prediction.generate_content(asked)
    (candidate,) = response.candidates
    assert candidate.finish_reason.name == WITHHELD[kind]
    assert "".join(part.text for part in candidate.content.parts) == ""
    assert any(r.blocked for r in candidate.safety_ratings) == (kind == "blocked_output")
    assert response.usage_metadata.prompt_token_count > 0


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "PROHIBITED_CONTENT", "JAILBREAK"])
def test_blocked_prompts(gapic: SimpleNamespace, reason: str) -> None:
    asked = question(gapic, f"[[fault:blocked_prompt:{reason}]]")
    response = gapic.prediction.generate_content(asked)
    assert not response.candidates
    assert response.prompt_feedback.block_reason.name == reason
    assert bool(response.prompt_feedback.safety_ratings) == (reason == "SAFETY")
    (streamed,) = gapic.prediction.stream_generate_content(asked)
    assert streamed.prompt_feedback == response.prompt_feedback


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION"])
def test_answers_withheld_in_mid_stream(gapic: SimpleNamespace, reason: str) -> None:
    asked = question(gapic, f"[[fault:blocked_midstream:{reason}]]")
    *texts, last = gapic.prediction.stream_generate_content(asked)
    assert "".join(c.candidates[0].content.parts[0].text for c in texts).startswith("Here is")
    assert last.candidates[0].finish_reason.name == reason
    assert not last.candidates[0].content.parts


def test_no_candidates_and_cut_texts(gapic: SimpleNamespace) -> None:
    assert not gapic.prediction.generate_content(
        question(gapic, "[[fault:no_candidates]]")
    ).candidates
    whole = gapic.prediction.generate_content(question(gapic, "x")).candidates[0]
    half = gapic.prediction.generate_content(question(gapic, "[[fault:max_tokens]] x")).candidates[
        0
    ]
    assert half.finish_reason.name == "MAX_TOKENS"
    text = half.content.parts[0].text
    assert text and whole.content.parts[0].text.startswith(text)


def test_this_client_does_not_see_an_error_in_mid_stream(gapic: SimpleNamespace) -> None:
    """Its parser drops the error object, and the answer looks as if it had just ended."""
    *_, last = gapic.prediction.stream_generate_content(
        question(gapic, "[[fault:error_midstream]]"), retry=None
    )
    assert not last.candidates


def test_every_kind_is_tried_by_this_client() -> None:
    tried = {kind.partition(":")[0] for kind in (*ERRORS, *BROKEN, *WITHHELD)}
    tried |= {"blocked_prompt", "blocked_midstream", "no_candidates", "max_tokens"}
    tried |= {"error_midstream", "garbage", "hang"}
    # Anonymous credentials cannot be refreshed, which is what this client does on a 401.
    assert tried | {"unauthenticated_401"} == set(DOES)
