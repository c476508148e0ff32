from __future__ import annotations

from typing import Any

import pytest
from scorer_samples import SURROGATE, scored, unscored

from llmeval.errors import SuiteError
from llmeval.scorers import contains, equals, regex, similar


@pytest.mark.parametrize(
    ("answer", "expected", "value"),
    [
        ("Paris", "Paris", 1),
        (" Paris\n", "Paris", 1),
        ("paris", "Paris", 0),
        ("Paris.", "Paris", 0),
        ("42", 42, 1),
        ("true", True, 1),
        ("b", ["a", "b"], 1),
        ("e\u0301", "é", 1),
        (SURROGATE, "x", 0),
        ("", "x", 0),
    ],
)
def test_equals(answer: str, expected: Any, value: float) -> None:
    found = scored(equals(), answer, expected=expected)
    assert found.value == value
    assert found.label == ("equal" if value else "different")
    assert (found.explanation is None) == bool(value)


def test_equals_options() -> None:
    assert scored(equals(ignore_case=True), "PARIS", expected="paris").value == 1
    assert scored(equals("yes"), "yes").value == 1
    assert scored(equals(field="capital"), "Paris", {"capital": "Paris"}).value == 1
    assert scored(equals(field="a"), "1", expected={"a": 1}).value == 1
    assert equals(name="capital").identity.name == "capital"


def test_equals_without_expected_is_not_scored() -> None:
    found = unscored(equals(), "x")
    assert found.not_scored == "missing_input"
    assert "case-1" in found.reason
    assert "'expected'" in found.reason


def test_contains_all_or_any() -> None:
    assert scored(contains(), "Paris and Rome", expected=["Paris", "Rome"]).value == 1
    missing = scored(contains(), "Paris", expected=["Paris", "Rome"])
    assert (missing.value, missing.label) == (0, "absent")
    assert "'Rome'" in str(missing.explanation)
    assert scored(contains(every=False), "Paris", expected=["Paris", "Rome"]).value == 1
    assert scored(contains(every=False), "Oslo", expected=["Paris", "Rome"]).value == 0
    assert scored(contains("x", ignore_case=True), "X").value == 1


def test_regex() -> None:
    assert scored(regex(r"\d+"), "a 12 b").evidence == {"start": 2, "end": 4}
    assert scored(regex(r"\d+"), "none").label == "no_match"
    assert scored(regex(r"\d+", full=True), "12 b").value == 0
    assert scored(regex("secret", negate=True), "nothing").value == 1
    assert scored(regex("secret", negate=True), "the secret").value == 0
    assert scored(regex("PARIS", ignore_case=True), "paris").value == 1


def test_a_catastrophic_pattern_times_out() -> None:
    found = unscored(regex(r"(a|aa)+$", timeout=0.05), "a" * 5_000 + "b")
    assert found.not_scored == "timeout"


def test_a_wrong_pattern_or_timeout_is_refused_when_declared() -> None:
    with pytest.raises(SuiteError, match="does not compile"):
        regex("(")
    with pytest.raises(SuiteError, match="above 0"):
        regex("a", timeout=0)


def test_similar_states_its_formula() -> None:
    # Words: 2 shared of 3 + 2. Trigrams: 7 shared of 11 (" the cat sat ") + 7 (" the cat ").
    found = scored(similar(0.5), "The cat sat.", expected="the cat")
    assert found.evidence == {"similarity": pytest.approx((4 / 5 + 14 / 18) / 2, abs=1e-4)}
    assert found.label == "similar"


@pytest.mark.parametrize(
    ("answer", "expected", "passes"),
    [
        ("The cat sat.", "the cat sat", True),
        ("Un café crème", "un cafe creme", True),
        ("completely different", "the cat sat", False),
        ("b", ["a", "b"], True),
        ("", "x", False),
        ("!!!", "x", False),
    ],
)
def test_similar(answer: str, expected: Any, passes: bool) -> None:
    assert (scored(similar(), answer, expected=expected).value >= 0.5) == passes


def test_similar_refuses_a_wrong_threshold_and_a_huge_answer() -> None:
    with pytest.raises(SuiteError, match="threshold"):
        similar(2)
    assert unscored(similar(), "a " * 150_000, expected="a").not_scored == "too_long"
