"""An earlier run to compare with: found, and held against what will be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from llmeval.errors import UsageError
from llmeval.gates import GateSet, parse_metric
from llmeval.records import EndpointIdentity, RunInfo, ScorerIdentity, SuiteInfo
from llmeval.store import RunDirectory

__all__ = ["Baseline", "changes", "check_baseline", "incomplete", "open_baseline"]

_SHOWN = 10


@dataclass(frozen=True)
class Baseline:
    """A run that was measured whole."""

    directory: RunDirectory
    run: RunInfo


def open_baseline(reference: str, beside: Path) -> Baseline:
    """Find a run by its directory or a file in it, relative to ``beside``.

    Raises ``UsageError`` for an address in a cloud and for a run that is partial or was cut off,
    ``RecordError`` where there is no run.
    """
    if reference.startswith("gs://"):
        raise UsageError(
            f"--baseline={reference}: runs in Cloud Storage come with the pipeline, and cannot be "
            f"read yet: copy the run to this machine and give its directory"
        )
    directory = RunDirectory.open(beside / reference)
    if why := incomplete(directory):
        raise UsageError(f"the run at {directory.path} cannot be a baseline: {why}")
    return Baseline(directory, directory.header())


def incomplete(directory: RunDirectory) -> str:
    """Say why a run is not whole; empty where it is. Raises ``RecordError``."""
    summary, run = directory.summary(), directory.header()
    if summary is None:
        return "it never got as far as its verdict: finish it with --resume"
    if summary.partial or run.partial:
        return "it is partial: " + "; ".join(dict.fromkeys([*run.partial, *summary.partial]))
    held, planned = summary.coverage.recorded, summary.coverage.planned
    if held != planned:
        return f"its record holds {held:,} of {planned:,} planned samples"
    return ""


def check_baseline(
    baseline: Baseline,
    gates: GateSet | None,
    suites: Iterable[SuiteInfo],
    judge: EndpointIdentity | None,
) -> None:
    """Refuse a baseline that measured something else, in the suites whose gates look at it.

    Raises ``UsageError`` that names each difference.
    """
    looked_at: dict[str, set[str]] = {}
    for gate in gates.gates if gates else ():
        if gate.direction == "no_worse_than_baseline":
            metric = parse_metric(gate.metric)
            looked_at.setdefault(metric.suite, set()).add(metric.scorer)
    found = changes(baseline.run.suites, suites, looked_at)
    before = baseline.run.judge
    if looked_at and (before.ref if before else None) != (judge.ref if judge else None):
        found.append("another judge")
    if found:
        more = f"; and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
        raise UsageError(
            f"the baseline {baseline.directory.path} cannot be compared with: "
            + "; ".join(found[:_SHOWN])
            + more
            + "; measure it anew with the cases and prompts of today"
        )


def changes(
    before: Iterable[SuiteInfo],
    after: Iterable[SuiteInfo],
    looked_at: Mapping[str, Iterable[str]],
) -> list[str]:
    """Name what differs in the tests of some suites, so that their samples are not alike.

    ``looked_at`` maps a suite to its scorers that matter. A suite that is not measured now does
    not differ.
    """
    fresh = {(s.suite, s.test): s for s in after if s.suite in looked_at}
    measured = {suite for suite, _ in fresh}
    old = {(s.suite, s.test): s for s in before if s.suite in measured}
    found: list[str] = []
    for key in sorted(fresh.keys() | old.keys()):
        name = "::".join(key)
        if key not in old:
            found.append(f"{name} is not in it")
        elif key not in fresh:
            found.append(f"{name} is only in it")
        else:
            scorers = set(looked_at[key[0]])
            found += [f"{name}: {what}" for what in _changed(old[key], fresh[key], scorers)]
    return found


def _changed(old: SuiteInfo, new: SuiteInfo, scorers: set[str]) -> Iterator[str]:
    if old.cases_hash != new.cases_hash:
        yield f"cases changed ({old.cases} there, {new.cases} here)"
    if old.prompt_hash != new.prompt_hash:
        yield "prompt or settings changed"
    if old.samples != new.samples:
        yield f"samples of each case changed ({old.samples} there, {new.samples} here)"
    before, after = _named(old), _named(new)
    for name in sorted(scorers):
        if before.get(name) != after.get(name):
            yield f"scorer {name!r} changed"


def _named(info: SuiteInfo) -> dict[str, ScorerIdentity]:
    return {scorer.name: scorer for scorer in info.scorers}
