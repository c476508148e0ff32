"""The plain scorers that everyone expects: equals, contains, regex, similar."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import check_share, clip, each, expected_of, rescale, texts_of
from llmeval.scorers.text import fold, words

__all__ = ["Contains", "Equals", "Regex", "Similar", "contains", "equals", "regex", "similar"]

_SIMILAR_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class Equals:
    """See ``equals``."""

    expected: Any
    field: str
    ignore_case: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "expected": self.expected,
            "field": self.field,
            "ignore_case": self.ignore_case,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score:
        wanted = _wanted(self.expected, sample, self.field)
        answer = _plain(sample.response.text, self.ignore_case)
        equal = any(answer == _plain(w, self.ignore_case) for w in wanted)
        why = None if equal else f"expected {clip(wanted[0], 80)!r}, got {clip(answer, 80)!r}"
        return Score(self.name, float(equal), "equal" if equal else "different", why)


def equals(
    expected: Any = None,
    *,
    field: str = "expected",
    ignore_case: bool = False,
    name: str | None = None,
) -> Equals:
    """Score whether the answer is exactly the expected text, or one of a list of such texts.

    Surrounding white space and Unicode composition (NFC) do not count. ``expected`` overrides the
    case; ``field`` names a key of ``case.expected`` or ``case.inputs``.
    Labels: ``equal``, ``different``.
    """
    return Equals(expected, field, ignore_case, name or "equals")


@dataclass(frozen=True, slots=True)
class Contains:
    """See ``contains``."""

    expected: Any
    field: str
    ignore_case: bool
    every: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "expected": self.expected,
            "field": self.field,
            "ignore_case": self.ignore_case,
            "every": self.every,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score:
        wanted = _wanted(self.expected, sample, self.field)
        answer = _plain(sample.response.text, self.ignore_case)
        absent = [w for w in wanted if _plain(w, self.ignore_case) not in answer]
        found = not absent if self.every else len(absent) < len(wanted)
        why = None if found else f"absent: {clip(', '.join(map(repr, absent)))}"
        return Score(self.name, float(found), "contained" if found else "absent", why)


def contains(
    expected: Any = None,
    *,
    field: str = "expected",
    ignore_case: bool = False,
    every: bool = True,
    name: str | None = None,
) -> Contains:
    """Score whether the answer contains the expected text; of a list, every one (or any).

    Labels: ``contained``, ``absent``. Unicode composition (NFC) does not count.
    """
    return Contains(expected, field, ignore_case, every, name or "contains")


@dataclass(frozen=True, slots=True)
class Regex:
    """See ``regex``."""

    pattern: str
    full: bool
    ignore_case: bool
    negate: bool
    timeout: float
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "pattern": self.pattern,
            "full": self.full,
            "ignore_case": self.ignore_case,
            "negate": self.negate,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        compiled = _compiled(self.pattern, self.ignore_case)
        look = compiled.fullmatch if self.full else compiled.search
        try:
            found = look(sample.response.text, timeout=self.timeout)
        except TimeoutError:
            reason = f"the pattern needed more than {self.timeout} s on this answer; simplify it"
            return NotScored(self.name, "timeout", reason)
        passed = (found is None) == self.negate
        evidence = None if found is None else {"start": found.start(), "end": found.end()}
        label = "no_match" if found is None else "match"
        return Score(self.name, float(passed), label, evidence=evidence)


def regex(
    pattern: str,
    *,
    full: bool = False,
    ignore_case: bool = False,
    negate: bool = False,
    timeout: float = 0.25,
    name: str | None = None,
) -> Regex:
    """Score whether ``pattern`` is in the answer (``full``: is all of it; ``negate``: is not).

    ``timeout`` is seconds for one answer; a pattern that needs longer gives NotScored ``timeout``.
    Labels: ``match``, ``no_match``. Raises ``SuiteError`` for a pattern that does not compile.
    """
    import regex as engine

    if not timeout > 0:
        raise SuiteError(f"regex(timeout={timeout!r}): a number of seconds above 0 is needed")
    try:
        _compiled(pattern, ignore_case)
    except engine.error as error:
        raise SuiteError(f"regex({pattern!r}) does not compile: {error}") from error
    return Regex(pattern, full, ignore_case, negate, timeout, name or "regex")


@cache
def _compiled(pattern: str, ignore_case: bool) -> Any:
    import regex as engine

    return engine.compile(pattern, engine.IGNORECASE if ignore_case else 0)


@dataclass(frozen=True, slots=True)
class Similar:
    """See ``similar``."""

    threshold: float
    expected: Any
    field: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {"threshold": self.threshold, "expected": self.expected, "field": self.field}
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        answer = sample.response.text
        if len(answer) > _SIMILAR_LIMIT:
            reason = (
                f"the answer has {len(answer)} characters; at most {_SIMILAR_LIMIT} are compared"
            )
            return NotScored(self.name, "too_long", reason)
        wanted = _wanted(self.expected, sample, self.field)
        best = max(similarity(answer, w[:_SIMILAR_LIMIT]) for w in wanted)
        label = "similar" if best >= self.threshold else "different"
        return Score(
            self.name,
            rescale(best, self.threshold),
            label,
            f"similarity {best:.3f}, threshold {self.threshold:g}",
            {"similarity": round(best, 4)},
        )


def similar(
    threshold: float = 0.8,
    *,
    expected: Any = None,
    field: str = "expected",
    name: str | None = None,
) -> Similar:
    """Score how near the answer's wording is to the expected text (of several, the nearest).

    similarity = (F1 of words + Dice coefficient of character trigrams) / 2, both over multisets of
    the case-folded text without accents and punctuation; the value is rescaled so that
    ``threshold`` lies at 0.5. Wording, not meaning. Labels: ``similar``, ``different``.
    """
    check_share("similar", "threshold", threshold)
    return Similar(threshold, expected, field, name or "similar")


def similarity(one: str, other: str) -> float:
    """Return the similarity of two texts in 0..1, as ``similar`` states it; two empty texts: 1."""
    a, b = words(fold(one)), words(fold(other))
    if not a or not b:
        return float(a == b)
    return (_overlap(a, b) + _overlap(_trigrams(a), _trigrams(b))) / 2


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    # Over multisets the F1 of precision and recall is the Dice coefficient (van Rijsbergen 1979).
    shared = (Counter(one) & Counter(other)).total()
    return 2 * shared / (len(one) + len(other))


def _trigrams(tokens: Iterable[str]) -> list[str]:
    text = f" {' '.join(tokens)} "
    return [text[i : i + 3] for i in range(len(text) - 2)]


def _wanted(fixed: Any, sample: Sample, field: str) -> list[str]:
    return texts_of(expected_of(sample.case, field) if fixed is None else fixed)


def _plain(text: str, ignore_case: bool) -> str:
    text = unicodedata.normalize("NFC", text.strip())
    return text.casefold() if ignore_case else text
