"""From what was measured to spans and metrics, and out by OTLP. Loads OpenTelemetry: imported only
where a tracer is opened, and needs the extra ``otel``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricReader,
    MetricsData,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from llmeval.ports import Sent
from llmeval.records import (
    ANSWERED,
    FAILURE_KINDS,
    CallFailure,
    NotScored,
    Observation,
    Response,
    SampleKey,
)
from llmeval.telemetry.attributes import (
    DURATION,
    DURATION_BUCKETS,
    TOKEN_BUCKETS,
    TOKENS,
    Value,
    call_attributes,
    model_attributes,
    operation_of,
    outcome_attributes,
    sample_attributes,
    tokens_of,
)
from llmeval.telemetry.identifiers import RunIds

__all__ = ["Pipeline", "otlp_pipeline"]

SCOPE: Final = "llmeval"
SCHEMA: Final = "https://opentelemetry.io/schemas/1.41.0"
"""The last release of the general conventions that described generative AI itself."""

_BATCH: Final = 512
_RUN: Final = "llmeval run"
_EVALUATED: Final = "gen_ai.evaluation.result"
_KEPT: Final = frozenset(
    {
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.response.model",
        "server.address",
        "server.port",
        "error.type",
    }
)
"""The attributes that a metric has too."""


def otlp_pipeline(ids: RunIds, version: str) -> Pipeline:
    """Return a pipeline whose exporters follow the standard OTEL_* variables."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Pipeline(ids, version, OTLPSpanExporter(), PromptReader(OTLPMetricExporter()))


class PromptReader(MetricReader):
    """Exports metrics when it is asked to, in the caller's thread. ``failed`` counts exports."""

    def __init__(self, exporter: MetricExporter) -> None:
        super().__init__(exporter._preferred_temporality, exporter._preferred_aggregation)
        self._exporter = exporter
        self.failed = 0

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        result = self._exporter.export(metrics_data, timeout_millis=timeout_millis)
        self.failed += result is not MetricExportResult.SUCCESS

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Close connections, and end what waits to try again."""
        self._exporter.shutdown()


class Pipeline:
    """Makes the spans of one session, and exports them. Used by one thread, but for ``shutdown``.

    ``spans`` wait to be exported; ``ended`` counts all there were, ``exported`` those that arrived.
    """

    def __init__(
        self, ids: RunIds, version: str, exporter: SpanExporter, reader: MetricReader
    ) -> None:
        self.spans: list[ReadableSpan] = []
        self.exported = 0
        self._ended = _Ended(self.spans)
        self._exporter, self._reader = exporter, reader
        resource = Resource.create(_service(version))
        self._ids = _Ids(ids)
        tracers = TracerProvider(resource=resource, shutdown_on_exit=False, id_generator=self._ids)
        tracers.add_span_processor(self._ended)
        self._tracer = tracers.get_tracer(SCOPE, version, SCHEMA)
        sampler = tracers.sampler
        found = sampler.should_sample(None, ids.trace_id, _RUN, SpanKind.INTERNAL).decision
        kept = found is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if kept else TraceFlags.DEFAULT)
        root = SpanContext(ids.trace_id, ids.root_id, is_remote=True, trace_flags=flags)
        self._root = set_span_in_context(NonRecordingSpan(root), Context())
        meters = MeterProvider([reader], resource, shutdown_on_exit=False)
        meter = meters.get_meter(SCOPE, version, SCHEMA)
        self._durations = meter.create_histogram(
            DURATION,
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self._tokens = meter.create_histogram(
            TOKENS,
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=TOKEN_BUCKETS,
        )

    @property
    def ended(self) -> int:
        """How many spans there were so far."""
        return self._ended.count

    def sampled(
        self,
        key: SampleKey,
        sent: Sequence[Sent],
        observation: Observation | None,
        shared: Mapping[str, Value],
        now: float,
    ) -> None:
        """Make the span of a sample, with one below it for each attempt.

        ``shared`` are attributes of the whole run; ``now`` is Unix time, for a sample without any
        attempt.
        """
        span = self._tracer.start_span(
            f"sample {key[1]}",
            context=self._root,
            attributes={**shared, **sample_attributes(key, observation)},
            start_time=_ns(sent[0].at if sent else now),
        )
        inside = set_span_in_context(span, Context())
        for one in sent:
            self.called(one, shared, inside)
        ended = max((_end(one) for one in sent), default=now)
        if observation is not None:
            for score in observation.scores:
                span.add_event(_EVALUATED, _evaluation(score), _ns(ended))
            if observation.outcome != ANSWERED:
                span.set_status(_error(observation.outcome))
        span.end(_ns(ended))

    def called(
        self, sent: Sent, shared: Mapping[str, Value], context: Context | None = None
    ) -> None:
        """Make the span of one attempt, below the run's unless ``context`` says otherwise."""
        model, outcome = model_attributes(sent.endpoint), outcome_attributes(sent)
        operation = operation_of(sent.endpoint)
        span = self._tracer.start_span(
            f"{operation} {model['gen_ai.request.model']}",
            context=self._root if context is None else context,
            kind=SpanKind.CLIENT,
            attributes={**model, **call_attributes(sent), **outcome, **shared},
            start_time=_ns(sent.at),
        )
        if isinstance(sent.attempt.outcome, CallFailure):
            span.set_status(_error(sent.attempt.outcome.kind))
        span.end(_ns(_end(sent)))
        self._measure(sent, {k: v for k, v in {**model, **outcome}.items() if k in _KEPT})

    def _measure(self, sent: Sent, attributes: Mapping[str, Value]) -> None:
        """Latency of calls of their own, and tokens of answers: the conventions leave those of
        failed operations out."""
        if sent.attempt.shared == 1 and not sent.attempt.batch:
            self._durations.record(sent.attempt.latency, attributes)
        if isinstance(sent.attempt.outcome, Response):
            for kind, count in tokens_of(sent.attempt.outcome.usage).items():
                self._tokens.record(count, {**attributes, "gen_ai.token.type": kind})

    def run(self, started_at: float, ended_at: float, attributes: Mapping[str, Value]) -> None:
        """Make the span of the whole run. Times are Unix time."""
        self._ids.root_is_next = True
        span = self._tracer.start_span(
            _RUN, context=Context(), attributes=attributes, start_time=_ns(started_at)
        )
        span.end(_ns(ended_at))

    def export(self, *, metrics: bool = False) -> bool:
        """Send what has ended; return whether all of it arrived. What did not is lost."""
        arrived = True
        while self.spans and arrived:
            batch = self.spans[:_BATCH]
            del self.spans[:_BATCH]
            arrived = self._exporter.export(batch) is SpanExportResult.SUCCESS
            self.exported += len(batch) if arrived else 0
        if not arrived:
            self.spans.clear()
        if metrics and arrived:
            before = getattr(self._reader, "failed", 0)
            self._reader.collect()
            arrived = getattr(self._reader, "failed", 0) == before
        return arrived

    def shutdown(self) -> None:
        """Close connections, and end what waits to try again. May be called by another thread."""
        self._exporter.shutdown()
        self._reader.shutdown()


class _Ids(RandomIdGenerator):
    """Random span ids within the run's trace; the root has its own."""

    def __init__(self, ids: RunIds) -> None:
        self._run = ids
        self.root_is_next = False

    def generate_trace_id(self) -> int:
        return self._run.trace_id

    def generate_span_id(self) -> int:
        if self.root_is_next:
            self.root_is_next = False
            return self._run.root_id
        return int.from_bytes(os.urandom(8), "big") or 1


class _Ended(SpanProcessor):
    """Keeps what has ended, where it is sampled."""

    def __init__(self, spans: list[ReadableSpan]) -> None:
        self.count = 0
        self._spans = spans

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """See ``SpanProcessor``."""

    def on_end(self, span: ReadableSpan) -> None:
        """See ``SpanProcessor``."""
        if span.context is not None and span.context.trace_flags.sampled:
            self.count += 1
            self._spans.append(span)


def _service(version: str) -> dict[str, str]:
    """Return the service's name, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES give one."""
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return {} if named else {"service.name": "llmeval", "service.version": version}


def _evaluation(score: Any) -> dict[str, Value]:
    """Return a score without its label and explanation: both may quote the answer."""
    found: dict[str, Value] = {"gen_ai.evaluation.name": score.scorer}
    if isinstance(score, NotScored):
        found["error.type"] = score.not_scored
    else:
        found["gen_ai.evaluation.score.value"] = score.value
    return found


def _error(kind: str) -> Status:
    return Status(StatusCode.ERROR, FAILURE_KINDS.get(kind, kind))


def _end(sent: Sent) -> float:
    return sent.at + sent.attempt.latency


def _ns(unix: float) -> int:
    return int(unix * 1e9)
