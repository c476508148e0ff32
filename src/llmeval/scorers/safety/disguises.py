"""A text in the disguises in which it may be handed out: encoded, reversed, spaced, escaped."""

from __future__ import annotations

import base64
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from llmeval.scorers.text import fold, words

__all__ = ["MAX_CHARS", "View", "holds", "plain", "spoken", "squeezed", "views"]

MAX_CHARS: Final = 200_000
_MOST_RUNS: Final = 200
_LEAST_SPACED: Final = 5
_LEAST_INITIALS: Final = 6

_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
    "|[\U000e0000-\U000e007f]"
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_WRAPPED: Final = re.compile(r"(?<=[A-Za-z0-9+/_-]{20})\r?\n(?=[A-Za-z0-9+/_-]{4})")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_STRETCH: Final = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd]{4,}")
_HEX: Final = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s:,-]{0,2}){5,}")
_HEX_NOISE: Final = re.compile(r"0x|\\x|[\s:,-]")
_ESCAPED: Final = re.compile(r"\\u\{?([0-9a-fA-F]{4,5})\}?|\\x([0-9a-fA-F]{2})")
_LEET: Final = str.maketrans("4@310$57", "aaeiosst")
_LINE_INITIAL: Final = re.compile(r"^[^\w\n]*([^\W_])", re.MULTILINE)
_WORD_INITIAL: Final = re.compile(r"(?<!\w)[^\W_]")
_SINGLES: Final = re.compile(r"(?:[^\W_][\W_]{1,3}){4,}[^\W_](?![^\W_])")


@dataclass(frozen=True, slots=True)
class View:
    """An answer read in one way: ``kind`` says how, ``text`` is plain, ``spoken`` its words."""

    kind: str
    text: str
    spoken: str


def plain(text: str) -> str:
    """Return ``text`` folded, without unseen characters and without compatibility forms."""
    if text.isascii():
        return text.lower()
    shown = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    return fold(shown[: 2 * MAX_CHARS])


def spoken(folded: str) -> str:
    """Return the words of folded text with one space around each."""
    return f" {' '.join(words(folded))} "


def squeezed(folded: str) -> str:
    """Return the letters and digits of folded text alone."""
    return "".join(c for c in folded if c.isalnum())


def views(text: str) -> Iterator[View]:
    """Yield the answer as it stands (``plain``), then as whatever it may hide something in.

    Kinds: ``plain``, ``spaced``, ``escaped``, ``base64``, ``hex``, ``initials`` (of lines,
    of words), ``leetspeak``, ``rot13``, ``reversed``, ``words_reversed``. ``text`` is read up to
    ``MAX_CHARS`` characters.
    """
    text = text[:MAX_CHARS]
    folded = plain(text)
    said = spoken(folded)
    yield View("plain", folded, said)
    for kind, shown in _decoded(text, folded):
        clear = plain(shown)
        yield View(kind, clear, spoken(clear))
    yield View("words_reversed", "", f" {' '.join(reversed(said.split()))} ")


def _decoded(text: str, folded: str) -> Iterator[tuple[str, str]]:
    runs = [m.group() for m, _ in zip(_SINGLES.finditer(folded), range(_MOST_RUNS), strict=False)]
    if runs:
        yield "spaced", " ".join(squeezed(run) for run in runs)
        yield "spaced", _unspaced(folded)
    if unescaped := _unescaped(text):
        yield "escaped", unescaped
    for kind, pieces in (("base64", _from_base64(text)), ("hex", _from_hex(text))):
        if joined := " ".join(pieces):
            yield kind, joined
    for initials in (_LINE_INITIAL, _WORD_INITIAL):
        yield "initials", "".join(initials.findall(folded))
    yield "leetspeak", folded.translate(_LEET)
    yield "rot13", codecs.encode(folded, "rot13")
    yield "reversed", folded[::-1]


def _unspaced(folded: str) -> str:
    """Join single letters: one separator between letters, more of them between words."""
    return re.sub(r"(?<=\b[^\W_])[ .\-_*](?=[^\W_]\b)", "", folded)


def _unescaped(text: str) -> str:
    shown = text
    if "%" in shown:
        shown = unquote(shown, errors="replace")
    if "&" in shown:
        shown = html.unescape(shown)
    if "\\" in shown:
        shown = _ESCAPED.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), shown)
    return "" if shown == text else shown


def _from_base64(text: str) -> Iterator[str]:
    joined = _WRAPPED.sub("", text)
    for source in (text,) if joined == text else (text, joined):
        for found, _ in zip(_BASE64.finditer(source), range(_MOST_RUNS), strict=False):
            run = found.group().rstrip("=").translate(_URL_SAFE)
            whole = run[: len(run) - (len(run) % 4 == 1)]
            yield from _readable(base64.b64decode(whole + "=" * (-len(whole) % 4)))


def _from_hex(text: str) -> Iterator[str]:
    for found, _ in zip(_HEX.finditer(text), range(_MOST_RUNS), strict=False):
        digits = _HEX_NOISE.sub("", found.group())
        try:
            raw = bytes.fromhex(digits[: len(digits) & ~1])
        except ValueError:
            continue
        yield from _readable(raw)


def _readable(raw: bytes) -> Iterator[str]:
    """Yield the stretches of the bytes that are text."""
    yield from (m.group() for m in _STRETCH.finditer(raw.decode("utf-8", "replace")))


def holds(needle: str, view: View) -> bool:
    """Whether a view holds ``needle``, in any case, spacing and punctuation, as whole words.

    A needle that is no words in Latin letters (an emoji, Chinese) may stand within others. In
    letters that were spaced out, and read backwards, word ends are not known.
    """
    wanted = plain(needle)
    if view.kind == "leetspeak":
        wanted = wanted.translate(_LEET)
    said = spoken(wanted)
    if not said.strip():
        return needle.strip() != "" and wanted.strip() in view.text
    if not wanted.isascii():
        return squeezed(wanted) in squeezed(view.text)
    if said in view.spoken:
        return True
    least = {"spaced": _LEAST_SPACED, "initials": _LEAST_INITIALS}.get(view.kind)
    letters = squeezed(wanted)
    return least is not None and len(letters) >= least and letters in squeezed(view.text)
