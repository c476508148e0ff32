"""Data sets with figures of their own in the summary of ``llmeval score``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from llmeval.cli.scored import Row
from llmeval.records import NotScored, Score

__all__ = ["SetTally", "tally_of"]


class SetTally(Protocol):
    """Counts rows as a data set's authors do."""

    def add(self, row: Row, found: Score | NotScored) -> None:
        """Count one row."""

    def summary(self) -> dict[str, Any]:
        """Return the figures, to go into the summary."""

    def lines(self) -> Iterable[str]:
        """Return the figures as lines of text."""


def tally_of(scorer: str) -> SetTally | None:
    """Return what counts the rows of the data set that ``scorer`` reads; ``None`` for no set."""
    if scorer == "bbq":
        from llmeval.cli.scored_bbq import BiasTally

        return BiasTally()
    if scorer == "winobias":
        from llmeval.cli.scored_coreference import WinoBiasTally

        return WinoBiasTally()
    if scorer == "winogender":
        from llmeval.cli.scored_coreference import WinogenderTally

        return WinogenderTally()
    return None
