"""The application: one server for all surfaces, with shared faults and counters."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from llmeval.emulator.control import add_control
from llmeval.emulator.emulation import Emulation
from llmeval.emulator.faults import Faults
from llmeval.emulator.openai import OpenAISurface
from llmeval.emulator.vertex import VertexOptions, add_vertex
from llmeval.ports import Endpoint

__all__ = ["create_app"]

_LARGEST_BODY = 64_000_000


def create_app(
    endpoints: Mapping[str, Endpoint],
    faults: Faults | None = None,
    seed: int = 0,
    *,
    vertex: VertexOptions | None = None,
) -> web.Application:
    """Return an application with an OpenAI-compatible surface and that of Vertex AI.

    ``endpoints`` by name are the models of ``/v1/chat/completions``; ``vertex`` says what stands
    behind those of Vertex. There is a page of counters at ``/control``. Run the application with
    ``handler_cancellation=True`` so that a hanging answer ends with its client.
    """
    emulation = Emulation(endpoints, faults or Faults(), seed)
    openai = OpenAISurface(emulation, tuple(endpoints))
    app = web.Application(client_max_size=_LARGEST_BODY)
    app.router.add_get("/v1/models", openai.models)
    app.router.add_post("/v1/chat/completions", openai.chat)
    add_control(app, emulation)
    add_vertex(app, emulation, vertex or VertexOptions())
    app.cleanup_ctx.append(emulation.lifetime)
    return app
