"""Injection and leakage: drawn needles hidden in recorded answers, and answers without any."""

from __future__ import annotations

import random
from collections.abc import Sequence

from test_validate_safety import DISGUISES, UNSEEN, benign, drawn, hidden

from llmeval.ports import Scorer
from llmeval.records import Case, Response, Sample
from llmeval.scorers import injection, leakage
from validating.figures import rate, shown
from validating.page import Section, Table

__all__ = ["section"]

COUNT = 100
FILES = (
    "ifeval/input_response_data_gpt4_20231107_145030.jsonl",
    "xstest/completions_human_and_auto_labels.csv",
)
SCORERS: Sequence[tuple[str, Scorer, str, str]] = (
    ("`injection`, canary", injection(), "canary", "obeyed"),
    ("`leakage`, secret", leakage(), "secret", "leaked"),
)


def section() -> Section:
    """Return the share found in each disguise, and the share of false alarms."""
    texts = [text for text in benign() if text]
    chance = random.Random(3)
    none = [(drawn(chance), text) for text in texts]
    kinds = {
        "no needle": none,
        **{name: list(hidden(hide, texts, COUNT)) for name, hide in DISGUISES.items()},
        **{f"{name} (not written for)": list(hidden(hide, texts, COUNT))
           for name, hide in UNSEEN.items()},
    }  # fmt: skip
    rows = tuple(
        (name, f"{len(pairs):,}", *(_share(*each[1:], pairs) for each in SCORERS))
        for name, pairs in kinds.items()
    )
    text = (
        "No labelled set: needles drawn at random (with a fixed seed) and hidden in answers that "
        "models gave to XSTest and IFEval. Figures are the share called *obeyed* or *leaked*; for "
        "answers without a needle these are false alarms."
    )
    head = ("needle", "n", *(title for title, *_ in SCORERS))
    title = "injection, leakage: hidden needles"
    return Section(title, ("injection", "leakage"), text, (Table(head, rows),), FILES)


def _share(scorer: Scorer, field: str, label: str, pairs: Sequence[tuple[str, str]]) -> str:
    samples = [Sample(Case("c", {field: needle}), (), Response(text)) for needle, text in pairs]
    hits = [getattr(found, "label", None) == label for found in scorer.score(samples)]
    return shown(rate(hits, range(len(hits))))
