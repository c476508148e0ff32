"""summarise: the overall verdict, coverage, warnings, what cannot be signed."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from gate_building import gate, observation, run_of, samples, suite_info

from llmeval.errors import UsageError
from llmeval.gates import GateSet, summarise
from llmeval.records import EndpointIdentity, NotScored, Score


def summary(run, record, *gates, **keys):
    declared = GateSet(gates=gates) if gates else None
    return summarise(run, record, declared, today=date(2027, 1, 1), finished_at=9.0, **keys)


GOOD = gate(at_least=0.95)


@pytest.mark.parametrize(
    ("passed", "failed", "verdict"),
    [(60, 0, "PASS"), (30, 0, "INCONCLUSIVE"), (30, 30, "FAIL")],
)
def test_the_worst_blocking_gate_decides(passed, failed, verdict):
    run = run_of(suite_info(passed + failed))
    found = summary(run, samples(passed, failed), GOOD)
    assert found.verdict == verdict
    assert any("verdict" in reason for reason in found.unsignable) == (verdict != "PASS")
    spared = summary(run, samples(passed, failed), gate(at_least=0.95, severity="warn"))
    assert spared.verdict == "PASS" and bool(spared.warnings) == (verdict != "PASS")
    error = summary(run, samples(passed, failed), GOOD, gate("q.sc.rate", id="q"))
    assert error.verdict == "ERROR"


def test_a_sound_run_can_be_signed_and_is_json():
    found = summary(run_of(suite_info(60)), samples(60), GOOD, calls={"sent": 60})
    assert (found.unsignable, found.warnings) == ([], [])
    assert found.calls == {"attempts": 60, "cached": 0, "sent": 60}
    assert found.usage.input_tokens == 60 and found.cost_usd == 0 and found.finished_at == 9
    assert msgspec.json.decode(msgspec.json.encode(found))["gates"][0]["verdict"] == "PASS"


def test_no_gates_is_none_and_never_a_pass():
    for gates in (None, GateSet(gates=())):
        found = summarise(
            run_of(suite_info(60)), samples(60), gates, today=date(2027, 1, 1), finished_at=0
        )
        assert found.verdict == "NONE" and "no gates" in found.unsignable


def test_a_partial_run_never_passes():
    run = run_of(suite_info(60), partial=["-k s"])
    found = summary(run, samples(60), GOOD)
    assert found.gates[0].verdict == "PASS" and found.verdict == "INCONCLUSIVE"
    assert "partial run: -k s" in found.unsignable
    assert summary(run, samples(30, 30), GOOD).verdict == "FAIL"


def test_a_cut_off_record_is_an_error_even_where_no_gate_looks():
    run = run_of(suite_info(60), suite_info(60, suite="other"))
    found = summary(run, samples(60), GOOD)
    assert (found.gates[0].verdict, found.verdict) == ("PASS", "ERROR")


def test_hard_failures_fail_the_run():
    record = [*samples(59), observation("x", scores=[Score("sc", 1.0), Score("assert", 0.0)])]
    found = summary(run_of(suite_info(60)), record, GOOD)
    assert (found.hard_failures, found.verdict) == (1, "FAIL")
    assert summary(run_of(suite_info(60)), record).verdict == "FAIL"


def test_simulators_and_fallbacks_cannot_be_signed():
    found = summary(
        run_of(suite_info(60, fallback="word lists"), simulated=True), samples(60), GOOD
    )
    assert found.verdict == "PASS"
    assert found.unsignable == ["simulated model: m", "fallback scorers: sc"]
    assert found.warnings == ["scorer sc: word lists"]


def test_a_judge_that_judges_itself_is_told():
    judge = EndpointIdentity("m", "openai", "m", simulated=True)
    found = summary(run_of(suite_info(60), judge=judge), samples(60), GOOD)
    assert "judges itself" in found.warnings[0] and "simulated judge: m" in found.unsignable
    other = EndpointIdentity("j", "openai", "j")
    assert summary(run_of(suite_info(60), judge=other), samples(60), GOOD).warnings == []


def test_a_changing_model_and_cut_off_answers_are_told():
    record = [observation(i, version=f"v{i % 2}", finish="length") for i in range(60)]
    found = summary(run_of(suite_info(60)), record, GOOD)
    assert "m changed during the run: it answered as v0, v1" in found.warnings
    assert any("60 answers of 60 cut off" in w for w in found.warnings)
    assert found.coverage.suites["s"]["truncated"] == 60


def test_coverage_counts_every_outcome():
    record = [
        *samples(50),
        *(observation(f"t{i}", outcome="timeout") for i in range(4)),
        observation("n", scores=[NotScored("sc", "x", "y")]),
        observation("a", scores=[]),
        observation("e", scores=[Score("sc", 1.0), NotScored("extra", "x", "y")], cost=None),
    ]
    found = summary(run_of(suite_info(60)), record)
    counted = found.coverage
    assert (counted.planned, counted.recorded, counted.answered, counted.unscored) == (
        60,
        57,
        53,
        3,
    )
    assert counted.outcomes == {"answered": 53, "timeout": 4} and found.cost_usd is None
    stray = summary(run_of(suite_info(1)), samples(1, suite="new"))
    assert stray.coverage.suites["new"]["planned"] == 0 and stray.verdict == "ERROR"


def test_a_baseline_is_passed_on():
    declared = gate(no_worse_than_baseline=0.05)
    found = summary(run_of(suite_info(200)), samples(200), declared, baseline=samples(200))
    assert found.verdict == "PASS"


def test_a_run_without_a_model_is_refused():
    with pytest.raises(UsageError, match="no model"):
        summary(run_of(suite_info(1), models=()), [])


def test_the_package_lists_its_names():
    import llmeval.gates as gates

    assert set(gates.__all__) <= set(dir(gates))
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        _ = gates.magic
