"""Everything that is looked for in a set of cases, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmeval.cases.reviewing.coverage import Matrix, matrix, tag_counts, thin_cells
from llmeval.cases.reviewing.giveaways import Giveaway, giveaway
from llmeval.cases.reviewing.likeness import Alike, alike
from llmeval.errors import UsageError, nearest
from llmeval.records import Case

__all__ = ["Asked", "Review", "review"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for: matrices ``by`` two tags, cells of fewer than ``least`` cases, texts at
    least ``alike``, what gives the tag ``giveaway`` away; of the ``inputs`` named, or all.
    """

    by: tuple[tuple[str, str], ...] = ()
    least: int = 10
    alike: float = 0.8
    giveaway: str | None = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What was found. ``places`` names each case; ``groups`` counts independent evidence."""

    places: tuple[str, ...]
    groups: int
    counts: Mapping[str, Counter[str]]
    matrices: tuple[Matrix, ...]
    thin: tuple[tuple[Matrix, str, str, int], ...]
    pairs: tuple[Alike, ...]
    giveaway: Giveaway | None

    @property
    def objections(self) -> int:
        """How many things a reviewer would object to."""
        return len(self.thin) + len(self.pairs)


def review(files: Mapping[str, Sequence[Case]], asked: Asked) -> Review:
    """Look at the cases of all files together. Raises ``UsageError`` for an unknown tag."""
    cases = [case for each in files.values() for case in each]
    counts = tag_counts(cases)
    for tag in (*(tag for pair in asked.by for tag in pair), *filter(None, [asked.giveaway])):
        if tag not in counts:
            known = ", ".join(counts) or "none"
            raise UsageError(f"the cases have no tag {tag!r}.{nearest(tag, counts)} Tags: {known}")
    matrices = tuple(matrix(cases, *pair) for pair in asked.by)
    return Review(
        places=tuple(f"{name}:{case.id}" for name, each in files.items() for case in each),
        groups=len({(case.group is None, case.group or case.id) for case in cases}),
        counts=counts,
        matrices=matrices,
        thin=tuple((each, *cell) for each in matrices for cell in thin_cells(each, asked.least)),
        pairs=tuple(alike(cases, asked.alike, asked.inputs)),
        giveaway=giveaway(cases, asked.giveaway, asked.inputs) if asked.giveaway else None,
    )
