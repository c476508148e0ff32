"""A classifier without weights: a premise entails what it holds every word of."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pytest

from llmeval.scorers.trained import nli_grounding
from llmeval.scorers.trained.nli_model import Odds, Pair


class WordClassifier:
    """Tokens are words; keeps the pairs that it was asked."""

    def __init__(self, limit: int = 64, contradicts: bool = True) -> None:
        self.limit = limit
        self.extra = 3
        self.contradicts = contradicts
        self.asked: list[Pair] = []

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def judge(self, pairs: Sequence[Pair]) -> list[Odds]:
        self.asked += pairs
        return [self._odds(*pair) for pair in pairs]

    def _odds(self, premise: str, hypothesis: str) -> Odds:
        assert len(premise.split()) + len(hypothesis.split()) + self.extra <= self.limit
        held, said = (set(re.findall(r"\w+", t.lower())) for t in (premise, hypothesis))
        turned = "not" in held ^ said
        against = (0.8 if turned else 0.05) if self.contradicts else math.nan
        return Odds(0.9 if said <= held and not turned else 0.1, against)


def installed(monkeypatch: pytest.MonkeyPatch, classifier: WordClassifier | str) -> None:
    """Let the scorer find this classifier, and the packages that it would need."""
    monkeypatch.setattr(nli_grounding, "loaded", lambda model: classifier)
    monkeypatch.setattr(nli_grounding, "find_spec", lambda name: name)
