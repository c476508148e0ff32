"""The contract of generateContent: our path says what Google's own clients say, field for field.

One question, one seed; a row of ``pytest -v`` is a surface, a client and an outcome. The clients
are the generated one over REST and gRPC, and google-genai's synchronous and asynchronous halves.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from contract_gemini import Gapic, Genai, our_request
from contract_ours import Ours
from contract_records import Outcome, assert_same
from google_clients import FLASH, PLACE, TUNED, over_grpc, over_rest, reset

from llmeval.emulator import VertexOptions, running_emulator
from llmeval.emulator.vertex.kinds import DOES
from llmeval.records import CallFailure

REASON = "the vertex extra is not installed"
grpc = pytest.importorskip("grpc", reason=REASON)
pytest.importorskip("google.genai", reason=REASON)
pytest.importorskip("google.cloud.aiplatform_v1", reason=REASON)


from google.cloud.aiplatform_v1 import Candidate, GenerateContentResponse  # noqa: E402
from google.genai.types import BlockedReason, FinishReason  # noqa: E402

from llmeval.emulator.vertex_grpc import running_grpc  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]

PLACES = {
    "publisher": ("gemini-2.5-flash", FLASH, None, None),
    "tuned": ("1001", TUNED, "3001", "tuned-gemini@1"),
}
"""Surface -> our reference, Google's full name; and who answers there. No client of generateContent
shows that (it is in a header), but EndpointService says that there is but one deployed model: where
no answer says its version, the record has this one's."""

CLIENTS = ("gapic-rest", "gapic-grpc", "genai", "genai-async")
CUT = ("truncated", "fin_stream", "reset_stream")
"""Outcomes of which each client hands on as much as it had read when the connection broke."""

BROKEN = (*CUT, "reset", "cut_stream", "garbage", "html_404", "html_502")
WIRE = frozenset({"kind", "status", "reason", "message"})

HIDDEN = {
    ("gapic-grpc", "timeout_408"): {"status"},  # gRPC has one code for 408 and 504
    ("gapic-grpc", "hang"): {"status", "reason", "message"},  # a status of its own for its deadline
    # For a broken connection, and for a page that is no gRPC, gRPC has a code and words of its own.
    **dict.fromkeys([("gapic-grpc", kind) for kind in BROKEN], WIRE),
    # It raises the same before an answer and in the middle of its body.
    ("genai", "reset_stream"): {"kind"},
}
"""Client and outcome -> the fields of our record that this client does not show."""

HIDDEN_IN_STREAMS = {
    # Its parser drops the error object: the answer looks as if it had ended for no reason.
    ("gapic-rest", "error_midstream"): WIRE,
    ("gapic-grpc", "cut_stream"): set(),
    ("genai", "reset_stream"): set(),
}
"""The same where the answer is streamed, if it differs."""


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with running_emulator(vertex=VertexOptions(stable="demo?ttft=0&tpot=0")) as address:
        yield address


@pytest.fixture(scope="module")
def asking(root: str) -> Iterator[SimpleNamespace]:
    """Our path and each client, by name."""
    from google.cloud.aiplatform_v1 import PredictionServiceClient

    halves = Genai(root, later=False), Genai(root, later=True)
    with running_grpc(root) as address, grpc.insecure_channel(address) as channel:
        clients: dict[str, Any] = {
            "gapic-rest": Gapic(over_rest(PredictionServiceClient, root)),
            "gapic-grpc": Gapic(over_grpc(PredictionServiceClient, channel)),
            "genai": halves[0],
            "genai-async": halves[1],
        }
        with Ours(root) as ours:
            yield SimpleNamespace(ours=once(root, ours), clients=clients)
        for half in halves:
            half.close()


def once(root: str, ours: Ours) -> Any:
    """Ask our path each question only once: every client is held against the same answer."""

    @cache
    def ask(reference: str, text: str, streamed: bool) -> Outcome:
        ours.endpoint(reference)
        reset(root)
        return ours.ask(reference, our_request(text, streamed), timeout=patience(text))

    return ask


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a reset google-genai sleeps for 1 + randint(0, 9) seconds, and tries once more."""
    monkeypatch.setattr("google.genai._api_client.random", SimpleNamespace(randint=lambda *_: -1))


def answers(
    asking: SimpleNamespace, root: str, place: str, client: str, text: str, streamed: bool
) -> tuple[Outcome, Outcome]:
    """Return what our path and a client hear; the emulator starts over before each."""
    reference, model, deployed, version = PLACES[place]
    ours = asking.ours(reference, text, streamed)
    reset(root)
    theirs = asking.clients[client].ask(model, text, streamed, patience(text))
    return ours, msgspec.structs.replace(
        theirs, deployed_model=deployed, model_version=theirs.model_version or version
    )


def patience(text: str) -> float:
    """Return the seconds that a client waits: no longer than needed where nobody answers."""
    return 0.4 if "fault:hang" in text else 10.0


def text_for(outcome: str) -> str:
    return "Hello" if outcome == "answers" else f"[[fault:{outcome}]] Hello"


@pytest.mark.parametrize("outcome", ["answers", *DOES])
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("place", PLACES)
def test_generate_content(
    asking: SimpleNamespace, root: str, place: str, client: str, outcome: str, streamed: bool
) -> None:
    ours, theirs = answers(asking, root, place, client, text_for(outcome), streamed)
    hidden = frozenset(HIDDEN.get((client, outcome), ()))
    if streamed:
        hidden = frozenset(HIDDEN_IN_STREAMS.get((client, outcome), hidden))
    if streamed and outcome in CUT:
        assert isinstance(ours, CallFailure) and isinstance(theirs, CallFailure)
        assert ours.text and ours.text.startswith(theirs.text or "")
        hidden |= {"text", "model_version"}
    assert_same(ours, theirs, hidden)


def known(gapic: Any, genai: Any) -> list[tuple[str, str]]:
    """Return each client with each word that its enum has; number 0 stands for none."""
    words = {"gapic": gapic.__members__, "genai": genai.__members__}
    return [
        (client, word)
        for client in CLIENTS
        for word in words[client.partition("-")[0]]
        if not word.endswith("_UNSPECIFIED")
    ]


@pytest.mark.parametrize(("client", "reason"), known(Candidate.FinishReason, FinishReason))
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_finish_reasons(
    asking: SimpleNamespace, root: str, client: str, reason: str, streamed: bool
) -> None:
    """A stream has brought half of the text by then; a whole answer has none."""
    text = f"[[fault:blocked_midstream:{reason}]]"
    ours, theirs = answers(asking, root, "publisher", client, text, streamed)
    assert_same(ours, theirs)
    assert isinstance(ours, CallFailure) or streamed


@pytest.mark.parametrize(
    ("client", "reason"),
    known(GenerateContentResponse.PromptFeedback.BlockedReason, BlockedReason),
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_block_reasons(
    asking: SimpleNamespace, root: str, client: str, reason: str, streamed: bool
) -> None:
    text = f"[[fault:blocked_prompt:{reason}]]"
    ours, theirs = answers(asking, root, "publisher", client, text, streamed)
    assert_same(ours, theirs)
    assert isinstance(ours, CallFailure) and (ours.kind, ours.reason) == ("blocked_prompt", reason)


REFUSED = {
    "gemini-9": f"{PLACE}/publishers/google/models/gemini-9",
    "projects/api-disabled/locations/us-central1/publishers/google/models/gemini-2.5-flash": "",
    "projects/no-permission/locations/us-central1/publishers/google/models/gemini-2.5-flash": "",
}
"""Our reference -> Google's full name, where it is another."""


@pytest.mark.parametrize("reference", REFUSED)
@pytest.mark.parametrize("client", CLIENTS)
def test_models_that_cannot_be_asked(
    asking: SimpleNamespace, root: str, client: str, reference: str
) -> None:
    ours = asking.ours(reference, "Hello", False)
    reset(root)
    theirs = asking.clients[client].ask(REFUSED[reference] or reference, "Hello", False, 10.0)
    assert_same(ours, theirs)
