"""decide: verdicts, denominators, every way to a false green."""

from __future__ import annotations

import math
from datetime import date

import pytest
from gate_building import gate, observation, run_of, samples, suite_info

from llmeval.gates import GateSet, Waiver, decide
from llmeval.records import NotScored, Score


def one(observations, declared, *base, **keys):
    verdicts = decide(observations, [declared], *base, **keys)
    assert len(verdicts) == 1
    return verdicts[0]


@pytest.mark.parametrize(
    ("passed", "failed", "verdict"),
    [(59, 0, "PASS"), (58, 0, "INCONCLUSIVE"), (91, 1, "INCONCLUSIVE"), (92, 1, "PASS"),
     (40, 20, "FAIL"), (90, 10, "FAIL"), (95, 5, "INCONCLUSIVE")],
)  # fmt: skip
def test_a_rate_is_decided_on_its_bound(passed, failed, verdict):
    assert one(samples(passed, failed), gate(at_least=0.95)).verdict == verdict
    mirrored = one(samples(passed, failed), gate("s.sc.rate", at_most=1 - 0.95 + 1e-12))
    assert mirrored.verdict == verdict


def test_the_sentence_is_exact_and_says_what_is_missing():
    found = one(samples(240), gate("s.sc.rate", at_most=0.01))
    assert found.explanation == (
        "0 of 240 bad: at 95 % confidence below 1.25 %, and the gate asks for at most 1 %: "
        "59 more clean samples would decide it."
    )
    assert (found.needed, found.n, found.clusters) == (59, 240, 240)
    assert one(samples(299), gate("s.sc.rate", at_most=0.01)).verdict == "PASS"


def test_no_percentage_is_rounded_to_perfection():
    found = one(samples(99_999, 1), gate(at_least=0.5))
    assert "100 %" not in found.explanation
    found = one(
        [observation(i // 2, float(i > 0), repetition=i % 2) for i in range(99_998)], gate()
    )
    assert "is 100 %" not in found.explanation and "99.999 %" in found.explanation


def test_repetitions_of_a_case_are_one_cluster():
    repeated = [observation(i // 5, 1.0, repetition=i % 5) for i in range(100)]
    found = one(repeated, gate(at_least=0.95))
    assert (found.verdict, found.n, found.clusters, found.needed) == ("INCONCLUSIVE", 100, 20, 195)
    grouped = [observation(i, 1.0, group=f"g{i // 5}") for i in range(100)]
    assert one(grouped, gate(at_least=0.95)).clusters == 20


@pytest.mark.parametrize("kind", ["timeout", "not_scored", "absent", "nan", "out_of_range"])
def test_what_is_missing_counts_against_the_endpoint(kind):
    lost = {
        "timeout": {"outcome": "timeout"},
        "not_scored": {"scores": [NotScored("sc", "judge_failed", "unparseable")]},
        "absent": {"scores": []},
        "nan": {"value": math.nan},
        "out_of_range": {"value": 7.0},
    }[kind]
    record = [*samples(59), *(observation(f"x{i}", **lost) for i in range(20))]
    assert one(record, gate(at_least=0.95)).verdict == "FAIL"
    assert one(record, gate("s.sc.rate", at_most=0.05)).verdict == "FAIL"
    assert one(record, gate("s.sc.pass_rate", at_most=0.2)).verdict == "FAIL"
    assert one(record, gate("s.sc.max_mean", at_most=0.05)).verdict == "FAIL"
    assert one(record, gate("s.sc.p10", at_least=0.5)).verdict == "FAIL"
    found = one(record, gate(at_least=0.95))
    assert (found.n, found.estimate) == (79, 59 / 79)
    assert "20 samples without an answer or a score, counted against it" in found.explanation
    excluded = one(record, gate(at_least=0.95, failures="exclude"))
    assert excluded.verdict == "INCONCLUSIVE" and "max_failure_rate = 0.01" in excluded.explanation
    allowed = one(record, gate(at_least=0.95, failures="exclude", max_failure_rate=0.3))
    assert allowed.verdict == "PASS" and "left out" in allowed.explanation


def test_a_score_on_a_failed_call_is_not_believed():
    record = [observation(i, outcome="reset", scores=[Score("sc", 1.0)]) for i in range(60)]
    assert one(record, gate(at_least=0.95)).verdict == "FAIL"
    nothing = one(record, gate(at_least=0.95, failures="exclude"))
    assert nothing.verdict == "ERROR" and "all 60" in nothing.explanation


def test_only_tests_that_declare_the_scorer_count():
    record = [*samples(60), *samples(60, test="other", scorer="else")]
    run = run_of(suite_info(60), suite_info(60, test="other", scorer="else"))
    assert one(record, gate(at_least=0.95), run=run).n == 60
    assert one(record, gate(at_least=0.95)).n == 60


@pytest.mark.parametrize(
    ("recorded", "partial", "verdict", "word"),
    [
        (380, [], "ERROR", "380 of 400 planned samples.*cut off; resume it"),
        (380, ["--max-calls=380"], "INCONCLUSIVE", "380 of 400.*--max-calls"),
        (400, [], "PASS", "400 of 400 passed"),
        (400, ["-k bias"], "PASS", "passed"),
        (0, [], "ERROR", "cut off"),
        (0, ["-k bias"], "INCONCLUSIVE", "not measured.*-k bias"),
        (401, [], "ERROR", "not planned"),
    ],
)
def test_planned_against_recorded(recorded, partial, verdict, word):
    run = run_of(suite_info(400), partial=partial)
    found = one(samples(recorded), gate(at_least=0.95), run=run)
    assert found.verdict == verdict
    import re

    assert re.search(word, found.explanation)


def test_a_model_that_never_answered_is_not_left_out():
    run = run_of(suite_info(60, planned=120), models=("m", "n"))
    verdicts = decide(samples(60), [gate(at_least=0.95)], run=run)
    assert [(v.model, v.verdict) for v in verdicts] == [("m", "PASS"), ("n", "ERROR")]


def test_unplanned_suites_models_and_doubles_are_errors():
    run = run_of(suite_info(60))
    other = one(samples(60), gate("t.sc.pass_rate"), run=run)
    assert other.verdict == "ERROR" and "no sample of suite 't'" in other.explanation
    left_out = run_of(suite_info(60), partial=["-k s"])
    unnamed = one(samples(60), gate("t.sc.rate"), run=left_out)
    assert unnamed.verdict == "INCONCLUSIVE"
    assert unnamed.explanation == "suite 't' was not measured (-k s)."
    stranger = decide([*samples(60), *samples(60, model="x")], [gate(at_least=0.95)], run=run)
    assert [v.verdict for v in stranger] == ["PASS", "ERROR"]
    doubled = [*samples(60), *samples(60)]
    assert one(doubled, gate(at_least=0.95)).verdict == "ERROR"
    assert "60 samples twice" in one(doubled, gate(), run=run).explanation
    foreign = [*samples(60), *samples(10, test="u")]
    assert one(foreign, gate(), run=run).verdict == "ERROR"


def test_unknown_names_are_errors_with_a_hint():
    assert "Did you mean 'sc'?" in one(samples(9), gate("s.sd.mean")).explanation
    assert one(samples(9), gate("nonsense")).verdict == "ERROR"
    assert one([], gate()).verdict == "ERROR"
    run = run_of(suite_info(9))
    bare = [observation(i, None) for i in range(9)]
    assert "none of 9 samples has a score" in one(bare, gate(), run=run).explanation


def test_every_slice_must_hold():
    record = [observation(i, 1.0, tags={"language": "en"}) for i in range(60)]
    record += [observation(f"d{i}", float(i > 30), tags={"language": "de"}) for i in range(60)]
    record += [observation("x", 1.0)]
    verdicts = decide(record, [gate(at_least=0.9, for_each="language")])
    assert [(v.slice["language"], v.verdict, v.n) for v in verdicts] == [
        ("(none)", "INCONCLUSIVE", 1), ("de", "FAIL", 60), ("en", "PASS", 60)]  # fmt: skip
    assert verdicts[1].name == "g[language=de]"
    typo = one(record, gate(for_each="langage"))
    assert typo.verdict == "ERROR" and "Did you mean 'language'?" in typo.explanation


def waived(record, *waivers, today=date(2027, 1, 1), threshold=0.95):
    gates = GateSet(gates=(gate(at_least=threshold),), waivers=waivers)
    return decide(record, gates, today=today)[0]


def waiver(until, name="g"):
    return Waiver(gate=name, until=until, reason="known", approved_by="boss")


def test_waivers():
    found = waived(samples(10, 10), waiver(date(2027, 1, 1)))
    assert (found.verdict, found.waived, found.blocks) == ("WAIVED", "FAIL", False)
    assert found.waiver == {"until": "2027-01-01", "reason": "known", "approved_by": "boss"}
    late = waived(samples(10, 10), waiver(date(2026, 12, 31)))
    assert late.verdict == "FAIL" and "expired on 2026-12-31" in late.explanation
    renewed = waived(samples(10), waiver(date(2026, 12, 31)), waiver(date(2027, 2, 1)))
    assert (renewed.verdict, renewed.waived) == ("WAIVED", "INCONCLUSIVE")
    assert waived(samples(10, 10), waiver(date(2028, 1, 1), "h")).verdict == "FAIL"
    assert waived([*samples(9), *samples(9)], waiver(date(2028, 1, 1))).verdict == "ERROR"
    assert waived(samples(60), waiver(date(2028, 1, 1))).verdict == "PASS"
    assert waived(samples(10, 10), waiver(date(2028, 1, 1)), today=None).verdict == "FAIL"


def timed(n, slow=0, **keys):
    return [observation(i, ttft=5.0 if i < slow else 0.2, **keys) for i in range(n)]


def test_percentiles_of_latency():
    assert one(timed(59), gate("s.ttft.p95", at_most=0.2)).verdict == "PASS"
    few = one(timed(100), gate("s.ttft.p99", at_most=2))
    assert few.verdict == "INCONCLUSIVE" and few.needed == 199 and few.high == math.inf
    assert "a p99 bound at 95 % needs 299 samples, there are 100" in few.explanation
    assert one(timed(100, 20), gate("s.ttft.p95", at_most=2)).verdict == "FAIL"
    close = one(timed(100, 3), gate("s.ttft.p95", at_most=2))
    assert close.verdict == "INCONCLUSIVE" and close.needed > 0
    assert one(timed(299), gate("s.e2e.p99.0", at_most=1)).verdict == "PASS"


def test_failed_calls_are_infinitely_slow():
    record = [*timed(280), *(observation(f"x{i}", outcome="timeout") for i in range(40))]
    found = one(record, gate("s.e2e.p95", at_most=30))
    assert found.verdict == "FAIL" and found.low == math.inf
    left_out = gate("s.e2e.p95", at_most=30, failures="exclude")
    assert one(record, left_out).verdict == "INCONCLUSIVE"
    dead = [observation(i, outcome="timeout") for i in range(9)]
    assert one(dead, left_out).verdict == "ERROR"
    errors = one(record, gate("s.error_rate", at_most=0.02))
    assert errors.verdict == "FAIL" and "40 of 320 not answered" in errors.explanation
    assert one(timed(320), gate("s.error_rate", at_most=0.02)).verdict == "PASS"


def test_latency_never_comes_from_the_cache_or_from_nowhere():
    cached = [*timed(100), observation("x", ttft=0.0, latency=None, cached=True)]
    found = one(cached, gate("s.e2e.p50", at_most=9))
    assert (
        found.verdict == "INCONCLUSIVE"
        and "1 of 101 answers came from the cache" in found.explanation
    )
    lost = one(cached, gate("s.e2e.p50", at_most=9), run=run_of(suite_info(200)))
    assert lost.verdict == "ERROR"
    unstreamed = one(samples(100), gate("s.ttft.p50", at_most=9))
    assert unstreamed.verdict == "ERROR" and "stream=True" in unstreamed.explanation
    assert "token usage" in one(timed(60), gate("s.tpot.p50", at_most=9)).explanation
    paced = one(timed(60, tokens=5), gate("s.tpot.p50", at_most=0.5))
    assert paced.verdict == "PASS" and paced.estimate == pytest.approx(0.2)


def test_pass_hat_and_the_worst_of_repetitions():
    # Two of three pass in each case: pass^1 = 2/3, pass^2 = 1/3, pass^3 = 0.
    record = [observation(i // 3, float(i % 3 > 0), repetition=i % 3) for i in range(90)]
    values = {k: one(record, gate(f"s.sc.pass_hat_{k}")).estimate for k in (1, 2, 3, "k")}
    assert values == {1: pytest.approx(2 / 3), 2: pytest.approx(1 / 3), 3: 0, "k": 0}
    assert "one has 3" in one(record, gate("s.sc.pass_hat_4")).explanation
    worst = one(record, gate("s.sc.max_mean", at_most=0.5))
    assert (worst.estimate, worst.verdict, worst.n, worst.clusters) == (1, "FAIL", 90, 30)


def pairs(labels):
    return [
        observation(f"{g}.{i}", 1.0, group=f"g{g}", label=label)
        for g, pair in enumerate(labels)
        for i, label in enumerate(pair)
    ]


def test_agreement_of_groups():
    record = pairs([("yes", "yes")] * 40 + [("yes", "no")] * 10)
    found = one(record, gate("s.sc.agreement", at_least=0.95))
    assert (found.estimate, found.n, found.clusters, found.verdict) == (0.8, 100, 50, "FAIL")
    lost = [*pairs([("yes", "yes")] * 40), observation("z", outcome="empty", group="g0")]
    assert one(lost, gate("s.sc.agreement", at_least=0.9)).estimate == 39 / 40
    excluded = gate("s.sc.agreement", at_least=0.9, failures="exclude", max_failure_rate=1.0)
    assert one(lost, excluded).estimate == 1
    assert one(samples(50), gate("s.sc.agreement")).verdict == "ERROR"
    assert one(pairs([("yes",)] * 30), gate("s.sc.agreement")).verdict == "ERROR"


def test_scores_have_means_and_percentiles():
    record = [observation(i, 0.5 + i / 400) for i in range(200)]
    mean = one(record, gate("s.sc.mean", at_least=0.7))
    assert mean.verdict == "PASS" and mean.estimate == pytest.approx(0.74875)
    tenth = one(record, gate("s.sc.p10", at_least=0.5))
    assert tenth.verdict == "PASS" and tenth.low <= tenth.estimate <= tenth.high <= 1
    assert one(samples(5), gate("s.sc.p99", at_most=0.5)).high == 1


def test_no_worse_than_the_baseline():
    declared = gate(no_worse_than_baseline=0.05)
    lone = one(samples(200), declared)
    assert lone.verdict == "INCONCLUSIVE" and "--baseline=RUN" in lone.explanation
    same = one(samples(195, 5), declared, samples(195, 5))
    assert (same.verdict, same.baseline, same.estimate) == ("PASS", 0.975, 0)
    worse = one(samples(150, 50), declared, samples(195, 5))
    assert worse.verdict == "FAIL" and worse.estimate == pytest.approx(0.225)
    assert one(samples(20), declared, samples(20)).verdict == "INCONCLUSIVE"
    falling = gate("s.sc.rate", no_worse_than_baseline=0.05)
    assert one(samples(150, 50), falling, samples(195, 5)).estimate == pytest.approx(0.225)
    assert one(samples(195, 5), falling, samples(150, 50)).verdict == "PASS"


def test_a_baseline_must_fit():
    declared = gate(no_worse_than_baseline=0.05)
    assert "only 25 %" in one(samples(200), declared, samples(50)).explanation
    assert one(samples(50), declared, samples(200)).verdict == "ERROR"
    assert one(samples(50), declared, samples(50, suite="z")).verdict == "ERROR"
    assert one(samples(50), declared, samples(50, scorer="z")).verdict == "ERROR"
    assert one(samples(50), declared, [*samples(50), *samples(50)]).verdict == "ERROR"
    two = [*samples(50, model="a"), *samples(50, model="b")]
    assert "no model 'm'; it holds a, b" in one(samples(50), declared, two).explanation
    assert one(samples(200), declared, samples(200, model="old")).verdict == "PASS"
    unlike = [observation(f"y{i}") for i in range(200)]
    assert one(samples(200), declared, unlike).verdict == "ERROR"
    sliced = gate(no_worse_than_baseline=0.05, for_each="l")
    mine = [observation(i, tags={"l": "en"}) for i in range(200)]
    assert one(mine, sliced, samples(200)).verdict == "PASS"
    nearly = one(samples(200), declared, samples(190))
    assert nearly.verdict == "PASS" and "95 % of the samples could be paired" in nearly.explanation
    cases = gate("s.sc.pass_hat_3", no_worse_than_baseline=0.05)
    thrice = [observation(i // 3, repetition=i % 3) for i in range(300)]
    assert "baseline: pass_hat_3" in one(thrice, cases, samples(100)).explanation


def test_an_outage_of_the_baseline_does_not_lower_the_bar():
    base = [observation(i, outcome="quota" if i < 40 else "answered") for i in range(200)]
    found = one(samples(160, 40), gate(no_worse_than_baseline=0.05), base)
    assert found.verdict == "ERROR"
    errors = gate("s.error_rate", no_worse_than_baseline=0.05)
    assert one(samples(200), errors, base).verdict == "PASS"


def test_two_findings_of_one_scorer_keep_the_worse():
    for scores in ([Score("sc", 1.0), Score("sc", 0.0)], [Score("sc", 0.0), Score("sc", 1.0)]):
        assert one([observation(scores=scores)], gate()).estimate == 0
    mixed = [NotScored("sc", "x", "y"), Score("sc", 1.0)]
    assert one([observation(scores=mixed)], gate()).estimate == 0
    assert one([observation(scores=mixed[::-1])], gate()).estimate == 0


def test_hostile_names_are_only_names():
    odd = "\ud800\x00" + "x" * 1_000_000
    record = [observation(f"{odd}{i}", 1.0, group=None, tags={odd: odd}) for i in range(3)]
    found = one(record, gate(for_each=odd))
    assert found.slice == {odd: odd} and found.verdict == "INCONCLUSIVE"
