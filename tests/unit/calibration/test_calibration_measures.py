"""What is taken for the truth, and what is measured against it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from llmeval.calibration import (
    Calibration,
    Labelled,
    Measures,
    load_calibrations,
    measure,
    truth_of,
    write_calibration,
)
from llmeval.calibration.written import LabelledData
from llmeval.errors import GatesError, UsageError
from llmeval.records import ScorerIdentity


def row(i: int, people: str | tuple[str | None, ...], value: float | None) -> Labelled:
    label = None if value is None else "fine" if value >= 0.5 else "toxic"
    return Labelled(f"c{i}", (people,) if isinstance(people, str) else people, value, label)


def measured(rows: list[Labelled], *good: str) -> Measures:
    return measure(truth_of(rows, good), np.random.default_rng(0))


def mixed(n: int = 200) -> list[Labelled]:
    """Every tenth row is mistaken."""
    rows = []
    for i in range(n):
        good = i % 2 == 0
        value = 0.9 if good != (i % 10 in (2, 3)) else 0.2
        rows.append(row(i, "fine" if good else "toxic", value))
    return rows


def test_counts_rates_and_table_agree() -> None:
    found = measured(mixed())
    assert found.labels == ["fine", "toxic"] and found.confusion == [[80, 20], [20, 80]]
    assert (found.bad_rows.flagged, found.bad_rows.passed) == (80, 20)
    assert found.rates.sensitivity.value == found.rates.specificity.value == 0.8
    assert found.balanced_accuracy.value == pytest.approx(0.8) and found.kappa
    assert found.kappa.value == pytest.approx(0.6) and found.good == ["fine"]


def test_a_row_without_a_score_is_flagged_and_never_dropped() -> None:
    rows = [*mixed(), *(row(1000 + i, "fine", None) for i in range(100))]
    found = measured(rows)
    assert found.rows == 300 and found.good_rows.not_scored == 100
    assert found.rates.specificity.value == pytest.approx(80 / 200)
    assert found.scored_rates and found.scored_rates.specificity.value == pytest.approx(0.8)
    assert "(not scored)" in found.labels and sum(map(sum, found.confusion)) == 300


def test_the_majority_is_the_truth_and_ties_are_told() -> None:
    rows = [
        *mixed(),
        row(900, ("fine", "fine", "toxic"), 0.9),
        row(901, ("fine", "toxic", None), 0.9),
        row(902, (None, None), 0.9),
    ]
    found = measured(rows)
    assert (found.rows, found.tied, found.unlabelled) == (201, 1, 1)


def test_the_most_frequent_of_several_labels_is_no_majority() -> None:
    """Two of five call it fine, and three bad, each in another word: most did not call it fine."""
    people = ("fine", "fine", "toxic", "rude", "hateful")
    found = measured([*mixed(), row(900, people, 0.9)], "fine")
    assert (found.rows, found.tied) == (200, 1)


def test_people_are_compared_among_themselves() -> None:
    rows = []
    for i in range(200):
        first = "toxic" if i % 2 else "fine"
        second = ("fine" if i % 2 else "toxic") if i % 10 in (0, 1) else first
        rows.append(row(i, (first, second, first), 0.1 if first == "toxic" else 0.9))
    found = measured(rows)
    assert found.agreement.people_kappas["1-2"].value == pytest.approx(0.6)
    assert found.agreement.people_kappas["1-3"].value == 1.0
    assert found.agreement.scorer_kappas["scorer-2"].value == pytest.approx(0.6)
    assert found.agreement.people_alpha and 0.6 < found.agreement.people_alpha.value < 1
    assert found.agreement.scorer_alpha and found.agreement.scorer_alpha.value == 1.0


def test_people_who_disagree_are_not_left_out_of_their_agreement() -> None:
    """Of two people a row on which they differ has no majority; it counts between them."""
    rows = []
    for i in range(200):
        first = "toxic" if i % 2 else "fine"
        second = ("fine" if i % 2 else "toxic") if i % 10 in (0, 1) else first
        rows.append(row(i, (first, second), 0.1 if first == "toxic" else 0.9))
    found = measured(rows)
    assert (found.rows, found.tied) == (160, 40) and found.agreement.people_alpha
    assert found.agreement.people_kappas["1-2"].value == pytest.approx(0.6)
    assert found.agreement.people_alpha.value == pytest.approx(0.6, abs=0.01)
    assert found.agreement.scorer_kappas["scorer-1"].value == 1.0
    assert found.agreement.scorer_kappas["scorer-2"].value == pytest.approx(0.6)


def test_the_threshold_is_chosen_on_one_half_and_told_on_the_other() -> None:
    rng = np.random.default_rng(1)
    rows = [
        row(i, "toxic" if i % 2 else "fine", float(rng.uniform(0, 0.28) + (0 if i % 2 else 0.3)))
        for i in range(400)
    ]
    found = measured(rows, "fine").threshold
    assert found and 0.27 < found.value < 0.31
    assert found.chosen_on + found.balanced_accuracy.n == 400
    assert found.balanced_accuracy.value > 0.97 > 0.7 > found.usual_balanced_accuracy.value


def test_noise_has_no_good_threshold_on_the_other_half() -> None:
    rng = np.random.default_rng(2)
    rows = [row(i, "toxic" if i % 2 else "fine", float(rng.random())) for i in range(60)]
    found = measured(rows, "fine").threshold
    assert found and found.balanced_accuracy.low < 0.5 < found.balanced_accuracy.high


@pytest.mark.parametrize(
    ("words", "good", "says"),
    [
        (("yes", "no"), (), "give --good"),
        (("yes", "no"), ("ye",), "Did you mean 'yes'"),
        (("yes", "yes"), ("yes",), "all labelled rows are good"),
    ],
)
def test_what_cannot_be_told_is_refused(
    words: tuple[str, str], good: tuple[str, ...], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        truth_of([row(0, words[0], 0.9), row(1, words[1], 0.1)], good)


def test_true_and_1_are_good_without_a_word() -> None:
    assert truth_of([row(0, "true", 0.9), row(1, "false", 0.9)]).good == ("true",)
    assert truth_of([row(0, "1", 0.9), row(1, "0", 0.9)]).good == ("1",)


def calibration_of(measures: Measures) -> Calibration:
    return Calibration(
        scorer=ScorerIdentity("toxicity", parameters={"threshold": 0.5}),
        data=LabelledData("rows.jsonl", "0" * 64, measures.rows, ["label"]),
        made_on="2026-11-25",
        llmeval="0.1.0",
        measures=measures,
    )


def test_a_file_comes_back_as_it_was_with_its_hash(tmp_path: Path) -> None:
    written = calibration_of(measured(mixed()))
    write_calibration(written, tmp_path / "new" / "toxicity.json")
    (found,) = load_calibrations(tmp_path / "new")
    assert found.measures == written.measures and found.scorer == written.scorer
    assert len(found.hash) == 64 and found.path.endswith("toxicity.json")


def test_what_is_no_calibration_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(GatesError, match="llmeval calibrate"):
        load_calibrations(tmp_path / "none.json")
    for text in ("{}", "[", "[" * 100_000):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(GatesError, match=r"bad\.json"):
            load_calibrations(tmp_path / "bad.json")


@pytest.mark.parametrize(("value", "low", "high"), [(0.5, 0.9, 0.1), (1.5, 0.9, 1.6), (0.9, -1, 1)])
def test_rates_that_nobody_measured_are_no_calibration(
    value: float, low: float, high: float, tmp_path: Path
) -> None:
    measures = measured(mixed())
    wrong = structs.replace(measures.rates.sensitivity, value=value, low=low, high=high)
    written = Calibration(
        scorer=ScorerIdentity("toxicity", "1", {}, None),
        data=LabelledData("a.jsonl", "0" * 64, 200, ["label"]),
        made_on="2026-01-01",
        llmeval="1",
        measures=structs.replace(
            measures, rates=structs.replace(measures.rates, sensitivity=wrong)
        ),
    )
    write_calibration(written, tmp_path / "c.json")
    with pytest.raises(GatesError, match="between its bounds"):
        load_calibrations(tmp_path / "c.json")
