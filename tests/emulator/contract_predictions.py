"""The surfaces on which bodies are a container's own, and the clients that carry them.

Every client is given the very body that our path sends, and answers with a ``Response`` or a
``CallFailure``: what it showed, in our words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from contract_protocols import CHAT, MESSAGES, OWN, PREDICTION, TGI, Protocol
from contract_records import Outcome, of_api_error, of_broken, of_http
from google_clients import PLACE

from llmeval.config import EndpointSettings
from llmeval.records import CallFailure

GAPIC = ("gapic-rest", "gapic-grpc")
EVERY = ("aiplatform", *GAPIC)
WHO = {
    "1002": ("3002", "gemma-vllm@1"),
    "1003": ("3003", "gemma-dedicated@1"),
    "1004": ("3004", "gemma-tgi@1"),
    "1005": ("3005", "answers@3"),
}
"""Endpoint -> its one deployed model, with the version that our record adds where no answer says
one."""


@dataclass(frozen=True)
class Surface:
    """``reference`` is ours, ``resource`` Google's name below the place. ``method`` is what a
    client calls: ``predict``, ``raw_predict``, ``chat`` or ``invoke``."""

    method: str
    reference: str
    resource: str
    protocol: Protocol
    clients: tuple[str, ...]
    declared: EndpointSettings = field(default_factory=EndpointSettings)
    streamed: bool = False

    @property
    def endpoint(self) -> str:
        """The endpoint's id."""
        return self.resource.rpartition("/")[2]


PREDICT = EndpointSettings(format="predict")
RAW_CHAT = EndpointSettings(format="raw_chat")
GEMINI_CHAT = EndpointSettings(format="chat", model="google/gemini-2.5-flash")
RAW_OWN = EndpointSettings(
    format="raw_predict",
    request='{"prompt": {{ prompt | tojson }}}',
    answer="answer",
    finish_reason="done",
    piece="answer",
)
RAW_TGI = EndpointSettings(
    format="raw_predict", request='{"inputs": {{ prompt | tojson }}, "stream": true}'
)
LLAMA = "meta/llama-3.3-70b-instruct-maas"
CLAUDE = "publishers/anthropic/models/claude-sonnet-4"
CODESTRAL = "publishers/mistralai/models/codestral-2501"

WHOLE = {
    "predict vllm": Surface("predict", "1002", "endpoints/1002", PREDICTION, EVERY, PREDICT),
    "predict tgi": Surface("predict", "1004", "endpoints/1004", PREDICTION, EVERY, PREDICT),
    "predict custom": Surface("predict", "1005", "endpoints/1005", PREDICTION, EVERY),
    "predict dedicated": Surface(
        "predict", "1003", "endpoints/1003", PREDICTION, ("aiplatform",), PREDICT
    ),
    "raw custom": Surface("raw_predict", "1005", "endpoints/1005", OWN, EVERY, RAW_OWN),
    "raw vllm": Surface("raw_predict", "1002", "endpoints/1002", CHAT, EVERY, RAW_CHAT),
    "raw anthropic": Surface("raw_predict", CLAUDE, CLAUDE, MESSAGES, GAPIC),
    "raw mistral": Surface("raw_predict", CODESTRAL, CODESTRAL, CHAT, GAPIC),
    "chat vllm": Surface("chat", "1002", "endpoints/1002", CHAT, ("gapic-grpc",)),
    "chat tgi": Surface("chat", "1004", "endpoints/1004", CHAT, ("gapic-grpc",)),
    "chat dedicated": Surface("invoke", "1003", "endpoints/1003", CHAT, ("aiplatform",)),
    "chat deployed": Surface(
        "invoke", "1003?deployed_model=3003", "endpoints/1003", CHAT, ("aiplatform",)
    ),
    "chat openapi": Surface("chat", LLAMA, "endpoints/openapi", CHAT, ("gapic-grpc",)),
    "chat openapi gemini": Surface(
        "chat", "gemini-2.5-flash", "endpoints/openapi", CHAT, ("gapic-grpc",), GEMINI_CHAT
    ),
}
STREAMS = {
    f"{name} stream": replace(surface, streamed=True)
    for name, surface in WHOLE.items()
    if surface.method != "predict"
} | {
    "raw tgi stream": Surface(
        "raw_predict", "1004", "endpoints/1004", TGI, EVERY, RAW_TGI, streamed=True
    )
}
SURFACES = WHOLE | STREAMS
"""A row of the contract -> what is asked there, and which of Google's clients can ask it."""


class Aiplatform:
    """``aiplatform.Endpoint``."""

    def __init__(self, aiplatform: Any, session: Any) -> None:
        self._aiplatform = aiplatform
        self._session = session

    def raw_headers(self, identifier: str, body: Any) -> Any:
        """Return the headers of a rawPredict answer, which this client alone shows."""
        data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        return self._endpoint(identifier).raw_predict(body=data, headers=headers).headers

    def ask(self, surface: Surface, body: Any, timeout: float) -> Outcome:
        """Ask once."""
        endpoint = self._endpoint(surface.endpoint)
        if surface.method == "predict":
            return self._predict(endpoint, surface, body, timeout)
        headers = {"Content-Type": "application/json"}
        arguments = {"body": json.dumps(body).encode(), "headers": headers, "timeout": timeout}
        if surface.method == "invoke":
            arguments["request_path"] = "/v1/chat/completions"
            arguments["deployed_model_id"] = (
                surface.reference.partition("deployed_model=")[2] or None
            )
            ask = endpoint.invoke
            if surface.streamed:
                arguments["stream"] = True
        else:
            ask = endpoint.stream_raw_predict if surface.streamed else endpoint.raw_predict
        return heard(_handed_on(ask, arguments, surface), surface)

    def _endpoint(self, identifier: str) -> Any:
        endpoint = self._aiplatform.Endpoint(identifier)
        endpoint.authorized_session = self._session
        return endpoint

    def _predict(self, endpoint: Any, surface: Surface, body: Any, timeout: float) -> Outcome:
        def whole() -> Any:
            given = endpoint.predict(**body, timeout=timeout)
            # It does not show the model's display name, but the number of its version.
            assert given.model_version_id == WHO[surface.endpoint][1].rpartition("@")[2]
            return {
                "predictions": given.predictions,
                "deployedModelId": given.deployed_model_id,
                "metadata": given.metadata,
            }

        return heard((json.dumps(whole()).encode() for _ in range(1)), surface)


class _NotOk(Exception):
    """A response that aiplatform hands on as it is, though its status is no 200."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.failure = of_http(status, body)


def _handed_on(ask: Any, arguments: Any, surface: Surface) -> Iterable[bytes]:
    """Give what aiplatform hands on: lines of a stream, or a ``requests.Response``."""
    if surface.streamed:
        for line in ask(**arguments):
            yield line + b"\n"
        return
    response, who = ask(**arguments), WHO[surface.endpoint][0]
    if response.status_code != 200:
        raise _NotOk(response.status_code, response.content)
    assert response.headers.get("X-Vertex-AI-Deployed-Model-Id", who) == who
    yield response.content


class Gapic:
    """The generated clients over one transport: ``prediction`` is v1, ``beta`` v1beta1."""

    def __init__(self, prediction: Any, beta: Any) -> None:
        self._prediction = prediction
        self._beta = beta

    def ask(self, surface: Surface, body: Any, timeout: float) -> Outcome:
        """Ask once, without the client's own retries."""
        return heard(self._pieces(surface, body, timeout), surface)

    def _pieces(self, surface: Surface, body: Any, timeout: float) -> Iterable[bytes]:
        from google.api.httpbody_pb2 import HttpBody

        name, options = f"{PLACE}/{surface.resource}", {"timeout": timeout, "retry": None}
        if surface.method == "predict":
            given = self._prediction.predict(endpoint=name, **body, **options)
            yield type(given).to_json(given).encode()
            return
        carried = HttpBody(data=json.dumps(body).encode(), content_type="application/json")
        asked = {"endpoint": name, "http_body": carried}
        if surface.method == "chat":
            pieces = self._beta.chat_completions(asked, **options)
        elif surface.streamed:
            pieces = self._prediction.stream_raw_predict(asked, **options)
        else:
            pieces = [self._prediction.raw_predict(asked, **options)]
        for piece in pieces:
            yield piece.data


def heard(pieces: Iterable[bytes], surface: Surface) -> Outcome:
    """Return what came of a call, with what had come before it failed."""
    import requests
    from google.api_core.exceptions import GoogleAPICallError
    from google.protobuf.json_format import ParseError

    seen = b""
    try:
        for piece in pieces:
            seen += piece
    except GoogleAPICallError as error:
        failure = of_api_error(error)
    except _NotOk as error:
        failure = error.failure
    except (requests.RequestException, ParseError, ValueError) as error:
        failure = of_value_error(error, answering=bool(seen))
    else:
        return read(seen, surface)
    if not (surface.streamed and seen):
        return failure
    before = surface.protocol.stream(events_in(seen))
    return msgspec.structs.replace(
        failure, text=before.text or None, usage=before.usage, model_version=before.model_version
    )


def of_value_error(error: Exception, *, answering: bool) -> CallFailure:
    """Read the bare ValueError that aiplatform makes of a dedicated endpoint's refusals."""
    quoted = re.fullmatch(r"Failed .* Status code:(\d+), response: (.*)\.", str(error), re.DOTALL)
    if quoted:
        return of_http(int(quoted[1]), quoted[2].encode())
    return of_broken(error, answering=answering)


def read(seen: bytes, surface: Surface) -> Outcome:
    """Read an answer that came whole. Who hands on lines does not show the status of an error."""
    if surface.streamed and seen.startswith((b"data:", b"event:")):
        return surface.protocol.stream(events_in(seen))
    try:
        body = json.loads(seen)
    except ValueError:
        return CallFailure("malformed_body", "")
    error = body[0] if isinstance(body, list) else body
    if "error" in error:
        return of_http(error["error"]["code"], seen)
    outcome = surface.protocol.whole(body)
    if surface.method != "predict":
        return outcome
    name = body.get("modelDisplayName")
    version = f"{name}@{body['modelVersionId']}" if name else None
    return msgspec.structs.replace(
        outcome, deployed_model=body.get("deployedModelId"), model_version=version
    )


def events_in(seen: bytes) -> list[Any]:
    """Return the data of each event that is whole."""
    found: list[Any] = []
    for event in seen.split(b"\n\n")[:-1]:
        data = [line[6:] for line in event.split(b"\n") if line.startswith(b"data: ")]
        found += ["[DONE]" if one == b"[DONE]" else json.loads(one) for one in data]
    return found
