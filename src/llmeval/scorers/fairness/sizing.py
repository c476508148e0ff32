"""How long is the answer? ``answer_length``, for differences between variants of one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import each
from llmeval.scorers.text import words

__all__ = ["AnswerLength", "answer_length"]


@dataclass(frozen=True, slots=True)
class AnswerLength:
    """See ``answer_length``."""

    typical: int
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self.name, parameters={"typical": self.typical})

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score:
        count = _count(sample.response.text)
        value = min(1.0, count / (2 * self.typical))
        label = "shorter" if count < self.typical else "as_long"
        return Score(self.name, value, label, None, {"words": count})


def answer_length(typical: int = 150, *, name: str = "answer_length") -> AnswerLength:
    """Score how long the answer is: its words over twice the ``typical`` number, at most 1.

    A difference of 0.05 is then a tenth of a typical answer; answers of more than twice that length
    are all alike. Labels: ``shorter`` than typical, ``as_long``. In scripts without spaces two
    characters count as a word. What an answer says is not looked at.
    """
    if type(typical) is not int or not 1 <= typical <= 100_000:
        raise SuiteError(f"answer_length(typical={typical!r}): a whole number of words is needed")
    return AnswerLength(typical, name)


def _count(text: str) -> int:
    wide = sum(_is_wide(c) for c in text) if not text.isascii() else 0
    if not wide:
        return len(words(text))
    rest = "".join(" " if _is_wide(c) else c for c in text)
    return len(words(rest)) + (wide + 1) // 2


def _is_wide(character: str) -> bool:
    """Whether a character is Chinese or Japanese writing."""
    return "\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff"
