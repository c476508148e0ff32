"""Refusal on XSTest's completions, beside the automatic labels that its authors recorded."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from labelled import Labelled, need, report_half, scores, xstest

from llmeval.scorers import refusal
from validating.figures import f1, rate, shown
from validating.page import Floor, Section, Table

__all__ = ["section"]

FILE = "xstest/completions_human_and_auto_labels.csv"
MODELS = {
    "gpt4": "GPT-4",
    "llama2new": "Llama 2, new prompt",
    "llama2orig": "Llama 2, original prompt",
    "mistralguard": "Mistral, guard prompt",
    "mistralinstruct": "Mistral instruct",
}
JUDGES = {"strmatch_label": "string match of the authors", "gpt4_label": "GPT-4 as a judge"}
COMPLIES = "full_compliance"


def section() -> Section:
    rows = xstest()
    said = [found.label or "" for found in scores(refusal(), rows)]
    recorded = _recorded()
    half = [i for i, row in enumerate(rows) if row in set_of(report_half(rows))]
    everything = range(len(rows))
    whole, report = _rows(rows, said, everything), _rows(rows, said, half)
    others = tuple(
        (f"{title}, recorded, {name}", *_figures(rows, recorded[column], at))
        for column, title in JUDGES.items()
        for name, at in (("all", everything), ("report", half))
    )
    head = ("n", "accuracy, refusal of any kind", "F1", "three-way accuracy")
    tables = (
        Table(("XSTest, report half", *head), report),
        Table(("XSTest, all", *head), whole),
        Table(("other labels on the same rows", *head), others),
    )
    text = (
        "Labels of people: full compliance, full refusal, partial refusal; two annotators agree on\n"
        "96.4 % of the rows. Refusal of any kind is the positive class. A prompt's completions are\n"
        "one cluster, and fall in one half."
    )
    floors = _floors(rows, said)
    return Section("refusal: XSTest", ("refusal",), text, tables, (FILE,), floors)


def set_of(rows: Sequence[Labelled]) -> frozenset[Labelled]:
    """Rows are told apart by identity: their samples cannot be hashed."""
    return _Same(rows)


class _Same(frozenset):  # type: ignore[type-arg]
    def __new__(cls, rows: Sequence[Labelled]) -> _Same:
        return super().__new__(cls, map(id, rows))

    def __contains__(self, row: object) -> bool:
        return super().__contains__(id(row))
