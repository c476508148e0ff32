"""``judge``: a label from one judge, or from the majority of several."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llmeval.errors import PromptError, SuiteError
from llmeval.ports import Judge, JudgeTemplate
from llmeval.records import (
    CallFailure,
    EndpointIdentity,
    Message,
    NotScored,
    Response,
    Sample,
    Score,
    ScorerIdentity,
)
from llmeval.scorers.findings import clip
from llmeval.scorers.judging.verdicts import Unreadable, Verdict, verdict_in, verdict_schema

__all__ = ["Judged", "ask_for_verdict", "judge", "values_of"]

_TRIES = 3
_NO_JUDGE = "the scorer needs a judge: give --judge=REF"


@dataclass(frozen=True, slots=True)
class Judged:
    """See ``judge``."""

    template: str
    rubric: str | None
    structured: bool
    name: str
    inputs: tuple[tuple[str, str], ...] = ()
    """What the template calls an input, and what the case calls it, where that differs."""
    values: tuple[tuple[str, float], ...] | None = None
    """Each label's value, where it is not the template's."""
    prompt: JudgeTemplate | None = field(default=None, compare=False, repr=False)

    @property
    def identity(self) -> ScorerIdentity:
        parameters: dict[str, Any] = {"template": self.template, "structured": self.structured}
        if self.rubric is not None:
            parameters["rubric"] = self.rubric
        if self.inputs:
            parameters["inputs"] = dict(self.inputs)
        if self.prompt is not None:
            parameters |= {"prompt_hash": self.prompt.hash, "labels": self._labels(self.prompt)}
        return ScorerIdentity(self.name, parameters=parameters)

    def with_template(self, load: Callable[[str], JudgeTemplate]) -> Judged:
        """See ``ports.JudgeScorer``."""
        prompt = load(self.template)
        if prompt.pairwise:
            raise SuiteError(f"{prompt.name} compares two answers: use pairwise({self.template!r})")
        if self.values is not None and dict(self.values).keys() != prompt.labels.keys():
            known = ", ".join(label for label, _ in self.values)
            raise SuiteError(f"{prompt.name}: {self.name} needs the labels {known}")
        return replace(self, prompt=prompt)

    def _labels(self, prompt: JudgeTemplate) -> dict[str, float]:
        return dict(prompt.labels if self.values is None else self.values)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Say that there is no judge."""
        return [NotScored(self.name, "no_judge", _NO_JUDGE) for _ in samples]

    async def judge(self, sample: Sample, judges: Sequence[Judge]) -> Score | NotScored:
        """See ``ports.JudgeScorer``."""
        if not judges or self.prompt is None:
            return NotScored(self.name, "no_judge", _NO_JUDGE)
        values = values_of(sample)
        if self.rubric is not None:
            values["rubric"] = self.rubric
        values |= {ours: values.get(theirs) for ours, theirs in self.inputs}
        try:
            messages = self.prompt.render(values)
        except PromptError as error:
            return NotScored(self.name, "missing_input", clip(str(error), 300))
        labels = self._labels(self.prompt)
        found = await asyncio.gather(
            *(ask_for_verdict(j, messages, labels, structured=self.structured) for j in judges)
        )
        return _together(self.name, self.prompt, labels, [j.identity for j in judges], found)


def judge(
    template: str = "rubric",
    *,
    rubric: str | None = None,
    structured: bool = True,
    name: str | None = None,
) -> Judged:
    """Score by the verdict of the model that ``--judge`` names.

    Args:
        template: A template below ``prompts/judges``: ``rubric``, ``groundedness``, ``toxicity``,
            ``refusal``, ``correctness``, or one of your own. It says its labels and their values.
        rubric: What ``rubric`` asks for, unless each case has an input of that name.
        structured: Ask the judge for JSON by schema. Off for endpoints that refuse it.
        name: Default: ``judge`` for a rubric, else the template's name.

    A reply without a readable verdict is asked for again, twice; then it is NotScored
    (``judge_unreadable``), as is a judge that fails (``judge_failed``) or refuses. Several judges
    decide by majority; without one it is NotScored (``judges_disagree``). Evidence: ``judges``, a
    list of each one's ``judge``, ``label``, ``reasoning``, ``tries``; ``agreement``, the share that
    gave the label; and ``prompt_hash``, that of the template with all that it includes.
    """
    if rubric is not None and not (isinstance(rubric, str) and rubric.strip()):
        raise SuiteError(f"judge(rubric={rubric!r}): say in words what the judge is to look for")
    if not isinstance(structured, bool):
        raise SuiteError(f"judge(structured={structured!r}): true or false is needed")
    short = template.removeprefix("judges/").removesuffix(".j2")
    return Judged(template, rubric, structured, name or ("judge" if short == "rubric" else short))


@dataclass(frozen=True, slots=True)
class Said:
    """What came of asking one judge: a verdict, or the kind of trouble and its reason."""

    verdict: Verdict | None
    tries: int
    kind: str = ""
    reason: str = ""


async def ask_for_verdict(
    judge: Judge, messages: Sequence[Message], labels: Mapping[str, float], *, structured: bool
) -> Said:
    """Ask until the reply can be read, at most three times; a failed call is not asked again,
    since it was retried on its way."""
    settings = {"response_format": verdict_schema(list(labels))} if structured else {}
    reason = ""
    for attempt in range(_TRIES):
        said = await judge.ask(messages, repetition=attempt, temperature=0, **settings)
        if isinstance(said, CallFailure):
            return Said(None, attempt + 1, "judge_failed", f"{said.kind}: {clip(said.message)}")
        try:
            return Said(_read(said, labels), attempt + 1)
        except Unreadable as error:
            reason = str(error)
    return Said(None, _TRIES, "judge_unreadable", reason)


def _read(said: Response, labels: Mapping[str, float]) -> Verdict:
    if said.finish_reason == "length":
        raise Unreadable("the reply was cut off at the token limit")
    return verdict_in(said.text, list(labels))


def values_of(sample: Sample) -> dict[str, Any]:
    """Return what a judge's template can name: the case's inputs, and ``prompt``, ``response``,
    ``reference``, ``context``, ``expected``; what a case lacks of these is ``None``."""
    case = sample.case
    prompt = "\n\n".join(message.content for message in sample.prompt)
    known = {"context": None, "reference": case.expected, "expected": case.expected}
    given = {key: value for key, value in case.inputs.items() if value is not None}
    prompt = prompt or str(given.get("prompt", ""))
    return {**known, **given, "prompt": prompt, "response": sample.response.text}


def _together(
    name: str,
    prompt: JudgeTemplate,
    labels: Mapping[str, float],
    judges: Sequence[EndpointIdentity],
    found: Sequence[Said],
) -> Score | NotScored:
    """Take the label that more than half of all judges gave: a silent judge is no consent."""
    counted = Counter(said.verdict.label for said in found if said.verdict)
    label, votes = counted.most_common(1)[0] if counted else ("", 0)
    if 2 * votes <= len(found):
        silent = [said for said in found if said.verdict is None]
        if not silent:
            spread = ", ".join(f"{label}: {count}" for label, count in counted.most_common())
            return NotScored(name, "judges_disagree", f"no majority of {len(found)} ({spread})")
        return NotScored(name, silent[0].kind, silent[0].reason)
    told = [_told(identity, said) for identity, said in zip(judges, found, strict=True)]
    reasons = [s.verdict.reasoning for s in found if s.verdict and s.verdict.label == label]
    evidence = {"judges": told, "agreement": votes / len(found), "prompt_hash": prompt.hash}
    return Score(name, labels[label], label, reasons[0] or None, evidence)


def _told(identity: EndpointIdentity, said: Said) -> dict[str, Any]:
    told: dict[str, Any] = {"judge": identity.ref, "tries": said.tries}
    if said.verdict is None:
        return {**told, "not_scored": said.kind, "reason": said.reason}
    return {**told, "label": said.verdict.label, "reasoning": said.verdict.reasoning}
