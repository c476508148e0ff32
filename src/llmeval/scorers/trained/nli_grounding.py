"""Groundedness by a trained classifier of entailment: does the context entail each claim?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from llmeval.errors import MissingExtra, SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.claims import Claim
from llmeval.scorers.evidence import read_evidence
from llmeval.scorers.factual.reading import (
    Checked,
    Reading,
    read_sample,
    score_of,
    without_claims,
)
from llmeval.scorers.findings import Missing, check_share, clip, rescale
from llmeval.scorers.text import Span
from llmeval.scorers.trained.nli_model import (
    Classifier,
    NliModel,
    Odds,
    Pair,
    loaded,
)
from llmeval.scorers.trained.nli_premises import fitting, nearest_first, windows

__all__ = ["Asked", "NliGroundedness", "asked_of", "nli_groundedness", "no_model", "wanted_model"]

MAX_PAIRS: Final = 2_000
# Below so many words a claim is hardly a sentence: the question is put before it.
_FRAGMENT: Final = 5
# What a tokenizer may add where a window is cut out of its text.
_MARGIN: Final = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim with the pairs that it becomes, and the stretch of context behind each pair."""

    claim: Claim
    pairs: tuple[Pair, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class NliGroundedness:
    """See ``nli_groundedness``."""

    context: str
    model: NliModel
    threshold: float
    max_pairs: int
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "context": self.context,
            "backend": "nli",
            **self.model.parameters,
            "threshold": self.threshold,
            "max_pairs": self.max_pairs,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order; all their pairs go through the model together."""
        classifier = loaded(self.model) if samples else ""
        if isinstance(classifier, str):
            return [no_model(self.name, self.model, classifier) for _ in samples]
        asked: list[tuple[Asked, ...] | NotScored | Score] = []
        for sample in samples:
            asked.append(self._asked(sample, classifier))
        pairs = [p for one in asked if isinstance(one, tuple) for claim in one for p in claim.pairs]
        odds = iter(classifier.judge(pairs))
        return [self._finding(one, odds) if isinstance(one, tuple) else one for one in asked]

    def _asked(
        self, sample: Sample, classifier: Classifier
    ) -> tuple[Asked, ...] | NotScored | Score:
        try:
            reading = read_sample(self.name, sample, self.context)
        except Missing as missing:
            reason = f"case {clip(sample.case.id, 80)}: {missing}"
            return NotScored(self.name, "missing_input", reason)
        if isinstance(reading, NotScored):
            return reading
        settled = without_claims(self.name, reading, "nli")
        if settled:
            return settled
        asked = tuple(asked_of(reading, classifier))
        pairs = sum(len(one.pairs) for one in asked)
        if pairs > self.max_pairs:
            reason = f"{len(asked)} claims make {pairs} pairs; at most {self.max_pairs} are asked"
            return NotScored(self.name, "too_long", f"{reason} (max_pairs)")
        return asked

    def _finding(self, asked: Sequence[Asked], odds: Iterator[Odds]) -> Score:
        checked = []
        weakest = 1.0
        for one in asked:
            found = [next(odds) for _ in one.pairs]
            checked.append(_checked(one, found, self.threshold))
            weakest = min(weakest, max(o.entailment for o in found))
        return score_of(self.name, rescale(weakest, self.threshold), checked, "nli")


def nli_groundedness(
    context: str,
    model: str,
    *,
    revision: str | None = None,
    labels: Sequence[str] | None = None,
    threshold: float = 0.5,
    device: str = "cpu",
    max_pairs: int = MAX_PAIRS,
    local_files_only: bool = True,
    name: str = "groundedness",
) -> NliGroundedness:
    """Score whether the context entails every claim, by a Hugging Face sequence classifier.

    Each claim is the hypothesis, and the premises are the context in overlapping windows as long
    as the model reads (the eight that share most content with the claim, where there are more) and
    the six nearest sentences alone; the claim's support is the greatest probability of entailment
    (Laban et al. 2022, SummaC, section 3.1, over both granularities). Claims of fewer than five
    words are put behind the question.

    Args:
        model: A directory, or a hub's name. Safetensors are preferred; a pickle is read with
            ``weights_only``; code of the model's own is never run; a file that lacks some of the
            weights is refused.
        revision: Branch, tag or commit of a hub's name; give a commit to pin the weights.
        labels: What each output means, in order, where the model's config does not say
            (``LABEL_0`` …); one output is the logit of entailment.
        threshold: From which probability on a claim is supported.
        device: As torch calls it.
        max_pairs: More pairs of premise and claim than these are not scored (``too_long``).
        local_files_only: Whether a hub's name is only looked up in the local cache.

    ``evidence.claims`` also hold ``entailment`` and ``contradiction``, the greatest probability of
    each. A model that cannot be loaded is NotScored (``no_model``) with the reason. Raises
    ``SuiteError`` for what can be seen to be wrong beforehand, ``MissingExtra`` without
    transformers and torch.
    """
    check_share("groundedness", "threshold", threshold)
    wanted = wanted_model(
        "groundedness", model, revision, labels, device, max_pairs, local_files_only
    )
    return NliGroundedness(context, wanted, float(threshold), max_pairs, name)


def wanted_model(
    scorer: str,
    model: str,
    revision: str | None,
    labels: Sequence[str] | None,
    device: str,
    max_pairs: int,
    local_files_only: bool,
) -> NliModel:
    """Return the model that a scorer is declared with, checked as far as that goes without loading
    it. Raises ``SuiteError``, ``MissingExtra``."""
    if isinstance(max_pairs, bool) or not isinstance(max_pairs, int) or max_pairs < 1:
        raise SuiteError(f"{scorer}(max_pairs={max_pairs!r}): a whole number from 1 is needed")
    named = None if labels is None else tuple(map(str, labels))
    wanted = NliModel(model, revision, named, device, local_files_only)
    if not all(map(find_spec, ("torch", "transformers"))):
        raise MissingExtra(f"{scorer}(backend='nli')", "nli")
    try:
        wanted.check()
    except ValueError as error:
        raise SuiteError(f"{scorer}(backend='nli', model=…): {error}") from None
    return wanted


def no_model(scorer: str, model: NliModel, why: str) -> NotScored:
    """Return what a sample gets whose model could not be loaded, with what to do about it."""
    reason = f"the model {model.name!r} could not be loaded: {why}"
    if model.directory is None and model.local_files_only:
        reason += "; fetch it first (hf download), or give local_files_only=False"
    return NotScored(scorer, "no_model", reason)


def asked_of(reading: Reading, classifier: Classifier) -> Iterator[Asked]:
    """Yield each claim with its premises; a claim too long for half of what the model reads is
    asked in pieces, each of which must be entailed."""
    evidence = read_evidence(reading.context, reading.question)
    room = classifier.limit - classifier.extra - _MARGIN
    spans = [(claim.start, claim.end) for claim in reading.claims]
    claims = fitting(reading.answer, spans, room // 2, classifier.lengths)
    hypotheses = _hypotheses(reading, claims, room // 2, classifier)
    budget = room - max(classifier.lengths(hypotheses))
    # A context without a word has no sentences, and is a premise all the same.
    sentences = evidence.spans or ((0, len(reading.context)),)
    # Sentences of more than half a window are cut, so that what stands at a cut is in some window.
    pieces = fitting(reading.context, sentences, budget // 2, classifier.lengths)
    around = windows(pieces, budget)
    for (start, end), hypothesis in zip(claims, hypotheses, strict=True):
        claim = Claim(reading.answer[start:end], start, end)
        premises = dict.fromkeys(nearest_first(claim.text, evidence, list(pieces), around))
        pairs = tuple((reading.context[a:b], hypothesis) for a, b in premises)
        yield Asked(claim, pairs, tuple(premises))


def _hypotheses(
    reading: Reading, claims: Mapping[Span, int], most: int, classifier: Classifier
) -> list[str]:
    """Return what is asked of each claim: a fragment behind the question, where both fit."""
    asked = classifier.lengths([reading.question])[0]
    found = []
    for (start, end), tokens in claims.items():
        text = reading.answer[start:end].strip()
        fragment = reading.question and len(text.split()) < _FRAGMENT and asked + tokens <= most
        found.append(f"{reading.question} {text}" if fragment else text)
    return found


def _checked(one: Asked, odds: Sequence[Odds], threshold: float) -> Checked:
    best = max(range(len(odds)), key=lambda i: odds[i].entailment)
    entailed = odds[best].entailment
    # The shortest stretch that is enough alone shows a reader most.
    enough = [i for i, o in enumerate(odds) if o.entailment >= threshold]
    shown = min(enough, key=lambda i: one.spans[i][1] - one.spans[i][0], default=best)
    against = max((o.contradiction for o in odds if not math.isnan(o.contradiction)), default=None)
    details = {"entailment": round(entailed, 4)}
    if against is not None:
        details["contradiction"] = round(against, 4)
    supported = entailed >= threshold
    return Checked(one.claim, supported, one.spans[shown], _reason(supported, details), details)


def _reason(supported: bool, details: dict[str, float]) -> str:
    entailed, against = details["entailment"], details.get("contradiction", 0.0)
    if supported:
        return f"entailed ({entailed:.2f})"
    if against >= 0.5:
        return f"contradicted ({against:.2f})"
    return f"not entailed ({entailed:.2f})"
