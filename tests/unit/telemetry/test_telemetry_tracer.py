"""The tracer of a session: its thread, its exports, and how it fails without harm."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from telemetry_samples import KEY, answered, observed, sent

pytest.importorskip("opentelemetry.sdk.trace", reason="needs the extra otel")

from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from llmeval.errors import MissingExtra
from llmeval.run import SystemClock
from llmeval.telemetry import RunTracer, open_tracer, tracer
from llmeval.telemetry.identifiers import RunIds
from llmeval.telemetry.pipeline import Pipeline

IDS = RunIds.of("a session")
OTEL = logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter")


class Exporting(SpanExporter):
    """An exporter that does what a test says, and remembers what it got and in which thread."""

    def __init__(self, does: Any = None) -> None:
        self.does = does
        self.batches: list[list[ReadableSpan]] = []
        self.threads: set[str] = set()
        self.ended = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.threads.add(threading.current_thread().name)
        self.batches.append(list(spans))
        return SpanExportResult.SUCCESS if self.does is None else self.does(self)

    def shutdown(self) -> None:
        self.ended.set()

    @property
    def names(self) -> list[str]:
        return [span.name for batch in self.batches for span in batch]


def fails(exporter: Exporting) -> SpanExportResult:
    OTEL.warning("Transient error: nobody listens")
    OTEL.error("Failed to export spans batch code: 503, reason: Bearer s3cret")
    return SpanExportResult.FAILURE


def hangs(exporter: Exporting) -> SpanExportResult:
    exporter.ended.wait(30)
    return SpanExportResult.FAILURE


def breaks(exporter: Exporting) -> SpanExportResult:
    raise RuntimeError("a defect of the exporter")


def traced(exporter: Exporting) -> RunTracer:
    return RunTracer(
        IDS, lambda: Pipeline(IDS, "1", exporter, InMemoryMetricReader()), SystemClock()
    )


def tell(tracer: RunTracer, count: int = 1) -> None:
    for _ in range(count):
        tracer.sampled(KEY, [sent(answered())], observed(answered()))


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "llmeval-telemetry"]


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    yield
    give_up = time.monotonic() + 5
    while threads() and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not threads()
    root = logging.getLogger("opentelemetry")
    assert root.propagate and not root.handlers


def test_all_the_work_is_done_in_a_thread_of_its_own() -> None:
    exporter = Exporting()
    session = traced(exporter)
    session.describe({"llmeval.run.id": "r1"})
    tell(session, 3)
    session.called([sent(answered()), sent(answered())])
    assert session.close({"llmeval.verdict": "PASS"}) is None
    assert exporter.threads == {"llmeval-telemetry"}
    assert exporter.names == ["chat m", "sample suite"] * 3 + ["chat m"] * 2 + ["llmeval run"]
    attributes = [dict(s.attributes or {}) for batch in exporter.batches for s in batch]
    assert {a["llmeval.run.id"] for a in attributes} == {"r1"}
    assert attributes[-1]["llmeval.verdict"] == "PASS"


def test_a_worker_leaves_the_runs_own_span_to_the_controller() -> None:
    exporter = Exporting()
    session = traced(exporter)
    tell(session)
    assert session.close() is None
    assert exporter.names == ["chat m", "sample suite"]


def test_many_spans_leave_without_waiting_for_the_end() -> None:
    exporter = Exporting()
    session = traced(exporter)
    tell(session, 600)
    give_up = time.monotonic() + 10
    while sum(map(len, exporter.batches)) < 1024 and time.monotonic() < give_up:
        time.sleep(0.01)
    assert [len(batch) for batch in exporter.batches] == [512, 512]
    assert session.close() is None
    assert len(exporter.names) == 1200


def test_settling_waits_until_all_is_exported() -> None:
    def slowly(exporter: Exporting) -> SpanExportResult:
        time.sleep(0.2)
        return SpanExportResult.SUCCESS

    exporter = Exporting(slowly)
    session = traced(exporter)
    tell(session, 5)
    session.settle()
    assert len(exporter.names) == 10
    assert session.close() is None


def test_a_broken_exporter_costs_one_warning_and_no_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret,x=y")
    exporter = Exporting(fails)
    session = traced(exporter)
    for _ in range(10):
        tell(session)
        session.settle()
    said = session.close({})
    assert said == (
        "telemetry was lost (21 spans): Transient error: nobody listens; look at "
        "OTEL_EXPORTER_OTLP_ENDPOINT, or leave --otel out"
    )
    assert not caplog.records
    assert len(exporter.batches) == 3, "then it is given up"


def test_a_secret_of_a_header_is_never_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def echoes(exporter: Exporting) -> SpanExportResult:
        OTEL.error("401: you sent Bearer s3cret, that is Bearer%20s3cret\x1b[2J")
        return SpanExportResult.FAILURE

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer%20s3cret")
    session = traced(Exporting(echoes))
    tell(session)
    said = session.close()
    assert said is not None and "s3cret" not in said and "[redacted]" in said


def test_an_exporter_that_recovers_goes_on() -> None:
    def once(exporter: Exporting) -> SpanExportResult:
        return fails(exporter) if len(exporter.batches) == 1 else SpanExportResult.SUCCESS

    exporter = Exporting(once)
    session = traced(exporter)
    tell(session)
    session.settle()
    tell(session, 2)
    said = session.close({})
    assert said is not None and said.startswith("telemetry was lost (2 spans): ")
    assert len(exporter.names) == 2 + 5


def test_an_exporter_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracer, "_STANDSTILL_SECONDS", 0.3)
    session = traced(Exporting(hangs))
    tell(session, 2)
    begun = time.monotonic()
    said = session.close({})
    assert time.monotonic() - begun < 2.0
    assert said is not None and "did not come to an end in time" in said


def test_a_slow_exporter_is_waited_for_while_spans_arrive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slowly(exporter: Exporting) -> SpanExportResult:
        time.sleep(0.2)
        return SpanExportResult.SUCCESS

    monkeypatch.setattr(tracer, "_STANDSTILL_SECONDS", 0.5)
    exporter = Exporting(slowly)
    session = traced(exporter)
    tell(session, 2000)
    assert session.close() is None
    assert len(exporter.names) == 4000


@pytest.mark.parametrize("count", [1, 3])
def test_a_defect_of_the_exporter_is_told_and_contained(count: int) -> None:
    session = traced(Exporting(breaks))
    tell(session, count)
    session.settle()
    tell(session, 5)
    said = session.close({})
    assert said is not None
    assert "RuntimeError: a defect of the exporter" in said


def test_a_pipeline_that_cannot_be_built_is_told() -> None:
    def build() -> Pipeline:
        raise ValueError("bad setting")

    session = RunTracer(IDS, build, SystemClock())
    tell(session, 2)
    session.settle()
    said = session.close({})
    assert said is not None and "ValueError: bad setting" in said


def test_more_than_can_be_kept_is_lost_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracer, "_WAITING", 4)
    begin = threading.Event()

    class Waiting(Pipeline):
        def sampled(self, *told: Any, **more: Any) -> None:
            begun.set()
            begin.wait(10)
            super().sampled(*told, **more)

    begun = threading.Event()
    session = RunTracer(
        IDS, lambda: Waiting(IDS, "1", Exporting(), InMemoryMetricReader()), SystemClock()
    )
    tell(session)
    assert begun.wait(10)
    tell(session, 10)
    begin.set()
    said = session.close()
    assert said is not None
    assert "(6 samples): there were more than could be kept" in said


def test_what_others_log_is_not_swallowed(caplog: pytest.LogCaptureFixture) -> None:
    def reports(exporter: Exporting) -> SpanExportResult:
        logging.getLogger("opentelemetry.sdk").warning("from the tracer's thread")
        return SpanExportResult.SUCCESS

    session = traced(Exporting(reports))
    tell(session)
    session.settle()
    logging.getLogger("opentelemetry.sdk").warning("from the application")
    assert session.close() is None
    assert [record.message for record in caplog.records] == ["from the application"]


def test_without_the_extra_the_pip_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracer, "_NEEDED", ("opentelemetry.nothing_of_this_name",))
    with pytest.raises(MissingExtra, match=r"--otel needs an extra: pip install .*\[otel\]"):
        open_tracer("s", "1", SystemClock())
    monkeypatch.setattr(tracer, "_NEEDED", ("no_such_package.sdk",))
    with pytest.raises(MissingExtra):
        open_tracer("s", "1", SystemClock())


def test_telling_takes_next_to_no_time() -> None:
    session = traced(Exporting())
    observation, attempts = observed(answered()), [sent(answered())]
    begun = time.thread_time()
    for _ in range(1000):
        session.sampled(KEY, attempts, observation)
    assert time.thread_time() - begun < 0.1, "0.1 ms each would be far too much"
    assert session.close() is None


@pytest.mark.parametrize(
    ("given", "seconds"), [("", 60.0), ("5000", 5.0), ("x", 60.0), ("-1", 60.0)]
)
def test_the_standard_interval_of_metrics_holds(
    monkeypatch: pytest.MonkeyPatch, given: str, seconds: float
) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", given)
    assert tracer._interval() == seconds
