"""A server on loopback with faults of known rates, for trials and tests.

It speaks OpenAI's chat/completions and the REST surface of Vertex AI. Behind each model stands an
``Endpoint``; ``Faults`` says what goes wrong, how often. Reading order: ``faults`` (what is drawn),
``emulation`` (what the surfaces share), ``wire`` and ``openai`` (the one dialect), ``vertex`` (the
other), ``control``, ``app``, ``server``.
"""

from __future__ import annotations

from llmeval.emulator.app import create_app
from llmeval.emulator.faults import Faults
from llmeval.emulator.server import running_emulator, running_server, serve
from llmeval.emulator.vertex import VertexOptions

__all__ = ["Faults", "VertexOptions", "create_app", "running_emulator", "running_server", "serve"]
