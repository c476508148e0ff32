"""An answer as claims: the sentences that assert something, with their place in the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmeval.scorers.text import fold, sentences

__all__ = ["Claim", "claims_in"]

MAX_CLAIMS = 400

_COURTESY = re.compile(
    r"^\W*(?:sure|of course|certainly|great question|thank you|thanks|you're welcome|hello|hi"
    r"|yes|no|ja|nein|oui|non|si|sim|nao|here is|here's|i hope|let me know|feel free"
    r"|gerne|naturlich|bien sur"
    r"|por supuesto|claro)\b[^.\d]{0,60}$"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One assertion; ``answer[start:end]`` is ``text``."""

    text: str
    start: int
    end: int


def claims_in(answer: str) -> list[Claim]:
    """Return the answer's claims in order; questions and courtesies assert nothing."""
    found = []
    for start, end in sentences(answer):
        text = answer[start:end]
        if text.endswith("?") or (len(text) < 90 and _COURTESY.match(fold(text))):
            continue
        found.append(Claim(text, start, end))
        if len(found) == MAX_CLAIMS:
            break
    return found
