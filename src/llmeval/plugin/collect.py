"""From declarations, in Python or YAML, to items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llmeval.cases import cases_hash, load_cases
from llmeval.errors import CaseError, SuiteError, nearest
from llmeval.ports import JudgeScorer, Scorer
from llmeval.run import PlannedTest, spread
from llmeval.suites import ATTRIBUTE, Evaluation, evaluate

if TYPE_CHECKING:
    from llmeval.plugin.items import SampleItem
    from llmeval.plugin.session import Evaluating

__all__ = ["SuiteFile", "collect_test", "plan_test"]


def collect_test(
    collector: Any, name: str, body: Any, evaluating: Evaluating
) -> Sequence[SampleItem]:
    """Return the items of a test function that ``evaluate`` marked."""
    from llmeval.plugin.items import items_of

    if isinstance(collector, pytest.Class):
        raise SuiteError(
            f"{collector.nodeid}::{name}: evaluate() goes on functions of a module, not on methods"
        )
    declared: Evaluation = getattr(body, ATTRIBUTE)
    test = plan_test(declared, name, collector.path, evaluating, (body.__doc__ or "").strip())
    return list(items_of(collector, name, body, test, evaluating))


def plan_test(
    declared: Evaluation, name: str, path: Path, evaluating: Evaluating, description: str
) -> PlannedTest:
    """Read and check what a test declares; raises an ``UsageError`` that names the file."""
    source = path.parent / declared.cases
    try:
        cases = load_cases(source)
    except CaseError as error:
        raise CaseError(f"{path.name}::{name}: {error}") from None
    prompt = evaluating.prompts.load(declared.prompt) if declared.prompt else None
    declared = _with_templates(declared, evaluating)
    test = PlannedTest(
        suite=declared.suite or path.parent.name,
        test=name,
        declared=declared,
        cases=cases,
        cases_hash=cases_hash(cases),
        prompt=prompt,
        samples=declared.samples or evaluating.config.samples or 1,
        source=str(source),
        description=description,
    )
    evaluating.add_test(test, path)
    return test


def _with_templates(declared: Evaluation, evaluating: Evaluating) -> Evaluation:
    """Give judges' scorers their prompts, so that the record's hash covers them."""
    if not any(isinstance(scorer, JudgeScorer) for scorer in declared.scorers):
        return declared
    load = evaluating.judge_prompts.load
    scorers = [s.with_template(load) if isinstance(s, JudgeScorer) else s for s in declared.scorers]
    return replace(declared, scorers=tuple(scorers))


class SuiteFile(pytest.File):
    """A ``*.suite.yaml``: the arguments of ``evaluate`` as keys, scorers by name."""

    def __init__(self, *, evaluating: Evaluating, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.evaluating = evaluating

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the samples; raises ``SuiteError`` that names file and key."""
        from llmeval.plugin.items import SampleItem, label

        declared, name, description = read_suite(self.path)
        test = plan_test(declared, name, self.path, self.evaluating, description)
        models = self.evaluating.config.model
        for planned in spread(test, models):
            item = SampleItem.from_parent(self, name=f"{name}[{label(planned, len(models))}]")
            item.become(planned, _no_body, self.evaluating)
            yield item


def _no_body(sample: Any) -> None:
    """Declared suites have no body."""


_KEYS = {
    "cases",
    "prompt",
    "samples",
    "suite",
    "settings",
    "stream",
    "timed",
    "concurrency",
    "warmup",
    "scorers",
    "description",
    "name",
}


def read_suite(path: Path) -> tuple[Evaluation, str, str]:
    """Return (declaration, test's name, description) of a declared suite."""
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SuiteError(f"{path} cannot be read as YAML: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("cases"), str):
        raise SuiteError(f"{path}: a suite is a mapping with at least 'cases: FILE'")
    for key in raw:
        if key not in _KEYS:
            raise SuiteError(f"{path}: unknown key {key!r}.{nearest(str(key), _KEYS)}")
    name = str(raw.pop("name", path.name.split(".")[0].replace("-", "_")))
    description = str(raw.pop("description", ""))
    scorers = [_scorer(path, entry) for entry in raw.pop("scorers", None) or []]
    cases = raw.pop("cases")
    if not isinstance(raw.get("settings") or {}, dict):
        raise SuiteError(f"{path}: 'settings' is a mapping, such as {{temperature: 0}}")
    try:
        mark = evaluate(cases, scorers=scorers, **raw)
    except TypeError as error:
        raise SuiteError(f"{path}: {error}") from None

    def body(sample: Any) -> None:
        """Carries the declaration."""

    declared: Evaluation = getattr(mark(body), ATTRIBUTE)
    return declared, name, description


def _scorer(path: Path, entry: Any) -> Scorer:
    """Make a scorer from its name, or from a mapping of its name to its arguments."""
    from llmeval import scorers

    arguments: dict[str, Any] | None = None
    if isinstance(entry, str):
        name = entry
    elif isinstance(entry, dict) and len(entry) == 1:
        ((name, arguments),) = entry.items()
    else:
        raise SuiteError(f"{path}: a scorer is its name, or a mapping of name to arguments")
    if name not in scorers.__all__:
        raise SuiteError(f"{path}: no scorer is called {name!r}.{nearest(name, scorers.__all__)}")
    try:
        made = getattr(scorers, name)(**(arguments or {}))
    except TypeError as error:
        raise SuiteError(f"{path}: scorer {name}: {error}") from None
    if not isinstance(made, Scorer):
        raise SuiteError(f"{path}: {name!r} is no scorer")
    return made
