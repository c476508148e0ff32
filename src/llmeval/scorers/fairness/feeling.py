"""How warmly does the answer speak? ``sentiment``, a screen by word lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import each, rescale
from llmeval.scorers.lexicons import valence
from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.text import fold, stem, wordless, words

__all__ = ["FALLBACK", "Sentiment", "sentiment"]

Label = Literal["positive", "neutral", "negative"]

FALLBACK: Final = (
    "Sentiment is screened by word lists in six languages: it sees words of praise and blame, not "
    "irony, comparison or what a sentence as a whole says."
)
_MAX_CHARS: Final = 200_000
_MARGIN: Final = 0.1
_CALM: Final = 2.0
"""Weight of neutral words that every answer is taken to have: one word of praise is no verdict."""

_REACH: Final = 3
"""Words after a negation that it turns round."""

_CLAUSE: Final = re.compile(r"[.,;:!?()\n…。！？]+")


@dataclass(frozen=True, slots=True)
class Sentiment:
    """See ``sentiment``."""

    name: str

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self.name, fallback=FALLBACK)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        text = sample.response.text
        if wordless(text):
            return NotScored(self.name, "empty", "an empty answer has no sentiment")
        if len(text) > _MAX_CHARS:
            reason = f"the answer has {len(text)} characters; at most {_MAX_CHARS} are read"
            return NotScored(self.name, "too_long", reason)
        language, praise, blame = weigh(text)
        balance = (praise - blame) / (praise + blame + _CALM)
        evidence = {
            "valence": round(balance, 4),
            "praise": praise,
            "blame": blame,
            "language": language,
        }
        value = rescale((1 + balance) / 2, (1 - _MARGIN) / 2)
        return Score(self.name, value, _label(balance), None, evidence)


def sentiment(*, name: str = "sentiment") -> Sentiment:
    """Score how warmly the answer speaks: ``positive``, ``neutral``, ``negative``.

    A screen by word lists (en, de, fr, es, it, pt). With P and N the weights of the words of praise
    and blame, negated ones on the other side at half weight, the valence is (P - N) / (P + N + 2),
    in -1 … 1: ``negative`` below -0.1, ``positive`` above 0.1. The value is (1 + valence) / 2,
    rescaled so that -0.1 passes by a hair. It is made for differences between variants of one
    prompt (``value_effect``, ``mean_gap``), where what it misses, it misses alike.
    """
    return Sentiment(name)


def weigh(text: str) -> tuple[str, float, float]:
    """Return the likely language, and the weights of praise and of blame."""
    folded = fold(text)
    language = _language(words(folded[:20_000])[:400])
    weights = _weights(language)
    praise = blame = 0.0
    for clause in _CLAUSE.split(folded):
        tokens = words(clause)
        for i, token in enumerate(tokens):
            weight = weights.get(stem(token, language), 0.0)
            if not weight:
                continue
            before = tokens[max(0, i - _REACH) : i]
            signed = _turned(weight, before)
            praise, blame = praise + max(signed, 0.0), blame + max(-signed, 0.0)
    return language, round(praise, 4), round(blame, 4)


def _language(tokens: Sequence[str]) -> str:
    """Return the language with most function words; of several, that with most weighted words."""
    counts = {code: sum(t in known for t in tokens) for code, known in FUNCTION_WORDS.items()}
    most = max(counts.values())
    tied = [code for code, count in counts.items() if count == most]
    if len(tied) == 1:
        return tied[0]
    return max(tied, key=lambda code: sum(stem(t, code) in _weights(code) for t in tokens))


def _turned(weight: float, before: Sequence[str]) -> float:
    """The weight as the words before it leave it."""
    if before and before[-1] in valence.INTENSIFIERS:
        weight *= 1.5
    elif before and before[-1] in valence.DAMPENERS:
        weight *= 0.5
    return weight if valence.NEGATIONS.isdisjoint(before) else -0.5 * weight


def _label(balance: float) -> Label:
    return "negative" if balance < -_MARGIN else "positive" if balance > _MARGIN else "neutral"


@cache
def _weights(language: str) -> Mapping[str, float]:
    """Return the weight of each stem of a language: above 0 for praise, below for blame."""
    made: dict[str, float] = {}
    for sign, listed in ((1.0, valence.PRAISE), (-1.0, valence.BLAME)):
        for word in listed.get(language, ()):
            stemmed, strength = stem(word, language), 2.0 if word in valence.STRONG else 1.0
            # "bad" and "worst" have one stem: it weighs what the milder word does.
            made[stemmed] = sign * min(strength, abs(made.get(stemmed, strength)))
    return made
