"""An OpenAI-compatible server on loopback with faults of known rates, for trials and tests.

Behind each model name stands an ``Endpoint``; ``Faults`` says what goes wrong, how often. Reading
order: ``faults`` (what is drawn), ``wire`` (the dialect), ``models``, ``app``, ``server``.
"""

from __future__ import annotations

from llmeval.emulator.app import create_app
from llmeval.emulator.faults import Faults
from llmeval.emulator.server import running_server, serve

__all__ = ["Faults", "create_app", "running_server", "serve"]
