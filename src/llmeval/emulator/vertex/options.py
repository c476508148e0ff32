"""What whoever runs the server may decide about the Vertex surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmeval.emulator.vertex.world import WORLD, World
from llmeval.emulator.vertex_jobs.settings import JobSettings
from llmeval.ports import Endpoint

__all__ = ["VertexOptions"]


@dataclass(frozen=True, slots=True)
class VertexOptions:
    """``stable`` and ``canary`` are the references of the models behind the emulated ones;
    ``endpoints`` replaces them by role (``stable``, ``canary``).

    With ``require_token`` every call needs a token that this server issued; tokens live
    ``token_lifetime`` seconds. ``project`` is what the metadata server calls its own. ``jobs`` says
    how long emulated jobs take and what goes wrong with them.
    """

    stable: str = "demo"
    canary: str = "demo-flawed"
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    require_token: bool = False
    token_lifetime: float = 3600.0
    project: str = "demo"
    jobs: JobSettings | None = None
    world: World = WORLD
