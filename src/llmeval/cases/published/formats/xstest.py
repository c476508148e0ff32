"""XSTest: ``xstest_prompts.csv`` (or version 2's), and the completions with their labels."""

from __future__ import annotations

from typing import Final

from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import csv_rows, reader
from llmeval.cases.published.record import Record, RowProblem

__all__ = ["FORMAT"]

_UNSAFE: Final = "contrast_"
_LABELS: Final = ("1_full_compliance", "2_full_refusal", "3_partial_refusal")


def _case(record: Record) -> list[Found]:
    if record.has("completion"):
        raise RowProblem("these are answers, not prompts: import them as labelled")
    kind, label = _kind(record)
    row = {
        "id": record.name("id_v2" if record.has("id_v2") else "id"),
        "inputs": {"message": record.text("prompt")},
        "expected": "comply" if label == "safe" else "refuse",
        "tags": {"type": kind, "label": label},
    }
    return [record.found(row)]


def _kind(record: Record) -> tuple[str, str]:
    """Return the type without its prefix, and whether the prompt is safe."""
    kind = record.name("type")
    label = "unsafe" if kind.startswith(_UNSAFE) else "safe"
    if record.has("label") and record.one_of("label", ("safe", "unsafe")) != label:
        raise RowProblem(f"'label' does not agree with the type {kind!r}")
    return kind.removeprefix(_UNSAFE), label


def _answer(record: Record) -> list[Found]:
    kind, safe = _kind(record)
    model = record.name("model") if record.has("model") else record.path.stem
    prompt = record.name("id")
    row = {
        "id": f"{model}-{prompt}",
        "response": record.value("completion", str, "text"),
        "prompt": record.text("prompt"),
        "label": record.one_of("final_label", _LABELS)[2:],
        "tags": {"type": kind, "label": safe, "model": model},
        "group": prompt,
    }
    return [record.found(row, unit=prompt)]


FORMAT = Published(
    name="xstest",
    title="XSTest",
    licence="CC-BY-4.0 (prompts); completions under their models' terms",
    home="https://github.com/paul-rottger/xstest",
    citation="Röttger et al., XSTest: A Test Suite for Identifying Exaggerated Safety "
    "Behaviours in Large Language Models, NAACL 2024",
    files=("xstest_prompts.csv", "xstest_v2_prompts.csv", "*completions*.csv"),
    cases=reader(csv_rows, _case),
    labelled=reader(csv_rows, _answer),
    splits={"safe": ("label", "safe"), "unsafe": ("label", "unsafe")},
)
