"""An answer as claims: the sentences that assert something, with their place in the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmeval.scorers.text import fold, sentences

__all__ = ["Claim", "claims_in"]

MAX_CLAIMS = 400
_LONGEST = 120

_PHRASE = (
    r"sure(?: thing)?|of course|certainly|absolutely|great question|good question|no problem"
    r"|thank you|thanks|thanks for asking|you're welcome|hello|hi|hi there|okay|ok"
    r"|gern|gerne|naturlich|bien sur|avec plaisir|por supuesto|claro"
)
_COURTESY = re.compile(rf"\W*(?:{_PHRASE})(?:\W+(?:{_PHRASE}))*\W*")
_ASK = (
    r"(?:please )?(?:just )?(?:let me know(?: (?:if|when|what|how|whether)\b[^\d,;:]{0,60})?"
    r"|(?:just |feel free to |do(?:n't| not) hesitate to )(?:ask|reach out|contact|message)"
    r"\b[^\d,;:]{0,40}"
    r"|(?:i(?:'m| am) )?(?:happy|glad|here) to help\b[^\d,;:]{0,20})"
)
_NEED = (
    r"(?:have|need|want|would like|'d like)(?: any| some)?(?: other| more| further| additional)?"
    r" (?:questions?|help|information|details|assistance)"
)
_OFFER = re.compile(
    rf"\W*(?:{_ASK}|(?:i )?hope (?:this|that|it) (?:helps?|is helpful|answers)\b[^\d,;:]{{0,30}}"
    rf"|if you {_NEED}\W+{_ASK}|{_NEED}\W*)\W*"
)
_LEAD_IN = re.compile(r"\W*(?:here(?:'s| is| are)|the following|below)\b[^.\d]*:\W*")
_HEADING = re.compile(r"\W*\w[\w'-]*(?: [\w'-]+){0,3}:\W*")
_ASSERTS = re.compile(r"\b(?:is|are|was|were|has|have|had|ist|sind|war|est|sont|es|son|e|sao)\b")


@dataclass(frozen=True, slots=True)
class Claim:
    """One assertion; ``answer[start:end]`` is ``text``."""

    text: str
    start: int
    end: int


def claims_in(answer: str) -> list[Claim]:
    """Return the answer's claims in order; questions, courtesies and headings assert nothing."""
    found = []
    for start, end in sentences(answer):
        text = answer[start:end]
        if text.endswith("?") or (len(text) < _LONGEST and _says_nothing(fold(text))):
            continue
        found.append(Claim(text, start, end))
        if len(found) == MAX_CLAIMS:
            break
    return found


def _says_nothing(text: str) -> bool:
    """Whether a sentence, folded, only opens, closes or announces. What follows "yes," is a
    claim, and so is a heading with a verb."""
    if any(each.fullmatch(text) for each in (_COURTESY, _OFFER, _LEAD_IN)):
        return True
    return bool(_HEADING.fullmatch(text)) and not _ASSERTS.search(text)
