"""Words and their F1, as SQuAD counts them."""

from __future__ import annotations

import string
from collections import Counter
from typing import Final

__all__ = ["f1", "squad_words"]

# English as in SQuAD's script (Rajpurkar et al. 2016), German and Spanish as in MLQA's (Lewis et
# al. 2020); the others in the same manner.
_ARTICLES: Final = {
    "en": frozenset(("a", "an", "the")),
    "de": frozenset(
        (
            *("ein", "eine", "einen", "einem", "eines", "einer"),
            *("der", "die", "das", "den", "dem", "des"),
        )
    ),
    "es": frozenset(("un", "una", "unos", "unas", "el", "la", "los", "las")),
    "fr": frozenset(("le", "la", "les", "l", "un", "une", "des", "du", "de")),
    "it": frozenset(("il", "lo", "la", "i", "gli", "le", "l", "un", "uno", "una")),
    "pt": frozenset(("o", "a", "os", "as", "um", "uma", "uns", "umas")),
}
_PUNCTUATION: Final = str.maketrans("", "", string.punctuation + "‘’“”„«»´`¿¡–—…")


def squad_words(text: str, language: str = "en") -> list[str]:
    """Return the words of a text without case, punctuation and the language's articles."""
    articles = _ARTICLES.get(language, _ARTICLES["en"])
    return [word for word in text.lower().translate(_PUNCTUATION).split() if word not in articles]


def f1(answer: list[str], reference: list[str]) -> float:
    """Return the harmonic mean of precision and recall of words (0..1); where one of the texts has
    none, 1 if neither has any."""
    if not answer or not reference:
        return float(answer == reference)
    shared = (Counter(answer) & Counter(reference)).total()
    return 2 * shared / (len(answer) + len(reference))
