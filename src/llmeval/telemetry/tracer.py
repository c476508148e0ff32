"""The tracer of a session: takes note in the caller's thread, does the work in its own."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from llmeval.errors import MissingExtra
from llmeval.ports import Clock, Sent
from llmeval.records import Observation, SampleKey
from llmeval.telemetry.identifiers import RunIds

if TYPE_CHECKING:
    from llmeval.telemetry.attributes import Value
    from llmeval.telemetry.pipeline import Pipeline

__all__ = ["RunTracer", "open_tracer"]

_NEEDED: Final = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")
_SPANS_SECONDS: Final = 5.0
_METRICS_SECONDS: Final = 60.0
_SETTLING_SECONDS: Final = 10.0
_CLOSING_SECONDS: Final = 30.0
_STANDSTILL_SECONDS: Final = 3.0
_WAITING: Final = 20_000
"""Samples that may wait for the tracer's thread; more are lost rather than kept in memory."""

_MANY: Final = 512
"""Spans that are exported without waiting for more."""

_WORDS: Final = 240
_GIVE_UP: Final = 3
"""Exports in a row that fail before no more are tried."""


def open_tracer(session: str, version: str, clock: Clock) -> RunTracer:
    """Return a tracer that exports by OTLP over HTTP, as the standard OTEL_* variables say.

    ``session`` names this session and no other; ``version`` is llmeval's. Raises ``MissingExtra``.
    """
    if not all(map(_is_installed, _NEEDED)):
        raise MissingExtra("--otel", "otel")
    ids = RunIds.of(session)

    def build() -> Pipeline:
        from llmeval.telemetry.pipeline import otlp_pipeline

        return otlp_pipeline(ids, version)

    return RunTracer(ids, build, clock)


class RunTracer:
    """A ``ports.Tracer``. ``close`` it once; whatever fails in it, fails without harm.

    ``build`` is called at once, about 0.2 s of CPU: what it loads may warn, and pytest makes errors
    of warnings only while a test runs.
    """

    def __init__(self, ids: RunIds, build: Callable[[], Pipeline], clock: Clock) -> None:
        self.ids = ids
        self._clock = clock
        self._shared: dict[str, Value] = {}
        self._jobs: queue.Queue[Callable[[Pipeline], None] | None] = queue.Queue(_WAITING)
        self._pipeline: Pipeline | None = None
        self._failures = self._unheard = 0
        self._broken = False
        self._heard: list[str] = []
        self._reason: str | None = None
        self._started_at = clock.time()
        with _Listening(self._heard), self._contained():
            self._pipeline = build()
        self._thread = threading.Thread(target=self._main, name="llmeval-telemetry", daemon=True)
        self._thread.start()

    def describe(self, attributes: Mapping[str, Value]) -> None:
        """Set attributes that every span from now on has."""
        self._shared = dict(attributes)

    def sampled(
        self, key: SampleKey, sent: Sequence[Sent], observation: Observation | None
    ) -> None:
        """See ``ports.Tracer``."""
        shared, now = self._shared, self._clock.time()
        self._put(lambda pipeline: pipeline.sampled(key, sent, observation, shared, now))

    def called(self, sent: Sequence[Sent]) -> None:
        """See ``ports.Tracer``."""
        shared = self._shared
        for one in sent:
            self._put(partial(_called, one, shared))

    def settle(self) -> None:
        """See ``ports.Tracer``."""
        done, waited = threading.Event(), 0
        self._put(partial(self._export_then, done))
        while self._thread.is_alive() and not done.wait(0.1) and waited < 10 * _SETTLING_SECONDS:
            waited += 1

    def close(self, root: Mapping[str, Value] | None = None) -> str | None:
        """Export the rest; return a sentence where something was lost.

        Waits as long as spans arrive, half a minute at most, and three seconds where none does.
        ``root`` are attributes of the run's own span; without them it is left to another process.
        """
        shared, ended_at = self._shared, self._clock.time()
        if root is not None:
            attributes = {**shared, **root}
            self._put(lambda pipeline: pipeline.run(self._started_at, ended_at, attributes))
        with contextlib.suppress(queue.Full):
            self._jobs.put(None, timeout=1.0)
        self._wait()
        if self._thread.is_alive():
            self._lost("the exporter did not come to an end in time")
            if self._pipeline is not None:
                self._pipeline.shutdown()
                self._thread.join(1.0)
        return self._warning()

    def _wait(self) -> None:
        """Wait for the thread while it gets anywhere."""
        begun = moved = time.monotonic()
        before = self._arrived()
        while self._thread.is_alive():
            self._thread.join(0.1)
            now = time.monotonic()
            if self._arrived() != before:
                before, moved = self._arrived(), now
            if now - moved > _STANDSTILL_SECONDS or now - begun > _CLOSING_SECONDS:
                return

    def _arrived(self) -> int:
        return self._pipeline.exported if self._pipeline else -1

    def _put(self, job: Callable[[Pipeline], None]) -> None:
        try:
            if self._broken:
                raise queue.Full
            self._jobs.put_nowait(job)
        except queue.Full:
            self._unheard += 1

    @contextlib.contextmanager
    def _contained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - telemetry must not harm what it looks at
            self._broken = True
            self._heard.clear()
            self._lost(f"{type(error).__name__}: {error}")

    def _lost(self, why: str) -> None:
        """Remember why something was lost: the first reason counts."""
        if self._reason is None:
            self._reason = self._heard[0] if self._heard else why

    def _warning(self) -> str | None:
        if self._reason is None and not self._unheard:
            return None
        spans = self._pipeline.ended - self._pipeline.exported if self._pipeline else 0
        waiting = self._unheard + max(0, self._jobs.qsize() - 1)  # the last says that this is all
        counted = ((spans, "span"), (waiting, "sample"))
        what = [f"{n:,} {name}{'s' * (n != 1)}" for n, name in counted if n]
        said = _without_secrets(self._reason or "there were more than could be kept")
        return (
            f"telemetry was lost ({' and '.join(what) or 'metrics'}): {said}; look at "
            f"OTEL_EXPORTER_OTLP_ENDPOINT, or leave --otel out"
        )

    # The tracer's own thread from here on.

    def _main(self) -> None:
        if self._pipeline is None:
            return
        with _Listening(self._heard), self._contained():
            try:
                self._work(self._pipeline)
                self._export(self._pipeline, metrics=True)
            finally:
                self._pipeline.shutdown()

    def _work(self, pipeline: Pipeline) -> None:
        """Do what is asked for; export now and then, but never while nothing is told: so that a
        latency suite, which tells at its end, is left in peace."""
        told = False
        spans_due = time.monotonic() + _SPANS_SECONDS
        metrics_due = time.monotonic() + _interval()
        while True:
            now = time.monotonic()
            if now >= spans_due or len(pipeline.spans) >= _MANY:
                metrics = told and now >= metrics_due
                self._export(pipeline, metrics=metrics)
                now = time.monotonic()
                spans_due = now + _SPANS_SECONDS
                if metrics:
                    told, metrics_due = False, now + _interval()
            try:
                job = self._jobs.get(timeout=max(0.0, spans_due - now))
            except queue.Empty:
                continue
            if job is None:
                return
            told = True
            job(pipeline)

    def _export_then(self, done: threading.Event, pipeline: Pipeline) -> None:
        self._export(pipeline, metrics=False)
        done.set()

    def _export(self, pipeline: Pipeline, *, metrics: bool) -> None:
        self._heard.clear()
        if self._failures >= _GIVE_UP:
            pipeline.spans.clear()
        elif pipeline.export(metrics=metrics):
            self._failures = 0
        else:
            self._failures += 1
            self._lost("the exporter did not say why")


def _called(sent: Sent, shared: Mapping[str, Value], pipeline: Pipeline) -> None:
    pipeline.called(sent, shared)


class _Listening(logging.Handler):
    """Keeps to itself what OpenTelemetry logs in this thread: a run has one warning, not hundreds.

    What other threads log goes where it would go anyway.
    """

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard
        self._logger = logging.getLogger("opentelemetry")
        self._propagated = self._logger.propagate

    def __enter__(self) -> None:
        self._own = threading.get_ident()
        self._propagated = self._logger.propagate
        self._logger.addHandler(self)
        self._logger.propagate = False

    def __exit__(self, *error: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread != self._own:
            logging.getLogger().callHandlers(record)
        elif len(self._heard) < 100:
            self._heard.append(record.getMessage())


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _interval() -> float:
    """Return the seconds between two exports of metrics."""
    try:
        given = float(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL", "")) / 1000
    except ValueError:
        return _METRICS_SECONDS
    return given if given > 0 else _METRICS_SECONDS


def _without_secrets(text: str) -> str:
    """Return the beginning, without the values of headers that the exporter sends."""
    for name, value in os.environ.items():
        if name.startswith("OTEL_EXPORTER_OTLP") and name.endswith("HEADERS"):
            for pair in value.split(","):
                secret = pair.partition("=")[2].strip()
                for form in {secret, unquote(secret)}:
                    text = text.replace(form, "[redacted]") if len(form) > 3 else text
    line = " ".join(text.split())
    return line if len(line) <= _WORDS else line[:_WORDS] + "…"
