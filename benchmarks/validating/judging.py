"""The mathematics of judges: agreement in both orders, and among people."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from itertools import combinations
from typing import Any

from labelled import need

from llmeval.stats import BothOrders, both_orders
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
COUNTS = ("correct_False", "correct_True", "correct_both", "equal")
"""Published names of the shares, in the table's order."""
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
        counts, agreement = (_both_orders(given, silent) for silent in ("none", "2"))
        assert counts.right and counts.right_both and agreement.kappa
        paper = published[f"{name} :: {judge}"]
        shares = (*counts.right, counts.right_both, counts.consistent)
        for share, what in zip(shares, COUNTS, strict=True):
            # Published as '95 / 100 = 95.0%'.
            same += round(share.value * counts.pairs) == int(paper[what].split(" / ")[0])
        same += abs(agreement.kappa.value - paper["kappa_agreement"]) < 1e-9
        total += len(shares) + 1
        figures = [shown((s.value, s.low, s.high)) for s in (*shares, agreement.kappa)]
        turned = f"{counts.first_place} : {counts.second_place}"
        title = f"{name.removeprefix('LLMBar/')}, {judge.split('/')[0]}"
        rows.append((title, str(counts.pairs), *figures, turned))
    head = ("n", "right, first order", "right, second order", "right in both", "alike")
    last = ("kappa of the orders", "turned: for the first, for the second place")
    table = Table(("LLMBar", *head, *last), tuple(rows))
    return table, (ratio(total, total), ratio(same, total))


def _both_orders(given: list[dict[str, Any]], silent: str) -> BothOrders:
    """``silent`` stands for a verdict that could not be read: as in the paper, a label of its own
    in the counts, and a 2 in the kappas."""
    runs = [row["runs"][0] for row in given]
    first, second = ([run[order] or silent for run in runs] for order in ORDERS)
    truth = [str(row["label"]) for row in given]
    return both_orders(first, second, answers=("1", "2"), truth=truth)


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
