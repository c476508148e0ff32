"""What Google's clients show of an answer, in the words of our record.

``of_gapic`` and ``of_genai`` read the two clients' answers, ``of_api_error`` and ``of_genai_error``
their errors, ``of_http`` a response that a client hands on unread; ``record`` and ``refusal`` say
what those words are called in ours. Nothing here is shared with the code under test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from llmeval.records import CallFailure, Response, Usage

FINISH = {"STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length"}
"""Gemini's word for how an answer ended -> OpenAI's, which the record has; others stay, in small
letters."""

WITHHELD = {
    "SAFETY": "blocked_output",
    "BLOCKLIST": "blocked_output",
    "PROHIBITED_CONTENT": "blocked_output",
    "SPII": "blocked_output",
    "MODEL_ARMOR": "blocked_output",
    "IMAGE_SAFETY": "blocked_output",
    "IMAGE_PROHIBITED_CONTENT": "blocked_output",
    "RECITATION": "recitation",
    "IMAGE_RECITATION": "recitation",
    "MALFORMED_FUNCTION_CALL": "malformed_call",
    "UNEXPECTED_TOOL_CALL": "malformed_call",
    "TOO_MANY_TOOL_CALLS": "malformed_call",
}
"""Gemini's word -> our kind of failure, where there is no answer to be judged."""

REFUSED = {
    "INVALID_ARGUMENT": "bad_request",
    "FAILED_PRECONDITION": "bad_request",
    "UNAUTHENTICATED": "unauthorized",
    "PERMISSION_DENIED": "forbidden",
    "NOT_FOUND": "not_found",
    "DEADLINE_EXCEEDED": "timeout",
    "ABORTED": "conflict",
    "CANCELLED": "cancelled",
    "INTERNAL": "server_error",
    "UNAVAILABLE": "server_error",
    "UNIMPLEMENTED": "bad_request",
    "UNKNOWN": "server_error",
}
"""Word of google.rpc.Code -> our kind of failure; RESOURCE_EXHAUSTED is told apart."""

PAGES = {404: "not_found", 502: "server_error"}
"""Status of a page of Google's front end, which has no google.rpc error -> our kind."""

BROKEN = {
    "requests.ConnectionError": "reset",
    "httpx.ReadError": "reset",
    "aiohttp.ClientOSError": "reset",
    "requests.ChunkedEncodingError": "stream_cut",
    "httpx.RemoteProtocolError": "stream_cut",
    "aiohttp.ClientPayloadError": "stream_cut",
    "requests.ReadTimeout": "timeout",
    "httpx.ReadTimeout": "timeout",
    "builtins.TimeoutError": "timeout",
    "google.ParseError": "malformed_body",
    "google.UnknownApiResponseError": "malformed_body",
    "json.JSONDecodeError": "malformed_body",
    "builtins.ValueError": "malformed_body",
}
"""What a client raises where a connection, or what came over it, is broken -> our kind."""

Outcome = Response | CallFailure


@dataclass
class Shown:
    """What a client shows of one candidate. ``finish`` and ``block`` are Gemini's words, ``said``
    what came with them; ``finish`` is ``None`` where nobody said that the answer ends."""

    text: str = ""
    finish: str | None = None
    block: str | None = None
    said: str = ""
    ratings: list[dict[str, Any]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    version: str | None = None
    logprobs: list[dict[str, Any]] | None = None
    candidates: bool = True


def of_gapic(chunks: Sequence[Any]) -> Shown:
    """Read what the generated client shows: ``GenerateContentResponse``, one or a stream of them.

    A number or a word that is missing is 0 or empty there.
    """
    last, feedback = chunks[-1], chunks[-1].prompt_feedback
    versions = [chunk.model_version for chunk in chunks if chunk.model_version]
    found = [c for chunk in chunks for c in chunk.candidates if c.index == 0]
    end = found[-1] if found else None
    rated = end.safety_ratings if end else feedback.safety_ratings
    counts = last.usage_metadata
    return Shown(
        text="".join(p.text for c in found for p in c.content.parts if not p.thought),
        finish=end.finish_reason.name if end and end.finish_reason else None,
        block=feedback.block_reason.name if feedback.block_reason else None,
        said=end.finish_message if end else feedback.block_reason_message,
        ratings=[_from_proto(rating) for rating in rated],
        usage=Usage(
            counts.prompt_token_count,
            counts.candidates_token_count,
            counts.thoughts_token_count or None,
        ),
        version=versions[-1] if versions else None,
        logprobs=_tokens(end.logprobs_result) if end else None,
        candidates=bool(found),
    )


def of_genai(chunks: Sequence[Any]) -> Shown:
    """Read what google-genai shows: the same, with ``None`` for what is missing."""
    last, feedback = chunks[-1], chunks[-1].prompt_feedback
    found = [c for chunk in chunks for c in chunk.candidates or () if not c.index]
    end = found[-1] if found else None
    rated = (end.safety_ratings if end else feedback and feedback.safety_ratings) or []
    counts = last.usage_metadata
    parts = [p for c in found if c.content for p in c.content.parts or ()]
    return Shown(
        text="".join(p.text for p in parts if not p.thought),
        finish=end.finish_reason.name if end and end.finish_reason else None,
        block=feedback.block_reason.name if feedback and feedback.block_reason else None,
        said=(end.finish_message if end else feedback and feedback.block_reason_message) or "",
        ratings=[r.model_dump(mode="json", by_alias=True, exclude_none=True) for r in rated],
        usage=Usage(
            counts.prompt_token_count,
            counts.candidates_token_count or 0,
            counts.thoughts_token_count,
        ),
        version=last.model_version,
        logprobs=_tokens(end.logprobs_result) if end and end.logprobs_result else None,
        candidates=bool(found),
    )


def record(shown: Shown) -> Outcome:
    """Return what the record calls this."""
    source = "prompt" if shown.block else "output"
    told: dict[str, Any] = {
        "safety": [{"source": source, **rating} for rating in shown.ratings],
        "usage": shown.usage,
        "model_version": shown.version,
    }
    if shown.block:
        return CallFailure("blocked_prompt", shown.said, reason=shown.block, **told)
    if not shown.candidates:
        return CallFailure("empty", "", reason="NO_CANDIDATES", **told)
    if shown.finish is None:
        return cut_short(CallFailure("stream_cut", ""), shown)
    if shown.finish in WITHHELD:
        kind, text = WITHHELD[shown.finish], shown.text or None
        return CallFailure(kind, shown.said, reason=shown.finish, text=text, **told)
    word = FINISH.get(shown.finish, shown.finish.lower())
    if not shown.text:
        return CallFailure("empty", shown.said, reason=word, **told)
    return Response(shown.text, word, logprobs=shown.logprobs, **told)


def cut_short(failure: CallFailure, shown: Shown) -> CallFailure:
    """Keep with a failure what had come before it; tokens are counted at the end only."""
    return msgspec.structs.replace(
        failure,
        text=shown.text or None,
        model_version=shown.version,
        usage=shown.usage if shown.usage.input_tokens else Usage(),
    )


def of_api_error(error: Any) -> CallFailure:
    """Read an error of the generated clients, over REST or gRPC."""
    response = error.response
    if hasattr(response, "headers"):  # requests.Response: the client itself drops the word
        return of_http(response.status_code, response.content)
    details = [_from_proto(d, type(d).DESCRIPTOR.full_name) for d in error.details]
    return refusal(error.code, error.grpc_status_code.name, error.message, details)


def of_genai_error(error: Any) -> CallFailure:
    """Read an error of google-genai, which keeps the body whole in ``details``."""
    inner = error.details.get("error", {}) if isinstance(error.details, dict) else {}
    return refusal(error.code, error.status, error.message, inner.get("details", []))


def of_http(code: int, body: bytes) -> CallFailure:
    """Read a response that a client hands on, or quotes, as it came."""
    try:
        found = json.loads(body)
    except ValueError:
        return refusal(code, None, "", [])
    found = found[0] if isinstance(found, list) else found
    error = found.get("error", found)
    return refusal(code, error.get("status"), error["message"], error.get("details", []))


def of_broken(error: Exception, *, answering: bool) -> CallFailure:
    """Read an exception that is none of the service's; ``answering``: something had come."""
    name = f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}"
    kind = "stream_cut" if "Unfinished stream" in str(error) else BROKEN[name]
    return CallFailure("stream_cut" if answering and kind == "reset" else kind, "")


def refusal(
    code: int, word: str | None, message: str, details: Sequence[Mapping[str, Any]]
) -> CallFailure:
    """Return what the record calls a google.rpc error; a page of the front end has no ``word``."""
    by_type = {d["@type"].rpartition(".")[2]: d for d in details}
    if word == "RESOURCE_EXHAUSTED":
        kind = "quota_project" if "QuotaFailure" in by_type else "quota_endpoint"
    elif word in REFUSED:
        kind = REFUSED[word]
    else:
        kind, word, message = PAGES[code], None, ""
    delay = by_type.get("RetryInfo", {}).get("retryDelay")
    return CallFailure(
        kind,
        message,
        status=code,
        retry_after=float(delay.removesuffix("s")) if delay else None,
        reason=by_type.get("ErrorInfo", {}).get("reason", word),
        details=[dict(detail) for detail in details],
    )


def assert_same(ours: Outcome, theirs: Outcome, hidden: frozenset[str] = frozenset()) -> None:
    """Hold the two equal field by field, but for what the client hides.

    Our message says the server's own words, and what to do. Floats of protobuf have 24 bits.
    """
    assert type(ours) is type(theirs), f"ours: {ours}\ntheirs: {theirs}"
    told, shown = (_rounded(msgspec.to_builtins(outcome)) for outcome in (ours, theirs))
    for name in {f.name for f in msgspec.structs.fields(ours)} - hidden - {"message"}:
        assert told[name] == shown[name], f"{name}\nours: {ours}\ntheirs: {theirs}"
    if "message" not in hidden and isinstance(theirs, CallFailure):
        assert re.sub(r"\s+", " ", shown["message"]) in told["message"]


def _tokens(result: Any) -> list[dict[str, Any]] | None:
    """Return the log-probabilities; both clients have them under the same names."""
    tops = result.top_candidates or []
    found = [
        {
            "token": chosen.token,
            "logprob": chosen.log_probability,
            "top_logprobs": [
                {"token": top.token, "logprob": top.log_probability}
                for top in tops[place].candidates
            ],
        }
        for place, chosen in enumerate(result.chosen_candidates or ())
    ]
    return found or None


def _from_proto(message: Any, name: str = "") -> dict[str, Any]:
    """Return a message as Google's own JSON; with a ``name`` as one of ``google.protobuf.Any``."""
    from google.protobuf import json_format

    plain = type(message).pb(message) if hasattr(type(message), "pb") else message
    typed = {"@type": f"type.googleapis.com/{name}"} if name else {}
    return typed | json_format.MessageToDict(plain)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
