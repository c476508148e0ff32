"""A project of its own for each test: a suite, a prompt, a model that counts its calls."""

from __future__ import annotations

import importlib

import pytest
from plugin_project import Project

# pytester forgets modules that a run imported, and numpy cannot be imported twice.
for _name in (
    "llmeval.cases",
    "llmeval.emulator",
    "llmeval.endpoints.demo",
    "llmeval.endpoints.openai",
    "llmeval.endpoints.python",
    "llmeval.plugin.active",
    "llmeval.plugin.verdicts",
    "llmeval.report",
    "llmeval.scorers.plain",
    "scipy.optimize",
    "scipy.stats",
):
    importlib.import_module(_name)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)
