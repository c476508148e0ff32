"""What does the answer speak of? ``content`` leaves a signature that can be compared."""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import Missing, each
from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.text import fold, language_of, stem, wordless, words

__all__ = ["Content", "content"]

_SIZE: Final = 256
_MAX_WORDS: Final = 20_000
_LEAST_PREFIX: Final = 5
_PRONOUNS: Final = frozenset(
    (
        *("he", "him", "his", "she", "her", "hers", "himself", "herself", "they", "them", "their"),
        *("theirs", "er", "ihm", "ihn", "sein", "seine", "seiner", "sie", "ihr", "ihre", "ihrer"),
        *("il", "lui", "elle", "leur", "leurs", "sa", "son", "ses", "el", "ella", "ellos", "ellas"),
        *("su", "sus", "lei", "loro", "suo", "sua", "ele", "ela", "eles", "elas", "seu", "mr"),
        *("mrs", "ms", "herr", "frau", "monsieur", "madame", "senor", "senora"),
    )
)


@dataclass(frozen=True, slots=True)
class Content:
    """See ``content``."""

    mask: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self.name, parameters={"mask": self.mask, "size": _SIZE})

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        text = sample.response.text
        if wordless(text):
            return NotScored(self.name, "empty", "an empty answer has no content")
        masked = _masked(sample.case.inputs.get(self.mask, ()), self.mask)
        return Score(self.name, 1.0, "described", None, {"signature": signature(text, masked)})


def content(mask: str = "terms", *, name: str = "content") -> Content:
    """Leave a signature of what the answer speaks of, for the statistic ``content_effect``.

    It judges nothing: value 1, label ``described``. ``evidence.signature`` is a vector of 256 small
    numbers (base64): the stems of its content words, hashed (Weinberger et al. 2009), each with the
    square root of its count. Two answers are as alike as the cosine of theirs says. Words of
    ``case.inputs[mask]``, a list (the identity terms of every variant), and pronouns do not count:
    that an answer names whom it was asked about is no difference in content.
    """
    if not isinstance(mask, str) or not mask:
        raise SuiteError(f"content(mask={mask!r}): the name of an input is needed")
    return Content(mask, name)


def signature(text: str, masked: Iterable[str] = ()) -> str:
    """Return the signature of ``text`` without the ``masked`` folded words, however inflected."""
    tokens = words(fold(text))[:_MAX_WORDS]
    language = language_of(tokens)
    left_out = FUNCTION_WORDS[language] | _PRONOUNS
    prefixes = tuple(w[: max(_LEAST_PREFIX, len(w) - 2)] for w in masked if len(w) >= _LEAST_PREFIX)
    short = frozenset(w for w in masked if len(w) < _LEAST_PREFIX)
    counts = Counter(
        stem(token, language)
        for token in tokens
        if token not in left_out
        and token not in short
        and not (prefixes and token.startswith(prefixes))
    )
    vector = [0.0] * _SIZE
    for word, count in counts.items():
        place, sign = _place(word)
        vector[place] += sign * math.sqrt(count)
    most = max(map(abs, vector)) or 1.0
    whole = [round(127 * x / most) for x in vector]
    return base64.b64encode(bytes(x % 256 for x in whole)).decode()


@lru_cache(maxsize=65_536)
def _place(word: str) -> tuple[int, int]:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    number = int.from_bytes(digest)
    return number % _SIZE, 1 if number >> 31 else -1


def _masked(terms: object, field: str) -> tuple[str, ...]:
    if not isinstance(terms, list | tuple) or not all(isinstance(t, str) for t in terms):
        raise Missing(f"inputs[{field!r}] must be a list of the terms that do not count")
    return tuple(dict.fromkeys(word for term in terms for word in words(fold(term))))
