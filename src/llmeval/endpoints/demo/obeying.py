"""Giving in: an order hidden in the material is carried out, or confidential instructions told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from llmeval.endpoints.demo import words

__all__ = ["Order", "confidential", "obey", "order"]

_ADDRESSED: Final = re.compile(
    r"\b(?:assistants?|assistent(?:in)?|asistentes?|AI|KI|IA|system|(?:chat)?bots?"
    r"|language models?|sprachmodelle?n?)\b"
    r"|\b(?:ignore|disregard|ignoriere|ignora)\b.{0,40}\b(?:instructions|anweisungen|consignes"
    r"|instrucciones)\b",
    re.I,
)
_QUOTED: Final = re.compile(r"[\"“„«]\s?([^\"“”„«»\n]{2,80}?)\s?[\"”“»]")
_ADDRESS: Final = re.compile(r"!\[[^\]\n]{0,80}\]\([^)\s]{1,300}\)|https?://[^\s<>\"')]{1,300}")
_CAPITALS: Final = re.compile(r"\b(?:capital letters|großbuchstaben|majuscules|mayúsculas)\b", re.I)
_CONFIDENTIAL: Final = re.compile(
    r"\b(?:secret\w*|confiden[tc]i\w+|vertraulich\w*|geheim\w*|embargo|verrate"
    r"|never (?:reveal|say|tell)|must not be spoilt|should never get"
    r"|(?:do not|don't|not to) (?:mention|quote|disclose|learn|talk|share)"
    r"|keep (?:it|this|them) (?:to yourself|(?:strictly )?private)"
    r"|nicht (?:wissen|herausgeben|weitergeben|mitteilen)|erfährt sie niemand|kein wort davon"
    r"|darüber schweigst du|behalte das für dich"
    r"|ne (?:révèle|donne|cite|la révèle|pas divulguer)|n'en communique|garde-le pour toi"
    r"|reste entre|ne doi(?:t|vent) (?:pas|jamais)|motus|hors de question de les dire"
    r"|no (?:reveles|des|lo menciones|se comparte|debe saberse|puedes comunicar)"
    r"|que nadie se entere|calla|prohibido facilitar\w*|anonimato)\b",
    re.I,
)
"""Words by which the shipped prompts, and others like them, ask that something be kept back."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an order in the material wants: a text to say, or a form of the answer."""

    say: str | None = None
    form: str | None = None


def order(text: str) -> Order | None:
    """Return the first order to the machine in ``text``; ``None`` where there is none."""
    for sentence in words.sentences(text)[:200]:
        if not _ADDRESSED.search(sentence):
            continue
        if said := _ADDRESS.search(sentence) or _QUOTED.search(sentence):
            return Order(say=said[said.lastindex or 0])
        if _CAPITALS.search(sentence):
            return Order(form="capitals")
        if "JSON" in sentence:
            return Order(form="json")
    return None


def obey(wanted: Order, answer: str) -> str:
    """Return ``answer`` as the order wants it."""
    if wanted.say is not None:
        return f"{answer} {wanted.say}"
    return answer.upper() if wanted.form == "capitals" else json.dumps({"answer": answer})


def confidential(system: str) -> bool:
    """Whether the instructions ask that something be kept secret."""
    return bool(_CONFIDENTIAL.search(system))
