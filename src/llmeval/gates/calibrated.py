"""Gates that correct their rate for the scorer's own error, as a calibration measured it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct, structs

from llmeval.calibration import Calibration
from llmeval.calibration.measures import Rates
from llmeval.errors import UsageError
from llmeval.gates.declared import Gate, GateSet
from llmeval.gates.metric import Metric, parse_metric
from llmeval.gates.units import Units
from llmeval.gates.wording import number, plural
from llmeval.records import Estimate, RunInfo, ScorerIdentity
from llmeval.stats import correct, estimate

__all__ = ["LEAST_LABELLED", "Correction", "calibration_inputs", "correction_of"]

LEAST_LABELLED = 30
"""Fewer independent labelled rows of a kind tell too little of how often the scorer is wrong."""


_MOST = 1e9


class Correction(Struct, frozen=True):
    """What corrects a rate: how often the scorer is wrong, and the file that says so."""

    rates: Rates
    path: str

    def corrected(self, units: Units, metric: Metric, confidence: float) -> tuple[Estimate, float]:
        """Return the metric behind what the scorer says of ``units``, with both bounds; and what
        the scorer says."""
        flagged = _flagged(units, metric)
        raw = 1 - flagged.value if metric.rising else flagged.value
        return self._of(flagged, metric, confidence), raw

    def missing(
        self,
        units: Units,
        metric: Metric,
        confidence: float,
        decides: Callable[[Estimate], bool],
    ) -> int | None:
        """Return how many more samples, like those seen, would decide; ``None``: none would, since
        what is not known well enough is how often the scorer is wrong."""
        flagged = _flagged(units, metric)

        def decided(factor: float) -> bool:
            more = structs.replace(flagged, clusters=round(flagged.clusters * factor))
            return decides(self._of(more, metric, confidence))

        low, high = 1.0, 2.0
        while not decided(high):
            low, high = high, 2 * high
            if high * flagged.clusters > _MOST:
                return None
        while high - low > 0.005 * low:
            middle = (low + high) / 2
            low, high = (low, middle) if decided(middle) else (middle, high)
        return max(1, math.ceil(units.samples * (high - 1)))

    def _of(self, flagged: Estimate, metric: Metric, confidence: float) -> Estimate:
        rates = self.rates
        found = correct(flagged, rates.sensitivity, rates.specificity, confidence=confidence)
        if not metric.rising:
            return found
        return structs.replace(found, value=1 - found.value, low=1 - found.high, high=1 - found.low)

    def told(self, value: float, metric: Metric) -> str:
        """Return the part of a verdict's sentence that says what was corrected, and by what."""
        share = Metric("", "", "rate", "samples")
        parts = [
            f"{name} {number(rate.value, share)} on {plural(rate.clusters, 'row')}"
            for name, rate in (
                ("sensitivity", self.rates.sensitivity),
                ("specificity", self.rates.specificity),
            )
        ]
        return (
            f"; corrected for the scorer's error ({', '.join(parts)}; {self.path}) "
            f"{metric.statistic} is {number(value, metric)}"
        )


def _flagged(units: Units, metric: Metric) -> Estimate:
    bad = 1 - units.values if metric.rising else units.values
    return estimate(bad, clusters=units.clusters)


def correction_of(
    gate: Gate, metric: Metric, calibrations: Sequence[Calibration], run: RunInfo | None
) -> Correction | str | None:
    """Return what corrects the gate's rate, or why nothing can: then the gate is ERROR. A gate
    that is not calibrated has ``None``."""
    if not gate.calibrated:
        return None
    if metric.statistic not in ("pass_rate", "rate") or gate.direction == "no_worse_than_baseline":
        return "calibrated = true corrects pass_rate and rate against at_least or at_most only"
    used = _used(metric, run)
    if isinstance(used, str):
        return used
    found = _fitting(used, calibrations, [judge.ref for judge in run.judges] if run else [])
    if isinstance(found, str):
        return found
    rates = found.measures.rates
    if gate.failures == "exclude":
        if found.measures.scored_rates is None:
            return f"{found.path}: no scored row of one kind; label more rows"
        rates = found.measures.scored_rates
    return _usable(rates, found.path)


def _used(metric: Metric, run: RunInfo | None) -> ScorerIdentity | str:
    """The scorer as it was used in the run."""
    infos = [info for info in (run.suites if run else ()) if info.suite == metric.suite]
    scorers = [each for info in infos for each in info.scorers if each.name == metric.scorer]
    if not scorers:
        return (
            f"the record does not say which version of {metric.scorer!r} was used: it cannot be "
            f"held against a calibration"
        )
    if len({_key(each) for each in scorers}) > 1:
        return (
            f"suite {metric.suite!r} uses {metric.scorer!r} with different parameters in its "
            f"tests: one calibration cannot correct them together"
        )
    return scorers[0]


def _fitting(
    used: ScorerIdentity, calibrations: Sequence[Calibration], judges: Sequence[str]
) -> Calibration | str:
    named = [each for each in calibrations if each.scorer.name == used.name]
    make = f"`llmeval calibrate {used.name} LABELLED.jsonl` makes one"
    if not named:
        return f"there is no calibration of {used.name!r}: {make}"
    same = [each for each in named if _key(each.scorer) == _key(used)]
    if not same:
        return (
            f"{named[0].path} is of another {used.name!r}: "
            f"{'; '.join(_differences(named[0].scorer, used))}; {make}"
        )
    fitting = [each for each in same if not each.judges or each.judges == list(judges)]
    if not fitting:
        return (
            f"{same[0].path} was measured with the judges {', '.join(same[0].judges)}, this run "
            f"with {', '.join(judges) or 'none'}; {make}"
        )
    if len(fitting) > 1:
        paths = ", ".join(each.path for each in fitting)
        return f"{paths} are all of this scorer: name one under [calibration] file"
    return fitting[0]


def _usable(rates: Rates, path: str) -> Correction | str:
    for name, kind, rate in (
        ("sensitivity", "bad", rates.sensitivity),
        ("specificity", "good", rates.specificity),
    ):
        if rate.clusters < LEAST_LABELLED:
            return (
                f"{path} rests on {plural(rate.clusters, f'independent {kind} row')}: {name} needs "
                f"at least {LEAST_LABELLED}; label more"
            )
    try:
        correct((1, 2), rates.sensitivity, rates.specificity)
    except UsageError as error:
        return f"{path}: {error}"
    return Correction(rates, path)


def _key(identity: ScorerIdentity) -> bytes:
    """What must be equal: all but the ``fallback`` sentence, as JSON has it."""
    return msgspec.json.encode(
        (identity.name, identity.version, identity.parameters), order="deterministic"
    )


def _differences(theirs: ScorerIdentity, ours: ScorerIdentity) -> Iterator[str]:
    if theirs.version != ours.version:
        yield f"version {theirs.version} there, {ours.version} here"
    for name in sorted({*theirs.parameters, *ours.parameters}):
        there, here = (_shown(each.parameters, name) for each in (theirs, ours))
        if there != here:
            yield f"{name} = {there} there, {here} here"


def _shown(parameters: dict[str, Any], name: str) -> str:
    if name not in parameters:
        return "nothing"
    return msgspec.json.encode(parameters[name], order="deterministic").decode()[:80]


def calibration_inputs(gates: GateSet | None) -> dict[str, str]:
    """Return the SHA-256 of each calibration file of a scorer that a calibrated gate is on."""
    if gates is None:
        return {}
    scorers = {parse_metric(gate.metric).scorer for gate in gates.gates if gate.calibrated}
    return {each.path: each.hash for each in gates.calibrations if each.scorer.name in scorers}
