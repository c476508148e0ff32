"""Words, sentences and languages, found by plain counting: no model, no dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["alike", "content", "covered", "language", "numbers", "overlap", "sentences", "words"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTION: Final[dict[str, frozenset[str]]] = {
    "en": _words(
        "a about after all am an and any are as at be been being before but by can could did do "
        "does for from had has have he her hers him his how i if in into is it its me my no not "
        "of on one or our please she should so some than that the their them then there these "
        "they this to up us was we were what when where which who whom whose why will with would "
        "you your many much long often far old say says said text context according only "
        "answer question time date year"
    ),
    "de": _words(
        "aber als am an auch auf aus bei bis das dass dem den der des die dir doch du ein eine "
        "einem einen einer eines er es für gibt hat haben hatte ich ihr ihre ihrem ihren im in "
        "ist ja kann kein keine laut man mein mich mir mit nach nicht noch nur oder seine seinen "
        "sich sie sind so über um und uns unter vom von vor war waren warum was welche welchem "
        "welchen welcher welches wem wen wer werden wie viel viele vielen wann wo wir wird wurde "
        "wurden woher wohin womit zu zum zur lange alt oft jahr uhr"
    ),
    "fr": _words(
        "à au aux avec ce ces cet cette combien comment dans de depuis des du elle elles en est "
        "et eu il ils je la le les leur lui ma mais me mes moi mon ne nous on ont ou où par pas "
        "pendant pour pourquoi qu quand que quel quelle quelles quels qui quoi sa se ses si son "
        "sont sur ta te tu un une vous à été était fut selon texte y dont chez sans sous fait "
        "avait être a l d s t j n c m heure année date"
    ),
    "es": _words(
        "a al con cuál cuáles cuándo cuánta cuántas cuánto cuántos cómo de del desde donde dónde "
        "el ella ellas ellos en entre era es esta este esto está están fue fueron ha han hasta "
        "hay la las le les lo los me mi mis más no nos o para pero por porque qué que quién "
        "quiénes se ser sin según si sobre son su sus también te tiene texto tu un una unas uno "
        "unos y ya yo hora año fecha"
    ),
}
_ALL: Final = frozenset().union(*_FUNCTION.values())

_WORD: Final = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+")
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)*")
_SENTENCE_END: Final = re.compile(
    r"(?<=[.!?…])(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bNr\.)"
    r"[\"”»)]?[ \t]+"
    r"(?:(?<!\d\.\s)|(?!(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober"
    r"|November|Dezember)\b))"
    r"(?=[^\Wa-zß-öø-ÿ_]|[¿¡\"“«(])|\n+"
)


def words(text: str) -> list[str]:
    """Return the words and numbers of ``text`` in lower case, in order."""
    return _WORD.findall(text.lower())


def content(text: str) -> list[str]:
    """Return the words that carry meaning, once each, in order."""
    return list(dict.fromkeys(w for w in words(text) if w not in _ALL and (len(w) > 1)))


def sentences(text: str) -> list[str]:
    """Return the sentences of ``text``; a line break ends one, ``Dr.`` and
    ``3. Mai`` do not."""
    return [part for piece in _SENTENCE_END.split(text) if (part := piece.strip())]


def language(text: str) -> str:
    """Return ``en``, ``de``, ``fr`` or ``es``: whose function words ``text`` holds most."""
    found = words(text[:4000])
    counts = {code: sum(w in known for w in found) for code, known in _FUNCTION.items()}
    if "¿" in text or "¡" in text:
        counts["es"] += 2
    return max(counts, key=lambda code: counts[code])


def alike(one: str, other: str) -> bool:
    """Whether two words differ in an ending at most: ``open`` and ``opened``, not ``openly``."""
    if one == other:
        return True
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(short) < 3 or not 0 < len(long) - len(short) <= 3 or short[0].isdigit():
        return False
    if len(short) == 3:
        return long in (short + "s", short + "e", short + "n")
    return long.startswith(short[:-1] if len(short) > 4 else short)


def covered(word: str, known: Iterable[str]) -> bool:
    """Whether ``word`` occurs in ``known``, endings aside."""
    return any(alike(word, other) for other in known)


def overlap(wanted: Sequence[str], text: str) -> int:
    """Return how many of the ``wanted`` words ``text`` holds, endings aside."""
    known = set(words(text))
    return sum(word in known or covered(word, known) for word in wanted)


def numbers(text: str) -> list[str]:
    """Return the numbers of ``text`` as written."""
    return _NUMBER.findall(text)
