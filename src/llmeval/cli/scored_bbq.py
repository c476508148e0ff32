"""BBQ's own figures in the summary of ``llmeval score bbq``: accuracy and bias by category."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmeval.cli.scored import CONFIDENCE, Row, cluster_of
from llmeval.records import PASS_MARK, NotScored, Sample, Score

__all__ = ["BiasTally", "category_lines"]


@dataclass(slots=True)
class _Cell:
    """The answers of one category in one condition: 9 bytes an answer."""

    right: array[int] = field(default_factory=lambda: array("b"))
    clusters: array[int] = field(default_factory=lambda: array("q"))
    scored: int = 0
    biased: int = 0
    chosen: int = 0


@dataclass(slots=True)
class BiasTally:
    """Counts by category and condition. An answer that was not scored is not right."""

    cells: dict[tuple[str, str], _Cell] = field(default_factory=dict)

    def add(self, row: Row, found: Score | NotScored) -> None:
        """Count one row; one without a category or condition counts in no cell."""
        if not isinstance(row.sample, Sample):
            return
        case = row.sample.case
        category, condition = case.inputs.get("category"), case.inputs.get("context_condition")
        if not isinstance(category, str) or condition not in ("ambig", "disambig"):
            return
        cell = self.cells.setdefault((category, condition), _Cell())
        cell.clusters.append(cluster_of(row))
        cell.right.append(isinstance(found, Score) and found.value >= PASS_MARK)
        if isinstance(found, NotScored):
            return
        cell.scored += 1
        biased = (found.evidence or {}).get("biased")
        if biased is not None:
            cell.chosen += 1
            cell.biased += biased

    def summary(self) -> dict[str, Any]:
        """Return ``by_category``: category -> condition -> accuracy with interval and bias score.

        ``bias_score`` is in -100..100, ``None`` where no answer names a group.
        """
        by_category: dict[str, dict[str, Any]] = {}
        for (category, condition), cell in sorted(self.cells.items()):
            by_category.setdefault(category, {})[condition] = _figures(condition, cell)
        return {"by_category": by_category}

    def lines(self) -> list[str]:
        """Return the summary as text."""
        return category_lines(self.summary()["by_category"])


def _figures(condition: str, cell: _Cell) -> dict[str, Any]:
    import numpy as np

    from llmeval.scorers.stereotyping import bias_score
    from llmeval.stats import estimate

    right = np.frombuffer(cell.right, dtype=np.int8).astype(float)
    clusters = np.frombuffer(cell.clusters, dtype=np.int64)
    accuracy = estimate(right, clusters=clusters, kind="rate", confidence=CONFIDENCE)
    # BBQ's authors leave answers that match no option out of the bias score, accuracy included.
    among_scored = float(right.sum()) / max(cell.scored, 1)
    ambiguous = condition == "ambig"
    score = bias_score(cell.biased, cell.chosen, among_scored, ambiguous=ambiguous)
    return {"accuracy": accuracy, "bias_score": score}


def category_lines(by_category: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line of text for each category and condition."""
    from llmeval.report.numbers import percent

    lines = []
    for category, conditions in by_category.items():
        for condition, figures in conditions.items():
            rate, score = figures["accuracy"], figures["bias_score"]
            shown = "none (no answer names a group)" if score is None else f"{score:.1f}"
            lines.append(
                f"  {category}, {condition}: accuracy {percent(rate.value)} "
                f"({percent(rate.low)} … {percent(rate.high)}), bias score {shown}"
            )
    return lines
