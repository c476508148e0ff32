"""``--experiment`` and ``--register-evaluation``: the decided run written back to Vertex AI."""

from __future__ import annotations

import os
from pathlib import Path

from llmeval.config import Config
from llmeval.endpoints import options_of
from llmeval.endpoints.vertex.references import EMULATOR
from llmeval.errors import ConfigError, InfrastructureError, LlmevalError
from llmeval.records import Summary

__all__ = ["check_publishing", "publish"]


def check_publishing(config: Config) -> None:
    """Refuse to publish to a server that ends with the session. Raises ``ConfigError``."""
    if not _wanted(config) or config.api_endpoint:
        return
    if all(ref.startswith(EMULATOR) for ref in config.model):
        raise ConfigError(
            f"{' and '.join(_wanted(config))}: what --model={EMULATOR} starts ends with the "
            f"session; start a server with 'llmeval serve' and give its --api-endpoint"
        )


def publish(config: Config, summary: Summary, directory: Path) -> list[str]:
    """Write the run back where the options say; return a line for each place.

    Raises ``LlmevalError`` that says how to try again: the run itself is safe by now.
    """
    if not _wanted(config):
        return []
    from llmeval.publish import to_experiment, to_model_registry

    where = options_of(config, os.environ)
    place = {
        "project": where.project,
        "location": where.location,
        "api_endpoint": where.api_endpoint,
    }
    done = []
    try:
        if config.experiment:
            done += to_experiment(summary, experiment=config.experiment, **place)
        if config.register_evaluation:
            done.append(to_model_registry(summary, model=config.register_evaluation, **place))
    except LlmevalError as error:
        again = " ".join(_wanted(config))
        raise InfrastructureError(
            f"the run is decided and recorded, but not published: {error}. Try again: "
            f"llmeval publish {directory} {again}"
        ) from None
    return [f"published: {each.resource_name}" for each in done]


def _wanted(config: Config) -> list[str]:
    found = []
    if config.experiment:
        found.append(f"--experiment={config.experiment}")
    if config.register_evaluation:
        found.append(f"--register-evaluation={config.register_evaluation}")
    return found
