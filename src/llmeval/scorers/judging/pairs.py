"""``pairwise``: is the answer at least as good as another? Asked in both orders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llmeval.errors import PromptError, SuiteError
from llmeval.ports import Judge, JudgeTemplate
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import clip
from llmeval.scorers.judging.judged import Said, ask_for_verdict, values_of

__all__ = ["Pairwise", "pairwise"]

_NO_JUDGE = "the scorer needs a judge: give --judge=REF"
_MIRROR = {"first": "second", "second": "first", "tie": "tie"}
_VALUES = {"win": 1.0, "tie": 0.5, "loss": 0.0}
_OURS = {"first": "win", "tie": "tie", "second": "loss"}


@dataclass(frozen=True, slots=True)
class Pairwise:
    """See ``pairwise``."""

    other: str
    template: str
    structured: bool
    name: str
    prompt: JudgeTemplate | None = field(default=None, compare=False, repr=False)

    @property
    def identity(self) -> ScorerIdentity:
        parameters: dict[str, Any] = {
            "other": self.other,
            "template": self.template,
            "structured": self.structured,
        }
        if self.prompt is not None:
            parameters["prompt_hash"] = self.prompt.hash
        return ScorerIdentity(self.name, parameters=parameters)

    def with_template(self, load: Callable[[str], JudgeTemplate]) -> Pairwise:
        """See ``ports.JudgeScorer``."""
        prompt = load(self.template)
        if not prompt.pairwise:
            raise SuiteError(f"{prompt.name} does not compare answers: add 'pairwise = true'")
        return replace(self, prompt=prompt)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Say that there is no judge."""
        return [NotScored(self.name, "no_judge", _NO_JUDGE) for _ in samples]

    async def judge(self, sample: Sample, judges: Sequence[Judge]) -> Score | NotScored:
        """See ``ports.JudgeScorer``. The first judge alone decides."""
        if not judges or self.prompt is None:
            return NotScored(self.name, "no_judge", _NO_JUDGE)
        values = values_of(sample)
        other = values.get(self.other)
        if not isinstance(other, str) or not other.strip():
            reason = f"case {clip(sample.case.id, 80)} has no text {self.other!r} to compare with"
            return NotScored(self.name, "missing_input", reason)
        mine = sample.response.text
        try:
            orders = [
                self.prompt.render({**values, "first": first, "second": second})
                for first, second in ((mine, other), (other, mine))
            ]
        except PromptError as error:
            return NotScored(self.name, "missing_input", clip(str(error), 300))
        said = await asyncio.gather(
            *(
                ask_for_verdict(judges[0], each, self.prompt.labels, structured=self.structured)
                for each in orders
            )
        )
        return self._settled(judges[0].identity.ref, said)

    def _settled(self, judge: str, said: Sequence[Said]) -> Score | NotScored:
        """A verdict counts only if it is the same in both orders."""
        forth, back = (each.verdict for each in said)
        if forth is None or back is None:
            silent = next(each for each in said if each.verdict is None)
            return NotScored(self.name, silent.kind, silent.reason)
        if forth.label != _MIRROR[back.label]:
            reason = f"{forth.label!r} in one order, {back.label!r} in the other: the place decided"
            return NotScored(self.name, "inconsistent", reason)
        label = _OURS[forth.label]
        evidence = {"judge": judge, "orders": [forth.label, back.label]}
        return Score(self.name, _VALUES[label], label, forth.reasoning or None, evidence)


def pairwise(
    other: str = "reference",
    *,
    template: str = "pairwise",
    structured: bool = True,
    name: str = "pairwise",
) -> Pairwise:
    """Score whether a judge finds the answer better than, or as good as, another.

    ``other`` names the input that holds the other answer (``reference`` is the case's expected
    text). Both orders are asked: labels ``win`` (1), ``tie`` (0.5, passes), ``loss`` (0); verdicts
    that change with the order are NotScored (``inconsistent``).
    """
    return Pairwise(other, template, structured, name)
