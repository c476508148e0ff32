"""A decided run written back to Vertex AI, from its ``Summary`` alone: nothing is decided anew.

Reading order: ``names`` (what Vertex AI takes as a name), ``measures`` (what is told of a run),
then ``experiment`` and ``registry``, each of which may be repeated without harm.
"""

from __future__ import annotations

from llmeval.publish.experiment import to_experiment
from llmeval.publish.published import Published
from llmeval.publish.registry import to_model_registry

__all__ = ["Published", "to_experiment", "to_model_registry"]
