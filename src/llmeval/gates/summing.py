"""``summarise``: a record's verdicts, coverage, warnings and overall verdict as ``run.json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from llmeval.errors import UsageError
from llmeval.gates.calibrated import calibration_inputs
from llmeval.gates.columns import Columns
from llmeval.gates.contrasts import contrasts_of
from llmeval.gates.coverage import coverage_of, covered
from llmeval.gates.deciding import decide_columns
from llmeval.gates.declared import GateSet
from llmeval.gates.deployed import columns_of, unplaced_notes
from llmeval.gates.wording import plural
from llmeval.records import (
    Column,
    Coverage,
    Observation,
    RunInfo,
    Summary,
    Usage,
    Verdict,
    column_name,
)

__all__ = ["summarise"]

Overall = Literal["PASS", "FAIL", "INCONCLUSIVE", "ERROR", "NONE"]


def summarise(
    run: RunInfo,
    observations: Iterable[Observation],
    gates: GateSet | None,
    *,
    baseline: Iterable[Observation] | None = None,
    baseline_id: str | None = None,
    today: date,
    finished_at: float,
    calls: Mapping[str, int] | None = None,
) -> Summary:
    """Decide on a record and describe it, ``by`` what the run says. Each iterable is read once.

    ``baseline_id`` is the run that ``baseline`` holds the samples of, ``today`` what waivers are
    held against, ``finished_at`` Unix time, ``calls`` what the engine
    counted. Raises ``UsageError`` for a run without a model.
    """
    if not run.models:
        raise UsageError("the record's header names no model: there is nothing to decide on")
    columns = Columns.of(observations)
    base = None if baseline is None else Columns.of(baseline, columns.words)
    by = columns_of(columns, run.models) if run.by == "deployed_model" else None
    verdicts = decide_columns(columns, gates, base, run, today, by) if gates else []
    coverage = coverage_of(columns, run)
    overall = _overall(verdicts, columns, run)
    return Summary(
        run_id=run.run_id,
        verdict=overall,
        model=run.models[0],
        models=run.models,
        judge=run.judge,
        inputs={**run.inputs, **calibration_inputs(gates)},
        gates=verdicts,
        coverage=coverage,
        usage=Usage(*columns.usage),
        cost_usd=columns.cost,
        started_at=run.started_at,
        finished_at=finished_at,
        partial=run.partial,
        hard_failures=columns.hard_failures,
        warnings=_warnings(run, columns, by, coverage, verdicts),
        unsignable=_unsignable(run, overall, bool(verdicts)),
        calls={"attempts": columns.attempts, "cached": columns.cached, **(calls or {})},
        llmeval=run.llmeval,
        seed=run.seed,
        suites=run.suites,
        command=run.command,
        versions=run.versions,
        settings=run.settings,
        baseline=baseline_id,
        prices=run.prices,
        by=run.by,
        columns=by or [],
        contrasts=contrasts_of(columns, by, run) if by else [],
    )


def _overall(verdicts: Sequence[Verdict], columns: Columns, run: RunInfo) -> Overall:
    """ERROR, FAIL, INCONCLUSIVE, PASS: the worst of the blocking gates and of the record itself."""
    blocking = {v.verdict for v in verdicts if v.blocks}
    if "ERROR" in blocking or _broken(columns, run):
        return "ERROR"
    if "FAIL" in blocking or columns.hard_failures:
        return "FAIL"
    if not verdicts:
        return "NONE"
    return "INCONCLUSIVE" if blocking or run.partial else "PASS"


def _broken(columns: Columns, run: RunInfo) -> bool:
    """Whether any suite's record is damaged or cut off, gated or not."""
    planned = {(m.ref, info.suite) for m in run.models for info in run.suites}
    return any(
        covered(columns, model, suite, run).broken for model, suite in {*planned, *columns.frames}
    )


def _unsignable(run: RunInfo, overall: Overall, gated: bool) -> list[str]:
    simulated = [m.ref for m in run.models if m.simulated]
    fallbacks = sorted({s.name for info in run.suites for s in info.scorers if s.fallback})
    reasons = [
        f"simulated model: {', '.join(simulated)}" if simulated else "",
        f"fallback scorers: {', '.join(fallbacks)}" if fallbacks else "",
        f"simulated judge: {run.judge.ref}" if run.judge and run.judge.simulated else "",
        f"partial run: {'; '.join(run.partial)}" if run.partial else "",
        "" if gated else "no gates",
        f"the verdict is {overall}" if overall != "PASS" else "",
    ]
    return [reason for reason in reasons if reason]


def _warnings(
    run: RunInfo,
    columns: Columns,
    by: Sequence[Column] | None,
    coverage: Coverage,
    verdicts: Sequence[Verdict],
) -> list[str]:
    return [
        *_judge_warnings(run),
        *_scorer_warnings(run),
        *_version_warnings(columns, by is not None),
        *unplaced_notes(by or ()),
        *(
            f"suite {suite!r}: {plural(counts['truncated'], 'answer')} of {counts['answered']:,} "
            f"cut off at the token limit (finish_reason length); raise max_tokens"
            for suite, counts in coverage.suites.items()
            if counts["truncated"]
        ),
        *(
            f"gate {v.name} (warn) on {v.model} is {v.verdict}: {v.explanation}"
            for v in verdicts
            if v.severity == "warn" and v.verdict not in ("PASS", "WAIVED")
        ),
    ]


def _judge_warnings(run: RunInfo) -> list[str]:
    judge = run.judge
    if judge is None:
        return []
    same = [m.ref for m in run.models if m.ref == judge.ref or m.name == judge.name]
    return [f"the judge {judge.ref} is the model under test: it judges itself"] if same else []


def _scorer_warnings(run: RunInfo) -> list[str]:
    told = {s.name: s.fallback for info in run.suites for s in info.scorers if s.fallback}
    return [f"scorer {name}: {sentence}" for name, sentence in sorted(told.items())]


def _version_warnings(columns: Columns, by_deployed_model: bool) -> Iterator[str]:
    deployed: dict[str, list[str]] = {}
    for model, name in sorted(columns.versions):
        deployed.setdefault(model, []).append(name)
    for (model, name), versions in sorted(columns.versions.items()):
        if len(versions) > 1:
            told_apart = by_deployed_model or len(deployed[model]) > 1
            who = column_name(model, name) if told_apart else model
            yield f"{who} changed during the run: it answered as {', '.join(sorted(versions))}"
    for model, names in deployed.items():
        if len(names) > 1 and not by_deployed_model:
            yield (
                f"{model} answered from {len(names)} deployed models ({', '.join(names)}): "
                f"--by=deployed_model decides on each for itself"
            )
