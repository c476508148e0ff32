"""What an answer states, small enough to lie in a record, and how far another bears it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from llmeval.scorers.claims import Claim, claims_in
from llmeval.scorers.facts import facts_of
from llmeval.scorers.factual.references import YES_NO
from llmeval.scorers.options import chosen
from llmeval.scorers.text import fold, language_of, words

__all__ = ["Statement", "Statements", "agreement", "borne_out", "read_signature", "state"]

MAX_STATEMENTS: Final = 60
MAX_CONTENT: Final = 60
_LONGEST: Final = 20_000
_SHORT: Final = 12
_WORDINGS: Final = {wording: truth for truth, wording in YES_NO}
_WIDTH: Final = 8
_SIGNATURE: Final = re.compile(
    r"1(?P<truth>[yn-])(?P<whole>[0-9a-f]{8})(?P<rest>(?:;[0-9a-f]*\.[0-9a-f]*\.[0-9a-f]*!?)*)"
)
# What a statement that says something else in one point keeps of its support.
_CONTRARY: Final = 0.4


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim as hashes: of its content (stems, and numbers), of the numbers and the names in
    it; and whether it denies."""

    content: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    denies: bool


@dataclass(frozen=True, slots=True)
class Statements:
    """An answer as what it states. ``truth`` is that of a yes or a no, if it says one; ``whole``
    is a hash of its words. Two answers of the same words have the same statements."""

    truth: bool | None
    whole: str
    items: tuple[Statement, ...]

    @property
    def signature(self) -> str:
        """The statements as a text: 8 characters a word, whatever the answer holds."""
        truth = "-" if self.truth is None else "ny"[self.truth]
        items = (
            f";{_joined(s.content)}.{_joined(s.numbers)}.{_joined(s.names)}{'!' * s.denies}"
            for s in self.items
        )
        return f"1{truth}{self.whole}{''.join(items)}"


def state(answer: str, question: str = "") -> tuple[Statements, tuple[Claim, ...]]:
    """Return what an answer states, and the claims behind the statements, one each.

    What the question says already is no content of its own. Reads 20,000 characters and 60 claims.
    """
    answer = answer[:_LONGEST]
    tokens = words(fold(answer))
    language = language_of(tokens)
    asked = facts_of(question[:_LONGEST], language)
    known = {*asked.content, *asked.names, *(f"{n[0]:.12g}" for n in asked.numbers)}
    claims = tuple(claims_in(answer)[:MAX_STATEMENTS])
    items = tuple(_statement(claim.text, language, known) for claim in claims)
    return Statements(_truth(answer, tokens), _hash(" ".join(tokens)), items), claims


def _truth(answer: str, tokens: Sequence[str]) -> bool | None:
    """Return the yes or no that a short answer says, or a longer one begins with."""
    said = chosen(answer, YES_NO) if len(tokens) <= _SHORT else _WORDINGS.get(tokens[0])
    return None if said is None else bool(said)


def _statement(text: str, language: str, known: set[str]) -> Statement:
    facts = facts_of(text, language)
    stems = dict.fromkeys(s for s in facts.content if s not in known)
    numbers = dict.fromkeys(f"{n[0]:.12g}" for n in facts.numbers)
    fresh = [n for n in numbers if n not in known]
    return Statement(
        _hashes([*stems, *fresh]),
        _hashes(fresh),
        _hashes(facts.names - known),
        facts.negations % 2 == 1,
    )


def _hashes(parts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_hash, sorted(parts)[:MAX_CONTENT]))


@lru_cache(maxsize=65_536)
def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_WIDTH // 2).hexdigest()


def _joined(hashes: frozenset[str]) -> str:
    return "".join(sorted(hashes))


def read_signature(text: str) -> Statements:
    """Return the statements that ``Statements.signature`` wrote. Raises ``ValueError``."""
    match = _SIGNATURE.fullmatch(text)
    if not match:
        raise ValueError("no signature of statements")
    truth = {"y": True, "n": False}.get(match["truth"])
    parts = match["rest"].split(";")[1:]
    return Statements(truth, match["whole"], tuple(map(_read_statement, parts)))


def _read_statement(part: str) -> Statement:
    content, numbers, names = map(_cut, part.rstrip("!").split("."))
    return Statement(content, numbers, names, part.endswith("!"))


def _cut(hashes: str) -> frozenset[str]:
    return frozenset(hashes[i : i + _WIDTH] for i in range(0, len(hashes), _WIDTH))


def borne_out(one: Statements, other: Statements) -> list[float]:
    """Return how far ``other`` bears out each statement of ``one``, in 0..1.

    The share of its content that the other answer holds, times 0.4 for each of: a number or a name
    that the other lacks, and a denial that the other's nearest statement does not share. A
    statement without content of its own is borne out where the answers are the same, or say the
    same yes or no. Where one says yes and the other no, nothing is.
    """
    if one.whole == other.whole:
        return [1.0] * len(one.items)
    if one.truth is not None and other.truth is not None and one.truth != other.truth:
        return [0.0] * len(one.items)
    content = frozenset[str]().union(*(s.content for s in other.items))
    names = frozenset[str]().union(*(s.names for s in other.items))
    same = one.truth is not None and one.truth == other.truth
    return [_support(s, other.items, content, names, float(same)) for s in one.items]


def _support(
    statement: Statement,
    others: Sequence[Statement],
    content: frozenset[str],
    names: frozenset[str],
    bare: float,
) -> float:
    if not statement.content:
        return bare
    value = len(statement.content & content) / len(statement.content)
    if not value:
        return 0.0
    value *= _CONTRARY if statement.numbers - content else 1.0
    value *= _CONTRARY if statement.names - names - content else 1.0
    nearest = max(others, key=lambda s: len(s.content & statement.content))
    return value * (_CONTRARY if nearest.denies != statement.denies else 1.0)


def agreement(one: Statements, other: Statements) -> float:
    """Return how far two answers bear each other out: the mean over the statements of each, and
    of both directions. Answers that state nothing agree where they are the same."""
    return (_mean(one, other) + _mean(other, one)) / 2


def _mean(one: Statements, other: Statements) -> float:
    if not one.items:
        return float(one.whole == other.whole)
    return sum(borne_out(one, other)) / len(one.items)
