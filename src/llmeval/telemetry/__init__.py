"""Spans and metrics of a run by OpenTelemetry's GenAI conventions. Only where it is asked for.

Importing this package loads no part of OpenTelemetry; ``open_tracer`` does.
"""

from __future__ import annotations

from llmeval.telemetry.tracer import RunTracer, open_tracer

__all__ = ["RunTracer", "open_tracer"]
