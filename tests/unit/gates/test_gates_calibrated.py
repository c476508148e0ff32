"""Gates that correct their rate for the scorer's error."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gate_building import gate, run_of, samples, suite_info
from msgspec import structs

from llmeval.calibration import Calibration, Labelled, measure, truth_of, write_calibration
from llmeval.calibration.written import LabelledData
from llmeval.errors import GatesError
from llmeval.gates import GateSet, decide, load_gates, summarise
from llmeval.records import EndpointIdentity, Observation, ScorerIdentity, Verdict
from llmeval.stats import correct

CLEAN = (90, 100, 95, 100)


def calibration(
    counts: tuple[int, int, int, int] = CLEAN, *, unscored: int = 0, **keys: Any
) -> Calibration:
    """``counts``: flagged of how many bad rows, passed of how many good ones."""
    flagged, bad, passed, good = counts
    values = [0.0] * flagged + [1.0] * (bad - flagged) + [1.0] * passed + [0.0] * (good - passed)
    rows = [
        Labelled(f"id {i}", ("bad" if i < bad else "good",), value)
        for i, value in enumerate(values)
    ]
    rows += [Labelled(f"u{i}", ("good",), None) for i in range(unscored)]
    return Calibration(
        scorer=keys.pop("scorer", ScorerIdentity("sc")),
        data=LabelledData("rows.jsonl", "0" * 64, len(rows), ["label"]),
        made_on="2026-11-25",
        llmeval="0.1.0",
        measures=measure(truth_of(rows, ["good"]), np.random.default_rng(0)),
        path=keys.pop("path", "calibrations/sc.json"),
        hash="f" * 64,
        **keys,
    )


def verdict(
    rows: list[Observation], *calibrations: Calibration, judges: tuple[str, ...] = (), **keys: Any
) -> Verdict:
    declared = GateSet(gates=(gate(calibrated=True, **keys),), calibrations=calibrations)
    info = suite_info(len({row.case_id for row in rows}))
    run = run_of(info, judges=[EndpointIdentity(ref, "openai", ref) for ref in judges])
    (found,) = decide(rows, declared, run=run)
    return found


def test_a_rate_is_decided_on_its_corrected_bound() -> None:
    found = verdict(samples(900, 100), calibration(), at_least=0.9)
    wanted = correct((100, 1000), (90, 100), (95, 100), confidence=0.9)
    assert found.estimate == pytest.approx(1 - wanted.value)
    assert (found.low, found.high) == pytest.approx((1 - wanted.high, 1 - wanted.low))
    assert found.method == "Lang-Reiczigel" and found.n == 1000
    assert "900 of 1,000 passed" in found.explanation
    assert "pass_rate is 94.12 %" in found.explanation
    assert "sensitivity 90 % on 100 rows, specificity 95 % on 100 rows" in found.explanation


def test_the_bad_share_is_the_same_from_the_other_side() -> None:
    rows = samples(900, 100)
    up = verdict(rows, calibration(), at_least=0.9)
    down = verdict(rows, calibration(), metric="s.sc.rate", at_most=0.1)
    assert down.verdict == up.verdict and down.estimate == pytest.approx(1 - (up.estimate or 0))


def test_a_lenient_scorer_no_longer_passes_a_bad_model() -> None:
    """It misses half of what is bad: 4 % flagged are 8 % bad."""
    rows, lenient = samples(1920, 80), calibration((100, 200, 400, 400))
    (raw,) = decide(rows, [gate(at_least=0.95)], run=run_of(suite_info(2000)))
    assert raw.verdict == "PASS"
    assert verdict(rows, lenient, at_least=0.95).verdict == "FAIL"


def test_failures_that_are_left_out_are_so_in_the_calibration_too() -> None:
    rows, held = samples(900, 100), calibration(unscored=100)
    counted = verdict(rows, held, at_least=0.9)
    left_out = verdict(rows, held, at_least=0.9, failures="exclude")
    assert "specificity 47.5 %" in counted.explanation
    assert "specificity 95 %" in left_out.explanation


@pytest.mark.parametrize(
    ("held", "says"),
    [
        ([], "no calibration of 'sc'"),
        ([{"scorer": ScorerIdentity("other")}], "no calibration of 'sc'"),
        ([{"scorer": ScorerIdentity("sc", "2")}], "version 2 there, 1 here"),
        ([{"scorer": ScorerIdentity("sc", parameters={"a": 1})}], "a = 1 there, nothing here"),
        ([{"counts": (20, 25, 95, 100)}], "25 independent bad rows"),
        ([{"counts": (95, 100, 20, 25)}], "25 independent good rows"),
        ([{"counts": (40, 100, 50, 100)}], "no more than 1"),
        ([{"judges": ["openai:a"]}], "judges openai:a, this run with none"),
        ([{"path": "a.json"}, {"path": "b.json"}], "a.json, b.json are all of this scorer"),
    ],
)
def test_what_cannot_correct_is_an_error(held: list[dict[str, Any]], says: str) -> None:
    made = [calibration(**each) for each in held]
    found = verdict(samples(1000), *made, at_least=0.5)
    assert found.verdict == "ERROR" and says in found.explanation and found.blocks


def test_a_judge_is_calibrated_with_its_model() -> None:
    held = calibration(judges=["openai:a"])
    assert verdict(samples(1000), held, at_least=0.5, judges=("openai:a",)).verdict == "PASS"
    assert verdict(samples(1000), held, at_least=0.5, judges=("openai:b",)).verdict == "ERROR"


def test_without_a_run_nobody_knows_the_version() -> None:
    gates = GateSet(gates=(gate(calibrated=True),), calibrations=(calibration(),))
    (found,) = decide(samples(10), gates)
    assert found.verdict == "ERROR" and "which version" in found.explanation


def test_an_undecided_gate_says_what_would_decide_it() -> None:
    close = verdict(samples(90, 10), calibration((900, 1000, 950, 1000)), at_least=0.9)
    assert close.verdict == "INCONCLUSIVE" and close.needed
    factor = 1.05 * (1 + close.needed / 100)
    rows = samples(round(90 * factor), round(10 * factor))
    assert verdict(rows, calibration((900, 1000, 950, 1000)), at_least=0.9).verdict == "PASS"
    vague = verdict(samples(9000, 1000), calibration((27, 30, 29, 30)), at_least=0.93)
    assert vague.verdict == "INCONCLUSIVE" and vague.needed is None
    assert "label more rows" in vague.explanation


def test_the_run_holds_the_calibrations_hash() -> None:
    run = run_of(suite_info(1000))
    for calibrated, wanted in ((True, {"calibrations/sc.json": "f" * 64}), (False, {})):
        gates = GateSet(gates=(gate(calibrated=calibrated),), calibrations=(calibration(),))
        made = summarise(run, samples(1000), gates, today=date(2026, 11, 25), finished_at=1.0)
        assert made.inputs == wanted


GATES = """
[[gate]]
id = "g"
metric = "s.sc.pass_rate"
at_least = 0.9
calibrated = true
"""


def test_calibrations_come_from_the_folder_or_the_named_file(tmp_path: Path) -> None:
    path = tmp_path / "gates.toml"
    path.write_text(GATES)
    assert load_gates(path, tmp_path / "none").calibrations == ()
    write_calibration(calibration(), tmp_path / "held" / "sc.json")
    (found,) = load_gates(path, tmp_path / "held").calibrations
    assert found.path == "held/sc.json"
    assert structs.replace(found, path="", hash="") == structs.replace(
        calibration(), path="", hash=""
    )
    path.write_text(GATES + '[calibration]\nfile = "held/sc.json"\n')
    assert len(load_gates(path, tmp_path / "none").calibrations) == 1
    path.write_text(GATES + '[calibration]\nfile = ["held/lost.json"]\n')
    with pytest.raises(GatesError, match=r"lost\.json: there is no such calibration"):
        load_gates(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("calibrated = true", 'calibrated = "yes"'), "must be true or false"),
        (("pass_rate", "mean"), "corrects pass_rate and rate"),
        (("at_least = 0.9", "no_worse_than_baseline = 0.1"), "corrects pass_rate and rate"),
        (("\n[[gate", "\n[calibration]\nfiles = 3\n[[gate"), "[calibration] takes file"),
        (("\n[[gate", "\n[calibration]\nfile = 3\n[[gate"), "[calibration] takes file"),
    ],
)
def test_a_calibration_that_cannot_be_meant_is_refused(
    change: tuple[str, str], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "gates.toml"
    path.write_text(GATES.replace(*change))
    with pytest.raises(GatesError) as raised:
        load_gates(path)
    assert says in str(raised.value)
