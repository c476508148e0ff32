"""Is the answer right? Held against references that need no judge: ``fact``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmeval.errors import SuiteError, nearest
from llmeval.records import PASS_MARK, NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.abstaining import abstention_in
from llmeval.scorers.factual.mentions import Answer, mention_of, plain_words, read_answer
from llmeval.scorers.factual.overlap import f1, squad_words
from llmeval.scorers.factual.references import Reference, read_references
from llmeval.scorers.findings import check_share, clip, each, expected_of, rescale
from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.text import Span, fold, language_of, wordless, words

__all__ = ["Fact", "fact"]

MATCHES: Final = ("contains", "exact", "f1")
_LONGEST: Final = 100_000
_MAX_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Fact:
    """See ``fact``."""

    reference: Any
    field: str
    every: bool
    match: str
    threshold: float
    tolerance: float
    language: str | None
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "reference": self.reference,
            "field": self.field,
            "every": self.every,
            "match": self.match,
            "threshold": self.threshold,
            "tolerance": self.tolerance,
            "language": self.language,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        text = sample.response.text
        wanted = self.reference
        if wanted is None:
            wanted = expected_of(sample.case, self.field)
        language = self.language or _language(sample)
        references = read_references(wanted, language)
        if wordless(text):
            return NotScored(self.name, "empty", "an empty answer states nothing")
        if len(text) > _LONGEST:
            reason = f"answer of {len(text)} characters; at most {_LONGEST} are read"
            return NotScored(self.name, "too_long", reason)
        answer = read_answer(text, language)
        spans = [self._found(reference, answer, references) for reference in references]
        return self._score(sample, references, spans, _overlap(text, references, language))

    def _found(
        self, wanted: Reference, answer: Answer, accepted: Sequence[Reference]
    ) -> Span | None:
        if self.match == "exact" and wanted.kind == "text":
            equal = [w.text for w in plain_words(wanted.text)] == [w.text for w in answer.words]
            return (0, len(answer.text)) if equal else None
        span = mention_of(wanted, answer, accepted, self.tolerance)
        if span is None or self.match != "exact" or wanted.kind == "yes_no":
            return span
        beside = answer.folded[: span[0]] + answer.folded[span[1] :]
        return None if any(c.isalnum() for c in beside) else span

    def _score(
        self,
        sample: Sample,
        references: Sequence[Reference],
        spans: Sequence[Span | None],
        overlap: dict[str, float | bool],
    ) -> Score:
        held = [i for i, span in enumerate(spans) if span is not None]
        value = float(len(held) == len(spans) if self.every else bool(held))
        if self.match == "f1":
            value = rescale(float(overlap["f1"]), self.threshold)
        at = held[0] if held else None
        evidence: dict[str, Any] = {
            "kind": references[at or 0].kind,
            "matched": None if at is None else clip(references[at].text),
            "span": None if at is None else list(spans[at] or ()),
            **overlap,
        }
        absent = [clip(references[i].text, 80) for i in range(len(spans)) if i not in held]
        if self.every:
            evidence |= {"recall": len(held) / len(spans), "absent": absent[:_MAX_SHOWN]}
        if value >= PASS_MARK:
            return Score(self.name, value, "correct", None, evidence)
        text = sample.response.text
        attempted = held or not abstention_in(text, _asked(sample)).holds
        why = f"expected {absent[0]!r}, got {clip(text, 80)!r}" if absent else None
        return Score(self.name, value, "incorrect" if attempted else "not_attempted", why, evidence)


def fact(
    reference: Any = None,
    *,
    field: str = "expected",
    every: bool = False,
    match: str = "contains",
    threshold: float = 0.5,
    tolerance: float = 0.0,
    language: str | None = None,
    name: str = "fact",
) -> Fact:
    """Score whether the answer states the fact that is expected, in whatever form.

    Args:
        reference: What is right; by default ``case.expected``, or what ``field`` names there or
            among the inputs. True or false, a number, a text, or a list of accepted ones
            (aliases). A text that is wholly a yes or no, a quantity or a date is compared as such:
            48,000 = forty-eight thousand, 8,848 m = 29,029 ft, 4 July 1776 = 1776-07-04. A mapping
            ``{"value": 8848, "unit": "m"}`` is a quantity.
        every: Whether all of the list must be stated, instead of one.
        match: ``contains``: the answer asserts it; what it denies, or leaves open ("Bonn or
            Berlin"), does not count, and after "the answer is" only that sentence. ``exact``: the
            answer is it and nothing else. ``f1``: the F1 of words as SQuAD counts it, with
            ``threshold`` at the pass mark.
        tolerance: By how much a quantity may differ, relative to the greater one. Where a unit had
            to be converted 1 % is allowed at least.
        language: In which numbers are read (1.500) and articles left out; by default that of
            ``case.tags["language"]``, else that of question and answer.

    Labels: ``correct`` (value 1), ``incorrect`` and ``not_attempted`` (0; the answer only says that
    it does not know). Evidence: ``kind`` (``text``, ``quantity``, ``date``, ``yes_no``),
    ``matched``, ``span`` in the answer, and SQuAD's ``exact``, ``contains`` and ``f1`` over the
    references; with ``every`` also ``recall`` and ``absent``. Raises ``SuiteError``.
    """
    if match not in MATCHES:
        raise SuiteError(
            f"fact(match={match!r}): there are {', '.join(MATCHES)}.{nearest(match, MATCHES)}"
        )
    if language is not None and language not in FUNCTION_WORDS:
        known = ", ".join(sorted(FUNCTION_WORDS))
        raise SuiteError(f"fact(language={language!r}): there are {known}")
    check_share("fact", "threshold", threshold)
    check_share("fact", "tolerance", tolerance)
    return Fact(reference, field, every, match, float(threshold), float(tolerance), language, name)


def _language(sample: Sample) -> str:
    told = sample.case.tags.get("language", sample.case.inputs.get("language"))
    if isinstance(told, str) and told.lower().partition("-")[0] in FUNCTION_WORDS:
        return told.lower().partition("-")[0]
    return language_of(words(fold(f"{_asked(sample)[:2_000]} {sample.response.text[:2_000]}")))


def _asked(sample: Sample) -> str:
    inputs = sample.case.inputs
    asked = inputs.get("question", inputs.get("prompt"))
    return asked if isinstance(asked, str) else ""


def _overlap(text: str, references: Sequence[Reference], language: str) -> dict[str, float | bool]:
    """Return SQuAD's figures, each the best over the references."""
    said = squad_words(text, language)
    wanted = [squad_words(reference.text, language) for reference in references]
    return {
        "exact": said in wanted,
        "contains": any(_within(one, said) for one in wanted),
        "f1": round(max(f1(said, one) for one in wanted), 4),
    }


def _within(part: list[str], whole: list[str]) -> bool:
    return bool(part) and f" {' '.join(part)} " in f" {' '.join(whole)} "
