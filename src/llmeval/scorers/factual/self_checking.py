"""Does the model say the same when asked again? What it makes up, it seldom makes up twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmeval.errors import SuiteError, nearest
from llmeval.records import PASS_MARK, NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.backends import check_backend
from llmeval.scorers.claims import Claim
from llmeval.scorers.factual.statements import borne_out, state
from llmeval.scorers.findings import Missing, check_share, clip, each, field_of, rescale
from llmeval.scorers.text import wordless

if TYPE_CHECKING:
    from llmeval.scorers.trained.nli_consistency import NliConsistency

__all__ = [
    "SelfConsistency",
    "consistency_score",
    "others_of",
    "question_of",
    "self_consistency",
    "unreadable",
]

BACKENDS: Final = ("lexical", "nli")
OVER: Final = ("samples", "repetitions")
MAX_OTHERS: Final = 50
_LONGEST: Final = 20_000
_MAX_SHOWN: Final = 50
FALLBACK: Final = (
    "Lexical screen without weights: it compares words, names, numbers and negation of the "
    "answers, and takes a fact in other words for another fact."
)


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """See ``self_consistency``."""

    samples: str
    question: str
    over: str
    threshold: float
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "samples": self.samples,
            "question": self.question,
            "over": self.over,
            "backend": "lexical",
            "threshold": self.threshold,
        }
        return ScorerIdentity(self.name, parameters=parameters, fallback=FALLBACK)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        refused = unreadable(self.name, sample)
        if refused:
            return refused
        question = question_of(sample, self.question)
        stated, claims = state(sample.response.text, question)
        if self.over == "repetitions":
            evidence = {"signature": stated.signature, "value_hash": stated.whole}
            return Score(self.name, 1.0, "described", None, evidence)
        others = [state(text, question)[0] for text in others_of(sample, self.samples)]
        if not claims:
            alike = [float(stated.whole == other.whole) for other in others]
            return consistency_score(self.name, [], [alike], self.threshold, "lexical")
        columns = [borne_out(stated, other) for other in others]
        support = [[column[i] for column in columns] for i in range(len(claims))]
        return consistency_score(self.name, claims, support, self.threshold, "lexical")


def self_consistency(
    samples: str = "samples",
    *,
    question: str = "question",
    over: str = "samples",
    backend: str = "lexical",
    threshold: float = 0.5,
    model: str | None = None,
    name: str = "self_consistency",
    **options: Any,
) -> SelfConsistency | NliConsistency:
    """Score whether other answers of the model bear the answer's claims out (SelfCheckGPT, Manakul
    et al. 2023): neither a context nor a reference is needed.

    ``over="samples"``: the other answers, to the same prompt, are ``case.inputs[samples]``, a list
    of 1 to 50 texts. A claim's support is its mean over them, the value the mean over the claims
    with ``threshold`` mapped to 0.5. Labels ``consistent``, ``inconsistent``. Evidence ``claims``,
    at most 50, the least supported first: ``text``, ``span``, ``supported``, ``reason``,
    ``borne_out`` (the support), ``against`` (which of the other answers support it least);
    ``answers`` and ``backend``.

    ``over="repetitions"``: for the statistic ``consistency`` over a case's repetitions in a run. A
    single sample is judged by nothing then: value 1, label ``described``, and
    ``evidence.signature`` holds what is compared (and ``value_hash``, for ``repeat_agreement``,
    its words). A gate on the pass rate of that is an ERROR.

    ``backend="nli"`` asks ``model`` with the options of ``groundedness(backend="nli")`` whether
    each other answer entails, and not contradicts, the claim; over ``samples`` only.

    Words of ``case.inputs[question]`` (else of ``prompt``) count for nothing. Raises
    ``SuiteError``, ``MissingExtra``.
    """
    check_backend("self_consistency", backend, BACKENDS)
    if over not in OVER:
        raise SuiteError(
            f"self_consistency(over={over!r}): there are {', '.join(OVER)}.{nearest(over, OVER)}"
        )
    check_share("self_consistency", "threshold", threshold)
    if backend == "nli":
        return _nli(samples, question, over, threshold, model, name, options)
    if model is not None or options:
        given = ", ".join(["model"] * (model is not None) + list(options))
        raise SuiteError(f"self_consistency({given}=…) goes with backend='nli'")
    return SelfConsistency(samples, question, over, float(threshold), name)


def _nli(
    samples: str,
    question: str,
    over: str,
    threshold: float,
    model: str | None,
    name: str,
    options: dict[str, Any],
) -> NliConsistency:
    from llmeval.scorers.trained.nli_consistency import nli_consistency

    if over != "samples":
        raise SuiteError(
            "self_consistency(over='repetitions') compares recorded words, without a model: take "
            "backend='lexical'"
        )
    if model is None:
        raise SuiteError(
            "self_consistency(backend='nli') needs model=, a directory or a hub's name"
        )
    return nli_consistency(
        samples, model, question=question, threshold=threshold, name=name, **options
    )


def unreadable(scorer: str, sample: Sample) -> NotScored | None:
    """Return why an answer is not compared, if it is not."""
    text = sample.response.text
    if wordless(text):
        return NotScored(scorer, "empty", "an empty answer states nothing")
    if len(text) > _LONGEST:
        reason = f"answer of {len(text)} characters; at most {_LONGEST} are compared"
        return NotScored(scorer, "too_long", reason)
    return None


def question_of(sample: Sample, field: str) -> str:
    """Return what was asked, as far as the case's inputs tell."""
    inputs = sample.case.inputs
    asked = inputs.get(field, inputs.get("prompt"))
    return asked[:_LONGEST] if isinstance(asked, str) else ""


def others_of(sample: Sample, field: str) -> list[str]:
    """Return the other answers. Raises ``Missing`` where they are not 1 to 50 texts."""
    value = field_of(sample.case, field)
    texts = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(text, str) for text in texts) or not 1 <= len(texts) <= MAX_OTHERS:
        raise Missing(
            f"inputs[{field!r}] must be a list of 1 to {MAX_OTHERS} other answers, as texts"
        )
    if any(len(text) > _LONGEST for text in texts):
        raise Missing(f"inputs[{field!r}] holds an answer of more than {_LONGEST} characters")
    return list(texts)


def consistency_score(
    scorer: str,
    claims: Sequence[Claim],
    support: Sequence[Sequence[float]],
    threshold: float,
    backend: str,
) -> Score:
    """Return the score of an answer from its claims' support by each other answer."""
    means = [sum(row) / len(row) for row in support]
    value = rescale(sum(means) / len(means), threshold)
    order = sorted(range(len(claims)), key=means.__getitem__)
    shown = [_shown(claims[i], support[i], means[i] >= threshold) for i in order[:_MAX_SHOWN]]
    consistent = value >= PASS_MARK
    why = None
    if not consistent and order:
        worst = order[0]
        told = clip(claims[worst].text, 120)
        why = f"other answers bear it out by {means[worst]:.2f} only: {told}"
    elif not consistent:
        why = "the other answers are not the same"
    evidence = {"claims": shown, "answers": len(support[0]), "backend": backend}
    label = "consistent" if consistent else "inconsistent"
    return Score(scorer, value, label, why and clip(why, 300), evidence)


def _shown(claim: Claim, support: Sequence[float], supported: bool) -> dict[str, Any]:
    mean, lowest = sum(support) / len(support), min(support)
    against = [i for i, each in enumerate(support) if each == lowest and each < PASS_MARK]
    return {
        "text": clip(claim.text),
        "span": [claim.start, claim.end],
        "supported": supported,
        "reason": f"other answers bear it out by {mean:.2f}",
        "borne_out": round(mean, 4),
        "against": against,
    }
