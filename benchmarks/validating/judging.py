"""The mathematics of judges: agreement in both orders, and among people."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from itertools import combinations
from typing import Any

from labelled import need

from validating.figures import kappa, rate, ratio, shown
from validating.page import Floor, Section, Table

__all__ = ["section"]

FILES = (
    "llmbar/recorded_verdicts.jsonl.gz",
    "llmbar/published_statistics.json",
    "pandalm/testset-v1.json",
    "pandalm/pandalm-7b-testset-v1.json",
    "pandalm/gpt-3.5-turbo-testset-v1.json",
)
ORDERS = ("swap = False", "swap = True")
RECORDED = {"PandaLM-7B": "pandalm", "gpt-3.5-turbo": "gpt"}


def section() -> Section:
    """Return LLMBar's counts of both orders and PandaLM's agreement, held against the papers."""
    llmbar, reproduced = _llmbar()
    people, kappas = _people()
    floors = (
        Floor.exactly("judges, LLMBar: published statistics that are found again", *reproduced),
        Floor.exactly("judges, PandaLM: kappa of each two annotators", "0.85, 0.88, 0.86", kappas),
    )
    text = (
        "Recorded verdicts; no judge is asked here. They hold the arithmetic of agreement and of "
        "position bias against published figures, and show what to expect of a judge: LLMBar's "
        "adversarial answers read well and are wrong. *Alike*: the same answer won in both orders."
    )
    tables = (llmbar, people)
    return Section("Judges: LLMBar, PandaLM", (), text, tables, FILES, floors)


def _llmbar() -> tuple[Table, tuple[str, str]]:
    verdicts: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(need(*FILES[0].split("/")), "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            verdicts[row["set"], row["evaluator"]].append(row)
    published = json.loads(need(*FILES[1].split("/")).read_text(encoding="utf-8"))
    rows, same, total = [], 0, 0
    for (name, judge), given in sorted(verdicts.items()):
        labels = [str(row["label"]) for row in given]
        first, second = ([row["runs"][0][order] for row in given] for order in ORDERS)
        found = _both_orders(labels, first, second)
        paper = published[f"{name} :: {judge}"]
        same += sum(_same(value, paper[what]) for what, value in found.items())
        total += len(found)
        rows.append(_row(f"{name.removeprefix('LLMBar/')}, {judge.split('/')[0]}", found, given))
    head = ("n", "right, first order", "right, second order", "right in both", "alike")
    table = Table(("LLMBar", *head, "kappa of the orders"), tuple(rows))
    return table, (ratio(total, total), ratio(same, total))


def _both_orders(labels: list[str], first: list[Any], second: list[Any]) -> dict[str, Any]:
    """Return the statistics under their published names: counts, and kappa of the two orders."""
    return {
        "correct_False": sum(a == b for a, b in zip(first, labels, strict=True)),
        "correct_True": sum(a == b for a, b in zip(second, labels, strict=True)),
        "correct_both": sum(a == b == c for a, b, c in zip(first, second, labels, strict=True)),
        "equal": sum(a == b for a, b in zip(first, second, strict=True)),
        # As published: an order without a readable verdict counts as one that is not for 1.
        "kappa_agreement": kappa([a == "1" for a in first], [b == "1" for b in second]),
    }


def _same(value: float, paper: str | float) -> bool:
    """Counts are published as '95 / 100 = 95.0%'."""
    if isinstance(paper, str):
        return value == int(paper.split(" / ")[0])
    return abs(value - paper) < 1e-9


def _row(title: str, found: dict[str, Any], given: list[Any]) -> tuple[str, ...]:
    n = len(given)
    right = [
        shown(rate([i < found[order] for i in range(n)], range(n)))
        for order in ("correct_False", "correct_True", "correct_both", "equal")
    ]
    return (title, str(n), *right, f"{found['kappa_agreement']:.3f}")


def _people() -> tuple[Table, str]:
    rows = json.loads(need(*FILES[2].split("/")).read_text(encoding="utf-8"))
    people = {f"annotator {i}": [row[f"annotator{i}"] for row in rows] for i in (1, 2, 3)}
    kappas = [kappa(one, other) for one, other in combinations(people.values(), 2)]
    majority = [max(votes, key=votes.count) for votes in zip(*people.values(), strict=True)]
    raters = dict(people)
    for title, name in RECORDED.items():
        file = next(f for f in FILES if f.startswith(f"pandalm/{name}"))
        recorded = json.loads(need(*file.split("/")).read_text(encoding="utf-8"))
        raters[title] = [_verdict(row[f"{name}_result"]) for row in recorded]
    cells = tuple(
        (
            title,
            f"{len(given):,}",
            shown(rate([a == b for a, b in zip(given, majority, strict=True)], range(len(given)))),
            f"{kappa(given, majority):.3f}",
        )
        for title, given in raters.items()
    )
    head = ("PandaLM, beside the majority of three people", "n", "agreement", "Cohen's kappa")
    return Table(head, cells), ", ".join(f"{value:.2f}" for value in kappas)


def _verdict(text: Any) -> int | None:
    """Recorded as text: 1, 2, 0 or 'Tie'; anything else is none of them."""
    return {"0": 0, "1": 1, "2": 2, "tie": 0}.get(str(text).strip().lower())
