"""The pytest plugin. Without ``--model`` it is inert: this module is all that is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest

from llmeval.plugin.options import add_options, is_active

__all__: list[str] = []

_DECLARED = "__llmeval_evaluation__"


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    if is_active(config):
        from llmeval.plugin.active import activate

        activate(config)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Any:
    if type(obj) is FunctionType and _DECLARED in obj.__dict__ and not is_active(collector.config):
        return [Unmeasured.from_parent(collector, name=name)]
    return None


class Unmeasured(pytest.Item):
    """A suite's test in a session without ``--model``."""

    def runtest(self) -> None:
        """Say what is missing."""
        pytest.skip("a suite of llmeval: give --model=REF to measure it")

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Stand under the test's own name."""
        return self.path, None, self.name


@pytest.fixture
def model(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The endpoint under test: ``model.ask(...)``, ``await model.aask(...)``."""
    if not is_active(request.config):
        pytest.skip("uses the endpoint under test: give --model=REF")
    from llmeval.plugin.active import asked_model

    yield asked_model(request)
