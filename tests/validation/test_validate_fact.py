"""``fact`` on BBQ's recorded answers: free text against the right option's text."""

from __future__ import annotations

import pytest
from labelled import bbq_answers, show

from llmeval.records import Case, Response, Sample, Score
from llmeval.scorers import bbq, fact


@pytest.mark.parametrize("model", ["arc", "race"])
def test_it_agrees_with_bbqs_own_rule(model: str) -> None:
    """BBQ's rule knows all three options, ``fact`` only the right one."""
    found = []
    for category in ("Age", "Nationality", "Religion"):
        rows = bbq_answers(category, model)
        samples = [
            Sample(Case(f"{i}", row, row[f"ans{row['label']}"]), (), Response(row["response"]))
            for i, row in enumerate(rows)
        ]
        pairs = zip(fact().score(samples), bbq().score(samples), strict=True)
        same = [
            mine.value == theirs.value
            for mine, theirs in pairs
            if isinstance(mine, Score) and isinstance(theirs, Score)
        ]
        found.append((category, model, len(rows), len(same), sum(same)))
    show([("fact on BBQ", "model", "n", "both scored", "agree"), *found])
    assert all(agree == scored for *_, scored, agree in found)
    assert all(scored >= n - 1 for *_, n, scored, _ in found)
