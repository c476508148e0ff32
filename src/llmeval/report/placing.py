"""Where a sample is shown: on its model, or in the columns of the deployed models behind it."""

from __future__ import annotations

from collections.abc import Sequence

from llmeval.records import Column, Observation, column_name, deployed_model_of

__all__ = ["Placing"]


class Placing:
    """The columns of a run, for finding those of a sample."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._every: dict[str, tuple[str, ...]] = {}
        for column in columns:
            self._every[column.model] = (*self._every.get(column.model, ()), column.name)

    def of(self, o: Observation) -> tuple[str, ...]:
        """Return the columns that ``o`` counts in, or its model where there are none.

        A failed call that does not tell its deployed model counts in every column of its model.
        """
        every = self._every.get(o.model)
        if every is None:
            return (o.model,)
        deployed = deployed_model_of(o)
        return every if deployed is None else (column_name(o.model, deployed),)
