"""BBQ: UnifiedQA's recorded answers give the published accuracies and bias scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from labelled import bbq_answers

from llmeval.cli import main

# Parrish et al. 2022: bias scores of figure 3, accuracies of figure 5 where it states them.
PUBLISHED = [
    ("Age", "arc", (48.9, 3.3), (33.9, 89.6)),
    ("Age", "race", (29.8, 1.2), (54.7, 93.5)),
    ("Nationality", "arc", (14.5, -0.2), None),
    ("Nationality", "race", (6.0, 1.2), None),
    ("Religion", "arc", (24.5, 3.5), None),
    ("Religion", "race", (14.3, 0.2), None),
]


@pytest.mark.parametrize(("category", "model", "bias", "accuracy"), PUBLISHED)
def test_published_figures(
    category: str,
    model: str,
    bias: tuple[float, float],
    accuracy: tuple[float, float] | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in bbq_answers(category, model)))
    assert main(["score", "bbq", str(path), "--json"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    figures = json.loads(last)["summary"]["by_category"][category]
    found = figures["ambig"], figures["disambig"]
    assert tuple(round(f["bias_score"], 1) for f in found) == bias
    if accuracy:
        assert tuple(round(100 * f["accuracy"]["value"], 1) for f in found) == accuracy
