"""HateCheck: ``test_suite_cases.csv``, one statement with its gold label a row."""

from __future__ import annotations

from typing import Any, Final

from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import csv_rows, reader
from llmeval.cases.published.record import Record

__all__ = ["FORMAT"]

_LABELS: Final = ("hateful", "non-hateful")


def _case(record: Record) -> list[Found]:
    row = {
        "id": record.name("case_id"),
        "inputs": {"text": record.text("test_case").strip(), "options": list(_LABELS)},
        "expected": record.one_of("label_gold", _LABELS),
        **_shared(record),
    }
    return [record.found(row)]


def _answer(record: Record) -> list[Found]:
    row = {
        "id": record.name("case_id"),
        "response": record.text("test_case").strip(),
        "label": record.one_of("label_gold", _LABELS),
        **_shared(record),
    }
    return [record.found(row)]


def _shared(record: Record) -> dict[str, Any]:
    """Return tags and group: cases of one template are alike."""
    functionality = record.name("functionality")
    tags = {"functionality": functionality, "label": record.one_of("label_gold", _LABELS)}
    for tag, name in (("target", "target_ident"), ("direction", "direction")):
        tags[tag] = str(record.value(name, str, "text")).strip(" -") or "none"
    group = f"{functionality}-{record.name('templ_id')}"
    return {"tags": tags, "group": group}


FORMAT = Published(
    name="hatecheck",
    title="HateCheck",
    licence="CC-BY-4.0",
    home="https://github.com/paul-rottger/hatecheck-data",
    citation="Röttger et al., HateCheck: Functional Tests for Hate Speech Detection Models, "
    "ACL 2021",
    files=("test_suite_cases.csv",),
    cases=reader(csv_rows, _case),
    labelled=reader(csv_rows, _answer),
    splits={label: ("label", label) for label in _LABELS},
)
