"""Observations and headers to JSON lines and back. The only place that knows the wire shape."""

from __future__ import annotations

import hashlib
import json
import math
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
    "encode_text",
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
# What a user's scorer put into its evidence may be anything: a record keeps at least its repr.
_encoder = msgspec.json.Encoder(enc_hook=repr)

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_ROUNDING = 1e-9


def encode_observation(observation: Observation) -> bytes:
    """Return the observation as one line of UTF-8 JSON, newline included.

    The line can always be read back: a score whose value is no number in 0..1 becomes ``NotScored``
    of kind ``invalid_score``, lone surrogates become question marks.
    """
    if not all(map(_holds, observation.scores)):
        scores = [_recordable(score) for score in observation.scores]
        observation = msgspec.structs.replace(observation, scores=scores)
    return encode_text(observation) + b"\n"


def encode_text(value: Any) -> bytes:
    """Return a value as JSON in UTF-8, lone surrogates as question marks."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_without_surrogates(msgspec.to_builtins(value, enc_hook=repr)))


def decode_observation(line: bytes | str) -> Observation:
    """Read one line; raises ``msgspec.MsgspecError`` where it is none."""
    try:
        o = _observations.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None
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
    return encode_text(head) + b"\n"


def decode_header(line: bytes, where: str) -> RunInfo:
    """Read the first line of a record; ``where`` names it in errors."""
    try:
        head = msgspec.json.decode(line)
        version = head["format_version"]
        raw = head["run"]
    except (*_UNREADABLE, KeyError, TypeError) as error:
        raise RecordError(f"{where}: line 1 is not the header of a record ({error})") from None
    _refuse_newer(version, where)
    try:
        return msgspec.convert(raw, RunInfo)
    except msgspec.ValidationError as error:
        raise RecordError(f"{where}: line 1 is not the header of a record ({error})") from None


def encode_summary(summary: Summary) -> bytes:
    """Return ``run.json``: the summary as indented UTF-8 JSON."""
    return msgspec.json.format(encode_text(summary), indent=2) + b"\n"


def decode_summary(raw: bytes, where: str) -> Summary:
    """Read ``run.json``; ``where`` names it in errors."""
    try:
        _refuse_newer(msgspec.json.decode(raw)["format_version"], where)
        return _summaries.decode(raw)
    except (*_UNREADABLE, KeyError, TypeError) as error:
        raise RecordError(f"{where} is not a run.json of llmeval ({error})") from None


def content_hash(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON (sorted keys, no white space).

    Keys that JSON knows only as text (a YAML file's ``1:``) count as that text.
    """
    plain = msgspec.to_builtins(value, str_keys=True, enc_hook=repr)
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _holds(score: Score | NotScored) -> bool:
    if isinstance(score, NotScored):
        return True
    return type(score.value) is float and 0.0 <= score.value <= 1.0


def _recordable(score: Score | NotScored) -> Score | NotScored:
    if isinstance(score, NotScored):
        return score
    try:
        value = float(score.value)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if -_ROUNDING <= value <= 1.0 + _ROUNDING:
        return msgspec.structs.replace(score, value=min(1.0, max(0.0, value)))
    reason = f"the scorer returned the value {score.value!r}, which is no number in 0..1"
    return NotScored(score.scorer, "invalid_score", reason)


def _score(line: ScoreLine) -> Score | NotScored:
    if isinstance(line.not_scored, str):
        return NotScored(line.scorer, line.not_scored, line.reason)
    if isinstance(line.value, UnsetType):
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
