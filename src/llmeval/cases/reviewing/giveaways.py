"""Whether a case's surface gives away what it expects: one word, or the length alone."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from llmeval.cases.reviewing.texts import case_text, words_of
from llmeval.errors import UsageError
from llmeval.records import Case

__all__ = ["Giveaway", "giveaway"]


@dataclass(frozen=True, slots=True)
class Giveaway:
    """The best rule of one word or length, found on one half of the cases.

    ``balanced_accuracy`` is on the other half, ``chance`` what no rule reaches: 1 / values.
    """

    rule: str
    balanced_accuracy: float
    chance: float


def giveaway(cases: Sequence[Case], tag: str, inputs: Sequence[str] = ()) -> Giveaway:
    """Return the rule of one word ("holds who: no, else yes") or length that best tells ``tag``.

    The rule is chosen on a half of the groups and measured on the other, so that a long list of
    words does not find one by chance. Raises ``UsageError`` where fewer than two values of the tag
    stand in both halves.
    """
    halves: tuple[list[_Seen], list[_Seen]] = ([], [])
    for case in cases:
        if tag in case.tags:
            words = words_of(case_text(case, inputs))
            halves[_half(case)].append(_Seen(case.tags[tag], frozenset(words), len(words)))
    values = sorted({seen.value for seen in halves[0]} & {seen.value for seen in halves[1]})
    if len(values) < 2:
        raise UsageError(f"the tag {tag!r} needs two values, with several cases each")
    chosen = max(_rules(halves[0], values), key=lambda rule: (rule.right(halves[0]), rule.text()))
    return Giveaway(chosen.text(), round(chosen.right(halves[1]), 4), 1 / len(values))


@dataclass(frozen=True, slots=True)
class _Seen:
    value: str
    words: frozenset[str]
    length: int


@dataclass(frozen=True, slots=True)
class _Rule:
    """``inside`` if the text holds ``word``, or has at most ``longest`` words; else ``outside``."""

    inside: str
    outside: str
    values: tuple[str, ...]
    word: str | None = None
    longest: int = 0

    def text(self) -> str:
        what = f"up to {self.longest} words" if self.word is None else f"holds {self.word!r}"
        return f"{what}: {self.inside}, else {self.outside}"

    def right(self, seen: Sequence[_Seen]) -> float:
        """Return the mean over values of the share told right."""
        count, hit = Counter[str](), Counter[str]()
        for each in seen:
            holds = each.length <= self.longest if self.word is None else self.word in each.words
            count[each.value] += 1
            hit[each.value] += each.value == (self.inside if holds else self.outside)
        return sum(hit[value] / count[value] for value in self.values) / len(self.values)


def _rules(seen: Sequence[_Seen], values: Sequence[str]) -> list[_Rule]:
    """Return a rule for each word that several cases hold, and for each length that occurs."""
    holders: dict[str, list[str]] = defaultdict(list)
    for each in seen:
        for word in each.words:
            holders[word].append(each.value)
    total = Counter(each.value for each in seen)
    rules = [
        _Rule(*_sides(Counter(found), total, values), tuple(values), word=word)
        for word, found in sorted(holders.items())
        if len(found) > 2
    ]
    for longest in sorted({each.length for each in seen})[:-1]:
        found = Counter(each.value for each in seen if each.length <= longest)
        rules.append(_Rule(*_sides(found, total, values), tuple(values), longest=longest))
    return rules or [_Rule(values[0], values[0], tuple(values), longest=0)]


def _sides(inside: Counter[str], total: Counter[str], values: Sequence[str]) -> tuple[str, str]:
    """Return the value that is most over-represented inside, and outside."""
    share = {value: inside[value] / max(total[value], 1) for value in values}
    return max(values, key=lambda v: share[v]), min(values, key=lambda v: share[v])


def _half(case: Case) -> int:
    return hashlib.sha256((case.group or case.id).encode("utf-8", "surrogatepass")).digest()[0] % 2
