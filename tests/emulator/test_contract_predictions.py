"""The contract of predict, rawPredict, streamRawPredict and chat: our path says what Google's own
clients show, field for field.

One question, one seed; a row of ``pytest -v`` is a surface, a client and an outcome. Clients are
``aiplatform.Endpoint``, and the generated one over REST and gRPC. Chat is asked through v1beta1's
``ChatCompletions``, and of a dedicated endpoint through ``Endpoint.invoke``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from contract_ours import Ours
from contract_predictions import (
    PREDICT,
    RAW_CHAT,
    SURFACES,
    WHO,
    Aiplatform,
    Gapic,
    Surface,
)
from contract_protocols import MESSAGES
from contract_records import Outcome, assert_same
from google_clients import aiplatform_for, over_grpc, over_rest, reset, session_to

from llmeval.config import EndpointSettings
from llmeval.emulator import VertexOptions, running_emulator
from llmeval.emulator.vertex.kinds import DOES
from llmeval.records import CallFailure, Message, Request, Response

REASON = "the vertex extra is not installed"
grpc = pytest.importorskip("grpc", reason=REASON)
pytest.importorskip("google.cloud.aiplatform", reason=REASON)

from llmeval.emulator.vertex_grpc import running_grpc  # noqa: E402

pytestmark = [
    # requests leaves the connection of a stream that broke to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.*"),
    pytest.mark.filterwarnings("ignore::FutureWarning:google.*"),
]

ROWS = [(name, client) for name, surface in SURFACES.items() for client in surface.clients]

CUT = ("truncated", "fin_stream", "reset_stream")
"""Outcomes of which each client hands on as much as it had read when the connection broke."""

BROKEN = (*CUT, "reset", "cut_stream", "garbage", "html_404", "html_502")
WIRE = frozenset({"kind", "status", "reason", "message"})


def hidden(client: str, outcome: str, surface: Surface) -> frozenset[str]:
    """Return the fields of our record that this client does not show."""
    match client, outcome:
        case "gapic-grpc", "timeout_408":
            return frozenset({"status"})  # gRPC has one code for 408 and 504
        case "gapic-grpc", "hang":
            return WIRE - {"kind"}  # it makes a status of its own deadline
        case "gapic-grpc", kind if kind in BROKEN:
            # A broken connection, and a page that is no gRPC, have a code and words of gRPC's own;
            # but a stream that ends in good order, and a container's page, come as they are.
            as_it_came = surface.method != "predict" and kind == "garbage"
            return frozenset() if as_it_came or _ends_well(surface, kind) else WIRE
        case "aiplatform", "html_404" | "html_502" if surface.streamed:
            return WIRE  # it hands on the lines of the page, and no status
    return frozenset()


def _ends_well(surface: Surface, kind: str) -> bool:
    return surface.streamed and kind == "cut_stream"


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator(vertex=VertexOptions(stable="demo?ttft=0&tpot=0")) as address:
        yield address


@pytest.fixture(scope="module")
def asking(root: str) -> Iterator[SimpleNamespace]:
    """Our path and each client, by name."""
    from google.cloud.aiplatform_v1 import PredictionServiceClient as V1
    from google.cloud.aiplatform_v1beta1 import PredictionServiceClient as Beta

    with (
        running_grpc(root) as address,
        grpc.insecure_channel(address) as channel,
        aiplatform_for(root) as aiplatform,
        Ours(root) as ours,
    ):
        clients = {
            "aiplatform": Aiplatform(aiplatform, session_to(root)),
            "gapic-rest": Gapic(over_rest(V1, root), over_rest(Beta, root)),
            "gapic-grpc": Gapic(over_grpc(V1, channel), over_grpc(Beta, channel)),
        }
        yield SimpleNamespace(ours=ours, ask=once(root, ours), clients=clients)


def request(text: str, surface: Surface) -> Request:
    turns = (Message("system", "Be terse."), Message("user", text))
    settings: dict[str, Any] = {"max_tokens": 400, "temperature": 0.5}
    if surface.protocol is not MESSAGES:
        settings["logprobs"] = True
    return Request(turns, settings, surface.streamed)


def once(root: str, ours: Ours) -> Any:
    """Ask our path each question only once: every client is held against the same answer."""

    @cache
    def ask(name: str, text: str) -> Outcome:
        surface = SURFACES[name]
        ours.endpoint(surface.reference, surface.declared)
        reset(root)
        asked = request(text, surface)
        return ours.ask(surface.reference, asked, surface.declared, patience(text))

    return ask


def patience(text: str) -> float:
    """Return the seconds that a client waits: no longer than needed where nobody answers."""
    return 0.4 if "fault:hang" in text else 10.0


@pytest.mark.parametrize("outcome", ["answers", *DOES])
@pytest.mark.parametrize(("name", "client"), ROWS)
def test_predictions(
    asking: SimpleNamespace, root: str, name: str, client: str, outcome: str
) -> None:
    surface = SURFACES[name]
    text = "Hello" if outcome == "answers" else f"[[fault:{outcome}]] Hello"
    ours = asking.ask(name, text)
    endpoint = asking.ours.endpoint(surface.reference, surface.declared)
    body = endpoint.target.dialect.body(request(text, surface))
    reset(root)
    theirs = asking.clients[client].ask(surface, body, patience(text))
    deployed, version = WHO.get(surface.endpoint, (None, None))
    theirs = msgspec.structs.replace(
        theirs,
        deployed_model=theirs.deployed_model or deployed,
        model_version=theirs.model_version or version,
    )
    unseen = hidden(client, outcome, surface)
    if surface.streamed and outcome in CUT:
        assert isinstance(ours, CallFailure) and isinstance(theirs, CallFailure)
        assert ours.text and ours.text.startswith(theirs.text or "")
        unseen |= {"text", "model_version", "usage"}
    if (client, outcome) == ("gapic-rest", "cut_stream") and isinstance(ours, Response):
        # The array around the pieces is not closed; the container's own bytes tell no end.
        assert isinstance(theirs, CallFailure) and ours.text == theirs.text
        return
    assert_same(ours, theirs, unseen)


@pytest.mark.parametrize("declared", [PREDICT, RAW_CHAT], ids=["predict", "rawPredict"])
def test_who_answers_at_a_canary(
    asking: SimpleNamespace, root: str, declared: EndpointSettings
) -> None:
    """Of two deployed models, each answer names the one that gave it: predict in a field that the
    generated client shows, rawPredict in a header that aiplatform shows."""
    surface = replace(
        SURFACES["predict vllm"], reference="1006", resource="endpoints/1006", declared=declared
    )
    endpoint, asked = asking.ours.endpoint("1006", declared), request("Hello", surface)
    body = endpoint.target.dialect.body(asked)
    theirs, ours = [], []
    reset(root)
    for _ in range(30):
        if declared is PREDICT:
            theirs.append(asking.clients["gapic-grpc"].ask(surface, body, 10.0).deployed_model)
        else:
            headers = asking.clients["aiplatform"].raw_headers("1006", body)
            theirs.append(headers["X-Vertex-AI-Deployed-Model-Id"])
    reset(root)
    for _ in range(30):
        ours.append(asking.ours.ask("1006", asked, declared).deployed_model)
    assert ours == theirs
    assert set(ours) == {"3006", "3007"}
