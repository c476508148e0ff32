"""Is every claim of the answer supported by its context? ``groundedness``, and its lexical screen.

The other backend, a trained classifier of entailment, is in ``trained/nli_grounding.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmeval.errors import SuiteError
from llmeval.records import PASS_MARK, NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.backends import check_backend, options_of
from llmeval.scorers.evidence import read_evidence
from llmeval.scorers.factual.reading import (
    Checked,
    Reading,
    read_sample,
    score_of,
    without_claims,
)
from llmeval.scorers.findings import each
from llmeval.scorers.support import support

if TYPE_CHECKING:
    from llmeval.scorers.judging.judged import Judged
    from llmeval.scorers.trained.nli_grounding import NliGroundedness

__all__ = ["Groundedness", "groundedness"]

BACKENDS = ("lexical", "nli", "judge")
_REPLY = re.compile(r"^\s*(?:no|nein|non|não)\s*[,:;–—-]\s+(?=\w)", re.IGNORECASE)
"""The no that answers a question: it denies what was asked, not what follows."""

FALLBACK = (
    "Lexical screen without weights: it compares words, names, numbers, dates and negation with "
    "the context, and misses claims that are wrong in the context's own words."
)


@dataclass(frozen=True, slots=True)
class Groundedness:
    """See ``groundedness``."""

    context: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {"context": self.context, "backend": "lexical"}
        return ScorerIdentity(self.name, "2", parameters=parameters, fallback=FALLBACK)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        reading = read_sample(self.name, sample, self.context)
        if isinstance(reading, NotScored):
            return reading
        return without_claims(self.name, reading, "lexical") or self._compared(reading)

    def _compared(self, reading: Reading) -> Score:
        evidence = read_evidence(reading.context, reading.question)
        found = [support(_REPLY.sub("", claim.text), evidence) for claim in reading.claims]
        checked = [
            Checked(claim, finding.supported, finding.support, finding.reason)
            for claim, finding in zip(reading.claims, found, strict=True)
        ]
        # One claim that is all of the answer needs no second look.
        alone = len(found) == 1 and reading.claims[0].text == reading.answer.strip()
        whole = found[0] if alone else support(_REPLY.sub("", reading.answer), evidence)
        grounded = all(finding.supported for finding in found)
        value = PASS_MARK + whole.value / 2 if grounded else whole.value / 2
        return score_of(self.name, value, checked, "lexical")


def groundedness(
    context: str = "context",
    *,
    backend: str = "lexical",
    model: str | None = None,
    revision: str | None = None,
    labels: Sequence[str] | None = None,
    threshold: float | None = None,
    device: str | None = None,
    max_pairs: int | None = None,
    local_files_only: bool | None = None,
    name: str = "groundedness",
) -> Groundedness | NliGroundedness | Judged:
    """Score whether every claim of the answer is supported by ``case.inputs[context]``.

    The context is a text or a list of texts; offsets into a list are offsets into its texts joined
    by an empty line. Labels: ``grounded`` (every claim is supported) and ``ungrounded``. An answer
    that only abstains is grounded with value 0.75 and no claims, one that asserts nothing (a
    question, a courtesy) with 0.5.

    ``backend="lexical"`` (the default) needs no weights. Value: half the support of the whole
    answer, and a half more if every claim is supported. A screen rather than a measure: see
    docs/scorers.md.

    ``backend="nli"`` asks ``model``, a Hugging Face sequence classifier of entailment (a directory
    or a hub's name), with the options of ``trained.nli_grounding.nli_groundedness``. Value: the
    probability that the context entails the weakest claim, with ``threshold`` mapped to 0.5.

    ``backend="judge"`` asks the model that ``--judge`` names, with ``judges/groundedness.j2``; see
    ``judge`` for its values and evidence.

    Evidence of the others: ``backend``, and ``claims``, at most 50, each with ``text``, ``span``
    ([start, end] in the answer), ``supported``, ``support_span`` ([start, end] in the context, or
    null) and ``reason``. Raises ``SuiteError`` for options that do not fit, ``MissingExtra``.
    """
    check_backend("groundedness", backend, BACKENDS)
    options = {
        "model": model,
        "revision": revision,
        "labels": labels,
        "threshold": threshold,
        "device": device,
        "max_pairs": max_pairs,
        "local_files_only": local_files_only,
    }
    given = options_of("groundedness", backend, "nli", options)
    if backend == "nli":
        return _nli(context, name, given)
    if backend == "judge":
        return _judged(context, name)
    return Groundedness(context, name)


def _nli(context: str, name: str, options: dict[str, Any]) -> NliGroundedness:
    from llmeval.scorers.trained.nli_grounding import nli_groundedness

    if "model" not in options:
        raise SuiteError("groundedness(backend='nli') needs model=, a directory or a hub's name")
    return nli_groundedness(context, name=name, **options)


def _judged(context: str, name: str) -> Judged:
    from llmeval.scorers.judging.judged import Judged

    inputs = () if context == "context" else (("context", context),)
    return Judged("groundedness", None, True, name, inputs)
