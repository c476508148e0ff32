"""English text as NLTK cuts it: Punkt's sentences and the Penn Treebank's words.

IFEval counts with both. The algorithms are the published ones; Punkt's trained parameters are
replaced by the short lists of ``lexicons.sentence_ends``.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from llmeval.scorers.lexicons.sentence_ends import ABBREVIATIONS, COMMON, STARTERS

__all__ = ["count_sentences", "treebank_words"]

_NON_WORD = r"[)\";}\]*:@'({\[!?]"
_SEVERAL = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_END = re.compile(rf"[.?!](?=(?P<after>{_NON_WORD}|\s+(?P<next>\S+)))")
_TOKEN = re.compile(
    rf"{_SEVERAL}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?"
    rf"(?=\s|$|{_NON_WORD}|{_SEVERAL}|,(?=$|\s|{_NON_WORD}|{_SEVERAL}))|\S"
)
_CLOSING = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)")
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*\.?$")
_INITIAL = re.compile(r"[^\W\d]\.$")
_ELLIPSIS = re.compile(r"\.\.+$")
_PUNCTUATION = frozenset(";:,.!?")


def count_sentences(text: str) -> int:
    """Return the number of sentences (Kiss and Strunk 2006, as NLTK's Punkt applies it).

    Closing quotes and brackets belong to the sentence before; white space alone is no sentence.
    """
    cuts = list(_cuts(text))
    stop = len(text.rstrip())
    starts = [0, *(start for _, start in cuts)]
    ends = [*(end for end, _ in cuts), stop]
    count = moved = 0
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        follows = starts[i + 1] if i + 1 < len(starts) else None
        closing = None if follows is None else _CLOSING.match(text, follows, ends[i + 1])
        count += closing is not None or end > start + moved
        moved = closing.end() - closing.start() if closing else 0
    return count


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a sentence ends and where the next begins."""
    for match, start in _last_of_words(text):
        if _breaks(text[start : match.end()] + match["after"]):
            yield match.end(), match.start("next") if match["next"] else match.end()


def _last_of_words(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield each possible end with the start of its word; of several in one word, the last."""
    last: tuple[re.Match[str], int] | None = None
    word, seen = 0, 0
    for match in _END.finditer(text):
        before = text[seen : match.start()]
        space = max(before.rfind(c) for c in string.whitespace)
        start = seen + space + 1 if space > 0 else word
        if last and seen <= start:
            yield last
        last, word, seen = (match, start), start, match.start()
    if last:
        yield last


@dataclass(slots=True)
class _Token:
    text: str
    ends: bool = False
    abbreviated: bool = False
    dots: bool = False

    @property
    def kind(self) -> str:
        """The token in lower case, or what stands for every number."""
        return "##number##" if _NUMBER.match(self.text) else self.text.lower()


def _breaks(stretch: str) -> bool:
    """Whether a sentence ends within the stretch, before its last token."""
    tokens = [_marked(token) for token in _TOKEN.findall(stretch)]
    for token, following in pairwise(tokens):
        _reconsider(token, following)
    return any(token.ends for token in tokens[:-1])


def _marked(text: str) -> _Token:
    if text in (".", "?", "!"):
        return _Token(text, ends=True)
    if _ELLIPSIS.match(text):
        return _Token(text, dots=True)
    if text.endswith(".") and not text.endswith(".."):
        stem = text[:-1].lower()
        known = stem in ABBREVIATIONS or stem.rpartition("-")[2] in ABBREVIATIONS
        return _Token(text, ends=not known, abbreviated=known)
    return _Token(text)


def _reconsider(token: _Token, following: _Token) -> None:
    """Decide abbreviations, ellipses, initials and numbers by what follows."""
    if not token.text.endswith("."):
        return
    initial = bool(_INITIAL.match(token.text))
    word = following.kind.removesuffix(".") if following.ends else following.kind
    upper = following.text[0].isupper()
    starts = _starts_sentence(following, word)
    if (token.abbreviated or token.dots) and not initial:
        token.ends = token.ends or starts is True or (upper and word in STARTERS)
    elif initial or token.kind == "##number##":
        doubtful = starts is None and initial and upper and word not in COMMON
        if starts is False or doubtful:
            token.ends, token.abbreviated = False, True


def _starts_sentence(token: _Token, word: str) -> bool | None:
    """Return whether its spelling tells that the token begins a sentence; ``None`` if it cannot."""
    if token.text in _PUNCTUATION or token.text[0].islower():
        return False
    return True if token.text[0].isupper() and word in COMMON else None


_SPLITS: Final = tuple(
    (re.compile(pattern), into)
    for pattern, into in (
        (r"([«“‘„]|`+)", r" \1 "),
        (r'^"', "``"),
        (r"(``)", r" \1 "),
        (r"([ (\[{<])(\"|'{2})", r"\1 `` "),
        (r"(?i)(')(?!re|ve|ll|m|t|s|d|n)(\w)\b", r"\1 \2"),
        (r"([^.])(\.)([\]})>\"'»”’\s]*)$", r"\1 \2 \3 "),
        (r"([:,])([^\d])", r" \1 \2"),
        (r"([:,])$", r" \1 "),
        (r"\.{2,}", r" \g<0> "),
        (r"[;@#$%&?!]", r" \g<0> "),
        (r"([^'])' ", r"\1 ' "),
        (r"[*\]\[(){}<>]|--", r" \g<0> "),
    )
)
_ENDINGS: Final = tuple(
    (re.compile(pattern), into)
    for pattern, into in (
        (r"([»”’]|'')", r" \1 "),
        (r'"', " '' "),
        (r"\s+", " "),
        (r"([^' ])('[sS]|'[mM]|'[dD]|') ", r"\1 \2 "),
        (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 "),
        (r"(?i)\b(can)(not)\b", r" \1 \2 "),
        (r"(?i)\b(d)('ye)\b", r" \1 \2 "),
        (r"(?i)\b(gim|lem)(me)\b", r" \1 \2 "),
        (r"(?i)\b(gon)(na)\b", r" \1 \2 "),
        (r"(?i)\b(got)(ta)\b", r" \1 \2 "),
        (r"(?i)\b(more)('n)\b", r" \1 \2 "),
        (r"(?i)\b(wan)(na)(?=\s)", r" \1 \2 "),
        (r"(?i) ('t)(is|was)\b", r" \1 \2 "),
    )
)


def treebank_words(text: str) -> list[str]:
    """Return words and punctuation as the Penn Treebank writes them: "I'M" is two words.

    A full stop is cut off only where a sentence ends, which changes no word's letters; so the text
    is cut as a whole.
    """
    for pattern, into in _SPLITS:
        text = pattern.sub(into, text)
    text = f" {text} "
    for pattern, into in _ENDINGS:
        text = pattern.sub(into, text)
    return text.split()
