"""Is the answer in this language? ``language``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmeval.errors import SuiteError, nearest
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import clip, each, field_of
from llmeval.scorers.formats.failures import BadRules
from llmeval.scorers.languages import LANGUAGES, Undetectable, detect

__all__ = ["Language", "language"]

_READ: Final = 100_000
_NO_SPEECH: Final = re.compile(
    r"^```[^\n]*\n.*?^```|`[^`\n]{1,200}`|https?://\S+", re.DOTALL | re.M
)


@dataclass(frozen=True, slots=True)
class Language:
    """See ``language``."""

    want: str | None
    field: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self.name, parameters={"want": self.want, "field": self.field})

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        try:
            want = self.want or _code(field_of(sample.case, self.field))
        except BadRules as bad:
            return NotScored(self.name, "bad_input", f"case {clip(sample.case.id, 80)}: {bad}")
        text = sample.response.text[:_READ]
        if not text.strip():
            return NotScored(self.name, "empty", "an empty answer is in no language")
        try:
            found = detect(_NO_SPEECH.sub(" ", text))
        except Undetectable:
            return NotScored(self.name, "no_language", "the answer holds no letter outside of code")
        if found is None:
            reason = "the answer has too few frequent words to tell its language"
            return NotScored(self.name, "no_language", reason)
        why = None if found == want else f"the answer is in {found!r}, not in {want!r}"
        return Score(self.name, float(found == want), found, why)


def language(
    want: str | None = None, *, field: str = "language", name: str = "language"
) -> Language:
    """Score whether the answer is in the language ``want``, an ISO 639-1 code.

    Without ``want`` it is ``case.inputs[field]``. Regions and scripts do not count: ``pt-BR`` is
    ``pt``. Code and links are left out. The label is the code of the language that was found; an
    answer whose language cannot be told is NotScored ``no_language``.
    """
    try:
        return Language(None if want is None else _code(want), field, name)
    except BadRules as bad:
        raise SuiteError(f"language: {bad}") from None


def _code(given: Any) -> str:
    code = re.split(r"[-_]", given)[0].lower() if isinstance(given, str) else ""
    if code not in LANGUAGES:
        known = ", ".join(sorted(LANGUAGES))
        raise BadRules(
            f"{given!r} is none of the languages told apart: {known}.{nearest(code, known)}"
        )
    return code
