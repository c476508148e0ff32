"""Text as scorers read it: folded characters, words, sentences, stems, the likely language."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.lexicons.irregular import IRREGULAR
from llmeval.scorers.lexicons.numbers import MONTHS
from llmeval.scorers.lexicons.suffixes import SUFFIXES

__all__ = ["Span", "fold", "language_of", "sentences", "stem", "unseen", "wordless", "words"]

Span = tuple[int, int]
"""Start and end of a stretch of characters."""

_FOLD = str.maketrans(
    "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝ’‘ʼ´`“”„«»–—‑\u00a0\u202f",
    "aaaaaaceeeeiiiinoooooouuuuyyaaaaaaceeeeiiiinoooooouuuuy'''''\"\"\"\"\"---  ",
)
_LIGATURES = (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("Æ", "ae"), ("Œ", "oe"))
_SPOKEN = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ABBREVIATED = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\.g|i\.e|nr|ca|bzw|z\.b|d\.h|mme|m|sra|u\.s|p\.m"
    r"|a\.m|inc|ltd|co|approx|dept|fig)|\b[A-Za-z])\.$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?<!\d)\d{1,2}$")
_NEXT_WORD = re.compile(r" ([^\W\d_]+)")
_END = re.compile(r"[.!?…]+[\"'»”’)\]]*(?=\s|$)|[。！？]|\n+")


def fold(text: str) -> str:
    """Return ``text`` lower-cased, without accents, with plain quotes and dashes.

    Offsets stay where they are, but for ß, æ and œ, which become two letters.
    """
    folded = text.translate(_FOLD)
    if not folded.isascii():
        for one, two in _LIGATURES:
            folded = folded.replace(one, two)
    return folded.lower()


def unseen(text: str) -> bool:
    """Whether nothing of ``text`` can be seen: white space, control and format characters only."""
    return all(c.isspace() or unicodedata.category(c) in ("Cc", "Cf") for c in text)


def wordless(text: str) -> bool:
    """Whether ``text`` holds no letter and no digit: it states, declines and answers nothing."""
    return _SPOKEN.search(text) is None


def words(folded: str) -> list[str]:
    """Return the words and numbers of folded text in order."""
    return _WORD.findall(folded)


def sentences(text: str) -> list[Span]:
    """Return the sentences' spans: split at end marks and line ends, not after abbreviations."""
    spans: list[Span] = []
    start = 0
    for end in _END.finditer(text):
        if end.group()[0] == "." and _goes_on(text, start, end.start()):
            continue
        _add(spans, text, start, end.end())
        start = end.end()
    _add(spans, text, start, len(text))
    return spans


def _goes_on(text: str, start: int, dot: int) -> bool:
    """Whether the full stop at ``dot`` ends an abbreviation or an ordinal ("am 3. Mai")."""
    if _ABBREVIATED.search(text, max(start, dot - 8), dot + 1):
        return True
    after = _NEXT_WORD.match(text, dot + 1)
    return bool(
        after and _ORDINAL.search(text, max(start, dot - 3), dot) and fold(after.group(1)) in MONTHS
    )


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(c.isalnum() for c in text[start:end]):
        spans.append((start, end))


def language_of(tokens: list[str]) -> str:
    """Return the language (en, de, fr, es, it, pt) whose function words are most frequent."""
    head = tokens[:400]
    counts = {language: sum(t in known for t in head) for language, known in FUNCTION_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > counts["en"] else "en"


@lru_cache(maxsize=65_536)
def stem(word: str, language: str = "en") -> str:
    """Return a light stem: frequent endings cut, at least three letters kept."""
    if language == "en":
        word = IRREGULAR.get(word, word)
    if len(word) < 4 or not word.isalpha():
        return word.removesuffix("'s")
    for ending, instead in SUFFIXES[language]:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= 3:
            word = word[: len(word) - len(ending)] + instead
            break
    if language == "en" and len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sleoaiu":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "eaoy" else word
