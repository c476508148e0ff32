"""``--otel`` in real runs, against a receiver of OTLP over HTTP on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from plugin_project import Project, one_message, said

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the extra otel")

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import llmeval.telemetry.pipeline
from llmeval.telemetry import tracer

LOADED = (requests, OTLPMetricExporter, OTLPSpanExporter, llmeval.telemetry.pipeline)
"""pytester forgets modules that a run imported, and these do not bear to be imported twice."""

pytest_plugins = ["pytester"]


class Receiver:
    """Decodes what it is sent, into spans and metrics by name."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.metrics: dict[str, list[Any]] = {}
        self.bodies: list[bytes] = []
        self.headers: list[str | None] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.headers.append(self.headers.get("authorization"))
                receiver.take(self.path, body)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def take(self, path: str, body: bytes) -> None:
        self.bodies.append(body)
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    assert scope.scope.name == "llmeval"
                    self.spans += scope.spans
        else:
            assert path == "/v1/metrics"
            for found in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scoped in found.scope_metrics:
                    for metric in scoped.metrics:
                        points = self.metrics.setdefault(metric.name, [])
                        points += metric.histogram.data_points

    def named(self, beginning: str) -> list[Any]:
        return [span for span in self.spans if span.name.startswith(beginning)]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


def attributes(thing: Any) -> dict[str, Any]:
    found = {}
    for pair in thing.attributes:
        kind = pair.value.WhichOneof("value")
        value = getattr(pair.value, kind)
        found[pair.key] = [v.string_value for v in value.values] if kind == "array_value" else value
    return found


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
    yield made
    made.close()


@pytest.mark.parametrize("how", ["plain", "-n2"])
def test_a_run_is_one_trace(project: Project, receiver: Receiver, how: str) -> None:
    project.gate()
    result = project.either(how)("--otel")
    assert result.ret == 0, said(result)
    (root,) = receiver.named("llmeval run")
    samples, calls = receiver.named("sample arith"), receiver.named("chat ")
    assert (len(samples), len(calls)) == (6, 6)
    assert {s.trace_id for s in receiver.spans} == {root.trace_id}
    assert not root.parent_span_id
    assert {s.parent_span_id for s in samples} == {root.span_id}
    assert {c.parent_span_id for c in calls} == {s.span_id for s in samples}
    assert len({s.span_id for s in receiver.spans}) == len(receiver.spans) == 13
    told = [attributes(s) for s in samples]
    assert {t["llmeval.case.id"] for t in told} == {f"c{n}" for n in range(6)}
    assert {t["llmeval.run.id"] for t in told} == {project.summary()["run_id"]}
    assert attributes(root)["llmeval.verdict"] == "PASS"
    assert attributes(root)["llmeval.samples.recorded"] == 6
    assert attributes(calls[0])["gen_ai.provider.name"] == "python"
    durations = receiver.metrics["gen_ai.client.operation.duration"]
    assert sum(point.count for point in durations) == 6
    assert f"telemetry: trace {root.trace_id.hex()}" in said(result)
    assert set(receiver.headers) == {"Bearer s3cret"}
    times = [(c.start_time_unix_nano, c.end_time_unix_nano) for c in calls]
    assert all(
        root.start_time_unix_nano <= begun <= ended <= root.end_time_unix_nano
        for begun, ended in times
    )


def test_no_prompt_and_no_answer_leaves(project: Project, receiver: Receiver) -> None:
    project.run("--otel")
    assert receiver.spans
    for body in receiver.bodies:
        assert b"What is the" not in body, "the prompt"
        assert b"is even" not in body and b"is odd" not in body, "the answer"


@pytest.mark.parametrize("words", [[], ["--otel", "--collect-only"]])
def test_without_being_asked_nothing_is_sent(
    project: Project, receiver: Receiver, words: list[str]
) -> None:
    result = project.run(*words)
    assert not receiver.bodies
    assert "telemetry" not in said(result)


def test_the_setting_stands_in_the_configuration_too(project: Project, receiver: Receiver) -> None:
    project.write("pyproject.toml", "[tool.llmeval]\notel = true\n")
    project.run()
    assert len(receiver.spans) == 13


@pytest.mark.parametrize("how", ["plain", "-n2"])
def test_a_receiver_that_refuses_costs_one_line(
    project: Project, receiver: Receiver, how: str
) -> None:
    receiver.status = 401
    project.gate()
    result = project.either(how)("--otel")
    text = said(result)
    assert result.ret == 0, text
    assert text.count("telemetry was lost") == 1 and "401" in text
    assert "s3cret" not in text
    assert project.summary()["verdict"] == "PASS"


def test_free_form_tests_are_traced(project: Project, receiver: Receiver) -> None:
    project.write("test_free.py", "def test_asks(model):\n    assert model.ask('what of 4').text\n")
    result = project.run("--otel", "test_free.py")
    assert result.ret == 0, said(result)
    (call,), (root,) = receiver.named("chat "), receiver.named("llmeval run")
    assert call.parent_span_id == root.span_id


def test_a_resumed_run_keeps_its_name_in_a_trace_of_its_own(
    project: Project, receiver: Receiver
) -> None:
    project.run("--otel", "--max-calls=2", "--run-dir=run")
    first = {s.trace_id for s in receiver.spans}
    project.run("--otel", "--resume", "--run-dir=run")
    samples = receiver.named("sample arith")
    assert len(samples) == 6 and len({s.trace_id for s in samples}) == 2
    assert len(first) == 1
    names = {attributes(s)["llmeval.run.id"] for s in samples}
    assert names == {project.summary("run")["run_id"]}


def test_without_the_extra_the_pip_command_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracer, "_NEEDED", ("no_such_package.sdk",))
    one_message(project.run("--otel"), "pip install 'llmeval-gate[otel]'")
