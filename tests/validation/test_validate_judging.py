"""Judge mathematics: LLMBar's counts in both orders, PandaLM's kappas, as published."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from labelled import need

from llmeval.calibration import Labelled, measure, truth_of
from llmeval.stats import BothOrders, balanced_accuracy, both_orders, cohen_kappa, macro_f1


def llmbar() -> dict[str, list[dict[str, Any]]]:
    sets: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(need("llmbar", "recorded_verdicts.jsonl.gz"), "rt") as lines:
        for line in lines:
            row = json.loads(line)
            sets[f"{row['set']} :: {row['evaluator']}"].append(row)
    return sets


def ordered(rows: list[dict[str, Any]], *, missing: str | None) -> BothOrders:
    """``missing`` stands for a verdict that the judge did not give."""
    first, second = (
        [verdict if (verdict := row["runs"][0][f"swap = {swap}"]) is not None else missing
         for row in rows]
        for swap in (False, True)
    )  # fmt: skip
    truth = [str(row["label"]) for row in rows]
    return both_orders(first, second, answers=("1", "2"), truth=truth)


def test_llmbar_in_both_orders_is_as_published() -> None:
    """Every one of the recorded judges and sets: each count, and the kappa between the orders.

    Six pairs lack a verdict. In their counts the authors take that for a label of its own, in their
    kappas for a 2; ``both_orders`` leaves such pairs out of the kappa.
    """
    published = json.loads((need("llmbar", "published_statistics.json")).read_text())
    compared = 0
    for name, rows in llmbar().items():
        found, wanted = ordered(rows, missing="none"), published[name]
        assert found.right and found.right_mean and found.right_both
        for estimate, key in (
            (found.right[0], "correct_False"),
            (found.right[1], "correct_True"),
            (found.right_both, "correct_both"),
            (found.consistent, "equal"),
        ):
            hits, n = round(estimate.value * found.pairs), found.pairs
            assert wanted[key].startswith(f"{hits} / {n} = "), (name, key)
        assert 100 * found.right_mean.value == pytest.approx(float(wanted["correct_average"][:-1]))
        kappa = ordered(rows, missing="2").kappa
        assert kappa and kappa.value == pytest.approx(wanted["kappa_agreement"], abs=1e-12), name
        compared += 1
    assert compared == 20


def test_a_missing_verdict_is_not_consistent_with_another() -> None:
    """Four pairs of LLMBar's lack both verdicts, two lack one."""
    silent = lost = 0
    for rows in llmbar().values():
        strict, lenient = ordered(rows, missing=None), ordered(rows, missing="none")
        silent += strict.silent
        lost += round((lenient.consistent.value - strict.consistent.value) * len(rows))
        assert strict.right == lenient.right
    assert (silent, lost) == (6, 4)


def test_which_judges_follow_the_place() -> None:
    """Of the verdicts that turn with the order, over all five sets: those for the answer shown
    first, and for the one shown second."""
    places: dict[str, Counter[str]] = defaultdict(Counter)
    for name, rows in llmbar().items():
        found = ordered(rows, missing=None)
        places[name.split(" :: ")[1]].update(first=found.first_place, second=found.second_place)
    told = {judge: (each["first"], each["second"]) for judge, each in places.items()}
    assert told == {
        "GPT-4/Vanilla": (20, 10),
        "ChatGPT/Vanilla": (133, 10),
        "PaLM2/Vanilla": (83, 32),
        "LLaMA2/Vanilla": (76, 27),
    }  # fmt: skip


def pandalm() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((need("pandalm", "testset-v1.json")).read_text())
    return rows


def majority(row: dict[str, Any]) -> str:
    counted = Counter(row[f"annotator{i}"] for i in (1, 2, 3)).most_common(1)[0]
    return str(counted[0])


def test_pandalm_annotators_agree_as_published() -> None:
    rows = pandalm()
    kappas = [
        cohen_kappa([r[f"annotator{a}"] for r in rows], [r[f"annotator{b}"] for r in rows])
        for a, b in combinations((1, 2, 3), 2)
    ]
    assert sorted(round(kappa.value, 2) for kappa in kappas) == [0.85, 0.86, 0.88]
    assert sorted(round(kappa.value, 4) for kappa in kappas) == [0.852, 0.8617, 0.8789]
    assert all(kappa.high - kappa.low < 0.07 for kappa in kappas)
    assert Counter(map(majority, rows)) == {"0": 105, "1": 422, "2": 472}


def test_pandalm_7b_scores_as_published_against_the_majority() -> None:
    """Accuracy 0.6677, macro F1 0.5743 (SOURCE.md, from the recorded verdicts)."""
    rows = pandalm()
    said = json.loads((need("pandalm", "pandalm-7b-testset-v1.json")).read_text())
    truth, found = [majority(row) for row in rows], [str(each["pandalm_result"]) for each in said]
    accuracy = sum(a == b for a, b in zip(truth, found, strict=True)) / len(truth)
    assert round(accuracy, 4) == 0.6677
    assert round(macro_f1(truth, found, labels=["0", "1", "2"]).value, 4) == 0.5743
    assert round(balanced_accuracy(truth, found).value, 4) == 0.5750


def test_calibrate_tells_of_pandalm_what_its_authors_do() -> None:
    """The three annotators beside the judge, in one report."""
    rows = pandalm()
    said = json.loads((need("pandalm", "pandalm-7b-testset-v1.json")).read_text())
    listed = [
        Labelled(
            f"id {i}",
            tuple(str(row[f"annotator{a}"]) for a in (1, 2, 3)),
            1.0 if str(verdict["pandalm_result"]) == "1" else 0.0,
            str(verdict["pandalm_result"]),
        )
        for i, (row, verdict) in enumerate(zip(rows, said, strict=True))
    ]
    found = measure(truth_of(listed, ["1"]), np.random.default_rng(0))
    kappas = found.agreement.people_kappas
    assert {name: round(kappa.value, 4) for name, kappa in kappas.items()} == {
        "1-2": 0.852, "1-3": 0.8789, "2-3": 0.8617
    }  # fmt: skip
    assert found.rows + found.tied == 999 and round(found.macro_f1.value, 2) == 0.57
    people, judge = found.agreement.people_alpha, found.agreement.scorer_alpha
    assert people and judge and judge.high < people.low
