"""The emulated world: which endpoints, models and publishers there are. Frozen, and pure.

It is the same for every project. Each model names a *role*; which ``Endpoint`` plays the role is
up to whoever runs the server (``VertexOptions``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

__all__ = [
    "CANARY",
    "STABLE",
    "WORLD",
    "Container",
    "Deployed",
    "EndpointSpec",
    "ModelSpec",
    "World",
    "version_named",
]

STABLE = "stable"
CANARY = "canary"

Container = Literal["gemini", "vllm", "tgi", "custom", "partner"]
"""What serves a model, and so which protocols it speaks; ``partner`` is another publisher's."""

_HOME = ("us-central1",)
_GARDEN = "us-docker.pkg.dev/vertex-ai/vertex-vision-model-garden-dockers"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One version of a model in the registry. ``role`` says who answers for it."""

    id: str
    version: str
    display_name: str
    container: Container
    aliases: tuple[str, ...] = ("default",)
    role: str = STABLE
    image: str = ""
    base_model: str = ""
    arguments: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A model version on an endpoint, with its share of the traffic in percent."""

    id: str
    model: ModelSpec
    traffic: int = 100


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """An endpoint. ``reach`` is the domain that it answers under."""

    id: str
    display_name: str
    deployed: tuple[Deployed, ...]
    locations: tuple[str, ...] = _HOME
    reach: Literal["shared", "dedicated", "private"] = "shared"
    labels: Mapping[str, str] = field(default_factory=dict)

    def draw(self, seed: int, number: int) -> Deployed:
        """Return which deployed model answers call ``number``, by the traffic split."""
        digest = hashlib.blake2b(f"{seed}:traffic:{number}".encode(), digest_size=8).digest()
        left = int.from_bytes(digest) / 2**64 * sum(d.traffic for d in self.deployed)
        for deployed in self.deployed:
            left -= deployed.traffic
            if left < 0:
                return deployed
        return self.deployed[-1]


@dataclass(frozen=True, slots=True)
class World:
    """All endpoints and models, and what each publisher offers."""

    endpoints: tuple[EndpointSpec, ...]
    publishers: Mapping[str, tuple[str, ...]]

    def endpoint(self, identifier: str, location: str) -> EndpointSpec | None:
        """Return the endpoint of this id in this location."""
        return next((e for e in self.endpoints_in(location) if e.id == identifier), None)

    def endpoints_in(self, location: str) -> tuple[EndpointSpec, ...]:
        """Return the endpoints of a location, by id."""
        return tuple(e for e in self.endpoints if location in e.locations)

    def versions(self, model: str, location: str) -> tuple[ModelSpec, ...]:
        """Return the versions of a model in a location, oldest first; none if it is not there."""
        return tuple(m for m in self.models_in(location) if m.id == model)

    def models_in(self, location: str) -> tuple[ModelSpec, ...]:
        """Return all model versions of a location, by id and version."""
        found = {
            (d.model.id, d.model.version): d.model
            for e in self.endpoints_in(location)
            for d in e.deployed
        }
        return tuple(found[key] for key in sorted(found))

    def offers(self, publisher: str, model: str) -> bool:
        """Whether a publisher has this model; a version after ``@`` does not matter."""
        return model.partition("@")[0] in self.publishers.get(publisher, ())


def version_named(versions: tuple[ModelSpec, ...], name: str) -> ModelSpec | None:
    """Return the version of this number or alias; an empty name is the default one."""
    wanted = name or "default"
    return next((m for m in versions if wanted == m.version or wanted in m.aliases), None)


def _vllm(identifier: str, name: str, base: str) -> ModelSpec:
    return ModelSpec(
        id=identifier,
        version="1",
        display_name=name,
        container="vllm",
        image=f"{_GARDEN}/pytorch-vllm-serve:20250506_0916_RC01",
        base_model=f"publishers/google/models/{base}",
        arguments=("python", "-m", "vllm.entrypoints.api_server", f"--model=google/{base}"),
    )


_TUNED = ModelSpec(
    id="2001",
    version="1",
    display_name="tuned-gemini",
    container="gemini",
    base_model="publishers/google/models/gemini-2.0-flash-001",
    labels={
        "google-vertex-llm-tuning-base-model-id": "gemini-2-0-flash-001",
        "google-vertex-llm-tuning-job-id": "9001",
        "tune-type": "sft",
    },
)
_TGI = ModelSpec(
    id="2004",
    version="1",
    display_name="gemma-tgi",
    container="tgi",
    image="us-docker.pkg.dev/deeplearning-platform-release/gcr.io/"
    "huggingface-text-generation-inference-cu124.2-4.ubuntu2204.py311",
    arguments=("--model-id=google/gemma-2-2b-it",),
)
_CUSTOM = ModelSpec(
    id="2005",
    version="3",
    display_name="answers",
    container="custom",
    aliases=("default", "production"),
    image="us-central1-docker.pkg.dev/demo/serving/answers:3",
)
_CANARIES = tuple(
    ModelSpec(
        id="2006",
        version=version,
        display_name="assistant",
        container="vllm",
        aliases=aliases,
        role=role,
        image=f"{_GARDEN}/pytorch-vllm-serve:20250506_0916_RC01",
        arguments=(
            "python",
            "-m",
            "vllm.entrypoints.api_server",
            f"--model=gs://demo-models/assistant/{version}",
        ),
    )
    for version, aliases, role in (
        ("1", ("default", "stable"), STABLE),
        ("2", ("canary",), CANARY),
    )
)

WORLD = World(
    endpoints=(
        EndpointSpec("1001", "tuned-gemini", (Deployed("3001", _TUNED),), labels=_TUNED.labels),
        EndpointSpec(
            "1002",
            "vllm",
            (Deployed("3002", _vllm("2002", "gemma-vllm", "gemma-2-2b-it")),),
            locations=("us-central1", "europe-west4"),
            labels={"team": "llmeval"},
        ),
        EndpointSpec(
            "1003",
            "vllm-dedicated",
            (Deployed("3003", _vllm("2003", "gemma-dedicated", "gemma-3-4b-it")),),
            reach="dedicated",
            labels={"team": "llmeval"},
        ),
        EndpointSpec("1004", "tgi", (Deployed("3004", _TGI),)),
        EndpointSpec("1005", "custom", (Deployed("3005", _CUSTOM),)),
        EndpointSpec(
            "1006",
            "canary",
            (Deployed("3006", _CANARIES[0], 90), Deployed("3007", _CANARIES[1], 10)),
        ),
        EndpointSpec("1007", "nothing-deployed", ()),
        EndpointSpec(
            "1008",
            "psc",
            (Deployed("3008", _vllm("2008", "gemma-private", "gemma-2-2b-it")),),
            reach="private",
        ),
    ),
    publishers=MappingProxyType(
        {
            "google": (
                "gemini-3-pro-preview",
                "gemini-2.5-pro",
                "gemini-2.5-flash",
                "gemini-2.5-flash-lite",
                "gemini-2.0-flash-001",
                "gemini-2.0-flash-lite-001",
                "gemini-2.0-flash",
            ),
            "anthropic": ("claude-sonnet-4", "claude-opus-4", "claude-3-5-haiku"),
            "mistralai": ("mistral-large-2411", "mistral-small-2503", "codestral-2501"),
            "meta": (
                "llama-3.3-70b-instruct-maas",
                "llama-4-maverick-17b-128e-instruct-maas",
            ),
            "deepseek-ai": ("deepseek-r1-0528-maas", "deepseek-v3.1-maas"),
            "qwen": ("qwen3-235b-a22b-instruct-2507-maas",),
            "openai": ("gpt-oss-120b-maas",),
        }
    ),
)
"""The world that a server emulates."""
