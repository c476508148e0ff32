"""Scorers in batches: whatever they do becomes a score or a NotScored, one for each sample."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from run_fakes import FakeScorer

from llmeval.records import Case, Message, NotScored, Response, Sample, Score
from llmeval.run.scoring import ScoringRoom, score_batch


def samples(count: int) -> list[Sample]:
    return [
        Sample(Case(f"c{n}", {"n": n}), (Message("user", "?"),), Response(str(n)))
        for n in range(count)
    ]


def reason(found: object) -> str:
    assert isinstance(found, NotScored)
    assert found.not_scored == "scorer_error"
    return found.reason


def test_findings_stand_in_the_order_of_scorers_and_samples() -> None:
    by_text = FakeScorer(lambda s: Score("text", int(s.response.text) / 10), name="text")
    found = score_batch([by_text, FakeScorer()], samples(3))
    assert found == [[Score("text", n / 10), Score("fake", 1.0)] for n in range(3)]


def test_a_crash_costs_only_the_sample_it_crashed_on() -> None:
    def crash(sample: Sample) -> Score:
        if sample.case.id == "c1":
            raise ZeroDivisionError("by zero")
        return Score("fake", 1.0)

    found = [
        row[0] for row in score_batch([FakeScorer(crash), FakeScorer(name="other")], samples(3))
    ]
    assert [type(f) for f in found] == [Score, NotScored, Score]
    assert reason(found[1]) == "ZeroDivisionError: by zero"


@pytest.mark.parametrize("leave", [sys.exit, pytest.skip, pytest.fail])
def test_a_scorer_that_wants_to_leave_has_scored_nothing(leave: Any) -> None:
    scorer = FakeScorer(lambda sample: leave("away"))
    assert "away" in reason(score_batch([scorer], samples(1))[0][0])


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        True,
        0.5,
        "0.5",
        {"value": 1.0},
        Score("fake", 1.5),
        Score("fake", -0.1),
        Score("fake", float("nan")),
        Score("fake", float("inf")),
        Score("fake", "1"),  # type: ignore[arg-type]
        Score("fake", None),  # type: ignore[arg-type]
        Score("someone_else", 1.0),
        NotScored("someone_else", "kind", "reason"),
        Score,
    ],
)
def test_what_is_no_score_is_not_scored(wrong: Any) -> None:
    for found in score_batch([FakeScorer(lambda sample: wrong)], samples(2)):
        assert isinstance(found[0], NotScored)
        assert found[0].scorer == "fake"


@pytest.mark.parametrize(
    "whole",
    [
        lambda batch: [],
        lambda batch: [Score("fake", 1.0)] * 9,
        lambda batch: None,
        lambda batch: 7,
        lambda batch: "ab",
    ],
)
def test_a_scorer_that_loses_count_has_scored_nothing(whole: Any) -> None:
    for found in score_batch([FakeScorer(whole=whole)], samples(2)):
        reason(found[0])


def test_an_abstaining_scorer_is_left_alone() -> None:
    abstains = NotScored("fake", "too_long", "the answer exceeds the window")
    assert score_batch([FakeScorer(lambda sample: abstains)], samples(1)) == [[abstains]]


def test_a_huge_explanation_of_a_crash_is_cut() -> None:
    def crash(sample: Sample) -> Score:
        raise ValueError("x" * 1_000_000)

    assert len(reason(score_batch([FakeScorer(crash)], samples(1))[0][0])) <= 500


def in_room(scorers: Sequence[FakeScorer], count: int) -> list[list[Score | NotScored]]:
    async def main() -> list[list[Score | NotScored]]:
        with ThreadPoolExecutor(1) as pool:
            room = ScoringRoom(scorers, pool)
            return await asyncio.wait_for(
                asyncio.gather(*(room.score(sample) for sample in samples(count))), 10
            )

    return asyncio.run(main())


def test_what_gathers_is_scored_together_in_bounded_batches() -> None:
    scorer = FakeScorer(lambda s: Score("fake", int(s.response.text) / 1000))
    found = in_room([scorer], 150)
    assert [row[0] for row in found] == [Score("fake", n / 1000) for n in range(150)]
    assert sum(scorer.batches) == 150
    assert max(scorer.batches) <= 64
    assert len(scorer.batches) <= 4


def test_without_scorers_nothing_runs() -> None:
    assert in_room([], 3) == [[], [], []]


def test_a_room_outlives_its_batches() -> None:
    async def main() -> None:
        with ThreadPoolExecutor(1) as pool:
            room = ScoringRoom([FakeScorer()], pool)
            for sample in samples(3):
                assert await room.score(sample) == [Score("fake", 1.0)]

    asyncio.run(main())


def test_a_dead_pool_is_an_error_and_no_hang() -> None:
    async def main() -> None:
        pool = ThreadPoolExecutor(1)
        pool.shutdown()
        room = ScoringRoom([FakeScorer()], pool)
        await asyncio.wait_for(room.score(samples(1)[0]), 5)

    with pytest.raises(RuntimeError, match="shutdown"):
        asyncio.run(main())
