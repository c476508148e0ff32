"""What is told of a run, one model at a time: parameters, metrics, gates. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from llmeval.endpoints.text import printable
from llmeval.publish.names import keys
from llmeval.records import EndpointIdentity, Summary, Verdict

__all__ = ["Value", "gate_rows", "gates_of", "metrics", "parameters"]

Value = str | int | float

_LONGEST_TEXT = 1000
_MOST_BYTES = 150_000
"""Of the 200 kB that a context of the metadata store may hold."""


def parameters(summary: Summary, model: EndpointIdentity) -> dict[str, Value]:
    """Return what was measured: the model as it was deployed, the inputs' hashes, the seed."""
    told: dict[str, Value | None] = {
        "run_id": summary.run_id,
        "llmeval": summary.llmeval,
        "seed": summary.seed,
        "model": model.ref,
        "model_kind": model.kind,
        "model_name": model.name,
        "model_version": model.version,
        "simulated": str(model.simulated).lower(),
        "deployed_models": _deployed(model),
        **{word: _text(model.details.get(word)) for word in ("endpoint", "project", "location")},
        "judge": summary.judge.ref if summary.judge else None,
        "baseline": summary.baseline,
        "started_at": _moment(summary.started_at),
        "finished_at": _moment(summary.finished_at),
        "partial": "; ".join(summary.partial) or None,
        "unsignable": "; ".join(summary.unsignable) or None,
    }
    hashes = keys(summary.inputs)
    told |= {f"sha256_{hashes[name]}": digest for name, digest in summary.inputs.items()}
    return {k: _short(v) for k, v in told.items() if v is not None}


def metrics(summary: Summary, model: EndpointIdentity) -> dict[str, Value]:
    """Return what was found: the verdict, and each gate's estimate with its bounds.

    What holds for the whole run, whatever its models, begins with ``run_``. Bounds that are
    infinite, and all that is not known, are left out: they are no numbers. ``gates_left_out``
    counts gates for which there is no room.
    """
    found: dict[str, Value] = {
        "run_verdict": summary.verdict,
        "run_passed": int(summary.verdict == "PASS"),
        "run_samples_planned": summary.coverage.planned,
        "run_samples_recorded": summary.coverage.recorded,
        "run_samples_answered": summary.coverage.answered,
        "run_samples_failed": summary.coverage.recorded - summary.coverage.answered,
        **dict(_cost(summary)),
    }
    gates = gates_of(summary, model)
    found["gates"] = len(gates)
    found["gates_blocking"] = sum(gate.blocks for gate in gates)
    named, room, left_out = keys(gate.name for gate in gates), _MOST_BYTES, 0
    for gate in gates:
        measured = dict(_measured(named[gate.name], gate))
        room -= sum(len(name) + 40 for name in measured)
        if room < 0:
            left_out += 1
        else:
            found |= measured
    if left_out:
        found["gates_left_out"] = left_out
    return found


def gates_of(summary: Summary, model: EndpointIdentity) -> list[Verdict]:
    """Return the gates that were decided on ``model``, those of all slices before single ones."""
    gates = [gate for gate in summary.gates if gate.model == model.ref]
    return sorted(gates, key=lambda gate: bool(gate.slice))


def gate_rows(gates: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Return gates as JSON objects, without what is not known; those for which there is room."""
    rows: list[dict[str, Any]] = []
    room = _MOST_BYTES
    for gate in gates:
        row = _row(gate)
        room -= len(str(row))
        if room < 0:
            break
        rows.append(row)
    return rows


def _row(gate: Verdict) -> dict[str, Any]:
    told = {
        "id": _short(gate.id),
        "metric": _short(gate.metric),
        "slice": {str(_short(k)): _short(v) for k, v in gate.slice.items()} or None,
        "verdict": gate.verdict,
        "severity": gate.severity,
        "direction": gate.direction,
        "threshold": _number(gate.threshold),
        "confidence": _number(gate.confidence),
        "estimate": _number(gate.estimate),
        "low": _number(gate.low),
        "high": _number(gate.high),
        "n": gate.n,
    }
    return {key: value for key, value in told.items() if value is not None}


def _measured(name: str, gate: Verdict) -> Iterator[tuple[str, Value]]:
    yield f"{name}_verdict", gate.verdict
    yield f"{name}_n", gate.n
    for word in ("estimate", "low", "high", "threshold"):
        value = _number(getattr(gate, word))
        if value is not None:
            yield f"{name}_{word}", value


def _cost(summary: Summary) -> Iterator[tuple[str, Value]]:
    usage = summary.usage
    for name, value in (
        ("run_input_tokens", usage.input_tokens),
        ("run_output_tokens", usage.output_tokens),
        ("run_thinking_tokens", usage.thinking_tokens),
        ("run_cost_usd", _number(summary.cost_usd)),
    ):
        if value is not None:
            yield name, value


def _deployed(model: EndpointIdentity) -> str | None:
    """Return ``id name@version traffic%`` of what serves an endpoint."""
    deployed = model.details.get("deployed_models")
    if not isinstance(deployed, list):
        return None
    return "; ".join(
        f"{d.get('id')} {d.get('display_name') or d.get('model')}@{d.get('version') or '?'}"
        + (f" {d['traffic']}%" if d.get("traffic") is not None else "")
        for d in deployed
        if isinstance(d, dict)
    )


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _short(value: Value) -> Value:
    return printable(value, limit=_LONGEST_TEXT) if isinstance(value, str) else value


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
