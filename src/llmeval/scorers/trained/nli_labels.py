"""Which output of a classifier means entailment, and which contradiction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Labels", "read_labels"]

_ENTAILMENT: Final = frozenset(
    (
        *("entailment", "entail", "entails", "entailed", "supported", "supports", "support"),
        *("consistent", "factual", "grounded", "faithful"),
    )
)
_CONTRADICTION: Final = frozenset(
    ("contradiction", "contradict", "contradicts", "contradictory", "refuted", "refutes")
)
_NEITHER: Final = frozenset(
    (
        *("neutral", "notentailment", "notentailed", "nonentailment", "unverifiable", "baseless"),
        *("unsupported", "notsupported", "inconsistent", "nonfactual", "ungrounded"),
        *("hallucinated", "hallucination", "notenoughinfo", "notenoughinformation"),
    )
)


@dataclass(frozen=True, slots=True)
class Labels:
    """Columns of a classifier's output. ``entailment`` is ``None`` where there is one column, whose
    logistic is the probability of entailment; ``contradiction`` where the classifier has none."""

    entailment: int | None
    contradiction: int | None


def read_labels(named: Mapping[int, str], given: Sequence[str] | None) -> Labels:
    """Return the columns by their names: ``given``, one a column, else those of the model's config.

    Case and punctuation do not count. Raises ``ValueError`` where not exactly one column can be
    told to mean entailment: a guess would turn a score upside down.
    """
    names = list(given) if given is not None else [named[i] for i in sorted(named)]
    if given is not None and len(given) != len(named):
        raise ValueError(f"labels={names!r} are {len(names)}, but the model has {len(named)}")
    if len(names) == 1:
        return Labels(None, None)
    plain = ["".join(c for c in str(name).lower() if c.isalpha()) for name in names]
    entailing = [i for i, name in enumerate(plain) if name in _ENTAILMENT]
    against = [i for i, name in enumerate(plain) if name in _CONTRADICTION]
    known = {*entailing, *against, *(i for i, name in enumerate(plain) if name in _NEITHER)}
    if len(entailing) != 1 or len(against) > 1 or len(known) < len(names):
        raise ValueError(
            f"the model's labels are {names!r}: say what they mean, in order, as in "
            f"labels=['contradiction', 'neutral', 'entailment']"
        )
    return Labels(entailing[0], against[0] if against else None)
