"""Verdicts made from gates and numbers, and waivers laid over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import structs

from llmeval.gates.bounds import Decided
from llmeval.gates.declared import Gate, Waiver
from llmeval.records import Verdict

__all__ = ["numbers_of", "verdict_of", "waived"]


def numbers_of(decided: Decided, samples: int) -> Mapping[str, Any]:
    found = decided.estimate
    return {
        "estimate": found.value,
        "low": found.low,
        "high": found.high,
        "n": samples,
        "clusters": found.clusters,
        "method": found.method,
        "baseline": decided.baseline,
    }


def verdict_of(gate: Gate, model: str, verdict: str, explanation: str, **numbers: Any) -> Verdict:
    """Everything a verdict takes from its gate, with the sentence as one that ends."""
    return Verdict(
        id=gate.id,
        metric=gate.metric,
        model=model,
        verdict=verdict,  # type: ignore[arg-type]
        explanation=explanation if explanation.endswith((".", "?")) else explanation + ".",
        direction=gate.direction,
        threshold=gate.threshold,
        confidence=gate.confidence,
        severity=gate.severity,
        rationale=gate.rationale,
        owner=gate.owner,
        **numbers,
    )


def waived(verdict: Verdict, waivers: Sequence[Waiver], today: date | None) -> Verdict:
    """A waiver in force turns FAIL and INCONCLUSIVE into WAIVED, and never touches ERROR."""
    mine = [w for w in waivers if w.gate == verdict.id]
    if not mine or verdict.verdict not in ("FAIL", "INCONCLUSIVE") or today is None:
        return verdict
    waiver = max(mine, key=lambda w: w.until)
    until = waiver.until.isoformat()
    if today > waiver.until:
        note = f" A waiver by {waiver.approved_by} expired on {until} and counts for nothing."
        return structs.replace(verdict, explanation=verdict.explanation + note)
    note = f" Waived until {until} by {waiver.approved_by}: {waiver.reason}"
    return structs.replace(
        verdict,
        verdict="WAIVED",
        waived=verdict.verdict,
        explanation=verdict.explanation + note,
        waiver={"until": until, "reason": waiver.reason, "approved_by": waiver.approved_by},
    )
