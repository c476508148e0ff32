"""One measuring session, from options to report. Hooks call it; it holds the order of things."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from llmeval import __version__
from llmeval.config import Config, load_config
from llmeval.endpoints import columns, options_of, resolve
from llmeval.errors import ConfigError, LlmevalError, RecordError, SuiteError
from llmeval.gates import GateSet, check_metrics, load_gates, parse_metric
from llmeval.plugin.items import SampleItem, is_timed
from llmeval.plugin.measuring import Measuring, Share
from llmeval.plugin.progress import LiveLine
from llmeval.plugin.publishing import check_publishing, publish
from llmeval.plugin.role import Role, role_of, worker_input
from llmeval.plugin.scope import file_hashes, keep_shard, narrowed_by, shown, versions
from llmeval.plugin.telemetry import SessionTelemetry
from llmeval.plugin.verdicts import announce
from llmeval.ports import Endpoint, JudgeScorer
from llmeval.prices import check_priced, model_prices
from llmeval.prompts import JudgeLibrary, PromptLibrary
from llmeval.records import NotScored, RunInfo, SampleKey, Score, Summary
from llmeval.report import ReportData
from llmeval.report.page import prepare
from llmeval.run import Engine, Finished, PlannedTest, describe
from llmeval.run.baseline import Baseline, check_baseline, open_baseline
from llmeval.run.batch import check_batch
from llmeval.run.decide import decide_run, write_pages
from llmeval.store import RunDirectory

__all__ = ["Evaluating"]

_LOCATION = "GOOGLE_CLOUD_LOCATION"


class Evaluating:
    """State of one session; pytest's stash holds it."""

    def __init__(
        self,
        config: Config,
        pytest_config: pytest.Config,
        endpoints: dict[str, Endpoint],
        gates: GateSet | None,
        baseline: Baseline | None = None,
        *,
        run_id: str,
    ) -> None:
        self.config = config
        self.pytest_config = pytest_config
        self.root = pytest_config.rootpath
        self.endpoints = endpoints
        self.gates = gates
        self.baseline = baseline
        self.role = role_of(pytest_config)
        self.worker: str | None = worker_input(pytest_config).get("workerid")
        self.prompts = PromptLibrary([self.root / config.prompts])
        self.judge_prompts = JudgeLibrary([self.root / config.prompts])
        self.judges: list[Endpoint] = []
        self.tests: dict[tuple[str, str], PlannedTest] = {}
        self.files: set[Path] = set()
        self.partial: list[str] = []
        self.amendments: dict[SampleKey, list[Score | NotScored]] = {}
        self.order: list[SampleKey] = []
        self.summary: Summary | None = None
        self.problem: LlmevalError | None = None
        self.before_timed: Any = None
        self.planned: list[SampleItem] = []
        self.mine: set[int] | None = None
        self.replaces_another = False
        self.worker_calls: dict[str, int] = {}
        self.report_data: ReportData | None = None
        self.run_directory: RunDirectory | None = None
        self.telemetry = SessionTelemetry(
            config.otel, self.role, worker_input(pytest_config).get("llmeval", {})
        )
        self._measuring: Measuring | None = None
        self._places: dict[int, int] = {}
        self.published: list[str] = []
        self._noted = ""
        self._live = LiveLine(pytest_config)
        self.run_id, self.directory = run_id, self._where(run_id)

    @classmethod
    def begin(cls, pytest_config: pytest.Config, options: dict[str, Any]) -> Evaluating:
        """Check everything that can be checked before collection; raises ``LlmevalError``."""
        root = pytest_config.rootpath
        config = load_config(options, root)
        run_id = _run_id(pytest_config)
        config = msgspec.structs.replace(
            config, model=columns(config.model, config.location or os.environ.get(_LOCATION))
        )
        endpoint_options = options_of(config, os.environ, {"llmeval-run-id": run_id})
        check_publishing(config)
        if config.batch:
            check_batch(config, alone=role_of(pytest_config) is Role.ALONE)
        # A column is called as its endpoint calls itself: without a secret of the reference.
        resolved = [resolve(ref, options=endpoint_options) for ref in config.model]
        endpoints = {endpoint.identity.ref: endpoint for endpoint in resolved}
        if len(endpoints) < len(resolved):
            raise ConfigError("two of the models differ in nothing that may be shown: name one")
        config = msgspec.structs.replace(config, model=tuple(endpoints))
        if config.budget is not None:
            asked = [*resolved, *(resolve(ref, options=endpoint_options) for ref in config.judge)]
            check_priced([each.identity for each in asked], config.prices, opened=False)
        path = root / config.gates
        wanted = path.exists() or "gates" in options
        gates = load_gates(path, root / config.calibrations) if wanted else None
        baseline = _baseline(config, options, pytest_config)
        made = cls(config, pytest_config, endpoints, gates, baseline, run_id=run_id)
        made.judges = [resolve(ref, options=endpoint_options) for ref in config.judge]
        return made

    # Collection

    def add_test(self, test: PlannedTest, path: Path) -> None:
        """Take note of a collected test; raises ``SuiteError`` for a second of its name."""
        key = (test.suite, test.test)
        if key in self.tests and self.tests[key].source != test.source:
            raise SuiteError(f"{path}: suite {test.suite!r} has two tests called {test.test!r}")
        self.tests[key] = test
        self.files |= {path, Path(test.source)}

    def collected(self, items: list[pytest.Item]) -> None:
        """Keep this process's shard, before anything else is deselected."""
        shard = self.config.shard_of()
        if shard:
            self.partial.append(f"--shard={self.config.shard}: one of {shard[1]} parts")
            keep_shard(items, shard, self.pytest_config)

    def put_timed_last(self, items: list[pytest.Item]) -> None:
        """Move latency suites behind all others, in place."""
        items.sort(key=is_timed)

    def plan(self, session: pytest.Session) -> None:
        """Fix what will be measured, and check it against prompts and gates."""
        if self.role is Role.CONTROLLER:
            return
        if self.role is Role.WORKER and _ends_at_collection(session):
            session.items.clear()  # pytest itself stops here, xdist does not
        try:
            self._plan(session)
        except LlmevalError as error:
            if self.role is Role.ALONE:
                raise pytest.UsageError(str(error)) from None
            self.problem = error
            session.items.clear()

    def _plan(self, session: pytest.Session) -> None:
        self.planned = [
            item
            for item in session.items
            if isinstance(item, SampleItem) and not item.get_closest_marker("skip")
        ]
        self.order = [item.planned.key for item in self.planned]
        for place, item in enumerate(self.planned):
            item.place = place
        reason = narrowed_by(session, len(self.planned), self._promised())
        if reason:
            self.partial.append(reason)
        if session.testsfailed:
            self.partial.append(f"{session.testsfailed} of the test files could not be collected")
        self._check_judges()
        if not _ends_at_collection(session):
            self._check_gates(session)
        if plan_to := self.pytest_config.getoption("llmeval_plan", None):
            self._write_plan(Path(plan_to))
        if not self.pytest_config.getoption("collectonly"):
            for test in self.tests.values():
                if test.prompt:
                    test.prompt.check(test.cases, test.source)

    def _check_judges(self) -> None:
        """Leave judges out that nothing asks; raise ``SuiteError`` where one is missing."""
        asking = [
            (item.planned.test, scorer)
            for item in self.planned
            for scorer in item.planned.test.declared.scorers
            if isinstance(scorer, JudgeScorer)
        ]
        if not asking:
            self.judges = []
        elif not self.judges:
            test, scorer = asking[0]
            raise SuiteError(
                f"{test.suite}::{test.test} is scored by {scorer.identity.name!r}, which needs a "
                f"judge: give --judge=REF"
            )

    def _promised(self) -> int:
        models = len(self.config.model)
        return sum(len(t.cases) * t.samples * models for t in self.tests.values())

    def _check_gates(self, session: pytest.Session) -> None:
        if not self.gates:
            return
        infos = [describe(test, self.config.model) for test in self.tests.values()]
        suites = {info.suite for info in infos}
        named = session.config.args_source is pytest.Config.ArgsSource.ARGS
        gates = self.gates
        if named or session.testsfailed:
            missing = [g for g in gates.gates if parse_metric(g.metric).suite not in suites]
            if missing and named:
                self.partial.append("only some suites were named: " + " ".join(session.config.args))
            gates = msgspec.structs.replace(
                gates, gates=tuple(g for g in gates.gates if g not in missing)
            )
        check_metrics(gates, infos)
        if self.baseline:
            judge = self.judges[0].identity if self.judges else None
            check_baseline(self.baseline, gates, infos, judge)

    def _judgements(self) -> int:
        """How many verdicts each judge is asked for, retries and second orders apart."""
        return sum(
            isinstance(scorer, JudgeScorer)
            for item in self.planned
            for scorer in item.planned.test.declared.scorers
        )

    def _write_plan(self, path: Path) -> None:
        infos = [describe(test, self.config.model) for test in self.tests.values()]
        plan = {
            "suites": infos,
            "models": list(self.config.model),
            "concurrency": self.config.concurrency,
            "samples": len(self.planned),
            "judges": [judge.identity.ref for judge in self.judges],
            "judge_calls": self._judgements() * len(self.judges),
            "gates": str(self.root / self.config.gates) if self.gates else None,
            "seconds_per_call": None,
        }
        path.write_bytes(msgspec.json.encode(plan))

    # Measuring

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        assert self._measuring is not None  # noqa: S101 - tests run between start and finish
        return self._measuring.engine

    def start(self, session: pytest.Session) -> None:
        """Open the run directory and begin to measure."""
        if self.pytest_config.getoption("collectonly") or _ends_at_collection(session):
            return
        try:
            self.run_directory = self._open_directory()
            self.telemetry.start(self.run_id)
            if self.role is not Role.CONTROLLER and not self.problem:
                self._measuring = self._measure(self.run_directory)
                # At once, so that a plain --resume finds a run that was killed.
                self.run_directory.point_latest()
        except LlmevalError as error:
            self.problem = error
            if self.role is not Role.WORKER:
                raise pytest.UsageError(str(error)) from None
            session.items.clear()

    def load_ahead(self) -> None:
        """Load what deciding needs while the first answers are awaited anyway; not where latency is
        measured from the start, and not in a worker, which decides nothing."""
        if not self._measuring or self.role is not Role.ALONE:
            return
        if self.planned and not is_timed(self.planned[0]):
            import scipy.special  # noqa: F401

            prepare()

    def _open_directory(self) -> RunDirectory:
        known = RunDirectory(self.directory).parts() if self.directory.is_dir() else []
        if known and not self.config.resume and self.role is not Role.WORKER:
            raise RecordError(
                f"{self.directory} holds a run already: give --resume to go on with it, "
                f"or another --run-dir"
            )
        if self.baseline and self.baseline.directory.path == self.directory.resolve():
            raise RecordError(f"--baseline={self.directory} is the run that would be measured")
        return RunDirectory.create(self.directory)

    def _measure(self, directory: RunDirectory) -> Measuring:
        mine = [item for item in self.planned if self.mine is None or item.place in self.mine]
        self._places = {item.place: place for place, item in enumerate(mine)}
        return Measuring(
            config=self.config,
            plan=[item.planned for item in mine],
            endpoints=self.endpoints,
            judges=self.judges,
            directory=directory,
            cache=self.root / self.config.cache_dir / "cache.sqlite",
            describe=self._describe,
            share=Share(
                int(worker_input(self.pytest_config).get("workercount", 1)),
                self.worker,
                self.replaces_another,
            ),
            before_timed=self.before_timed,
            tracer=self.telemetry.tracer,
        )

    def _describe(self) -> RunInfo:
        given = worker_input(self.pytest_config).get("llmeval", {})
        models = [endpoint.identity for endpoint in self.endpoints.values()]
        if self.config.budget is not None:
            check_priced(models, self.config.prices)
        return RunInfo(
            run_id=self.run_id,
            started_at=time.time(),
            llmeval=__version__,
            models=models,
            suites=[describe(test, self.config.model) for test in self.tests.values()],
            inputs=file_hashes([*self.files, self.root / self.config.gates], self.root),
            seed=self.config.seed,
            judge=self.judges[0].identity if self.judges else None,
            judges=[judge.identity for judge in self.judges],
            partial=list(self.partial),
            command=given.get("command") or shown(self.pytest_config.invocation_params.args),
            versions=versions(),
            settings=dict(self.config.settings),
            prices=model_prices(
                [*models, *(judge.identity for judge in self.judges)], self.config.prices
            ),
            by=self.config.by,
        )

    def take(self, item: SampleItem) -> Finished:
        """Wait for an item's sample; raises ``RunStopped``."""
        self._tell()
        following = self.planned[item.place + 1 : item.place + 2]
        try:
            return self.engine.take(self._places[item.place], self._tell)
        finally:
            last = not following or following[0].path != item.path
            self._live.make_way(last_of_line=last)

    def _tell(self) -> None:
        now = time.monotonic()
        note = self._measuring.note if self._measuring else ""
        if note != self._noted:
            self._noted = note
            self._live.announce(note)
        if self._live.is_due(now):
            self._live.show(replace(self.engine.progress(), note=note), now)

    def amend(self, key: SampleKey, found: Sequence[Score | NotScored]) -> None:
        """Keep what a body found on a sample."""
        self.amendments[key] = list(found)

    def body_did_not_run(self, item: SampleItem) -> None:
        """Take note that a fixture failed: what the body asserts is not known."""
        test = item.planned.key[2]
        self._note(f"the fixtures of {test} failed, so its body did not run on every sample")

    def check(self, session: pytest.Session) -> None:
        """Stop the session where the engine cannot go on."""
        stopped = self._measuring.engine.stopped if self._measuring else None
        if stopped and stopped.error:
            session.shouldstop = "llmeval: nothing more can be measured"

    # Deciding

    def finish(self, session: pytest.Session, cause: BaseException | None) -> None:
        """Stop measuring, decide, and write the report. Raises ``pytest.exit`` where the
        infrastructure failed, so that the exit code says so."""
        self._live.clear()
        stopped = self._measuring.engine.stopped if self._measuring else None
        if cause is not None and not self.problem and not (stopped and stopped.error):
            self._note(_reason(session, cause))
        if self._measuring:
            stopped = self._measuring.stop()
            if stopped:
                self._note(stopped.reason)
                self.problem = self.problem or stopped.error
        if self.role is Role.WORKER:
            self.telemetry.finish(None)
            return
        refused = self.problem and self.config.resume and not self.call_counts().get("sent")
        if self.run_directory and self.run_directory.parts() and not refused:
            try:
                self._decide(self.run_directory)
                self._publish(self.run_directory)
            except LlmevalError as error:
                self.problem = self.problem or error
        self.telemetry.finish(self.summary)
        if self.problem:
            pytest.exit(f"llmeval: {self.problem}", returncode=4)

    def _note(self, reason: str) -> None:
        if reason not in self.partial:
            self.partial.append(reason)

    def _decide(self, directory: RunDirectory) -> None:
        measured = self._measuring.run if self._measuring else None
        run = msgspec.structs.replace(measured or directory.header(), partial=self.partial)
        if len(directory.parts()) > 1 or self.amendments or directory.header() != run:
            directory.join(run, self.order, self.amendments)
        self.summary = decide_run(
            directory,
            run,
            self.gates,
            today=date.today(),
            finished_at=time.time(),
            calls=self.call_counts(),
            baseline=self.baseline,
        )
        self.report_data = write_pages(directory, self.summary)
        announce(self.pytest_config, self.summary, self.root / self.config.gates)

    def _publish(self, directory: RunDirectory) -> None:
        if self.summary is not None and not self.problem:
            self.published = publish(self.config, self.summary, directory.path)

    def call_counts(self) -> dict[str, int]:
        """Return how many calls were sent and retried, by all workers where there are any."""
        if self._measuring is None:
            return dict(self.worker_calls)
        progress = self._measuring.engine.progress()
        return {"sent": progress.calls, "retried": progress.retries}

    def close(self) -> None:
        """Release everything, however the session ended."""
        if self._measuring:
            self._measuring.engine.close()
        self.telemetry.finish(None)

    def header_lines(self) -> list[str]:
        """Return what stands under pytest's own header."""
        if self.role is Role.WORKER:
            return []
        gates = f"{len(self.gates.gates)} gates" if self.gates else "no gates"
        return [f"llmeval {__version__}: {', '.join(self.config.model)}, {gates}"]

    def _where(self, run_id: str) -> Path:
        given = worker_input(self.pytest_config).get("llmeval")
        if given:
            return Path(given["run_dir"])
        base = self.root / self.config.reports
        if self.config.run_dir:
            return (self.pytest_config.invocation_params.dir / self.config.run_dir).resolve()
        if self.config.resume:
            latest = base / "latest"
            if not latest.exists():
                raise RecordError(f"--resume: there is no {latest}; name the run with --run-dir")
            return latest.resolve()
        return base / run_id


def _run_id(pytest_config: pytest.Config) -> str:
    """Return the id that the controller gave, else a new one: a time and four random digits."""
    given = worker_input(pytest_config).get("llmeval")
    if given:
        return str(given["run_id"])
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.urandom(2).hex()}"


def _baseline(
    config: Config, options: dict[str, Any], pytest_config: pytest.Config
) -> Baseline | None:
    """An option is relative to where pytest was called, a setting to its file."""
    if config.baseline is None:
        return None
    called = pytest_config.invocation_params.dir
    return open_baseline(
        config.baseline, called if "baseline" in options else pytest_config.rootpath
    )


def _ends_at_collection(session: pytest.Session) -> bool:
    """Whether nothing is to run, since a file could not be collected."""
    goes_on = session.config.getoption("continue_on_collection_errors")
    return bool(session.testsfailed and not goes_on)


def _reason(session: pytest.Session, cause: BaseException) -> str:
    # An early stop of pytest or xdist (-x, a dead endpoint) is a kind of KeyboardInterrupt.
    if type(cause) is KeyboardInterrupt:
        return "interrupted by Ctrl-C"
    said = session.shouldfail or session.shouldstop
    return f"pytest stopped early: {said}" if said else f"pytest stopped early: {cause!r}"
