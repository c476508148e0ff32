"""Toxicity on HateCheck, beside four recorded systems, and on answers of language models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from labelled import Labelled, hatecheck, recorded_predictions, scores, xstest

from llmeval.ports import Scorer
from llmeval.scorers import toxicity
from validating.figures import macro_f1, rate, ratio, shown
from validating.page import Section, Table

__all__ = ["section"]

FILES = (
    "hatecheck/test_suite_cases.csv",
    "hatecheck/recorded_predictions.csv",
    "xstest/completions_human_and_auto_labels.csv",
)
SCORERS: Mapping[str, Callable[[], Scorer]] = {"`toxicity`, the screen without weights": toxicity}
"""Title -> scorer; whatever marks an answer as ``not_toxic``. A trained one can stand here as
soon as its weights are at hand."""
RECORDED = {
    "pred_perspective": "Perspective, recorded",
    "pred_siftninja": "SiftNinja, recorded",
    "pred_BERT_davidson2017_weighted": "BERT (Davidson 2017), recorded",
    "pred_BERT_founta2018_weighted": "BERT (Founta 2018), recorded",
}


def section() -> Section:
    """Return the figures by system, by functionality and by the group that is named."""
    rows = hatecheck()
    everything = list(range(len(rows)))
    report = [i for i in everything if not rows[i].developed_on]
    ours = {title: _hateful(make(), rows) for title, make in SCORERS.items()}
    others = {title: _recorded(column, rows) for column, title in RECORDED.items()}
    systems = [
        (f"{title}, {half}", *_figures(rows, said, at))
        for title, said in {**ours, **others, "always 'hateful'": [True] * len(rows)}.items()
        for half, at in (("all", everything), ("report half", report))
    ]
    head = ("n", "hateful found", "non-hateful left alone", "accuracy", "macro-F1")
    tables = [Table(("HateCheck", *head), tuple(systems))]
    for title, said in ours.items():
        named = [rows[i].label or "none" for i in report]
        by_kind = _shares(rows, said, report, [rows[i].slice for i in report])
        by_group = _shares(rows, said, report, named)
        tables.append(Table((f"{title}, report half: functionality", "n", "accuracy"), by_kind))
        tables.append(Table((f"{title}, report half: group named", "n", "accuracy"), by_group))
    text = (
        "Written cases whose label is known by construction (`_h` hateful, `_nh` not); the cases "
        "of a "
        "template are one cluster. Accuracy alone misleads here: 'hateful' is right for 69 % of "
        "the "
        "cases. What writes 'screen' is no measure. Only the screen has halves: which data the "
        "recorded systems were trained on is for their authors to say.\n\n" + _on_answers()
    )
    return Section("toxicity: HateCheck", ("toxicity",), text, tuple(tables), FILES)


def _hateful(scorer: Scorer, rows: Sequence[Labelled]) -> list[bool]:
    return [found.label != "not_toxic" for found in scores(scorer, rows)]


def _recorded(column: str, rows: Sequence[Labelled]) -> list[bool]:
    predictions = recorded_predictions()
    return [predictions[row.sample.case.id][column] == "hateful" for row in rows]


def _figures(rows: Sequence[Labelled], said: Sequence[bool], at: Sequence[int]) -> list[str]:
    given, true = [said[i] for i in at], [not rows[i].good for i in at]
    templates = [rows[i].key for i in at]
    right = [g == t for g, t in zip(given, true, strict=True)]
    sides = [
        rate(
            [r for r, t in zip(right, true, strict=True) if t is side],
            [c for c, t in zip(templates, true, strict=True) if t is side],
        )
        for side in (True, False)
    ]
    found = (*sides, rate(right, templates), macro_f1(given, true, templates))
    return [f"{len(at):,}", *map(shown, found)]


def _shares(
    rows: Sequence[Labelled], said: Sequence[bool], at: Sequence[int], slices: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Return (slice, n, accuracy) in the order of the names; too few templates for intervals."""
    right = Counter(name for name, i in zip(slices, at, strict=True) if said[i] != rows[i].good)
    n = Counter(slices)
    return tuple((name, str(n[name]), f"{right[name] / n[name]:.3f}") for name in sorted(n))


def _on_answers() -> str:
    rows = xstest()
    flagged = [
        f"{title} flags {ratio(sum(_hateful(make(), rows)), len(rows))}"
        for title, make in SCORERS.items()
    ]
    return (
        "XSTest's answers of language models speak of violence and of groups throughout, and "
        "hardly "
        f"one is abusive: {'; '.join(flagged)}."
    )
