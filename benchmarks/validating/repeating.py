"""Self-consistency on SummEdits: a summary beside faithful rewordings of it."""

from __future__ import annotations

from collections.abc import Sequence

from labelled import (
    DOMAINS,
    Labelled,
    best_threshold,
    develop_half,
    report_half,
    reworded_summaries,
    scores,
)

from llmeval.scorers import self_consistency
from validating.figures import shown, with_auc, with_balanced_accuracy
from validating.page import Section, Table

__all__ = ["section"]


def section() -> Section:
    """Return AUC and balanced accuracy by domain, at one threshold for all."""
    found = {domain: reworded_summaries(domain) for domain in DOMAINS}
    developed = [row for rows in found.values() for row in develop_half(rows)]
    threshold = best_threshold(_values(developed), [row.good for row in developed])
    rows = []
    for domain, labelled in found.items():
        report = report_half(labelled)
        values, good = _values(report), [row.good for row in report]
        documents = [row.key for row in report]
        auc = with_auc(values, good, documents)
        balanced = with_balanced_accuracy(values, good, threshold, documents)
        rows.append((domain.replace("_", " "), str(len(report)), shown(auc), shown(balanced)))
    text = (
        "The other answers are four faithful rewordings of the same summary; the answer is one "
        "more of these (good), or one into which an error was edited. One threshold, chosen on the "
        f"development half of all domains: {threshold:.3f}."
    )
    head = ("SummEdits, report half", "n", "AUC", "balanced accuracy")
    files = tuple(f"summedits/summedits_{domain}.json.gz" for domain in DOMAINS)
    title = "self_consistency: SummEdits"
    return Section(title, ("self_consistency",), text, (Table(head, tuple(rows)),), files)


def _values(rows: Sequence[Labelled]) -> list[float]:
    return [score.value for score in scores(self_consistency(), rows)]
