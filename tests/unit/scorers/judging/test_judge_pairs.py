"""``pairwise``: both orders, and nothing for a judge that looks at the place."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from judge_fakes import LIBRARY, Scripted, found, sample, says, verdict

from llmeval.errors import SuiteError
from llmeval.records import CallFailure, Message, NotScored, Score
from llmeval.scorers import pairwise


def preferring(text: str) -> Scripted:
    """A judge that finds the answer ``text`` the better one, wherever it stands."""

    def script(messages: Sequence[Message], number: int) -> str:
        lines = messages[-1].content.splitlines()
        first = next(line for line in lines if line.startswith("The first answer"))
        return verdict("first" if text in first else "second")

    return Scripted(script)


@pytest.mark.parametrize(
    ("preferred", "label", "value"), [("mine", "win", 1.0), ("theirs", "loss", 0.0)]
)
def test_the_better_answer_wins_in_both_orders(preferred: str, label: str, value: float) -> None:
    asked = preferring(preferred)
    got = found(pairwise(), sample("mine", expected="theirs"), asked)
    assert isinstance(got, Score) and (got.label, got.value) == (label, value)
    assert len(asked.asked) == 2 and asked.asked[0][0] != asked.asked[1][0]


def test_a_tie_is_as_good() -> None:
    got = found(pairwise(), sample("mine", expected="theirs"), says("tie"))
    assert isinstance(got, Score) and (got.label, got.value) == ("tie", 0.5)


@pytest.mark.parametrize("place", ["first", "second"])
def test_a_judge_of_places_scores_nothing(place: str) -> None:
    got = found(pairwise(), sample("mine", expected="theirs"), says(place))
    assert isinstance(got, NotScored) and got.not_scored == "inconsistent"


def test_one_silent_order_scores_nothing() -> None:
    asked = Scripted(lambda m, n: verdict("first") if n == 0 else CallFailure("timeout", "late"))
    got = found(pairwise(), sample("mine", expected="theirs"), asked)
    assert isinstance(got, NotScored) and got.not_scored == "judge_failed"


def test_without_another_answer_nothing_is_compared() -> None:
    got = found(pairwise("other"), sample("mine", other="  "), says("tie"))
    assert isinstance(got, NotScored) and got.not_scored == "missing_input"


def test_a_template_that_does_not_compare_is_refused() -> None:
    with pytest.raises(SuiteError, match="pairwise = true"):
        pairwise(template="toxicity").with_template(LIBRARY.load)
