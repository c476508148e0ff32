"""Spans and metrics as an exporter gets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from telemetry_samples import KEY, SECRET, answered, failed, observed, sent

pytest.importorskip("opentelemetry.sdk.trace", reason="needs the extra otel")

from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from llmeval.records import NotScored, Score, Usage
from llmeval.telemetry.attributes import DURATION, TOKENS
from llmeval.telemetry.identifiers import RunIds
from llmeval.telemetry.pipeline import Pipeline

IDS = RunIds.of("a session")
SHARED = {"llmeval.run.id": "r1"}


class Made:
    """A pipeline with what it exports."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.pipeline = Pipeline(IDS, "1.2", self.exporter, self.reader)

    def spans(self) -> list[ReadableSpan]:
        assert self.pipeline.export(metrics=True)
        return list(self.exporter.get_finished_spans())

    def points(self) -> dict[str, list[Any]]:
        data = self.reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in (data.resource_metrics if data else [])
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER"):
        monkeypatch.delenv(name, raising=False)
    found = Made()
    yield found
    found.pipeline.shutdown()


def unix(nanoseconds: int | None) -> float:
    assert nanoseconds is not None
    return nanoseconds / 1e9


def test_a_sample_stands_under_the_run_and_its_attempts_under_the_sample(made: Made) -> None:
    first = sent(failed(status=429), at=1000.0, latency=0.5)
    second = sent(answered(), at=1003.0, latency=2.0)
    made.pipeline.sampled(KEY, [first, second], observed(answered()), SHARED, now=1010.0)
    made.pipeline.run(990.0, 1020.0, SHARED | {"llmeval.verdict": "PASS"})
    one, two, sample, root = made.spans()
    assert [s.name for s in (one, two, sample, root)] == [
        "chat m", "chat m", "sample suite", "llmeval run"
    ]  # fmt: skip
    assert {s.context.trace_id for s in (one, two, sample, root)} == {IDS.trace_id}
    assert root.parent is None and root.context.span_id == IDS.root_id
    assert sample.parent is not None and sample.parent.span_id == IDS.root_id
    assert {s.parent.span_id for s in (one, two) if s.parent} == {sample.context.span_id}
    assert len({s.context.span_id for s in (one, two, sample, root)}) == 4
    assert [s.kind for s in (one, sample, root)] == [
        SpanKind.CLIENT, SpanKind.INTERNAL, SpanKind.INTERNAL
    ]  # fmt: skip
    times = [(unix(s.start_time), unix(s.end_time)) for s in (one, two, sample, root)]
    assert times == [(1000.0, 1000.5), (1003.0, 1005.0), (1000.0, 1005.0), (990.0, 1020.0)]
    assert all((s.attributes or {})["llmeval.run.id"] == "r1" for s in (one, two, sample, root))
    assert dict(two.attributes or {})["gen_ai.usage.output_tokens"] == 8


def test_the_scope_and_the_service_are_named_with_their_version(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.pipeline.called(sent(answered()), SHARED)
    (span,) = made.spans()
    scope = span.instrumentation_scope
    assert scope is not None and (scope.name, scope.version) == ("llmeval", "1.2")
    assert scope.schema_url == "https://opentelemetry.io/schemas/1.41.0"
    assert span.resource.attributes["service.name"] == "llmeval"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "assistant")
    named = Made()
    named.pipeline.called(sent(answered()), SHARED)
    assert named.spans()[0].resource.attributes["service.name"] == "assistant"


def test_a_failure_is_an_error_with_the_words_of_the_documentation(made: Made) -> None:
    lost = failed("blocked_output", reason="SAFETY")
    made.pipeline.sampled(KEY, [sent(lost)], observed(lost, scores=[]), {}, now=0.0)
    attempt, sample = made.spans()
    for span in (attempt, sample):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "the endpoint's safety filter withheld the answer"
        assert (span.attributes or {})["error.type"] == "blocked_output"


def test_scores_are_events_without_what_they_quote(made: Made) -> None:
    scores = [Score("sc", 0.25, SECRET, SECRET), NotScored("judge", "refused", SECRET)]
    made.pipeline.sampled(KEY, [sent(answered())], observed(answered(), scores=scores), {}, now=0.0)
    events = made.spans()[-1].events
    assert [(e.name, dict(e.attributes or {})) for e in events] == [
        ("gen_ai.evaluation.result",
         {"gen_ai.evaluation.name": "sc", "gen_ai.evaluation.score.value": 0.25}),
        ("gen_ai.evaluation.result",
         {"gen_ai.evaluation.name": "judge", "error.type": "refused"}),
    ]  # fmt: skip


def test_nothing_that_was_asked_or_said_is_exported(made: Made) -> None:
    for outcome in (answered(finish_reason=SECRET + " x"), failed(reason=SECRET + " x")):
        one = sent(outcome, settings={"stop": SECRET, "user": SECRET, "temperature": SECRET})
        made.pipeline.sampled(KEY, [one], observed(outcome), {}, now=0.0)
    told = "".join(span.to_json() for span in made.spans())
    assert "error.type" in told and SECRET not in told
    data = made.reader.get_metrics_data()
    assert data is not None and SECRET not in data.to_json()


def test_a_sample_from_the_cache_and_one_that_was_given_up(made: Made) -> None:
    cached = observed(answered(), cached=True, attempts=0)
    made.pipeline.sampled(KEY, [], cached, {}, now=50.0)
    made.pipeline.sampled(KEY, [sent(failed("timeout"))], None, {}, now=60.0)
    first, attempt, second = made.spans()
    assert (unix(first.start_time), unix(first.end_time)) == (50.0, 50.0)
    assert (first.attributes or {})["llmeval.cached"] is True
    assert (second.attributes or {})["llmeval.outcome"] == "not recorded"
    assert (attempt.attributes or {})["error.type"] == "timeout"


def test_durations_and_tokens_are_histograms(made: Made) -> None:
    made.pipeline.called(sent(answered(), latency=0.3), SHARED)
    made.pipeline.called(sent(answered(usage=Usage(30, None)), latency=1.3), SHARED)
    made.pipeline.called(sent(failed("quota", usage=Usage(7, 7)), latency=0.1), SHARED)
    points = made.points()
    assert points.keys() == {DURATION, TOKENS}
    durations = {p.attributes.get("error.type"): p for p in points[DURATION]}
    assert (durations[None].count, durations[None].sum) == (2, pytest.approx(1.6))
    assert (durations["quota"].count, durations["quota"].sum) == (1, pytest.approx(0.1))
    assert len(durations[None].explicit_bounds) == 14 and durations[None].explicit_bounds[0] == 0.01
    tokens = {p.attributes["gen_ai.token.type"]: p for p in points[TOKENS]}
    assert (tokens["input"].count, tokens["input"].sum) == (2, 40), "not those of the failure"
    assert (tokens["output"].count, tokens["output"].sum) == (1, 8), "with thinking"
    assert dict(tokens["input"].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.response.model": "m-1",
        "server.address": "h",
        "server.port": 8000,
        "gen_ai.token.type": "input",
    }


@pytest.mark.parametrize("attempt", [{"shared": 4}, {"batch": True}])
def test_the_latency_of_a_shared_call_or_a_batch_is_that_of_no_single_one(
    made: Made, attempt: dict[str, Any]
) -> None:
    made.pipeline.called(sent(answered(), **attempt), SHARED)
    assert made.points().keys() == {TOKENS}
    (name,) = attempt
    assert dict(made.spans()[0].attributes or {})[f"llmeval.{name}"] == attempt[name]


@pytest.mark.parametrize(
    ("sampler", "argument", "kept"),
    [("always_off", "", 0), ("parentbased_always_off", "", 0), ("traceidratio", "0", 0),
     ("parentbased_traceidratio", "1", 3), ("always_on", "", 3)],
)  # fmt: skip
def test_a_sampler_takes_a_whole_run_or_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch, sampler: str, argument: str, kept: int
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", argument)
    sampled = Made()
    sampled.pipeline.sampled(KEY, [sent(answered())], observed(answered()), {}, now=0.0)
    sampled.pipeline.run(0.0, 1.0, {})
    assert len(sampled.spans()) == sampled.pipeline.ended == kept


def test_a_sessions_trace_is_its_own_and_the_same_in_every_process() -> None:
    assert RunIds.of("a session") == IDS != RunIds.of("another")
    assert len(IDS.trace) == 32 and int(IDS.trace, 16) == IDS.trace_id
    assert 0 < IDS.root_id < 2**64
