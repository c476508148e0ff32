"""``self_consistency`` on SummEdits: a summary against other, faithful summaries of its document.

The other answers are faithful rewordings of the same summary (label 1), as a model that knows would
give them again; the answer is either one more of these or one into which people saw an error
edited. That is the lexical part of what SelfCheckGPT does, on human labels.
"""

from __future__ import annotations

from labelled import (
    DOMAINS,
    Labelled,
    auc,
    balanced_accuracy,
    best_threshold,
    develop_half,
    report_half,
    reworded_summaries,
    scores,
    show,
)

from llmeval.scorers import self_consistency


def judged(labelled: list[Labelled]) -> tuple[list[float], list[bool]]:
    values = [score.value for score in scores(self_consistency(), labelled)]
    return values, [row.good for row in labelled]


def test_an_edited_summary_is_less_consistent_than_a_faithful_one() -> None:
    found = {domain: reworded_summaries(domain) for domain in DOMAINS}
    developed = [row for labelled in found.values() for row in develop_half(labelled)]
    threshold = best_threshold(*judged(developed))
    told: list[tuple[object, ...]] = [
        ("SummEdits, report half", "n", "AUC", f"balanced accuracy at {threshold:.2f}")
    ]
    for domain, labelled in found.items():
        values, good = judged(report_half(labelled))
        right = balanced_accuracy(values, good, threshold)
        told.append((domain, len(values), auc(values, good), right))
    means = [sum(float(str(row[i])) for row in told[1:]) / len(found) for i in (2, 3)]
    show([*told, ("mean", "", *means)])
    assert means[0] >= 0.65
    assert means[1] >= 0.6
