"""Does the answer follow its verifiable instructions? ``ifeval``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmeval.records import Case, NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import Missing, clip, each, field_of
from llmeval.scorers.instructions import Check, check_of
from llmeval.scorers.verifying import BadInput

__all__ = ["IFEval", "ifeval", "variants"]

_MAX_CHARS: Final = 200_000
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class IFEval:
    """See ``ifeval``."""

    name: str

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self.name)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        text = sample.response.text
        if len(text) > _MAX_CHARS:
            reason = f"the answer has {len(text)} characters; at most {_MAX_CHARS} are checked"
            return NotScored(self.name, "too_long", reason)
        try:
            instructions = _instructions_of(sample.case)
            checks = [check_of(instruction, kwargs) for instruction, kwargs in instructions]
            strict, loose = _followed(checks, text)
        except BadInput as error:
            reason = f"case {clip(sample.case.id, 80)}: {error}"
            return NotScored(self.name, "bad_input", reason)
        except TimeoutError:
            reason = "a keyword of the instructions is a pattern that needs too long on this answer"
            return NotScored(self.name, "timeout", reason)
        except RecursionError:
            return NotScored(self.name, "too_deep", "the answer's JSON is nested too deeply")
        broken = [i for (i, _), kept in zip(instructions, strict, strict=True) if not kept]
        return Score(
            self.name,
            float(not broken),
            "not_followed" if broken else "followed",
            f"not followed: {', '.join(broken)}" if broken else None,
            {"strict": strict, "loose": loose},
        )


def ifeval(*, name: str = "ifeval") -> IFEval:
    """Score whether the answer follows all its verifiable instructions (IFEval, 25 types).

    A case holds ``instruction_id_list`` and ``kwargs``, one object an instruction, as IFEval's
    ``input_data.jsonl`` does. Value 1 and ``followed`` if every instruction is followed strictly,
    else 0 and ``not_followed``. Evidence: ``strict`` and ``loose``, a boolean an instruction, in
    order; loosely followed is what any of eight ``variants`` of the answer follows.
    Instructions or arguments that IFEval does not define give NotScored.
    """
    return IFEval(name)


def variants(text: str) -> list[str]:
    """Return the answer, and it without its first line, last line, both; each without stars too."""
    lines = text.split("\n")
    cut = [text, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return [*cut, *(each.replace("*", "") for each in cut)]


def _followed(checks: Sequence[Check], text: str) -> tuple[list[bool], list[bool]]:
    # Blank text follows nothing.
    strict = [bool(text.strip()) and check(text) for check in checks]
    others = [each for each in dict.fromkeys(variants(text)) if each != text and each.strip()]
    loose = [
        kept or any(check(other) for other in others)
        for kept, check in zip(strict, checks, strict=True)
    ]
    return strict, loose


def _instructions_of(case: Case) -> list[tuple[str, dict[str, Any]]]:
    names, kwargs = field_of(case, "instruction_id_list"), field_of(case, "kwargs")
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise BadInput("'instruction_id_list' must be a list of texts")
    if not isinstance(kwargs, list) or not all(isinstance(each, dict) for each in kwargs):
        raise BadInput("'kwargs' must be a list of objects")
    if len(kwargs) != len(names):
        raise BadInput(f"{len(names)} instructions, but {len(kwargs)} objects in 'kwargs'")
    if not names:
        raise Missing("'instruction_id_list' is empty")
    if len(names) > _MOST:
        raise BadInput(f"{len(names)} instructions; at most {_MOST} are checked")
    return list(zip(names, kwargs, strict=True))
