"""How far the repetitions of a case bear each other out, by what ``self_consistency`` recorded."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from llmeval.gates.columns import ScoreColumn
from llmeval.scorers.factual.statements import Statements, agreement, read_signature

__all__ = ["consistency_of"]


def consistency_of(column: ScoreColumn, rows: NDArray[np.int64]) -> float | str:
    """Return the mean agreement (0..1) over the pairs of a case's answers, or why there is none.

    ``rows`` are the case's samples, two or more, all of them scored. The mean over pairs is without
    bias for the agreement of two answers drawn anew (Hoeffding 1948, a U-statistic of order 2).
    """
    stated: list[Statements] = []
    for row in rows:
        try:
            stated.append(read_signature(column.signatures.get(int(row), "")))
        except ValueError:
            return (
                "needs a scorer that records what is stated: self_consistency(over='repetitions')"
            )
    pairs = list(combinations(stated, 2))
    return sum(agreement(one, other) for one, other in pairs) / len(pairs)
