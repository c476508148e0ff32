"""Observations and headers to JSON lines and back. The only place that knows the wire shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from llmeval.errors import RecordError
from llmeval.records import (
    FORMAT_VERSION,
    CallFailure,
    NotScored,
    Observation,
    Response,
    RunInfo,
    Score,
    Summary,
    Timings,
    Usage,
)

__all__ = [
    "ObservationLine",
    "content_hash",
    "decode_header",
    "decode_observation",
    "decode_summary",
    "encode_header",
    "encode_observation",
    "encode_summary",
]


class ScoreLine(Struct, frozen=True):
    """A score as it stands in the file: either with ``value`` or with ``not_scored``."""

    scorer: str
    value: float | UnsetType = UNSET
    label: str | None = None
    explanation: str | None = None
    evidence: dict[str, Any] | None = None
    not_scored: str | UnsetType = UNSET
    reason: str = ""


class ObservationLine(Struct, frozen=True):
    """An observation as it stands in the file; see ``records.Observation`` for the meaning."""

    suite: str
    test: str
    case_id: str
    repetition: int
    model: str
    deployed_model: str | None
    group: str | None
    tags: dict[str, str]
    request: dict[str, Any]
    outcome: str
    response: Response | None
    error: CallFailure | None
    timings: Timings
    attempts: int
    cached: bool
    usage: Usage
    cost_usd: float | None
    scores: list[ScoreLine]


_observations = msgspec.json.Decoder(ObservationLine)
_summaries = msgspec.json.Decoder(Summary)
_encoder = msgspec.json.Encoder()


def encode_observation(observation: Observation) -> bytes:
    """Return the observation as one line of UTF-8 JSON, newline included."""
    try:
        return _encoder.encode(observation) + b"\n"
    except UnicodeEncodeError:
        return _encoder.encode(_without_surrogates(msgspec.to_builtins(observation))) + b"\n"


def decode_observation(line: bytes | str) -> Observation:
    """Read one line; raises ``msgspec.MsgspecError`` where it is none."""
    o = _observations.decode(line)
    return Observation(
        o.suite,
        o.test,
        o.case_id,
        o.repetition,
        o.model,
        o.deployed_model,
        o.group,
        o.tags,
        o.request,
        o.outcome,
        o.response,
        o.error,
        o.timings,
        o.attempts,
        o.cached,
        o.usage,
        o.cost_usd,
        [_score(s) for s in o.scores],
    )


def encode_header(run: RunInfo) -> bytes:
    """Return the first line of a record: the format's version and the run's description."""
    head = {"format_version": run.format_version, "run": run}
    return _encoder.encode(head) + b"\n"


def decode_header(line: bytes, where: str) -> RunInfo:
    """Read the first line of a record; ``where`` names it in errors."""
    try:
        head = msgspec.json.decode(line)
        version = head["format_version"]
        raw = head["run"]
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise RecordError(f"{where}: line 1 is not the header of a record ({error})") from None
    _refuse_newer(version, where)
    try:
        return msgspec.convert(raw, RunInfo)
    except msgspec.ValidationError as error:
        raise RecordError(f"{where}: line 1 is not the header of a record ({error})") from None


def encode_summary(summary: Summary) -> bytes:
    """Return ``run.json``: the summary as indented UTF-8 JSON."""
    try:
        raw = _encoder.encode(summary)
    except UnicodeEncodeError:
        raw = _encoder.encode(_without_surrogates(msgspec.to_builtins(summary)))
    return msgspec.json.format(raw, indent=2) + b"\n"


def decode_summary(raw: bytes, where: str) -> Summary:
    """Read ``run.json``; ``where`` names it in errors."""
    try:
        _refuse_newer(msgspec.json.decode(raw)["format_version"], where)
        return _summaries.decode(raw)
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise RecordError(f"{where} is not a run.json of llmeval ({error})") from None


def content_hash(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON (sorted keys, no white space)."""
    plain = msgspec.to_builtins(value, order="sorted")
    canonical = json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _score(line: ScoreLine) -> Score | NotScored:
    if line.not_scored is not UNSET:
        return NotScored(line.scorer, line.not_scored, line.reason)
    if line.value is UNSET:
        raise msgspec.ValidationError(f"score of {line.scorer!r} has no value and no not_scored")
    return Score(line.scorer, line.value, line.label, line.explanation, line.evidence)


def _refuse_newer(version: Any, where: str) -> None:
    if not isinstance(version, int) or version < 1:
        raise RecordError(f"{where}: format_version {version!r} is not one of llmeval's")
    if version > FORMAT_VERSION:
        raise RecordError(
            f"{where} has format version {version}, and this llmeval reads up to "
            f"{FORMAT_VERSION}: pip install -U llmeval-gate"
        )


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(v) for v in value]
    return value
