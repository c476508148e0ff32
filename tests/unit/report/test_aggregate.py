"""Collecting a record: counts, slices, latencies and the worst samples, in bounded memory."""

from __future__ import annotations

import tracemalloc

import pytest
from msgspec.structs import replace

import factories
from llmeval.records import NotScored, Score, Timings, Usage
from llmeval.report import collect
from llmeval.report.data import ReportData, SuiteResult


def _collect(record: factories.Record, **options: int) -> ReportData:
    return collect(record.summary, iter(record.observations), **options)


def _suite(data: ReportData, name: str) -> SuiteResult:
    return next(s for s in data.suites if s.suite == name)


def test_every_sample_is_in_exactly_one_count():
    data = _collect(factories.failing())
    hallucination, form = _suite(data, "hallucination"), _suite(data, "format")
    assert (hallucination.samples, hallucination.answered, hallucination.flagged) == (240, 240, 40)
    assert (form.samples, form.answered, form.failures) == (240, 232, 8)
    assert form.outcomes == {"answered": 232, "timeout": 8}
    assert _suite(data, "toxicity").unscored == 1


def test_failures_and_missing_scores_stay_in_the_denominator():
    data = _collect(factories.failing())
    assert (_suite(data, "format").rate.passed, _suite(data, "format").rate.n) == (232, 240)
    assert _suite(data, "toxicity").rate.passed == 239


def test_unclustered_rates_have_clopper_pearson_bounds():
    rate = _suite(_collect(factories.failing()), "hallucination").rate
    assert (rate.low, rate.high) == (
        pytest.approx(0.7802, abs=1e-3),
        pytest.approx(0.8782, abs=1e-3),
    )


def test_no_failure_still_leaves_doubt():
    rate = _suite(_collect(factories.passing()), "toxicity").rate
    assert rate.value == 1
    assert rate.low is not None and rate.low < 0.99


def test_repetitions_of_a_case_widen_the_interval():
    rows = [factories.observation(i) if i % 4 else factories.ungrounded(i) for i in range(40)]
    again = [replace(o, repetition=r) for o in rows for r in range(5)]
    once = collect(factories.summarise([], rows, "NONE"), rows).suites[0].rate
    five = collect(factories.summarise([], again, "NONE"), again).suites[0].rate
    naive = [replace(o, case_id=f"{o.case_id}-{o.repetition}") for o in again]
    alone = collect(factories.summarise([], naive, "NONE"), naive).suites[0].rate
    assert five.n == 200 and once.value == five.value
    assert five.high - five.low > alone.high - alone.low


def test_slices_are_counted_by_tag_and_value():
    slices = _suite(_collect(factories.failing()), "hallucination").slices
    found = {(s.tag, s.value): (s.rate.passed, s.rate.n) for s in slices}
    assert found["language", "de"] == (60, 60)
    assert found["language", "en"] == (40, 60)
    assert sum(n for (tag, _), (_, n) in found.items() if tag == "topic") == 240


def test_a_tag_with_too_many_values_is_named_not_tabled():
    rows = [factories.observation(i, tags={"id": str(i), "site": "a"}) for i in range(150)]
    suite = collect(factories.summarise([], rows, "NONE"), rows).suites[0]
    assert suite.untabled == ("id",)
    assert [s.tag for s in suite.slices] == ["site"]


def test_latency_counts_failed_calls_as_never_answered():
    rows = [factories.timed(i) for i in range(95)]
    rows += [replace(factories.failed(i, "latency"), suite="latency") for i in range(95, 100)]
    ttft = collect(factories.summarise([], rows, "NONE"), rows).suites[0].latencies[0]
    assert (ttft.measure, ttft.n, ttft.failed) == ("ttft", 100, 5)
    assert ttft.curve[-1][1] == pytest.approx(0.95)
    assert ttft.percentiles["p95"] == ttft.slowest
    assert ttft.percentiles["p99"] is None


def test_latency_never_comes_from_the_cache_nor_from_untimed_suites():
    timings = Timings(ttft=0.1, latency=0.2)
    rows = [factories.observation(i, "latency", cached=True, timings=timings) for i in range(5)]
    rows += [factories.observation(i) for i in range(5)]
    data = collect(factories.summarise([], rows, "NONE"), rows)
    assert all(not s.latencies for s in data.suites)


def test_a_suite_declared_as_timed_needs_no_gate_for_its_curve():
    rows = [factories.observation(i, "latency", timings=Timings(latency=0.2)) for i in range(5)]
    summary = factories.summarise([], rows, "NONE")
    assert not collect(summary, rows).suites[0].latencies
    timed = replace(summary, suites=[replace(factories.suite_info("latency", 5), timed=True)])
    assert [curve.measure for curve in collect(timed, rows).suites[0].latencies] == ["e2e"]


def test_the_worst_come_first_and_each_case_once():
    rows = [factories.observation(i) for i in range(20)]
    for i, value in ((3, 0.3), (7, 0.1), (9, 0.2)):
        rows[i] = replace(rows[i], scores=[Score("groundedness", value)])
    rows += [replace(rows[7], repetition=r, scores=[Score("groundedness", 0.05)]) for r in (1, 2)]
    data = collect(factories.summarise([], rows, "NONE"), rows, worst=3)
    found = data.suite_samples["hallucination", factories.MODEL]
    assert [data.worst[i].case_id[-4:] for i in found] == ["0007", "0009", "0003"]
    assert data.worst[found[0]].repetition == 1


def test_order_of_trouble_is_flagged_then_unscored_then_failed():
    rows = [
        factories.observation(0, scores=[Score("groundedness", 0.9)]),
        factories.failed(1, "hallucination"),
        factories.observation(2, scores=[NotScored("groundedness", "too_long", "why")]),
        factories.observation(3, scores=[Score("groundedness", 0.4)]),
        factories.observation(4, scores=[Score("groundedness", 1.0)]),
        factories.observation(5, scores=[Score("groundedness", float("nan"))]),
    ]
    data = collect(factories.summarise([], rows, "NONE"), rows, worst=9)
    cases = [
        data.worst[i].case_id[-1] for i in data.suite_samples["hallucination", factories.MODEL]
    ]
    assert cases == ["5", "3", "2", "1"]


def test_samples_of_a_gate_lie_in_its_slice_and_on_its_model():
    data = _collect(factories.failing())
    turkish = next(i for i, g in enumerate(data.summary.gates) if g.slice)
    assert data.gate_samples[turkish]
    assert {data.worst[i].tags["language"] for i in data.gate_samples[turkish]} == {"tr"}

    data = _collect(factories.two_models())
    other = data.summary.gates[1].model
    assert {data.worst[i].model for i in data.gate_samples[1]} == {other}


def test_passing_gates_keep_no_samples_and_timing_gates_keep_the_slowest():
    data = _collect(factories.failing())
    verdicts = {i: g.verdict for i, g in enumerate(data.summary.gates)}
    assert all(verdicts[i] != "PASS" for i in data.gate_samples)
    slow = next(i for i, g in enumerate(data.summary.gates) if ".ttft." in g.metric)
    times = [data.worst[i].ttft for i in data.gate_samples[slow]]
    assert times == sorted(times, reverse=True) and times[0] > 5


def test_versions_that_answered_are_counted():
    rows = [factories.observation(i) for i in range(4)]
    rows[3] = replace(rows[3], response=replace(rows[3].response, model_version="v4"))
    data = collect(factories.summarise([], rows, "NONE"), rows)
    assert data.versions == {factories.MODEL: {"v3": 3, "v4": 1}}


def test_a_record_without_samples_is_no_error():
    data = _collect(factories.empty())
    assert data.suites == data.worst == ()


def test_memory_holds_aggregates_not_samples():
    answer = "word " * 400

    def stream(n: int):
        for i in range(n):
            o = factories.observation(i, tags={"language": "en"})
            yield replace(o, response=replace(o.response, text=f"{i} {answer}"))

    summary = factories.summarise([], [], "NONE")
    tracemalloc.start()
    data = collect(summary, stream(10_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert data.suites[0].samples == 10_000
    assert peak < 12e6  # the answers alone are 20 MB


def test_where_nothing_is_bad_the_nearest_to_it_is_shown():
    rows = [
        factories.observation(i, scores=[Score("groundedness", 0.6 + i / 10)]) for i in range(5)
    ]
    data = collect(factories.summarise([], rows, "NONE"), rows)
    assert [s.case_id for s in data.worst] == ["hallucination-0000"]


@pytest.mark.parametrize(
    ("outcome", "scores"),
    [
        ("timeout", []),
        ("answered", [NotScored("groundedness", "too_long", "why")]),
        ("answered", [Score("groundedness", 0.1)]),
    ],
)
def test_every_kind_of_miss_counts_against_a_gate(outcome, scores):
    rows = [factories.observation(0, outcome=outcome, scores=[Score("other", 0.0), *scores])]
    gates = factories.inconclusive().summary.gates
    data = collect(factories.summarise(gates, rows, "FAIL"), rows)
    assert data.gate_samples == {0: (0,)}


def test_good_answers_and_unmeasured_times_count_against_no_gate():
    rows = [factories.observation(i, scores=[Score("groundedness", 0.6)]) for i in range(2)]
    gates = [
        *factories.inconclusive().summary.gates,
        factories.gate("hallucination.ttft.p95", "FAIL", "at_most", 1.0, (2.0, 1.5, 3.0)),
        factories.gate("hallucination.other.pass_rate", "FAIL", "at_least", 0.9, (0.5, 0.4, 0.6)),
    ]
    data = collect(factories.summarise(gates, rows, "FAIL"), rows)
    assert data.gate_samples == {0: (), 1: (), 2: ()}


def test_a_failed_call_is_the_slowest_of_a_timing_gate():
    rows = [factories.timed(0), factories.failed(1, "latency"), factories.timed(49)]
    gates = factories.failing().summary.gates[4:5]
    data = collect(factories.summarise(gates, rows, "FAIL"), rows)
    assert [data.worst[i].case_id[-2:] for i in data.gate_samples[0]] == ["01", "49", "00"]


@pytest.mark.parametrize(("measure", "worst"), [("ttft", "01"), ("e2e", "02"), ("tpot", "03")])
def test_each_timing_has_its_own_slowest(measure, worst):
    times = [(0.1, 1.0, 20), (0.9, 1.5, 20), (0.1, 9.0, 900), (0.1, 2.0, 3), (None, 1.0, 20)]
    rows = [
        replace(
            factories.timed(i), timings=Timings(ttft=ttft, latency=all_), usage=Usage(1, tokens)
        )
        for i, (ttft, all_, tokens) in enumerate(times)
    ]
    rows.append(replace(factories.timed(5), timings=Timings(), cached=True))
    gates = [factories.gate(f"latency.{measure}.p95", "FAIL", "at_most", 0.1, (1.0, 0.5, 2.0))]
    data = collect(factories.summarise(gates, rows, "FAIL"), rows)
    assert data.worst[data.gate_samples[0][0]].case_id[-2:] == worst
