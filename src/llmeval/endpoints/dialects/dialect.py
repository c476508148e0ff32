"""What every dialect offers, and what an answer without text means in all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from llmeval.endpoints.dialects.error_objects import error_in, from_error_object
from llmeval.endpoints.dialects.finish_reasons import WITHHELD
from llmeval.endpoints.text import clean, decode_json, printable
from llmeval.records import CallFailure, Request, Response, Usage

__all__ = [
    "Dialect",
    "JsonEvents",
    "MalformedAnswer",
    "Streamed",
    "settle",
    "so_far",
    "token_count",
    "with_text_so_far",
    "withheld",
]

_FINISH = {
    "max_tokens": "length",
    "end_turn": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "model_context_window_exceeded": "length",
}
"""Other servers' words for OpenAI's finish reasons."""

_FILTERED = re.compile(r"(content_filter|function_call_filter)(?:: *(\w+))?")
"""An answer held back; Google's chat/completions says Gemini's word after the colon, as in
``content_filter: RECITATION`` and ``function_call_filter: MALFORMED_FUNCTION_CALL``."""


class MalformedAnswer(ValueError):
    """A decoded body has not the protocol's shape; the message says where."""


class Streamed(Protocol):
    """A streamed answer as it is put together, event by event.

    ``started`` with the first text, ``complete`` once the model has said that the answer ends here,
    ``done`` once nothing more can come; ``ends_unsaid`` where it is whole, too, if the stream comes
    to an orderly end without such a word. ``add`` and ``response`` raise ``MalformedAnswer``.
    """

    @property
    def started(self) -> bool: ...

    @property
    def complete(self) -> bool: ...

    @property
    def done(self) -> bool: ...

    @property
    def ends_unsaid(self) -> bool: ...

    @property
    def text(self) -> str:
        """What has come so far."""

    @property
    def usage(self) -> Usage:
        """What it has taken so far, as far as the server said."""

    @property
    def version(self) -> str | None:
        """Which version of the model answers, as soon as the server says so."""

    def add(self, data: bytes) -> None:
        """Take in one event's data."""

    def response(self, secrets: tuple[str, ...] = ()) -> Response | CallFailure:
        """Return the whole answer; call it when the stream has ended."""


class Dialect(Protocol):
    """One protocol of asking a model. Frozen, and without a socket."""

    def refused(self, settings: Mapping[str, Any]) -> str | None:
        """Return why these generation settings cannot be sent, or ``None``."""

    def body(self, request: Request) -> Any:
        """Return the JSON body. Raises ``ValueError`` where a template does not render."""

    def response(self, body: Any, request: Request | None = None) -> Response | CallFailure:
        """Return the answer in a decoded body; ``request`` is what was asked, for those who repeat
        it in their answer. Raises ``MalformedAnswer``."""

    def streamed(self) -> Streamed:
        """Return what puts a streamed answer together."""


class JsonEvents:
    """A streamed answer of JSON events: keeps the text, and ends at an error object.

    Subclasses take events in (``_take``), and say what they add up to (``_whole``).
    """

    def __init__(self) -> None:
        self.done = False
        self.started = False
        self.finish_reason: str | None = None
        self.usage = Usage()
        self.version: str | None = None
        self._pieces: list[str] = []
        self._error: Mapping[str, Any] | None = None

    @property
    def complete(self) -> bool:
        """Whether the server has said that the answer ends here."""
        return self.done or self.finish_reason is not None

    @property
    def ends_unsaid(self) -> bool:
        """Whether an orderly end makes it whole; here a stream without a finish reason is cut."""
        return False

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self._pieces)

    def add(self, data: bytes) -> None:
        """Take in one event's data."""
        if self.done or not data.strip():
            return
        if data.strip() == b"[DONE]":
            self.done = True
            return
        try:
            event = decode_json(data)
        except ValueError as error:
            raise MalformedAnswer(f"an event holds no JSON ({error})") from None
        self.take(event)

    def take(self, event: object) -> None:
        """Take in one decoded event."""
        if self.done:
            return
        self._error = error_in(event)
        if self._error is not None:
            self.done = True
        elif isinstance(event, dict):
            self._take(event)
        else:
            raise MalformedAnswer("an event is no JSON object")

    def say(self, piece: str) -> None:
        """Add a piece of the answer's text."""
        if piece:
            self._pieces.append(piece)
            self.started = True

    def response(self, secrets: tuple[str, ...] = ()) -> Response | CallFailure:
        """Return the whole answer; call it when the stream has ended."""
        if self._error is None:
            return self._whole()
        failure = from_error_object(self._error, answering=self.started, secrets=secrets)
        return so_far(failure, self)

    def _take(self, event: dict[str, Any]) -> None:
        raise NotImplementedError

    def _whole(self) -> Response | CallFailure:
        raise NotImplementedError


def settle(text: str, finish_reason: object, **fields: Any) -> Response | CallFailure:
    """Return the answer, or the failure that a withheld answer, or one without text, is.

    ``fields`` are those of ``Response``.
    """
    reason = clean(finish_reason) if isinstance(finish_reason, str) else "unknown"
    reason = _FINISH.get(reason.lower(), reason)
    filtered = _FILTERED.fullmatch(reason)
    if filtered:
        usual = "blocked_output" if filtered[1] == "content_filter" else "malformed_call"
        what = "the rest of the answer" if text.strip() else "the answer"
        word = filtered[2] or filtered[1]
        kind = WITHHELD.get(word, usual)
        return withheld(kind, f"{what} was withheld: {reason}", word, text, fields)
    if text.strip():
        return Response(text=clean(text), finish_reason=reason, **fields)
    message = f"no text, finish reason {reason[:60]!r}"
    if reason == "length":
        message = (
            "no text, finish reason 'length': the token limit left no room for an answer; "
            "raise max_tokens"
        )
    return withheld("empty", message, reason, "", fields)


def withheld(
    kind: str, message: str, reason: str, text: str, fields: Mapping[str, Any]
) -> CallFailure:
    """Return the failure of a call that was answered, but with no answer to be judged.

    ``fields`` are those of ``Response``; ``text`` is what a reader had seen.
    """
    kept = {name: fields[name] for name in fields if name in CallFailure.__struct_fields__}
    failure = CallFailure(kind, printable(message), reason=printable(reason, limit=60), **kept)
    return with_text_so_far(failure, text)


def so_far(failure: CallFailure, answer: Streamed) -> CallFailure:
    """Keep with a failure what a reader had seen of the answer, whose it was, and what it had taken
    by then."""
    failure = msgspec.structs.replace(failure, usage=answer.usage, model_version=answer.version)
    return with_text_so_far(failure, answer.text)


def with_text_so_far(failure: CallFailure, text: str) -> CallFailure:
    """Keep with a failure what a reader had seen of the answer."""
    return msgspec.structs.replace(failure, text=clean(text)) if text else failure


def token_count(value: object) -> int | None:
    """Return a number of tokens; what is no count was not reported."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
