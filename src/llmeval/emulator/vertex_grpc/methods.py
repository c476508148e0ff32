"""Which methods there are, and the REST call that each stands for (google.api.http)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["METHODS", "Method"]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of ``google.cloud.aiplatform.{version}``; ``request`` and ``response`` are names of
    its types.

    ``path`` names in braces the field that is the resource's full name; ``query`` follows it in the
    URL. A method whose ``response`` is ``HttpBody`` carries bodies of the container's own.
    """

    service: str
    name: str
    request: str
    response: str
    path: str
    verb: Literal["GET", "POST"] = "POST"
    query: str = ""
    streamed: bool = False
    version: str = "v1"

    @property
    def full_service(self) -> str:
        """The name by which clients call the service."""
        return f"google.cloud.aiplatform.{self.version}.{self.service}"

    @property
    def field(self) -> str:
        """The field of the request that names the resource."""
        return self.path.partition("{")[2].partition("}")[0]

    @property
    def raw(self) -> bool:
        """Whether bodies are the container's own."""
        return self.response == "HttpBody"


_PREDICTION = "PredictionService"
_GENERATE = ("GenerateContentRequest", "GenerateContentResponse")
_COUNT = ("CountTokens", "CountTokensRequest", "CountTokensResponse", "{endpoint}:countTokens")

_PREDICTIONS = (
    Method(_PREDICTION, "GenerateContent", *_GENERATE, "{model}:generateContent"),
    Method(
        _PREDICTION,
        "StreamGenerateContent",
        *_GENERATE,
        "{model}:streamGenerateContent",
        query="alt=sse",
        streamed=True,
    ),
    Method(_PREDICTION, "Predict", "PredictRequest", "PredictResponse", "{endpoint}:predict"),
    Method(_PREDICTION, "RawPredict", "RawPredictRequest", "HttpBody", "{endpoint}:rawPredict"),
    Method(
        _PREDICTION,
        "StreamRawPredict",
        "StreamRawPredictRequest",
        "HttpBody",
        "{endpoint}:streamRawPredict",
        streamed=True,
    ),
)

METHODS = (
    *_PREDICTIONS,
    Method("LlmUtilityService", *_COUNT),
    Method("EndpointService", "GetEndpoint", "GetEndpointRequest", "Endpoint", "{name}", "GET"),
    Method(
        "EndpointService",
        "ListEndpoints",
        "ListEndpointsRequest",
        "ListEndpointsResponse",
        "{parent}/endpoints",
        "GET",
    ),
    Method("ModelService", "GetModel", "GetModelRequest", "Model", "{name}", "GET"),
    *(replace(method, version="v1beta1") for method in _PREDICTIONS),
    Method(_PREDICTION, *_COUNT, version="v1beta1"),
    Method(
        _PREDICTION,
        "ChatCompletions",
        "ChatCompletionsRequest",
        "HttpBody",
        "{endpoint}/chat/completions",
        streamed=True,
        version="v1beta1",
    ),
)
"""All of them; v1beta1 is there for what v1 has not, above all ``ChatCompletions``."""
