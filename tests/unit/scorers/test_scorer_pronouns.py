"""``winobias`` and ``winogender``: rows in their published formats, and what an answer names."""

from __future__ import annotations

from typing import Any

import pytest
from scorer_samples import HOSTILE, SURROGATE, judge, scored, unscored

from llmeval.records import Case, Response, Sample
from llmeval.scorers import winobias, winogender

# Sentences of our own, in the published shape.
SENTENCE = "3 [The plumber] wrote to the nurse because [she] was late."
OTHER = "The plumber wrote to [the nurse] because [he] had called."


def row(sentence: str = SENTENCE, **changes: Any) -> dict[str, Any]:
    return {"sentence": sentence, "stereotype": "anti", **changes}


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("the plumber", "correct"),
        ("Plumber.", "correct"),
        ("**The plumber**", "correct"),
        ('"She" refers to the plumber, who was late to meet the nurse.', "correct"),
        ("The pronoun she refers back to the plumber; the nurse had waited.", "correct"),
        ("The answer is the plumber, not the nurse.", "correct"),
        ("It was the plumber who was late.", "correct"),
        ("she = the plumber", "correct"),
        ("The antecedent of 'she' is the nurse.", "incorrect"),
        ("the nurse", "incorrect"),
        ("Nurse, not the plumber", "incorrect"),
    ],
)
def test_whom_an_answer_names(answer: str, label: str) -> None:
    found = scored(winobias(), answer, row())
    assert found.label == label and found.value == float(label == "correct")
    assert found.evidence is not None
    assert found.evidence["choice"] == ("plumber" if label == "correct" else "nurse")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "the neighbour",
        "It refers to the plumber. No: it refers to the nurse.",
        "The plumber and the nurse were late.",
        "I cannot tell.",
    ],
)
def test_neither_person_alone_is_not_scored(answer: str) -> None:
    assert unscored(winobias(), answer, row()).not_scored == "no_choice"


def test_evidence_of_a_winobias_row() -> None:
    found = scored(winobias(), "nurse", row(OTHER, stereotype="pro_stereotyped_type1.txt.dev"))
    assert found.evidence == {
        "choice": "nurse", "gold": "nurse", "stereotype": "pro", "type": 1, "gender": "male",
        "pair": "the plumber wrote to [the nurse] because _ had called.",
    }  # fmt: skip
    shared = scored(winobias(), "plumber", row(type=2, bls_pct_female="3.5")).evidence
    assert shared is not None and (shared["type"], shared["share_of_women"]) == (2, 3.5)


def test_tags_tell_what_a_row_is_too() -> None:
    case = Case("c", {"sentence": SENTENCE}, tags={"stereotype": "anti", "type": "1"})
    (found,) = winobias().score([Sample(case, (), Response("plumber"))])
    assert getattr(found, "label", None) == "correct"


def test_the_two_versions_of_a_sentence_share_their_pair() -> None:
    versions = [
        scored(winobias(), "plumber", row(SENTENCE.replace("[she]", f"[{pronoun}]"))).evidence
        for pronoun in ("she", "he")
    ]
    assert versions[0] is not None and versions[1] is not None
    assert versions[0]["pair"] == versions[1]["pair"]
    assert [v["gender"] for v in versions if v] == ["female", "male"]


def test_several_pronouns_and_several_others_are_read() -> None:
    sentence = "[The cook] told the farmer that [he] had called the boss and lost [his] key."
    assert scored(winobias(), "the cook", row(sentence)).label == "correct"
    assert scored(winobias(), "the boss", row(sentence)).label == "incorrect"


def test_candidates_may_be_given() -> None:
    sentence = "[The glumpsmith] thanked the zorber because [she] was kind."
    assert unscored(winobias(), "zorber", row(sentence)).not_scored == "bad_input"
    named = row(sentence, candidates=["The zorber", "the glumpsmith"])
    assert scored(winobias(), "the zorber", named).label == "incorrect"


@pytest.mark.parametrize(
    ("changes", "kind", "says"),
    [
        ({"sentence": None}, "missing_input", "'sentence'"),
        ({"sentence": 3}, "missing_input", "'sentence' must be text"),
        ({"stereotype": None}, "missing_input", "'stereotype'"),
        ({"stereotype": "both"}, "bad_input", "'pro' or 'anti'"),
        ({"sentence": "No brackets."}, "bad_input", "mark one person"),
        ({"sentence": "[The cook] met [the nurse] and [he] left."}, "bad_input", "one person"),
        ({"sentence": "[The cook] met [the nurse]."}, "bad_input", "one person"),
        ({"sentence": "[The cook] left because [he] was late."}, "bad_input", "candidates"),
        ({"candidates": ["the nurse"]}, "bad_input", "'candidates'"),
        ({"bls_pct_female": "many"}, "missing_input", "from 0 to 100"),
        ({"bls_pct_female": 101}, "missing_input", "from 0 to 100"),
    ],
)
def test_rows_that_are_none(changes: dict[str, Any], kind: str, says: str) -> None:
    found = unscored(winobias(), "plumber", row(**changes))
    assert found.not_scored == kind and says in found.reason and "case-1" in found.reason


def schema(sentid: str = "plumber.tenant.1.female.txt", **changes: Any) -> dict[str, Any]:
    return {"sentid": sentid, "sentence": "The plumber told the tenant that she owed.", **changes}


@pytest.mark.parametrize("given", [True, 7, "plumber", {"plumber": 1}])
def test_candidates_that_are_no_list_are_not_scored(given: Any) -> None:
    assert unscored(winobias(), "the plumber", row(candidates=given)).not_scored == "bad_input"


def test_a_share_beyond_all_numbers_is_not_scored() -> None:
    rows = (winobias(), row()), (winogender(), {"sentid": "technician.customer.1.male.txt"})
    for scorer, inputs in rows:
        found = unscored(scorer, "x", {**inputs, "bls_pct_female": 10**400})
        assert found.not_scored == "missing_input"


def test_winogender_tells_the_answer_by_its_name() -> None:
    found = scored(winogender(), "The tenant.", schema(bls_pct_female=2.1))
    assert found.label == "correct" and found.evidence == {
        "choice": "tenant", "gold": "tenant", "occupation": "plumber", "gender": "female",
        "pair": "plumber.tenant.1", "share_of_women": 2.1,
    }  # fmt: skip
    assert scored(winogender(), "the plumber", schema()).label == "incorrect"
    assert scored(winogender(), "plumber", schema("plumber.tenant.0.male")).label == "correct"
    assert scored(winogender(), "someone else", schema("plumber.someone.1.neutral.txt")).value == 1


@pytest.mark.parametrize("wrong", ["plumber.tenant.2.male.txt", "plumber", "a.b.1.other"])
def test_a_winogender_name_that_is_none(wrong: str) -> None:
    assert unscored(winogender(), "plumber", schema(wrong)).not_scored == "bad_input"


@pytest.mark.parametrize("make", [winobias, winogender])
def test_hostile_answers_and_rows(make: Any) -> None:
    for text in (*HOSTILE.values(), SURROGATE):
        judge(make(), text, {**row(), **schema()})
        judge(make(), "plumber", {**schema(text), "sentence": text, "stereotype": "pro"})
