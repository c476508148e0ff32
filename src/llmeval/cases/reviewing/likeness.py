"""Cases that say nearly the same, and yet count as independent evidence."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from llmeval.cases.reviewing.texts import case_text, folded
from llmeval.errors import UsageError
from llmeval.records import Case

__all__ = ["MOST", "Alike", "alike"]

MOST: Final = 1_000
"""Pairs that are looked for at most."""

_GRAM: Final = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """Two cases by their places, and the Jaccard similarity of their texts.

    ``twins`` expect different things: written against each other, they stand or fall together.
    """

    first: int
    second: int
    similarity: float
    twins: bool


def alike(cases: Sequence[Case], threshold: float = 0.8, inputs: Sequence[str] = ()) -> list[Alike]:
    """Return pairs of cases of different groups whose texts are alike, the most alike first.

    Texts are compared as sets of five characters in a row, without case, accents and punctuation
    (Jaccard, exact; candidates by prefix filtering: Chaudhuri et al. 2006). The list ends after
    ``MOST`` pairs.
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"a similarity above 0, up to 1, is needed, not {threshold}")
    found = islice(_pairs(cases, [_grams(case_text(c, inputs)) for c in cases], threshold), MOST)
    return sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second))


def _pairs(
    cases: Sequence[Case], grams: Sequence[frozenset[str]], threshold: float
) -> Iterator[Alike]:
    often = Counter(gram for each in grams for gram in each)
    holders: dict[str, list[int]] = defaultdict(list)
    # The shorter first: what is at least ``threshold`` alike shares a gram of both prefixes.
    for at in sorted(range(len(cases)), key=lambda i: (len(grams[i]), i)):
        mine = grams[at]
        rare_first = sorted(mine, key=lambda gram: (often[gram], gram))
        prefix = rare_first[: len(mine) - math.ceil(threshold * len(mine)) + 1]
        for other in sorted({holder for gram in prefix for holder in holders[gram]}):
            if _independent(cases[at], cases[other]):
                similarity = len(mine & grams[other]) / len(mine | grams[other])
                if similarity >= threshold:
                    twins = cases[at].expected != cases[other].expected
                    first, second = sorted((at, other))
                    yield Alike(first, second, round(similarity, 4), twins)
        for gram in prefix:
            holders[gram].append(at)


def _independent(one: Case, other: Case) -> bool:
    return one.group is None or one.group != other.group


def _grams(text: str) -> frozenset[str]:
    plain = folded(text)
    return frozenset(plain[i : i + _GRAM] for i in range(max(1, len(plain) - _GRAM + 1)))
