"""Columns by deployed model: who counts where, what a column may claim, and what it says."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import numpy as np
import pytest
from gate_building import gate, observation, run_of, samples, suite_info
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from llmeval.gates import GateSet, decide, summarise
from llmeval.gates.columns import Columns
from llmeval.gates.deployed import View, columns_of
from llmeval.gates.shares import own_and_lost
from llmeval.records import EndpointIdentity, column_name, deployed_model_of

STABLE, CANARY = "m [deployed_model=7]", "m [deployed_model=8]"


def split(stable: int, canary: int, bad: int = 0, **keys):
    """A run whose canary, 8, answers its last ``bad`` samples badly."""
    rows = [observation(i, deployed="7", **keys) for i in range(stable)]
    return rows + [
        observation(1000 + i, float(i >= bad), deployed="8", **keys) for i in range(canary)
    ]


def lost(n: int, **keys):
    return [observation(f"lost{i}", outcome="timeout", **keys) for i in range(n)]


def by_column(rows, *gates, **keys):
    verdicts = decide(rows, list(gates), by="deployed_model", **keys)
    assert len({(v.id, v.model, *v.slice.items()) for v in verdicts}) == len(verdicts)
    return {v.model: v for v in verdicts}


def split_endpoint(*traffic: tuple[str, int]) -> EndpointIdentity:
    listed = [{"id": name, "version": "3", "display_name": f"clinic-{name}", "traffic": share}
              for name, share in traffic]  # fmt: skip
    return EndpointIdentity("m", "vertex", "m", details={"deployed_models": listed})


# Who counts where


def test_each_deployed_model_is_decided_on_what_it_answered():
    found = by_column(split(300, 40, bad=20), gate(at_least=0.9))
    assert {name: (v.verdict, v.n) for name, v in found.items()} == {
        STABLE: ("PASS", 300),
        CANARY: ("FAIL", 40),
    }
    assert found[CANARY].explanation.startswith("20 of 40 passed: at 95 % confidence below")
    whole = decide(split(300, 40, bad=20), [gate(at_least=0.9)])
    assert [(v.model, v.n) for v in whole] == [("m", 340)]


def test_a_failed_call_that_names_its_deployed_model_counts_there_alone():
    rows = [*split(300, 60), *lost(30, deployed="8")]
    found = by_column(rows, gate(at_least=0.9))
    assert (found[STABLE].verdict, found[STABLE].n) == ("PASS", 300)
    assert (found[CANARY].verdict, found[CANARY].n) == ("FAIL", 90)


def test_a_failed_call_that_names_none_counts_in_every_column():
    found = by_column([*split(300, 60), *lost(3)], gate(at_least=0.95))
    assert (found[STABLE].n, found[CANARY].n) == (303, 63)
    assert found[STABLE].verdict == "PASS" and found[CANARY].verdict == "INCONCLUSIVE"
    for verdict in found.values():
        told = "3 failed calls that do not tell their deployed model count in every column."
        assert verdict.explanation.endswith(told)
    assert by_column(split(300, 60), gate(at_least=0.95))[CANARY].verdict == "PASS"


def test_an_answer_that_does_not_tell_has_a_column_of_its_own():
    rows = [*split(60, 0), *(observation(f"u{i}") for i in range(5))]
    found = by_column(rows, gate(at_least=0.9))
    assert {name: v.n for name, v in found.items()} == {
        STABLE: 60,
        "m [deployed_model=(unknown)]": 5,
    }


def test_a_deployed_model_that_only_failed_is_a_column_too():
    found = by_column([*split(60, 0), *lost(20, deployed="9")], gate(at_least=0.9))
    assert found["m [deployed_model=9]"].verdict == "FAIL"


def test_the_only_column_is_decided_as_the_whole():
    for rows in ([*split(60, 0), *lost(9)], lost(60), samples(40, 3)):
        (whole,) = decide(rows, [gate(at_least=0.9)])
        (column,) = decide(rows, [gate(at_least=0.9)], by="deployed_model")
        assert replace(column, model="m") == whole
        assert column.model.startswith("m [deployed_model=")


# What a column may claim


@pytest.mark.parametrize(
    "declared", [gate(at_least=0.95), gate("s.error_rate", at_most=0.05)], ids=["rate", "errors"]
)
def test_no_column_fails_on_calls_that_may_be_another_s(declared):
    found = by_column([*split(900, 60), *lost(12)], declared)
    assert found[STABLE].verdict == "PASS"
    assert (found[CANARY].verdict, found[CANARY].n) == ("INCONCLUSIVE", 72)
    doubt = "FAIL only with 12 failed calls that may have met another deployed model: "
    assert found[CANARY].explanation.startswith(doubt)


def test_a_column_that_is_bad_by_itself_fails_whatever_was_lost():
    found = by_column([*split(900, 60, bad=30), *lost(12)], gate(at_least=0.95))
    assert found[CANARY].verdict == "FAIL"


@pytest.mark.parametrize(("n", "canary"), [(1, "PASS"), (12, "INCONCLUSIVE")])
def test_a_percentile_sees_a_lost_call_as_one_that_never_ends(n, canary):
    rows = [*split(900, 100, latency=0.5), *lost(n, latency=None)]
    found = by_column(rows, gate("s.e2e.p95", at_most=1.0))
    assert {name: v.verdict for name, v in found.items()} == {STABLE: "PASS", CANARY: canary}


def test_too_few_samples_are_told_in_samples_of_the_whole_run():
    found = by_column(split(180, 20), gate(at_least=0.95))
    canary = found[CANARY]
    assert canary.verdict == "INCONCLUSIVE" and canary.needed == 390
    assert (
        "39 more clean samples would decide it. 20 of 200 samples fall to this column: that "
        "takes about 390 more of the whole run." in canary.explanation
    )
    assert found[STABLE].verdict == "PASS" and "fall to" not in found[STABLE].explanation


def test_a_broken_or_partial_record_is_one_in_every_column():
    rows = split(300, 80)
    cut_off = by_column(rows, gate(at_least=0.9), run=run_of(suite_info(400)))
    assert {v.verdict for v in cut_off.values()} == {"ERROR"}
    assert all("380 of 400 planned" in v.explanation for v in cut_off.values())
    partial = by_column(rows, gate(at_least=0.9), run=run_of(suite_info(400), partial=["-k s"]))
    assert {v.verdict for v in partial.values()} == {"INCONCLUSIVE"}
    assert all("-k s" in v.explanation and v.needed is None for v in partial.values())


def test_a_deployed_model_with_traffic_that_answered_nothing_is_not_passed_over():
    run = replace(run_of(suite_info(60)), models=[split_endpoint(("7", 95), ("8", 5), ("9", 0))])
    found = by_column(split(60, 0), gate(at_least=0.9), run=run)
    assert {name: v.verdict for name, v in found.items()} == {
        STABLE: "PASS",
        CANARY: "INCONCLUSIVE",
    }
    assert "none of 60 samples is known to have met" in found[CANARY].explanation


def test_a_suite_or_slice_that_a_column_never_met_is_undecided():
    rows = [
        *(observation(i, deployed="7", tags={"language": "de"}) for i in range(60)),
        *(observation(f"t{i}", deployed="7", tags={"language": "tr"}) for i in range(60)),
        *(observation(f"c{i}", deployed="8", tags={"language": "de"}) for i in range(60)),
        *samples(60, suite="other", deployed="7"),
    ]
    verdicts = decide(
        rows,
        [gate(for_each="language"), gate("other.sc.pass_rate", id="o")],
        by="deployed_model",
    )
    found = {(v.id, v.model, v.slice.get("language")): v.verdict for v in verdicts}
    assert found == {
        ("g", STABLE, "de"): "PASS",
        ("g", STABLE, "tr"): "PASS",
        ("g", CANARY, "de"): "PASS",
        ("g", CANARY, "tr"): "INCONCLUSIVE",
        ("o", STABLE, None): "PASS",
        ("o", CANARY, None): "INCONCLUSIVE",
    }


# Metrics over cases and groups


def repeated(cases: int, routes: str, **keys):
    """Each case asked once for each letter of ``routes``."""
    return [
        observation(case, deployed=route, repetition=i, **keys)
        for case in range(cases)
        for i, route in enumerate(routes)
    ]


@pytest.mark.parametrize("metric", ["s.sc.pass_hat_k", "s.sc.pass_hat_3"])
def test_a_case_that_was_split_says_nothing_of_all_its_repetitions(metric):
    rows = [
        *repeated(60, "777"),
        *(replace(o, case_id=f"x{o.case_id}") for o in repeated(9, "778")),
    ]
    found = by_column(rows, gate(metric, at_least=0.9))
    assert (found[STABLE].verdict, found[STABLE].n) == ("PASS", 180)
    assert found[STABLE].explanation.endswith(
        "9 cases or groups that several deployed models answered are left out."
    )
    assert found[CANARY].verdict == "INCONCLUSIVE"
    assert "of none did this deployed model answer all samples" in found[CANARY].explanation


def test_fewer_repetitions_do_not_flatter_the_worst_of_them():
    rows = [
        observation(case, float(i > 0 or case % 2), deployed="7" if i < 2 else "8", repetition=i)
        for case in range(60)
        for i in range(3)
    ]
    found = by_column(rows, gate("s.sc.max_mean", at_most=0.1))
    assert {v.verdict for v in found.values()} == {"INCONCLUSIVE"}


def test_three_of_five_repetitions_are_enough_for_three():
    rows = [*repeated(60, "77788")]
    found = by_column(rows, gate("s.sc.pass_hat_3", at_least=0.9))
    assert (found[STABLE].verdict, found[STABLE].n) == ("PASS", 180)
    assert found[CANARY].verdict == "INCONCLUSIVE"
    short = [*rows, observation("short", deployed="7")]
    for verdict in by_column(short, gate("s.sc.pass_hat_3", at_least=0.9)).values():
        assert verdict.verdict == "ERROR" and "needs 3 repetitions" in verdict.explanation


def grouped(pairs: int, routes: str, labels: str = "aa", start: int = 0):
    return [
        observation(f"{start + i}{j}", group=f"g{start + i}", label=label, deployed=route)
        for i in range(pairs)
        for j, (route, label) in enumerate(zip(routes, labels, strict=True))
    ]


def test_groups_count_where_they_are_whole_and_lost_calls_spoil_them_everywhere():
    agreement = gate("s.sc.agreement", at_least=0.9)
    rows = [*grouped(60, "77"), *grouped(30, "78", "ab", 100), *grouped(5, "88", "ab", 200)]
    found = by_column(rows, agreement)
    assert (found[STABLE].verdict, found[STABLE].n) == ("PASS", 120)
    assert (found[CANARY].verdict, found[CANARY].n) == ("FAIL", 10)
    spoilt = [
        *rows,
        *(replace(o, group="g300") for o in [*lost(1), observation("y", deployed="7")]),
    ]
    again = by_column(spoilt, agreement)
    assert (again[CANARY].n, again[CANARY].estimate) == (11, 0)
    assert again[STABLE].estimate == pytest.approx(60 / 61)  # whole but for the lost call
    excluded = by_column(spoilt, gate("s.sc.agreement", at_least=0.9, failures="exclude"))
    assert excluded[CANARY].n == 10 and "1 of 11 samples lack" in excluded[CANARY].explanation


def test_a_lost_repetition_spoils_its_case_in_every_column():
    rows = [*repeated(60, "77"), *repeated(0, "88")]
    rows += [observation(f"c{i}", deployed="8", repetition=r) for i in range(60) for r in (0, 1)]
    rows += [observation("z", deployed="7"), observation("z", outcome="reset", repetition=1)]
    found = by_column(rows, gate("s.sc.pass_hat_k", at_least=0.9))
    assert {v.estimate for v in found.values()} == {60 / 61}


# Against a baseline


def test_a_column_is_held_against_the_whole_of_the_baseline():
    margin = gate(no_worse_than_baseline=0.05)
    before = [observation(i, deployed="7") for i in range(400)]
    now = [observation(i, deployed="8" if i % 4 == 0 else "7") for i in range(400)]
    found = by_column(now, margin, baseline=before)
    assert {name: (v.verdict, v.n) for name, v in found.items()} == {
        STABLE: ("PASS", 300),
        CANARY: ("PASS", 100),
    }


def test_a_canary_that_was_as_bad_a_week_ago_is_not_excused_by_itself():
    def week(canary: int):
        return [
            observation(i, float(i % 4 != canary), deployed="8" if i % 4 == canary else "7")
            for i in range(400)
        ]

    found = by_column(week(0), gate(no_worse_than_baseline=0.05), baseline=week(1))
    assert {name: v.verdict for name, v in found.items()} == {STABLE: "PASS", CANARY: "FAIL"}


def test_a_baseline_without_the_samples_of_a_column_is_an_error():
    before = [observation(i, deployed="7") for i in range(40)]
    found = by_column(split(60, 60), gate(no_worse_than_baseline=0.05), baseline=before)
    assert {v.verdict for v in found.values()} == {"ERROR"}


# The columns themselves


def test_columns_carry_what_the_endpoint_says_and_the_most_traffic_comes_first():
    run = replace(run_of(suite_info(70)), models=[split_endpoint(("8", 30), ("7", 70))])
    rows = [*split(10, 50), *lost(4), *(observation(f"u{i}") for i in range(6))]
    found = columns_of(Columns.of(rows), run.models)
    assert [(c.deployed_model, c.samples, c.unplaced, c.traffic) for c in found] == [
        ("7", 14, 4, 70),
        ("8", 54, 4, 30),
        ("(unknown)", 10, 4, None),
    ]
    assert (found[0].name, found[0].version, found[0].display_name) == (STABLE, "3", "clinic-7")
    unsaid = columns_of(Columns.of(rows), run_of(suite_info(70)).models)
    assert [c.deployed_model for c in unsaid] == ["8", "7", "(unknown)"]


@pytest.mark.parametrize(
    "details",
    ["nonsense", None, [], ["x", 3, None], [{}], [{"id": ""}], {"id": "7"},
     [{"id": "7", "traffic": "much"}], [{"id": "7", "traffic": True, "version": None}],
     [{"id": "7", "traffic": float("nan")}, {"id": 8, "traffic": -3}]],
)  # fmt: skip
def test_details_that_nobody_wrote_for_us_do_no_harm(details):
    identity = EndpointIdentity("m", "vertex", "m", details={"deployed_models": details})
    found = columns_of(Columns.of(split(3, 2)), [identity])
    assert [(c.deployed_model, c.samples, c.traffic) for c in found] == [
        ("7", 3, None), ("8", 2, None),
    ]  # fmt: skip


def test_a_name_can_be_taken_apart_again():
    for ref, deployed in (("1006", "7"), ("projects/p/endpoints/1", "a]b"), ("m", "(unknown)")):
        name = column_name(ref, deployed)
        assert re.fullmatch(r"(.*?) \[deployed_model=(.*)\]", name).groups() == (ref, deployed)


def test_several_models_have_their_own_columns():
    rows = [*split(60, 60), *split(60, 60, model="n"), *lost(2)]
    found = by_column(rows, gate(at_least=0.9))
    assert {name: v.n for name, v in found.items()} == {
        STABLE: 62,
        CANARY: 62,
        "n [deployed_model=7]": 60,
        "n [deployed_model=8]": 60,
    }


# The summary


def summary(rows, *gates, **keys):
    run = run_of(suite_info(len(rows)), by="deployed_model", **keys)
    return summarise(run, rows, GateSet(gates=gates), today=date(2027, 1, 1), finished_at=1.0)


def test_a_summary_holds_its_columns_and_is_as_good_as_the_worst():
    found = summary([*split(300, 40, bad=20), *lost(2)], gate(at_least=0.9))
    assert (found.verdict, found.by) == ("FAIL", "deployed_model")
    assert [(c.name, c.samples) for c in found.columns] == [(STABLE, 302), (CANARY, 42)]
    assert any("2 failed calls of m did not tell" in w for w in found.warnings)
    assert found.has_columns
    assert summary([*split(60, 0), *lost(1)], gate(at_least=0.5)).warnings == []


def test_the_columns_are_compared_and_lost_calls_flatter_none():
    rows = split(300, 60, bad=20)
    (rate, errors) = summary([*rows, *lost(1, deployed="8")], gate()).contrasts
    assert (rate.metric, rate.model, rate.against) == ("s.sc.pass_rate", CANARY, STABLE)
    assert (rate.base, rate.run, rate.finding) == (1.0, 40 / 61, "worse")
    assert rate.difference.low < rate.difference.value == rate.run - rate.base
    assert errors.metric == "s.error_rate" and errors.finding == "no difference shown"
    assert errors.p_adjusted >= errors.p and rate.p_adjusted >= 2 * rate.p * 0.999
    (alone,) = summary([*rows, *lost(40)], gate()).contrasts
    assert alone.metric == "s.sc.pass_rate" and alone.run == 40 / 60


def test_latencies_are_compared_where_they_were_measured_for_their_own_sake():
    rows = split(300, 100, latency=0.5)
    rows = [replace(o, timings=replace(o.timings, latency=0.9 + i / 1e4)) if o.deployed_model == "8"
            else o for i, o in enumerate(rows)]  # fmt: skip
    run = run_of(replace(suite_info(400), timed=True), by="deployed_model")
    found = summarise(run, rows, None, today=date(2027, 1, 1), finished_at=1.0).contrasts
    told = {c.metric: c.finding for c in found}
    assert told["s.e2e.p50"] == told["s.e2e.p95"] == "worse"
    few = summarise(run, split(300, 20, latency=0.5), None, today=date(2027, 1, 1), finished_at=1.0)
    assert {c.metric for c in few.contrasts} & {"s.e2e.p50", "s.e2e.p95"} == {"s.e2e.p50"}


def test_a_split_is_told_to_who_did_not_ask_and_is_no_change_of_the_model():
    rows = [replace(o, response=replace(o.response, model_version=f"v{o.deployed_model}"))
            for o in split(60, 20)]  # fmt: skip
    run = run_of(suite_info(80))
    (told,) = summarise(run, rows, None, today=date(2027, 1, 1), finished_at=1.0).warnings
    assert told == (
        "m answered from 2 deployed models (7, 8): --by=deployed_model decides on each for itself"
    )
    assert summary(rows).warnings == []
    rows[0] = replace(rows[0], response=replace(rows[0].response, model_version="v9"))
    assert summary(rows).warnings == [f"{STABLE} changed during the run: it answered as v7, v9"]


# Any record

ROWS = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(["7", "8", None]),
        st.sampled_from(["answered", "answered", "timeout"]),
        st.sampled_from([0.0, 1.0]),
        st.sampled_from(["m", "n"]),
    ),
    min_size=1,
    max_size=60,
)
GATES = [
    gate(at_least=0.8, id="rate"),
    gate("s.sc.rate", at_most=0.3, id="bad"),
    gate("s.error_rate", at_most=0.3, id="errors"),
    gate("s.sc.pass_hat_k", at_least=0.3, id="hat"),
    gate("s.e2e.p50", at_most=2.0, id="time"),
]


def record_of(drawn):
    seen: Counter[tuple[str, int]] = Counter()
    rows = []
    for case, deployed, outcome, value, model in drawn:
        rows.append(
            observation(case, value, deployed=deployed, outcome=outcome, model=model,
                        repetition=seen[model, case])
        )  # fmt: skip
        seen[model, case] += 1
    return rows


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_every_answer_is_in_one_column_and_every_failure_in_at_least_one(drawn):
    rows = record_of(drawn)
    columns = Columns.of(rows)
    listed = columns_of(columns, [])
    for model, frame in ((model, frame) for (model, _), frame in columns.frames.items()):
        mine = [column for column in listed if column.model == model]
        times = np.zeros(len(frame), int)
        for column in mine:
            view = View(model, column.name, column.deployed_model)
            own, shared = own_and_lost(view, frame, np.arange(len(frame)), columns.words)
            assert (own.sum() + shared.sum(), shared.sum()) == (column.samples, column.unplaced)
            times += own
            times += shared
        unplaced = np.array([deployed_model_of(o) is None for o in rows if o.model == model])
        assert times.tolist() == np.where(unplaced, len(mine), 1).tolist()


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_without_by_nothing_changes_and_a_single_column_is_the_whole(drawn):
    rows = record_of(drawn)
    nameless = [
        replace(o, deployed_model=None, error=o.error and replace(o.error, deployed_model=None))
        for o in rows
    ]
    assert decide(rows, GATES) == decide(nameless, GATES)
    columns = decide(nameless, GATES, by="deployed_model")
    whole = decide(nameless, GATES)
    assert [replace(v, model=v.model.partition(" [")[0]) for v in columns] == whole


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(1, 6))
def test_more_lost_calls_never_turn_a_column_to_pass(drawn, more):
    rows = record_of(drawn)
    before = {(v.id, v.model): v.verdict for v in decide(rows, GATES, by="deployed_model")}
    worse = [*rows, *lost(more), *lost(more, model="n")]
    for verdict in decide(worse, GATES, by="deployed_model"):
        was = before.get((verdict.id, verdict.model))
        assert verdict.verdict != "PASS" or was == "PASS"
