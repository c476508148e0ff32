"""What may be a baseline, and what differs between two plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llmeval.errors import UsageError
from llmeval.gates import Gate, GateSet
from llmeval.records import EndpointIdentity, RunInfo, ScorerIdentity, SuiteInfo
from llmeval.run.baseline import Baseline, changes, check_baseline, open_baseline
from llmeval.store import RunDirectory

JUDGE = EndpointIdentity("judge", "openai", "judge")


def info(test: str = "t", suite: str = "s", **changes: Any) -> SuiteInfo:
    scorers = [ScorerIdentity("one"), ScorerIdentity("two", version=changes.pop("version", "1"))]
    return SuiteInfo(suite, test, 5, changes.pop("samples", 1), 5, "c", "p", scorers)


def baseline(*suites: SuiteInfo, judge: EndpointIdentity | None = None) -> Baseline:
    run = RunInfo("r", 0.0, "0", [JUDGE], list(suites), {}, 0, judge=judge)
    return Baseline(RunDirectory(Path("base")), run)


def gates(metric: str, direction: Any = "no_worse_than_baseline") -> GateSet:
    return GateSet(gates=(Gate(id="g", metric=metric, direction=direction, threshold=0.1),))


def test_tests_on_one_side_only_are_named() -> None:
    found = changes([info("a"), info("b")], [info("b"), info("c")], {"s": ["one"]})
    assert found == ["s::a is only in it", "s::c is not in it"]


def test_only_the_scorer_that_a_gate_looks_at_matters() -> None:
    old = baseline(info())
    check_baseline(old, gates("s.one.rate"), [info(version="2")], None)
    with pytest.raises(UsageError, match="s::t: scorer 'two' changed"):
        check_baseline(old, gates("s.two.rate"), [info(version="2")], None)


def test_a_suite_that_is_not_measured_or_not_compared_does_not_matter() -> None:
    old = baseline(info(), info(suite="left"))
    check_baseline(old, gates("left.one.rate"), [info()], None)
    check_baseline(old, gates("s.one.rate", "at_most"), [info(samples=2)], JUDGE)
    check_baseline(old, None, [info(samples=2)], JUDGE)


def test_another_judge_is_refused() -> None:
    with pytest.raises(UsageError, match="another judge"):
        check_baseline(baseline(info(), judge=JUDGE), gates("s.one.rate"), [info()], None)


def test_a_long_list_of_differences_is_cut() -> None:
    old = baseline(*(info(f"t{i:02}") for i in range(14)))
    with pytest.raises(UsageError, match=r"s::t09: samples .*; and 4 more; measure it anew"):
        fresh = [info(f"t{i:02}", samples=2) for i in range(14)]
        check_baseline(old, gates("s.one.rate"), fresh, None)


def test_a_cloud_address_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="come with the pipeline"):
        open_baseline("gs://bucket/run", Path())
