"""Formats that have an exact right answer: IFEval's instructions and JSON Schema."""

from __future__ import annotations

from collections import Counter

from labelled import DRAFTS, SchemaCase, ifeval_answers, ifeval_reference, schema_cases

from llmeval.records import Score
from llmeval.scorers import ifeval
from llmeval.scorers.schema_check import BadSchema, check
from validating.figures import ratio
from validating.page import Floor, Section, Table

__all__ = ["instructions", "schemas"]

IFEVAL = ("expected_gpt4", "input_data", "input_response_data_gpt4_20231107_145030")
LITERAL = (1122, 1129)
"""The reference puts a random letter in the place of '#' and '!' there; here they are counted."""


def instructions() -> Section:
    """Return how many outcomes equal the reference's, for prompts and instructions."""
    reference, answers = ifeval_reference(), ifeval_answers()
    found = [f.evidence for f in ifeval().score(answers) if isinstance(f, Score) and f.evidence]
    assert len(found) == len(answers), f"{len(answers) - len(found)} answers were not scored"
    keys = [int(sample.case.id) for sample in answers]
    rows, floors = [], []
    for mode, wanted in (("strict", "417 of 541; 698 of 834"), ("loose", "431 of 541; 714 of 834")):
        ours = {key: evidence[mode] for key, evidence in zip(keys, found, strict=True)}
        theirs = {key: reference[key][mode] for key in keys}
        unlike = [key for key in keys if ours[key] != theirs[key]]
        rows.append((mode, *_counts(ours), *_counts(theirs), ", ".join(map(str, unlike))))
        floors.append(Floor.exactly(f"ifeval, {mode}", wanted, "; ".join(_counts(ours))))
        beside = ", ".join(str(key) for key in unlike if key not in LITERAL) or "none"
        floors.append(Floor.exactly(f"ifeval, {mode}, other unlike prompts", "none", beside))
    head = ("prompts", "instructions", "reference, prompts", "reference, instructions")
    table = Table(("541 answers of GPT-4", *head, "unlike: keys"), tuple(rows))
    text = (
        "Recorded answers, and what the reference implementation says of each of their 834 "
        "instructions. Keys 1122 and 1129 ask for '#' and '!': the reference counts a letter "
        "drawn at "
        "random there, this scorer the character itself."
    )
    files = tuple(f"ifeval/{name}.jsonl" for name in IFEVAL)
    return Section("ifeval: recorded answers", ("ifeval",), text, (table,), files, tuple(floors))


def schemas() -> Section:
    """Return how many of the required conformance cases are judged right, by draft."""
    rows, floors = [], []
    for draft in DRAFTS:
        counts: Counter[str] = Counter()
        wrong = []
        for case in schema_cases(draft):
            if case.skipped:
                counts[case.skipped] += 1
            elif _outcome(case) == case.valid:
                counts["right"] += 1
            else:
                wrong.append(" / ".join(case.named))
        cells = (counts["right"], len(wrong), counts["remote"], counts["format"])
        rows.append((draft, *(f"{cell:,}" for cell in cells)))
        floors.append(Floor.exactly(f"json_schema, {draft}, wrong", "0", str(len(wrong))))
    head = ("right", "wrong", "needs a network", "format as annotation only")
    text = (
        "The required cases of JSON-Schema-Test-Suite. Left out by design: schemas that fetch "
        "other "
        "documents over a network (refused here), and cases in which a format is no more than an "
        "annotation (formats are checked here)."
    )
    table = Table(("JSON-Schema-Test-Suite", *head), tuple(rows))
    file = "json_schema_test_suite/tests_and_remotes.tar.gz"
    title = "json_schema: official conformance cases"
    return Section(title, ("json_schema",), text, (table,), (file,), tuple(floors))


def _counts(outcomes: dict[int, list[bool]]) -> tuple[str, str]:
    prompts = ratio(sum(map(all, outcomes.values())), len(outcomes))
    return prompts, ratio(sum(map(sum, outcomes.values())), sum(map(len, outcomes.values())))


def _outcome(case: SchemaCase) -> bool | None:
    try:
        return not check(case.schema, case.value)
    except BadSchema:
        return None
