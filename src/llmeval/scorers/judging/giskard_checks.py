"""``giskard_check``: a judge of giskard.checks as an ordinary scorer, asked through ``--judge``.

Giskard is loaded on use (2 s). Its default generator is never touched: each check gets a generator
of its own, which asks our judge and so is limited, counted, cached and recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from llmeval.errors import MissingExtra, SuiteError, nearest
from llmeval.ports import Judge, JudgeTemplate
from llmeval.records import CallFailure, Message, NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import clip
from llmeval.scorers.judging.judged import values_of

__all__ = ["KINDS", "GiskardCheck", "giskard_check"]

KINDS = {
    "Groundedness": ("grounded", "ungrounded"),
    "Contradiction": ("consistent", "contradicting"),
    "Conformity": ("conforms", "violates"),
    "LLMJudge": ("pass", "fail"),
    "Toxicity": ("not_toxic", "toxic"),
    "AnswerRelevance": ("relevant", "irrelevant"),
}
"""Check -> the labels of its two ends, the good one first."""

_FENCE = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)
_ROLES = {"system": "system", "developer": "system", "assistant": "assistant"}


class _NoAnswer(Exception):
    """The judge's call failed; the check has no verdict."""


@dataclass(frozen=True, slots=True)
class GiskardCheck:
    """See ``giskard_check``."""

    kind: str
    parameters: tuple[tuple[str, Any], ...]
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        given: dict[str, Any] = {"check": self.kind, **dict(self.parameters)}
        return ScorerIdentity(self.name, version=_version(), parameters=given)

    def with_template(self, load: Callable[[str], JudgeTemplate]) -> GiskardCheck:
        """See ``ports.JudgeScorer``: the prompt is giskard's own."""
        return self

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Say that there is no judge."""
        reason = "the scorer needs a judge: give --judge=REF"
        return [NotScored(self.name, "no_judge", reason) for _ in samples]

    async def judge(self, sample: Sample, judges: Sequence[Judge]) -> Score | NotScored:
        """See ``ports.JudgeScorer``. The first judge alone decides."""
        if not judges:
            return self.score([sample])[0]
        checks = _loaded()
        failures: list[CallFailure] = []
        generator = _generator()(judges[0], failures)
        check = getattr(checks, self.kind)(
            judge=checks.LLMChatJudge(generator=generator), **dict(self.parameters)
        )
        try:
            found = await check.run(_trace(checks, sample))
        except Exception as error:  # noqa: BLE001 - whatever a check raises, it has no verdict
            if failures:
                last = failures[-1]
                reason = f"{last.kind}: {clip(last.message)}"
                return NotScored(self.name, "judge_failed", reason)
            return NotScored(self.name, "judge_unreadable", clip(f"{error}", 300))
        return self._finding(found, judges[0].identity.ref)

    def _finding(self, found: Any, judge: str) -> Score | NotScored:
        status, message = found.status.value, clip(str(found.message or ""), 300)
        if status not in ("pass", "fail"):
            return NotScored(self.name, "judge_unreadable", f"{status}: {message}")
        passed = status == "pass"
        label = KINDS[self.kind][not passed]
        return Score(self.name, float(passed), label, message or None, {"judge": judge})


def giskard_check(kind: str, *, name: str | None = None, **parameters: Any) -> GiskardCheck:
    """Score by a judge of giskard.checks, asked through ``--judge``.

    ``kind`` is ``Groundedness``, ``Contradiction``, ``Conformity`` (takes ``rule=``), ``LLMJudge``
    (``prompt=``), ``Toxicity`` (``categories=``) or ``AnswerRelevance``; ``parameters`` are the
    check's own. The case's ``context`` and ``reference`` are the interaction's metadata. What the
    check skips, or cannot read, is NotScored. Raises ``SuiteError`` for a check that is none,
    ``MissingExtra`` without giskard.
    """
    if kind not in KINDS:
        raise SuiteError(f"giskard_check({kind!r}): no such judge.{nearest(kind, KINDS)}")
    _loaded()
    ordered = tuple(sorted(parameters.items()))
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
    return GiskardCheck(kind, ordered, name or f"giskard_{plain}")


def _loaded() -> Any:
    import os

    for name in ("GISKARD_TELEMETRY_DISABLED", "DO_NOT_TRACK", "GISKARD_QUIET"):
        os.environ.setdefault(name, "1")  # nothing that we load reports home
    try:
        import giskard.checks as checks
    except ModuleNotFoundError:
        raise MissingExtra("A judge of giskard", "judge") from None
    return checks


@cache
def _version() -> str:
    from importlib.metadata import version

    return version("giskard-checks")


def _trace(checks: Any, sample: Sample) -> Any:
    values = values_of(sample)
    metadata = {key: values[key] for key in ("context", "reference") if values.get(key) is not None}
    interaction = checks.Interaction(
        inputs=values["prompt"], outputs=sample.response.text, metadata=metadata
    )
    return checks.Trace(interactions=[interaction])


@cache
def _generator() -> Any:
    """Return the class of generators that ask a judge; giskard registers it by name, once."""
    from giskard.agents.generators import BaseGenerator
    from giskard.llm.types import CompletionResponse
    from pydantic import PrivateAttr

    @BaseGenerator.register("llmeval_judge")
    class JudgeGenerator(BaseGenerator):  # type: ignore[misc, unused-ignore]
        """Giskard's generator over one of our judges."""

        model: str = "llmeval"
        _judge: Any = PrivateAttr()
        _failures: Any = PrivateAttr()
        _asked: int = PrivateAttr(default=0)

        def __init__(self, judge: Judge, failures: list[CallFailure], **given: Any) -> None:
            super().__init__(**given)
            self._judge, self._failures = judge, failures

        async def _call_model(
            self, messages: Any, params: Any, metadata: Any = None
        ) -> CompletionResponse:
            asked, self._asked = self._asked, self._asked + 1
            said = await self._judge.ask(
                [_message(each) for each in messages], repetition=asked, **_settings(params)
            )
            if isinstance(said, CallFailure):
                self._failures.append(said)
                raise _NoAnswer(said.kind)
            fenced = _FENCE.fullmatch(said.text)
            text = fenced[1] if fenced and params.response_format is not None else said.text
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            return CompletionResponse.model_validate({"model": self.model, "choices": [choice]})

    return JudgeGenerator


def _message(message: Any) -> Message:
    return Message(_ROLES.get(str(message.role), "user"), str(message.text))  # type: ignore[arg-type]


def _settings(params: Any) -> dict[str, Any]:
    """Return what giskard asks of a call, by our names."""
    settings: dict[str, Any] = {"temperature": 0}
    if params.response_format is not None:
        schema = params.response_format.model_json_schema()
        settings["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": params.response_format.__name__, "schema": schema},
        }
    return settings
