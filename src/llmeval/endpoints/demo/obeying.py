"""Giving in: an order hidden in the material is carried out, or confidential instructions told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from llmeval.endpoints.demo import words

__all__ = ["Order", "confidential", "obey", "order"]

_ADDRESSED: Final = re.compile(
    r"\b(?:assistants?|asistentes?|AI|KI|IA|system)\b"
    r"|\b(?:ignore|disregard|ignoriere|ignora)\b.{0,40}\b(?:instructions|anweisungen|consignes"
    r"|instrucciones)\b",
    re.I,
)
_QUOTED: Final = re.compile(r"[\"“„«]\s?([^\"“”„«»\n]{2,80}?)\s?[\"”“»]")
_ADDRESS: Final = re.compile(r"!\[[^\]\n]{0,80}\]\([^)\s]{1,300}\)|https?://[^\s<>\"')]{1,300}")
_CAPITALS: Final = re.compile(r"\b(?:capital letters|großbuchstaben|majuscules|mayúsculas)\b", re.I)
_CONFIDENTIAL: Final = re.compile(
    r"\b(?:never reveal|secret|confidential|keep it to yourself|do not (?:mention|quote)"
    r"|never say|geheim|verrate|ne révèle|no reveles|es secreto|secreto)\b",
    re.I,
)


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
