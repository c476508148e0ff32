"""The hooks of a session that measures. Each hands over to ``Evaluating``; none decides."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from llmeval.errors import LlmevalError
from llmeval.plugin.asked import AskedModel
from llmeval.plugin.collect import SuiteFile, collect_test
from llmeval.plugin.items import SampleItem
from llmeval.plugin.options import given_options
from llmeval.plugin.role import Role
from llmeval.plugin.session import Evaluating
from llmeval.plugin.terminal import status_of, write_summary
from llmeval.suites import ATTRIBUTE

__all__ = ["activate", "asked_model"]

_key = pytest.StashKey[Evaluating]()


def activate(config: pytest.Config) -> None:
    """Make this session measure; raises ``pytest.UsageError``."""
    try:
        evaluating = Evaluating.begin(config, given_options(config))
    except LlmevalError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_key] = evaluating
    config.pluginmanager.register(Hooks(evaluating), "llmeval-session")
    if evaluating.role is not Role.ALONE:
        from llmeval.plugin.workers import WorkerHooks

        config.pluginmanager.register(WorkerHooks(evaluating), "llmeval-workers")


def asked_model(request: pytest.FixtureRequest) -> AskedModel:
    """Return the endpoint for a free-form test, or for the body of a sample: the sample's own."""
    evaluating = request.config.stash[_key]
    if isinstance(request.node, SampleItem):
        return AskedModel(evaluating, request.node.planned.model)
    return AskedModel(evaluating, getattr(request, "param", evaluating.config.model[0]))


class Hooks:
    """What pytest calls."""

    def __init__(self, evaluating: Evaluating) -> None:
        self.evaluating = evaluating

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        if file_path.name.endswith((".suite.yaml", ".suite.yml")):
            return SuiteFile.from_parent(parent, path=file_path, evaluating=self.evaluating)
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: object) -> Any:
        if type(obj) is FunctionType and ATTRIBUTE in obj.__dict__:
            return collect_test(collector, name, obj, self.evaluating)
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        error = getattr(getattr(report, "call", None), "excinfo", None)
        if report.failed and error is not None and isinstance(error.value, LlmevalError):
            report.longrepr = str(error.value)
        return report

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        models = self.evaluating.config.model
        if "model" in metafunc.fixturenames and len(models) > 1:
            metafunc.parametrize("model", models, indirect=True)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        self.evaluating.collected(items)
        yield
        self.evaluating.put_timed_last(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.evaluating.plan(session)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        self.evaluating.start(session)
        cause: BaseException | None = None
        try:
            self.evaluating.load_ahead()
            return (yield)
        except BaseException as error:
            cause = error
            raise
        finally:
            self.evaluating.finish(session, cause)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: Any) -> None:
        self.evaluating.check(item.session)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: Any
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when != "call" and isinstance(item, SampleItem):
            report.user_properties = report.user_properties if report.when == "teardown" else []
            if report.when == "setup" and report.failed:
                self.evaluating.body_did_not_run(item)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> Any:
        return status_of(report)

    def pytest_report_header(self) -> list[str]:
        return self.evaluating.header_lines()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write_summary(terminalreporter, self.evaluating)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self.evaluating.close()
