"""Vertex AI's REST surface for predictions: look-ups, generateContent, chat, predict.

Reading order: ``world`` (what there is), ``registry`` (looking it up), ``kinds`` and ``errors``
(what goes wrong), ``telling`` and ``dialects`` (from an answer to bytes), ``serving`` (a call from
end to end), ``tokens``, ``surface`` (the routes).
"""

from __future__ import annotations

from llmeval.emulator.vertex.options import VertexOptions
from llmeval.emulator.vertex.surface import HEADER, add_vertex
from llmeval.emulator.vertex.world import WORLD

__all__ = ["HEADER", "WORLD", "VertexOptions", "add_vertex"]
