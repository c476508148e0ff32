"""Is the answer as long as it should be? ``length``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmeval.errors import SuiteError, nearest
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import Missing, clip, each, field_of
from llmeval.scorers.formats.bounds import Bounds, bounds_of
from llmeval.scorers.formats.failures import BadRules
from llmeval.scorers.formats.reading import MAX_CHARS
from llmeval.scorers.text import sentences

__all__ = ["Length", "length"]

_PARAGRAPH: Final = re.compile(r"\n[^\S\n]{0,99}\n")
_TOKENS: Final = "tokens"
Rules = tuple[tuple[str, Bounds], ...]


def _words(text: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _paragraphs(text: str) -> int:
    return sum(bool(part.strip()) for part in _PARAGRAPH.split(text))


_COUNTS: Final[Mapping[str, Callable[[str], int]]] = {
    "words": _words,
    "sentences": lambda text: len(sentences(text)),
    "characters": lambda text: len(text.strip()),
    "lines": _lines,
    "paragraphs": _paragraphs,
}
UNITS: Final = (*_COUNTS, _TOKENS)


@dataclass(frozen=True, slots=True)
class Length:
    """See ``length``."""

    rules: Rules
    field: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        rules = {unit: bounds.plain for unit, bounds in self.rules}
        return ScorerIdentity(self.name, parameters={"rules": rules, "field": self.field})

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        text = sample.response.text
        if len(text) > MAX_CHARS:
            reason = f"the answer has {len(text)} characters; at most {MAX_CHARS} are counted"
            return NotScored(self.name, "too_long", reason)
        try:
            rules = self.rules or _rules(field_of(sample.case, self.field))
        except BadRules as bad:
            return NotScored(self.name, "bad_input", f"case {clip(sample.case.id, 80)}: {bad}")
        tokens = sample.response.usage.output_tokens
        if tokens is None and any(unit == _TOKENS for unit, _ in rules):
            reason = "the endpoint reported no usage, so the answer's tokens are not known"
            return NotScored(self.name, "no_usage", reason)
        counts = {u: tokens or 0 if u == _TOKENS else _COUNTS[u](text) for u, _ in rules}
        return self._finding(text, rules, counts)

    def _finding(self, text: str, rules: Rules, counts: dict[str, int]) -> Score:
        for unit, bounds in rules:
            if not bounds.holds(counts[unit]):
                label = "too_short" if bounds.below(counts[unit]) else "too_long"
                kind = "bad_value" if text.strip() else "empty"
                why = f"{unit}: {counts[unit]}, where {bounds} is asked for"
                evidence = {"kind": kind, "path": f"$.{unit}", **counts}
                return Score(self.name, 0.0, label, why, evidence)
        return Score(self.name, 1.0, "within", evidence=dict(counts))


def length(
    *,
    words: int | Sequence[int | None] | None = None,
    sentences: int | Sequence[int | None] | None = None,
    characters: int | Sequence[int | None] | None = None,
    lines: int | Sequence[int | None] | None = None,
    paragraphs: int | Sequence[int | None] | None = None,
    tokens: int | Sequence[int | None] | None = None,
    field: str = "length",
    name: str = "length",
) -> Length:
    """Score whether the answer is as long as it should be; all of the given limits must hold.

    Each limit is a number, or ``(least, most)`` where one may be None. Without any, they come from
    ``case.inputs[field]``, such as ``{"words": [50, 80]}``. Words are what white space parts and
    what holds a letter or digit (so Chinese, Japanese and Thai have ``characters`` only); lines
    and paragraphs are counted if they are not blank; tokens are those that the endpoint reported.
    Labels: ``within``, ``too_short``, ``too_long``. Evidence: the counts.
    """
    given = {
        "words": words,
        "sentences": sentences,
        "characters": characters,
        "lines": lines,
        "paragraphs": paragraphs,
        "tokens": tokens,
    }
    limits = {unit: value for unit, value in given.items() if value is not None}
    try:
        return Length(_rules(limits) if limits else (), field, name)
    except BadRules as bad:
        raise SuiteError(f"length: {bad}") from None


def _rules(given: Any) -> Rules:
    if not isinstance(given, Mapping):
        raise BadRules("limits are an object, such as {'words': [50, 80]}")
    if not given:
        raise Missing("there is no limit on the length")
    for unit in given:
        if unit not in UNITS:
            hint = nearest(str(unit), UNITS)
            raise BadRules(f"{clip(repr(unit), 60)} is none of {', '.join(UNITS)}.{hint}")
    return tuple((unit, bounds_of(value, unit)) for unit, value in given.items())
