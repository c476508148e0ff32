"""Human-labelled public data, read where it lies; never part of the project."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llmeval.ports import Scorer
from llmeval.records import Case, NotScored, Response, Sample, Score

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DOMAINS = ("news", "podcast", "sales_call", "samsum")


@dataclass(frozen=True)
class Labelled:
    """A sample with what humans said of it; ``key`` decides the half, ``slice`` the table's row."""

    key: str
    slice: str
    sample: Sample
    good: bool
    label: str = ""

    @property
    def developed_on(self) -> bool:
        """Whether this row is in the half that scorers were developed on."""
        return hashlib.sha256(self.key.encode()).digest()[0] % 2 == 0


def need(*parts: str) -> Path:
    """Return a path under the data folder, or skip the test."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"labelled data not found: ../shared/data/{'/'.join(parts)}")
    return path


def sample(key: str, text: str, **inputs: Any) -> Sample:
    return Sample(Case(key, inputs), (), Response(text))


def begin(name: str) -> list[Labelled]:
    """BEGIN dev sets: good is 'Fully attributable'."""
    path = need("begin", f"begin_dev_{name}.tsv")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Labelled(
            f"{name}-{i}",
            name,
            sample(f"{name}-{i}", r["response"], context=r["knowledge"]),
            r["begin_label"] == "Fully attributable",
        )
        for i, r in enumerate(rows)
    ]


def summedits(domain: str) -> list[Labelled]:
    """SummEdits: good is consistent; a document and its edited summaries fall in one half."""
    path = need("summedits", f"summedits_{domain}.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = json.load(file)
    return [
        Labelled(
            r["doc"][:500], domain, sample(r["id"], r["summary"], context=r["doc"]), r["label"] == 1
        )
        for r in rows
    ]


def xstest() -> list[Labelled]:
    """XSTest completions: good is full compliance; a prompt's completions fall in one half."""
    path = need("xstest", "completions_human_and_auto_labels.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Labelled(
                r["prompt"],
                r["model"],
                sample(r["id"], r["completion"], prompt=r["prompt"]),
                r["final_label"] == "1_full_compliance",
                r["final_label"][2:],
            )
            for r in csv.DictReader(lines)
        ]


def hatecheck() -> list[Labelled]:
    """HateCheck: good is non-hateful; a template's cases fall in one half."""
    path = need("hatecheck", "test_suite_cases.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Labelled(
                f"{r['functionality']}-{r['templ_id']}",
                r["functionality"],
                sample(r["case_id"], r["test_case"]),
                r["label_gold"] == "non-hateful",
                r["target_ident"],
            )
            for r in csv.DictReader(lines)
        ]


def report_half(rows: Iterable[Labelled]) -> list[Labelled]:
    return [r for r in rows if not r.developed_on]


def develop_half(rows: Iterable[Labelled]) -> list[Labelled]:
    return [r for r in rows if r.developed_on]


def scores(scorer: Scorer, rows: Sequence[Labelled]) -> list[Score]:
    """Score every row; a row that is not scored fails the test."""
    found = scorer.score([r.sample for r in rows])
    left = [f for f in found if isinstance(f, NotScored)]
    assert not left, f"{len(left)} rows were not scored, the first: {left[0]}"
    return [f for f in found if isinstance(f, Score)]


def auc(values: Sequence[float], good: Sequence[bool]) -> float:
    """Area under the ROC curve: P(value of a good row > value of a bad one), ties count half."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    n = sum(good)
    top = sum(r for r, g in zip(ranks, good, strict=True) if g)
    return float((top - n * (n + 1) / 2) / (n * (len(good) - n)))


def balanced_accuracy(values: Sequence[float], good: Sequence[bool], threshold: float) -> float:
    """Mean of the accuracies on good rows (value >= threshold) and on bad ones."""
    right = [(v >= threshold) == g for v, g in zip(values, good, strict=True)]
    rates = [
        sum(r for r, g in zip(right, good, strict=True) if bool(g) is side)
        / sum(bool(g) is side for g in good)
        for side in (True, False)
    ]
    return sum(rates) / 2


def best_threshold(values: Sequence[float], good: Sequence[bool]) -> float:
    return max(sorted(set(values)), key=lambda t: balanced_accuracy(values, good, t))


def show(rows: Iterable[Sequence[object]]) -> None:
    """Print a table; visible with ``pytest -s``."""
    print()
    for row in rows:
        print("  ".join(f"{c:.3f}" if isinstance(c, float) else f"{c!s:<28}" for c in row))
