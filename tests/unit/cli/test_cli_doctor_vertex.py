"""``llmeval doctor --model=`` on Vertex AI says what is missing, and the command that mends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cli_running import Ran, run
from vertex_pages import (
    HERE,
    Error,
    Pages,
    chatted,
    denied,
    deployed,
    endpoint,
    generated,
    hanging,
    model,
    serving,
)

from llmeval.cli import vertex_access, vertex_checkups
from llmeval.cli.checkups import Finding
from llmeval.cli.vertex_access import Access
from llmeval.cli.vertex_answer import answer
from llmeval.cli.vertex_checkups import look_up
from llmeval.endpoints import EndpointOptions
from llmeval.endpoints.vertex.accounts import Account
from llmeval.endpoints.vertex.credentials import NoToken
from llmeval.endpoints.vertex.endpoint import VertexEndpoint
from llmeval.endpoints.vertex.references import Place, parse_vertex
from llmeval.endpoints.wire.channel import Channel

Capture = pytest.CaptureFixture[str]

CI = Account("key", "service account", "serviceAccount:ci@p-1.iam.gserviceaccount.com")
THERE = HERE.replace("us-central1", "europe-west4")
GET, MODEL = f"GET {HERE}/endpoints/12", f"GET {HERE}/models/21@3"
CHAT = f"POST {HERE}/endpoints/12/chat/completions"
GEMINI = "/publishers/google/models/gemini-2.5-flash"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION",
                 "GOOGLE_CLOUD_REGION"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def vertex() -> Iterator[Pages]:
    """Endpoint 12 answers, and so does Gemini."""
    with serving() as pages:
        pages[GET] = endpoint("12", deployed())
        pages[MODEL] = model()
        pages[CHAT] = chatted("ready.")
        pages[f"POST {HERE}{GEMINI}:generateContent"] = generated(
            "ready.", promptTokenCount=9, candidatesTokenCount=2, thoughtsTokenCount=30
        )
        yield pages


def doctor(capsys: Capture, vertex: Pages, reference: str, *words: str) -> Ran:
    place = ["--project=p-1", f"--api-endpoint={vertex.root}", "--timeout=5"]
    return run(capsys, "doctor", f"--model={reference}", *place, *words)


def findings(capsys: Capture, vertex: Pages, reference: str, *words: str) -> list[Finding]:
    """Return what is found about the model itself."""
    told = doctor(capsys, vertex, reference, "--json", *words).json["findings"]
    names = [each["name"] for each in told]
    return [Finding(**each) for each in told[names.index("region") :]]


def last(capsys: Capture, vertex: Pages, reference: str, *words: str) -> Finding:
    return findings(capsys, vertex, reference, *words)[-1]


# What answers


def test_an_endpoint_that_answers(vertex: Pages, capsys: Capture) -> None:
    found = {each.name: each for each in findings(capsys, vertex, "12")}
    assert list(found) == [
        "region", "api endpoint", "credentials", "project", "endpoint", "deployed model",
        "request format", "answer", "price",
    ]  # fmt: skip
    assert {each.state for each in found.values()} == {"ok", "note"}
    assert found["endpoint"].text == "projects/p-1/locations/us-central1/endpoints/12 'chatbot'"
    assert found["deployed model"].text == (
        "31: answers version 3, 100 % of the traffic, container x/pytorch-vllm-serve:1"
    )
    assert found["request format"].text == (
        f"chat, by the container: {vertex.root}/v1/projects/p-1/locations/us-central1/"
        f"endpoints/12/chat/completions"
    )
    answered = found["answer"].text
    assert answered.startswith("in 0.") and "'ready.', 9 tokens in, 2 out" in answered
    assert "by deployed model 31" in answered
    assert found["price"].state == "note" and "billed by the hour" in found["price"].text


def test_a_healthy_model_leaves_nothing_in_the_way(vertex: Pages, capsys: Capture) -> None:
    done = doctor(capsys, vertex, "12")
    assert done.code == 0 and done.out.splitlines()[-1] == "Nothing is in the way."
    assert [key for key in vertex.asked if key.startswith("POST")] == [CHAT]


def test_gemini_with_its_list_price(vertex: Pages, capsys: Capture) -> None:
    found = {each.name: each for each in findings(capsys, vertex, "gemini-2.5-flash")}
    assert found["request format"].text.startswith("generate_content, that of google's models: ")
    assert "9 tokens in, 2 out after 30 of thinking, by gemini-2.5-flash" in found["answer"].text
    assert found["price"].state == "ok" and "list price of 20" in found["price"].text
    assert "this call: 0.0000" in found["price"].text


def test_a_price_of_ones_own_and_none(here: Path, vertex: Pages, capsys: Capture) -> None:
    (here / "pyproject.toml").write_text(
        "[tool.llmeval.prices]\nanswers = {input = 1.0, output = 2.0}\n"
    )
    found = last(capsys, vertex, "12")
    assert found == Finding(
        "price", "ok",
        "1 in, 2 out, in US dollars for a million tokens (your own table); this call: 0.000013",
    )  # fmt: skip
    vertex[f"POST {HERE}/publishers/google/models/gemini-99:generateContent"] = generated("ready.")
    unknown = last(capsys, vertex, "gemini-99")
    assert unknown.state == "note" and "--budget is refused" in unknown.text
    assert unknown.fix == '[tool.llmeval.prices] "gemini-99" = {input = …, output = …}'


def test_a_declared_format_is_told(here: Path, vertex: Pages, capsys: Capture) -> None:
    (here / "pyproject.toml").write_text('[tool.llmeval.endpoints.12]\nformat = "predict"\n')
    vertex[f"POST {HERE}/endpoints/12:predict"] = {"predictions": ["ready."]}
    found = {each.name: each for each in findings(capsys, vertex, "12")}
    assert found["request format"].text.startswith("predict, as declared in [tool.llmeval.endpoi")
    assert "tokens not reported" in found["answer"].text


def test_a_guessed_format_is_a_note_where_the_call_fails(vertex: Pages, capsys: Capture) -> None:
    vertex[MODEL] = model("x/custom:1")
    vertex[f"POST {HERE}/endpoints/12:predict"] = {"predictions": ["ready."]}
    found = {each.name: each for each in findings(capsys, vertex, "12")}
    assert found["request format"].text.startswith("predict, a guess: no container that llmeval")
    assert found["request format"].state == found["answer"].state == "ok"
    vertex[f"POST {HERE}/endpoints/12:predict"] = Error(400, "INVALID_ARGUMENT", "no 'text'")
    found = {each.name: each for each in findings(capsys, vertex, "12")}
    assert found["request format"].state == "note"
    assert "[tool.llmeval.endpoints.ID]" in found["request format"].fix


def test_a_tuned_gemini_has_no_container(vertex: Pages, capsys: Capture) -> None:
    vertex[GET] = endpoint("12", deployed(dedicatedResources=None))
    vertex[MODEL] = {"name": "m", "baseModelSource": {"genieSource": {"baseModelUri": "gemini"}}}
    vertex[f"POST {HERE}/endpoints/12:generateContent"] = generated("ready.")
    found = {each.name: each for each in findings(capsys, vertex, "12")}
    assert found["request format"].text.startswith("generate_content, as for tuned Gemini")


def test_several_locations_are_looked_at_side_by_side(vertex: Pages, capsys: Capture) -> None:
    vertex[f"GET {THERE}/endpoints/12"] = endpoint(
        "12", deployed(), name=f"{THERE[4:]}/endpoints/12"
    )
    vertex[f"POST {THERE}/endpoints/12/chat/completions"] = chatted("ready.")
    found = findings(capsys, vertex, "12", "--location=us-central1,europe-west4")
    assert [each.text.split(",")[0] for each in found if each.name == "region"] == [
        "us-central1", "europe-west4",
    ]  # fmt: skip
    assert sum(each.name == "credentials" for each in found) == 1
    assert sum(each.name == "answer" for each in found) == 2


def test_the_emulator_is_told_apart_from_a_model(capsys: Capture) -> None:
    done = run(capsys, "doctor", "--model=vertex-emulator#1006")
    assert done.code == 0 and "what answers is no real model" in done.out
    assert "3006: assistant version 1, 90 % of the traffic" in done.out
    gone = run(capsys, "doctor", "--model=vertex-emulator#1007")
    assert gone.code == 4 and "Deploy a model: gcloud ai endpoints deploy-model" in gone.out


# Where it is


def test_the_region_in_which_it_is_is_found(vertex: Pages, capsys: Capture) -> None:
    vertex[f"GET {THERE}/endpoints/77"] = endpoint("77", deployed())
    found = last(capsys, vertex, "77")
    assert found == Finding(
        "endpoint", "problem", "it is not in us-central1; it is in europe-west4",
        "--location=europe-west4",
    )  # fmt: skip
    full = last(capsys, vertex, "projects/p-1/locations/us-central1/endpoints/77")
    assert full.fix == "--model=projects/p-1/locations/europe-west4/endpoints/77"
    assert doctor(capsys, vertex, "77").code == 4


def test_a_display_name_is_looked_for_everywhere(vertex: Pages, capsys: Capture) -> None:
    async def named(request: web.Request) -> web.Response:
        wanted = request.query.get("filter") == 'display_name="my bot"'
        return web.json_response({"endpoints": [endpoint("77", deployed())] if wanted else []})

    vertex[f"GET {HERE}/endpoints"] = {}
    for region in ("europe-west4", "asia-east1"):
        vertex[f"GET {HERE.replace('us-central1', region)}/endpoints"] = named
    found = last(capsys, vertex, "vertex:my bot")
    assert found.text == "it is not in us-central1; it is in asia-east1, europe-west4"
    assert found.fix == "--location=asia-east1 or --location=europe-west4"


def test_an_endpoint_that_one_may_not_see_is_looked_for(vertex: Pages, capsys: Capture) -> None:
    vertex[f"GET {HERE}/endpoints/77"] = denied(
        "aiplatform.endpoints.get",
        "Permission 'aiplatform.endpoints.get' denied on resource '//x' (or it may not exist).",
    )
    lost = last(capsys, vertex, "77")
    assert lost.state == "problem" and "nor is it in 44 other places" in lost.text
    assert "--role=roles/aiplatform.viewer" in lost.fix
    vertex[f"GET {THERE}/endpoints/77"] = endpoint("77", deployed())
    assert last(capsys, vertex, "77").fix == "--location=europe-west4"


def test_regions_that_do_not_answer_are_not_waited_for(vertex: Pages, capsys: Capture) -> None:
    for region in ("europe-west4", "asia-east1"):
        vertex[f"GET {HERE.replace('us-central1', region)}/endpoints/77"] = hanging
    begun = time.monotonic()
    found = last(capsys, vertex, "77", "--timeout=1")
    assert time.monotonic() - begun < 20
    assert "nor is it in 44 other places, 2 of which gave no answer" in found.text


def test_what_there_is_instead_is_listed(vertex: Pages, capsys: Capture) -> None:
    async def listed(request: web.Request) -> web.Response:
        some = [endpoint(str(i), deployed(), displayName=f"bot-{i}") for i in range(1, 8)]
        return web.json_response({"endpoints": [] if request.query.get("filter") else some})

    vertex[f"GET {HERE}/endpoints"] = listed
    found = last(capsys, vertex, "vertex:bot-33")
    assert "no endpoint is called 'bot-33' in us-central1 of project p-1" in found.text
    assert found.fix.startswith("Did you mean 'bot-3'? There are 1 'bot-1', 2 'bot-2', ")
    assert found.fix.endswith("5 'bot-5' and 2 more")
    assert "7654" not in last(capsys, vertex, "7654").fix


def test_several_of_one_name_are_not_looked_for(vertex: Pages, capsys: Capture) -> None:
    vertex[f"GET {HERE}/endpoints"] = {"endpoints": [endpoint("1"), endpoint("2")]}
    found = last(capsys, vertex, "vertex:chatbot")
    assert "2 endpoints are called 'chatbot'" in found.text
    assert "--model=projects/p-1/locations/us-central1/endpoints/2" in found.text
    assert len([key for key in vertex.asked if "europe" in key]) == 0
    lines = doctor(capsys, vertex, "vertex:chatbot").out.splitlines()
    assert any(line.startswith(" " * 20) and line.endswith("endpoints/2") for line in lines)


def looked_up(vertex: Pages, reference: str, project: str | None = None) -> list[Finding]:
    """Look an endpoint up as the service account ``CI``, whose own project is ``project``."""

    class Token(NoToken):
        pass

    Token.project = project

    async def look() -> list[Finding]:
        place = Place("p-1", "us-central1")
        channel = Channel({}, connect_timeout=5, max_response_bytes=10**6)
        access = Access(Token(), CI, place, vertex.root, {"Authorization": "Bearer secret"})
        try:
            return (await look_up(parse_vertex(reference), access, channel, 5.0))[0]
        finally:
            await channel.close()

    return asyncio.run(look())


def test_the_project_of_the_credentials_is_looked_at_too(vertex: Pages) -> None:
    path = HERE.replace("p-1", "p-2")
    vertex[f"GET {path}/endpoints/77"] = endpoint("77", deployed())
    (found,) = looked_up(vertex, "77", project="p-2")
    assert found.text == "it is not in us-central1; it is in us-central1 of project p-2"
    assert found.fix == "--project=p-2 --location=us-central1"
    assert {each.get("Authorization") for each in vertex.headers} == {"Bearer secret"}


@pytest.mark.parametrize(
    ("failure", "todo"),
    [
        (denied("aiplatform.endpoints.get"),
         f"gcloud projects add-iam-policy-binding p-1 --member={CI.member} "
         "--role=roles/aiplatform.viewer"),
        (Error(403, "PERMISSION_DENIED", "Vertex AI API has not been used", "SERVICE_DISABLED",
               service="aiplatform.googleapis.com", consumer="projects/77"),
         "gcloud services enable aiplatform.googleapis.com --project=77"),
        (Error(403, "PERMISSION_DENIED", "billing", "BILLING_DISABLED", consumer="projects/77"),
         "gcloud billing projects link 77 --billing-account=ACCOUNT"),
        (Error(403, "PERMISSION_DENIED", "no project", "CONSUMER_INVALID"), "gcloud projects list"),
        (Error(401, "UNAUTHENTICATED", "no"), "gcloud iam service-accounts keys create"),
        (Error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric"), "Quotas"),
        (Error(503, "UNAVAILABLE", "later"), "try again"),
        (web.Response(text="<html>a hotel</html>"), "format"),
    ],
)  # fmt: skip
def test_what_keeps_the_look_up_from_working(failure: Any, todo: str, vertex: Pages) -> None:
    vertex[GET] = failure
    (found,) = looked_up(vertex, "12")
    assert (found.name, found.state) == ("endpoint", "problem") and todo in found.fix
    assert "secret" not in repr(found)
    assert len(vertex.asked) == 1, "it is not looked for elsewhere"


def test_models_that_cannot_be_read_are_told(vertex: Pages) -> None:
    vertex[MODEL] = denied("aiplatform.models.get")
    ok, note = looked_up(vertex, "12")
    assert ok.state == "ok" and note.state == "note"
    assert note.text.startswith("31: its model cannot be read, so its format is guessed (403")
    assert CI.member in note.fix


# What is deployed


@pytest.mark.parametrize(
    ("found", "text", "fix"),
    [
        (endpoint("12"), "nothing is deployed",
         "Deploy a model: gcloud ai endpoints deploy-model projects/p-1/"),
        (endpoint("12", deployed(), trafficSplit={"31": 0}), "gets traffic",
         "gcloud ai endpoints update projects/p-1/locations/us-central1/endpoints/12 "
         "--traffic-split=31=100"),
        (endpoint("12", deployed("31"), deployed("32"), trafficSplit={"31": 0}), "gets traffic",
         "--traffic-split=ID=100"),
        (endpoint("12", deployed(),
                  privateServiceConnectConfig={"enablePrivateServiceConnect": True}),
         "private service connect", "[tool.llmeval.endpoints.'12'] address ="),
    ],
)  # fmt: skip
def test_endpoints_that_cannot_be_asked(
    found: Any, text: str, fix: str, vertex: Pages, capsys: Capture
) -> None:
    vertex[GET] = found
    told = last(capsys, vertex, "12")
    assert (told.name, told.state) == ("deployment", "problem")
    assert text in told.text and fix in told.fix
    assert not [key for key in vertex.asked if key.startswith("POST")]


def test_an_unknown_deployed_model(vertex: Pages, capsys: Capture) -> None:
    told = last(capsys, vertex, "12?deployed_model=99")
    assert "there are 31" in told.text and "?deployed_model=ID" in told.fix


# The call


@pytest.mark.parametrize(
    ("failure", "kind", "todo"),
    [
        (denied("aiplatform.endpoints.predict"), "forbidden", "--role=roles/aiplatform.user"),
        (Error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for aiplatform x"), "quota_project",
         "lower --concurrency"),
        (Error(400, "INVALID_ARGUMENT", "no field 'messages'"), "bad_request",
         "[tool.llmeval.endpoints"),
        (Error(500, "INTERNAL", "oh"), "server_error", "gcloud logging read"),
        (web.Response(text="hello"), "malformed_body", "[tool.llmeval.endpoints"),
        (chatted(""), "empty", "max_tokens"),
        (hanging, "timeout", "--timeout"),
    ],
)  # fmt: skip
def test_a_call_that_fails(
    failure: Any, kind: str, todo: str, vertex: Pages, capsys: Capture
) -> None:
    vertex[CHAT] = failure
    told = last(capsys, vertex, "12", "--timeout=1")
    assert (told.name, told.state) == ("answer", "problem")
    assert told.text.startswith(f"{kind}: ") and todo in told.fix
    assert "LLMEVAL_API_KEY" not in told.fix


def test_what_to_do_is_said_once_and_for_the_account(vertex: Pages) -> None:
    """The message of a failed call already holds advice: it is shown as the fix alone."""
    vertex[CHAT] = denied("aiplatform.endpoints.predict")
    options = EndpointOptions(project="p-1", api_endpoint=vertex.root)
    asked = answer(VertexEndpoint(parse_vertex("12"), options), {}, 5.0)
    told = asyncio.run(asked).findings[-1]
    assert "gcloud" in told.fix and "gcloud" not in told.text


def test_a_publishers_model_that_is_offered_elsewhere(vertex: Pages, capsys: Capture) -> None:
    path = f"{HERE.replace('us-central1', 'global')}{GEMINI}:generateContent"
    vertex[f"POST {HERE}{GEMINI}:generateContent"] = Error(
        404, "NOT_FOUND", "Publisher Model `x` was not found or your project does not have access"
    )
    vertex[f"POST {path}"] = Error(429, "RESOURCE_EXHAUSTED", "Resource exhausted.")
    told = last(capsys, vertex, "gemini-2.5-flash")
    assert told.state == "problem" and told.text.startswith("not_found: ")
    assert told.fix == "it is offered elsewhere: --location=global"
    full = last(capsys, vertex, f"projects/p-1/locations/us-central1{GEMINI}")
    assert full.fix.endswith(f"--model=projects/p-1/locations/global{GEMINI}")


def test_an_unknown_publishers_model_brings_near_names(vertex: Pages, capsys: Capture) -> None:
    assert "--model=gemini-2.5-flash" in last(capsys, vertex, "gemini-2.5-flsh").fix
    vertex["GET /v1beta1/publishers/meta/models"] = {
        "publisherModels": [{"name": "publishers/meta/models/llama-9-huge-maas"}]
    }
    told = last(capsys, vertex, "meta/llama-9-hug-maas")
    assert told.fix.startswith("did you mean --model=meta/llama-9-huge-maas")
    lost = last(capsys, vertex, "acme/zzz")
    assert "try --location=global" in lost.fix


def test_each_region_is_asked_at_an_address_of_its_own(
    vertex: Pages, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "root", property(lambda self: f"{vertex.root}/{self.location}"))
    vertex[f"GET /europe-west4{THERE}/endpoints/77"] = endpoint("77", deployed())
    done = run(capsys, "doctor", "--model=77", "--project=p-1", "--timeout=5")
    assert "-> --location=europe-west4" in done.out
    path = f"/global{HERE.replace('us-central1', 'global')}{GEMINI}:generateContent"
    vertex[f"POST {path}"] = generated("ready.")
    done = run(capsys, "doctor", "--model=gemini-2.5-flash", "--project=p-1", "--timeout=5")
    assert "-> it is offered elsewhere: --location=global" in done.out
    # Given as the address, Google's own for the region does not stand for the others.
    given = f"--api-endpoint={vertex.root}/us-central1"
    done = run(capsys, "doctor", "--model=gemini-2.5-flash", "--project=p-1", given)
    assert "-> it is offered elsewhere: --location=global" in done.out


def test_a_look_up_that_takes_too_long(vertex: Pages, capsys: Capture) -> None:
    async def slow_from_the_second_on(_: web.Request) -> web.StreamResponse:
        if vertex.asked.count(GET) > 1:
            await asyncio.sleep(30)
        return web.json_response(endpoint("12", deployed()))

    vertex[GET] = slow_from_the_second_on
    told = last(capsys, vertex, "12", "--timeout=0.5")
    assert (told.name, told.state) == ("deployment", "problem") and told.fix


# What was given


def test_options_win_over_the_configuration(here: Path, vertex: Pages, capsys: Capture) -> None:
    (here / "pyproject.toml").write_text('[tool.llmeval]\nproject = "p-9"\nlocation = "mars"\n')
    found = {each.name: each for each in findings(capsys, vertex, "12", "--location=us-central1")}
    assert found["project"].text.startswith("p-1,") and found["region"].state == "ok"
    done = run(capsys, "doctor", "--model=12", f"--api-endpoint={vertex.root}", "--timeout=2")
    assert "p-9, as given" in done.out and "mars is no region that llmeval knows" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model=gemini-2.5-flash?x=1"], "'x' is no parameter"),
        (["--model=12", "--api-endpoint=nowhere"], "a URL is needed"),
        (["--model=12", "--api-endpoint=http://127.0.0.1:99999"], "a URL is needed"),
        (["--model=12", "--api-endpoint=http://[::1"], "a URL is needed"),
        (["--model=12", "--api-endpoint=https://me:pass@host"], "https://…@host: a URL is needed"),
        (["--model=12", "--project=p-1", "--api-endpoint=http://10.0.0.2"], "use https://"),
        (["--model=12", "--project=My project", "--api-endpoint=http://127.0.0.1:9"],
         "'My project' is no project"),
        (["--model=12", "--project=p", "--api-endpoint=http://127.0.0.1:9"],
         "Start the emulator: llmeval serve"),
    ],
)  # fmt: skip
def test_what_cannot_be(
    words: list[str], said: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vertex_access, "version_of", lambda _: None)
    done = run(capsys, "doctor", "--timeout=3", *words)
    assert done.code == 4 and said in done.out


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "x"])
def test_a_timeout_is_a_number_above_zero(timeout: str, capsys: Capture) -> None:
    assert run(capsys, "doctor", "--model=demo", f"--timeout={timeout}").code == 2


def test_places_of_publishers_models_are_regions() -> None:
    assert set(vertex_checkups.OFFERED) <= set(vertex_checkups.REGIONS)
