"""The part of a session that costs calls: engine, record, cache, between start and stop."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from llmeval.config import Config
from llmeval.errors import RecordError
from llmeval.ports import Endpoint
from llmeval.records import Observation, RunInfo
from llmeval.run import CallPolicy, Engine, PlannedSample, RunStopped, SystemClock, Wiring
from llmeval.run.batch import BatchedEndpoint, BatchRun, staging_of
from llmeval.store import RecordWriter, ResponseCache, RunDirectory
from llmeval.store.batches import BatchStore
from llmeval.store.resume import RecordedSamples, differences

if TYPE_CHECKING:
    from llmeval.telemetry import RunTracer

__all__ = ["Measuring", "Share"]

_SWITCH = 0.001
"""Seconds after which Python hands over between pytest's thread and the engine's: shorter than the
default, so that a busy pytest does not hold up the engine's time stamps."""


@dataclass(frozen=True)
class Share:
    """This process's part of the work: of how many, under which name, and whether it stands in
    for a worker that died (then it asks only for what it is given)."""

    of: int = 1
    worker: str | None = None
    replaces_another: bool = False


class Measuring:
    """Engine and record of one process. Construct it to start; ``stop`` it once.

    ``describe`` makes the header as soon as every endpoint is open and knows who it is.
    Raises ``RecordError`` where cache or earlier record cannot be used.
    """

    def __init__(
        self,
        config: Config,
        plan: Sequence[PlannedSample],
        endpoints: dict[str, Endpoint],
        judges: Sequence[Endpoint],
        directory: RunDirectory,
        cache: Path,
        describe: Callable[[], RunInfo],
        share: Share,
        before_timed: Callable[[], Awaitable[None]] | None,
        tracer: RunTracer | None = None,
    ) -> None:
        self.run: RunInfo | None = None
        self._directory = directory
        self._describe = describe
        self._share = share
        self._judges = judges
        self._tracer = tracer
        self._writer: RecordWriter | None = None
        self._cache: ResponseCache | None = None
        self._recorded: RecordedSamples | None = None
        if not config.no_cache and any(
            e.identity.cacheable for e in (*endpoints.values(), *judges)
        ):
            self._cache = ResponseCache(cache)
        if (config.resume or share.replaces_another) and directory.parts():
            self._recorded = RecordedSamples(directory)
        self.note = ""
        self._batches = BatchStore(directory.path) if config.batch else None
        asked, prepared = endpoints, None
        if self._batches is not None:
            asked, prepared = self._batched(config, plan, endpoints, self._batches)
        self.engine = Engine(
            plan,
            asked,
            self._wiring(config, prepared),
            before_timed=before_timed,
            look_ahead=not share.replaces_another,
        )
        self._switch = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        self.engine.start()

    def stop(self) -> RunStopped | None:
        """Release engine, record and cache; return why the plan was not measured to its end."""
        self.engine.close()
        sys.setswitchinterval(self._switch)
        stopped = self.engine.stopped
        if self.run is None and stopped and stopped.error is None:
            self._opened()  # the session ended before the endpoints were open: that is a run, too
        if self._writer:
            self._writer.close()
        if self._cache:
            self._cache.close()
        if self._batches:
            self._batches.close()
        return stopped

    def _batched(
        self,
        config: Config,
        plan: Sequence[PlannedSample],
        endpoints: dict[str, Endpoint],
        store: BatchStore,
    ) -> tuple[dict[str, Endpoint], Callable[[], Awaitable[None]]]:
        """Return endpoints that answer from batches first, and what fills these."""
        batched = {ref: BatchedEndpoint(ref, e, store) for ref, e in endpoints.items()}
        recorded = self._recorded

        async def prepare() -> None:
            assert self.run is not None  # noqa: S101 - the header is written by then
            await BatchRun(
                plan=plan,
                endpoints=batched,
                store=store,
                staging=staging_of(config) or "",
                run_id=self.run.run_id,
                settings=config.settings,
                seed=config.seed,
                recorded=recorded.get if recorded else lambda key: None,
                tell=self._take_note,
                cache=self._cache,
                cache_ttl=config.cache_ttl,
                now=time.time,
            ).prepare()

        return dict(batched), prepare

    def _take_note(self, note: str) -> None:
        self.note = note

    def _wiring(self, config: Config, prepared: Callable[[], Awaitable[None]] | None) -> Wiring:
        of = self._share.of
        recorded: dict[str, Any] = {"recorded": self._recorded.get} if self._recorded else {}
        return Wiring(
            opened=self._opened,
            prepared=prepared,
            record=self._record,
            **recorded,
            clock=SystemClock(),
            policy=CallPolicy(
                config.timeout, config.max_attempts, config.retry_for, config.cache_ttl
            ),
            concurrency=max(1, config.concurrency // of),
            max_calls=None if config.max_calls is None else config.max_calls // of,
            budget=None if config.budget is None else config.budget / of,
            cache=self._cache,
            judges=self._judges,
            prices=config.prices,
            settings=config.settings,
            seed=config.seed,
            tracer=self._tracer,
        )

    def _opened(self) -> None:
        """Write the header. Runs in the engine's thread."""
        run = self._describe()
        if self._recorded:
            old = self._recorded.run
            changed = differences(old, run)
            if changed:
                raise RecordError(
                    f"cannot resume {self._directory.path}: it was measured with other inputs: "
                    + "; ".join(changed)
                    + ". Undo that, or measure anew without --resume"
                )
            run = msgspec.structs.replace(run, run_id=old.run_id, started_at=old.started_at)
        self.run = run
        if self._tracer:
            self._tracer.describe({"llmeval.run.id": run.run_id})
        self._writer = RecordWriter(self._directory.part(self._share.worker), run)

    def _record(self, observation: Observation) -> None:
        assert self._writer is not None  # noqa: S101 - opened before the first call
        self._writer.append(observation)
