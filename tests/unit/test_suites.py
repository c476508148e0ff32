from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import llmeval
from llmeval.errors import SuiteError
from llmeval.ports import Asker
from llmeval.records import Case, NotScored, Response, Sample, Score, ScorerIdentity
from llmeval.suites import ATTRIBUTE, Evaluation, evaluate


class Always:
    """Passes everything, under a name."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self._name)

    def score(self, samples: Sequence[Sample]) -> Sequence[Score | NotScored]:
        return [Score(self._name, 1.0) for _ in samples]


async def ask_twice(case: Case, asker: Asker) -> Response:
    return await asker.ask("twice")


def declared(function: Callable[..., Any]) -> Evaluation:
    found = getattr(function, ATTRIBUTE)
    assert isinstance(found, Evaluation)
    return found


def test_a_function_keeps_itself_and_carries_its_declaration() -> None:
    scorers = [Always("a"), Always("b")]

    def test_it(sample: Sample) -> None:
        """What it measures."""

    marked = evaluate("cases.jsonl", prompt="p.j2", samples=3, scorers=scorers)(test_it)
    assert marked is test_it and marked.__doc__ == "What it measures."
    found = declared(marked)
    assert found.cases == "cases.jsonl" and found.samples == 3 and found.scorers == tuple(scorers)
    assert (found.timed, found.stream, found.concurrency, found.warmup) == (False, False, None, 0)


def test_the_public_name_is_the_same() -> None:
    assert llmeval.evaluate is evaluate
    with pytest.raises(AttributeError, match="has no attribute 'evaluat'"):
        llmeval.evaluat  # noqa: B018


def test_a_timed_suite_streams_with_warm_up_at_low_concurrency() -> None:
    found = declared(evaluate("c.csv", prompt="p.j2", timed=True)(lambda: None))
    assert (found.stream, found.concurrency, found.warmup) == (True, 4, 8)
    own = evaluate("c.csv", prompt="p.j2", timed=True, concurrency=1, warmup=0)(lambda: None)
    assert (declared(own).concurrency, declared(own).warmup) == (1, 0)


def test_a_solver_needs_no_prompt() -> None:
    assert declared(evaluate("c.yaml", solver=ask_twice)(lambda: None)).prompt is None


def test_settings_are_copied() -> None:
    settings = {"temperature": 0.1}
    found = declared(evaluate("c.csv", prompt="p.j2", settings=settings)(lambda: None))
    settings["temperature"] = 1.0
    assert found.settings == {"temperature": 0.1}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"needs prompt='NAME\.j2' or solver=FUNCTION"),
        ({"prompt": "p.j2", "samples": 0}, r"samples=0, but .* at least 1"),
        ({"prompt": "p.j2", "samples": "3"}, "samples='3', but a whole number"),
        ({"prompt": "p.j2", "samples": True}, "samples=True"),
        ({"prompt": "p.j2", "samples": 1.5}, r"samples=1\.5"),
        ({"prompt": "p.j2", "concurrency": 3}, "go with timed=True"),
        ({"prompt": "p.j2", "warmup": 3}, "go with timed=True"),
        ({"prompt": "p.j2", "timed": True, "concurrency": 0}, "concurrency=0"),
        ({"prompt": "p.j2", "timed": True, "warmup": -1}, "warmup=-1"),
        ({"prompt": "p.j2", "scorers": [Always]}, "did you forget to call it"),
        ({"prompt": "p.j2", "scorers": [print]}, "is no scorer"),
        ({"prompt": "p.j2", "scorers": Always("a")}, "scorers takes a list"),
        ({"prompt": "p.j2", "scorers": [Always("a"), Always("a")]}, "two scorers are called 'a'"),
    ],
)
def test_what_cannot_work_is_refused_at_the_declaration(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(SuiteError, match=rf"evaluate\('cases\.jsonl'\).*{message}"):
        evaluate("cases.jsonl", **given)


@pytest.mark.parametrize("cases", [Path("cases.jsonl"), ["a"], None, lambda: None])
def test_without_a_path_the_decorator_says_so(cases: Any) -> None:
    with pytest.raises(SuiteError, match="takes the path of a case file first"):
        evaluate(cases, prompt="p.j2")
