"""pytest-xdist: workers measure parts of one plan, the controller joins and decides.

Items are dealt out beforehand, each worker a fixed share, so that its engine knows what to work
ahead on. The latency suites go to the first worker, and wait until every other worker is done, so
that nothing else loads the endpoint or the machine while latency is measured. Concurrency, calls
and money are shared out evenly.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from llmeval.errors import LlmevalError
from llmeval.plugin.items import is_timed
from llmeval.plugin.role import Role
from llmeval.plugin.scope import shown
from llmeval.plugin.session import Evaluating
from llmeval.records import NotScored, Score

__all__ = ["WorkerHooks", "share_out", "worker_number"]

_DEALT = ".worker-dealt.json"


def share_out(timed: Sequence[bool], workers: int) -> list[list[int]]:
    """Deal places 0..n-1 to workers: timed ones to the first, the others in equal runs."""
    quality = [place for place, is_timed in enumerate(timed) if not is_timed]
    shares: list[list[int]] = []
    for k in range(workers):
        start, end = (len(quality) * i // workers for i in (k, k + 1))
        shares.append(quality[start:end])
    shares[0] += [place for place, is_timed in enumerate(timed) if is_timed]
    return shares


class WorkerHooks:
    """What xdist calls, in the controller and in each worker."""

    def __init__(self, evaluating: Evaluating) -> None:
        self.evaluating = evaluating
        if evaluating.role is Role.WORKER:
            evaluating.before_timed = self._until_others_are_done

    # In the controller

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        from llmeval.plugin.dealing import DealtScheduling

        return DealtScheduling(config, log, lambda: self._dealt()["shares"])

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        evaluating = self.evaluating
        node.workerinput["llmeval"] = {
            "run_id": evaluating.run_id,
            "run_dir": str(evaluating.directory),
            "session": evaluating.telemetry.session,
            "command": shown(evaluating.pytest_config.invocation_params.args),
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        said = getattr(node, "workeroutput", {}).get("llmeval")
        if said:
            self._hear(json.loads(said))
        else:
            self.evaluating.partial.append(
                f"worker {node.gateway.id} died, and with it what its tests' bodies had found"
            )

    def _hear(self, said: dict[str, Any]) -> None:
        evaluating = self.evaluating
        for reason in said["partial"]:
            if reason not in evaluating.partial:
                evaluating.partial.append(reason)
        for key, found in said["amendments"]:
            evaluating.amend(
                (key[0], key[1], key[2], key[3], key[4]),
                [_finding(finding) for finding in found],
            )
        for name, count in said["calls"].items():
            calls = evaluating.worker_calls
            calls[name] = calls.get(name, 0) + count
        evaluating.telemetry.hear(said["telemetry"])
        if said["problem"] and evaluating.problem is None:
            evaluating.problem = LlmevalError(said["problem"])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        try:
            return (yield)
        finally:
            if self.evaluating.role is Role.CONTROLLER:
                self.evaluating.order = [tuple(key) for key in self._dealt()["order"]]
                self._tidy()

    def _tidy(self) -> None:
        for left in self.evaluating.directory.glob(".worker-*"):
            left.unlink(missing_ok=True)

    def _dealt(self) -> dict[str, Any]:
        """Return what the first worker wrote down: each worker's share, and the plan's order."""
        path = self.evaluating.directory / _DEALT
        if not path.exists():
            return {"shares": [[] for _ in range(1000)], "order": []}
        dealt: dict[str, Any] = json.loads(path.read_bytes())
        return dealt

    # In a worker

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """After the plan is fixed, and before xdist tells the controller to deal it out."""
        evaluating = self.evaluating
        if evaluating.role is not Role.WORKER:
            return
        workers = evaluating.pytest_config.workerinput["workercount"]  # type: ignore[attr-defined]
        which = worker_number(evaluating.worker or "gw0")
        shares = share_out([is_timed(item) for item in session.items], workers)
        if which >= workers:
            evaluating.replaces_another = True
            return
        mine = {id(session.items[place]) for place in shares[which]}
        evaluating.mine = {item.place for item in evaluating.planned if id(item) in mine}
        if which == 0:
            self._write_dealt({"shares": shares, "order": evaluating.order})

    def _write_dealt(self, dealt: dict[str, Any]) -> None:
        with suppress(OSError):
            fresh = self.evaluating.directory / ".worker-fresh"
            fresh.write_text(json.dumps(dealt), "utf-8")
            fresh.replace(self.evaluating.directory / _DEALT)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        evaluating = self.evaluating
        if evaluating.role is not Role.WORKER:
            self._tidy()
            return
        self._mark("done")
        output = evaluating.pytest_config.workeroutput  # type: ignore[attr-defined]
        output["llmeval"] = msgspec.json.encode(
            {
                "partial": evaluating.partial,
                "amendments": list(evaluating.amendments.items()),
                "problem": str(evaluating.problem) if evaluating.problem else None,
                "calls": evaluating.call_counts(),
                "telemetry": evaluating.telemetry.warning,
            }
        ).decode("utf-8", "replace")

    def _mark(self, state: str) -> None:
        with suppress(OSError):
            mark = self.evaluating.directory / f".worker-{self.evaluating.worker}.{state}"
            mark.write_text(str(os.getpid()), "utf-8")

    async def _until_others_are_done(self) -> None:
        """Wait until no other worker measures; a worker that died is not waited for."""
        directory, me = self.evaluating.directory, self.evaluating.worker
        while any(_still_works(directory, m) for m in _others(directory, me)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if self.evaluating.role is Role.WORKER:
            with suppress(OSError):
                self.evaluating.directory.mkdir(parents=True, exist_ok=True)
            self._mark("begun")


def worker_number(name: str) -> int:
    """Return 3 for ``gw3``."""
    return int(name.removeprefix("gw"))


def _others(directory: Path, me: str | None) -> Iterable[Path]:
    return [m for m in directory.glob(".worker-*.begun") if m.name != f".worker-{me}.begun"]


def _still_works(directory: Path, begun: Path) -> bool:
    if begun.with_suffix(".done").exists():
        return False
    try:
        os.kill(int(begun.read_text("utf-8")), 0)
    except (OSError, ValueError):
        return False
    return True


def _finding(raw: dict[str, Any]) -> Score | NotScored:
    if "not_scored" in raw:
        return msgspec.convert(raw, NotScored)
    return msgspec.convert(raw, Score)
