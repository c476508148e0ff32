"""Rows for a terminal, and Markdown for a pull request."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

import factories
from llmeval import report
from llmeval.report import collect, gate_lines, render_markdown, suite_lines, summary_lines


def _data(record: factories.Record) -> report.ReportData:
    return collect(record.summary, record.observations)


def test_a_suite_is_a_line():
    rows = {row.suite: row for row in suite_lines(_data(factories.failing()))}
    assert rows["format"].text == "240 samples, 232 answered, 0 flagged, 8 failed"
    assert rows["toxicity"].text == "240 samples, 240 answered, 0 flagged, 1 unscored, 0 failed"


def test_a_failing_gate_shows_three_samples_and_a_passing_one_none():
    rows = {row.name: row for row in gate_lines(_data(factories.failing()))}
    bad, good = rows["hallucination.groundedness.pass_rate"], rows["toxicity.detoxify.rate"]
    assert len(bad.samples) == 3 and not good.samples
    assert not rows["format.json_schema.pass_rate"].samples
    assert bad.blocks and not good.blocks
    assert bad.text == (
        "FAIL hallucination.groundedness.pass_rate: 83.3% (78.9% … 87.2%, n=240), "
        "wanted at least 95%"
    )
    assert "1 of 2 claims" in bad.samples[0].finding and "alcohol" in bad.samples[0].answer
    assert bad.samples[0].prompt.startswith("May I take")
    assert rows["latency.ttft.p95"].samples[0].finding.startswith("answered in 6.")


def test_summary_lines_are_in_order_and_name_the_model_where_there_are_two():
    lines = summary_lines(_data(factories.two_models()))
    assert [line.kind for line in lines[:5]] == ["suite"] * 4 + ["gate"]
    assert any("clinic-small]" in line.text and line.kind == "gate" for line in lines)
    assert {line.verdict for line in lines if line.kind == "gate"} == {"PASS", "FAIL"}


def test_nothing_hostile_reaches_the_terminal():
    for line in summary_lines(_data(factories.hostile())):
        assert not re.search(
            "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line.text
        )
        assert len(line.text) < 600


def test_failed_calls_say_what_failed():
    row = gate_lines(_data(factories.unanswered()))[0]
    assert row.samples[0].text == (
        "hallucination/hallucination-0000#0: refused_connection no complete answer within 30 s"
    )


def test_an_answer_without_timings_is_just_answered():
    rows = [
        factories.observation(
            0, scores=[], timings=replace(factories.timed(0).timings, latency=None)
        )
    ]
    summary = factories.summarise(
        [factories.gate("hallucination.ttft.p95", "FAIL", "at_most", 0.1, (0.2, 0.2, 0.3), 1)],
        rows,
        "FAIL",
    )
    assert "answered, first token" in gate_lines(collect(summary, rows))[0].samples[0].finding


@pytest.mark.parametrize("situation", factories.SITUATIONS)
def test_markdown_says_the_verdict_first(situation):
    record = factories.SITUATIONS[situation]()
    text = render_markdown(_data(record))
    assert text.splitlines()[0].startswith("## ") and record.summary.verdict in text.splitlines()[0]
    assert "nan" not in text and "None" not in text
    assert text == render_markdown(_data(record))


def test_markdown_tables_keep_their_columns_under_attack():
    text = render_markdown(_data(factories.hostile()))
    text.encode()
    for row in (line for line in text.splitlines() if line.startswith("|")):
        assert len(re.findall(r"(?<!\\)\|", row)) in (7,)
    assert "<script" not in text and "<img" not in text
    assert not re.search(r"@\w", text) and not re.search(r"https?://", text)
    assert not re.search(r"(?<!\\)`", text)


def test_markdown_of_many_gates_fits_a_comment():
    text = render_markdown(_data(factories.many_gates(1000)))
    assert len(text) < 60_000
    assert "… and 940 more gates in the full report." in text


def test_markdown_of_many_suites_is_bounded():
    rows = [factories.observation(0, f"suite{i}") for i in range(50)]
    assert "… and 10 more in the full report." in render_markdown(
        collect(factories.summarise([], rows, "NONE"), rows)
    )


def test_the_package_names_what_it_has():
    assert set(report.__all__) <= set(dir(report)) | {*report._HOMES}
    with pytest.raises(AttributeError, match="no attribute 'render_pdf'"):
        report.render_pdf  # noqa: B018
