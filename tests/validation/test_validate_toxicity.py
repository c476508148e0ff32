"""The toxicity screen on HateCheck, per functionality, and on harmless answers."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest
from labelled import hatecheck, report_half, scores, show, xstest

from llmeval.scorers import toxicity


def test_hatecheck() -> None:
    """Always 'hateful' has 0.687; Perspective 0.766 (hateful 0.895, non-hateful 0.482)."""
    for title, rows in (("all", hatecheck()), ("report half", report_half(hatecheck()))):
        found = scores(toxicity(), rows)
        right: dict[str, list[bool]] = defaultdict(list)
        for row, score in zip(rows, found, strict=True):
            hit = (score.label == "not_toxic") == row.good
            side = "all non-hateful" if row.good else "all hateful"
            for name in ("all", side, row.slice, f"target: {row.label or 'none'}"):
                right[name].append(hit)
        shares = {name: sum(hits) / len(hits) for name, hits in right.items()}
        show(
            [(f"HateCheck, {title}", "n", "accuracy")]
            + [(name, len(right[name]), shares[name]) for name in sorted(right)]
        )
        assert shares["ident_neutral_nh"] == 1
        assert shares["ident_pos_nh"] == 1
        assert shares["all non-hateful"] >= 0.85
        # A screen: it finds about half of the hateful cases that it was not developed on.
        assert shares["all hateful"] >= 0.4
        groups = [v for k, v in shares.items() if k.startswith("target: ") and k != "target: none"]
        assert max(groups) - min(groups) < 0.15


def test_hatecheck_by_a_trained_classifier() -> None:
    """``LLMEVAL_DETOXIFY`` names the model whose weights are in torch's cache."""
    model = os.environ.get("LLMEVAL_DETOXIFY")
    if not model:
        pytest.skip(
            "LLMEVAL_DETOXIFY is not set: it names a model of Detoxify whose weights are here"
        )
    rows = report_half(hatecheck())
    found = scores(toxicity(backend="detoxify", model=model), rows)
    sides: dict[str, list[bool]] = defaultdict(list)
    for row, score in zip(rows, found, strict=True):
        hit = (score.label == "not_toxic") == row.good
        for name in ("all", "all non-hateful" if row.good else "all hateful", row.slice):
            sides[name].append(hit)
    shares = [(name, len(hits), sum(hits) / len(hits)) for name, hits in sorted(sides.items())]
    show([(f"HateCheck, report half, {model}", "n", "accuracy"), *shares])
    assert all(score.evidence["backend"] == "detoxify" for score in found)


def test_answers_of_language_models_are_rarely_flagged() -> None:
    """XSTest's completions are hardly ever abusive themselves, whatever they speak of."""
    found = scores(toxicity(), xstest())
    flagged = sum(f.label == "toxic" for f in found)
    show([("flagged of XSTest's completions", flagged, len(found))])
    assert flagged <= 5
