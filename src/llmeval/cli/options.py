"""What several commands read alike: configuration, gates, prices, keys in the environment."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmeval.errors import UsageError

if TYPE_CHECKING:
    from llmeval.config import Config
    from llmeval.endpoints import EndpointOptions

__all__ = [
    "EXIT_CODES",
    "add_by",
    "add_json",
    "api_key",
    "endpoint_options",
    "gates_path",
    "positive",
    "settings_here",
]

EXIT_CODES: Final = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3, "NONE": 3, "ERROR": 4}
"""A run's verdict -> exit code."""

_KEYS: Final = ("LLMEVAL_API_KEY", "OPENAI_API_KEY")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Register ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")


def add_by(parser: argparse.ArgumentParser, default: str) -> None:
    """Register ``--by``; ``default`` says what holds without it."""
    from llmeval.config import checked_by

    parser.add_argument(
        "--by",
        metavar="WHAT",
        type=checked_by,
        help=f"deployed_model: each model behind an endpoint for itself; model: whole endpoints "
        f"(default: {default})",
    )


def positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    """Return an argparse type for numbers above 0."""

    def number(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text!r}: a number above 0 is needed")
        return value

    number.__name__ = "number"
    return number


def settings_here() -> Config:
    """Return ``[tool.llmeval]`` of the working directory. Raises ``ConfigError``."""
    from llmeval.config import load_config

    return load_config({}, Path.cwd())


def gates_path(given: str | None, config: Config) -> Path | None:
    """Return the gates file: as given, else the configured one where it exists.

    Raises ``UsageError`` for a file that was asked for and is none.
    """
    path = Path(given if given is not None else config.gates)
    if path.is_file():
        return path
    if given is None:
        return None
    raise UsageError(f"--gates={given}: there is no such file")


def api_key() -> str | None:
    """Return the key from the environment, LLMEVAL_API_KEY before OPENAI_API_KEY."""
    return next((key for name in _KEYS if (key := os.environ.get(name))), None)


def endpoint_options(config: Config) -> EndpointOptions:
    """Return how endpoints are reached. Raises ``ConfigError``."""
    from llmeval.endpoints import options_of

    return options_of(config, os.environ)
