"""Which of several options did the answer choose? ``one_of`` and ``choice``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import Missing, clip, each, field_of
from llmeval.scorers.text import fold

__all__ = ["ANSWER_MARK", "Choice", "OneOf", "choice", "chosen", "lettered", "one_of"]

_HEAD, _TAIL = 4_000, 4_000
ANSWER_MARK = re.compile(
    r"\b(?:(?:final |correct |best |right )?(?:answer|option|choice|decision|verdict|label)"
    r"|(?:richtige |korrekte )?(?:antwort|entscheidung|auswahl)|(?:bonne )?(?:reponse|choix)"
    r"|respuesta|opcion|risposta|opzione|scelta|resposta|opcao|escolha)\b"
    r"(?:\s+(?:correcta|correcte|corretta|correta|is|ist|lautet|est|es|e|would be|ware|seria))*"
    r"\s*:?\s+"
)
_NEGATED = re.compile(
    r"\b(?:not|never|isn't|nicht|kein|keine|pas|ni|no es|non e|nao e|neither|nor|weder)\s+"
    r"(?:\w+\s+)?$"
)
_MARKUP = re.compile(r"[*_`#>~]+|</?\w{1,10}>")
_SPACE = re.compile(r"\s+")
_EDGE = " \t\r\n.,;:!?¡¿\"'()[]{}<>|-"


@dataclass(frozen=True, slots=True)
class OneOf:
    """See ``one_of``."""

    options: Mapping[str, tuple[str, ...]] | None
    field: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        options = {k: list(v) for k, v in self.options.items()} if self.options else None
        return ScorerIdentity(self.name, parameters={"options": options, "field": self.field})

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score:
        options = self.options or _named(field_of(sample.case, self.field), self.field)
        labels = list(options)
        spoken = [(i, fold(w)) for i, label in enumerate(labels) for w in options[label]]
        at = chosen(sample.response.text, tuple(spoken))
        if at is None:
            why = f"none of {clip(', '.join(labels), 80)} could be read from the answer"
            return Score(self.name, 0.0, "unparseable", why, {"value_hash": None})
        wanted = sample.case.expected
        right = wanted is None or fold(_word(wanted)) in map(
            fold, (labels[at], *options[labels[at]])
        )
        problem = (
            None if right else f"expected {clip(_word(wanted), 80)}, got {clip(labels[at], 80)}"
        )
        return Score(self.name, float(right), labels[at], problem)


def one_of(
    options: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    *,
    field: str = "options",
    name: str = "one_of",
) -> OneOf:
    """Score which of ``options`` the answer chose; the label is that option as declared.

    Case, accents, punctuation, markdown and phrases like "The answer is" do not matter. A mapping
    gives each option its other wordings: ``{"yes": ["ja", "oui"]}``. Without ``options`` they come
    from ``case.inputs[field]``. Value 1 if the option equals ``case.expected``, or if nothing is
    expected; an answer from which no single option can be read is ``unparseable``, value 0.
    """
    named = None if options is None else _declared(options)
    return OneOf(named, field, name)


def _declared(options: Sequence[str] | Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    try:
        return _named(options, "options")
    except Missing as missing:
        raise SuiteError(f"one_of(): {missing}") from missing


def _named(options: Any, field: str) -> dict[str, tuple[str, ...]]:
    if isinstance(options, Mapping):
        named = {
            str(k): (str(k), *((v,) if isinstance(v, str) else map(str, v)))
            for k, v in options.items()
        }
    elif isinstance(options, list | tuple):
        named = {_word(o): (_word(o),) for o in options}
    else:
        raise Missing(f"{field!r} must be a list of options, not {type(options).__name__}")
    if len(named) < 2 or not all(fold(w).strip(_EDGE) for ws in named.values() for w in ws):
        raise Missing(f"{field!r} needs at least two different, non-empty options")
    return named


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """See ``choice``."""

    options: str
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        return ScorerIdentity(self.name, parameters={"options": self.options})

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score:
        case = sample.case
        texts = _texts(field_of(case, self.options), self.options)
        right = _right(case.expected, texts)
        at = lettered(sample.response.text, texts)
        roles = case.inputs.get("roles")
        role = roles[at] if at is not None and isinstance(roles, list) and at < len(roles) else None
        evidence = {"choice": at, "role": role}
        if at is None:
            why = "no single option could be read from the answer"
            return Score(self.name, 0.0, "incorrect", why, evidence)
        problem = None if at == right else f"expected option {right + 1}, got option {at + 1}"
        label = "correct" if at == right else "incorrect"
        return Score(self.name, float(at == right), label, problem, evidence)


def choice(options: str = "options", name: str = "choice") -> Choice:
    """Score a multiple-choice answer over the list of texts ``case.inputs[options]``.

    The answer may be a letter ("B", "(b)", "Option B: …"), a number counted from 1, or the option's
    text. ``case.expected`` is the right option's index counted from 0, its letter, or its text.
    Labels: ``correct``, ``incorrect``. Evidence: ``choice`` (index from 0, or null where no single
    option could be read: value 0) and ``role``, the entry of ``case.inputs["roles"]`` there.
    """
    return Choice(options, name)


def _texts(options: Any, field: str) -> tuple[str, ...]:
    if not isinstance(options, list | tuple) or not 2 <= len(options) <= 26:
        raise Missing(f"inputs[{field!r}] must be a list of 2 to 26 options")
    return tuple(_word(o) for o in options)


def _right(expected: Any, texts: Sequence[str]) -> int:
    if expected is None:
        raise Missing("'expected' (the right option's index, letter or text) is needed and absent")
    if isinstance(expected, int) and not isinstance(expected, bool):
        if 0 <= expected < len(texts):
            return expected
    else:
        word = fold(_word(expected)).strip(_EDGE)
        folded = [fold(t).strip(_EDGE) for t in texts]
        if word in folded:
            return folded.index(word)
        if len(word) == 1 and 0 <= ord(word) - ord("a") < len(texts):
            return ord(word) - ord("a")
    raise Missing(f"'expected' {clip(repr(expected), 60)} is none of the {len(texts)} options")


def lettered(text: str, options: Sequence[str]) -> int | None:
    """Return the index of the option that ``text`` chose by letter, number or wording, or None."""
    tidy = _tidy(text)
    folded = [_SPACE.sub(" ", fold(o)).strip(_EDGE) for o in options]
    if tidy.strip(_EDGE) in folded:
        return folded.index(tidy.strip(_EDGE))
    for part in _stated(tidy):
        at = _by_letter(part, len(options))
        if at is not None:
            return at
    at = chosen(text, tuple(enumerate(folded)))
    if at is not None:
        return at
    loose = {m.group(1) for m in re.finditer(r"\(([a-z])\)|(?<!\w)([a-z])\)", tidy) if m.group(1)}
    found = {ord(c) - 97 for c in loose if ord(c) - 97 < len(options)}
    return found.pop() if len(found) == 1 else None


_LETTER = re.compile(
    r"^[\s(\[\"']*(?:(?:option|antwort|answer|choice|opcion|reponse|opzione|opcao|moglichkeit)\s+)?"
    r"[(\[]?(?:([a-z])|(\d{1,2}))(?:[)\].:,]+(?:\s|$)|\s*$|\s+[-–]\s|\s+(?:is|because|ist|weil|est|es)\b)"
)


def _by_letter(part: str, count: int) -> int | None:
    found = _LETTER.match(part)
    if not found:
        return None
    at = ord(found.group(1)) - ord("a") if found.group(1) else int(found.group(2)) - 1
    return at if 0 <= at < count else None


def chosen(text: str, options: tuple[tuple[int, str], ...]) -> int | None:
    """Return the index of the one option that ``text`` chose, or None.

    ``options`` pairs an index with a folded wording. In order: the whole answer; what follows
    "the answer is"; the last or first line; the first word; the only option mentioned.
    """
    tidy = _tidy(text)
    exact = {w.strip(_EDGE): i for i, w in options}
    for part in (tidy, *_stated(tidy)):
        if part.strip(_EDGE) in exact:
            return exact[part.strip(_EDGE)]
    pattern = _mentions(tuple(sorted(exact, key=len, reverse=True)))
    for part in _stated(tidy)[:-1]:
        begins = pattern.match(part.lstrip(_EDGE))
        if begins:
            return exact[begins.group()]
    found = {
        exact[m.group()]
        for m in pattern.finditer(tidy)
        if not _NEGATED.search(tidy, max(0, m.start() - 24), m.start())
    }
    if len(found) == 1:
        return found.pop()
    begins = pattern.match(tidy.lstrip(_EDGE))
    return exact[begins.group()] if begins else None


def _tidy(text: str) -> str:
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    return _MARKUP.sub(" ", fold(text)).strip()


def _stated(tidy: str) -> list[str]:
    """What follows the last "answer:", the last line, the first line; most telling first."""
    marks = list(ANSWER_MARK.finditer(tidy))
    after = [tidy[marks[-1].end() :].split("\n")[0]] if marks else []
    lines = [line for line in tidy.split("\n") if line.strip(_EDGE)] or [""]
    return [*after, lines[-1], lines[0]]


@lru_cache(maxsize=512)
def _mentions(wordings: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, wordings)) + r")(?!\w)")
