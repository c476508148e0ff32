"""Where a sample is shown: on its model, or in the columns of the deployed models behind it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from llmeval.records import Column, Observation, Summary, deployed_model_of

__all__ = ["Placing", "labelled", "labels"]


class Placing:
    """The columns of a run, for finding those of a sample."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._every: dict[str, tuple[str, ...]] = {}
        self._own: dict[tuple[str, str], tuple[str, ...]] = {}
        for column in columns:
            self._every[column.model] = (*self._every.get(column.model, ()), column.name)
            self._own[column.model, column.deployed_model] = (column.name,)

    def of(self, o: Observation) -> tuple[str, ...]:
        """Return the columns that ``o`` counts in, or its model where it has none.

        A failed call that does not tell its deployed model counts in every column of its model.
        """
        deployed = deployed_model_of(o)
        if deployed is None:
            return self._every.get(o.model, (o.model,))
        return self._own.get((o.model, deployed), (o.model,))


def labels(columns: Sequence[Column]) -> dict[str, str]:
    """Return how to call each column where people read it: without its model if there is only
    one, whose reference may fill a line."""
    alone = len({column.model for column in columns}) == 1
    return {c.name: f"deployed_model={c.deployed_model}" if alone else c.name for c in columns}


def labelled(summary: Summary) -> Summary:
    """Return the summary with the ``labels`` of its columns in place of their names."""
    if not summary.columns:
        return summary
    to = labels(summary.columns)
    return structs.replace(
        summary,
        gates=[structs.replace(g, model=to.get(g.model, g.model)) for g in summary.gates],
        columns=[structs.replace(c, name=to[c.name]) for c in summary.columns],
        contrasts=[
            structs.replace(c, model=to.get(c.model, c.model), against=to.get(c.against or ""))
            for c in summary.contrasts
        ],
    )
