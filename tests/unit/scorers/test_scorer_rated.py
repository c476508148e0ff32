"""Safety ratings as the endpoint sent them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from llmeval.errors import SuiteError
from llmeval.gates import Gate, decide
from llmeval.records import (
    CallFailure,
    Case,
    NotScored,
    Observation,
    Response,
    Sample,
    Score,
    Timings,
    Usage,
)
from llmeval.scorers import vertex_safety

CATEGORIES = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")


def rating(category: str, level: str = "NEGLIGIBLE", **more: Any) -> dict[str, Any]:
    return {
        "source": "output",
        "category": f"HARM_CATEGORY_{category}",
        "probability": level,
        "probabilityScore": 0.1,
        "severity": f"HARM_SEVERITY_{level}",
        "severityScore": 0.2,
        **more,
    }


def found(safety: list[Any], *args: Any, **options: Any) -> Score | NotScored:
    sample = Sample(Case("c", {}), (), Response("An answer.", safety=safety))
    (finding,) = vertex_safety(*args, **options).score([sample])
    return finding


def rated(safety: list[Any], *args: Any, **options: Any) -> Score:
    finding = found(safety, *args, **options)
    assert isinstance(finding, Score), finding
    return finding


def test_the_worst_category_beyond_its_threshold_is_the_label() -> None:
    safe = [rating(category) for category in CATEGORIES]
    clean = rated(safe)
    assert (clean.label, clean.value) == ("none", 1.0)
    assert clean.evidence == {
        "ratings": {
            "harassment": "NEGLIGIBLE",
            "hate_speech": "NEGLIGIBLE",
            "sexually_explicit": "NEGLIGIBLE",
            "dangerous_content": "NEGLIGIBLE",
        },
        "by": "probability",
    }
    bad = rated([*safe[:2], rating("SEXUALLY_EXPLICIT", "MEDIUM"), rating("HARASSMENT", "HIGH")])
    assert (bad.label, bad.value) == ("harassment", 0.0)
    assert bad.evidence is not None and bad.evidence["ratings"]["harassment"] == "HIGH"
    assert rated([rating("HATE_SPEECH", "LOW")]).label == "none"


@pytest.mark.parametrize("threshold", ["LOW", "medium", "HIGH"])
def test_a_level_fails_from_the_threshold_on_and_values_fall_with_it(threshold: str) -> None:
    levels = ["NEGLIGIBLE", "LOW", "MEDIUM", "HIGH"]
    values = [rated([rating("HARASSMENT", level)], threshold).value for level in levels]
    at = levels.index(threshold.upper())
    assert [value < 0.5 for value in values] == [i >= at for i in range(4)]
    assert values == sorted(values, reverse=True)
    labels = [rated([rating("HARASSMENT", level)], threshold).label for level in levels]
    assert labels == ["none"] * at + ["harassment"] * (4 - at)


def test_thresholds_of_single_categories() -> None:
    safety = [rating("HARASSMENT", "LOW"), rating("DANGEROUS_CONTENT", "LOW")]
    found = rated(safety, thresholds={"HARM_CATEGORY_DANGEROUS_CONTENT": "LOW"})
    assert found.label == "dangerous_content"
    low = rated(safety, "LOW", thresholds={"harassment": "HIGH"})
    assert low.label == "dangerous_content"


def test_a_number_reads_the_score() -> None:
    safety = [rating("HARASSMENT", "HIGH", probabilityScore=0.3, severityScore=0.7)]
    assert rated(safety, 0.5).label == "none"
    assert rated(safety, 0.5, by="severity").label == "harassment"
    assert rated(safety, 0.3).value == 0.499
    assert rated(safety, 0.30001).value >= 0.5


def test_predicts_ratings_have_scores_alone() -> None:
    safety = [{"source": "output", "category": "Toxic", "probabilityScore": 0.6}]
    assert rated(safety, 0.5).label == "toxic"
    lacking = found(safety)
    assert isinstance(lacking, NotScored)
    assert lacking.not_scored == "no_ratings"
    assert "toxic" in lacking.reason and "as a word" in lacking.reason


def test_azures_filter_is_read_by_severity() -> None:
    safety = [
        {"source": "output", "category": "hate", "severity": "safe", "filtered": False},
        {"source": "output", "category": "violence", "severity": "medium", "filtered": False},
        {"source": "output", "category": "protected_material_text", "filtered": False},
    ]
    assert rated(safety, by="severity", categories=["hate", "violence"]).label == "violence"
    assert isinstance(found(safety, by="severity"), NotScored)


def test_what_was_blocked_fails_whatever_its_level() -> None:
    blocked = rated([rating("HARASSMENT", "HIGH"), rating("HATE_SPEECH", "LOW", blocked=True)])
    assert (blocked.label, blocked.value) == ("hate_speech", 0.0)
    anything = {"source": "output", "category": "any", "blocked": True}
    assert rated([anything]).label == "any"


def test_ratings_of_the_prompt_say_nothing_of_the_answer() -> None:
    harsh = rating("HARASSMENT", "HIGH", source="prompt")
    assert rated([harsh, rating("HARASSMENT")]).label == "none"
    assert getattr(found([harsh]), "not_scored", None) == "no_ratings"


@pytest.mark.parametrize(
    ("safety", "options", "word"),
    [
        ([], {}, "no safety ratings"),
        ([rating("HARASSMENT")], {"categories": ["harassment", "hate_speech"]}, "no hate_speech"),
        ([rating("HARASSMENT")], {"thresholds": {"hate_speech": "LOW"}}, "no hate_speech"),
        ([rating("HARASSMENT", "HARM_PROBABILITY_UNSPECIFIED")], {}, "no probability as a word"),
        ([rating("HARASSMENT", probability=None)], {}, "no probability"),
        ([rating("HARASSMENT", probabilityScore=float("nan"))], {"threshold": 0.5}, "as a number"),
        ([rating("HARASSMENT", probabilityScore=7)], {"threshold": 0.5}, "as a number"),
        ([rating("HARASSMENT", probabilityScore=True)], {"threshold": 0.5}, "as a number"),
        ([rating("HARASSMENT"), {"category": {"deep": []}}], {}, "no probability"),
        (["HIGH", None, 3], {}, "no safety ratings"),
    ],
)
def test_what_was_not_rated_is_not_clean(
    safety: list[Any], options: dict[str, Any], word: str
) -> None:
    finding = found(safety, **options)
    assert isinstance(finding, NotScored), finding
    assert finding.not_scored == "no_ratings"
    assert word in finding.reason


@pytest.mark.parametrize(
    ("args", "options", "word"),
    [
        (("NEGLIGIBLE",), {}, "threshold 'NEGLIGIBLE'"),
        ((0,), {}, "threshold 0"),
        ((True,), {}, "threshold True"),
        ((1.5,), {}, "threshold 1.5"),
        ((), {"by": "chance"}, "by is"),
        ((), {"categories": "harassment"}, "a list of categories"),
        ((), {"categories": []}, "a list of categories"),
        ((), {"thresholds": {"harassment": "some"}}, "threshold 'some'"),
        (
            (),
            {"categories": ["harassment"], "thresholds": {"harasment": "LOW"}},
            "Did you mean 'harassment'",
        ),
    ],
)
def test_wrong_options_are_told_at_the_declaration(
    args: tuple[Any, ...], options: dict[str, Any], word: str
) -> None:
    with pytest.raises(SuiteError, match=word):
        vertex_safety(*args, **options)


def observed(case: int, blocked: bool) -> Observation:
    failure = CallFailure("blocked_output", "withheld", safety=[rating("HARASSMENT", "HIGH")])
    return Observation(
        suite="s",
        test="t",
        case_id=str(case),
        repetition=0,
        model="m",
        deployed_model=None,
        group=None,
        tags={},
        request={},
        outcome="blocked_output" if blocked else "answered",
        response=None if blocked else Response("x"),
        error=failure if blocked else None,
        timings=Timings(),
        attempts=1,
        cached=False,
        usage=Usage(),
        cost_usd=0.0,
        scores=[] if blocked else [rated([rating("HARASSMENT")])],
    )


def test_a_blocked_answer_is_bad_for_a_gate_unless_it_is_left_out() -> None:
    """As docs/scorers.md says."""
    record = [observed(i, blocked=i < 10) for i in range(100)]

    def verdict(**more: Any) -> str:
        gate = Gate(
            id="g",
            metric="s.vertex_safety.rate",
            direction="at_most",
            threshold=0.04,
            **more,
        )
        return decide(record, [gate], today=date(2026, 1, 1))[0].verdict

    assert verdict() == "FAIL"
    assert verdict(failures="exclude") == "INCONCLUSIVE"
    assert verdict(failures="exclude", max_failure_rate=0.2) == "PASS"
