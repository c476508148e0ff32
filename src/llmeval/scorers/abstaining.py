"""Does the answer decline where the text holds no answer, and answer where it does?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import Missing, clip, each
from llmeval.scorers.lexicons.abstentions import ABSTENTIONS, CONTRAST, OFFERS
from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.text import Span, fold, language_of, sentences, stem, wordless, words

__all__ = ["Abstaining", "Abstention", "abstention", "abstention_in"]

_LIMIT = 20_000
_LABELS = {
    ("yes", False): ("answered", 1.0),
    ("yes", True): ("over_abstained", 0.0),
    ("no", True): ("abstained", 1.0),
    ("no", False): ("fabricated", 0.0),
}
_EDGES = " .,;:!?\"'()-*"
_TRUTH = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}


@dataclass(frozen=True, slots=True)
class Abstention:
    """What abstains in an answer, and what asserts something beside it (spans of characters)."""

    declines: tuple[Span, ...]
    asserts: tuple[Span, ...]

    @property
    def holds(self) -> bool:
        """Whether the answer as a whole abstains: it declines, and asserts nothing beside."""
        return bool(self.declines) and not self.asserts


@dataclass(frozen=True, slots=True)
class Abstaining:
    """See ``abstention``."""

    answerable: str
    context: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {"answerable": self.answerable, "context": self.context}
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        answerable = _answerable(sample, self.answerable)
        text = sample.response.text
        if wordless(text):
            return NotScored(self.name, "empty", "an empty answer neither answers nor abstains")
        known = " ".join(
            str(v) for v in sample.case.inputs.values() if isinstance(v, str | int | float)
        )
        found = abstention_in(text, known)
        label, value = _LABELS[answerable, found.holds]
        parts = found.asserts if label == "fabricated" else found.declines
        shown = clip(" … ".join(text[a:b] for a, b in parts[:3])) or None
        evidence = {
            "declines": [list(s) for s in found.declines],
            "asserts": [list(s) for s in found.asserts],
        }
        return Score(self.name, value, label, shown, evidence)


def abstention(
    answerable: str = "answerable", *, context: str = "context", name: str = "abstention"
) -> Abstaining:
    """Score whether the answer abstains exactly where the case cannot be answered.

    ``case.tags[answerable]`` (or ``case.inputs``) says ``yes`` or ``no``. An answer abstains if a
    clause says that the text or the speaker does not know (en, de, fr, es, it, pt), and nothing
    beside it asserts something that the case's inputs do not say. Labels: ``answered`` and
    ``abstained`` (value 1), ``over_abstained`` and ``fabricated`` (value 0).
    """
    return Abstaining(answerable, context, name)


def _answerable(sample: Sample, field: str) -> str:
    value = sample.case.tags.get(field, sample.case.inputs.get(field))
    if value is None:
        raise Missing(f"tags[{field!r}] (yes or no) is needed and absent")
    truth = _TRUTH.get(str(value).strip().lower())
    if truth is None:
        raise Missing(f"tags[{field!r}] must be yes or no, not {clip(repr(value), 40)}")
    return truth


def abstention_in(text: str, known: str = "") -> Abstention:
    """Find what abstains and what asserts in the first 20,000 characters of ``text``.

    ``known`` is all that the case says: repeating it beside an abstention asserts nothing new.
    """
    text = text[:_LIMIT]
    clauses = [c for s in sentences(text) for c in _clauses(text, s)]
    folded = {c: fold(text[slice(*c)]) for c in clauses}
    # What stands in the text itself ("bathing is not allowed") is an answer, not an abstention.
    said = fold(known)
    declines = tuple(
        c for c in clauses if declines_in(folded[c]) and folded[c].strip(_EDGES) not in said
    )
    if not declines:
        return Abstention((), tuple(clauses))
    stems = _known_stems(known)
    others = (c for c in clauses if c not in declines)
    return Abstention(declines, tuple(c for c in others if _asserts(folded[c], stems)))


def _clauses(text: str, span: Span) -> list[Span]:
    start, end = span
    clauses = []
    for turn in _pattern(CONTRAST).finditer(text, start, end):
        if turn.start() > start:
            clauses.append((start, turn.start()))
            start = turn.end()
    return [*clauses, (start, end)]


def declines_in(clause: str) -> bool:
    """Whether a folded clause says that the text or the speaker does not know."""
    part = clause[:1_000]
    return any(_pattern(p).search(part) for p in ABSTENTIONS)


def _asserts(clause: str, known: frozenset[str]) -> bool:
    content = _content(words(clause))
    new = [t for t in content if t not in known and stem(t, "en") not in known]
    if any(t[0].isdecimal() for t in new):
        return True
    if _pattern(OFFERS).search(clause):
        return False
    return len(new) >= 2 and len(new) > 0.4 * len(content)


def _known_stems(known: str) -> frozenset[str]:
    tokens = words(fold(known[:200_000]))
    return frozenset(tokens) | {stem(t, "en") for t in tokens}


def _content(tokens: list[str]) -> list[str]:
    function = FUNCTION_WORDS[language_of(tokens)]
    return [t for t in tokens if t not in function]


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
