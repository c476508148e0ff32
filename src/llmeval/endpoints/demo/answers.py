"""Short answers from the material in the prompt: extraction, choice, decision, label, date."""

from __future__ import annotations

import re
from typing import Final

from llmeval.endpoints.demo import words
from llmeval.endpoints.demo.reading import Reading

__all__ = ["choose", "date", "decide", "extract", "label", "unknown"]

_MOST_WANTED: Final = 40
_PRONOUN: Final = re.compile(
    r"(?:it|he|she|they|this|that|its|his|her|their|er|sie|es|dies\w*|il|elle|ils|elles|ce|cela"
    r"|él|ella|ellos|ellas|esto|este|esta)\b",
    re.I,
)
_UNKNOWN: Final = re.compile(
    r"\b(?:cannot be (?:determined|known|told|said)|can't be (?:determined|known|told)|"
    r"not enough info\w*|undetermined|unknown|not (?:known|stated|answerable)|"
    r"does not say|doesn't say|no way to tell|impossible to (?:tell|say))\b",
    re.I,
)
_NEGATION: Final = re.compile(
    r"\b(?:no|not|never|none|without|lacks?|missing|expired|cannot|\w+n't)\b", re.I
)
_BOUND: Final = re.compile(
    r"\b(at least|at most|no more than|no fewer than|minimum of|maximum of)\s+(\d+(?:[.,]\d+)*)",
    re.I,
)
_LOWER: Final = frozenset(("at least", "no fewer than", "minimum of"))
_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_LONG_DATE: Final = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)? ([A-Z][a-z]{2,8}),? (\d{4})\b")
_US_DATE: Final = re.compile(r"\b([A-Z][a-z]{2,8}) (\d{1,2})(?:st|nd|rd|th)?, (\d{4})\b")
_ISO_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_DOTTED_DATE: Final = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")


def extract(reading: Reading) -> str | None:
    """Return the sentence of the context that answers the question, ``None`` if none does.

    A sentence answers when it holds most of the question's content words and the context holds
    them all. A sentence that begins with a pronoun takes the one before it along.
    """
    context = reading.parts["context"]
    wanted = words.content(reading.parts["question"])[:_MOST_WANTED]
    found = words.sentences(context)
    if not wanted or not found or words.overlap(wanted, context) < len(wanted):
        return None
    scores = [words.overlap(wanted, sentence) for sentence in found]
    best = max(range(len(found)), key=lambda i: scores[i])
    if 2 * scores[best] < len(wanted):
        return None
    if best and _PRONOUN.match(found[best]):
        return f"{found[best - 1]} {found[best]}"
    return found[best]


def choose(reading: Reading) -> int:
    """Return the index of the option that the text supports, else of the "unknown" option.

    The supporting sentence holds all content words of the question and names one option only.
    """
    told = words.sentences(reading.stem)[:200]
    asked = [sentence for sentence in told if sentence.endswith("?")]
    question = asked[-1] if asked else ""
    nobody = unknown(reading.options)
    people = [i for i in range(len(reading.options)) if i != nobody]
    wanted = words.content(question)[:_MOST_WANTED]
    for sentence in told if wanted else ():
        if sentence != question and words.overlap(wanted, sentence) == len(wanted):
            named = [i for i in people if _names(reading.options, i, people, sentence)]
            if len(named) == 1:
                return named[0]
    return people[0] if nobody is None else nobody


def unknown(options: tuple[str, ...]) -> int | None:
    """Return the index of the option that says that the text does not tell."""
    return next((i for i, text in enumerate(options) if _UNKNOWN.search(text)), None)


def _names(options: tuple[str, ...], index: int, people: list[int], sentence: str) -> bool:
    """Whether ``sentence`` holds all words by which this option differs from the others."""
    others = {w for i in people if i != index for w in words.words(options[i])}
    own = [w for w in words.words(options[index]) if w not in others]
    return bool(own) and words.overlap(own, sentence) == len(own)


def decide(reading: Reading) -> bool:
    """Return whether the application meets every line of the criteria."""
    facts = words.sentences(reading.parts["application"])
    lines = (line.strip(" \t-*•") for line in reading.parts["criteria"].splitlines()[:50])
    return all(_met(line, facts) for line in lines if line)


def _met(criterion: str, facts: list[str]) -> bool:
    bound = _BOUND.search(criterion)
    wanted = words.content(_BOUND.sub(" ", criterion))[:_MOST_WANTED]
    fact = max(facts, key=lambda s: words.overlap(wanted, s), default="")
    if not wanted or 2 * words.overlap(wanted, fact) < len(wanted):
        return False
    if bound is None:
        return not _NEGATION.search(fact)
    given = words.numbers(fact)
    if not given:
        return False
    limit, value = _amount(bound[2]), _amount(given[0])
    return value >= limit if bound[1].lower() in _LOWER else value <= limit


def _amount(text: str) -> float:
    return float(text.replace(",", ""))


def label(reading: Reading) -> str:
    """Return the admitted label whose description shares most words with the text.

    Where none shares any, a label such as ``other`` is taken if it is admitted.
    """
    text = reading.parts.get("text", reading.last)

    def likeness(name: str) -> int:
        line = re.search(rf"^[ \t*-]*{re.escape(name)}:([^\n]*)$", reading.text, re.M | re.I)
        return words.overlap(words.content(f"{name} {line[1] if line else ''}"), text)

    best = max(reading.labels, key=likeness)
    rest = [name for name in reading.labels if name.lower() in ("other", "none", "unknown")]
    return rest[0] if rest and not likeness(best) else best


def date(reading: Reading) -> str:
    """Return the first date of the text as ``YYYY-MM-DD``."""
    text = reading.parts.get("text", reading.last)
    if found := _ISO_DATE.search(text):
        return found[0]
    for pattern, day, month in ((_LONG_DATE, 1, 2), (_US_DATE, 2, 1)):
        for match in pattern.finditer(text):
            names = [i for i, m in enumerate(_MONTHS, 1) if m.startswith(match[month].lower())]
            if names:
                return f"{match[3]}-{names[0]:02d}-{int(match[day]):02d}"
    if dotted := _DOTTED_DATE.search(text):
        return f"{dotted[3]}-{int(dotted[2]):02d}-{int(dotted[1]):02d}"
    return "1970-01-01"
