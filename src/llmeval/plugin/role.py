"""Which part of a session this process plays: with pytest-xdist there are several."""

from __future__ import annotations

import enum
from typing import Any

import pytest

__all__ = ["Role", "role_of", "worker_input"]


class Role(enum.Enum):
    """Which part of a session this process plays."""

    ALONE = "alone"
    CONTROLLER = "controller"
    WORKER = "worker"


def role_of(config: pytest.Config) -> Role:
    """Return this process's part."""
    if hasattr(config, "workerinput"):
        return Role.WORKER
    spread_out = getattr(config.option, "dist", "no") != "no" and getattr(config.option, "tx", None)
    return Role.CONTROLLER if spread_out and not config.option.collectonly else Role.ALONE


def worker_input(config: pytest.Config) -> dict[str, Any]:
    """Return what the controller gave this worker, empty elsewhere."""
    return getattr(config, "workerinput", {})
