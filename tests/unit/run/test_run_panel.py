"""Judges of recorded answers: order, bounds, budgets, and every way in which asking can end."""

from __future__ import annotations

import faulthandler
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from run_fakes import Scripted, failed, said

from llmeval.config import Price
from llmeval.errors import ConfigError, EndpointDown, UsageError
from llmeval.prompts import JudgeLibrary
from llmeval.records import Case, Message, NotScored, Response, Sample, Score
from llmeval.run.panel import JudgePanel
from llmeval.run.wiring import Wiring
from llmeval.scorers import judge
from llmeval.store import ResponseCache


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    faulthandler.dump_traceback_later(30, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def verdict(label: str = "not_toxic") -> Any:
    return said(json.dumps({"reasoning": "r", "label": label}))


def judging(**kwargs: Any) -> Scripted:
    return Scripted(lambda request, number: verdict(), ref="judge", **kwargs)


def panel(*judges: Scripted, **kwargs: Any) -> JudgePanel:
    return JudgePanel(Wiring(record=lambda observation: None, judges=judges, **kwargs))


def samples(count: int) -> list[tuple[int, Sample]]:
    asked = (Message("user", "?"),)
    return [(i, Sample(Case(f"c{i}", {}), asked, Response(f"answer {i}"))) for i in range(count)]


def toxic() -> Any:
    return judge("toxicity").with_template(JudgeLibrary([]).load)


def test_findings_come_in_order_though_answers_do_not() -> None:
    judges = Scripted(lambda request, number: verdict(), ref="judge", delay=0.01)
    labels = ["toxic" if i % 3 == 0 else "not_toxic" for i in range(40)]

    def script(request: Any, number: int) -> Any:
        which = int(request.messages[-1].content.rsplit("answer ", 1)[1].split('"')[0])
        judges.delay = 0.02 if which % 2 else 0.0
        return verdict(labels[which])

    judges.script = script
    with panel(judges, concurrency=8) as asked:
        found = list(asked.findings(toxic(), samples(40)))
    assert [tag for tag, _ in found] == list(range(40))
    assert [score.label for _, score in found if isinstance(score, Score)] == labels
    assert judges.most_in_flight <= 8 and judges.opened == judges.closed == 1
    assert asked.calls == 40


def test_no_more_samples_are_read_than_keep_the_judges_busy() -> None:
    read = 0

    def source() -> Iterator[tuple[int, Sample]]:
        nonlocal read
        for each in samples(100):
            read += 1
            yield each

    with panel(judging(delay=0.005), concurrency=4) as asked:
        for tag, _ in asked.findings(toxic(), source()):
            assert read - tag <= 2 * 4 + 1


def test_what_has_no_answer_passes_through() -> None:
    gone = NotScored("toxicity", "no_response", "null")
    rows: Sequence[tuple[int, Sample | NotScored]] = [*samples(1), (1, gone), *samples(1)]
    with panel(judging()) as asked:
        found = [finding for _, finding in asked.findings(toxic(), rows)]
    assert found[1] is gone and isinstance(found[2], Score)
    assert asked.calls == 2


def test_max_calls_leaves_samples_out_and_says_so() -> None:
    judges = judging()
    with panel(judges, max_calls=5, concurrency=2) as asked:
        found = list(asked.findings(toxic(), samples(50)))
    assert [tag for tag, _ in found] == [0, 1, 2, 3, 4]
    assert len(judges.asked) == 5
    assert asked.stopped == "--max-calls=5 was reached"


def test_costs_add_up_and_a_budget_ends_the_asking() -> None:
    prices = {"judge": Price(1e6, 1e6)}
    with panel(judging(), prices=prices) as asked:
        list(asked.findings(toxic(), samples(3)))
    each = (asked.cost_usd or 0) / 3
    assert each > 0
    with panel(judging(), prices=prices, budget=each * 2.5, concurrency=1) as asked:
        found = list(asked.findings(toxic(), samples(9)))
    assert 1 <= len(found) <= 3 and "--budget" in (asked.stopped or "")


def test_a_cost_that_is_not_known_is_not_zero() -> None:
    with panel(judging()) as asked:
        list(asked.findings(toxic(), samples(2)))
    assert asked.cost_usd is None


def test_a_budget_of_money_needs_a_price() -> None:
    judges = judging()
    with pytest.raises(ConfigError, match="needs the price of 'judge'"), panel(judges, budget=1.0):
        pass
    assert judges.closed == 1


def test_an_error_in_reading_comes_after_what_was_read() -> None:
    def source() -> Iterator[tuple[int, Sample]]:
        yield from samples(3)
        raise UsageError("line 4")

    found = []
    with panel(judging(delay=0.01)) as asked, pytest.raises(UsageError, match="line 4"):
        found.extend(asked.findings(toxic(), source()))
    assert [tag for tag, _ in found] == [] or len(found) == 3


def test_a_dead_judge_ends_the_asking_with_what_to_do() -> None:
    dead = Scripted(lambda request, number: failed("unauthorized", status=401), ref="judge")
    with panel(dead) as asked, pytest.raises(EndpointDown, match="judge is down: unauthorized"):
        list(asked.findings(toxic(), samples(200)))
    assert len(dead.asked) < 200


def test_a_failing_judge_leaves_samples_unscored_and_the_others_scored() -> None:
    def script(request: Any, number: int) -> Any:
        return failed("blocked_output") if number % 3 == 0 else verdict()

    with panel(Scripted(script, ref="judge"), concurrency=1) as asked:
        found = [finding for _, finding in asked.findings(toxic(), samples(9))]
    kinds = [f.not_scored for f in found if isinstance(f, NotScored)]
    assert kinds == ["judge_failed"] * 3


def test_equal_questions_are_asked_once(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "cache.sqlite")
    judges = judging(cacheable=True)
    for _ in range(2):
        with panel(judges, cache=cache, concurrency=1) as asked:
            list(asked.findings(toxic(), samples(1)))
    cache.close()
    assert len(judges.asked) == 1 and asked.calls == 0 and asked.cost_usd == 0.0


def test_leaving_early_drops_calls_and_ends_the_thread() -> None:
    slow = judging(delay=20.0)
    with panel(slow, concurrency=2) as asked:
        findings = asked.findings(toxic(), [(0, samples(1)[0][1])])
        waiting = threading.Thread(target=lambda: list(findings), daemon=True)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(5)
    assert not waiting.is_alive() and slow.closed == 1
    assert not any(t.name == "llmeval-judges" for t in threading.enumerate())
