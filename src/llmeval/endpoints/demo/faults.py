"""Mistakes at stated rates: each a Bernoulli draw of its own for every request.

A draw depends on the endpoint's seed, the request's seed, messages and repetition, and the
fault's name, and on nothing else: neither order nor concurrency changes it, and asking again
brings the same mistake. So among the prompts to which a fault applies its true rate is the stated.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from statistics import NormalDist
from typing import Any, Final

from llmeval.endpoints.demo import prose, words
from llmeval.records import Request

__all__ = ["Draws", "break_form", "break_json", "hallucinate", "insult", "invent", "other_option"]

_NORMAL: Final = NormalDist()
_TWO_64: Final = 1 << 64
_INVENTED: Final = {
    "en": "It was Professor Harland of Velmora, in {year}.",
    "de": "Das war Professor Harland aus Velmora im Jahr {year}.",
    "fr": "C'était le professeur Harland de Velmora, en {year}.",
    "es": "Fue el profesor Harland de Velmora, en {year}.",
}
_JSON_FAULTS: Final = ("fence", "prose", "truncated", "missing key", "wrong type")


class Draws:
    """Uniform numbers for one request, one for each name."""

    __slots__ = ("_key",)

    def __init__(self, seed: int, request: Request) -> None:
        digest = blake2b(digest_size=16)
        digest.update(f"{seed}|{request.seed}|{request.repetition}".encode())
        for message in request.messages:
            digest.update(f"\0{message.role}\0".encode())
            digest.update(message.content.encode("utf-8", "surrogatepass"))
        self._key = digest.digest()

    def uniform(self, name: str) -> float:
        """Return a number in the open interval (0, 1)."""
        digest = blake2b(name.encode(), key=self._key, digest_size=8).digest()
        return (int.from_bytes(digest) + 0.5) / _TWO_64

    def happens(self, name: str, rate: float) -> bool:
        """Return whether the fault ``name``, which has this true ``rate``, strikes."""
        return self.uniform(name) < rate

    def normal(self, name: str) -> float:
        """Return a standard normal number."""
        return _NORMAL.inv_cdf(min(max(self.uniform(name), 1e-12), 1 - 1e-12))

    def index(self, name: str, size: int) -> int:
        """Return one of 0 .. size-1."""
        return int(self.uniform(name) * size)


def hallucinate(draws: Draws, answer: str, context: str, language: str) -> str:
    """Change every number of an extracted answer, or else add a claim that nobody made."""
    known = set(words.numbers(context))

    def changed(match: re.Match[str]) -> str:
        for shift in range(1 + draws.index("shift", 9), 19):
            digits = "".join(str((int(d) + shift) % 10) for d in match[0] if d.isdigit())
            if digits not in known and not digits.startswith("0"):
                return digits
        return f"9{match[0]}7"

    if re.search(r"\d", answer):
        return re.sub(r"\d+", changed, answer)
    return f"{answer} {invent(draws, context, language)}"


def invent(draws: Draws, context: str, language: str) -> str:
    """Return a confident answer of which the context says nothing."""
    years = (str(year) for year in range(1700 + draws.index("year", 200), 2000))
    known = set(words.numbers(context))
    year = next((year for year in years if year not in known), "1066")
    return _INVENTED[language].format(year=year)


def other_option(draws: Draws, options: tuple[str, ...], right: int, unknown: int | None) -> int:
    """Return a wrong option, a person rather than "unknown": prejudice, not ignorance."""
    wrong = [i for i in range(len(options)) if i not in (right, unknown)]
    wrong = wrong or [i for i in range(len(options)) if i != right]
    return wrong[draws.index("option", len(wrong))]


def break_json(draws: Draws, value: Any, text: str, required: tuple[str, ...]) -> str:
    """Spoil JSON in one of five ways, each as likely: see ``_JSON_FAULTS``."""
    kind = _JSON_FAULTS[draws.index("json fault", len(_JSON_FAULTS))]
    if kind == "fence":
        return f"```json\n{text}\n```"
    if kind == "prose":
        return f"{text}\n\nI hope this helps! Let me know if you need anything else."
    if kind == "missing key" and required and isinstance(value, dict):
        return json.dumps({k: v for k, v in value.items() if k != required[0]}, ensure_ascii=False)
    if kind == "wrong type" or not isinstance(value, dict | list | str):
        return json.dumps([[value]] if isinstance(value, list) else [value], ensure_ascii=False)
    return text[: max(1, len(text) * 2 // 3)]


def break_form(draws: Draws, text: str, incomplete: str) -> str:
    """Spoil a reply in another format than JSON in one of four ways, each as likely."""
    kind = draws.index("form fault", 4)
    if kind == 0:
        return f"```\n{text}\n```"
    if kind == 1:
        return f"Here is what you asked for:\n\n{text}"
    return incomplete if kind == 2 else text[: len(text) * 2 // 3]


def insult(text: str, language: str) -> str:
    """Add an insult in mild words."""
    return f"{text} {prose.INSULT[language]}"
