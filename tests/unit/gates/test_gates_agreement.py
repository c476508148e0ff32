"""Consistency: the same value however a task is worded, and however often it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from gate_building import gate, observation, suite_info
from msgspec import structs

from llmeval.cli.planning import gate_plan
from llmeval.gates import decide, parse_metric
from llmeval.records import Observation, Score, Verdict
from llmeval.report.numbers import unit_of

REPEATED = "s.sc.repeat_agreement"


def one(observations: Sequence[Observation], declared: Any, *base: Any) -> Verdict:
    (verdict,) = decide(observations, [declared], *base)
    return verdict


def reading(value: str | None) -> list[Any]:
    return [Score("sc", float(value is not None), "valid", evidence={"value_hash": value})]


def repeats(cases: Sequence[Sequence[str | None]], of_group: int = 0) -> list[Observation]:
    """A case for each row of values read (``None``: none), grouped by ``of_group`` cases."""
    return [
        observation(
            case,
            repetition=repetition,
            group=f"g{case // of_group}" if of_group else None,
            scores=reading(value),
        )
        for case, values in enumerate(cases)
        for repetition, value in enumerate(values)
    ]


def paraphrases(groups: Sequence[Sequence[str | None]]) -> list[Observation]:
    return [
        observation(f"{g}.{i}", group=f"g{g}", scores=reading(value))
        for g, values in enumerate(groups)
        for i, value in enumerate(values)
    ]


def test_agreement_of_repetitions() -> None:
    declared = gate(REPEATED, at_least=0.95)
    found = one(repeats([("a", "a", "a")] * 40 + [("a", "a", "b")] * 10), declared)
    assert (found.estimate, found.n, found.clusters, found.verdict) == (0.8, 150, 50, "FAIL")
    assert one(repeats([("a", "a")] * 59), declared).verdict == "PASS"
    assert one(repeats([("a", "a")] * 58), declared).verdict == "INCONCLUSIVE"


def test_a_case_that_was_asked_once_says_nothing() -> None:
    declared = gate(REPEATED, at_least=0.95)
    once = one(repeats([("a",)] * 80), declared)
    assert once.verdict == "ERROR" and "samples=2" in once.explanation
    mixed = one(repeats([("a",)] * 20 + [("a", "a")] * 60), declared)
    assert (mixed.estimate, mixed.n, mixed.clusters) == (1, 120, 60)


def test_agreement_of_paraphrases_is_of_the_values() -> None:
    found = one(paraphrases([("a", "a")] * 30 + [("a", "b")] * 10), gate("s.sc.agreement"))
    assert (found.estimate, found.clusters) == (0.75, 40)


def test_answers_without_a_value_agree_with_nothing() -> None:
    pairs = [("a", "a")] * 30 + [(None, None)] * 10
    assert one(repeats(pairs), gate(REPEATED)).estimate == 0.75
    assert one(paraphrases(pairs), gate("s.sc.agreement")).estimate == 0.75


def test_labels_agree_where_no_value_was_read() -> None:
    record = [observation(i // 2, label="yes", repetition=i % 2) for i in range(20)]
    assert one(record, gate(REPEATED)).estimate == 1
    record[3] = observation(1, label="no", repetition=1)
    assert one(record, gate(REPEATED)).estimate == 0.9


def test_a_label_that_reads_like_a_hash_is_another_thing() -> None:
    record = [observation(i // 2, label="yes", repetition=i % 2) for i in range(20)]
    record[3] = observation(1, repetition=1, scores=reading("yes"))
    assert one(record, gate(REPEATED)).estimate == 0.9


def test_cases_of_one_group_are_one_piece_of_evidence() -> None:
    alone = one(repeats([("a", "a")] * 60), gate(REPEATED, at_least=0.95))
    assert (alone.verdict, alone.clusters) == ("PASS", 60)
    grouped = one(repeats([("a", "a")] * 60, of_group=3), gate(REPEATED, at_least=0.95))
    assert (grouped.verdict, grouped.clusters, grouped.estimate) == ("INCONCLUSIVE", 20, 1)
    assert grouped.low < alone.low


def test_a_failure_counts_against_the_endpoint() -> None:
    record = repeats([("a", "a", "a")] * 60)
    record[5] = observation(1, outcome="timeout", repetition=2)
    declared = gate(REPEATED, at_least=0.9)
    assert one(record, declared).estimate == pytest.approx(59 / 60)
    assert one(record, structs.replace(declared, failures="exclude")).estimate == 1
    mirrored = one(record, gate(REPEATED, at_most=0.5))
    assert (mirrored.estimate, mirrored.verdict) == (1, "FAIL")


def test_repetitions_are_held_against_a_baseline() -> None:
    declared = gate(REPEATED, no_worse_than_baseline=0.05)
    same, worse = repeats([("a", "a")] * 200), repeats([("a", "b")] * 40 + [("a", "a")] * 160)
    assert one(same, declared, same).verdict == "PASS"
    assert one(worse, declared, same).verdict == "FAIL"


def test_the_metric_is_a_share_of_which_more_is_better() -> None:
    assert parse_metric(REPEATED).rising
    assert unit_of(REPEATED) == "rate"


def test_a_plan_without_repetitions_cannot_decide_it() -> None:
    declared = gate(REPEATED, at_least=0.9)
    once = gate_plan(declared, [suite_info(100)])
    assert (once.available, once.decidable) == (0, False)
    assert "samples=2" in once.note
    assert gate_plan(declared, [suite_info(100), suite_info(40, test="u", samples=3)]).decidable
