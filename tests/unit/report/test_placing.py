"""Samples in the columns of the deployed models that met them."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import factories
from llmeval.gates import summarise
from llmeval.records import CallFailure, Column, RunInfo, column_name
from llmeval.report import collect, render_html, render_markdown, summary_lines
from llmeval.report.placing import Placing, labelled, labels

STABLE, CANARY = "deployed_model=7", "deployed_model=8"


def _canary():
    record = factories.canary()
    return record, collect(record.summary, iter(record.observations))


def test_a_suite_is_shown_for_each_deployed_model():
    _, data = _canary()
    found = {(s.suite, s.model): (s.samples, s.answered, s.flagged) for s in data.suites}
    assert found == {
        ("hallucination", STABLE): (363, 360, 7),
        ("hallucination", CANARY): (43, 40, 14),
        ("latency", STABLE): (270, 270, 0),
        ("latency", CANARY): (30, 30, 0),
    }
    assert {s.model: s.latencies[0].n for s in data.suites if s.latencies} == {
        STABLE: 270,
        CANARY: 30,
    }


def test_the_columns_say_how_many_samples_the_suites_hold():
    record, data = _canary()
    for column in data.summary.columns:
        assert column.samples == sum(s.samples for s in data.suites if s.model == column.name)
    assert record.summary.columns[0].name == column_name(factories.MODEL, "7")


def test_a_gate_shows_the_worst_of_its_own_column():
    _, data = _canary()
    (failing,) = [i for i, g in enumerate(data.summary.gates) if g.verdict == "FAIL"]
    shown = [data.worst[i] for i in data.gate_samples[failing]]
    assert shown and {sample.model for sample in shown} == {CANARY}


def test_a_failed_call_of_nobody_stands_under_its_model():
    rows = [factories.observation(i, deployed_model=str(7 + i % 2)) for i in range(20)]
    rows.append(replace(factories.failed(30, "hallucination"), deployed_model=None))
    summary = replace(factories.canary().summary, gates=[], contrasts=[])
    data = collect(summary, rows)
    (lost,) = [s for s in data.worst if s.outcome == "timeout"]
    assert lost.model == factories.MODEL
    assert set(data.suite_samples) == {("hallucination", STABLE), ("hallucination", CANARY)}
    assert f"on {factories.MODEL}" in render_html(data)


def test_a_failed_call_that_tells_stands_in_its_column():
    error = CallFailure("timeout", "too slow", deployed_model="8")
    lost = factories.failed(30, "hallucination")
    rows = [replace(lost, deployed_model=None, error=error)]
    data = collect(replace(factories.canary().summary, gates=[]), rows)
    assert [(s.model, s.failures) for s in data.suites] == [(CANARY, 1)]
    assert data.worst[0].model == CANARY


def test_a_gate_on_the_whole_model_shows_samples_of_all_columns():
    base = factories.canary()
    whole = [replace(g, model=factories.MODEL) for g in base.summary.gates if g.verdict == "FAIL"]
    data = collect(replace(base.summary, gates=whole), base.observations)
    assert data.gate_samples[0]
    assert {data.worst[i].model for i in data.gate_samples[0]} <= {STABLE, CANARY}
    assert f"on {factories.MODEL.partition('#')[0]}" in render_html(data).replace("<wbr>", "")


def test_references_are_left_out_where_there_is_one_and_kept_where_there_are_two():
    summary = factories.canary().summary
    short = labelled(summary)
    assert [c.name for c in short.columns] == [STABLE, CANARY]
    assert {g.model for g in short.gates} == {STABLE, CANARY}
    assert {(c.model, c.against) for c in short.contrasts} == {(CANARY, STABLE)}
    other = Column("n [deployed_model=7]", "n", "7", 1)
    assert set(labels([*summary.columns, other]).values()) == {
        *(c.name for c in summary.columns),
        other.name,
    }
    plain = factories.two_models().summary
    assert labelled(plain) is plain


def test_versions_are_those_of_each_column_and_no_change():
    _, data = _canary()
    assert data.versions == {STABLE: {"v3": 630}, CANARY: {"v4": 70}}
    for text in (render_html(data), render_markdown(data)):
        assert "Model changed during the run" not in text
        assert "Several models behind one endpoint" not in text


def test_a_split_that_nobody_asked_for_is_no_change_of_the_model():
    base = factories.canary()
    whole = replace(base.summary, by=None, columns=[], contrasts=[], gates=[])
    text = render_markdown(collect(whole, base.observations))
    assert "Several models behind one endpoint" in text and "7 (630 answers)" in text
    assert "Model changed during the run" not in text


def test_the_page_tells_columns_and_differences():
    _, data = _canary()
    page = render_html(data).replace("<wbr>", "")
    for words in (
        "clinic-next",
        "version 3",
        "90.0%",
        "3 failed, in every column",
        "v4 <span",
        ">worse</span>",
        "−33.1 points",
        "−49.8 … −18.2 points",
        "no difference shown",
        "on deployed_model=8, against deployed_model=7",
    ):
        assert words in page, words
    lines = [line.text for line in summary_lines(data) if line.kind in ("column", "contrast")]
    assert lines == [
        "column deployed_model=7: clinic, version 3, 90 % of the traffic, 633 samples, with 3 "
        "failed calls that count in every column",
        "column deployed_model=8: clinic-next, 10 % of the traffic, 73 samples, with 3 failed "
        "calls that count in every column",
        "worse on deployed_model=8 than on deployed_model=7: "
        "hallucination.groundedness.pass_rate −33.1 points (−49.8 … −18.2 points)",
    ]


def test_what_an_endpoint_says_of_its_deployed_models_is_readable():
    listed = [{"id": "7", "display_name": "clinic", "version": None, "traffic": 90}, "odd", {}]
    model = factories.endpoint(details={"deployed_models": listed, "region": "europe-west4"})
    base = factories.passing()
    record = factories.Record(replace(base.summary, models=[model]), base.observations)
    page = render_html(collect(record.summary, record.observations))
    assert "<dt>Deployed model 7</dt><dd>display_name clinic, traffic 90</dd>" in page
    assert "europe-west4" in page and "[{" not in page
    assert page.count("<dt>Deployed model") == 1


PLACED = st.lists(
    st.tuples(st.sampled_from(["7", "8", None]), st.booleans(), st.sampled_from(["m", "n"])),
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(PLACED)
def test_the_page_counts_a_sample_where_the_gates_do(drawn):
    rows = []
    for i, (deployed, answered, model) in enumerate(drawn):
        made = factories.observation(i) if answered else factories.failed(i, "hallucination")
        error = made.error and replace(made.error, deployed_model=deployed)
        own = deployed if answered else None
        rows.append(replace(made, model=model, deployed_model=own, error=error))
    models = [factories.endpoint(ref) for ref in ("m", "n")]
    run = RunInfo("r", 0.0, "0", models, [], {}, 0, by="deployed_model")
    summary = summarise(run, rows, None, today=date(2027, 1, 1), finished_at=1.0)
    placing = Placing(summary.columns)
    held = Counter(name for o in rows for name in placing.of(o))
    assert {c.name: c.samples for c in summary.columns if c.samples} == held
    shown = {s.model: s.samples for s in collect(summary, rows).suites}
    assert shown == {labels(summary.columns)[name]: n for name, n in held.items()}
