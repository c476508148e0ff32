"""Judges under the engine: their limits, budget, cache and cost, and what a dead one does."""

from __future__ import annotations

import faulthandler
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from run_fakes import FakeScorer, Scripted, a_run, a_test, failed, planned, said

from llmeval.config import Price
from llmeval.errors import EndpointDown
from llmeval.ports import Judge, JudgeScorer, JudgeTemplate
from llmeval.prompts import JudgeLibrary
from llmeval.records import CallFailure, Message, NotScored, Sample, Score, ScorerIdentity
from llmeval.run import RunStopped
from llmeval.scorers import judge
from llmeval.store import ResponseCache

PRICE = Price(1e6, 1e6)


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    faulthandler.dump_traceback_later(30, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def verdict(label: str = "not_toxic") -> Any:
    return said(json.dumps({"reasoning": "r", "label": label}))


def judging(**kwargs: Any) -> Scripted:
    return Scripted(lambda request, number: verdict(), ref="judge", **kwargs)


def toxic() -> Any:
    return judge("toxicity").with_template(JudgeLibrary([]).load)


@dataclass(frozen=True)
class Asking:
    """A judge's scorer around a function."""

    work: Callable[[Sample, Sequence[Judge]], Any]

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity("asking")

    def with_template(self, load: Callable[[str], JudgeTemplate]) -> JudgeScorer:
        return self

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        raise AssertionError("a judge's scorer is not called so")

    async def judge(self, sample: Sample, judges: Sequence[Judge]) -> Score | NotScored:
        found: Score | NotScored = await self.work(sample, judges)
        return found


def test_findings_keep_the_order_of_declaration() -> None:
    first, last = FakeScorer(name="first"), FakeScorer(lambda s: Score("last", 0.5), name="last")
    first = FakeScorer(lambda s: Score("first", 0.25), name="first")
    plan = planned(a_test(count=3, scorers=[first, toxic(), last]))
    with a_run(plan, judges=[judging()]) as run:
        for observation in run.take_all():
            assert [s.scorer for s in observation.scores] == ["first", "toxicity", "last"]


def test_what_judging_costs_is_part_of_the_sample_and_of_the_budget() -> None:
    plan = planned(a_test(count=4, scorers=[toxic()]))
    with a_run(plan, judges=[judging()], prices={"fake": PRICE, "judge": PRICE}) as run:
        costs = [o.cost_usd for o in run.take_all()]
        assert run.engine.progress().spent == pytest.approx(sum(c or 0 for c in costs))
        assert run.engine.progress().calls == 8
    assert costs == [pytest.approx(2 * 15.0)] * 4


def test_an_unknown_price_of_the_judge_makes_the_cost_unknown() -> None:
    plan = planned(a_test(count=1, scorers=[toxic()]))
    with a_run(plan, judges=[judging()], prices={"fake": PRICE}) as run:
        assert [o.cost_usd for o in run.take_all()] == [None]


def test_max_calls_holds_for_judges_too() -> None:
    plan = planned(a_test(count=10, scorers=[toxic()]))
    asked, judges = Scripted(), judging()
    run = a_run(plan, asked, judges=[judges], max_calls=7)
    with run, pytest.raises(RunStopped, match="max-calls"):
        run.take_all()
    assert len(asked.asked) + len(judges.asked) <= 7
    assert all(o.scores for o in run.recorded), "no sample is recorded without its verdict"


def test_equal_questions_to_a_judge_come_from_the_cache(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    judges = judging(cacheable=True)
    for _ in range(2):
        plan = planned(a_test(count=1, scorers=[toxic()]))
        with a_run(plan, judges=[judges], cache=cache) as run:
            run.take_all()
    assert len(judges.asked) == 1
    cache.close()


def test_a_dead_judge_ends_the_run_with_one_message() -> None:
    dead = Scripted(lambda request, number: failed("unauthorized", status=401), ref="judge")
    with a_run(planned(a_test(count=50, scorers=[toxic()])), judges=[dead]) as run:
        with pytest.raises(RunStopped, match="judge is down") as caught:
            run.take_all()
        assert isinstance(caught.value.error, EndpointDown)
    assert run.recorded == []


def test_a_judge_that_fails_now_and_then_leaves_samples_unscored() -> None:
    def script(request: Any, number: int) -> Any:
        return failed("blocked_output") if number % 3 == 0 else verdict()

    judges = Scripted(script, ref="judge")
    with a_run(planned(a_test(count=9, scorers=[toxic()])), judges=[judges]) as run:
        scores = [o.scores[0] for o in run.take_all()]
    kinds = [s.not_scored for s in scores if isinstance(s, NotScored)]
    assert kinds == ["judge_failed"] * 3


def test_a_scorer_that_crashes_has_scored_nothing() -> None:
    async def broken(sample: Sample, judges: Sequence[Judge]) -> Score:
        raise KeyError("gone")

    with a_run(planned(a_test(count=1, scorers=[Asking(broken)])), judges=[judging()]) as run:
        (observation,) = run.take_all()
    (found,) = observation.scores
    assert isinstance(found, NotScored)
    assert (found.not_scored, found.reason) == ("scorer_error", "KeyError: 'gone'")


def test_a_finding_that_is_no_score_is_none() -> None:
    async def wild(sample: Sample, judges: Sequence[Judge]) -> Any:
        return Score("asking", 7.0)

    with a_run(planned(a_test(count=1, scorers=[Asking(wild)])), judges=[judging()]) as run:
        (observation,) = run.take_all()
    assert isinstance(observation.scores[0], NotScored)


def test_the_models_place_is_free_while_judges_are_asked() -> None:
    models, judges = Scripted(delay=0.0), judging(delay=0.2)
    with a_run(planned(a_test(count=12, scorers=[toxic()])), models, judges=[judges],
               concurrency=2) as run:  # fmt: skip
        run.take_all()
    assert models.asked_at[-1] - models.asked_at[0] < judges.asked_at[-1] - judges.asked_at[0]
    assert judges.most_in_flight <= 2


def test_a_failed_call_is_not_judged() -> None:
    judges = judging()
    asked = Scripted(lambda request, number: failed("blocked_output"))
    with a_run(planned(a_test(count=2, scorers=[toxic()])), asked, judges=[judges]) as run:
        assert [o.scores for o in run.take_all()] == [[], []]
    assert judges.asked == []


def test_a_judge_of_several_calls_may_ask_as_it_likes() -> None:
    async def twice(sample: Sample, judges: Sequence[Judge]) -> Score:
        for number in range(2):
            answer = await judges[0].ask([Message("user", f"{sample.response.text} {number}?")])
            assert not isinstance(answer, CallFailure)
        return Score("asking", 1.0)

    judges = judging()
    with a_run(planned(a_test(count=2, scorers=[Asking(twice)])), judges=[judges]) as run:
        run.take_all()
    assert sorted(r.messages[0].content for r in judges.asked) == [
        "yes 0?", "yes 0?", "yes 1?", "yes 1?",
    ]  # fmt: skip
