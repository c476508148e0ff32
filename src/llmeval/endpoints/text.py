"""Text and JSON from strangers, made safe to record: any bytes in, encodable strings out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from llmeval.records import Message

__all__ = ["clean", "decode_json", "encode_json", "printable", "prompt_text"]

_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)


def decode_json(body: bytes) -> Any:
    """Decode JSON; lone surrogates come out as U+FFFD, NaN and infinities are let through.

    Raises ``ValueError`` for anything else, nesting that is too deep included.
    """
    try:
        return _DECODER.decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        return _cleaned(json.loads(body))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def encode_json(value: object) -> bytes:
    """Encode ``value``; a lone surrogate is sent as its escape. Raises ``TypeError``."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def clean(text: str) -> str:
    """Return ``text`` with surrogate pairs joined and each lone surrogate as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def printable(text: str, *, limit: int = 200, secrets: Iterable[str] = ()) -> str:
    """Return at most ``limit`` characters of ``text`` for a message, on one line.

    Control, formatting and surrogate characters are taken out, and so is each of ``secrets``.
    """
    hidden = [secret for secret in secrets if secret]
    # Twice: a cut must not leave half a secret, nor a control character taken out make it whole.
    for secret in hidden:
        text = text.replace(secret, "[redacted]")
    line = _UNPRINTABLE.sub(" ", text[: 20 * limit]).strip()
    for secret in hidden:
        line = line.replace(secret, "[redacted]")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def prompt_text(messages: tuple[Message, ...]) -> str:
    """Return messages as one string: system and user text apart by a blank line; a dialogue with
    the speaker before each turn."""
    if any(m.role == "assistant" for m in messages):
        return "\n\n".join(f"{m.role.capitalize()}: {m.content}" for m in messages)
    return "\n\n".join(m.content for m in messages)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    return value
