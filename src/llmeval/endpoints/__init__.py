"""Models that can be asked: ``resolve`` turns a ``--model`` reference into an ``Endpoint``.

Importing this package loads no network library; each kind of endpoint loads its own on use.
"""

from __future__ import annotations

from llmeval.endpoints.references import EndpointOptions, options_of, redact, resolve
from llmeval.endpoints.vertex.references import columns

__all__ = ["EndpointOptions", "columns", "options_of", "redact", "resolve"]
