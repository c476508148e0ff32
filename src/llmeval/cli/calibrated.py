"""What ``llmeval calibrate`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmeval.cli.screen import table

if TYPE_CHECKING:
    from llmeval.calibration import Calibration, Measures
    from llmeval.calibration.measures import Agreement, Threshold
    from llmeval.records import Estimate

__all__ = ["lines_of"]


def lines_of(calibration: Calibration) -> Iterator[str]:
    """Yield the measures as lines of text."""
    from llmeval.report.numbers import percent

    found, scorer = calibration.measures, calibration.scorer
    yield (
        f"{scorer.name} (version {scorer.version}) on {calibration.data.name}: {found.rows:,} rows "
        f"in {found.clusters:,} independent; good is {', '.join(found.good)}"
    )
    if found.tied or found.unlabelled:
        yield (
            f"  left out: {found.tied:,} rows without a majority, {found.unlabelled:,} without "
            f"a label"
        )
    yield from _confusion(found)
    over = f"over {len(found.labels)} labels" if len(found.labels) > 2 else ""
    named = [
        ("sensitivity", found.rates.sensitivity, "of the bad rows are flagged"),
        ("specificity", found.rates.specificity, "of the good rows are not flagged"),
        ("balanced accuracy", found.balanced_accuracy, over),
        ("macro-F1", found.macro_f1, over),
    ]
    for name, value, what in named:
        bounds = f"{percent(value.low)} … {percent(value.high)}"
        yield f"  {name} {percent(value.value)}, 95 % interval {bounds}{what and f' {what}'}"
    yield f"  AUC {_plain(found.auc)}"
    if found.kappa:
        yield f"  Cohen's kappa with people {_plain(found.kappa)}"
    yield from _agreement(found.agreement)
    yield from _threshold(found.threshold)
    if scorer.fallback:
        yield f"  note: {scorer.fallback}"


def _confusion(found: Measures) -> Iterator[str]:
    rows = [("people \\ scorer", *found.labels)]
    rows += [
        (label, *(f"{count:,}" for count in counts))
        for label, counts in zip(found.labels, found.confusion, strict=True)
        if any(counts)
    ]
    for line in table(rows, right=tuple(range(1, len(found.labels) + 1))):
        yield f"  {line}"


def _agreement(found: Agreement) -> Iterator[str]:
    if found.people_alpha:
        yield f"  people among themselves: Krippendorff's alpha {_plain(found.people_alpha)}"
    for name, kappa in found.people_kappas.items():
        yield f"    kappa {name} {_plain(kappa)}"
    if found.scorer_alpha:
        yield f"  scorer and the majority: Krippendorff's alpha {_plain(found.scorer_alpha)}"
    if len(found.scorer_kappas) > 1:
        for name, kappa in found.scorer_kappas.items():
            yield f"    kappa {name} {_plain(kappa)}"


def _threshold(found: Threshold | None) -> Iterator[str]:
    from llmeval.report.numbers import percent

    if found is None:
        yield "  no threshold: a half of the clusters lacks good or bad rows, or all values are one"
        return
    best, usual = found.balanced_accuracy, found.usual_balanced_accuracy
    yield (
        f"  best threshold {found.value:.4g}, chosen on {found.chosen_on:,} rows: on the other "
        f"{best.n:,} balanced accuracy {percent(best.value)} ({percent(best.low)} … "
        f"{percent(best.high)}), at 0.5 it is {percent(usual.value)}"
    )


def _plain(found: Estimate) -> str:
    return f"{found.value:.3f}, 95 % interval {found.low:.3f} … {found.high:.3f}"
