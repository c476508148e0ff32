"""``--batch``: which samples go into a job, what becomes of its answers, what outlives a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from run_fakes import Outcome, Scripted, a_run, a_test, failed, planned, said

from llmeval.config import Config
from llmeval.endpoints.vertex.batch import JobState
from llmeval.errors import ConfigError, InfrastructureError, RecordError
from llmeval.records import CallFailure, Message, Request, Response
from llmeval.run import PlannedTest
from llmeval.run.batch import BatchedEndpoint, BatchRun, check_batch, staging_of
from llmeval.store import ResponseCache, cache_key
from llmeval.store.batches import BatchStore


@dataclass
class Jobs:
    """A batch service in memory: what was submitted, how each job ends, what it says."""

    states: list[str] = field(default_factory=lambda: ["RUNNING", "SUCCEEDED"])
    submitted: dict[str, list[Request]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    polled: int = 0
    kinds: bool = False
    says: Any = lambda request: said(f"batch {request.messages[-1].content}")
    refused: Any = lambda request: None

    @property
    def jobs(self) -> Jobs:
        return self

    def find(self, name: str) -> str | None:
        return self.names.get(name)

    def refusal(self, request: Request) -> CallFailure | None:
        return self.refused(request)  # type: ignore[no-any-return]

    def kind(self, request: Request) -> str:
        return str(request.settings) if self.kinds else ""

    def submit(self, requests: Sequence[Request], source: str, output: str, name: str) -> str:
        assert source.startswith("gs://") and output.startswith("gs://")
        job = f"jobs/{len(self.submitted)}"
        self.submitted[job], self.names[name] = list(requests), job
        return job

    def poll(self, job: str) -> JobState:
        state = self.states[min(self.polled, len(self.states) - 1)]
        self.polled += 1
        done = state not in ("QUEUED", "PENDING", "RUNNING")
        return JobState(
            state, done, "out of luck" if done else None, output_directory=f"gs://{job}"
        )

    def answers(
        self, directory: str, requests: Sequence[Request]
    ) -> Iterator[tuple[int, Outcome | None]]:
        for place in reversed(range(len(requests))):
            yield place, self.says(requests[place])


_stores: list[BatchStore] = []


def open_store(folder: Path) -> BatchStore:
    """Open a store that the test's end closes, as a killed session's end would."""
    _stores.append(BatchStore(folder))
    return _stores[-1]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("llmeval.run.batch._FIRST_PAUSE", 0.0)
    yield
    while _stores:
        _stores.pop().close()


class Batching(Scripted):
    """An endpoint with a batch side."""

    def __init__(self, jobs: Jobs, **kwargs: Any) -> None:
        super().__init__(lambda request, number: said("online"), **kwargs)
        self.service = jobs

    def batch(self) -> Jobs:
        return self.service


class Asking:
    """A prompt of one line."""

    hash = "h"

    def render(self, inputs: Mapping[str, Any]) -> list[Message]:
        return [Message("user", f"q{inputs['n']}")]


def asking(name: str = "test_x", **declared: Any) -> PlannedTest:
    test = a_test(name, **declared)
    plain = replace(test.declared, solver=None, prompt="ask.j2")
    return replace(test, declared=plain, prompt=Asking())  # type: ignore[arg-type]


@dataclass
class Session:
    """A run directory, and sessions that come and go in it."""

    folder: Path
    jobs: Jobs
    plan: list[Any]
    recorded: Mapping[Any, Any] = field(default_factory=dict)
    cache: ResponseCache | None = None
    notes: list[str] = field(default_factory=list)

    def run(self) -> tuple[BatchedEndpoint, Batching]:
        inner = Batching(self.jobs)
        inner.opened = 1
        store = open_store(self.folder)
        endpoint = BatchedEndpoint("fake", inner, store)
        work = BatchRun(
            plan=self.plan,
            endpoints={"fake": endpoint},
            store=store,
            staging="gs://bucket/x",
            run_id="r1",
            settings={},
            seed=0,
            recorded=lambda key: self.recorded.get(key),
            tell=self.notes.append,
            cache=self.cache,
        )
        asyncio.run(work.prepare())
        return endpoint, inner


def ask(endpoint: BatchedEndpoint, text: str, repetition: int = 0, **rest: Any) -> list[Any]:
    async def twice() -> list[Any]:
        request = Request((Message("user", text),), repetition=repetition, **rest)
        return [(await endpoint.send(request, 1.0)) for _ in range(2)]

    return asyncio.run(twice())


def text(attempt: Any) -> str:
    return attempt.outcome.text if isinstance(attempt.outcome, Response) else attempt.outcome.kind


def test_every_untimed_sample_is_answered_by_one_job(tmp_path: Path) -> None:
    jobs = Jobs()
    plan = planned(
        asking(count=3, samples=2),
        asking("test_timed", count=2, timed=True),
        a_test("test_solved", count=2),
    )
    endpoint, inner = Session(tmp_path, jobs, plan).run()
    ((job, requests),) = jobs.submitted.items()
    assert job == "jobs/0"
    assert [(r.messages[0].content, r.repetition) for r in requests] == [
        (f"q{n}", repetition) for n in range(3) for repetition in range(2)
    ]
    first, second = ask(endpoint, "q1", 1)
    assert (text(first), first.batch, inner.asked == []) == ("batch q1", True, False)
    assert (text(second), second.batch) == ("online", False), "a retry goes to the endpoint"
    assert text(ask(endpoint, "unknown")[0]) == "online"
    assert text(ask(endpoint, "q1", 0, stream=True)[0]) == "online"


def test_what_a_job_left_open_or_failed_is_asked_online(tmp_path: Path) -> None:
    def says(request: Request) -> Outcome | None:
        return {"q0": None, "q1": failed("server_error"), "q2": failed("blocked_prompt")}.get(
            request.messages[0].content, said("fine")
        )

    plan = planned(asking(count=4))
    endpoint, inner = Session(tmp_path, Jobs(says=says), plan).run()
    with a_run(plan, endpoint) as run:  # type: ignore[arg-type]
        observations = run.take_all()
    told = [o.response.text if o.response else o.outcome for o in observations]
    assert told == ["online", "online", "blocked_prompt", "fine"]
    assert [o.attempts for o in observations] == [1, 2, 1, 1]
    assert [o.timings.latency is None for o in observations] == [False, False, True, True]
    assert all(o.timings.queued >= 0 for o in observations)
    assert len(inner.asked) == 2


def test_what_is_recorded_or_cached_is_not_asked_again(tmp_path: Path) -> None:
    plan = planned(asking(count=4))
    cache = ResponseCache(tmp_path / "cache.sqlite")
    cached = Request((Message("user", "q2"),))
    cache.put(cache_key(Batching(Jobs()).identity, cached), said("known"), now=0.0)
    jobs = Jobs()
    session = Session(tmp_path, jobs, plan, recorded={plan[0].key: "recorded"}, cache=cache)
    session.run()
    assert [r.messages[0].content for r in jobs.submitted["jobs/0"]] == ["q1", "q3"]
    cache.close()


def test_nothing_to_ask_is_no_job(tmp_path: Path) -> None:
    jobs = Jobs()
    Session(tmp_path, jobs, planned(a_test(count=2))).run()
    assert jobs.submitted == {}


def test_a_request_that_cannot_be_sent_is_left_to_the_endpoint(tmp_path: Path) -> None:
    jobs = Jobs(refused=lambda request: failed("bad_request"))
    Session(tmp_path, jobs, planned(asking(count=2))).run()
    assert jobs.submitted == {}


def test_a_killed_session_finds_its_job_again(tmp_path: Path) -> None:
    jobs, plan = Jobs(states=["RUNNING"]), planned(asking(count=3))
    session = Session(tmp_path, jobs, plan)
    jobs.poll = _killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        session.run()
    del jobs.poll
    jobs.states = ["SUCCEEDED"]
    endpoint, _ = session.run()
    assert list(jobs.submitted) == ["jobs/0"]
    assert text(ask(endpoint, "q0")[0]) == "batch q0"


def test_a_job_whose_name_was_lost_is_found_by_its_display_name(tmp_path: Path) -> None:
    jobs, plan = Jobs(), planned(asking(count=3))
    session = Session(tmp_path, jobs, plan)
    submit = jobs.submit

    def killed(*arguments: Any) -> str:
        submit(*arguments)
        raise KeyboardInterrupt

    jobs.submit = killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        session.run()
    jobs.submit = submit  # type: ignore[method-assign]
    session.run()
    assert list(jobs.submitted) == ["jobs/0"]


def test_a_job_is_read_once(tmp_path: Path) -> None:
    jobs, plan = Jobs(says=lambda request: None), planned(asking(count=3))
    session = Session(tmp_path, jobs, plan)
    for _ in range(2):
        endpoint, _ = session.run()
        assert text(ask(endpoint, "q0")[0]) == "online"
    assert list(jobs.submitted) == ["jobs/0"]
    assert jobs.polled == 2


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "EXPIRED"])
def test_a_failed_job_ends_the_run_and_is_submitted_anew(tmp_path: Path, state: str) -> None:
    jobs, plan = Jobs(states=["RUNNING", state]), planned(asking(count=3))
    session = Session(tmp_path, jobs, plan)
    with pytest.raises(InfrastructureError, match=rf"ended as {state}: out of luck \(--resume"):
        session.run()
    jobs.states = ["SUCCEEDED"]
    session.run()
    assert list(jobs.submitted) == ["jobs/0", "jobs/1"]
    assert [name[-2:] for name in jobs.names] == ["-1", "-2"]


def test_parameters_that_differ_are_jobs_of_their_own(tmp_path: Path) -> None:
    jobs = Jobs(kinds=True)
    plan = planned(
        asking("test_a", count=2, settings={"temperature": 0}),
        asking("test_b", count=1, settings={"temperature": 1}),
    )
    Session(tmp_path, jobs, plan).run()
    assert [len(requests) for requests in jobs.submitted.values()] == [2, 1]


def test_what_is_waited_for_is_told(tmp_path: Path) -> None:
    session = Session(tmp_path, Jobs(), planned(asking(count=3)))
    session.run()
    assert session.notes[0].startswith("batch: writing 3 requests to gs://bucket/x/r1/")
    assert session.notes[1:] == ["batch job 0: RUNNING", "batch: reading gs://jobs/0", ""]


def test_an_endpoint_without_batches_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    endpoint = BatchedEndpoint("fake", Scripted(), store)
    work = BatchRun(
        plan=planned(asking(count=1)), endpoints={"fake": endpoint}, store=store,
        staging="gs://b", run_id="r", settings={}, seed=0, recorded=lambda key: None,
        tell=print,
    )  # fmt: skip
    with pytest.raises(ConfigError, match="fake is not on Vertex AI"):
        asyncio.run(work.prepare())


@pytest.mark.parametrize(
    ("config", "alone", "said"),
    [
        (Config(model=("12",)), True, "--staging=gs://BUCKET/FOLDER"),
        (Config(model=("12",), staging="gs://b"), False, "does not go with pytest -n"),
        (Config(model=("12",), staging="gs://b", max_calls=5), True, "--max-calls"),
        (Config(model=("12",), staging="gs://b", budget=5.0), True, "--budget"),
    ],
)
def test_what_a_batch_does_not_go_with(config: Config, alone: bool, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_batch(config, alone=alone)


def test_the_emulator_brings_its_bucket() -> None:
    assert staging_of(Config(model=("vertex-emulator#1001",))) == "gs://llmeval"
    assert staging_of(Config(model=("vertex-emulator", "12"))) is None
    check_batch(Config(model=("vertex-emulator",)), alone=True)


def test_a_store_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "batch.sqlite").write_bytes(b"no database, but long enough to be looked at" * 50)
    with pytest.raises(RecordError, match=r"cannot use .*batch\.sqlite"):
        BatchStore(tmp_path)


def _killed(job: str) -> JobState:
    raise KeyboardInterrupt
