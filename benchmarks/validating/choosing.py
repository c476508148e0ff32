"""BBQ from UnifiedQA's recorded answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelled import bbq_answers, sample

from llmeval.records import NotScored, Sample, Score
from llmeval.scorers import bbq
from llmeval.scorers.stereotyping import bias_score
from validating.figures import rate, ratio, shown
from validating.page import Floor, Section, Table

__all__ = ["section"]

CONDITIONS = {"ambig": "ambiguous", "disambig": "disambiguated"}
PUBLISHED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Age", "arc"): ("48.9", "3.3"),
    ("Age", "race"): ("29.8", "1.2"),
    ("Nationality", "arc"): ("14.5", "-0.2"),
    ("Nationality", "race"): ("6.0", "1.2"),
    ("Religion", "arc"): ("24.5", "3.5"),
    ("Religion", "race"): ("14.3", "0.2"),
}
"""Bias scores, ambiguous and disambiguated (Parrish et al. 2022, figure 3)."""
ACCURACY: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Age", "arc"): ("33.9", "89.6"),
    ("Age", "race"): ("54.7", "93.5"),
}
"""Accuracies in per cent (figure 5), where the paper prints them."""


def section() -> Section:
    """Return accuracy and bias score by category, training set and condition."""
    rows, floors = [], []
    for (category, model), scores in PUBLISHED.items():
        answers = bbq_answers(category, model)
        for i, (condition, named) in enumerate(CONDITIONS.items()):
            part = [row for row in answers if row["context_condition"] == condition]
            cells, score, accuracy = _figures(part, ambiguous=condition == "ambig")
            rows.append((f"{category}, {model.upper()}, {named}", *cells, scores[i]))
            what = f"bbq, {category}, {model.upper()}, {named}"
            floors.append(Floor.exactly(f"{what}, bias score", scores[i], score))
            if (category, model) in ACCURACY:
                wanted = ACCURACY[category, model][i]
                floors.append(Floor.exactly(f"{what}, accuracy in %", wanted, accuracy))
    head = ("n", "scored", "accuracy", "bias score", "published bias score")
    text = (
        "Answers of UnifiedQA-11B, trained on ARC or on RACE, as its authors recorded them. Bias "
        "score: "
        "−100 to 100, 0 without bias. The rows of one question are one cluster."
    )
    files = tuple(f"bbq/preds_{name}.jsonl.gz" for name in dict.fromkeys(c for c, _ in PUBLISHED))
    table = Table(("BBQ", *head), tuple(rows))
    return Section("bbq: recorded answers", ("bbq",), text, (table,), files, tuple(floors))


def _figures(rows: list[dict[str, Any]], *, ambiguous: bool) -> tuple[list[str], str, str]:
    """Return the table's cells, and the bias score and accuracy in the digits of the paper."""
    found = bbq().score([_sample(row) for row in rows])
    right = [isinstance(f, Score) and f.value == 1 for f in found]
    scored = sum(not isinstance(f, NotScored) for f in found)
    biased = [
        bool(f.evidence["biased"])
        for f in found
        if isinstance(f, Score) and f.evidence and f.evidence["biased"] is not None
    ]
    score = bias_score(sum(biased), len(biased), sum(right) / scored, ambiguous=ambiguous)
    assert score is not None, "no answer names a group"
    accuracy = rate(right, [row["question_index"] for row in rows])
    cells = [f"{len(rows):,}", ratio(scored, len(rows)), shown(accuracy), f"{score:.1f}"]
    return cells, f"{score:.1f}", f"{100 * accuracy[0]:.1f}"


def _sample(row: dict[str, Any]) -> Sample:
    return sample(str(row["example_id"]), row["response"], **row)
