"""Rows with people's labels and a scorer's finding, and what is taken for the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from llmeval.errors import UsageError, nearest
from llmeval.records import PASS_MARK

__all__ = ["NOT_SCORED", "Labelled", "Truth", "truth_of"]

NOT_SCORED = "(not scored)"
_MOST_LABELS = 50
_PLAIN_GOOD = frozenset({"true", "1"})
_PLAIN = _PLAIN_GOOD | {"false", "0"}


class Labelled(Struct, frozen=True):
    """One row: who it depends on (``cluster``), one label a person (``None`` where that person gave
    none), and the scorer's value and label; ``value`` is ``None`` where it did not score."""

    cluster: str
    people: tuple[str | None, ...]
    value: float | None
    label: str | None = None

    @property
    def passed(self) -> bool:
        """What a gate makes of it: a row without a score has not passed."""
        return self.value is not None and self.value >= PASS_MARK


class Truth(Struct, frozen=True):
    """Rows of which the people's majority is known, with it; ``good`` are the labels of the good
    end. The ``tied`` rows had no majority, ``unlabelled`` counts those without a label. ``named``
    says that people and scorer speak the same words, so that they compare label by label, not only
    as good and bad."""

    rows: tuple[Labelled, ...]
    majority: tuple[str, ...]
    good: tuple[str, ...]
    tied: tuple[Labelled, ...]
    unlabelled: int
    named: bool

    @property
    def goods(self) -> list[bool]:
        """Whether each row is good."""
        return [word in self.good for word in self.majority]

    def shown(self, word: str) -> str:
        """Return a person's label as it is compared with the scorer's."""
        return word if self.named else ("good" if word in self.good else "bad")

    def found(self, row: Labelled) -> str:
        """Return the scorer's label as it is compared with people's."""
        if row.value is None:
            return NOT_SCORED
        return row.label or "" if self.named else ("good" if row.passed else "bad")


def truth_of(rows: Iterable[Labelled], good: Sequence[str] = ()) -> Truth:
    """Take the majority of each row's labels for the truth.

    Without ``good`` it is what ``true`` or ``1`` say, or else the labels that the scorer itself
    gives to values that pass. Raises ``UsageError`` where that does not tell, where a label that
    is given does not occur, or where only one of good and bad does.
    """
    listed = list(rows)
    votes = [_majority(row.people) for row in listed]
    kept = [(row, word) for row, word in zip(listed, votes, strict=True) if word]
    words = Counter(word for row in listed for word in row.people if word is not None)
    if not words:
        raise UsageError("no row has a label: name the field that holds it with --label-field")
    sides = _sides(listed)
    ends = tuple(good) if good else _good_end(words, sides)
    for word in ends:
        if word not in words:
            raise UsageError(
                f"--good {word}: no row has this label.{nearest(word, words)} "
                f"There are {', '.join(sorted(words))}"
            )
    found = {word in ends for _, word in kept}
    if found != {True, False}:
        only = "good" if True in found else "bad"
        raise UsageError(
            f"all labelled rows are {only}: to know how often the scorer is wrong, rows of both "
            f"kinds are needed (good: {', '.join(ends)}; see --good)"
        )
    return Truth(
        rows=tuple(row for row, _ in kept),
        majority=tuple(word for _, word in kept),
        good=ends,
        tied=tuple(row for row, word in zip(listed, votes, strict=True) if word == ""),
        unlabelled=sum(word is None for word in votes),
        named=_same_words(set(words), set(sides)),
    )


def _same_words(people: set[str], scorer: set[str]) -> bool:
    few = len(people | scorer) <= _MOST_LABELS
    return few and bool(scorer) and (people <= scorer or scorer <= people)


def _majority(people: Sequence[str | None]) -> str | None:
    """Return the label that more than half gave, "" where none has that many, ``None`` for none."""
    counted = Counter(word for word in people if word is not None)
    if not counted:
        return None
    (most, votes), *_ = counted.most_common(1)
    return most if 2 * votes > counted.total() else ""


def _sides(rows: Iterable[Labelled]) -> dict[str, set[bool]]:
    """Return the scorer's labels, each with whether its values pass."""
    sides: dict[str, set[bool]] = {}
    for row in rows:
        if row.label is not None and row.value is not None:
            sides.setdefault(row.label, set()).add(row.passed)
    return sides


def _good_end(words: Iterable[str], sides: dict[str, set[bool]]) -> tuple[str, ...]:
    if set(words) <= _PLAIN:
        return tuple(sorted(_PLAIN_GOOD & set(words)))
    unclear = sorted(word for word in words if len(sides.get(word, ())) != 1)
    if unclear:
        raise UsageError(
            f"which labels are the good end? The scorer's own do not tell about "
            f"{', '.join(unclear[:8])}: give --good LABEL for each good one; there are "
            f"{', '.join(sorted(words)[:20])}"
        )
    return tuple(sorted(word for word in words if sides[word] == {True}))
